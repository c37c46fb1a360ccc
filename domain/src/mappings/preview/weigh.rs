//! The weighing: pure, over the same facts and by the same rules as a run.

use std::collections::BTreeMap;

use super::{Effect, Moved};
use crate::{
    configuration::Configuration,
    delivery::{Transition, stop::may_go},
    ids::MappingId,
    mappings::Mapping,
    people::PersonSet,
    sync::{
        decide::{Decision, Facts, decide},
        diff::{Standing, diff},
        gate,
    },
    time::Span,
};

/// What `after` would do to one of its mappings and to others of its group, and how the
/// mapping's members are decided. `present` is who is there now.
#[must_use]
pub fn weigh(
    before: &Configuration,
    after: &Configuration,
    mapping: MappingId,
    facts: &Facts,
    present: &PersonSet,
) -> (Effect, Decision) {
    let was = decide(before, facts);
    let mut will = decide(after, facts);
    let others = moved(before, &was, &will, mapping);
    let decision = will.remove(&mapping).unwrap_or_default();
    let Some(changed) = after.mappings.iter().find(|one| one.id == mapping) else {
        return (Effect { others, ..Effect::default() }, decision);
    };
    // Whom Segment refused stay as they are: nothing is sent about them.
    let refused = facts.refused.get(&mapping).cloned().unwrap_or_default();
    let target = &decision.target | &(&refused & present);
    let standing = Standing { present: present.clone(), ..Standing::default() };
    let suppressed = facts.suppressed.at(&changed.spec.destination);
    let diff = diff(changed.spec.use_case, &target, &standing, &suppressed);
    let count = |transition| {
        let all = diff.changes.iter().filter(|change| change.transition == transition);
        // A paused mapping sends only what protects.
        all.filter(|change| may_go(change.lane, false, !changed.spec.active))
            .map(|change| change.people.len())
            .sum()
    };
    let change =
        gate::Change { entered: count(Transition::Entered), exited: count(Transition::Exited) };
    let is_first = !was.contains_key(&mapping) || present.is_empty();
    let effect = Effect {
        members: decision.members,
        target: decision.target.len(),
        withheld: decision.counts(),
        present: present.len(),
        entered: change.entered,
        exited: change.exited,
        takes: takes(after, changed, change),
        waits: !is_first && change.is_abnormal(present.len()),
        others,
    };
    (effect, decision)
}

/// Mappings whose target differs.
fn moved(
    before: &Configuration,
    was: &BTreeMap<MappingId, Decision>,
    will: &BTreeMap<MappingId, Decision>,
    changed: MappingId,
) -> Vec<Moved> {
    let others = before.mappings.iter().filter(|one| one.id != changed && one.spec.active);
    let compare = |one: &Mapping| {
        let (old, new) = (&was.get(&one.id)?.target, &will.get(&one.id)?.target);
        let (gains, loses) = ((new - old).len(), (old - new).len());
        (gains + loses > 0).then(|| Moved { mapping: one.spec.key.clone(), gains, loses })
    };
    others.filter_map(compare).collect()
}

/// At the budget of events, each person one message or two.
fn takes(configuration: &Configuration, mapping: &Mapping, change: gate::Change) -> Span {
    let identifies = configuration
        .destination_of(mapping)
        .is_some_and(|destination| destination.spec.profile.identifies());
    let messages = (change.entered + change.exited) * if identifies { 2 } else { 1 };
    let rate = configuration.settings.events_per_second.max(1).unsigned_abs();
    Span::from_seconds(i64::try_from(messages.div_ceil(rate)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        mappings::UseCase,
        sync::decide::tests::{people, world},
    };

    fn weighed(
        before: &Configuration,
        change: impl Fn(&mut Mapping),
        facts: &Facts,
        present: &PersonSet,
    ) -> (Effect, Decision) {
        let mut after = before.clone();
        change(&mut after.mappings[0]);
        weigh(before, &after, after.mappings[0].id, facts, present)
    }

    proptest! {
        /// What is told is what would be sent.
        #[test]
        fn whoever_is_there_plus_the_change_is_whoever_should_be(
            (before, facts) in world(), present in people(), use_case in 0..4_usize,
        ) {
            let change = |one: &mut Mapping| one.spec.use_case = UseCase::ALL[use_case];
            let (effect, decision) = weighed(&before, change, &facts, &present);
            prop_assert_eq!(effect.members, effect.target + effect.withheld.values().sum::<u64>());
            let refused = &facts.refused[&before.mappings[0].id];
            let stays = &decision.target | &(refused & &present);
            prop_assert_eq!(effect.present + effect.entered - effect.exited, stays.len());
        }

        #[test]
        fn what_changes_nothing_moves_nobody((before, facts) in world()) {
            let (effect, _) = weighed(&before, |_| {}, &facts, &PersonSet::new());
            prop_assert_eq!(effect.others, vec![]);
        }

        /// A group shares its people out: what one takes the others lose.
        #[test]
        fn whoever_steps_back_frees_their_people_for_the_group((before, facts) in world()) {
            let (effect, _) =
                weighed(&before, |one| one.spec.active = false, &facts, &PersonSet::new());
            prop_assert!(effect.others.iter().all(|other| other.mapping.as_str() != "m0"));
            prop_assert_eq!(effect.entered, match before.mappings[0].spec.use_case {
                UseCase::Suppress => effect.target,
                _ => 0,
            });
        }
    }

    #[test]
    fn a_mapping_that_is_not_there_does_nothing() {
        let mapping = MappingId(uuid::Uuid::nil());
        let (configuration, facts) = (Configuration::default(), Facts::default());
        let (effect, _) = weigh(&configuration, &configuration, mapping, &facts, &PersonSet::new());
        assert_eq!(effect, Effect::default());
    }
}
