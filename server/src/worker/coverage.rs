//! Counts once an hour what names the members of each audience, so that its trend can be seen.

use std::{sync::Arc, time::Duration};

use domain::{Result, audiences::coverage::service::CoverageService};
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// A fresh start reads its audiences first.
const FIRST: Duration = Duration::from_mins(2);

const EVERY: Duration = Duration::from_hours(1);

/// Counts.
pub struct CoverageWorker {
    coverage: Arc<CoverageService>,
    stop: CancellationToken,
}

impl CoverageWorker {
    /// Over this.
    pub fn new(coverage: Arc<CoverageService>, stop: CancellationToken) -> Self {
        Self { coverage, stop }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(FIRST, EVERY, &self.stop);
        while rhythm.comes().await {
            if let Err(error) = self.run_once().await {
                tracing::error!(error = ?error, "counting identifiers failed: {error}");
            }
        }
    }

    /// Keeps today's count of each audience that was read: how many. Several processes that do
    /// it write the same.
    pub async fn run_once(&self) -> Result<u64> {
        self.coverage.note().await
    }
}
