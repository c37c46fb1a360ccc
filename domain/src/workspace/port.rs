//! What storage and the machine must do for the workspace.

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{Workspace, Zone};

/// Keeps what was decided. Each change is audited under `by`.
#[async_trait]
pub trait WorkspaceStore: Send + Sync {
    /// What was decided; the defaults before.
    async fn workspace(&self) -> Result<Workspace>;

    /// Keeps it.
    async fn put_workspace(&self, workspace: &Workspace, by: &str, now: Instant) -> Result<()>;
}

/// The time zone database.
pub trait ZoneBook: Send + Sync {
    /// A zone with its shifts of some years around a moment; nothing under a name that isn't one.
    fn zone(&self, name: &str, around: Instant) -> Option<Zone>;

    /// Every name, in order.
    fn names(&self) -> Vec<String>;
}
