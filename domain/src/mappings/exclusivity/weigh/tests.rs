use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

use super::*;
use crate::sync::decide::tests::{people, world};

fn keys(configuration: &Configuration) -> BTreeSet<Key> {
    configuration.mappings.iter().filter_map(|one| one.spec.exclusivity_group.clone()).collect()
}

/// The configuration with these changes.
fn with(configuration: &Configuration, changes: &[MappingSpec]) -> Configuration {
    let mut after = configuration.clone();
    for mapping in &mut after.mappings {
        if let Some(change) = changes.iter().find(|change| change.key == mapping.spec.key) {
            mapping.spec = change.clone();
        }
    }
    after
}

proptest! {
    /// The order that is asked for is the order that there is then, and asking again changes
    /// nothing.
    #[test]
    fn an_order_is_what_was_asked_for((configuration, facts) in world(), turn in 0..6_usize) {
        for group in keys(&configuration) {
            let mut order = audiences(&of_group(&configuration, &group));
            let length = order.len();
            order.rotate_left(turn % length);
            if turn >= 3 { order.reverse(); }
            let changes = reorder(&configuration, &group, &order, None).unwrap();
            let after = with(&configuration, &changes);
            let mappings = of_group(&after, &group);
            prop_assert_eq!(audiences(&mappings), order.clone());
            let places: Vec<_> = mappings
                .iter()
                .map(|one| order.iter().position(|key| *key == one.spec.audience))
                .collect();
            prop_assert!(places.is_sorted(), "no audience stands between another's mappings");
            prop_assert_eq!(reorder(&after, &group, &order, None).unwrap(), vec![]);
            // Nothing outside of the group moves, and nobody is in two of its audiences.
            for (id, decision) in decide(&after, &facts) {
                let one = after.mappings.iter().find(|one| one.id == id).unwrap();
                if one.spec.exclusivity_group.as_ref() != Some(&group) {
                    prop_assert_eq!(&decision.target, &decide(&configuration, &facts)[&id].target);
                }
            }
        }
    }

    /// What is told adds up.
    #[test]
    fn gains_and_losses_are_the_difference((configuration, facts) in world()) {
        for group in keys(&configuration) {
            let mut order = audiences(&of_group(&configuration, &group));
            order.reverse();
            let changes = reorder(&configuration, &group, &order, None).unwrap();
            let effects = effects(&configuration, &group, &changes, &facts);
            prop_assert_eq!(effects.len(), of_group(&configuration, &group).len());
            for one in effects {
                prop_assert_eq!(one.before + one.gains - one.loses, one.after);
            }
        }
    }

    #[test]
    fn overlaps_are_symmetric_and_never_above_either((configuration, facts) in world()) {
        let Overlaps { audiences, shared } = overlaps(&configuration.audiences, &facts.members);
        for one in 0..audiences.len() {
            for other in 0..audiences.len() {
                prop_assert_eq!(shared[one][other], shared[other][one]);
                prop_assert!(shared[one][other] <= shared[one][one].min(shared[other][other]));
            }
        }
    }

    /// Nobody stands in two ad sets of a group once every mapping has whom it should have.
    #[test]
    fn a_group_stops_the_bouncing((configuration, facts) in world(), stray in people()) {
        let targets: BTreeMap<MappingId, PersonSet> =
            decide(&configuration, &facts).into_iter().map(|(id, one)| (id, one.target)).collect();
        let of = |key: &Key| configuration.mapping(key).unwrap();
        for bounce in bounces(&configuration, &targets) {
            let (one, other) = (of(&bounce.one), of(&bounce.other));
            let same = one.spec.exclusivity_group.is_some()
                && one.spec.exclusivity_group == other.spec.exclusivity_group;
            prop_assert!(!same || one.audience_id == other.audience_id, "{bounce:?}");
        }
        let everywhere = configuration.mappings.iter().map(|one| (one.id, stray.clone())).collect();
        for bounce in bounces(&configuration, &everywhere) {
            prop_assert_eq!(bounce.people, stray.len());
        }
    }
}

#[test]
fn an_order_is_refused_where_it_is_not_whole_or_stale() {
    let mut runner = TestRunner::deterministic();
    let mut worlds = std::iter::repeat_with(|| world().new_tree(&mut runner).unwrap().current().0);
    let configuration = worlds.find(|one| !keys(one).is_empty()).unwrap();
    let group = keys(&configuration).pop_first().unwrap();
    let mappings = of_group(&configuration, &group);
    let order = audiences(&mappings);
    let seen = base(&mappings);
    assert!(reorder(&configuration, &group, &order, Some(&seen)).is_ok());
    let stale = reorder(&configuration, &group, &order, Some("a:1"));
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    let twice: Vec<Key> = order.iter().chain(&order).cloned().collect();
    for wrong in [&[][..], &twice] {
        let refused = reorder(&configuration, &group, wrong, Some(&seen));
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
    }
    let nobody: Key = "no-such".parse().unwrap();
    assert!(matches!(reorder(&configuration, &nobody, &order, None), Err(Error::NotFound(_))));
}
