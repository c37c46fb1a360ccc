//! What storage must do for the timeline.

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{Meeting, Stacking};

/// Keeps what is meant.
#[async_trait]
pub trait StackingStore: Send + Sync {
    /// All that is meant, by mapping.
    async fn stackings(&self) -> Result<Vec<Stacking>>;

    /// Notes that a meeting is meant, or means it for another reason.
    async fn put_stacking(&self, stacking: &Stacking) -> Result<()>;

    /// Means a meeting no longer.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] if nobody means it.
    async fn withdraw_stacking(&self, meeting: &Meeting, by: &str, now: Instant) -> Result<()>;
}
