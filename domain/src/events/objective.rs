//! How soon those whom an event keeps out must have left, by use case; how many were late, how
//! fast that uses up the lateness that is allowed, and what it may have cost.
//!
//! Counted from the event, by its sender's clock, to Segment's answer. The platform's own time
//! is on top and nobody's lateness here.

use serde::{Deserialize, Serialize};

use crate::{
    mappings::UseCase,
    number::Hundredths,
    time::{Instant, Span},
    workspace::AdCost,
};

use super::latency::{FastExit, WINDOW};

/// So many of 100 must have left in time.
pub const SHARE: u64 = 99;

/// The short window: whether it burns now.
pub const SHORT: Span = Span::from_hours(1);

/// Within what time 99 of 100 must have left; nothing where suppressions keep nobody out.
#[must_use]
pub const fn objective(use_case: UseCase) -> Option<Span> {
    match use_case {
        // Each minute is one in which ads go on.
        UseCase::Retarget => Some(Span::from_minutes(1)),
        // A seed is read when the platform builds from it.
        UseCase::Lookalike => Some(Span::from_hours(1)),
        UseCase::Suppress | UseCase::Analytics => None,
    }
}

/// How many had to leave, and how many of them were late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Those who have left, whose time is up, and whose exit Segment refused.
    pub people: u64,
    /// Those of them who left late or are still there.
    pub late: u64,
}

impl Count {
    /// How many times as fast as is allowed the allowed lateness is used up; in hundredths.
    #[must_use]
    pub fn burn(self) -> u64 {
        let allowed = self.people.saturating_mul(100 - SHARE);
        self.late.saturating_mul(100 * 100).checked_div(allowed).unwrap_or(0)
    }
}

/// How a use case fares against its objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which.
    pub use_case: UseCase,
    /// Its objective.
    pub within: Span,
    /// Over [`WINDOW`].
    pub long: Count,
    /// Over [`SHORT`].
    pub short: Count,
    /// Those of the long window who are still there, told to leave or refused by Segment.
    pub there: u64,
    /// How long those who were late stayed after their event, all together.
    pub late_for: Span,
}

/// How each use case with an objective fares at `now`; one from which nobody had to leave is
/// missing.
#[must_use]
pub fn standings(exits: &[FastExit], now: Instant) -> Vec<Standing> {
    let one = |use_case: &UseCase| {
        let within = objective(*use_case)?;
        let empty = Count::default();
        let mut standing = Standing {
            use_case: *use_case,
            within,
            long: empty,
            short: empty,
            there: 0,
            late_for: Span(0),
        };
        for exit in exits.iter().filter(|exit| exit.use_case == *use_case) {
            standing.count(exit, now);
        }
        (standing.long.people > 0 || standing.there > 0).then_some(standing)
    };
    UseCase::ALL.iter().filter_map(one).collect()
}

impl Standing {
    fn count(&mut self, exit: &FastExit, now: Instant) {
        let age = now.since(exit.at);
        if age > WINDOW {
            return;
        }
        // Whose exit was refused is there for as long as one looks.
        let groups = [(exit.people, exit.answered_at), (exit.refused, None)];
        for (people, left_at) in groups {
            let stayed = left_at.unwrap_or(now).since(exit.at);
            let is_late = stayed > self.within;
            if left_at.is_none() {
                self.there += people;
            }
            if left_at.is_none() && !is_late {
                // Their time isn't up.
                continue;
            }
            let late = if is_late { people } else { 0 };
            for count in [Some(&mut self.long), (age <= SHORT).then_some(&mut self.short)] {
                let Some(count) = count else { continue };
                count.people += people;
                count.late += late;
            }
            let all = stayed.0.saturating_mul(i64::try_from(late).unwrap_or(i64::MAX));
            self.late_for = Span(self.late_for.0.saturating_add(all));
        }
    }
}

/// What ads to those who were late may have cost: their days × impressions a day × what 1,000
/// impressions cost ÷ 1,000. An estimate: nobody knows how many ads one person saw.
#[must_use]
pub fn wasted(late_for: Span, cost: AdCost) -> Hundredths {
    let micros = u128::try_from(late_for.0).unwrap_or(0);
    let a_day = u128::from(cost.impressions_a_day.0) * u128::from(cost.per_thousand.0);
    // Both are hundredths, and the cost is that of a thousand.
    let day = u128::try_from(Span::from_hours(24).0).unwrap_or(1) * 100 * 1_000;
    let amount = micros.saturating_mul(a_day).saturating_add(day / 2) / day;
    Hundredths::from(u64::try_from(amount).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Instant = Instant(1_000_000_000_000);

    fn exit(use_case: UseCase, people: u64, ago: Span, took: Option<Span>) -> FastExit {
        let at = NOW.minus(ago);
        FastExit {
            destination: "meta".parse().unwrap(),
            use_case,
            people,
            refused: 0,
            at,
            received_at: at,
            decided_at: at,
            answered_at: took.map(|took| at.plus(took)),
        }
    }

    #[test]
    fn late_is_who_left_after_the_objective_or_is_still_there() {
        let (hour, minute, second) =
            (Span::from_hours(1), Span::from_minutes(1), Span::from_seconds(1));
        let retarget = |people, ago, took| exit(UseCase::Retarget, people, ago, took);
        let exits = [
            retarget(96, Span(hour.0 * 30), Some(minute)),
            retarget(2, Span(hour.0 * 2), Some(Span(minute.0 + 1))),
            retarget(1, Span(minute.0 * 30), Some(second)),
            retarget(1, Span(minute.0 * 10), None),
            // Not late yet, and nobody's figure so far.
            retarget(7, second, None),
            // Beyond the window.
            retarget(9, Span(hour.0 * 200), None),
            FastExit { refused: 3, ..exit(UseCase::Lookalike, 0, Span(hour.0 * 2), Some(second)) },
            exit(UseCase::Suppress, 5, hour, None),
        ];
        let standings = standings(&exits, NOW);
        let [retarget, lookalike] = &standings[..] else { panic!("{standings:?}") };
        assert_eq!(retarget.long, Count { people: 100, late: 3 });
        assert_eq!(retarget.short, Count { people: 2, late: 1 });
        assert_eq!((retarget.long.burn(), retarget.short.burn()), (300, 5_000));
        assert_eq!(retarget.there, 8);
        assert_eq!(retarget.late_for, Span(2 * (minute.0 + 1) + 10 * minute.0));
        assert_eq!((lookalike.long.late, lookalike.there), (3, 3));
        assert!(super::standings(&[], NOW).is_empty());
    }

    #[test]
    fn what_lateness_costs_follows_its_formula() {
        let cost = AdCost { per_thousand: Hundredths(1_200), impressions_a_day: Hundredths(250) };
        // 200 people for half a day: 100 days x 2.5 x 12.00 / 1,000 = 3.00.
        assert_eq!(wasted(Span(Span::from_hours(12).0 * 200), cost), Hundredths(300));
        assert_eq!(wasted(Span(0), cost), Hundredths(0));
        assert_eq!(
            wasted(Span(i64::MAX), AdCost { per_thousand: Hundredths(u32::MAX), ..cost }).0,
            u32::MAX
        );
    }

    proptest! {
        #[test]
        fn nobody_is_counted_twice_and_late_is_part_of_all(
            exits in prop::collection::vec((0_u64..50, 0_u64..5, 0_i64..700_000, prop::option::of(0_i64..7_200)), 0..30)
        ) {
            let exits: Vec<FastExit> = exits.into_iter().map(|(people, refused, ago, took)| {
                let took = took.map(Span::from_seconds);
                FastExit { refused, ..exit(UseCase::Retarget, people, Span::from_seconds(ago), took) }
            }).collect();
            let all: u64 = exits.iter().map(|one| one.people + one.refused).sum();
            for standing in standings(&exits, NOW) {
                prop_assert!(standing.long.late <= standing.long.people);
                prop_assert!(standing.long.people <= all);
                prop_assert!(standing.short.people <= standing.long.people);
                prop_assert!(standing.there <= all);
                prop_assert!(standing.late_for.0 >= 0);
            }
        }
    }
}
