//! What is watched, how often, and what that takes of the budget.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    audiences::Mirror,
    configuration::Configuration,
    ids::SuppressionId,
    key::Key,
    mappings::UseCase,
    suppression::{Suppression, SuppressionSpec},
    sync::decide::tests::{configuration, mapping},
};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Mappings of the first two audiences, and a rule by each of these.
fn shop(use_case: UseCase, rules: &[u32], a_second: i64) -> Configuration {
    let mut shop =
        configuration(vec![mapping(0, 0, use_case, Some(1)), mapping(1, 1, use_case, Some(1))]);
    shop.settings.requests_per_second = a_second;
    for number in rules {
        let spec = SuppressionSpec {
            audience: Some(key(&format!("a{number}"))),
            ..SuppressionSpec::new(key(&format!("r{number}")), "purchase")
        };
        let audience =
            configuration(vec![]).audience(&key(&format!("a{number}"))).map(|one| one.id);
        shop.suppressions.push(Suppression {
            id: SuppressionId(Uuid::from_u128(u128::from(*number))),
            audience_id: audience,
            spec,
        });
    }
    shop
}

fn rows(members: &[u64]) -> Vec<AudienceRow> {
    let audiences = configuration(vec![]).audiences;
    let row = |(audience, members): (&crate::audiences::Audience, &u64)| AudienceRow {
        spec: audience.spec.clone(),
        segment_name: None,
        members: *members,
        with_email: 0,
        with_id: 0,
        mirror: Mirror::Fresh,
        mirrored_at: None,
        segment_changed_at: None,
        mappings: 1,
    };
    audiences.iter().zip(members).map(row).collect()
}

#[test]
fn a_reading_takes_one_request_for_the_segment_and_one_a_page() {
    let all = [0, 1, 30_000, 30_001, 1_000_000].map(requests);
    assert_eq!(all, [2, 2, 2, 3, 35]);
}

#[test]
fn what_keeps_people_out_is_watched_and_nothing_else() {
    let rows = rows(&[10, 10, 10]);
    let keys = |shop: &Configuration| -> Vec<(Key, usize)> {
        plan(shop, &rows).into_iter().map(|one| (one.audience, one.rules.len())).collect()
    };
    assert_eq!(keys(&shop(UseCase::Retarget, &[], 10)), []);
    assert_eq!(keys(&shop(UseCase::Retarget, &[2], 10)), [(key("a2"), 1)]);
    assert_eq!(keys(&shop(UseCase::Lookalike, &[2, 0, 2], 10)), [(key("a0"), 1), (key("a2"), 2)]);
    // Nobody leaves these for a suppression.
    assert_eq!(keys(&shop(UseCase::Suppress, &[2], 10)), []);
}

#[test]
fn the_more_pages_there_are_the_longer_it_waits() {
    let every = |members: &[u64], a_second| {
        let shop = shop(UseCase::Retarget, &[0, 1, 2], a_second);
        plan(&shop, &rows(members)).first().map(|one| one.every)
    };
    assert_eq!(every(&[500, 500, 500], 10), Some(FASTEST));
    // 35, 2 and 3 requests are two a second for 20 s.
    assert_eq!(every(&[1_000_000, 30_000, 30_001], 10), Some(Span::from_seconds(20)));
    assert_eq!(every(&[1_000_000, 30_000, 30_001], 1), Some(Span::from_seconds(200)));
}

#[test]
fn a_group_reads_once_for_all_of_it() {
    // Three audiences of 2 requests each, every five minutes for the whole group.
    let (shop, rows) = (shop(UseCase::Retarget, &[2], 10), rows(&[10, 10, 10]));
    let runs = spending(&shop, &rows, &plan(&shop, &rows));
    assert_eq!((runs.runs, runs.watching, runs.budget), (Hundredths(2), Hundredths(13), 10));
}

proptest! {
    #[test]
    fn watching_takes_a_fifth_of_the_budget_at_most(
        members in prop::collection::vec(0_u64..50_000_000, 3), a_second in 1_i64..500
    ) {
        let shop = shop(UseCase::Retarget, &[0, 1, 2], a_second);
        let watched = plan(&shop, &rows(&members));
        prop_assert!(watched.iter().all(|one| one.every >= FASTEST));
        // Each reading in a window as long as the interval.
        let window = watched[0].every.0;
        let all: u64 = watched.iter().map(|one| one.requests).sum();
        let allowed = i128::from(window) * i128::from(a_second) / 5 / 1_000_000;
        prop_assert!(i128::from(all) <= allowed + 1, "{all} in {window}");
    }
}
