//! How many requests fit into any one second, and who came although they were asked to wait.
//!
//! A window that slides: at no moment have more than `limit` requests been granted in the
//! second before it, which is stricter than a bucket that refills on the full second.

use std::collections::VecDeque;

use domain::time::{Instant, Span};

const SECOND: Span = Span(1_000_000);

/// A strict limit of requests in any one second, and the most that ever came.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    granted: VecDeque<Instant>,
    seen: Window,
}

/// What came to one vendor.
#[derive(Debug)]
pub struct Traffic {
    /// What is granted.
    pub budget: Budget,
    /// What was asked for.
    pub waits: Waits,
}

impl Traffic {
    /// With so many requests a second.
    pub fn new(limit: u32) -> Self {
        Self { budget: Budget::new(limit), waits: Waits::default() }
    }

    /// Counts a request that came, whatever becomes of it.
    pub fn see(&mut self, now: Instant) {
        self.budget.see(now);
        self.waits.see(now);
    }
}

/// The most that came in any one second.
#[derive(Debug, Default)]
pub struct Window {
    recent: VecDeque<Instant>,
    most: usize,
}

impl Window {
    /// Counts what comes now.
    pub fn see(&mut self, now: Instant, count: usize) {
        self.recent.extend(std::iter::repeat_n(now, count));
        forget(&mut self.recent, now);
        self.most = self.most.max(self.recent.len());
    }

    /// The most in any one second.
    pub fn most(&self) -> usize {
        self.most
    }
}

/// How long a request may be on its way that left before the answer to another one arrived.
const ON_ITS_WAY: Span = Span::from_millis(200);

/// What was asked for by `Retry-After`, and who didn't heed it.
#[derive(Debug, Default)]
pub struct Waits {
    /// From when until when nobody should come.
    asked: Vec<(Instant, Instant)>,
    unheeded: u64,
}

impl Waits {
    /// Counts a request that came although it was asked to wait.
    pub fn see(&mut self, now: Instant) {
        self.asked.retain(|(_, until)| now < *until);
        if self.asked.iter().any(|(from, _)| *from <= now) {
            self.unheeded += 1;
        }
    }

    /// An answer leaves that asks for so long a wait, or for none.
    pub fn told(&mut self, wait: Option<Span>, now: Instant) {
        self.asked.extend(wait.map(|wait| (now.plus(ON_ITS_WAY), now.plus(wait))));
    }

    /// How many came although they were asked to wait.
    pub fn unheeded(&self) -> u64 {
        self.unheeded
    }
}

impl Budget {
    /// At most `limit` requests in any one second.
    pub fn new(limit: u32) -> Self {
        Self { limit: limit as usize, granted: VecDeque::new(), seen: Window::default() }
    }

    /// Counts a request that came, whatever becomes of it.
    pub fn see(&mut self, now: Instant) {
        self.seen.see(now, 1);
    }

    /// Grants a request, if it fits.
    pub fn take(&mut self, now: Instant) -> bool {
        forget(&mut self.granted, now);
        if self.granted.len() >= self.limit {
            return false;
        }
        self.granted.push_back(now);
        true
    }

    /// The limit itself.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The most requests that came in any one second, refused ones included.
    pub fn most_seen(&self) -> usize {
        self.seen.most()
    }
}

fn forget(times: &mut VecDeque<Instant>, now: Instant) {
    while times.front().is_some_and(|first| now.since(*first) >= SECOND) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_holds_more_than_the_limit_even_across_its_border() {
        let mut budget = Budget::new(2);
        assert!(budget.take(Instant(0)));
        assert!(budget.take(Instant(900_000)));
        assert!(!budget.take(Instant(999_999)));
        assert!(budget.take(Instant(1_000_000)));
        assert!(!budget.take(Instant(1_899_999)));
        assert!(budget.take(Instant(1_900_000)));
    }

    #[test]
    fn refused_requests_count_as_seen() {
        let mut budget = Budget::new(1);
        for at in [0, 400_000, 800_000, 1_100_000] {
            budget.see(Instant(at));
        }
        assert_eq!(budget.most_seen(), 3);
    }

    #[test]
    fn whoever_comes_before_the_wait_has_ended_is_counted() {
        let mut waits = Waits::default();
        waits.see(Instant(0));
        waits.told(None, Instant(0));
        waits.told(Some(Span::from_seconds(2)), Instant(0));
        waits.told(Some(Span::from_seconds(1)), Instant(100_000));
        // Left before the answer came.
        waits.see(Instant(150_000));
        assert_eq!(waits.unheeded(), 0);
        for at in [250_000, 1_200_000, 1_999_999, 2_000_000] {
            waits.see(Instant(at));
        }
        assert_eq!(waits.unheeded(), 3);
    }
}
