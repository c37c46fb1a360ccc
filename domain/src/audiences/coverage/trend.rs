//! How coverage went: one point a day and audience, the last count of that day.

use serde::{Deserialize, Serialize};

use super::Coverage;
use crate::day::Day;

/// How many days a picture shows.
pub const DAYS: i64 = 90;

/// One day of an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageDay {
    /// Which day.
    pub day: Day,
    /// Members.
    pub members: u64,
    /// Of those, how many had an e-mail address or a phone number.
    pub contact: u64,
}

impl CoverageDay {
    /// Of what is counted now.
    #[must_use]
    pub const fn of(coverage: &Coverage, day: Day) -> Self {
        Self { day, members: coverage.members, contact: coverage.contact }
    }

    /// Hundredths of a percent who had contact; nothing of nobody.
    #[must_use]
    pub const fn share(&self) -> Option<u64> {
        (self.contact * 10_000).checked_div(self.members)
    }
}

/// How many hundredths of a percent the share has gone up or down since the first day that
/// has one; nothing before there are two.
#[must_use]
pub fn change(days: &[CoverageDay]) -> Option<i64> {
    let mut shares = days.iter().filter_map(CoverageDay::share);
    let (first, last) = (shares.next()?, shares.next_back()?);
    Some(last.cast_signed() - first.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: &[(u64, u64)]) -> Vec<CoverageDay> {
        let first: Day = "2026-06-01".parse().unwrap();
        let day = |(at, (members, contact)): (i64, &(u64, u64))| CoverageDay {
            day: first.plus(at),
            members: *members,
            contact: *contact,
        };
        (0..).zip(counts).map(day).collect()
    }

    #[test]
    fn a_change_is_between_the_first_and_the_last_day_that_had_anybody() {
        assert_eq!(change(&days(&[])), None);
        assert_eq!(change(&days(&[(10, 5)])), None);
        assert_eq!(change(&days(&[(0, 0), (10, 5)])), None);
        assert_eq!(change(&days(&[(10, 5), (0, 0), (3, 1), (100, 40), (0, 0)])), Some(-1_000));
        assert_eq!(change(&days(&[(10, 5), (20, 20)])), Some(5_000));
    }
}
