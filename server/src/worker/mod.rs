//! Workers: what runs by itself while `segue serve` does.
//!
//! A worker has `run_once() -> Report`: idempotent, without input, woken and periodic. To
//! add one: a file here, and a line in [`spawn`].

mod canary;
mod contract;
mod coverage;
mod events;
mod fast;
pub mod intake;
mod notices;
mod outages;
mod retention;
mod sync;
mod watch;
mod workspace;

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::compose::Segue;

pub use canary::CanaryWorker;
pub use contract::ContractWorker;
pub use coverage::CoverageWorker;
pub use events::{CallWorker, ForwardWorker};
pub use fast::FastWorker;
pub use notices::NoticeWorker;
pub use outages::OutageWorker;
pub use retention::RetentionWorker;
pub use sync::{Report, SyncWorker};
pub use watch::WatchWorker;
pub use workspace::WorkspaceWorker;

/// Starts all workers; they end when told to stop, after what they hold is in order.
pub fn spawn(segue: &Segue, stop: CancellationToken) -> TaskTracker {
    let tracker = TaskTracker::new();
    let worker = SyncWorker::new(segue, stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = FastWorker::new(segue, stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = ForwardWorker::new(segue, stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = WatchWorker::new(segue.watch.clone(), stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = CanaryWorker::new(segue.services.canary.clone(), stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = ContractWorker::new(segue.services.contract.clone(), stop.clone());
    tracker.spawn(async move { worker.run().await });
    tell_outages(segue, &tracker, stop.clone());
    let worker = CoverageWorker::new(segue.services.coverage.clone(), stop.clone());
    tracker.spawn(async move { worker.run().await });
    let worker = RetentionWorker::new(Arc::new(segue.storage.clone()), segue.clock.clone(), stop);
    tracker.spawn(async move { worker.run().await });
    tracker.close();
    tracker
}

/// Tells of outages until told to stop: all that a command needs of this.
pub fn tell_outages(segue: &Segue, tracker: &TaskTracker, stop: CancellationToken) {
    let worker = OutageWorker::new(segue, stop);
    tracker.spawn(async move { worker.run().await });
}

/// When a periodic worker works.
struct Rhythm<'a> {
    wait: Duration,
    every: Duration,
    stop: &'a CancellationToken,
}

impl<'a> Rhythm<'a> {
    /// First after so long, then so often.
    const fn new(first: Duration, every: Duration, stop: &'a CancellationToken) -> Self {
        Self { wait: first, every, stop }
    }

    /// Waits for the next time; false once told to stop.
    async fn comes(&mut self) -> bool {
        tokio::select! {
            () = tokio::time::sleep(self.wait) => {
                self.wait = self.every;
                true
            }
            () = self.stop.cancelled() => false,
        }
    }
}
