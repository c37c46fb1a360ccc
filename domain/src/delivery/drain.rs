//! Drains a mapping's open parts: claim, send, acknowledge, in that order and durably.
//!
//! A range is claimed in a commit before it is sent, and the next claim rides in the commit
//! of the acknowledgement before it. Whatever happens between two commits, the range is
//! sent again exactly as it was, under the same ids.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use futures::future::join;

use crate::{
    error::{Error, Result},
    ids::RunId,
    mappings::Mapping,
    people::{Ordinal, Person, PersonSet, chunks, chunks::CHUNK, renaming::Without},
    time::{Clock, Instant, Span},
};

use super::{
    Lane,
    batch::{MOST_EVENTS, Rendered, fitting},
    message::{self, Envelope, Installation, Rendering},
    port::{
        Advance, Batch, DeliveryStore, EventSink, Lease, LeaseStore, Next, Outcome, Sleep, Telling,
        Work,
    },
    retry::{Patience, SENT_AGAIN_FOR},
    route::Route,
};
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
    /// Under which names, for orders from before they had routes of their own.
    pub route: &'a Route,
    /// When to give up for now.
    pub patience: Patience,
    /// Whether nobody is left who drains exits that its entries may wait for.
    pub is_alone: &'a (dyn Fn() -> bool + Send + Sync),
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
    /// Segment.
    pub sink: Arc<dyn EventSink>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Chance.
    pub jitter: Arc<dyn Jitter>,
}

/// A range that is claimed.
struct Claim {
    /// Who is in it, rendered.
    batch: Vec<Rendered>,
    /// Places below are claimed.
    end: u32,
    /// When it was made.
    at: Instant,
}

/// What could be claimed next.
#[derive(Default)]
struct Ahead {
    batch: Vec<Rendered>,
    end: u32,
    as_of: i64,
    without: Vec<(Ordinal, Without)>,
}

/// What became of a range: whom Segment refused, or why it has no answer.
type Answer = std::result::Result<Vec<(Ordinal, String)>, String>;

impl Drain {
    /// Until nothing is left or patience ends.
    pub async fn drain(&self, job: &Job<'_>) -> Result<Drained> {
        let mut total = Drained::default();
        let mut was_alone = false;
        loop {
            match self.store.next(job.lease, job.mapping.id, self.clock.now()).await? {
                Next::Nothing => return Ok(total),
                Next::Blocked => {
                    let late = job.patience.until.is_some_and(|until| self.clock.now() > until);
                    if late || was_alone {
                        total.stopped = Some(
                            "entries wait for exits of their group that got no answer".to_owned(),
                        );
                        return Ok(total);
                    }
                    // One more look: the last of the others may have answered meanwhile.
                    was_alone = (job.is_alone)();
                    if !was_alone {
                        self.sleep.sleep(BLOCKED).await;
                    }
                }
                Next::Work(work) => {
                    was_alone = false;
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
        let mut next = if work.claimed > work.acknowledged {
            Some(self.claimed_before(job, &work).await?)
        } else {
            let ahead = self.peek(job, &work, work.acknowledged, MOST_EVENTS).await?;
            self.claim(job, &work, work.acknowledged, Vec::new(), ahead).await?
        };
        while let Some(claim) = next {
            let patience = job.patience.at_most(claim.at.plus(SENT_AGAIN_FOR));
            // What comes next is rendered while this is on its way: about as many as fitted.
            let likely = (claim.batch.len() + claim.batch.len() / 8).clamp(1, MOST_EVENTS);
            let sent = self.send_range(job, patience, work.lane, &claim.batch);
            let (answer, ahead) = join(sent, self.peek(job, &work, claim.end, likely)).await;
            let dead = match answer {
                Ok(dead) => dead,
                Err(why) => return Ok(Some(why)),
            };
            total.dead += dead.len() as u64;
            total.delivered += (claim.batch.len() - dead.len()) as u64;
            for field in claim.batch.iter().flat_map(|person| &person.left_out) {
                *total.left_out.entry(field.clone()).or_default() += 1;
            }
            next = self.claim(job, &work, claim.end, dead, ahead?).await?;
        }
        Ok(None)
    }

    /// The range that was claimed and has no answer, as it was sent.
    async fn claimed_before(&self, job: &Job<'_>, work: &Work) -> Result<Claim> {
        let doubt = chunks::between(&work.people, work.acknowledged, work.claimed);
        let batch = match &work.rendered {
            Some(kept) => kept.iter().filter(|one| doubt.contains(one.ordinal)).cloned().collect(),
            None => self.render(job, work, &doubt, Telling::Again).await?.batch,
        };
        let at = work.claimed_at.unwrap_or(work.decided_at);
        Ok(Claim { batch, end: work.claimed, at })
    }

    /// Commits what was answered and claims what was rendered ahead; renders it anew if
    /// somebody has got other identifiers meanwhile. Nothing at the part's end, and where a
    /// pause or a stop holds it.
    async fn claim(
        &self,
        job: &Job<'_>,
        work: &Work,
        acknowledged: u32,
        mut dead: Vec<(Ordinal, String)>,
        mut ahead: Ahead,
    ) -> Result<Option<Claim>> {
        loop {
            let keeps = work.route.as_ref().is_some_and(|route| route.destination.carries_more());
            let step = Advance {
                acknowledged,
                dead: std::mem::take(&mut dead),
                claimed: ahead.end,
                as_of: ahead.as_of,
                without: std::mem::take(&mut ahead.without),
                rendered: keeps.then(|| ahead.batch.clone()),
            };
            let at = self.clock.now();
            let done = self.store.advance(job.lease, job.run, work.part, &step, at).await?;
            if done.held || ahead.end == acknowledged {
                return Ok(None);
            }
            if done.is_outdated {
                ahead = self.peek(job, work, acknowledged, MOST_EVENTS).await?;
                continue;
            }
            let Ahead { mut batch, end, .. } = ahead;
            batch.retain(|person| !done.masked.contains(person.ordinal));
            return Ok(Some(Claim { batch, end, at }));
        }
    }

    /// The next batch from place `from` on, of at most so many people, and where it ends.
    async fn peek(&self, job: &Job<'_>, work: &Work, from: u32, most: usize) -> Result<Ahead> {
        let ahead: PersonSet =
            chunks::between(&work.people, from, CHUNK).iter().take(most).collect();
        if ahead.is_empty() {
            return Ok(Ahead { end: from, ..Ahead::default() });
        }
        let mut rendered = self.render(job, work, &ahead, Telling::Fresh).await?;
        if rendered.batch.is_empty() {
            return Err(Error::unexpected("an order names people whom nobody knows"));
        }
        rendered.batch.truncate(fitting(&rendered.batch));
        rendered.end = rendered.batch.last().map_or(from, |person| person.ordinal % CHUNK + 1);
        let end = rendered.end;
        rendered.without.retain(|(person, _)| person % CHUNK < end);
        Ok(rendered)
    }

    async fn render(
        &self,
        job: &Job<'_>,
        work: &Work,
        who: &PersonSet,
        telling: Telling,
    ) -> Result<Ahead> {
        let route = work.route.as_ref().unwrap_or(job.route);
        let envelope = Envelope {
            installation: job.installation,
            mapping: job.mapping.id,
            audience: route.audience,
            audience_key: &route.audience_key,
            destination: &route.destination,
            use_case: job.mapping.spec.use_case,
            transition: work.transition,
            generation: work.generation,
            decided_at: work.decided_at,
        };
        let named = self.store.named(job.mapping.id, work.transition, telling, who).await?;
        let render = |(ordinal, person): &(Ordinal, Person)| {
            let Rendering { messages, left_out } = envelope.render(person);
            Rendered { ordinal: *ordinal, messages, left_out }
        };
        let batch = named.people.iter().map(render).collect();
        Ok(Ahead { batch, end: 0, as_of: named.as_of, without: named.without })
    }

    /// Sends a range until every event of it has an answer. A range that Segment refuses is
    /// halved, the left half first, until the culprit stands alone.
    async fn send_range(
        &self,
        job: &Job<'_>,
        patience: Patience,
        lane: Lane,
        batch: &[Rendered],
    ) -> Answer {
        let job = &Job { patience, ..*job };
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
        let (mut attempt, mut has_waited) = (0, false);
        loop {
            // Whoever waited, or slept through the end of the lease, asks whether it is still
            // theirs; the first try comes right after a commit that did.
            if has_waited && let Err(error) = self.leases.renew(job.lease, self.clock.now()).await {
                return Err(error.to_string());
            }
            let (why, retry_after) = match self.sink.send(batch).await {
                Outcome::Accepted => return Ok(None),
                Outcome::Refused(reason) => return Ok(Some(reason)),
                Outcome::Unauthorized(why) => return Err(why),
                Outcome::Limited(after) => ("Segment asks us to slow down (429)".to_owned(), after),
                Outcome::Failed(why) => (why, None),
                // It was no try of this batch.
                Outcome::Held(why) => {
                    attempt = 0;
                    (why, Some(Span(0)))
                }
            };
            let now = self.clock.now();
            match job.patience.next_try(attempt, now, self.jitter.next(), retry_after) {
                Some(at) => self.sleep.sleep(at.since(now)).await,
                None => return Err(why),
            }
            attempt += 1;
            has_waited = true;
        }
    }
}

#[cfg(test)]
mod tests;
