//! What pages say while a vendor can't be used, of lists that change seldom, and of retired
//! mappings that owe exits.

use domain::{
    audiences::Mirror,
    connections::{
        ConnectionView, Vendor,
        circuit::{Outage, Trouble},
    },
    destinations::{DestinationRow, DestinationSpec, Profile},
    mappings::{ClosingRow, Health, MappingRow},
    sync::RunState,
    time::Span,
};
use leptos::prelude::*;

use super::{answer, overview::overview, page, samples::*, words};
use crate::{
    connections::{
        api::ConnectionsView,
        page::{Actions as ConnectionActions, connections_page},
    },
    mappings::{
        api::{MappingChoices, MappingView, MappingsView},
        form::{edit_page, new_page},
        one::{Actions, mapping_page},
        page::mappings_page,
        preview::Previewing,
    },
    overview::page::overview_page,
};

fn outage(trouble: Trouble, reason: &str) -> Outage {
    Outage {
        trouble,
        since: now().minus(Span::from_minutes(4)),
        reason: reason.to_owned(),
        next_try: now().plus(Span::from_seconds(7)),
    }
}

/// Segment is down, Customer.io doesn't take the key.
fn troubled() -> Vec<ConnectionView> {
    let refused = outage(Trouble::KeyRefused, "Customer.io refused the key (401)");
    let down = outage(Trouble::Down, "Segment answers 503");
    vec![
        ConnectionView { outage: Some(refused), ..connection(Vendor::Customerio, false) },
        ConnectionView { outage: Some(down), ..connection(Vendor::Twilio, true) },
    ]
}

#[test]
fn the_overview_says_what_is_down_since_when_and_what_is_left_to_do() {
    let html = page("/", || {
        let view = crate::overview::api::Overview {
            connections: troubled(),
            ..overview(vec![mapping(Health::Ok)])
        };
        overview_page(view)
    });
    let words = words(&html);
    for expected in [
        "Segment is down",
        "Segment answers 503. It began 4 min ago.",
        "nothing is lost",
        "Segue tries again in 7 s. You need to do nothing.",
        "Customer.io refuses the key",
        "Customer.io refused the key (401).",
        "Check the key",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(html.contains("title=\"23 Oct 2026, 20:00:07 UTC\""), "exact on hover");
    assert!(!words.contains("Check the connection"), "those who work know better than a test");
}

#[test]
fn connections_say_their_state_and_offer_a_try() {
    let html = page("/settings/connections", || {
        let view = ConnectionsView { now: now(), connections: troubled(), public_token: None };
        connections_page(view.clone(), Signal::stored(view), ConnectionActions::new())
    });
    assert_eq!(answer(&html), "Customer.io refuses the key and Segment is down.");
    let words = words(&html);
    for expected in ["Try Segment now", "Try Customer.io now", "Held", "as soon as you save"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(html.contains("action=\"/fn/try_connection\""), "{html}");
    assert!(!words.contains("Segment answers Segment"), "an old test says nothing now");
}

fn mapping_html(row: MappingRow, connections: Vec<ConnectionView>) -> String {
    page("/mappings/cart-meta", move || {
        let view =
            MappingView { runs: vec![run(RunState::Done)], connections, ..mapping_view(row) };
        mapping_page(view, Actions::new())
    })
}

#[test]
fn a_mapping_says_for_whom_it_waits() {
    let html = mapping_html(mapping(Health::Running), troubled());
    assert!(words(&html).contains("It waits for Segment"), "{}", words(&html));
    let calm = mapping_html(mapping(Health::Running), vec![connection(Vendor::Twilio, true)]);
    assert!(!words(&calm).contains("It waits for"));
}

#[test]
fn what_a_vendors_notice_says_is_not_said_again() {
    let reason = "Customer.io refused the key (401)".to_owned();
    let failed = domain::sync::RunRow { error: Some(reason.clone()), ..run(RunState::Failed) };
    let row = MappingRow { last_run: Some(failed), ..mapping(Health::Failing) };
    let html = mapping_html(row.clone(), troubled());
    assert!(!words(&html).contains("The last run failed"), "{}", words(&html));
    let well = mapping_html(row, vec![connection(Vendor::Customerio, true)]);
    assert!(words(&well).contains("The last run failed"));

    let stale = |reason: &str, connections| {
        let view = crate::overview::api::Overview {
            audiences: vec![audience(Mirror::Stale { reason: reason.to_owned() })],
            connections,
            ..overview(vec![mapping(Health::Ok)])
        };
        words(&page("/", move || overview_page(view)))
    };
    let said = "The members of cart-abandoners are from";
    assert!(!stale(&reason, troubled()).contains(said));
    assert!(stale(&reason, vec![]).contains(said));
    assert!(stale("the segment shrank", troubled()).contains(said));
}

#[test]
fn a_mapping_that_runs_more_often_than_its_list_changes_says_so() {
    let said = "Lists of Meta Custom Audiences change every 1 h at most";
    let often = mapping_html(mapping(Health::Ok), vec![]);
    assert!(words(&often).contains(said), "{}", words(&often));
    let mut row = mapping(Health::Ok);
    row.spec.every = Span::from_hours(1);
    assert!(!words(&mapping_html(row, vec![])).contains(said));
}

fn choices(every: Span, is_new: bool) -> MappingChoices {
    let mut spec = mapping(Health::Ok).spec;
    spec.every = every;
    let destination = DestinationSpec {
        key: key("meta"),
        profile: Profile::MetaCustomAudiences,
        integration: "Facebook Custom Audiences".to_owned(),
        fields: vec![],
        hash: false,
        value: None,
        budget: domain::destinations::budget::Budget::default(),
    };
    let row = DestinationRow { spec: destination, mappings: 1, delivered: 0 };
    MappingChoices {
        audiences: vec![audience(Mirror::Fresh)],
        destinations: vec![row],
        spec: (!is_new).then_some(spec),
        flapping: None,
    }
}

#[test]
fn the_form_says_how_often_lists_change_and_warns_of_less() {
    let edit = |every| {
        words(&page("/mappings/cart-meta/edit", move || {
            edit_page(choices(every, false), ServerAction::new(), Previewing::answered(None))
        }))
    };
    assert!(edit(Span::from_minutes(5)).contains("It runs every 5 min all the same"));
    let seldom = edit(Span::from_hours(24));
    assert!(!seldom.contains("all the same"), "{seldom}");
    let new = |address: &'static str| {
        words(&page(address, || {
            new_page(choices(Span(0), true), ServerAction::new(), Previewing::answered(None))
        }))
    };
    let first = new("/mappings/new");
    let said = "Lists change at most every 1 h at Meta Custom Audiences.";
    assert!(first.contains(said), "{first}");
    assert!(!first.contains("all the same"), "nothing is chosen yet");
    let again = new("/mappings/new?destination=meta&every=30s&__err=x");
    assert!(again.contains("It runs every 30 s all the same"), "{again}");
}

fn closing(owed: u64) -> ClosingRow {
    ClosingRow {
        key: key("old-meta"),
        destination: key("meta"),
        profile: Profile::MetaCustomAudiences,
        retired_at: now().minus(Span::from_minutes(4)),
        owed,
        is_stopped: false,
        last_run: Some(run(RunState::Delivering)),
        next_run_at: Some(now().plus(Span::from_minutes(3))),
    }
}

fn list_html(closing: Vec<ClosingRow>, connections: Vec<ConnectionView>) -> String {
    page("/mappings", move || {
        let mappings = vec![mapping(Health::Ok)];
        mappings_page(MappingsView { now: now(), mappings, closing, connections })
    })
}

#[test]
fn retired_mappings_say_what_they_owe_and_why_it_waits() {
    let html = list_html(vec![closing(1_204)], vec![]);
    assert!(answer(&html).ends_with("1 retired mapping still owes 1,204 exits."), "{html}");
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(words(&html).contains("Sending"));

    let failed = domain::sync::RunRow {
        error: Some("cancelled by ada".to_owned()),
        ..run(RunState::Failed)
    };
    let failed = ClosingRow { last_run: Some(failed), ..closing(1) };
    let said = words(&list_html(vec![failed], vec![]));
    assert!(said.contains("Cancelled by ada. Tried again in 3 min."), "{said}");

    let said = words(&list_html(vec![closing(2)], troubled()));
    assert!(said.contains("Segment answers 503."), "{said}");
    let stopped = ClosingRow { is_stopped: true, ..closing(2) };
    let said = words(&list_html(vec![stopped, closing(3)], vec![]));
    assert!(said.contains("An emergency stop holds them."), "{said}");
    assert!(said.contains("2 retired mappings still owe 5 exits."), "{said}");

    let html = list_html(vec![], vec![]);
    assert!(!words(&html).contains("Retired"), "nothing owed, nothing said");
}
