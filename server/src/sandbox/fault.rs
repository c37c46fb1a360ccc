//! Injected faults: what goes wrong, at which vendor, for how long, and before or after
//! the request was carried out.
//!
//! `after: true` is the lost or late acknowledgement: the events are taken, and then the
//! answer is an error, late, cut off, or never comes. To add a fault: a [`FaultKind`] here and its
//! effect in `gate.rs`.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use domain::time::{Instant, Span};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Which of the stand-ins a fault or a count belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Customer.io's App API.
    Customerio,
    /// Segment's tracking API.
    Tracking,
    /// Segment's Public API.
    Public,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An error in the vendor's own JSON, with `status` (default 503).
    Status,
    /// A page in HTML, as a proxy in between answers, with `status` (default 502).
    Html,
    /// The connection is reset.
    Reset,
    /// The write side is shut before a byte of the answer; the other half stays open.
    HalfClosed,
    /// The same after the answer's status line.
    CutHead,
    /// The same in the middle of the answer's body.
    CutBody,
    /// The answer is whole, and the connection that it came on is closed as the next request
    /// arrives there: the race for a connection that was kept.
    ClosedBetween,
    /// The answer comes `millis` later (default 12,000).
    Delay,
    /// The answer never comes.
    Hang,
    /// The request waits until the faults are cleared, then goes on as if nothing had been.
    Hold,
}

/// A fault to inject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// At whom.
    pub vendor: Vendor,
    /// What.
    pub kind: FaultKind,
    /// Only requests whose path contains this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only requests whose body contains this: the event that can't be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containing: Option<String>,
    /// The request is carried out first.
    #[serde(default)]
    pub after: bool,
    /// Status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Header `Retry-After` of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// How late the answer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// Ends after so many requests were hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// Ends so many seconds after it was injected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// Hits a request with this probability; without one, each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Seed of that chance.
    #[serde(default)]
    pub seed: u64,
}

impl Fault {
    /// A fault that hits each request until it is cleared.
    pub fn new(vendor: Vendor, kind: FaultKind) -> Self {
        Self {
            vendor,
            kind,
            path: None,
            containing: None,
            after: false,
            status: None,
            retry_after: None,
            millis: None,
            times: None,
            seconds: None,
            probability: None,
            seed: 0,
        }
    }

    /// Ends after so many requests were hit.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Ends so many seconds after it was injected.
    #[must_use]
    pub fn seconds(mut self, seconds: i64) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Answers with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Only requests whose path contains `part`.
    #[must_use]
    pub fn on(mut self, part: &str) -> Self {
        self.path = Some(part.to_owned());
        self
    }

    /// The request is carried out first.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// Hits with this probability, drawn from a generator of this seed.
    #[must_use]
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        self.probability = Some(probability);
        self.seed = seed;
        self
    }
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    left: Option<u32>,
    until: Option<Instant>,
    chance: StdRng,
}

/// The faults in force; the first that fits hits.
#[derive(Debug, Default)]
pub struct Faults {
    active: Mutex<Vec<Active>>,
    /// Counts the clearings, for requests that are held until the next one.
    cleared: watch::Sender<u64>,
    /// How many requests were hit so far.
    hits: AtomicU64,
}

/// What hits one request.
pub(super) struct Hit {
    /// The fault.
    pub fault: Fault,
    /// Changes when the faults are cleared.
    pub cleared: watch::Receiver<u64>,
}

impl Faults {
    /// Puts a fault in force.
    pub fn inject(&self, fault: Fault, now: Instant) {
        let active = Active {
            left: fault.times,
            until: fault.seconds.map(|seconds| now.plus(Span::from_seconds(seconds))),
            chance: StdRng::seed_from_u64(fault.seed),
            fault,
        };
        self.lock().push(active);
    }

    /// Ends all faults.
    pub fn clear(&self) {
        let mut active = self.lock();
        active.clear();
        self.cleared.send_modify(|count| *count += 1);
    }

    /// How many requests were hit so far.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::SeqCst)
    }

    /// The faults still in force, with what is left of their times.
    pub fn list(&self) -> Vec<Fault> {
        self.lock()
            .iter()
            .map(|active| Fault { times: active.left, ..active.fault.clone() })
            .collect()
    }

    /// Those that end by themselves, and how long they still last.
    pub fn remaining(&self, now: Instant) -> Vec<(Fault, Span)> {
        self.lock()
            .iter()
            .filter_map(|active| {
                let left = active.until?.since(now);
                (left > Span(0)).then(|| (active.fault.clone(), left))
            })
            .collect()
    }

    /// Whether any fault looks into bodies.
    pub(super) fn reads_bodies(&self) -> bool {
        self.lock().iter().any(|active| active.fault.containing.is_some())
    }

    /// The fault that hits this request, used up by one; `body` if [`Self::reads_bodies`].
    pub(super) fn pick(&self, vendor: Vendor, path: &str, body: &str, now: Instant) -> Option<Hit> {
        let mut all = self.lock();
        all.retain(|active| active.left != Some(0) && active.until.is_none_or(|until| now < until));
        for active in all.iter_mut() {
            let fault = &active.fault;
            if fault.vendor != vendor
                || fault.path.as_ref().is_some_and(|part| !path.contains(part))
                || fault.containing.as_ref().is_some_and(|part| !body.contains(part))
            {
                continue;
            }
            if let Some(probability) = fault.probability
                && active.chance.random::<f64>() >= probability
            {
                continue;
            }
            if let Some(left) = &mut active.left {
                *left -= 1;
            }
            self.hits.fetch_add(1, Ordering::SeqCst);
            return Some(Hit { fault: active.fault.clone(), cleared: self.cleared.subscribe() });
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_ends_after_its_times_and_after_its_seconds() {
        let faults = Faults::default();
        faults.inject(Fault::new(Vendor::Tracking, FaultKind::Reset).times(1), Instant(0));
        assert!(faults.pick(Vendor::Customerio, "/v1/segments", "", Instant(0)).is_none());
        assert!(faults.pick(Vendor::Tracking, "/v1/batch", "", Instant(0)).is_some());
        assert!(faults.pick(Vendor::Tracking, "/v1/batch", "", Instant(0)).is_none());
        faults.inject(Fault::new(Vendor::Tracking, FaultKind::Reset).seconds(2), Instant(0));
        assert!(faults.pick(Vendor::Tracking, "/v1/batch", "", Instant(1_999_999)).is_some());
        assert!(faults.pick(Vendor::Tracking, "/v1/batch", "", Instant(2_000_000)).is_none());
    }

    #[test]
    fn a_poison_event_is_known_by_what_it_contains() {
        let faults = Faults::default();
        assert!(!faults.reads_bodies());
        let fault = Fault::new(Vendor::Tracking, FaultKind::Status).status(400);
        faults.inject(Fault { containing: Some("eve@".to_owned()), ..fault }, Instant(0));
        assert!(faults.reads_bodies());
        let hit = |body| faults.pick(Vendor::Tracking, "/v1/batch", body, Instant(0)).is_some();
        assert!(hit(r#"{"email":"eve@example.com"}"#));
        assert!(!hit(r#"{"email":"ada@example.com"}"#));
    }

    #[test]
    fn chance_repeats_with_its_seed_and_nonsense_does_not_panic() {
        let hits = |probability: f64| {
            let faults = Faults::default();
            let fault = Fault::new(Vendor::Tracking, FaultKind::Reset);
            faults.inject(fault.with_probability(probability, 7), Instant(0));
            (0..100)
                .map(|_| faults.pick(Vendor::Tracking, "/v1/batch", "", Instant(0)).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(hits(0.3), hits(0.3));
        assert!(hits(0.3).contains(&true) && hits(0.3).contains(&false));
        assert!(hits(7.0).iter().all(|hit| *hit));
        assert!(!hits(-1.0).contains(&true));
        let _ = hits(f64::NAN);
        let _ = hits(f64::INFINITY);
    }
}
