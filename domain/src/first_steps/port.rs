//! What storage must do for first steps.

use async_trait::async_trait;

use crate::{error::Result, mappings::UseCase, time::Instant};

use super::FirstVersion;

/// Keeps what was decided about a first version. Each change is audited under `by`.
#[async_trait]
pub trait FirstVersionStore: Send + Sync {
    /// What was decided; nothing before anybody has chosen a goal.
    async fn first_version(&self) -> Result<Option<FirstVersion>>;

    /// Keeps the goal. The ceiling is decided with the first one and stays as it was.
    async fn put_goal(&self, goal: UseCase, is_capped: bool, by: &str, now: Instant) -> Result<()>;

    /// Puts First steps away, or takes them out again. [`crate::Error::NotFound`] before a goal.
    async fn put_dismissed(&self, is_dismissed: bool, by: &str, now: Instant) -> Result<()>;

    /// Lifts the ceiling. [`crate::Error::NotFound`] before a goal.
    async fn lift(&self, reason: &str, by: &str, now: Instant) -> Result<()>;
}
