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
    /// The places of that range, of the chunk's people.
    pub doubt: std::ops::Range<u32>,
    /// It stands in the fast lane, for these places.
    pub fast: Option<Vec<u32>>,
    /// So long ago that it isn't sent again: the next order decides anew. Until then it still
    /// stands in the way of what came after it.
    pub is_expired: bool,
}

/// What goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The part at this position.
    Part(usize),
    /// All of them must wait; `soon` if for an answer that the other drain waits for.
    Wait {
        /// See above.
        soon: bool,
    },
    /// Nothing is left of these.
    Nothing,
}

/// The part to work on: of the fast lane, or of everything else. Each has a drain of its own.
///
/// - Lanes in order, then the oldest generation.
/// - One at a time: a part waits while an older one of the same chunk is in doubt, or stands
///   in the fast lane. One that stands there itself does so only if the range has the place of
///   one of its people.
/// - Entries wait for their group's exits (`exits_elsewhere`: chunks with open exits of
///   other mappings of the group at the same destination), so that nobody stands in two
///   ad sets. What is in doubt doesn't wait: it may be there already.
#[must_use]
pub fn choose(
    parts: &[OpenPart],
    exits_elsewhere: &BTreeSet<u32>,
    suppressing: bool,
    is_fast: bool,
) -> Choice {
    let is_ours = |part: &&OpenPart| part.fast.is_some() == is_fast && !part.is_expired;
    let is_before = |other: &OpenPart, part: &OpenPart| {
        let meets = |places: &Vec<u32>| places.iter().any(|place| other.doubt.contains(place));
        let is_coming = part.fast.is_none() && other.fast.is_some();
        (other.in_doubt || is_coming)
            && other.chunk == part.chunk
            && other.generation < part.generation
            && part.fast.as_ref().is_none_or(meets)
    };
    let waits = |part: &OpenPart| {
        let group = part.transition == Transition::Entered
            && !suppressing
            && !part.in_doubt
            && exits_elsewhere.contains(&part.chunk);
        group || parts.iter().any(|other| is_before(other, part))
    };
    if !parts.iter().any(|part| is_ours(&part)) {
        return Choice::Nothing;
    }
    let candidates = parts.iter().enumerate().filter(|(_, part)| is_ours(part) && !waits(part));
    if let Some((position, _)) =
        candidates.min_by_key(|(_, part)| (part.lane, part.generation, part.chunk))
    {
        return Choice::Part(position);
    }
    let is_beside = |other: &OpenPart| other.fast.is_some() != is_fast && !other.is_expired;
    let soon = parts
        .iter()
        .filter(is_ours)
        .any(|part| parts.iter().any(|other| is_beside(other) && is_before(other, part)));
    Choice::Wait { soon }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(lane: Lane, generation: i64, in_doubt: bool) -> OpenPart {
        let transition = if lane == Lane::Enter { Transition::Entered } else { Transition::Exited };
        let doubt = if in_doubt { 0..100 } else { 0..0 };
        let (fast, is_expired) = (None, false);
        OpenPart { lane, generation, chunk: 0, transition, in_doubt, doubt, fast, is_expired }
    }

    fn fast(generation: i64, places: &[u32]) -> OpenPart {
        OpenPart { fast: Some(places.to_vec()), ..part(Lane::Protect, generation, false) }
    }

    /// The position of what a run sends next.
    fn choose(parts: &[OpenPart], elsewhere: &BTreeSet<u32>, suppressing: bool) -> Option<usize> {
        match super::choose(parts, elsewhere, suppressing, false) {
            Choice::Part(position) => Some(position),
            Choice::Wait { .. } | Choice::Nothing => None,
        }
    }

    #[test]
    fn the_fast_lane_waits_only_for_answers_about_its_own_people() {
        let none = BTreeSet::new();
        let choose = |parts: &[OpenPart], is_fast| super::choose(parts, &none, false, is_fast);
        // A long run sends people of the same chunk all the time.
        let parts = [part(Lane::Enter, 1, true), fast(2, &[100, 250])];
        assert_eq!(choose(&parts, true), Choice::Part(1));
        assert_eq!(choose(&parts, false), Choice::Part(0));
        let parts = [part(Lane::Enter, 1, true), fast(2, &[99, 250])];
        assert_eq!(choose(&parts, true), Choice::Wait { soon: true });
        assert_eq!(choose(&parts[..1], true), Choice::Nothing);
        assert_eq!(choose(&parts[1..], false), Choice::Nothing);
        // Nobody comes back in before the exit that was ordered earlier.
        let parts = [fast(1, &[7]), part(Lane::Enter, 2, false)];
        assert_eq!(choose(&parts, false), Choice::Wait { soon: true });
    }

    #[test]
    fn a_run_waits_for_an_answer_of_the_fast_lane() {
        let sent = OpenPart { in_doubt: true, doubt: 0..100, ..fast(1, &[7]) };
        let parts = [sent.clone(), part(Lane::Enter, 2, false)];
        let none = BTreeSet::new();
        assert_eq!(super::choose(&parts, &none, false, false), Choice::Wait { soon: true });
        // One that is never sent again isn't waited for: the next order decides anew.
        let parts = [OpenPart { is_expired: true, ..sent }, part(Lane::Enter, 2, false)];
        assert_eq!(super::choose(&parts, &none, false, false), Choice::Wait { soon: false });
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
