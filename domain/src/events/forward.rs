//! Sends events on to Segment, as they came and under the ids that they came with.
//!
//! In the order in which they were kept, one batch after another, by one process at a time.
//! What got no answer is sent again: Segment knows its ids for a day.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::{
    delivery::{
        Lane,
        drain::Drain,
        port::{Batch, Lease},
        retry::Patience,
    },
    error::{Error, Result},
    time::{Instant, Span},
};

use super::ingest::MOST_EVENTS;

/// The lease under which events are sent on.
const LEASE: &str = "forward";

/// Bytes of one request, with room for what is around the events.
const MOST_BYTES: usize = 480 * 1024;

/// One pass goes on so long; the next one looks anew.
const PASS: Span = Span::from_minutes(1);

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its identity with its sender.
    pub number: String,
    /// As it goes on.
    pub body: String,
}

/// Keeps what waits.
#[async_trait]
pub trait ForwardStore: Send + Sync {
    /// The oldest so many that wait.
    async fn waiting(&self, at_most: usize) -> Result<Vec<Waiting>>;

    /// Lets go of what these say: Segment has taken it.
    async fn forwarded(&self, lease: &Lease, numbers: &[&str], now: Instant) -> Result<()>;

    /// Segment won't take it as it is.
    async fn refused(&self, lease: &Lease, number: &str, why: &str, now: Instant) -> Result<()>;
}

/// What a pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Events that Segment took.
    pub forwarded: usize,
    /// Events that it won't take.
    pub refused: usize,
    /// Why some still wait, if so.
    pub stopped: Option<String>,
}

/// Sends on.
pub struct Forwarder {
    /// What waits.
    pub store: Arc<dyn ForwardStore>,
    /// Segment, and how often it is tried.
    pub drain: Drain,
    /// Held as long as nobody takes it: taking and giving it back cost a commit each.
    pub lease: Mutex<Option<Lease>>,
}

impl Forwarder {
    /// Sends on what waits, unless another process does.
    pub async fn run_once(&self) -> Result<Report> {
        let mut report = Report::default();
        // Without anything to send nobody needs the right to.
        if self.store.waiting(1).await?.is_empty() {
            return Ok(report);
        }
        let Some(lease) = self.lease().await? else { return Ok(report) };
        match self.work(&lease, &mut report).await {
            Err(Error::Fenced) => {
                self.held().take();
                Ok(report)
            }
            worked => worked.map(|()| report),
        }
    }

    /// Gives back the right to send, so that the next process needn't wait.
    pub async fn release(&self) -> Result<()> {
        let held = self.held().take();
        match held {
            Some(lease) => self.drain.leases.release(&lease).await,
            None => Ok(()),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lease(&self) -> Result<Option<Lease>> {
        if let Some(lease) = self.held().clone() {
            return Ok(Some(lease));
        }
        let lease = self.drain.leases.acquire(LEASE, self.drain.clock.now()).await?;
        self.held().clone_from(&lease);
        Ok(lease)
    }

    async fn work(&self, lease: &Lease, report: &mut Report) -> Result<()> {
        let until = self.drain.clock.now().plus(PASS);
        while report.stopped.is_none() && self.drain.clock.now() < until {
            let waiting = self.store.waiting(MOST_EVENTS).await?;
            if waiting.is_empty() {
                break;
            }
            self.send_all(lease, &waiting, Patience::until(until), report).await?;
        }
        Ok(())
    }

    /// Batch by batch. One that Segment refuses is halved, the left half first, until the
    /// culprit stands alone.
    async fn send_all(
        &self,
        lease: &Lease,
        waiting: &[Waiting],
        patience: Patience,
        report: &mut Report,
    ) -> Result<()> {
        let mut batches: VecDeque<&[Waiting]> = cut(waiting).into();
        while let Some(batch) = batches.pop_front() {
            let events = batch.iter().map(|one| one.body.as_str()).collect();
            let request = Batch { events, lane: Lane::Enter };
            match self.drain.send_batch(lease, patience, &request).await {
                Ok(None) => {
                    let numbers: Vec<&str> = batch.iter().map(|one| one.number.as_str()).collect();
                    self.store.forwarded(lease, &numbers, self.drain.clock.now()).await?;
                    report.forwarded += batch.len();
                }
                Ok(Some(why)) if batch.len() == 1 => {
                    self.store
                        .refused(lease, &batch[0].number, &why, self.drain.clock.now())
                        .await?;
                    report.refused += 1;
                }
                Ok(Some(_)) => {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    batches.push_front(right);
                    batches.push_front(left);
                }
                Err(why) => {
                    report.stopped = Some(why);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Requests that Segment takes.
fn cut(mut waiting: &[Waiting]) -> Vec<&[Waiting]> {
    let mut batches = Vec::new();
    while !waiting.is_empty() {
        let mut bytes = 0;
        let fits = waiting.iter().take_while(|one| {
            bytes += one.body.len() + 1;
            bytes <= MOST_BYTES
        });
        let (batch, rest) = waiting.split_at(fits.count().clamp(1, MOST_EVENTS));
        batches.push(batch);
        waiting = rest;
    }
    batches
}

#[cfg(test)]
mod tests;
