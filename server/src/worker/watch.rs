//! Reads the audiences that keep people out, oftener than mappings run.

use std::{sync::Arc, time::Duration};

use domain::sync::watch::Watch;
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// How often it looks for what is due, and for what others have read.
const LOOK: Duration = Duration::from_secs(1);

/// Watches.
pub struct WatchWorker {
    watch: Arc<Watch>,
    stop: CancellationToken,
}

impl WatchWorker {
    /// Over this service.
    pub fn new(watch: Arc<Watch>, stop: CancellationToken) -> Self {
        Self { watch, stop }
    }

    /// Until told to stop. A reading that is cut off leaves the last one in place.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(LOOK, LOOK, &self.stop);
        while rhythm.comes().await {
            let watched = tokio::select! {
                watched = self.watch.run_once() => watched,
                () = self.stop.cancelled() => return,
            };
            if let Err(error) = watched {
                tracing::error!(error = ?error, "watching failed: {error}");
            }
        }
    }
}
