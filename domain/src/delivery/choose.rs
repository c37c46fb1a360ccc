//! Which part goes next.

use std::collections::BTreeSet;

use super::{Lane, Transition};

/// A part's place in the queue, without its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPart {
    /// What goes first.
    pub lane: Lane,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// Which chunk of people.
    pub chunk: u32,
    /// In or out.
    pub transition: Transition,
    /// A range was sent, or may have been, and no answer was kept.
    pub in_doubt: bool,
    /// So long ago that it isn't sent again: the next order decides anew. Until then it still
    /// stands in the way of what came after it.
    pub is_expired: bool,
}

/// The position of the part to work on, or nothing if all of them must wait.
///
/// - Lanes in order, then the oldest generation.
/// - One at a time: a part waits while an older one of the same chunk is in doubt.
/// - Entries wait for their group's exits (`exits_elsewhere`: chunks with open exits of
///   other mappings of the group at the same destination), so that nobody stands in two
///   ad sets. What is in doubt doesn't wait: it may be there already.
#[must_use]
pub fn choose(
    parts: &[OpenPart],
    exits_elsewhere: &BTreeSet<u32>,
    suppressing: bool,
) -> Option<usize> {
    let waits = |part: &OpenPart| {
        let older_in_doubt = parts.iter().any(|other| {
            other.in_doubt && other.chunk == part.chunk && other.generation < part.generation
        });
        let group = part.transition == Transition::Entered
            && !suppressing
            && !part.in_doubt
            && exits_elsewhere.contains(&part.chunk);
        older_in_doubt || group
    };
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !part.is_expired && !waits(part))
        .min_by_key(|(_, part)| (part.lane, part.generation, part.chunk))
        .map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(lane: Lane, generation: i64, in_doubt: bool) -> OpenPart {
        let transition = if lane == Lane::Enter { Transition::Entered } else { Transition::Exited };
        OpenPart { lane, generation, chunk: 0, transition, in_doubt, is_expired: false }
    }

    #[test]
    fn lanes_go_in_order() {
        let parts = [part(Lane::Enter, 1, false), part(Lane::Protect, 2, false)];
        assert_eq!(choose(&parts, &BTreeSet::new(), false), Some(1));
    }

    #[test]
    fn an_exit_waits_until_the_entry_before_it_is_answered() {
        let parts = [part(Lane::Enter, 1, true), part(Lane::Protect, 2, false)];
        assert_eq!(choose(&parts, &BTreeSet::new(), false), Some(0));
    }

    #[test]
    fn what_is_in_doubt_for_too_long_is_not_sent_and_lets_nothing_pass() {
        let old = OpenPart { is_expired: true, ..part(Lane::Exit, 1, true) };
        let other = OpenPart { chunk: 1, ..part(Lane::Enter, 2, false) };
        assert_eq!(choose(std::slice::from_ref(&old), &BTreeSet::new(), false), None);
        assert_eq!(
            choose(&[old.clone(), part(Lane::Enter, 2, false)], &BTreeSet::new(), false),
            None
        );
        assert_eq!(choose(&[old, other], &BTreeSet::new(), false), Some(1));
    }

    #[test]
    fn entries_wait_for_the_groups_exits_unless_they_are_in_doubt() {
        let elsewhere = BTreeSet::from([0]);
        assert_eq!(choose(&[part(Lane::Enter, 1, false)], &elsewhere, false), None);
        assert_eq!(choose(&[part(Lane::Enter, 1, true)], &elsewhere, false), Some(0));
        assert_eq!(choose(&[part(Lane::Enter, 1, false)], &elsewhere, true), Some(0));
        assert_eq!(choose(&[part(Lane::Exit, 1, false)], &elsewhere, false), Some(0));
    }
}
