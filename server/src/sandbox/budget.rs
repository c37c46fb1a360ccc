//! How many requests fit into any one second.
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
    seen: VecDeque<Instant>,
    most_seen: usize,
}

impl Budget {
    /// At most `limit` requests in any one second.
    pub fn new(limit: u32) -> Self {
        Self {
            limit: limit as usize,
            granted: VecDeque::new(),
            seen: VecDeque::new(),
            most_seen: 0,
        }
    }

    /// Counts a request that came, whatever becomes of it.
    pub fn see(&mut self, now: Instant) {
        self.seen.push_back(now);
        forget(&mut self.seen, now);
        self.most_seen = self.most_seen.max(self.seen.len());
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
        self.most_seen
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
}
