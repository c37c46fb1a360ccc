//! The checklist of a stored mapping, and who signs it off.

use super::{
    Checked, Line, LineFacts, SignOff, evident, lines,
    service::{GateService, checked_note},
};
use crate::{
    access::{Actor, Role},
    configuration::check::Specs,
    error::{Error, Result},
    key::Key,
    mappings::MappingRow,
    suppression::{Kind, SuppressionSpec},
};

/// Everything that a checklist shows.
#[derive(Clone, Debug)]
pub struct Checklist {
    /// Its gates, and who passes them.
    pub gates: Vec<Checked>,
    /// The lines of a first version.
    pub lines: Vec<Line>,
    /// Who signed it off.
    pub signed: Option<SignOff>,
    /// What is evident, or what is missing before anybody can.
    pub evident: Result<String, String>,
}

impl GateService {
    /// A mapping's checklist.
    pub async fn checklist(&self, row: &MappingRow) -> Result<Checklist> {
        let known = self.known().await?;
        let spec = &row.spec;
        let findings = self.find(&known, spec, &Specs::of(&known.configuration), &[]).await?;
        let stored = known.configuration.mapping(&spec.key);
        let proof = match stored {
            Some(mapping) => self.trials.best_proof(mapping.id).await?,
            None => None,
        };
        let rules: Vec<&SuppressionSpec> =
            known.configuration.suppressions.iter().map(|rule| &rule.spec).collect();
        let covered = |kind: &Kind| rules.iter().any(|rule| rule.kind() == *kind);
        let signed = known.signed.iter().find(|one| one.mapping == spec.key);
        let facts = LineFacts {
            spec,
            findings: &findings,
            audiences: known.configuration.audiences.len(),
            uncovered: Kind::POLICY.into_iter().filter(|kind| !covered(kind)).collect(),
            proof,
            signed,
        };
        let lines = lines(&facts);
        let signed = signed.cloned();
        let passed = |gate| row.passed.iter().find(|one| one.gate == gate).cloned();
        let gates = findings
            .into_iter()
            .map(|finding| Checked { passed: passed(finding.gate), finding })
            .collect();
        Ok(Checklist { gates, lines, signed, evident: evident(proof, row.last_done_at) })
    }

    /// Signs a mapping off: its audience may go on to a second destination.
    ///
    /// # Errors
    /// [`Error::Conflict`] while it isn't evident that it works end to end.
    pub async fn sign_off(&self, row: &MappingRow, note: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let note = checked_note(note)?;
        let evidence = self.checklist(row).await?.evident.map_err(|missing| {
            Error::Conflict(format!("{} can't be signed off: {missing}", row.spec.key))
        })?;
        let (mapping, use_case) = (row.spec.key.clone(), row.spec.use_case);
        let (by, at) = (actor.name.clone(), self.clock.now());
        self.gates.put_sign_off(&SignOff { mapping, use_case, note, evidence, by, at }).await
    }

    /// Takes a sign-off back. What runs goes on; a further destination can't start.
    pub async fn take_back(&self, mapping: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        self.gates.withdraw_sign_off(mapping, &actor.name, self.clock.now()).await
    }
}
