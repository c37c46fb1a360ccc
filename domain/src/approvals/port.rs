//! What storage must do for approvals.

use async_trait::async_trait;

use crate::{
    contract::port::Verdict,
    error::Result,
    ids::{ProposalId, RunId},
    key::Key,
    time::Instant,
};

use super::{
    ShrunkAudience, WaitingRun,
    proposal::{Base, Edit, Proposal},
};

/// Keeps what waits. Each change is in the audit trail under `by`.
#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// Abnormal runs, the oldest first, and abnormal readings by audience.
    async fn held_back(&self) -> Result<(Vec<WaitingRun>, Vec<ShrunkAudience>)>;

    /// Lets the mapping's next order change as many people as this run held back, and asks for
    /// that order. [`crate::Error::Conflict`] if the run doesn't wait any more.
    async fn release(&self, run: RunId, by: &str, now: Instant) -> Result<()>;

    /// Ends a waiting run without its change; the mapping it belongs to.
    /// [`crate::Error::Conflict`] if it doesn't wait any more.
    async fn discard(&self, run: RunId, by: &str, now: Instant) -> Result<Key>;

    /// Lets the next reading of the audience be as small as the one that waits, and asks for
    /// runs of what it suppresses. [`crate::Error::Conflict`] if nothing waits.
    async fn accept_shrunk(&self, audience: &Key, by: &str, now: Instant) -> Result<()>;
}

/// Keeps changes of the configuration that wait for a second person. Each step is in the audit
/// trail. Approving one is carrying its plan out, see `configuration::plan::Approved`.
#[async_trait]
pub trait ProposalStore: Send + Sync {
    /// Files one. [`crate::Error::Conflict`] if the same waits already.
    async fn file(&self, edit: &Edit, base: &Base, by: &str, now: Instant) -> Result<ProposalId>;

    /// One of them.
    async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>>;

    /// Those after a moment that were neither decided nor taken back, the oldest first.
    async fn undecided(&self, since: Instant) -> Result<Vec<Proposal>>;

    /// Turns one away or takes it back. [`crate::Error::Conflict`] if it waits no more.
    async fn end_proposal(&self, id: ProposalId, verdict: Verdict<'_>, now: Instant) -> Result<()>;
}
