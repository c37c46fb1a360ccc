//! The contract's pages: what stands on them, and for whom.

use domain::{
    contract::{
        ContractView, Group, Violation,
        change::effects,
        request::{Request, RequestView, State, Version},
        starter::starter,
    },
    ids::RequestId,
};
use leptos::prelude::*;
use uuid::Uuid;

use super::{answer, page, samples::*, words};
use crate::contract::{
    api::{ChangeRead, ContractRead},
    change::{Actions, change_page},
    page::contract_page,
    quarantine::quarantine_page,
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
        differences: effects(&Version::default().contract, &request.contract),
        request,
        current,
        releases: 3,
        looked_at: 7,
    };
    let read = ChangeRead { now: now(), view, is_own, may_decide };
    page("/contract/changes/x", move || change_page(read, Actions::default()))
}

fn read(version: Version, quarantine: Vec<Group>, may_decide: bool) -> ContractRead {
    let requests = vec![request(State::Open)];
    let view = ContractView { version, requests, quarantine };
    ContractRead { now: now(), view, may_propose: true, may_decide }
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
    let viewer = change(State::Open, false, false, 0);
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
    let version = Version { number: 3, contract: starter(), request: None, at: Some(now()) };
    let shown = read(version, vec![group()], false);
    let html = page("/contract", move || contract_page(shown, ServerAction::new()));
    assert_eq!(
        answer(&html),
        "12 events are agreed on, by version 3. 1 change waits for approval and 1,204 events are in quarantine."
    );
    let told = words(&html);
    for expected in ["order_id: text, required", "within 8 to 15", "Propose a change"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let shown = read(Version::default(), Vec::new(), false);
    let html = page("/contract", move || contract_page(shown, ServerAction::new()));
    assert!(answer(&html).starts_with("Nothing is agreed on"));
    assert!(html.contains("Begin with twelve events"));
}

#[test]
fn what_did_not_come_as_agreed_is_decided_by_those_who_may() {
    for may_decide in [true, false] {
        let shown = read(Version::default(), vec![group()], may_decide);
        let html =
            page("/contract/quarantine", move || quarantine_page(shown, ServerAction::new()));
        assert_eq!(answer(&html), "1,204 events did not come as agreed, in 1 way.");
        assert!(words(&html).contains("total: expected a number, found nothing"));
        assert!(html.contains("Order &lt;b>Completd") || html.contains("Order &lt;b&gt;Completd"));
        assert_eq!(html.contains("Discard"), may_decide);
    }
}
