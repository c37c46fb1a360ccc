//! What storage and Segment must do for controlled tests.

use async_trait::async_trait;

use crate::{
    error::{Result, VendorError},
    ids::MappingId,
    people::Ordinal,
    time::Instant,
};

use super::{Proof, Seen, TestPerson, Trial};

/// Keeps pinned people and what became of tests. Each change is audited.
#[async_trait]
pub trait TrialStore: Send + Sync {
    /// Everybody who is pinned, the oldest first.
    async fn pinned(&self) -> Result<Vec<(Ordinal, TestPerson)>>;

    /// Pins somebody. Who is pinned stays as they are.
    async fn pin(&self, person: Ordinal, by: &str, now: Instant) -> Result<()>;

    /// Lets go of somebody.
    async fn unpin(&self, person: Ordinal, by: &str, now: Instant) -> Result<()>;

    /// A mapping's newest tests, the newest first.
    async fn trials(&self, mapping: MappingId, limit: i64) -> Result<Vec<Trial>>;

    /// The best proof that any of a mapping's tests has; nothing where none was sent.
    async fn best_proof(&self, mapping: MappingId) -> Result<Option<Proof>>;

    /// Keeps a test that was sent.
    async fn put_trial(&self, mapping: MappingId, person: Ordinal, trial: &Trial) -> Result<()>;

    /// Keeps what was seen of one. A proof that is kept stays.
    async fn put_proof(&self, trial: &Trial) -> Result<()>;
}

/// Counts what arrived in Segment.
#[async_trait]
pub trait Witness: Send + Sync {
    /// Messages of this mark between two moments: in our source, and delivered to the
    /// destination of this catalogue name.
    async fn seen(
        &self,
        mark: &str,
        integration: &str,
        from: Instant,
        to: Instant,
    ) -> Result<Seen, VendorError>;
}
