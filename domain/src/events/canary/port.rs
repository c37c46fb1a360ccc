//! What storage must do for the canary.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{delivery::port::Lease, error::Result, people::Ordinal, time::Instant};

use super::Round;

/// The person who was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Who.
    pub person: Ordinal,
    /// Customer.io's name of the person.
    pub cio_id: String,
    /// When.
    pub at: Instant,
}

/// Keeps who is the canary, and its rounds.
#[async_trait]
pub trait CanaryStore: Send + Sync {
    /// Who it is: a pinned test person.
    async fn canary(&self) -> Result<Option<Chosen>>;

    /// Chooses a pinned person in place of whoever was, or nobody. Audited.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] if they aren't pinned.
    async fn choose(&self, person: Option<Ordinal>, by: &str, now: Instant) -> Result<()>;

    /// The canary's newest rounds, the newest first; those of whoever it was before are gone.
    async fn rounds(&self, limit: i64) -> Result<Vec<(Uuid, Round)>>;

    /// Keeps a round of this person's, new or as it stands now.
    async fn put_round(
        &self,
        lease: &Lease,
        person: Ordinal,
        id: Uuid,
        round: &Round,
        now: Instant,
    ) -> Result<()>;
}
