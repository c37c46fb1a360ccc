//! Diff: what must change, against what is present at the destination.

use crate::{
    delivery::{Lane, Transition},
    mappings::UseCase,
    people::PersonSet,
};

/// One kind of change, in the lane that fits it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What goes first.
    pub lane: Lane,
    /// In or out.
    pub transition: Transition,
    /// Who; never empty.
    pub people: PersonSet,
}

/// What turns `present` into `target`, split by lane; empty when nothing has changed.
///
/// `suppressed` are those whom a suppression keeps out: their exits protect money and go
/// first. For a `suppress` mapping it is the entries that protect.
#[must_use]
pub fn diff(
    use_case: UseCase,
    target: &PersonSet,
    present: &PersonSet,
    suppressed: &PersonSet,
) -> Vec<Change> {
    let entered = target - present;
    let exited = present - target;
    let changes = if use_case == UseCase::Suppress {
        vec![
            (Lane::Protect, Transition::Entered, entered),
            (Lane::Enter, Transition::Exited, exited),
        ]
    } else {
        let protecting =
            if use_case.is_suppressed() { &exited & suppressed } else { PersonSet::new() };
        let others = &exited - &protecting;
        vec![
            (Lane::Protect, Transition::Exited, protecting),
            (Lane::Exit, Transition::Exited, others),
            (Lane::Enter, Transition::Entered, entered),
        ]
    };
    changes
        .into_iter()
        .filter(|(_, _, people)| !people.is_empty())
        .map(|(lane, transition, people)| Change { lane, transition, people })
        .collect()
}

/// Applies a range of a part to what is present.
pub fn apply(present: &mut PersonSet, transition: Transition, people: &PersonSet) {
    match transition {
        Transition::Entered => *present |= people,
        Transition::Exited => *present -= people,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people() -> impl Strategy<Value = PersonSet> {
        prop::collection::btree_set(0_u32..200_000, 0..40).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn applying_all_changes_gives_the_target(
            target in people(), present in people(), suppressed in people(), number in 0..4_usize,
        ) {
            let use_case = UseCase::ALL[number];
            let mut platform = present.clone();
            for change in diff(use_case, &target, &present, &suppressed) {
                apply(&mut platform, change.transition, &change.people);
            }
            prop_assert_eq!(&platform, &target);
            prop_assert!(diff(use_case, &target, &platform, &suppressed).is_empty());
        }

        #[test]
        fn what_protects_goes_first(target in people(), present in people(), suppressed in people()) {
            for change in diff(UseCase::Retarget, &target, &present, &suppressed) {
                let protects = change.transition == Transition::Exited
                    && change.people.is_subset(&suppressed);
                prop_assert_eq!(change.lane == Lane::Protect, protects);
            }
            for change in diff(UseCase::Suppress, &target, &present, &suppressed) {
                prop_assert_eq!(change.lane == Lane::Protect, change.transition == Transition::Entered);
            }
        }
    }
}
