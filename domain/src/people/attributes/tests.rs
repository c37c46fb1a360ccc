//! Whom to read: nobody too many by what is known cheaply, and nobody who would be sent
//! without it.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    destinations::{Destination, Profile},
    ids::DestinationId,
    key::Key,
    mappings::{HoldoutPercent, MappingSpec, UseCase},
    sync::decide::{Facts, decide, tests::held},
    time::Span,
};

const AUDIENCES: u128 = 3;
const PEOPLE: u32 = 24;
const PROFILES: [(Profile, &[&str]); 4] = [
    (Profile::MetaCustomAudiences, &[]),
    (Profile::TiktokEvents, &["ltv", "email"]),
    (Profile::Warehouse, &["tier", "phone"]),
    (Profile::Ga4, &[]),
];

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn destination(number: usize) -> Destination {
    let (profile, fields) = PROFILES[number];
    Destination {
        id: DestinationId(Uuid::from_u128(number as u128)),
        spec: DestinationSpec {
            key: key(&format!("d{number}")),
            profile,
            integration: "X".to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        },
    }
}

fn mapping(number: u128, audience: u128, destination: usize, use_case: UseCase) -> Mapping {
    Mapping {
        id: MappingId(Uuid::from_u128(number)),
        audience_id: AudienceId(Uuid::from_u128(audience)),
        destination_id: DestinationId(Uuid::from_u128(destination as u128)),
        spec: MappingSpec {
            key: key(&format!("m{number}")),
            audience: key(&format!("a{audience}")),
            destination: key(&format!("d{destination}")),
            use_case,
            exclusivity_group: None,
            priority: 1,
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(0),
            offset: None,
            dwell: None,
            entry_event: None,
            active: !number.is_multiple_of(5),
        },
    }
}

fn people() -> impl Strategy<Value = PersonSet> {
    prop::collection::btree_set(0..PEOPLE, 0..24).prop_map(|set| set.into_iter().collect())
}

prop_compose! {
    fn world()(
        kinds in prop::collection::vec((0..AUDIENCES, 0..PROFILES.len(), 0..4_usize), 1..7),
        members in prop::collection::vec(people(), 3),
        suppressed in people(), with_email in people(),
        phone in people(), ltv in prop::option::of(people()), tier in people(),
    ) -> (Configuration, Facts, Wanted) {
        let mappings = kinds.iter().zip(1_u128..).map(|((audience, place, use_case), number)| {
            mapping(number, *audience, *place, UseCase::ALL[*use_case])
        });
        let configuration = Configuration {
            destinations: (0..PROFILES.len()).map(destination).collect(),
            mappings: mappings.collect(),
            ..Configuration::default()
        };
        let audiences = (0..AUDIENCES).map(|number| AudienceId(Uuid::from_u128(number)));
        let facts = Facts {
            members: audiences.zip(members).collect(),
            suppressed: Suppressed::of([held(&[], suppressed)]),
            with_email,
            ..Facts::default()
        };
        let mut readings = Wanted::from([("phone".to_owned(), phone), ("tier".to_owned(), tier)]);
        readings.extend(ltv.map(|people| ("ltv".to_owned(), people)));
        (configuration, facts, readings)
    }
}

fn whom(
    configuration: &Configuration,
    facts: &Facts,
    readings: &Wanted,
) -> BTreeMap<MappingId, Wanted> {
    let standing = Standing { members: &facts.members, suppressed: &facts.suppressed, readings };
    whom_to_read(configuration, &configuration.mappings, standing)
}

proptest! {
    /// Everyone who would be sent is read first, as far as their destination needs it.
    #[test]
    fn nobody_is_sent_unread((configuration, facts, readings) in world()) {
        let wanted = whom(&configuration, &facts, &readings);
        // By the same facts, and if everybody could be found.
        let facts = Facts { with_email: (0..PEOPLE).collect(), with_id: (0..PEOPLE).collect(), ..facts };
        for (id, decision) in decide(&configuration, &facts) {
            let mapping = configuration.mappings.iter().find(|one| one.id == id).unwrap();
            let destination = configuration.destination_of(mapping).unwrap();
            for field in needed(&destination.spec) {
                let asked = wanted.get(&id).and_then(|one| one.get(field));
                let mut known = asked.cloned().unwrap_or_default();
                known |= readings.get(field).cloned().unwrap_or_default();
                prop_assert!(!mapping.spec.active || decision.target.is_subset(&known));
            }
        }
    }

    /// Each call is paid for: nobody is read who can't be sent, for a field that nobody
    /// takes, or again.
    #[test]
    fn nobody_is_read_in_vain((configuration, facts, readings) in world()) {
        for (id, by_field) in whom(&configuration, &facts, &readings) {
            let mapping = configuration.mappings.iter().find(|one| one.id == id).unwrap();
            let destination = configuration.destination_of(mapping).unwrap();
            prop_assert!(mapping.spec.active);
            for (field, people) in by_field {
                prop_assert!(!people.is_empty());
                prop_assert!(needed(&destination.spec).contains(field.as_str()));
                prop_assert!(people.is_subset(&facts.members[&mapping.audience_id]));
                prop_assert!(readings.get(&field).is_none_or(|read| read.is_disjoint(&people)));
                if mapping.spec.use_case.is_suppressed() {
                    prop_assert!(people.is_disjoint(&facts.suppressed.at(&mapping.spec.destination)));
                }
            }
        }
    }

    /// Whoever was read is not read again.
    #[test]
    fn a_reading_ends_the_wish((configuration, facts, readings) in world()) {
        let wanted = whom(&configuration, &facts, &readings);
        let readings = together(wanted.values().chain([&readings]));
        prop_assert!(whom(&configuration, &facts, &readings).is_empty());
    }

    #[test]
    fn only_what_was_wanted_of_a_person_is_learned(
        wanted in prop::collection::btree_map("[a-c]|phone", people(), 0..4),
        answer in prop::collection::btree_map("[a-d]|phone", "\\PC{0,9}", 0..5),
        person in 0..PEOPLE,
    ) {
        let learned = learn(person, &wanted, &answer);
        let asked: Vec<&String> =
            wanted.iter().filter(|(_, people)| people.contains(person)).map(|(field, _)| field).collect();
        prop_assert_eq!(learned.values.keys().collect::<Vec<_>>(), asked);
    }
}

#[test]
fn a_destination_needs_what_the_page_lacks() {
    let expected: [&[&str]; 4] = [&["phone"], &["ltv", "phone"], &["phone", "tier"], &[]];
    for (number, expected) in expected.into_iter().enumerate() {
        let destination = destination(number).spec;
        assert_eq!(needed(&destination).into_iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_cannot_be_used_is_left_out_and_said() {
    let everyone: PersonSet = (0..2).collect();
    let fields = ["phone", "bio", "name", "tier", "nul"];
    let wanted: Wanted = fields.iter().map(|&field| (field.to_owned(), everyone.clone())).collect();
    let answer = [
        ("phone", "555-0101"),
        ("bio", &"é".repeat(LARGEST_EVENT)),
        ("name", "J\0ane 🛒"),
        ("tier", ""),
        ("nul", "\0"),
        ("secret", "hush"),
    ];
    let answer =
        answer.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let learned = learn(1, &wanted, &answer);
    assert_eq!(learned.too_long, ["bio"]);
    let with: Vec<_> =
        learned.values.iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    assert_eq!(with, [(&"name".to_owned(), "Jane 🛒")]);
    assert_eq!(learned.values.len(), 5, "the others are known to be nothing");
}

#[test]
fn a_reading_of_today_holds_for_less_than_eight_days() {
    let now = Instant::from_seconds(1_795_464_000);
    assert_eq!(day(now.plus(Span::from_hours(24))), day(now) + 1);
    assert_eq!(day(Instant(-1)), -1);
    assert_eq!((bare("cio_a3"), bare("a3")), ("a3", "a3"));
}
