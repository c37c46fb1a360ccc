//! When to try again: a pure function, so that every path of it can be tested in a table.

use crate::time::{Instant, Span};

/// How long a range that has no answer is sent again. Segment remembers message ids for at
/// least 24 hours; later the same message would count twice, so what is in doubt by then is
/// decided anew.
///
/// Source: Segment's guide on duplicate data ("at least 24 hours").
pub const SENT_AGAIN_FOR: Span = Span::from_hours(23);

/// How long waits may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The first wait's upper bound; it doubles with each try.
    pub base: Span,
    /// No wait is longer, unless `Retry-After` asks for it.
    pub longest: Span,
    /// No try begins later.
    pub until: Option<Instant>,
}

impl Patience {
    /// For workers: retries for days, looks again at least every half minute.
    #[must_use]
    pub const fn endless() -> Self {
        Self { base: Span::from_millis(500), longest: Span::from_seconds(30), until: None }
    }

    /// For commands: no wait over 10 s, no try after `until`.
    #[must_use]
    pub const fn until(until: Instant) -> Self {
        Self { base: Span::from_millis(250), longest: Span::from_seconds(10), until: Some(until) }
    }

    /// The same, with no try after `moment`.
    #[must_use]
    pub fn at_most(self, moment: Instant) -> Self {
        Self { until: Some(self.until.map_or(moment, |until| until.min(moment))), ..self }
    }

    /// When to try again after try number `attempt` (the first is 0) failed at `now`, or
    /// nothing if that would be too late. `jitter` lies in 0..1: full jitter, so that many
    /// who failed together don't return together.
    #[must_use]
    pub fn next_try(
        &self,
        attempt: u32,
        now: Instant,
        jitter: f64,
        retry_after: Option<Span>,
    ) -> Option<Instant> {
        let wait = retry_after.unwrap_or_else(|| self.backoff(attempt, jitter));
        let at = now.plus(wait);
        match self.until {
            Some(until) if at > until => None,
            _ => Some(at),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "at most `longest`")]
    #[expect(clippy::cast_precision_loss, reason = "a wait needs no such precision")]
    fn backoff(&self, attempt: u32, jitter: f64) -> Span {
        let doubled = self.base.0.saturating_mul(1_i64 << attempt.min(32));
        let bound = doubled.min(self.longest.0) as f64;
        // Never nothing: at least a tenth, so that a dead host isn't asked in a tight loop.
        Span((bound * (0.1 + 0.9 * jitter.clamp(0.0, 1.0))) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn waits_grow_within_bounds(attempt in 0_u32..2_000, jitter in 0.0..1.0_f64) {
            let patience = Patience::until(Instant(i64::MAX));
            let at = patience.next_try(attempt, Instant(0), jitter, None).unwrap();
            prop_assert!(at.0 >= patience.base.0 / 10);
            prop_assert!(at.0 <= patience.longest.0);
            let later = patience.next_try(attempt + 1, Instant(0), jitter, None).unwrap();
            prop_assert!(later >= at);
        }

        #[test]
        fn retry_after_is_obeyed_and_nothing_is_tried_too_late(seconds in 1_i64..1_000) {
            let asked = Some(Span::from_seconds(seconds));
            let endless = Patience::endless().next_try(0, Instant(0), 0.0, asked);
            prop_assert_eq!(endless, Some(Instant::from_seconds(seconds)));
            let patience = Patience::until(Instant::from_seconds(100));
            prop_assert_eq!(patience.next_try(0, Instant(0), 0.0, asked).is_some(), seconds <= 100);
        }
    }
}
