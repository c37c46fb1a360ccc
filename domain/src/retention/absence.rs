//! Who stands nowhere, and since when: after [`Record::Person`]'s time they are forgotten.
//!
//! A person stands somewhere if any mirror, cohort, withheld set, part, destination, doubt or
//! dead letter has them. A chunk is looked at as a whole, so that nobody is written to a row
//! each time a segment is read; whoever is found again, or read into an audience, counts anew.
//! The number of somebody who was forgotten leaves a tombstone: whoever comes back gets
//! another one.

use std::collections::BTreeMap;

use crate::{
    people::{PersonSet, attributes::day},
    time::{Instant, Span},
};

use super::Record;

/// Whoever a page names is kept for this long at least: until then its reading has become a
/// mirror, or failed.
const READING: Span = Span::from_hours(24);

/// People of one chunk who stand nowhere, by the day since 1970 on which that was first seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent(BTreeMap<i64, PersonSet>);

impl Absent {
    /// As stored.
    #[must_use]
    pub fn of(days: BTreeMap<i64, PersonSet>) -> Self {
        Self(days)
    }

    /// What has changed since `before`, as it is now: nobody where a day is over.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Vec<(i64, PersonSet)> {
        let now = |day: &i64| self.0.get(day).cloned().unwrap_or_default();
        let gone = before.0.keys().filter(|day| !self.0.contains_key(day));
        let all = self.0.keys().chain(gone);
        all.map(|day| (*day, now(day)))
            .filter(|(day, people)| before.0.get(day).is_none_or(|was| was != people))
            .collect()
    }

    /// Takes in a look: everyone `known` who isn't `standing`, since today if they weren't
    /// absent before.
    pub fn look(&mut self, known: &PersonSet, standing: &PersonSet, now: Instant) {
        let absent = known - standing;
        let mut new = absent.clone();
        for people in self.0.values_mut() {
            *people &= &absent;
            new -= &*people;
        }
        *self.0.entry(day(now)).or_default() |= new;
        self.0.retain(|_, people| !people.is_empty());
    }

    /// They were seen, or are forgotten.
    pub fn remove(&mut self, people: &PersonSet) {
        for absent in self.0.values_mut() {
            *absent -= people;
        }
        self.0.retain(|_, people| !people.is_empty());
    }
}

/// People of days before this one have been absent for long enough, if nothing is kept that
/// ended by `ended_by`.
#[must_use]
pub const fn is_over_before(ended_by: Instant) -> i64 {
    day(ended_by)
}

/// People of days before this one might be forgotten while a reading that names them now is
/// under way.
#[must_use]
pub const fn is_nearly_over_before(now: Instant) -> i64 {
    day(Record::Person.ended_by(now).plus(READING)) + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn set(people: impl IntoIterator<Item = u32>) -> PersonSet {
        people.into_iter().collect()
    }

    fn due(absent: &Absent, now: Instant) -> PersonSet {
        let before = is_over_before(Record::Person.ended_by(now));
        absent.0.range(..before).fold(PersonSet::new(), |all, (_, people)| all | people)
    }

    #[test]
    fn whoever_is_found_again_counts_anew() {
        let mut absent = Absent::default();
        let (known, at) = (set(0..4), |days: i64| Instant(days * DAY + 7));
        absent.look(&known, &set([0, 1]), at(10));
        let before = absent.clone();
        absent.look(&known, &set([0, 2]), at(11));
        assert_eq!(absent.0, BTreeMap::from([(10, set([3])), (11, set([1]))]));
        assert_eq!(absent.changes(&before), [(10, set([3])), (11, set([1]))]);
        assert_eq!(absent.changes(&absent), []);
        absent.remove(&set([3]));
        assert_eq!(absent.changes(&before), [(11, set([1])), (10, set([]))]);
        // Ninety whole days.
        assert_eq!(due(&absent, at(101)), set([]));
        assert_eq!(due(&absent, at(102)), set([1]));
    }

    #[test]
    fn a_reading_keeps_whoever_would_be_forgotten_before_it_ends() {
        for now in [200 * DAY, 200 * DAY + 5, 201 * DAY - 1] {
            let kept_before = is_nearly_over_before(Instant(now));
            let a_day_later = Record::Person.ended_by(Instant(now + DAY));
            assert!(kept_before >= is_over_before(a_day_later), "{now}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_due_who_stood_somewhere_within_the_time(
            looks in prop::collection::vec((0_i64..40, 0_u8..16), 1..20), later in 0_i64..200,
        ) {
            let (known, mut absent, mut now) = (set(0..4), Absent::default(), Instant(0));
            let mut last_seen = [None; 4];
            for (days, bits) in looks {
                now = now.plus(Span(days * DAY));
                let standing = set((0..4).filter(|one| bits & (1 << one) != 0));
                absent.look(&known, &standing, now);
                for one in &standing {
                    last_seen[one as usize] = Some(now);
                }
                let all: Vec<u32> = absent.0.values().flatten().collect();
                prop_assert_eq!(set(all.iter().copied()).len(), all.len() as u64, "in one day only");
                prop_assert_eq!(set(all), &known - &standing);
            }
            now = now.plus(Span(later * DAY));
            for one in due(&absent, now) {
                let since = last_seen[one as usize].map_or(now.0, |seen| now.since(seen).0);
                prop_assert!(since > Record::Person.kept_for().0);
            }
        }
    }
}
