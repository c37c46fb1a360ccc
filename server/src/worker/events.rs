//! What happens to events after they were kept: they go on to Segment, and their entrances'
//! newest calls are written down.

use std::{sync::Arc, time::Duration};

use domain::events::{forward::Forwarder, service::EventService};
use tokio_util::sync::CancellationToken;

use super::Rhythm;
use crate::compose::{Segue, Stir};

/// How often it looks for what another process has kept, if nobody wakes it.
const LOOK: Duration = Duration::from_secs(1);

/// So long it waits for more after it was woken: many go in one request, and what protects
/// goes first.
const GATHER: Duration = Duration::from_millis(200);

/// After a failure it waits so long: Segment may be down for hours.
const WAIT: Duration = Duration::from_secs(5);

/// Sends events on.
pub struct ForwardWorker {
    forwarder: Arc<Forwarder>,
    stir: Arc<Stir>,
    stop: CancellationToken,
}

impl ForwardWorker {
    /// Over these parts.
    pub fn new(segue: &Segue, stop: CancellationToken) -> Self {
        let (forwarder, stir) = (segue.forwarder.clone(), segue.forward_stir.clone());
        Self { forwarder, stir, stop }
    }

    /// Until told to stop; what was cut off is sent again under its own id.
    pub async fn run(&self) {
        self.work().await;
        if let Err(error) = self.forwarder.release().await {
            tracing::warn!(error = ?error, "the right to send on could not be given back: {error}");
        }
    }

    async fn work(&self) {
        while !self.stop.is_cancelled() {
            let woken = self.stir.0.notified();
            let report = tokio::select! {
                report = self.forwarder.run_once() => report,
                () = self.stop.cancelled() => return,
            };
            let pause = match report {
                Ok(report) => {
                    if let Some(why) = &report.stopped {
                        tracing::warn!("events wait to be sent on: {why}");
                    }
                    if report.refused > 0 {
                        let refused = report.refused;
                        tracing::error!(refused, "Segment won't take {refused} events");
                    }
                    report.stopped.is_some()
                }
                Err(error) => {
                    tracing::error!(error = ?error, "events could not be sent on: {error}");
                    true
                }
            };
            let wait = if pause { WAIT } else { LOOK };
            tokio::select! {
                () = async { woken.await; tokio::time::sleep(GATHER).await }, if !pause => (),
                () = tokio::time::sleep(wait) => (),
                () = self.stop.cancelled() => (),
            }
        }
    }
}

/// Writes down the entrances' newest calls: in each process that answers them.
pub struct CallWorker {
    events: Arc<EventService>,
    stop: CancellationToken,
}

impl CallWorker {
    /// Over these parts.
    pub fn new(events: Arc<EventService>, stop: CancellationToken) -> Self {
        Self { events, stop }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut rhythm = Rhythm::new(LOOK, LOOK, &self.stop);
        while rhythm.comes().await {
            if let Err(error) = self.events.write_calls().await {
                tracing::warn!(error = ?error, "calls could not be noted: {error}");
            }
        }
    }
}
