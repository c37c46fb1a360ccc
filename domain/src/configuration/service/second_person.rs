//! Changes that a second person may have to approve first, where the workspace asks for one.
//!
//! Whatever the console changes of mappings and suppressions goes through [`ConfigurationService::submit`]
//! or [`ConfigurationService::revise`]; `segue apply` on the host doesn't.

use super::{ConfigurationService, missing, needs_admin};
use crate::{
    access::{Actor, Role},
    approvals::proposal::{Base, Edit, Proposal, needs_second},
    configuration::{
        ApprovalsTable, Configuration, Desired,
        plan::{Approved, Change, Plan, Table},
    },
    error::{Error, Result},
    ids::ProposalId,
    mappings::gates::Pass,
};

impl ConfigurationService {
    /// Changes what is stored to what a rule makes of it, or nothing if it has changed since the
    /// rule saw it.
    pub async fn revise(
        &self,
        rule: impl FnOnce(&Configuration) -> Result<Desired>,
        actor: &Actor,
    ) -> Result<()> {
        let (configuration, seen) = self.store.load().await?;
        let desired = rule(&configuration)?;
        actor.require(if needs_admin(&desired) { Role::Admin } else { Role::Operator })?;
        let plan = self.plan_over(&configuration, &desired, false).await?;
        if plan.is_empty() {
            return Ok(());
        }
        self.carry_out_or_file(&configuration, &plan, seen, actor).await
    }

    /// Does an edit, or files it where the workspace wants a second person's approval of it.
    ///
    /// # Errors
    /// [`Error::Filed`] where it waits now.
    pub async fn submit(&self, edit: Edit, actor: &Actor) -> Result<()> {
        let is_admins = edit.second_person.is_some();
        actor.require(if is_admins { Role::Admin } else { Role::Operator })?;
        let (configuration, version) = self.store.load().await?;
        let plan = self.plan_of(&configuration, &edit).await?;
        if plan.is_empty() && plan.passes.is_empty() {
            return Ok(());
        }
        self.carry_out_or_file(&configuration, &plan, version, actor).await
    }

    /// Does what somebody else has proposed, as they proposed it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if its rows are others by now, or it waits no more.
    pub async fn enact(&self, proposal: &Proposal, note: &str, actor: &Actor) -> Result<()> {
        let (configuration, version) = self.store.load().await?;
        if Base::of(&proposal.edit, &configuration) != proposal.base {
            return Err(Error::Conflict(
                "what it changes has changed meanwhile: turn it away, and propose it anew"
                    .to_owned(),
            ));
        }
        let mut plan = self.plan_of(&configuration, &proposal.edit).await?;
        plan.approves = Some(Approved { proposal: proposal.id, note: note.to_owned() });
        self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await
    }

    /// Files what is desired for somebody's approval, whether the workspace asks for it or not;
    /// nothing where it is so already.
    ///
    /// # Errors
    /// [`Error::Conflict`] where it changes what can't be proposed.
    pub async fn propose(
        &self,
        desired: &Desired,
        passes: Vec<Pass>,
        actor: &Actor,
    ) -> Result<Option<ProposalId>> {
        actor.require(if needs_admin(desired) { Role::Admin } else { Role::Operator })?;
        let (configuration, _) = self.store.load().await?;
        let plan = self.plan_over(&configuration, desired, false).await?;
        if plan.is_empty() {
            return Ok(None);
        }
        self.file(&configuration, &Plan { passes, ..plan }, actor).await.map(Some)
    }

    /// Files what a plan changes.
    async fn file(
        &self,
        configuration: &Configuration,
        plan: &Plan,
        actor: &Actor,
    ) -> Result<ProposalId> {
        let edit = Edit::of(&plan.changes).ok_or_else(|| {
            Error::Conflict(
                "only events, mappings, suppressions and [approvals] can be proposed: apply the rest first".to_owned(),
            )
        })?;
        let edit = Edit { passes: plan.passes.clone(), ..edit };
        let base = Base::of(&edit, configuration);
        self.proposals.file(&edit, &base, &actor.name, self.clock.now()).await
    }

    async fn carry_out_or_file(
        &self,
        configuration: &Configuration,
        plan: &Plan,
        version: i64,
        actor: &Actor,
    ) -> Result<()> {
        let is_for_two = needs_second(&plan.changes) || !plan.passes.is_empty();
        if configuration.settings.second_person && is_for_two {
            return Err(Error::Filed(self.file(configuration, plan, actor).await?));
        }
        self.store.carry_out(plan, version, &actor.name, self.clock.now()).await
    }

    /// What an edit changes of this configuration.
    async fn plan_of(&self, configuration: &Configuration, edit: &Edit) -> Result<Plan> {
        let approvals = edit
            .second_person
            .map(|second_person| ApprovalsTable { second_person: Some(second_person) });
        let desired = Desired {
            mapping: edit.mappings.clone(),
            suppression: edit.suppressions.clone(),
            approvals,
            ..Desired::default()
        };
        let mut plan = self.plan_over(configuration, &desired, false).await?;
        for key in &edit.retired {
            if plan.after.suppressions.remove(key).is_none() {
                return Err(missing("suppression", key));
            }
            plan.changes.push(Change::Retire(Table::Suppression, key.clone()));
        }
        plan.passes.clone_from(&edit.passes);
        Ok(plan)
    }
}
