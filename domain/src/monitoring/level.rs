//! Minutes, hours and days: how finely figures are kept, and for how long.

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// How finely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// By the minute.
    Minute,
    /// By the hour.
    Hour,
    /// By the day, in UTC.
    Day,
}

impl Level {
    /// All, the finest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long one is.
    #[must_use]
    pub const fn span(self) -> Span {
        match self {
            Self::Minute => Span::from_minutes(1),
            Self::Hour => Span::from_hours(1),
            Self::Day => Span::from_hours(24),
        }
    }

    /// How long its figures are kept: a week and a day, a quarter and some, three years.
    #[must_use]
    pub const fn kept_for(self) -> Span {
        Span::from_hours(
            24 * match self {
                Self::Minute => 8,
                Self::Hour => 100,
                Self::Day => 3 * 366,
            },
        )
    }

    /// The beginning of the one in which a moment lies.
    #[must_use]
    pub const fn begins(self, at: Instant) -> Instant {
        begins(at, self.span())
    }
}

/// The beginning of the step in which a moment lies; steps are counted from 1970 on.
pub(super) const fn begins(at: Instant, step: Span) -> Instant {
    // The earliest moments have no whole step before them.
    Instant(at.0.saturating_sub(at.0.rem_euclid(step.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_moment_lies_in_one_minute_one_hour_and_one_day_each_within_the_next(at in any::<i64>()) {
            prop_assume!(at > i64::MIN / 2 && at < i64::MAX / 2);
            let at = Instant(at);
            let mut within = at;
            for level in Level::ALL {
                let begins = level.begins(at);
                prop_assert!(begins <= at && at < begins.plus(level.span()));
                prop_assert_eq!(level.begins(within), begins, "a finer one lies within a coarser");
                within = begins;
            }
        }
    }

    #[test]
    fn coarser_is_kept_longer() {
        let kept = Level::ALL.map(Level::kept_for);
        assert!(kept.is_sorted() && kept[0] == Span::from_hours(24 * 8));
    }
}
