//! What storage tells of what was counted. Whoever moves people or keeps events counts them in
//! the same transaction; nothing else writes.

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{
    ChangeMark, Only,
    report::{CameIn, Moved, Timed, Total},
    window::Window,
};

/// Reads what was counted.
#[async_trait]
pub trait MonitoringStore: Send + Sync {
    /// By step and mapping; retired mappings too. Without those that left for an event, who are
    /// among those that exited.
    async fn moved(&self, window: &Window, only: &Only) -> Result<Vec<Moved>>;

    /// By step and bucket.
    async fn timed(&self, window: &Window, only: &Only) -> Result<Vec<Timed>>;

    /// By mapping and bucket.
    async fn totals(&self, window: &Window, only: &Only) -> Result<Vec<Total>>;

    /// By step and name.
    async fn came_in(&self, window: &Window) -> Result<Vec<CameIn>>;

    /// What was done that may have changed the figures, the oldest first, and at most so many of
    /// the newest.
    async fn marks(
        &self,
        from: Instant,
        until: Instant,
        only: &Only,
        at_most: u32,
    ) -> Result<Vec<ChangeMark>>;

    /// The first day of which anything was counted.
    async fn counted_since(&self) -> Result<Option<Instant>>;
}
