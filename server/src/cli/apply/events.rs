//! The events of a file: what they change of the contract, at once or as a proposal.

use std::io::Write;

use domain::{
    Error,
    access::Actor,
    configuration::Desired,
    contract::{Difference, proposal::Edits, service::ContractService},
};

use super::super::Failure;

/// What a file's events do to the contract.
pub struct Events {
    edits: Edits,
    /// What they change.
    pub differences: Vec<Difference>,
    /// Events that the file doesn't name.
    left: Vec<String>,
}

impl Events {
    /// Of a file. Without any event in it the contract is left alone, pruned or not: a file from
    /// before there was one must not end it.
    pub async fn of(
        contract: &ContractService,
        desired: &Desired,
        prune: bool,
    ) -> Result<Self, Error> {
        let current = contract.current().await?.contract;
        let is_named = |name: &&String| desired.event.iter().any(|spec| spec.name.trim() == **name);
        let others: Vec<String> =
            current.events.keys().filter(|name| !is_named(name)).cloned().collect();
        let (remove, left) = match (desired.event.is_empty(), prune) {
            (true, _) => (Vec::new(), Vec::new()),
            (false, true) => (others, Vec::new()),
            (false, false) => (Vec::new(), others),
        };
        let edits = Edits { put: desired.event.clone(), remove };
        let differences = contract.preview_edits(&edits).await?;
        Ok(Self { edits, differences, left })
    }

    /// Makes them what is in force.
    pub async fn enact(&self, contract: &ContractService, actor: &Actor) -> Result<(), Error> {
        contract.enact_edits(&self.edits, actor).await
    }

    /// Files them as a change request.
    pub async fn propose(
        &self,
        contract: &ContractService,
        file: &str,
        actor: &Actor,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        if self.differences.is_empty() {
            writeln!(out, "Nothing to propose: all of it is in force.")?;
            return Ok(());
        }
        let id = contract.propose_edits(file, &self.edits, actor).await?;
        writeln!(out, "Proposed as change {id}: it waits for an approver, under Approvals.")?;
        Ok(())
    }

    /// Like a diff.
    pub fn print(&self, out: &mut impl Write) -> std::io::Result<()> {
        for one in &self.differences {
            let Difference { event, path, before, after, compatibility, reason } = one;
            let sign = match (path.is_empty(), before, after) {
                (true, None, Some(_)) => '+',
                (true, Some(_), None) => '-',
                _ => '~',
            };
            writeln!(out, "{sign} event {event}")?;
            if !path.is_empty() {
                let words =
                    |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
                writeln!(out, "    {path}: {} -> {}", words(before), words(after))?;
            }
            writeln!(out, "    {}: {reason}", compatibility.as_str())?;
        }
        for name in &self.left {
            writeln!(out, "  event {name}: not in the file, left alone (--prune removes it)")?;
        }
        Ok(())
    }
}
