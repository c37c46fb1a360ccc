use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    destinations::Profile,
    key::Key,
    mappings::{
        Health, HoldoutPercent, MappingSpec,
        gates::{Basis, Finding},
    },
    time::{Instant, Span},
};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn row(use_case: UseCase, holdout: i64) -> MappingRow {
    MappingRow {
        spec: MappingSpec {
            key: key("carts-meta"),
            audience: key("carts"),
            destination: key("meta"),
            use_case,
            exclusivity_group: None,
            priority: 100,
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(holdout),
            offset: None,
            dwell: None,
            entry_event: None,
            active: true,
        },
        segment_name: None,
        profile: Profile::MetaCustomAudiences,
        health: Health::New,
        members: 0,
        target: 0,
        delivered: 0,
        pending: 0,
        withheld: BTreeMap::new(),
        last_run: None,
        last_done_at: None,
        next_run_at: None,
        passed: Vec::new(),
    }
}

fn rule(reason: &str) -> SuppressionSpec {
    SuppressionSpec {
        key: key("rule"),
        reason: reason.to_owned(),
        audience: Some(key("buyers")),
        event: None,
        list: false,
        destinations: Vec::new(),
        ttl: None,
        owner: None,
    }
}

fn facts(row: &MappingRow) -> ChecklistFacts<'_> {
    ChecklistFacts {
        row,
        gates: &[],
        events: 0,
        audiences: 5,
        suppressions: Vec::new(),
        proof: None,
        elsewhere: 0,
        sign_off: None,
    }
}

fn state(facts: &ChecklistFacts<'_>, item: Item) -> LineState {
    lines(facts).into_iter().find(|one| one.item == item).unwrap().state
}

#[test]
fn every_line_stands_once_and_in_order() {
    let row = row(UseCase::Retarget, 0);
    let items: Vec<Item> = lines(&facts(&row)).into_iter().map(|one| one.item).collect();
    assert_eq!(items, Item::ALL);
}

#[test]
fn eight_to_fifteen_events_are_a_contract() {
    let row = row(UseCase::Retarget, 0);
    let at = |events| state(&ChecklistFacts { events, ..facts(&row) }, Item::Events);
    for (count, expected) in [
        (0, LineState::Open),
        (1, LineState::Partly),
        (7, LineState::Partly),
        (8, LineState::Done),
        (15, LineState::Done),
        (16, LineState::Partly),
    ] {
        assert_eq!(at(count), expected, "{count}");
    }
}

#[test]
fn five_to_ten_audiences_are_a_first_version() {
    let row = row(UseCase::Retarget, 0);
    let at = |audiences| state(&ChecklistFacts { audiences, ..facts(&row) }, Item::Audiences);
    for (count, expected) in [
        (0, LineState::Partly),
        (4, LineState::Partly),
        (5, LineState::Done),
        (10, LineState::Done),
        (11, LineState::Partly),
    ] {
        assert_eq!(at(count), expected, "{count}");
    }
}

#[test]
fn purchase_weighs_more_than_other_reasons() {
    let row = row(UseCase::Retarget, 0);
    let rules = ["purchase", "refund", "support", "unsubscribed"].map(rule);
    let at = |chosen: &[usize]| {
        let suppressions = chosen.iter().map(|at| &rules[*at]).collect();
        state(&ChecklistFacts { suppressions, ..facts(&row) }, Item::Suppression)
    };
    assert_eq!(at(&[]), LineState::Open);
    assert_eq!(at(&[1, 2, 3]), LineState::Open);
    assert_eq!(at(&[0]), LineState::Partly);
    assert_eq!(at(&[0, 1, 2, 3]), LineState::Done);
}

#[test]
fn the_source_is_verified_by_what_it_counted() {
    let row = row(UseCase::Retarget, 0);
    let at = |proof| state(&ChecklistFacts { proof, ..facts(&row) }, Item::Source);
    assert_eq!(at(None), LineState::Open);
    assert_eq!(at(Some(Proof::Sent)), LineState::Partly, "the edge takes anything");
    assert_eq!(at(Some(Proof::Arrived)), LineState::Done);
    assert_eq!(at(Some(Proof::Forwarded)), LineState::Done);
}

#[test]
fn only_a_sign_off_ends_the_line_of_one_destination() {
    let row = row(UseCase::Retarget, 0);
    assert_eq!(state(&facts(&row), Item::OneDestination), LineState::Partly);
    let blocked = [Checked {
        finding: Finding {
            gate: Gate::OneDestinationFirst,
            state: GateState::Blocking,
            evidence: "carts goes to google first".to_owned(),
            remedy: None,
            link: GateLink::Checklist(key("carts-google")),
        },
        passed: None,
    }];
    let unsigned = ChecklistFacts { gates: &blocked, elsewhere: 1, ..facts(&row) };
    assert_eq!(state(&unsigned, Item::OneDestination), LineState::Open);
    let given = SignOff {
        basis: Basis::of(&row.spec),
        note: "seen".to_owned(),
        evidence: String::new(),
        by: "ada".to_owned(),
        at: Instant(1),
    };
    let signed = ChecklistFacts { sign_off: Some(&given), ..unsigned };
    assert_eq!(state(&signed, Item::OneDestination), LineState::Done);
}

#[test]
fn a_line_takes_the_finding_of_its_gate() {
    let row = row(UseCase::Retarget, 0);
    for (found, expected) in [
        (GateState::Open, LineState::Done),
        (GateState::Warning, LineState::Partly),
        (GateState::Blocking, LineState::Open),
        (GateState::Unknown, LineState::Unknown),
    ] {
        let gates = [Checked {
            finding: Finding {
                gate: Gate::Identifiers,
                state: found,
                evidence: "Meta can find 9 of 10".to_owned(),
                remedy: None,
                link: GateLink::Audience(key("carts")),
            },
            passed: None,
        }];
        let facts = ChecklistFacts { gates: &gates, ..facts(&row) };
        assert_eq!(state(&facts, Item::Identifiers), expected);
    }
}

proptest! {
    /// What nobody can check is never done, and a holdout is asked of retarget mappings only.
    #[test]
    fn nothing_is_green_without_evidence(
        audiences in 0_u64..20, use_case in 0..4_usize, holdout in 0_i64..=10_000,
    ) {
        let use_case = UseCase::ALL[use_case];
        let row = row(use_case, holdout);
        let facts = ChecklistFacts { audiences, ..facts(&row) };
        prop_assert_eq!(state(&facts, Item::Events), LineState::Open);
        prop_assert_eq!(state(&facts, Item::Monitoring), LineState::Unknown);
        let expected = match use_case {
            UseCase::Retarget if holdout > 0 => LineState::Partly,
            UseCase::Retarget => LineState::Open,
            _ => LineState::NotAsked,
        };
        prop_assert_eq!(state(&facts, Item::Holdout), expected);
        let empty = |one: &Line| one.evidence.is_empty();
        prop_assert!(!lines(&facts).iter().any(empty));
    }
}
