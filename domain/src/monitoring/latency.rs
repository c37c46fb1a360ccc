//! Lengths of time that can be stored, added up and asked for quantiles.
//!
//! Each falls into one of a fixed row of buckets: whole milliseconds below 16, then 16 buckets
//! to each power of two. Whoever is told a bucket's middle is wrong by 1/32 (3.2 %) at most, from
//! a millisecond to 292 million years. Histograms over the same buckets are merged by adding,
//! which loses nothing: minutes make the exact histogram of their hour.
//!
//! Integers only, so that both engines, every platform and every version agree on a bucket.

use std::collections::BTreeMap;

use crate::time::Span;

/// Buckets to a power of two, as a power of two.
const FINE: u32 = 4;

/// Which bucket a length of time falls into. One that is negative, because a clock was set, is
/// none at all.
#[must_use]
pub fn bucket(span: Span) -> u16 {
    let millis = u64::try_from(span.millis()).unwrap_or(0);
    let power = millis.checked_ilog2().unwrap_or(0);
    let number = if power < FINE {
        millis
    } else {
        // 17 bits at most: the power is below 63.
        let steps = millis >> (power - FINE);
        (u64::from(power - FINE) << FINE) + steps
    };
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The middle of a bucket.
#[must_use]
pub fn middle(bucket: u16) -> Span {
    let (row, place) = (u32::from(bucket) >> FINE, i64::from(bucket) & ((1 << FINE) - 1));
    if row == 0 {
        return Span::from_millis(place);
    }
    let steps = (1 << FINE) + place;
    let width = 1_i64.checked_shl(row - 1).unwrap_or(i64::MAX);
    Span::from_millis(steps.saturating_mul(width).saturating_add(width / 2))
}

/// How many were how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram(BTreeMap<u16, u64>);

impl Histogram {
    /// Counts so many more.
    pub fn add(&mut self, bucket: u16, count: u64) {
        if count > 0 {
            let all = self.0.entry(bucket).or_default();
            *all = all.saturating_add(count);
        }
    }

    /// Counts all of these too.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(bucket, count)| self.add(*bucket, *count));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |all, count| all.saturating_add(*count))
    }

    /// Within what so many of 100 lie; nothing of nobody.
    #[must_use]
    pub fn within(&self, of_100: u64) -> Option<Span> {
        let wanted = u128::from(self.count()) * u128::from(of_100);
        let mut counted = 0_u128;
        for (bucket, count) in &self.0 {
            counted += u128::from(*count) * 100;
            if counted >= wanted {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram(millis: &[i64]) -> Histogram {
        let mut histogram = Histogram::default();
        for one in millis {
            histogram.add(bucket(Span::from_millis(*one)), 1);
        }
        histogram
    }

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        let of = |millis| bucket(Span::from_millis(millis));
        for millis in 0..4_096 {
            assert!((0..=1).contains(&(of(millis + 1) - of(millis))), "{millis}");
        }
        assert_eq!([of(0), of(15), of(16), of(31), of(32), of(33)], [0, 15, 16, 31, 32, 32]);
        assert_eq!(of(-5), 0, "a clock that was set back makes nobody quicker than at once");
        assert!(bucket(Span(i64::MAX)) < 1_000);
    }

    #[test]
    fn nobody_has_no_quantile() {
        assert_eq!(Histogram::default().within(50), None);
        assert_eq!(histogram(&[7]).within(1), Some(Span::from_millis(7)));
    }

    proptest! {
        #[test]
        fn a_bucket_tells_its_times_within_a_thirty_second(millis in 0_i64..i64::MAX / 1_000) {
            let told = middle(bucket(Span::from_millis(millis))).millis();
            prop_assert!((told - millis).abs() <= millis / 32, "{millis} is told as {told}");
            prop_assert_eq!(bucket(Span::from_millis(told)), bucket(Span::from_millis(millis)));
        }

        #[test]
        fn a_quantile_is_that_of_the_sorted_list_within_a_thirty_second(
            mut millis in prop::collection::vec(0_i64..10_000_000, 1..200), of_100 in 1_u64..=100,
        ) {
            let told = histogram(&millis).within(of_100).unwrap().millis();
            millis.sort_unstable();
            let place = (millis.len() * usize::try_from(of_100).unwrap()).div_ceil(100).max(1) - 1;
            prop_assert!((told - millis[place]).abs() <= millis[place] / 32, "{told}");
        }

        #[test]
        fn merging_is_counting_all_of_them_together(
            one in prop::collection::vec(0_i64..100_000, 0..50),
            other in prop::collection::vec(0_i64..100_000, 0..50),
        ) {
            let mut merged = histogram(&one);
            merged.merge(&histogram(&other));
            prop_assert_eq!(merged.count(), (one.len() + other.len()) as u64);
            prop_assert_eq!(merged, histogram(&[one, other].concat()));
        }
    }
}
