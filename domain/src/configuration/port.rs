//! What storage must do for the configuration.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{Configuration, Secret, Settings, plan::Plan};

/// Keeps what operators decide.
#[async_trait]
pub trait ConfigurationStore: Send + Sync {
    /// All that isn't retired, with a version that every change raises.
    async fn load(&self) -> Result<(Configuration, i64)>;

    /// Regions and budgets alone: every call to a vendor asks for them.
    async fn settings(&self) -> Result<Settings>;

    /// All secrets, opened, by name.
    async fn secrets(&self) -> Result<BTreeMap<String, Vec<Secret>>>;

    /// Carries a plan out in one transaction, with one audit entry a change.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when the stored version is not `version` any more.
    async fn carry_out(&self, plan: &Plan, version: i64, actor: &str, now: Instant) -> Result<()>;
}
