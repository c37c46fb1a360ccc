//! Works the fast lane: whoever an event keeps out leaves at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Result,
    delivery::{fast::FastLane, retry::Patience},
    ids::{MappingId, RunId},
    time::{Clock, Span},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::compose::{Segue, Stir};

/// How often it looks for what another process has kept, if nobody wakes it.
const LOOK: Duration = Duration::from_secs(1);

/// So long it gathers after an order: whoever buys meanwhile leaves with the next one. An order
/// for each of them would be more requests than a drain can make one after another.
const GATHER: Duration = Duration::from_millis(20);

/// How long a drain tries before the next one begins from the truth.
const TRIES_FOR: Span = Span::from_seconds(30);

/// Orders, and starts a drain for each mapping that has something to send.
pub struct FastWorker {
    lane: Arc<FastLane>,
    clock: Arc<dyn Clock>,
    stir: Arc<Stir>,
    stop: CancellationToken,
    drains: TaskTracker,
    running: Arc<Mutex<BTreeSet<MappingId>>>,
}

impl FastWorker {
    /// Over these parts.
    pub fn new(segue: &Segue, stop: CancellationToken) -> Self {
        Self {
            lane: segue.fast.clone(),
            clock: segue.clock.clone(),
            stir: segue.fast_stir.clone(),
            stop,
            drains: TaskTracker::new(),
            running: Arc::default(),
        }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        while !self.stop.is_cancelled() {
            // Registered before the look, so that no event falls in between.
            let woken = self.stir.0.notified();
            let ordered = self.run_once().await.unwrap_or_else(|error| {
                tracing::error!(error = ?error, "the fast lane could not order: {error}");
                0
            });
            if ordered > 0 {
                tokio::time::sleep(GATHER).await;
            }
            tokio::select! {
                () = woken => (),
                () = tokio::time::sleep(LOOK) => (),
                () = self.stop.cancelled() => (),
            }
        }
        self.drains.close();
        self.drains.wait().await;
        if let Err(error) = self.lane.release().await {
            tracing::warn!(error = ?error, "the fast lane could not be given back: {error}");
        }
    }

    /// Orders what is new and starts what isn't running: how many exits were ordered.
    pub async fn run_once(&self) -> Result<u64> {
        let ordered = self.lane.order().await?;
        for open in self.lane.open().await? {
            self.start(open);
        }
        Ok(ordered)
    }

    fn start(&self, (mapping, run): (MappingId, RunId)) {
        let is_free = self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(mapping);
        if !is_free {
            return;
        }
        let (lane, running) = (self.lane.clone(), self.running.clone());
        let (stop, stir) = (self.stop.clone(), self.stir.clone());
        let patience = Patience::until(self.clock.now().plus(TRIES_FOR));
        self.drains.spawn(async move {
            let drained = tokio::select! {
                drained = lane.drain((mapping, run), patience) => Some(drained),
                // What was cut off is sent again, exactly as it was.
                () = stop.cancelled() => None,
            };
            running.lock().unwrap_or_else(PoisonError::into_inner).remove(&mapping);
            match drained {
                Some(Ok(Some(drained))) => {
                    if let Some(why) = &drained.stopped {
                        tracing::warn!(%mapping, "exits of the fast lane wait: {why}");
                    } else {
                        // Something may have come after the last look.
                        stir.0.notify_one();
                    }
                }
                Some(Err(error)) => {
                    tracing::error!(error = ?error, %mapping, "the fast lane broke: {error}");
                }
                Some(Ok(None)) | None => (),
            }
        });
    }
}
