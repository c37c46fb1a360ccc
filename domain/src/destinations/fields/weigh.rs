//! To whom fields flow: pure, over the same decisions as a run.

use std::collections::BTreeMap;

use super::Flow;
use crate::{
    configuration::Configuration,
    delivery::fields::follows,
    destinations::Destination,
    ids::MappingId,
    people::PersonSet,
    sync::decide::{Facts, decide},
};

/// The mappings that send to a destination, by key, and how many people they tell it about,
/// each counted once: whoever is there, and whoever should be. `present` is who is there.
#[must_use]
pub fn flows(
    configuration: &Configuration,
    destination: &Destination,
    facts: &Facts,
    present: &BTreeMap<MappingId, PersonSet>,
) -> (Vec<Flow>, u64) {
    let decisions = decide(configuration, facts);
    let (mut flows, mut everyone) = (Vec::new(), PersonSet::new());
    for mapping in configuration.mappings.iter().filter(|one| one.destination_id == destination.id)
    {
        let mut people = present.get(&mapping.id).cloned().unwrap_or_default();
        if let Some(decision) = decisions.get(&mapping.id) {
            people |= &decision.target;
        }
        flows.push(Flow {
            mapping: mapping.spec.key.clone(),
            use_case: mapping.spec.use_case,
            active: mapping.spec.active,
            people: people.len(),
            tells_again: follows(destination.spec.profile, mapping.spec.use_case),
        });
        everyone |= people;
    }
    flows.sort_by(|a, b| a.mapping.cmp(&b.mapping));
    (flows, everyone.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sync::decide::tests::{people, world};

    proptest! {
        /// Nobody is left out, and nobody is counted twice.
        #[test]
        fn everyone_who_is_or_should_be_there_is_counted_once(
            (configuration, facts) in world(), there in people(),
        ) {
            let first = &configuration.mappings[0];
            let destination = configuration.destination_of(first).unwrap();
            let present = BTreeMap::from([(first.id, there.clone())]);
            let (flows, everyone) = flows(&configuration, destination, &facts, &present);
            let sending =
                configuration.mappings.iter().filter(|one| one.destination_id == destination.id);
            prop_assert_eq!(flows.len(), sending.clone().count());
            let decisions = decide(&configuration, &facts);
            let mut union = there;
            for mapping in sending {
                union |= &decisions[&mapping.id].target;
            }
            prop_assert_eq!(everyone, union.len());
            prop_assert!(everyone <= flows.iter().map(|flow| flow.people).sum::<u64>());
            prop_assert!(flows.iter().all(|flow| flow.people <= everyone));
        }
    }
}
