//! Read models as services answer them.

use std::collections::BTreeMap;

use domain::{
    audiences::{AudienceRow, AudienceSpec, Mirror},
    connections::{ConnectionView, KeySource, Region, TestResult, Vendor},
    delivery::letters::LetterCount,
    destinations::{DestinationRow, DestinationSpec, Profile},
    ids::RunId,
    key::Key,
    mappings::{Health, HoldoutPercent, MappingRow, MappingSpec, UseCase},
    sync::{Cause, RunRow, RunState},
    time::{Instant, Span},
};

use crate::mappings::api::MappingView;

pub fn now() -> Instant {
    Instant::from_seconds(1_792_785_600)
}

pub fn key(text: &str) -> Key {
    text.parse().expect("a key")
}

pub fn run(state: RunState) -> RunRow {
    let started_at = now().minus(Span::from_seconds(40));
    RunRow {
        by_events: false,
        id: "0193a4e2-7c11-7000-8000-00000000beef".parse::<RunId>().expect("an id"),
        mapping: key("cart-meta"),
        state,
        started_at,
        finished_at: (!state.is_running()).then(|| started_at.plus(Span::from_seconds(38))),
        fetched: 14_911,
        target: 12_480,
        entered: 1_204,
        repeated: 4,
        exited: 311,
        withheld: withheld(),
        delivered: 900,
        dead: 0,
        generation: Some(7),
        error: None,
    }
}

pub fn withheld() -> BTreeMap<Cause, u64> {
    BTreeMap::from([
        (Cause::Suppressed, 1_206),
        (Cause::Holdout, 322),
        (Cause::Held, 0),
        (Cause::Unidentifiable, 903),
    ])
}

pub fn mapping(health: Health) -> MappingRow {
    MappingRow {
        spec: MappingSpec {
            key: key("cart-meta"),
            audience: key("cart-abandoners"),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            exclusivity_group: Some(key("ads")),
            priority: 10,
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(250),
            offset: None,
            dwell: None,
            entry_event: None,
            active: health != Health::Paused,
        },
        segment_name: Some("Cart <abandoners>".to_owned()),
        profile: Profile::MetaCustomAudiences,
        health,
        members: 14_911,
        target: 12_480,
        delivered: 12_102,
        pending: 378,
        withheld: withheld(),
        last_run: Some(run(if health == Health::Running {
            RunState::Delivering
        } else {
            RunState::Done
        })),
        last_done_at: Some(now().minus(Span::from_minutes(4))),
        next_run_at: Some(now().plus(Span::from_minutes(1))),
        passed: vec![],
    }
}

pub fn new_mapping() -> MappingRow {
    MappingRow {
        members: 0,
        target: 0,
        delivered: 0,
        pending: 0,
        withheld: BTreeMap::new(),
        segment_name: None,
        last_run: None,
        last_done_at: None,
        ..mapping(Health::New)
    }
}

pub fn audience(mirror: Mirror) -> AudienceRow {
    AudienceRow {
        spec: AudienceSpec {
            key: key("cart-abandoners"),
            segment: 7,
            owner: None,
            window: None,
            purpose: None,
            review_on: None,
        },
        segment_name: Some("Cart <abandoners>".to_owned()),
        members: 14_911,
        with_email: 14_008,
        with_id: 9_000,
        mirror,
        mirrored_at: Some(now().minus(Span::from_hours(2))),
        segment_changed_at: None,
        mappings: 1,
    }
}

pub fn destination() -> DestinationRow {
    let spec = DestinationSpec {
        key: key("meta"),
        profile: Profile::MetaCustomAudiences,
        integration: "Facebook Custom Audiences".to_owned(),
        fields: Vec::new(),
        hash: false,
        value: None,
        budget: domain::destinations::budget::Budget::default(),
    };
    DestinationRow { spec, mappings: 1, delivered: 12_102 }
}

pub fn connection(vendor: Vendor, ok: bool) -> ConnectionView {
    ConnectionView {
        vendor,
        region: Region::Eu,
        budget: 10,
        key: Some(KeySource::Stored { at: now().minus(Span::from_hours(72)) }),
        tested: Some(TestResult {
            at: now(),
            ok,
            message: if ok { "It works." } else { "The key was refused (401)." }.to_owned(),
        }),
        outage: None,
        stand_in: None,
    }
}

/// The page of a mapping that nothing is known of but its row.
pub fn mapping_view(mapping: MappingRow) -> MappingView {
    MappingView {
        now: now(),
        mapping,
        runs: vec![],
        older: None,
        is_older_page: false,
        letters: LetterCount::default(),
        connections: vec![],
        gates: vec![],
        changes: vec![],
    }
}
