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

/// How people stand at a mapping's destination.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Who is there, everything that was claimed taken for answered.
    pub present: PersonSet,
    /// Of whom nobody knows, whatever `present` says.
    pub doubt: PersonSet,
    /// Who is there under other names than they have now.
    pub renamed: PersonSet,
    /// Who has got a name beside those that they are there under.
    pub extended: PersonSet,
}

impl Standing {
    /// Nothing is said about these people but what the target says of `present`.
    pub fn leave_alone(&mut self, people: &PersonSet) {
        self.renamed -= people;
        self.extended -= people;
        self.doubt -= people;
    }
}

/// What turns a [`Standing`] into a target; both empty when nothing has changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// Exits under former names of people who come back under their new ones: a generation of
    /// its own, before the others.
    pub renames: Vec<Change>,
    /// Everything else.
    pub changes: Vec<Change>,
}

/// What must be sent, split by lane.
///
/// `suppressed` are those whom a suppression keeps out: their exits protect money and go
/// first. For a `suppress` mapping it is the entries that protect.
#[must_use]
pub fn diff(
    use_case: UseCase,
    target: &PersonSet,
    standing: &Standing,
    suppressed: &PersonSet,
) -> Diff {
    let Standing { present, doubt, renamed, extended } = standing;
    let maybe_there = present | doubt;
    let surely_there = present - doubt;
    let returning = &(target & renamed) & &maybe_there;
    let entered = &(target - &surely_there) | &(target & extended) | &returning;
    let exited = &maybe_there - target;
    let protects = use_case == UseCase::Suppress;
    let changes = if protects {
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
    // Their entry protects: it must not wait for an exit in a slower lane.
    let lane = if protects { Lane::Protect } else { Lane::Exit };
    Diff { renames: some(vec![(lane, Transition::Exited, returning)]), changes: some(changes) }
}

/// Those with somebody in them.
fn some(changes: Vec<(Lane, Transition, PersonSet)>) -> Vec<Change> {
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

    fn standing(present: PersonSet, doubt: PersonSet) -> Standing {
        Standing { present, doubt, ..Standing::default() }
    }

    /// Whatever was true of those in doubt.
    fn arrive(diff: &Diff, mut platform: PersonSet) -> PersonSet {
        for change in diff.renames.iter().chain(&diff.changes) {
            apply(&mut platform, change.transition, &change.people);
        }
        platform
    }

    proptest! {
        #[test]
        fn applying_all_changes_gives_the_target(
            target in people(), present in people(), doubt in people(), renamed in people(),
            extended in people(), suppressed in people(), number in 0..4_usize,
        ) {
            let use_case = UseCase::ALL[number];
            let extended = &extended & &present;
            let there = Standing { doubt: doubt.clone(), renamed, extended, present: present.clone() };
            let diff_now = diff(use_case, &target, &there, &suppressed);
            // Those in doubt may all be there, or none of them.
            for platform in [&present | &doubt, &present - &doubt] {
                prop_assert_eq!(&arrive(&diff_now, platform), &target);
            }
            let settled = standing(target.clone(), PersonSet::new());
            prop_assert_eq!(diff(use_case, &target, &settled, &suppressed), Diff::default());
        }

        #[test]
        fn what_protects_goes_first(target in people(), present in people(), suppressed in people()) {
            let there = standing(present, PersonSet::new());
            for change in diff(UseCase::Retarget, &target, &there, &suppressed).changes {
                let protects = change.transition == Transition::Exited
                    && change.people.is_subset(&suppressed);
                prop_assert_eq!(change.lane == Lane::Protect, protects);
            }
            for change in diff(UseCase::Suppress, &target, &there, &suppressed).changes {
                prop_assert_eq!(change.lane == Lane::Protect, change.transition == Transition::Entered);
            }
        }

        #[test]
        fn who_is_renamed_leaves_before_they_come_back(
            target in people(), present in people(), renamed in people(), number in 0..4_usize,
        ) {
            let use_case = UseCase::ALL[number];
            let there = Standing { present: present.clone(), renamed: renamed.clone(), ..Standing::default() };
            let changed = diff(use_case, &target, &there, &PersonSet::new());
            let out: PersonSet = changed.renames.iter().flat_map(|change| &change.people).collect();
            prop_assert_eq!(&out, &(&(&target & &present) & &renamed));
            let back = changed.changes.iter().find(|change| change.transition == Transition::Entered);
            prop_assert!(out.is_subset(&back.map(|change| change.people.clone()).unwrap_or_default()));
            // Never in a slower lane than the entry, which would overtake it.
            if let (Some(exit), Some(entry)) = (changed.renames.first(), back) {
                prop_assert!(exit.lane <= entry.lane);
            }
        }
    }
}
