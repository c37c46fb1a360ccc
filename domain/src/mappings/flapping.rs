//! How many people go in and out of a destination: what a dwell damps. A platform's list takes
//! hours to change, so that whoever comes and goes within a day is a message for nothing.

use serde::{Deserialize, Serialize};

#[cfg(feature = "service")]
use crate::people::PersonSet;
use crate::time::Span;

/// What is looked at, up to now.
pub const WINDOW: Span = Span::from_hours(24);

/// Who was told in, out, or both within [`WINDOW`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapping {
    /// People who were told in or out.
    pub moved: u64,
    /// Of those, people who were told both.
    pub both_ways: u64,
}

#[cfg(feature = "service")]
impl Flapping {
    /// Of those who were told in and those who were told out.
    #[must_use]
    pub fn of(entered: &PersonSet, exited: &PersonSet) -> Self {
        let both_ways = entered.intersection_len(exited);
        Self { moved: entered.len() + exited.len() - both_ways, both_ways }
    }
}

#[cfg(all(test, feature = "service"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn everybody_who_moved_is_counted_once(
            entered in proptest::collection::btree_set(0_u32..200_000, 0..60),
            exited in proptest::collection::btree_set(0_u32..200_000, 0..60),
        ) {
            let flapping = Flapping::of(
                &entered.iter().copied().collect(),
                &exited.iter().copied().collect(),
            );
            prop_assert_eq!(flapping.moved, entered.union(&exited).count() as u64);
            prop_assert_eq!(flapping.both_ways, entered.intersection(&exited).count() as u64);
        }
    }
}
