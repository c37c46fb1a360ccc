//! What operators decide about what waits.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::service::ConfigurationService,
    contract::{port::Verdict, request::State, spec::short},
    error::{Error, Result},
    ids::{ProposalId, RunId},
    key::Key,
    sync::Wake,
    time::Clock,
};

use super::{
    Approvals,
    port::{ApprovalStore, ProposalStore},
    proposal::{Edit, OPEN_FOR, Proposal},
};

/// Lists, lets go on, turns away.
pub struct ApprovalService {
    /// Carries out what is approved.
    pub configuration: Arc<ConfigurationService>,
    /// Keeps runs and readings that wait.
    pub store: Arc<dyn ApprovalStore>,
    /// Keeps changes that wait.
    pub proposals: Arc<dyn ProposalStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Stirs the worker.
    pub wake: Arc<dyn Wake>,
}

impl ApprovalService {
    /// Everything that waits.
    pub async fn list(&self) -> Result<Approvals> {
        let (runs, shrunk) = self.store.held_back().await?;
        let since = self.clock.now().minus(OPEN_FOR);
        let proposals = self.proposals.undecided(since).await?;
        Ok(Approvals { runs, shrunk, proposals })
    }

    /// Whether a second person is asked, and asks from now on or no more. That it ends is one of
    /// the things that a second person approves.
    pub async fn ask_second_person(&self, is_asked: bool, actor: &Actor) -> Result<()> {
        let edit = Edit { second_person: Some(is_asked), ..Edit::default() };
        self.configuration.submit(edit, actor).await
    }

    /// Approves what somebody else proposes: it takes effect at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] for its author, where it waits no more, and where what it changes has
    /// changed meanwhile.
    pub async fn approve(&self, id: ProposalId, note: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let note = short("note", note)?;
        let proposal = self.waiting(id).await?;
        if proposal.author == actor.name {
            return Err(Error::Conflict(
                "you have proposed it: somebody else approves it".to_owned(),
            ));
        }
        if !proposal.may_be_approved_by(actor) {
            return Err(Error::Forbidden);
        }
        self.configuration.enact(&proposal, &note, actor).await?;
        self.wake.wake();
        Ok(())
    }

    /// Turns a proposal away.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it waits no more.
    pub async fn reject(&self, id: ProposalId, note: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let note = short("note", note)?;
        let verdict = Verdict { state: State::Rejected, by: &actor.name, note: &note };
        self.proposals.end_proposal(id, verdict, self.clock.now()).await
    }

    /// Takes a proposal back: one's own, or an admin anybody's.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it waits no more.
    pub async fn withdraw(&self, id: ProposalId, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        if self.waiting(id).await?.author != actor.name {
            actor.require(Role::Admin)?;
        }
        let verdict = Verdict { state: State::Withdrawn, by: &actor.name, note: "" };
        self.proposals.end_proposal(id, verdict, self.clock.now()).await
    }

    async fn waiting(&self, id: ProposalId) -> Result<Proposal> {
        let proposal = self.proposals.proposal(id).await?;
        let proposal =
            proposal.ok_or_else(|| Error::NotFound("proposal of that number".to_owned()))?;
        if proposal.is_open(self.clock.now()) {
            return Ok(proposal);
        }
        Err(Error::Conflict("it waits no more: load the page again to see what does".to_owned()))
    }

    /// Sends what a run held back, as far as the next run still decides so.
    pub async fn release(&self, run: RunId, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.release(run, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }

    /// Drops what a run held back and pauses its mapping: the next run would decide the same.
    pub async fn discard(&self, run: RunId, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let mapping = self.store.discard(run, &actor.name, self.clock.now()).await?;
        self.configuration.set_all_active(&[mapping], false, actor).await?;
        Ok(())
    }

    /// Takes a small reading of a suppression's audience for true: whoever it lost may get ads
    /// again.
    pub async fn accept_shrunk(&self, audience: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.accept_shrunk(audience, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }
}
