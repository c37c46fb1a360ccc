//! Drains a mapping's open parts: claim, send, acknowledge, in that order and durably.
//!
//! A range is claimed in a commit before it is sent, and the next claim rides in the commit
//! of the acknowledgement before it. Whatever happens between two commits, the range is
//! sent again exactly as it was, under the same ids.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use crate::{
    error::{Error, Result},
    ids::RunId,
    mappings::Mapping,
    people::{Ordinal, PersonSet, chunks, chunks::CHUNK, port::PersonStore},
    time::{Clock, Span},
};

use super::{
    Lane,
    batch::{MOST_EVENTS, Rendered, fitting},
    message::{self, Envelope, Installation, Rendering},
    port::{
        Advance, Batch, DeliveryStore, EventSink, Lease, LeaseStore, Next, Outcome, Sleep, Work,
    },
    retry::Patience,
};
use crate::{audiences::Audience, destinations::Destination};

/// How long a blocked mapping waits before it looks again.
const BLOCKED: Span = Span::from_millis(50);

/// Random numbers in 0..1 for waits.
pub trait Jitter: Send + Sync {
    /// The next one.
    fn next(&self) -> f64;
}

/// Everything a mapping's delivery needs to know.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The right to do it.
    pub lease: &'a Lease,
    /// The run that counts it.
    pub run: RunId,
    /// Who we are.
    pub installation: Installation,
    /// Whose parts.
    pub mapping: &'a Mapping,
    /// Its audience.
    pub audience: &'a Audience,
    /// Its destination.
    pub destination: &'a Destination,
    /// When to give up for now.
    pub patience: Patience,
}

/// What a drain did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Transitions acknowledged.
    pub delivered: u64,
    /// Transitions refused for good.
    pub dead: u64,
    /// Why something is left, if so.
    pub stopped: Option<String>,
    /// People whose event was too large for a field, by field.
    pub left_out: BTreeMap<String, u64>,
}

impl Drained {
    /// What was odd, though everybody was told of.
    #[must_use]
    pub fn odd(&self) -> Option<String> {
        let fields = self.left_out.iter().map(|(field, people)| format!("{field} ({people})"));
        let fields: Vec<String> = fields.collect();
        (!fields.is_empty())
            .then(|| format!("left out of events over 32 kB: {}", fields.join(", ")))
    }
}

/// Drains.
pub struct Drain {
    /// The parts.
    pub store: Arc<dyn DeliveryStore>,
    /// The right to send.
    pub leases: Arc<dyn LeaseStore>,
    /// The dictionary.
    pub people: Arc<dyn PersonStore>,
    /// Segment.
    pub sink: Arc<dyn EventSink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Chance.
    pub jitter: Arc<dyn Jitter>,
}

/// What became of a range: whom Segment refused, or why it has no answer.
type Answer = std::result::Result<Vec<(Ordinal, String)>, String>;

impl Drain {
    /// Until nothing is left or patience ends.
    pub async fn drain(&self, job: &Job<'_>) -> Result<Drained> {
        let mut total = Drained::default();
        loop {
            match self.store.next(job.lease, job.mapping.id).await? {
                Next::Nothing => return Ok(total),
                Next::Blocked => {
                    let late = job.patience.until.is_some_and(|until| self.clock.now() > until);
                    if late {
                        total.stopped = Some(
                            "entries wait for exits of their group that got no answer".to_owned(),
                        );
                        return Ok(total);
                    }
                    self.sleep.sleep(BLOCKED).await;
                }
                Next::Work(work) => {
                    if let Some(why) = self.drain_part(job, work, &mut total).await? {
                        total.stopped = Some(why);
                        return Ok(total);
                    }
                }
            }
        }
    }

    /// One part to its end; says why if it had to stop.
    async fn drain_part(
        &self,
        job: &Job<'_>,
        work: Work,
        total: &mut Drained,
    ) -> Result<Option<String>> {
        let (mut batch, mut claimed) = if work.claimed > work.acknowledged {
            let doubt = chunks::between(&work.people, work.acknowledged, work.claimed);
            (self.render(job, &work, &doubt).await?, work.claimed)
        } else {
            let (mut batch, claimed) = self.peek(job, &work, work.acknowledged).await?;
            let step = Advance { acknowledged: work.acknowledged, claimed, dead: Vec::new() };
            let now = self.clock.now();
            let done = self.store.advance(job.lease, job.run, work.part, &step, now).await?;
            batch.retain(|person| !done.masked.contains(person.ordinal));
            (batch, claimed)
        };
        loop {
            let dead = match self.send_range(job, work.lane, &batch).await {
                Ok(dead) => dead,
                Err(why) => return Ok(Some(why)),
            };
            total.dead += dead.len() as u64;
            total.delivered += (batch.len() - dead.len()) as u64;
            for field in batch.iter().flat_map(|person| &person.left_out) {
                *total.left_out.entry(field.clone()).or_default() += 1;
            }
            let acknowledged = claimed;
            (batch, claimed) = self.peek(job, &work, acknowledged).await?;
            let step = Advance { acknowledged, dead, claimed };
            let now = self.clock.now();
            let done = self.store.advance(job.lease, job.run, work.part, &step, now).await?;
            if acknowledged == claimed {
                return Ok(None);
            }
            batch.retain(|person| !done.masked.contains(person.ordinal));
        }
    }

    /// The next batch from place `from` on, and where it ends.
    async fn peek(&self, job: &Job<'_>, work: &Work, from: u32) -> Result<(Vec<Rendered>, u32)> {
        let ahead: PersonSet =
            chunks::between(&work.people, from, CHUNK).iter().take(MOST_EVENTS).collect();
        if ahead.is_empty() {
            return Ok((Vec::new(), from));
        }
        let mut batch = self.render(job, work, &ahead).await?;
        if batch.is_empty() {
            return Err(Error::unexpected("an order names people whom nobody knows"));
        }
        batch.truncate(fitting(&batch));
        let end = batch.last().map_or(from, |person| person.ordinal % CHUNK + 1);
        Ok((batch, end))
    }

    async fn render(&self, job: &Job<'_>, work: &Work, who: &PersonSet) -> Result<Vec<Rendered>> {
        let envelope = Envelope {
            installation: job.installation,
            mapping: job.mapping.id,
            audience: job.audience.id,
            audience_key: &job.audience.spec.key,
            destination: &job.destination.spec,
            use_case: job.mapping.spec.use_case,
            transition: work.transition,
            generation: work.generation,
            decided_at: work.decided_at,
        };
        let people = self.people.people(who).await?;
        Ok(people
            .into_iter()
            .map(|(ordinal, person)| {
                let Rendering { messages, left_out } = envelope.render(&person);
                Rendered { ordinal, messages, left_out }
            })
            .collect())
    }

    /// Sends a range until every event of it has an answer. A range that Segment refuses is
    /// halved, the left half first, until the culprit stands alone.
    async fn send_range(&self, job: &Job<'_>, lane: Lane, batch: &[Rendered]) -> Answer {
        let mut dead: Vec<(Ordinal, String)> = Vec::new();
        let mut accepted = 0;
        let mut waiting = VecDeque::from([batch]);
        while let Some(range) = waiting.pop_front() {
            if range.is_empty() {
                continue;
            }
            match self.send_until_answered(job, lane, range).await? {
                None => accepted += range.len(),
                Some(reason) if range.len() == 1 => {
                    // The first refusal: is it the event, or would nothing be taken?
                    if accepted == 0 && dead.is_empty() {
                        self.probe(job, lane, &reason).await?;
                    }
                    dead.push((range[0].ordinal, reason));
                }
                Some(_) => {
                    let (left, right) = range.split_at(range.len() / 2);
                    waiting.push_front(right);
                    waiting.push_front(left);
                }
            }
        }
        Ok(dead)
    }

    /// Sends a harmless event that goes to no destination. If Segment refuses that too, the
    /// fault isn't in anybody's event, and nobody is given up.
    async fn probe(
        &self,
        job: &Job<'_>,
        lane: Lane,
        reason: &str,
    ) -> std::result::Result<(), String> {
        let now = self.clock.now();
        let event = message::probe(&format!("{}-{}", job.run, now.0), now);
        let batch = Batch { events: vec![event], lane };
        match self.send_batch(job, &batch).await? {
            None => Ok(()),
            Some(_) => Err(format!(
                "Segment refuses every event ({reason}): check the write key; nobody was given up"
            )),
        }
    }

    /// Tries until Segment takes the range (nothing) or refuses it (the reason).
    async fn send_until_answered(
        &self,
        job: &Job<'_>,
        lane: Lane,
        range: &[Rendered],
    ) -> std::result::Result<Option<String>, String> {
        let events = range.iter().flat_map(|person| person.messages.iter().cloned()).collect();
        self.send_batch(job, &Batch { events, lane }).await
    }

    async fn send_batch(
        &self,
        job: &Job<'_>,
        batch: &Batch,
    ) -> std::result::Result<Option<String>, String> {
        for attempt in 0.. {
            // Whoever waited, or slept through the end of the lease, asks whether it is still
            // theirs; the first try comes right after a commit that did.
            if attempt > 0
                && let Err(error) = self.leases.renew(job.lease, self.clock.now()).await
            {
                return Err(error.to_string());
            }
            let (why, retry_after) = match self.sink.send(batch).await {
                Outcome::Accepted => return Ok(None),
                Outcome::Refused(reason) => return Ok(Some(reason)),
                Outcome::Unauthorized(why) => return Err(why),
                Outcome::Limited(after) => ("Segment asks us to slow down (429)".to_owned(), after),
                Outcome::Failed(why) => (why, None),
            };
            let now = self.clock.now();
            match job.patience.next_try(attempt, now, self.jitter.next(), retry_after) {
                Some(at) => self.sleep.sleep(at.since(now)).await,
                None => return Err(why),
            }
        }
        Err("the number of tries is used up".to_owned())
    }
}
