//! What storage must do for approvals.

use async_trait::async_trait;

use crate::{error::Result, ids::RunId, key::Key, time::Instant};

use super::Approvals;

/// Keeps what waits. Each change is in the audit trail under `by`.
#[async_trait]
pub trait ApprovalStore: Send + Sync {
    /// Everything that waits.
    async fn approvals(&self) -> Result<Approvals>;

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
