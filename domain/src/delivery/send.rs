//! Sends what was claimed until Segment has answered for everybody in it.

use std::collections::VecDeque;

use crate::{
    events::live::{self, Frame},
    people::Ordinal,
    time::{Instant, Span},
};

use super::{
    Lane,
    batch::{Rendered, cut},
    drain::{Claim, Drain, Job},
    message,
    port::{Batch, Lease, Outcome},
    retry::{Patience, SENT_AGAIN_FOR},
};

/// For so long after a commit under the lease nobody else can have it.
const SURE: Span = Span::from_seconds(1);

/// What became of a claim.
#[derive(Default)]
pub(super) struct Sent {
    /// People answered for, from the front.
    pub people: usize,
    /// Of those, whom Segment refused, and why.
    pub dead: Vec<(Ordinal, String)>,
    /// Why the rest has no answer.
    pub stopped: Option<String>,
}

/// What became of a range: whom Segment refused, or why it has no answer.
type Answer = std::result::Result<Vec<(Ordinal, String)>, String>;

impl Drain {
    /// Request by request.
    pub(super) async fn send_claim(&self, job: &Job<'_>, lane: Lane, claim: &Claim) -> Sent {
        let patience = job.patience.at_most(claim.at.plus(SENT_AGAIN_FOR));
        let job = &Job { patience, ..*job };
        let mut sent = Sent::default();
        let mut sure_since = claim.at;
        for request in cut(&claim.batch) {
            let answer = match self.make_sure(job, &mut sure_since).await {
                Ok(()) => self.send_range(job, lane, request).await,
                Err(why) => Err(why),
            };
            match answer {
                Ok(dead) => {
                    self.show(job, request, &dead);
                    sent.people += request.len();
                    sent.dead.extend(dead);
                }
                Err(why) => {
                    sent.stopped = Some(why);
                    break;
                }
            }
        }
        sent
    }

    /// Shows whoever watches what has just gone.
    fn show(&self, job: &Job<'_>, request: &[Rendered], dead: &[(Ordinal, String)]) {
        let most = if self.live.is_watched() { live::MOST } else { live::FEW };
        let destination = &job.mapping.spec.destination;
        for frame in
            Frame::gone(&request[..request.len().min(most)], dead, destination, self.clock.now())
        {
            self.live.tell(frame);
        }
        self.live.miss(request.len().saturating_sub(most) as u64);
    }

    /// Asks whether the lease is still ours, unless that was sure a moment ago.
    async fn make_sure(
        &self,
        job: &Job<'_>,
        since: &mut Instant,
    ) -> std::result::Result<(), String> {
        let now = self.clock.now();
        if (0..SURE.0).contains(&now.since(*since).0) {
            return Ok(());
        }
        self.leases.renew(job.lease, now).await.map_err(|error| error.to_string())?;
        *since = now;
        Ok(())
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
        let batch = Batch { events: vec![&event], lane };
        match self.send_batch(job.lease, job.patience, &batch).await? {
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
        let messages = range.iter().flat_map(|person| &person.messages);
        let events = messages.map(String::as_str).collect();
        self.send_batch(job.lease, job.patience, &Batch { events, lane }).await
    }

    /// Tries until Segment takes the batch (nothing) or refuses it (the reason).
    pub(crate) async fn send_batch(
        &self,
        lease: &Lease,
        patience: Patience,
        batch: &Batch<'_>,
    ) -> std::result::Result<Option<String>, String> {
        let (mut attempt, mut has_waited) = (0, false);
        loop {
            // Whoever waited, or slept through the end of the lease, asks whether it is still
            // theirs; the first try comes right after a commit that did.
            if has_waited && let Err(error) = self.leases.renew(lease, self.clock.now()).await {
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
            match patience.next_try(attempt, now, self.jitter.next(), retry_after) {
                Some(at) => self.sleep.sleep(at.since(now)).await,
                None => return Err(why),
            }
            attempt += 1;
            has_waited = true;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
