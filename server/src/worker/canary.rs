//! Has the canary purchaser buy once a day, and says so loudly if it stays.

use std::{sync::Arc, time::Duration};

use domain::{events::canary::service::CanaryService, key::Key};
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// How often it looks: a round takes a minute at best.
const LOOK: Duration = Duration::from_secs(5);

/// Looks after the canary.
pub struct CanaryWorker {
    canary: Arc<CanaryService>,
    stop: CancellationToken,
}

impl CanaryWorker {
    /// Over this service.
    pub fn new(canary: Arc<CanaryService>, stop: CancellationToken) -> Self {
        Self { canary, stop }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(LOOK, LOOK, &self.stop);
        while rhythm.comes().await {
            match self.canary.run_once().await {
                Ok(Some(round)) if !round.there.is_empty() => {
                    let there: Vec<&str> = round.there.iter().map(Key::as_str).collect();
                    let there = there.join(", ");
                    tracing::error!("the canary purchaser was not let go in time by {there}");
                }
                Ok(_) => (),
                Err(error) => {
                    tracing::error!(error = ?error, "the canary could not be looked after: {error}");
                }
            }
        }
    }
}
