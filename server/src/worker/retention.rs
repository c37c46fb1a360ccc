//! Looks who stands nowhere, and lets go of what nothing depends on any more, once an hour.

use std::{sync::Arc, time::Duration};

use domain::{
    Result,
    delivery::port::{Lease, LeaseStore},
    retention::{Record, Report, RetentionStore},
    time::Clock,
};
use tokio_util::sync::CancellationToken;

use super::Rhythm;

/// So that only one process does it.
const LEASE: &str = "retention";

/// Passes and sign-ins of a fresh start go first.
const FIRST: Duration = Duration::from_mins(1);

const EVERY: Duration = Duration::from_hours(1);

/// Rows that go in one transaction: others who write wait a few milliseconds for it.
const SLICE: u32 = 500;

/// Deletes.
pub struct RetentionWorker {
    store: Arc<dyn RetentionStore>,
    leases: Arc<dyn LeaseStore>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl RetentionWorker {
    /// Over a store that does both.
    pub fn new<S: RetentionStore + LeaseStore + 'static>(
        store: Arc<S>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Self {
        Self { store: store.clone(), leases: store, clock, stop }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(FIRST, EVERY, &self.stop);
        while rhythm.comes().await {
            match self.run_once().await {
                Ok(report) if report.is_empty() => (),
                Ok(report) => tracing::info!("old enough to go: {report}"),
                Err(error) => {
                    tracing::error!(error = ?error, "deleting what is old failed: {error}");
                }
            }
        }
    }

    /// Deletes everything that is old enough; nothing while another process does.
    pub async fn run_once(&self) -> Result<Report> {
        let Some(lease) = self.leases.acquire(LEASE, self.clock.now()).await? else {
            return Ok(Report::default());
        };
        let report = self.forget(&lease).await;
        self.leases.release(&lease).await?;
        report
    }

    async fn forget(&self, lease: &Lease) -> Result<Report> {
        let began_at = self.clock.now();
        let mut report = Report::default();
        for record in Record::ALL {
            if record == Record::Person {
                self.look(lease, &mut report).await?;
            }
            let ended_by = record.ended_by(began_at);
            // What is left when it is told to stop goes after the next start.
            while !self.stop.is_cancelled() {
                let now = self.clock.now();
                let rows = self.store.forget(lease, record, ended_by, SLICE, now).await?;
                report.add(record, rows);
                if rows < u64::from(SLICE) {
                    break;
                }
            }
        }
        Ok(report)
    }

    /// Who stands nowhere by now, and what goes at once with that.
    async fn look(&self, lease: &Lease, report: &mut Report) -> Result<()> {
        for chunk in 0..self.store.chunks().await? {
            if self.stop.is_cancelled() {
                break;
            }
            report.extend(self.store.look(lease, chunk, self.clock.now()).await?);
        }
        Ok(())
    }
}
