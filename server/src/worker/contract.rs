//! Looks again at what stands in quarantine whenever the contract has a newer version: what is
//! as agreed by now goes on.

use std::{sync::Arc, time::Duration};

use domain::contract::service::ContractService;
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// How often it looks for a newer version.
const LOOK: Duration = Duration::from_secs(1);

/// Looks after the quarantine.
pub struct ContractWorker {
    contract: Arc<ContractService>,
    stop: CancellationToken,
}

impl ContractWorker {
    /// Over this service.
    pub fn new(contract: Arc<ContractService>, stop: CancellationToken) -> Self {
        Self { contract, stop }
    }

    /// Until told to stop. Two who look at the same find the same.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(LOOK, LOOK, &self.stop);
        while rhythm.comes().await {
            loop {
                match self.contract.run_once().await {
                    Ok(0) => break,
                    Ok(_) if self.stop.is_cancelled() => return,
                    Ok(_) => (),
                    Err(error) => {
                        tracing::error!(error = ?error, "the quarantine could not be looked at: {error}");
                        break;
                    }
                }
            }
        }
    }
}
