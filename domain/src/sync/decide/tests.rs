//! Properties of decisions, over small worlds that hold every awkward case.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    audiences::{Audience, AudienceSpec},
    destinations::{Destination, DestinationSpec, Profile},
    ids::{DestinationId, SuppressionId},
    key::Key,
    mappings::{MappingSpec, UseCase},
    suppression::held::Held,
    time::Span,
};

const AUDIENCES: u128 = 3;
const PEOPLE: u32 = 24;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub(crate) fn mapping(
    number: u128,
    audience: u128,
    use_case: UseCase,
    group: Option<u8>,
) -> Mapping {
    Mapping {
        id: MappingId(Uuid::from_u128(number)),
        audience_id: AudienceId(Uuid::from_u128(audience)),
        destination_id: DestinationId(Uuid::from_u128(number % 2)),
        spec: MappingSpec {
            key: key(&format!("m{number}")),
            audience: key(&format!("a{audience}")),
            destination: key(&format!("d{}", number % 2)),
            use_case,
            exclusivity_group: group.map(|group| key(&format!("g{group}"))),
            priority: i64::try_from(number).unwrap(),
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(0),
            offset: None,
            dwell: None,
            entry_event: None,
            active: true,
        },
    }
}

pub(crate) fn configuration(mappings: Vec<Mapping>) -> Configuration {
    let destination = |number: u128, profile| Destination {
        id: DestinationId(Uuid::from_u128(number)),
        spec: DestinationSpec {
            key: key(&format!("d{number}")),
            profile,
            integration: "X".to_owned(),
            fields: Vec::new(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        },
    };
    let audiences = (0..AUDIENCES)
        .map(|number| Audience {
            id: AudienceId(Uuid::from_u128(number)),
            spec: AudienceSpec {
                key: key(&format!("a{number}")),
                segment: 1,
                owner: None,
                window: None,
                purpose: None,
                review_on: None,
            },
        })
        .collect();
    Configuration {
        destinations: vec![
            destination(0, Profile::MetaCustomAudiences),
            destination(1, Profile::MetaCapi),
        ],
        audiences,
        mappings,
        ..Configuration::default()
    }
}

/// A rule that holds these people at these destinations.
pub(crate) fn held(destinations: &[&str], people: PersonSet) -> Held {
    let destinations = destinations.iter().map(|text| key(text)).collect();
    Held { rule: SuppressionId(Uuid::nil()), destinations, people }
}

/// Some of a few people.
pub(crate) fn people() -> impl Strategy<Value = PersonSet> {
    prop::collection::btree_set(0..PEOPLE, 0..24).prop_map(|set| set.into_iter().collect())
}

prop_compose! {
    /// Mappings of every kind over three audiences, in two groups, and what is known of people.
    pub(crate) fn world()(
        kinds in prop::collection::vec((0..AUDIENCES, 0..4_usize, prop::option::of(0..2_u8)), 1..7),
        members in prop::collection::vec(people(), 3),
        everywhere in people(), only_at in prop::option::of((0..2_u8, people())),
        with_email in people(), with_phone in people(), with_id in people(),
        holdout in prop::collection::vec(people(), 7), waiting in prop::collection::vec(people(), 7),
        refused in prop::collection::vec(people(), 7),
    ) -> (Configuration, Facts) {
        let mappings: Vec<Mapping> = kinds
            .iter()
            .zip(0_u128..)
            .map(|((audience, use_case, group), number)| {
                mapping(number, *audience, UseCase::ALL[*use_case], *group)
            })
            .collect();
        let ids: Vec<MappingId> = mappings.iter().map(|mapping| mapping.id).collect();
        let only_at = only_at.map(|(place, people)| held(&[&format!("d{place}")], people));
        let suppressed = Suppressed::of([held(&[], everywhere)].into_iter().chain(only_at));
        let facts = Facts {
            members: (0..AUDIENCES).map(|n| AudienceId(Uuid::from_u128(n))).zip(members).collect(),
            suppressed, with_email, with_phone, with_id,
            holdout: ids.iter().copied().zip(holdout).collect(),
            held: ids.iter().copied().zip(waiting).collect(),
            refused: ids.iter().copied().zip(refused).collect(),
        };
        (configuration(mappings), facts)
    }
}

proptest! {
    /// Nobody is lost and nobody is counted twice.
    #[test]
    fn target_and_causes_partition_the_members((configuration, facts) in world()) {
        for mapping in &configuration.mappings {
            let decision = &decide(&configuration, &facts)[&mapping.id];
            let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
            for set in decision.withheld.values().chain([&decision.target]) {
                for person in set {
                    *seen.entry(person).or_default() += 1;
                }
            }
            let members: BTreeSet<u32> = facts.members[&mapping.audience_id].iter().collect();
            prop_assert_eq!(seen.keys().copied().collect::<BTreeSet<_>>(), members);
            prop_assert!(seen.values().all(|times| *times == 1));
        }
    }

    /// The reason for groups: one person, one ad set.
    #[test]
    fn nobody_stands_in_two_audiences_of_a_group((configuration, facts) in world()) {
        let decisions = decide(&configuration, &facts);
        for a in &configuration.mappings {
            for b in &configuration.mappings {
                let grouped = a.spec.exclusivity_group.is_some()
                    && a.spec.exclusivity_group == b.spec.exclusivity_group;
                let suppressing = [a, b].iter().any(|m| m.spec.use_case == UseCase::Suppress);
                if grouped && !suppressing && a.audience_id != b.audience_id {
                    let both = &decisions[&a.id].target & &decisions[&b.id].target;
                    prop_assert!(both.is_empty(), "{} and {}: {both:?}", a.spec.key, b.spec.key);
                }
            }
        }
    }

    /// A suppress mapping keeps ads away; nothing may keep people out of it but that they
    /// can't be found or were refused.
    #[test]
    fn suppress_mappings_lose_nobody_to_a_rule((configuration, facts) in world()) {
        let decisions = decide(&configuration, &facts);
        for mapping in configuration.mappings.iter().filter(|m| m.spec.use_case == UseCase::Suppress) {
            for cause in decisions[&mapping.id].withheld.keys() {
                prop_assert!(matches!(cause, Cause::Unidentifiable | Cause::Refused));
            }
        }
    }

    /// Whoever is suppressed in the higher audience belongs to the lower one.
    #[test]
    fn only_a_claim_outranks((configuration, facts) in world()) {
        let decisions = decide(&configuration, &facts);
        for mapping in &configuration.mappings {
            let Some(outranked) = decisions[&mapping.id].withheld.get(&Cause::Outranked) else { continue };
            for person in outranked {
                let by = configuration.mappings.iter().any(|other| {
                    let decision = &decisions[&other.id];
                    other.spec.exclusivity_group == mapping.spec.exclusivity_group
                        && other.spec.priority < mapping.spec.priority
                        && other.audience_id != mapping.audience_id
                        && (decision.target.contains(person)
                            || [Cause::Holdout, Cause::Held].iter().any(|cause| {
                                decision.withheld.get(cause).is_some_and(|s| s.contains(person))
                            }))
                });
                prop_assert!(by, "nobody has {person}");
            }
        }
    }

    /// A suppression holds where it says, and nowhere else.
    #[test]
    fn whoever_is_suppressed_is_so_at_that_destination((configuration, facts) in world()) {
        let decisions = decide(&configuration, &facts);
        for mapping in configuration.mappings.iter().filter(|m| m.spec.use_case.is_suppressed()) {
            let members = &facts.members[&mapping.audience_id];
            let expected = members & &*facts.suppressed.at(&mapping.spec.destination);
            let withheld = decisions[&mapping.id].withheld.get(&Cause::Suppressed);
            prop_assert_eq!(withheld.cloned().unwrap_or_default(), expected);
        }
    }

    /// Whoever waits is sent nowhere, and a purchase takes them out of the waiting.
    #[test]
    fn who_waits_is_held_unless_something_worse_keeps_them_out((configuration, facts) in world()) {
        let decisions = decide(&configuration, &facts);
        for mapping in configuration.mappings.iter().filter(|m| m.spec.use_case.is_addressed()) {
            let (decision, waiting) = (&decisions[&mapping.id], &facts.held[&mapping.id]);
            prop_assert!(decision.target.is_disjoint(waiting));
            let nobody = PersonSet::new();
            let held = decision.withheld.get(&Cause::Held).unwrap_or(&nobody);
            prop_assert!(held.is_subset(waiting));
            if mapping.spec.use_case.is_suppressed() {
                prop_assert!(held.is_disjoint(&facts.suppressed.at(&mapping.spec.destination)));
            }
        }
    }

    /// A holdout's share comes out near what was asked, and the salt matters.
    #[test]
    fn holdout_takes_its_share(percent in 1_i64..100, salt in "[a-z]{1,12}") {
        let ids: Vec<String> = (0..4_000).map(|number| format!("a{number:07x}")).collect();
        let share = HoldoutPercent(percent * 100);
        let out = ids.iter().filter(|id| is_held_out(&salt, id, share)).count();
        let wanted = 40 * usize::try_from(percent).unwrap();
        // Five standard deviations of a binomial over 4,000 people are below 160.
        prop_assert!(out.abs_diff(wanted) < 160, "{out} instead of {wanted}");
    }
}

#[test]
fn a_paused_mapping_claims_nobody() {
    let mut first = mapping(0, 0, UseCase::Retarget, Some(0));
    let second = mapping(1, 1, UseCase::Retarget, Some(0));
    first.spec.active = false;
    let everyone: PersonSet = (0..4).collect();
    let facts = Facts {
        members: BTreeMap::from([
            (first.audience_id, everyone.clone()),
            (second.audience_id, everyone.clone()),
        ]),
        with_email: everyone.clone(),
        ..Facts::default()
    };
    let second_id = second.id;
    let decisions = decide(&configuration(vec![first, second]), &facts);
    assert_eq!(decisions[&second_id].target, everyone);
    assert_eq!(decisions.len(), 2);
}
