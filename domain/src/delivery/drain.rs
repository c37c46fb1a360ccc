//! Drains a mapping's open parts: claim, send, acknowledge, in that order and durably.
//!
//! A range is claimed in a commit before it is sent, and the next claim rides in the commit
//! of the acknowledgement before it. Whatever happens between two commits, the range is
//! sent again exactly as it was, under the same ids.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::join;

use crate::{
    error::{Error, Result},
    events::live::Live,
    ids::RunId,
    mappings::Mapping,
    people::{Ordinal, Person, PersonSet, chunks, chunks::CHUNK, renaming::Without},
    time::{Clock, Instant, Span},
};

use super::{
    batch::{MOST_EVENTS, Rendered, cut},
    message::{Envelope, Installation, Rendering},
    port::{
        Advance, Advanced, DeliveryStore, EventSink, Lease, LeaseStore, Next, Sleep, Telling, Work,
    },
    reason::Reason,
    retry::Patience,
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
    /// How many requests one claim may hold, see [`super::batch::requests`].
    pub requests: usize,
    /// Whether nobody is left who drains exits that its entries may wait for.
    pub is_alone: &'a (dyn Fn() -> bool + Send + Sync),
    /// Only the fast lane, or everything but it.
    pub is_fast: bool,
}

impl Job<'_> {
    /// How many requests a claim of this part may hold. What is kept as it was sent is kept
    /// for one: it is stored with each claim.
    fn requests(&self, work: &Work) -> usize {
        if work.is_kept() { 1 } else { self.requests }
    }

    /// More people than any claim of this part holds.
    fn most(&self, work: &Work) -> usize {
        MOST_EVENTS * self.requests(work)
    }
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
    /// Whoever watches.
    pub live: Arc<dyn Live>,
}

/// A range that is claimed.
pub(super) struct Claim {
    /// Who is in it, rendered.
    pub batch: Vec<Rendered>,
    /// Places below are claimed.
    end: u32,
    /// When it was made.
    pub at: Instant,
}

/// What could be claimed next.
#[derive(Default)]
struct Ahead {
    batch: Vec<Rendered>,
    end: u32,
    as_of: i64,
    without: Vec<(Ordinal, Without)>,
}

impl Drain {
    /// Until nothing is left or patience ends.
    pub async fn drain(&self, job: &Job<'_>) -> Result<Drained> {
        let mut total = Drained::default();
        let mut was_alone = false;
        loop {
            let now = self.clock.now();
            match self.store.next(job.lease, job.mapping.id, job.is_fast, now).await? {
                Next::Nothing => return Ok(total),
                Next::Blocked { soon: true }
                    if job.patience.until.is_none_or(|until| self.clock.now() <= until) =>
                {
                    self.sleep.sleep(BLOCKED).await;
                }
                Next::Blocked { .. } => {
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
            let ahead = self.peek(job, &work, work.acknowledged, job.most(&work)).await?;
            self.claim(job, &work, work.acknowledged, Vec::new(), ahead).await?
        };
        while let Some(claim) = next {
            // What comes next is rendered while this is on its way: about as many as fitted.
            let likely = claim.batch.len() + claim.batch.len() / 8;
            let sent = self.send_claim(job, work.lane, &claim);
            let (sent, ahead) = join(sent, self.peek(job, &work, claim.end, likely.max(1))).await;
            let (answered, rest) = claim.batch.split_at(sent.people);
            total.dead += sent.dead.len() as u64;
            total.delivered += (answered.len() - sent.dead.len()) as u64;
            for field in answered.iter().flat_map(|person| &person.left_out) {
                *total.left_out.entry(field.clone()).or_default() += 1;
            }
            if let Some(why) = sent.stopped {
                // What was answered before needn't be sent again; the rest stays claimed.
                if let Some(next) = rest.first().filter(|_| !answered.is_empty()) {
                    let acknowledged = next.ordinal % CHUNK;
                    let mut ahead = Ahead { end: claim.end, ..Ahead::default() };
                    self.advance(job, &work, acknowledged, sent.dead, &mut ahead).await?;
                }
                return Ok(Some(why));
            }
            next = self.claim(job, &work, claim.end, sent.dead, ahead?).await?;
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
            let at = self.clock.now();
            let dead = std::mem::take(&mut dead);
            let done = self.advance(job, work, acknowledged, dead, &mut ahead).await?;
            if done.held || ahead.end == acknowledged {
                return Ok(None);
            }
            if done.is_outdated {
                ahead = self.peek(job, work, acknowledged, job.most(work)).await?;
                continue;
            }
            let Ahead { mut batch, end, .. } = ahead;
            batch.retain(|person| done.claim.contains(person.ordinal));
            return Ok(Some(Claim { batch, end, at }));
        }
    }

    /// One step of the part's cursors.
    async fn advance(
        &self,
        job: &Job<'_>,
        work: &Work,
        acknowledged: u32,
        dead: Vec<(Ordinal, String)>,
        ahead: &mut Ahead,
    ) -> Result<Advanced> {
        let step = Advance {
            acknowledged,
            dead,
            claimed: ahead.end,
            as_of: ahead.as_of,
            without: std::mem::take(&mut ahead.without),
            rendered: work.is_kept().then(|| ahead.batch.clone()),
        };
        self.store.advance(job.lease, job.run, work.part, &step, self.clock.now()).await
    }

    /// What the next claim could send from place `from` on, of at most so many people.
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
        let requests = cut(&rendered.batch).take(job.requests(work));
        let fitting = requests.map(<[Rendered]>::len).sum();
        rendered.batch.truncate(fitting);
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
            entry: route.entry.as_ref(),
        };
        let named = self.store.named(job.mapping.id, work.transition, telling, who).await?;
        let sheet = envelope.sheet();
        let render = |(ordinal, person): &(Ordinal, Person)| {
            let Rendering { messages, left_out } =
                sheet.render(person, Reason::of(&work.reasons, *ordinal));
            Rendered { ordinal: *ordinal, messages, left_out }
        };
        let batch = named.people.iter().map(render).collect();
        Ok(Ahead { batch, end: 0, as_of: named.as_of, without: named.without })
    }
}
