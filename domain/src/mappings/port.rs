//! What storage must do for the mappings' pages.

use async_trait::async_trait;

use crate::{error::Result, ids::MappingId, key::Key, people::PersonSet, time::Instant};

use super::{ClosingRow, MappingRow, lately::Lately};

/// Reads mappings with how they fare, and takes wishes to run them.
#[async_trait]
pub trait MappingStore: Send + Sync {
    /// All of them, by key, as of `now`.
    async fn mapping_rows(&self, now: Instant) -> Result<Vec<MappingRow>>;

    /// Retired mappings that owe exits, the longest retired first.
    async fn closing_rows(&self) -> Result<Vec<ClosingRow>>;

    /// Asks whoever works the orders to run it soon. One open wish a mapping is enough.
    async fn request_run(&self, mapping: MappingId, by: &str, now: Instant) -> Result<()>;

    /// Marks people undelivered, so that the next order sends them again: those who were told
    /// anything in or out since `since`, or everybody who is there. How many.
    async fn resync(
        &self,
        mapping: MappingId,
        since: Option<Instant>,
        by: &str,
        now: Instant,
    ) -> Result<u64>;

    /// How runs did that began since then, of all mappings of an audience.
    async fn lately(&self, audience: &Key, since: Instant) -> Result<Lately>;

    /// Of whom an entry was acknowledged that was decided since then, and of whom an exit.
    async fn told_since(
        &self,
        mapping: MappingId,
        since: Instant,
    ) -> Result<(PersonSet, PersonSet)>;

    /// Lets the mapping's first order take whoever should be there for there already.
    /// [`crate::Error::Conflict`] if it has ordered before.
    async fn adopt(&self, mapping: MappingId, by: &str, now: Instant) -> Result<()>;

    /// Which mappings are due or wished for. One that is due far later than it can be is due:
    /// the clock has been put back.
    async fn due(&self, now: Instant) -> Result<Vec<Key>>;

    /// Which retired mappings owe exits and are due.
    async fn closing_due(&self, now: Instant) -> Result<Vec<MappingId>>;
}
