//! A range of time as a chart shows it: from when, in what steps, at which level.

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

use super::level::{Level, begins};

/// A chart has at most so many points: more than that no screen tells apart.
pub const POINTS: i64 = 400;

/// The steps that read well, and the level that has them.
const STEPS: [(Level, i64); 14] = [
    (Level::Minute, 1),
    (Level::Minute, 2),
    (Level::Minute, 5),
    (Level::Minute, 10),
    (Level::Minute, 15),
    (Level::Minute, 30),
    (Level::Hour, 1),
    (Level::Hour, 2),
    (Level::Hour, 3),
    (Level::Hour, 6),
    (Level::Hour, 12),
    (Level::Day, 1),
    (Level::Day, 2),
    (Level::Day, 7),
];

/// How far back is looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// An hour.
    Hour,
    /// A day.
    #[default]
    Day,
    /// A week.
    Week,
    /// 30 days.
    Month,
    /// 365 days.
    Year,
}

impl Range {
    /// All, the shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// As it is written in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Year => "1y",
        }
    }

    /// How long it is.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::from_hours(match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 24 * 7,
            Self::Month => 24 * 30,
            Self::Year => 24 * 365,
        })
    }

    /// The range up to now, the step that isn't over included.
    #[must_use]
    pub fn window(self, now: Instant) -> Window {
        Window::of(self.span(), now)
    }
}

impl std::str::FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|range| range.as_str() == text);
        named.ok_or_else(|| format!("no range is called {text}"))
    }
}

/// A range in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Where its figures are kept.
    pub level: Level,
    /// When the first step begins.
    pub from: Instant,
    /// How long each is: a whole number of its level's.
    pub step: Span,
    /// How many there are.
    pub steps: u32,
}

impl Window {
    /// The range of that length up to now, in the finest steps of which a chart has room for all
    /// and whose level is kept for as long again, so that the period before can be compared.
    #[must_use]
    pub fn of(range: Span, now: Instant) -> Self {
        let fits = |(level, times): (Level, i64)| {
            let step = Span(level.span().0.saturating_mul(times));
            let steps = range.0.max(1).saturating_add(step.0 - 1) / step.0;
            let is_kept = level == Level::Day || range.0 <= level.kept_for().0 / 2;
            (steps <= POINTS && is_kept).then_some((level, step, steps))
        };
        let coarsest = (Level::Day, Span::from_hours(24 * 7), POINTS);
        let (level, step, steps) = STEPS.into_iter().find_map(fits).unwrap_or(coarsest);
        let until = begins(now, step).plus(step);
        let from = until.minus(Span(step.0.saturating_mul(steps)));
        Self { level, from, step, steps: u32::try_from(steps).unwrap_or(0) }
    }

    /// When it is over.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.begins(self.steps)
    }

    /// When a step begins.
    #[must_use]
    pub fn begins(&self, step: u32) -> Instant {
        self.from.plus(Span(self.step.0.saturating_mul(i64::from(step))))
    }

    /// In which step a moment lies; nothing outside.
    #[must_use]
    pub fn step_of(&self, at: Instant) -> Option<u32> {
        let step = at.since(self.from).0.div_euclid(self.step.0);
        u32::try_from(step).ok().filter(|step| *step < self.steps)
    }

    /// As much time before it.
    #[must_use]
    pub fn before(&self) -> Self {
        Self { from: self.from.minus(self.until().since(self.from)), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Instant = Instant(1_795_464_123_456_789);

    #[test]
    fn each_range_has_its_steps() {
        let told = |range: Range| {
            let Window { level, step, steps, .. } = range.window(NOW);
            (level, step.to_string(), steps)
        };
        let day = |text: &str| text.to_owned();
        assert_eq!(told(Range::Hour), (Level::Minute, day("1m"), 60));
        assert_eq!(told(Range::Day), (Level::Minute, day("5m"), 288));
        assert_eq!(told(Range::Week), (Level::Hour, day("1h"), 168));
        assert_eq!(told(Range::Month), (Level::Hour, day("2h"), 360));
        assert_eq!(told(Range::Year), (Level::Day, day("1d"), 365));
        for range in Range::ALL {
            assert_eq!(range.as_str().parse(), Ok(range));
        }
    }

    proptest! {
        #[test]
        fn a_window_fits_a_chart_and_is_kept_with_the_one_before(
            minutes in 1_i64..60 * 24 * 1_500, now in 0_i64..4_000_000_000_000_000,
        ) {
            let (range, now) = (Span::from_minutes(minutes), Instant(now));
            let window = Window::of(range, now);
            prop_assert!(i64::from(window.steps) <= POINTS && window.steps > 0);
            prop_assert_eq!(window.step.0 % window.level.span().0, 0);
            prop_assert_eq!(window.level.begins(window.from), window.from);
            // The last step is the one in which now lies, and the whole range is in.
            prop_assert_eq!(window.step_of(now), Some(window.steps - 1));
            prop_assert!(window.until().since(window.from) >= range);
            prop_assert_eq!(window.before().until(), window.from);
            prop_assert_eq!((window.before().steps, window.step_of(window.until())), (window.steps, None));
            if window.level != Level::Day {
                prop_assert!(range.0 * 2 <= window.level.kept_for().0);
            }
        }
    }
}
