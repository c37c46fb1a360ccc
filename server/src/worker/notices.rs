//! Tells what waits for a decision.

use std::{sync::Arc, time::Duration};

use domain::notices::service::NoticeService;
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// How often it looks for what began to wait.
const LOOK: Duration = Duration::from_secs(5);

/// Tells.
pub struct NoticeWorker {
    notices: Arc<NoticeService>,
    public_url: String,
    stop: CancellationToken,
}

impl NoticeWorker {
    /// Over this service; `public_url` is where browsers reach Segue.
    pub fn new(notices: Arc<NoticeService>, public_url: String, stop: CancellationToken) -> Self {
        Self { notices, public_url, stop }
    }

    /// Until told to stop. Of several processes one tells.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(LOOK, LOOK, &self.stop);
        while rhythm.comes().await {
            if let Err(error) = self.notices.run_once(&self.public_url).await {
                tracing::error!(error = ?error, "notices could not be told: {error}");
            }
        }
    }
}
