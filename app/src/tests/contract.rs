//! The contract's pages: what stands on them, and for whom.

use domain::{
    contract::{
        Churn, Class, ContractView, Group, Violation,
        blast::{Field, Flow, Touched},
        change::effects,
        noise::{Noise, Unread},
        replay::{Replay, Replayed},
        request::{Comment, Request, RequestView, State, Version},
        starter::starter,
        synonyms::standard::standard_names as standard_names_of,
        synonyms::{Names, Seen, inconsistent, synonyms},
    },
    day::Day,
    ids::RequestId,
    time::Span,
};
use leptos::prelude::*;
use uuid::Uuid;

use super::{answer, page, samples::*, words};
use crate::contract::{
    api::{ContractRead, NamesRead, NoiseRead, QuarantineRead},
    change::{Actions, change_page},
    change_api::ChangeRead,
    effect::replayed,
    names::names_page,
    noise::noise_page,
    page::contract_page,
    quarantine::{self, quarantine_page},
};

fn request(state: State) -> Request {
    Request {
        id: RequestId(Uuid::nil()),
        title: "The <first> twelve".to_owned(),
        base: 0,
        contract: starter(),
        author: "ana@example.com".to_owned(),
        at: now(),
        state,
        decision: None,
    }
}

fn change(state: State, is_own: bool, may_decide: bool, current: u64) -> String {
    let request = request(state);
    let view = RequestView {
        over: Vec::new(),
        differences: effects(&Version::default().contract, &request.contract),
        request,
        current,
        releases: 3,
        looked_at: 7,
        touched: vec![Touched {
            event: "Order Completed".to_owned(),
            consumers: ["Meta <CAPI>".to_owned()].into(),
            suppressions: vec![(key("purchased"), vec![key("cart-to-meta")])],
            mappings: vec![key("cart-to-warehouse")],
            flows: vec![Flow {
                destination: key("meta"),
                begins: vec![Field { path: "email".to_owned(), class: Class::Identifier }],
                ceases: vec![Field { path: "coupon".to_owned(), class: Class::Other }],
            }],
        }],
        comments: vec![Comment {
            by: "ben@example.com".to_owned(),
            at: now(),
            words: "Why <now>?".to_owned(),
        }],
    };
    let read =
        ChangeRead { now: now(), view, is_own, may_comment: is_own || may_decide, may_decide };
    page("/contract/changes/x", move || change_page(read, Actions::default(), replayed(replay())))
}

fn replay() -> Replay {
    let line = Replayed {
        name: "Purchase <i>".to_owned(),
        events: 40,
        failing: 3,
        passing: 1,
        violation: Some(group().violation),
    };
    let quiet = Replayed { name: "Quiet".to_owned(), events: 960, ..Replayed::default() };
    Replay { since: now(), events: 1_000, lines: vec![line, quiet] }
}

fn read(version: Version, quarantine: Vec<Group>) -> ContractRead {
    let requests = vec![request(State::Open)];
    let churn = Churn { versions: 3, renamed: 2, removed: 0, narrowed: 1 };
    let standard_names = version.contract.events.keys();
    let standard_names =
        standard_names.map(|name| (name.clone(), standard_names_of(name))).collect();
    let view = ContractView { version, standard_names, churn, requests, quarantine };
    ContractRead { now: now(), view, may_propose: true }
}

fn group() -> Group {
    Group {
        name: "Order <b>Completd".to_owned(),
        violation: Violation {
            path: "total".to_owned(),
            expected: "a number".to_owned(),
            found: "nothing".to_owned(),
        },
        events: 1_204,
        first_at: now(),
        last_at: now(),
    }
}

#[test]
fn each_sees_what_they_can_do_with_a_change() {
    let has = |html: &str, button: &str| html.contains(&format!(">{button}<"));
    let draft = change(State::Draft, true, true, 0);
    assert!(has(&draft, "Ask for approval") && !has(&draft, "Approve"));
    assert!(draft.contains("Remove Order Completed"));
    let own = change(State::Open, true, true, 0);
    assert!(has(&own, "Take it back") && !has(&own, "Approve"), "nobody approves their own");
    let other = change(State::Open, false, true, 0);
    assert!(has(&other, "Approve") && has(&other, "Turn it away"));
    assert!(!has(&other, "Ask for approval") && other.contains("The &lt;first&gt; twelve"));
    assert!(has(&other, "Ask for changes") && has(&other, "Say it"));
    let viewer = change(State::Open, false, false, 0);
    assert!(!has(&viewer, "Say it") && words(&viewer).contains("Why &lt;now&gt;?"));
    assert!(!has(&viewer, "Approve") && words(&viewer).contains("An approver decides"));
    let stale = change(State::Open, false, true, 2);
    assert!(!has(&stale, "Approve") && words(&stale).contains("version 2 is in force"));
    let told = answer(&other);
    assert_eq!(
        told,
        "Waits for approval by ana@example.com. 12 differences over version 0: some events \
         that passed would go to quarantine. Of 7 events in quarantine 3 would go on."
    );
}

#[test]
fn the_contract_says_what_is_agreed_on_and_what_waits() {
    let mut contract = starter();
    let event = contract.events.get_mut("Order Completed").unwrap();
    let today = Day::of(now());
    event.also_sent_as.insert("Bought".to_owned(), today);
    event.also_sent_as.insert("Sold".to_owned(), today.plus(2));
    event.also_sent_as.insert("Long ago".to_owned(), today.plus(-1));
    contract.events.get_mut("Product Viewed").unwrap().is_stopped = true;
    let version = Version { number: 3, contract, request: None, at: Some(now()) };
    let shown = read(version, vec![group()]);
    let html = page("/contract", move || contract_page(shown, ServerAction::new()));
    assert_eq!(
        answer(&html),
        "12 events are agreed on, by version 3. 1 change waits for approval and 1,204 events are in quarantine."
    );
    let told = words(&html);
    for expected in [
        "order_id: text, required",
        "within 8 to 15",
        "Propose a change",
        "In the last 90 days 3 versions: 2 events renamed and 1 difference that narrows or breaks.",
        "the last day is today",
        ": 2 days left",
        "Was also sent as Long ago",
        "Goes nowhere",
        "Meta Purchase, TikTok CompletePayment, GA4 purchase",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let shown = read(Version::default(), Vec::new());
    let html = page("/contract", move || contract_page(shown, ServerAction::new()));
    assert!(answer(&html).starts_with("Nothing is agreed on"));
    assert!(html.contains("Begin with twelve events"));
}

#[test]
fn what_did_not_come_as_agreed_is_decided_by_those_who_may() {
    for may_decide in [true, false] {
        let shown = |find: &str, groups: Vec<Group>| {
            let find = find.to_owned();
            let read = QuarantineRead { now: now(), groups, find, may_propose: true, may_decide };
            page("/contract/quarantine", move || {
                quarantine_page(read, quarantine::Actions::default())
            })
        };
        let found = shown("<b>", vec![group()]);
        assert_eq!(answer(&found), "1 group has events with &lt;b&gt; in them.");
        assert!(words(&found).contains("Groups are counted and decided whole."));
        assert_eq!(answer(&shown("x", Vec::new())), "Nothing in quarantine has x in it.");
        let html = shown("", vec![group()]);
        assert_eq!(answer(&html), "1,204 events did not come as agreed, in 1 way.");
        assert!(words(&html).contains("total: expected a number, found nothing"));
        assert!(html.contains("Order &lt;b>Completd") || html.contains("Order &lt;b&gt;Completd"));
        assert_eq!(html.contains("Discard"), may_decide);
    }
}

#[test]
fn a_change_says_whom_it_concerns_and_what_it_does_to_what_came_in() {
    let html = change(State::Open, false, true, 0);
    let told = words(&html).replace('\u{a0}', " ");
    for expected in [
        "Of 1,000 events 3 (0.3 %) would begin to fail and 1 (0.1 %) would begin to pass.",
        "total: expected a number, found nothing",
        "purchased from 1 mapping",
        "Meta &lt;CAPI&gt;",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(html.contains("/mappings/cart-to-warehouse"));
    assert!(!told.contains("Quiet"), "what comes out as before is no line");
    let nothing = Replay { since: now(), events: 0, lines: Vec::new() };
    let html = page("/contract/changes/x", move || replayed(nothing));
    assert!(words(&html).contains("No event came in"));
}

#[test]
fn names_that_stand_for_an_event_can_be_proposed_by_those_who_may() {
    let seen = |name: &str, events| Seen {
        name: name.to_owned(),
        properties: ["total".to_owned()].into(),
        events,
    };
    let all = [seen("CompletePayment", 7), seen("Order Completed", 9), seen("Odd <b>", 1)];
    let mut contract = starter();
    contract.events.get_mut("Order Completed").unwrap().aliases.clear();
    let names = Names {
        since: now(),
        events: 17,
        is_all: true,
        synonyms: synonyms(&contract, &all),
        spellings: inconsistent(&contract, &all),
        unknown: all[2..].to_vec(),
    };
    for may_propose in [true, false] {
        let shown = NamesRead { names: names.clone(), may_propose };
        let html = page("/contract/names", move || names_page(shown, ServerAction::new()));
        assert_eq!(
            answer(&html),
            "Of 17 events in the last seven days: 1 name stands for an event of the contract, \
             1 event comes in under several names and 1 name is nobody's."
        );
        assert_eq!(html.contains("Propose CompletePayment as an alias"), may_propose);
        assert!(!html.contains("Odd <b>"), "names are text");
    }
}

#[test]
fn what_nobody_reads_can_be_stopped_by_those_who_may_ask() {
    let unread = |name: &str, events, days: i64, is_stopped| Unread {
        name: name.to_owned(),
        owner: "Growth".to_owned(),
        since: Some(now().minus(Span::from_hours(24 * days))),
        events,
        is_stopped,
    };
    let noise = Noise {
        unread: vec![
            unread("Odd <b>", 900, 31, false),
            unread("Product Viewed", 50, 3, false),
            unread("Email Opened", 50, 40, true),
        ],
        read: 9,
        events: 2_000,
    };
    for may_propose in [true, false] {
        let shown = NoiseRead { now: now(), noise: noise.clone(), may_propose };
        let html = page("/contract/noise", move || noise_page(shown, ServerAction::new()));
        let told = answer(&html).replace('\u{a0}', " ");
        assert_eq!(
            told,
            "Of 12 events nobody reads 2: 950 came in, 48 % of all, in the last seven days. \
             1 for 30 days or longer."
        );
        assert_eq!(html.contains("Stop it: ask for approval for Product Viewed"), may_propose);
        assert_eq!(html.contains("Let it go on"), may_propose);
        assert!(!html.contains("Odd <b>"), "names are text");
    }
    let shown =
        NoiseRead { now: now(), noise: Noise { read: 3, ..Noise::default() }, may_propose: true };
    let html = page("/contract/noise", move || noise_page(shown, ServerAction::new()));
    assert!(words(&html).contains("Somebody reads every event"));
}
