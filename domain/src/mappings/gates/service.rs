//! Asks the gates about what is stored and what is about to be.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    access::{Actor, Role},
    approvals::proposal::Edit,
    audiences::{AudienceRow, port::MirrorStore},
    configuration::{
        Configuration, Desired,
        check::Specs,
        plan::{Change, FieldChange, Row},
        service::ConfigurationService,
    },
    contract::port::ContractStore,
    destinations::Profile,
    error::{Error, Result},
    key::Key,
    mappings::{
        MappingRow, MappingSpec, UseCase,
        port::MappingStore,
        trial::{Proof, port::TrialStore},
    },
    number::grouped,
    sync::{
        decide::{Facts, identifiable},
        port::{IdentifierSets, SyncStore},
    },
    time::Clock,
};

use super::{
    Audiences, Basis, Checked, Coverage, Finding, Gate, GateFacts, GateState, Pass, Rollout,
    Sibling, SignOff, Tested,
    checklist::{self, Line},
    judge,
    port::GateStore,
    rollout::unready,
};

/// Why `segue apply` passes a gate.
const HOST: &str = "applied with the authority of the host";

/// The longest reason.
const LONGEST: usize = 200;

/// Finds, admits, records.
pub struct GateService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Who has which identifier.
    pub store: Arc<dyn SyncStore>,
    /// How the mappings fare.
    pub mappings: Arc<dyn MappingStore>,
    /// Who passed what.
    pub gates: Arc<dyn GateStore>,
    /// What became of controlled tests.
    pub trials: Arc<dyn TrialStore>,
    /// What is agreed on of events.
    pub contract: Arc<dyn ContractStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is known of audiences and people, read once for several mappings.
struct Known {
    configuration: Configuration,
    audiences: Vec<AudienceRow>,
    mappings: Vec<MappingRow>,
    identifiers: IdentifierSets,
    sign_offs: Vec<(Key, SignOff)>,
    /// Mappings that start at the same time and were admitted already.
    starting: Vec<MappingSpec>,
}

/// All that a mapping's checklist shows.
pub struct Checklist {
    /// What gates say.
    pub gates: Vec<Checked>,
    /// The lines of the checklist.
    pub lines: Vec<Line>,
    /// Whose word there is that it works, if it still holds.
    pub sign_off: Option<SignOff>,
    /// What keeps it from being signed off; nothing where it may be.
    pub unready: Option<&'static str>,
}

impl GateService {
    /// What the gates say of a stored mapping, and who passes them all the same.
    pub async fn checked(&self, row: &MappingRow) -> Result<Vec<Checked>> {
        self.check(&self.known().await?, row).await
    }

    /// The same of several, in their order; what is known of people is read once.
    pub async fn all_checked(
        &self,
        rows: Vec<MappingRow>,
    ) -> Result<Vec<(MappingRow, Vec<Checked>)>> {
        let known = self.known().await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let checked = self.check(&known, &row).await?;
            all.push((row, checked));
        }
        Ok(all)
    }

    /// What controlled tests have proven of these mappings, as their gate says it.
    pub async fn tests(&self, rows: &[MappingRow]) -> Result<BTreeMap<Key, String>> {
        let configuration = self.configuration.load().await?;
        let mut tests = BTreeMap::new();
        for MappingRow { spec, profile, .. } in rows {
            let proof = self.proof(&configuration, &spec.key).await?;
            let found = judge::controlled_test(Tested { mapping: &spec.key, proof }, *profile);
            tests.insert(spec.key.clone(), found.evidence);
        }
        Ok(tests)
    }

    async fn check(&self, known: &Known, row: &MappingRow) -> Result<Vec<Checked>> {
        let findings = self.find(known, &row.spec, &Specs::of(&known.configuration)).await?;
        let passed = |gate| row.passed.iter().find(|one| one.gate == gate).cloned();
        let checked = |finding: Finding| Checked { passed: passed(finding.gate), finding };
        Ok(findings.into_iter().map(checked).collect())
    }

    /// The checklist of a stored mapping.
    pub async fn checklist(&self, row: &MappingRow) -> Result<Checklist> {
        let known = self.known().await?;
        let gates = self.check(&known, row).await?;
        let sign_off = known.sign_off(&row.spec).cloned();
        let proof = self.proof(&known.configuration, &row.spec.key).await?;
        let running = known.rollout(&row.spec).siblings.len() as u64;
        let facts = checklist::ChecklistFacts {
            row,
            gates: &gates,
            events: self.contract.current().await?.contract.events.len(),
            audiences: known.configuration.audiences.len() as u64,
            suppressions: known.configuration.suppressions.iter().map(|one| &one.spec).collect(),
            proof,
            elsewhere: running,
            sign_off: sign_off.as_ref(),
        };
        let lines = checklist::lines(&facts);
        Ok(Checklist { lines, gates, sign_off, unready: unready(proof, row.last_done_at) })
    }

    /// Signs off that a mapping was seen to work at its destination, which unlocks the next one
    /// of its audience.
    ///
    /// # Errors
    /// [`Error::Conflict`] while its controlled test is amber or it has never run.
    pub async fn sign_off(&self, key: &Key, note: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let note = checked_text("note", "say what was seen", note)?;
        let known = self.known().await?;
        let missing = || Error::NotFound(format!("mapping {key}"));
        let row = known.mappings.iter().find(|row| row.spec.key == *key).ok_or_else(missing)?;
        let proof = self.proof(&known.configuration, key).await?;
        if let Some(why) = unready(proof, row.last_done_at) {
            return Err(Error::Conflict(format!("{key} can't be signed off: {why}")));
        }
        let evidence = format!(
            "a controlled test was forwarded, a run had ended well, and {} of {} members were there",
            grouped(row.delivered),
            grouped(row.members)
        );
        let (basis, by, at) = (Basis::of(&row.spec), actor.name.clone(), self.clock.now());
        self.gates.put_sign_off(key, &SignOff { basis, note, evidence, by, at }).await
    }

    /// Takes a sign-off back. What runs goes on; the next destination is locked again.
    pub async fn withdraw_sign_off(&self, key: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        self.gates.withdraw_sign_off(key, &actor.name, self.clock.now()).await
    }

    /// What the gates would say of a mapping, were it stored.
    pub async fn findings(&self, spec: &MappingSpec) -> Result<Vec<Finding>> {
        let known = self.known().await?;
        self.find(&known, spec, &Specs::of(&known.configuration)).await
    }

    /// Whether these mappings may start. With a reason they pass what can be passed; what is
    /// recorded with it then.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what a gate found and what to do about it.
    pub async fn admit(&self, specs: &[MappingSpec], reason: Option<&str>) -> Result<Vec<Pass>> {
        let reason = reason.map(checked_reason).transpose()?;
        let mut known = self.known().await?;
        let after = Specs::of(&known.configuration);
        let mut passes = Vec::new();
        for spec in specs {
            for finding in known.blocking(spec, self.find(&known, spec, &after).await?) {
                let gate = finding.gate;
                if !gate.can_be_passed() {
                    let words =
                        format!("a gate keeps {} from starting: {}", spec.key, finding.words());
                    return Err(Error::invalid("active", words));
                }
                let Some(reason) = reason.clone() else {
                    let words = format!(
                        "a gate keeps {} from starting: {}. To start it all the same, say why",
                        spec.key,
                        finding.words()
                    );
                    return Err(Error::invalid("gate_reason", words));
                };
                let (mapping, evidence) = (spec.key.clone(), finding.evidence);
                passes.push(Pass { mapping, gate, reason, evidence });
            }
            known.starting.push(spec.clone());
        }
        Ok(passes)
    }

    /// The gates that mappings pass which a file starts.
    pub async fn passed_over(&self, desired: &Desired, prune: bool) -> Result<Vec<Pass>> {
        let plan = self.configuration.plan(desired, prune).await?;
        let known = self.known().await?;
        let mut passes = Vec::new();
        for spec in plan.changes.iter().filter_map(started) {
            for finding in known.blocking(spec, self.find(&known, spec, &plan.after).await?) {
                passes.push(Pass {
                    mapping: spec.key.clone(),
                    gate: finding.gate,
                    reason: HOST.to_owned(),
                    evidence: finding.evidence,
                });
            }
        }
        Ok(passes)
    }

    /// Lets a stored mapping pass a gate that blocks it.
    pub async fn pass(&self, key: &Key, gate: Gate, reason: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let reason = checked_reason(reason)?;
        let known = self.known().await?;
        let missing = || Error::NotFound(format!("mapping {key}"));
        let spec = known.configuration.mapping(key).ok_or_else(missing)?.spec.clone();
        let found = self.find(&known, &spec, &Specs::of(&known.configuration)).await?;
        let blocks = |one: &Finding| one.gate == gate && one.state == GateState::Blocking;
        let Some(finding) = found.into_iter().find(blocks) else {
            return Err(Error::Conflict(format!("{} does not block {key} any more", gate.label())));
        };
        if !gate.can_be_passed() {
            return Err(Error::Conflict(finding.words()));
        }
        let pass = Pass { mapping: key.clone(), gate, reason, evidence: finding.evidence };
        if known.configuration.settings.second_person {
            let edit = Edit { passes: vec![pass], ..Edit::default() };
            return self.configuration.submit(edit, actor).await;
        }
        self.gates.put_override(&pass, &actor.name, self.clock.now()).await
    }

    /// Ends an override. The mapping goes on as it is, and can't start again while the gate
    /// blocks.
    pub async fn withdraw(&self, key: &Key, gate: Gate, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.gates.withdraw_override(key, gate, &actor.name, self.clock.now()).await
    }

    async fn known(&self) -> Result<Known> {
        Ok(Known {
            configuration: self.configuration.load().await?,
            audiences: self.mirrors.audience_rows().await?,
            mappings: self.mappings.mapping_rows(self.clock.now()).await?,
            identifiers: self.store.identifier_sets().await?,
            sign_offs: self.gates.sign_offs().await?,
            starting: Vec::new(),
        })
    }

    async fn find(&self, known: &Known, spec: &MappingSpec, after: &Specs) -> Result<Vec<Finding>> {
        let Some(destination) = after.destinations.get(&spec.destination) else {
            return Ok(Vec::new());
        };
        let read = known
            .audiences
            .iter()
            .find(|row| row.spec.key == spec.audience && row.mirrored_at.is_some());
        let is_stored = known.configuration.mapping(&spec.key).is_some();
        let proof = self.proof(&known.configuration, &spec.key).await?;
        let tested = is_stored.then_some(Tested { mapping: &spec.key, proof });
        let facts = GateFacts {
            use_case: spec.use_case,
            audience: &spec.audience,
            destination: &spec.destination,
            window: after.audiences.get(&spec.audience).and_then(|audience| audience.window),
            members: read.map(|row| row.members),
            coverage: self.coverage(known, spec, destination.profile).await?,
            profile: destination.profile,
            suppressions: after.suppressions.values().collect(),
            tested,
            rollout: known.rollout(spec),
            audiences: destination
                .budget
                .audiences
                .map(|most| known.audiences_at(spec, after, most.into())),
        };
        Ok(judge(&facts))
    }

    /// The best proof of a mapping's controlled tests; nothing before it is stored.
    async fn proof(&self, configuration: &Configuration, key: &Key) -> Result<Option<Proof>> {
        match configuration.mapping(key) {
            Some(stored) => self.trials.best_proof(stored.id).await,
            None => Ok(None),
        }
    }

    /// How many members the destination can find, by the same rule as a decision.
    async fn coverage(
        &self,
        known: &Known,
        spec: &MappingSpec,
        profile: Profile,
    ) -> Result<Option<Coverage>> {
        let by = profile.identifiable();
        let Some(audience) = known.configuration.audience(&spec.audience).filter(|_| !by.cio_id)
        else {
            return Ok(None);
        };
        let Some(members) = self.mirrors.members(audience.id).await? else { return Ok(None) };
        let IdentifierSets { email, phone, id } = known.identifiers.clone();
        let facts = Facts { with_email: email, with_phone: phone, with_id: id, ..Facts::default() };
        let found = identifiable(by, Some(&members), &facts).len();
        let has_phones = known.mappings.iter().any(|row| {
            row.spec.audience == spec.audience
                && row.last_done_at.is_some()
                && row.profile.identifiable().phone
        });
        Ok(Some(Coverage { found, may_grow: by.phone && !has_phones }))
    }
}

impl Known {
    /// Somebody's word of a mapping, if it holds for what the mapping is.
    fn sign_off(&self, spec: &MappingSpec) -> Option<&SignOff> {
        let of = self.sign_offs.iter().find(|(key, _)| *key == spec.key);
        of.map(|(_, given)| given).filter(|given| given.holds(spec))
    }

    /// Where else the audience of a mapping goes, by what runs, what has people there,
    /// and what was started just now.
    fn rollout<'a>(&'a self, spec: &'a MappingSpec) -> Rollout<'a> {
        let row = self.mappings.iter().find(|row| row.spec.key == spec.key);
        // Where people are, the audience is, though it may be paused.
        let is_there = |row: &&MappingRow| row.spec.active || row.delivered > 0;
        let runs = self.mappings.iter().filter(is_there).map(|row| &row.spec);
        let beside = |one: &&MappingSpec| {
            one.audience == spec.audience
                && one.key != spec.key
                && one.use_case != UseCase::Suppress
        };
        let sibling = |one: &'a MappingSpec| Sibling {
            mapping: &one.key,
            destination: &one.destination,
            is_signed_off: self.sign_off(one).is_some(),
        };
        Rollout {
            siblings: runs.chain(&self.starting).filter(beside).map(sibling).collect(),
            has_run: row.is_some_and(|row| row.last_done_at.is_some()),
        }
    }

    /// How many audiences a mapping's destination gets, and would get with it.
    fn audiences_at(&self, spec: &MappingSpec, after: &Specs, most: u64) -> Audiences {
        let others = after.mappings.values().filter(|one| one.active && one.key != spec.key);
        let runs = self.configuration.mapping(&spec.key).map(|one| &one.spec);
        let going = others.chain(&self.starting).chain(runs.filter(|one| one.active));
        let there = going.filter(|one| one.destination == spec.destination);
        let mut audiences: BTreeSet<&Key> = there.map(|one| &one.audience).collect();
        let does = audiences.len() as u64;
        audiences.insert(&spec.audience);
        Audiences { most, does, would: audiences.len() as u64 }
    }

    /// What keeps a mapping from starting, beside what somebody let it pass.
    fn blocking(&self, spec: &MappingSpec, found: Vec<Finding>) -> impl Iterator<Item = Finding> {
        let row = self.mappings.iter().find(|row| row.spec.key == spec.key);
        let passed: Vec<Gate> =
            row.map_or_else(Vec::new, |row| row.passed.iter().map(|one| one.gate).collect());
        found
            .into_iter()
            .filter(move |one| one.state == GateState::Blocking && !passed.contains(&one.gate))
    }
}

/// Whether a change makes a mapping start, or start to be something else.
#[must_use]
pub fn starts(before: Option<&MappingSpec>, after: &MappingSpec) -> bool {
    after.active && before.is_none_or(|before| !before.active || before.use_case != after.use_case)
}

/// The mapping that a change of the configuration starts, if it does.
fn started(change: &Change) -> Option<&MappingSpec> {
    let touches = |fields: &[FieldChange]| {
        fields.iter().any(|one| matches!(one.field.as_str(), "active" | "use_case"))
    };
    match change {
        Change::Create(Row::Mapping(spec)) if spec.active => Some(spec),
        Change::Update(Row::Mapping(spec), fields) if spec.active && touches(fields) => Some(spec),
        _ => None,
    }
}

fn checked_reason(reason: &str) -> Result<String> {
    checked_text("gate_reason", "say why", reason)
}

fn checked_text(field: &'static str, ask: &str, reason: &str) -> Result<String> {
    let reason = reason.trim();
    let fits = (1..=LONGEST).contains(&reason.chars().count());
    if fits && !reason.chars().any(char::is_control) {
        return Ok(reason.to_owned());
    }
    Err(Error::invalid(field, format!("{ask}, in 1 to {LONGEST} characters")))
}
