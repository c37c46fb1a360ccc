//! Tells which vendors can't be used, for pages of other processes and the audit trail, and
//! tries at once when somebody wants it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Result,
    connections::{
        Vendor,
        circuit::{Outage, TOLD_EVERY},
        port::{ConnectionStore, ConnectionTester, OutageStore},
    },
    time::{Clock, Instant},
};
use futures::future::select_all;
use tokio_util::sync::CancellationToken;

use crate::{compose::Segue, vendors::fuse::Fuse};

/// How often it looks whether somebody wants a try, if nothing changes.
const LOOK: Duration = Duration::from_secs(1);

/// What one look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Of whose trouble something was told.
    pub told: Vec<Vendor>,
    /// Whose trouble was told to be over.
    pub ended: Vec<Vendor>,
    /// Who was tried because somebody wanted it.
    pub tried: Vec<Vendor>,
}

/// Tells.
pub struct OutageWorker {
    fuses: Vec<Arc<Fuse>>,
    outages: Arc<dyn OutageStore>,
    connections: Arc<dyn ConnectionStore>,
    tester: Arc<dyn ConnectionTester>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    /// What was told last, and when.
    told: Mutex<HashMap<Vendor, (Outage, Instant)>>,
}

impl OutageWorker {
    /// Over these parts.
    pub fn new(segue: &Segue, stop: CancellationToken) -> Self {
        let storage = Arc::new(segue.storage.clone());
        Self {
            fuses: segue.fuses.clone(),
            outages: storage.clone(),
            connections: storage,
            tester: segue.tester.clone(),
            clock: segue.clock.clone(),
            stop,
            told: Mutex::default(),
        }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        let mut counts: Vec<_> = self.fuses.iter().map(|fuse| fuse.changes()).collect();
        loop {
            let look = async {
                if let Err(error) = self.run_once().await {
                    tracing::error!(error = ?error, "telling of an outage failed: {error}");
                }
                let any = select_all(counts.iter_mut().map(|count| Box::pin(count.changed())));
                tokio::select! {
                    _ = any => (),
                    () = tokio::time::sleep(LOOK) => (),
                }
            };
            tokio::select! {
                () = look => (),
                () = self.stop.cancelled() => break,
            }
        }
        // The last word: what has ended is not left to be disbelieved.
        if let Err(error) = self.tell_all().await {
            tracing::error!(error = ?error, "telling of an outage failed: {error}");
        }
    }

    /// Tells what has changed, and tries what somebody wants tried.
    pub async fn run_once(&self) -> Result<Report> {
        let mut report = self.tell_all().await?;
        for fuse in self.fuses.iter().filter(|fuse| fuse.outage().is_some()) {
            if self.outages.take_wanted_try(fuse.vendor()).await? {
                self.try_now(fuse).await?;
                report.tried.push(fuse.vendor());
            }
        }
        Ok(report)
    }

    /// Tells what has changed, and again what was told long ago.
    async fn tell_all(&self) -> Result<Report> {
        let mut report = Report::default();
        for fuse in &self.fuses {
            let (vendor, now) = (fuse.vendor(), self.clock.now());
            match (fuse.outage(), self.last_told(vendor)) {
                (Some(outage), Some((before, at)))
                    if before == outage && now.since(at) < TOLD_EVERY => {}
                (Some(outage), _) => {
                    self.outages.tell(vendor, &outage, now).await?;
                    self.remember(vendor, Some((outage, now)));
                    report.told.push(vendor);
                }
                (None, Some(_)) => {
                    self.outages.tell_end(vendor, now).await?;
                    self.remember(vendor, None);
                    report.ended.push(vendor);
                }
                (None, None) => (),
            }
        }
        Ok(report)
    }

    /// Whoever waits tries; where nobody does, a test is the try.
    async fn try_now(&self, fuse: &Fuse) -> Result<()> {
        if fuse.is_awaited() {
            fuse.try_now();
            return Ok(());
        }
        let tested = self.tester.test(fuse.vendor(), self.clock.now()).await;
        self.connections.put_test(fuse.vendor(), &tested).await
    }

    fn last_told(&self, vendor: Vendor) -> Option<(Outage, Instant)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).get(&vendor).cloned()
    }

    fn remember(&self, vendor: Vendor, told: Option<(Outage, Instant)>) {
        let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Some(told) => all.insert(vendor, told),
            None => all.remove(&vendor),
        };
    }
}
