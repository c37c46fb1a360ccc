//! Reads the workspace's time zone anew, once a minute: another process may have changed it.

use std::{sync::Arc, time::Duration};

use domain::{Result, workspace::service::WorkspaceService};
use tokio_util::sync::CancellationToken;

use super::Rhythm;

const EVERY: Duration = Duration::from_mins(1);

/// Reads.
pub struct WorkspaceWorker {
    workspace: Arc<WorkspaceService>,
    stop: CancellationToken,
}

impl WorkspaceWorker {
    /// Over this.
    pub fn new(workspace: Arc<WorkspaceService>, stop: CancellationToken) -> Self {
        Self { workspace, stop }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(EVERY, EVERY, &self.stop);
        while rhythm.comes().await {
            if let Err(error) = self.run_once().await {
                tracing::error!(error = ?error, "reading the workspace failed: {error}");
            }
        }
    }

    /// Once.
    pub async fn run_once(&self) -> Result<()> {
        self.workspace.refresh().await
    }
}
