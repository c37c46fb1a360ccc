//! Sets of people in chunks of 65,536 numbers: the unit that is stored and ordered.

use super::PersonSet;

/// Numbers a chunk spans.
pub const CHUNK: u32 = 65_536;

/// The set cut into its chunks, without empty ones.
#[must_use]
pub fn split(set: &PersonSet) -> Vec<(u32, PersonSet)> {
    let mut chunks = Vec::new();
    let mut from = 0;
    while let Some(first) = set.range(from..).next() {
        let (chunk, last) = (first / CHUNK, first | (CHUNK - 1));
        // A chunk is one container of the set, and this copies it whole.
        let mut people = PersonSet::new();
        people.insert_range(first..=last);
        people &= set;
        chunks.push((chunk, people));
        let Some(next) = last.checked_add(1) else { break };
        from = next;
    }
    chunks
}

/// Those of the set whose place in its chunk lies in `from..to`; both at most [`CHUNK`].
#[must_use]
pub fn between(set: &PersonSet, from: u32, to: u32) -> PersonSet {
    let Some(first) = set.min() else { return PersonSet::new() };
    let base = first / CHUNK * CHUNK;
    let mut range = set.clone();
    range.remove_range(0..base.saturating_add(from));
    let end = u64::from(base) + u64::from(to);
    if let Ok(end) = u32::try_from(end) {
        range.remove_range(end..=u32::MAX);
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn chunks_join_to_the_set(set in prop::collection::btree_set(0_u32..400_000, 0..200)) {
            let set: PersonSet = set.into_iter().collect();
            let mut joined = PersonSet::new();
            for (chunk, people) in split(&set) {
                prop_assert!(people.iter().all(|person| person / CHUNK == chunk));
                joined |= people;
            }
            prop_assert_eq!(joined, set);
        }

        #[test]
        fn ranges_of_a_chunk_partition_it(
            places in prop::collection::btree_set(0_u32..CHUNK, 0..100),
            chunk in prop::sample::select(vec![0_u32, 1, 7, 65_535]),
            cut in 0..=CHUNK,
        ) {
            let set: PersonSet = places.iter().map(|place| chunk * CHUNK + place).collect();
            let low = between(&set, 0, cut);
            let high = between(&set, cut, CHUNK);
            prop_assert!(low.iter().all(|person| person % CHUNK < cut));
            prop_assert!(low.is_disjoint(&high));
            prop_assert_eq!(low | high, set);
        }
    }

    #[test]
    fn the_first_and_the_last_number_have_their_chunks() {
        let set: PersonSet = [0, u32::MAX].into_iter().collect();
        let ends = [(0, PersonSet::from_iter([0])), (65_535, PersonSet::from_iter([u32::MAX]))];
        assert_eq!(split(&set), ends);
        assert_eq!(split(&PersonSet::new()), []);
    }
}
