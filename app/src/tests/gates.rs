//! Gates on a mapping's page.

use domain::mappings::{
    Health, MappingRow,
    gates::{
        Basis, Checked, Finding, Gate, GateLink, GateState, Override, SignOff,
        checklist::{ChecklistFacts, lines},
    },
};

use super::{answer, page, samples::*, words};
use crate::mappings::{
    api::MappingView,
    gates::{
        api::ChecklistView,
        page::{GateActions, checklist_page},
        title,
    },
    one::{Actions, mapping_page},
};

/// An audience that its platform doesn't use.
pub fn small() -> Finding {
    Finding {
        gate: Gate::MinimumSize,
        state: GateState::Blocking,
        evidence: "Meta uses an audience from 100 people on, and carts has 42".to_owned(),
        remedy: Some("widen the segment".to_owned()),
        link: GateLink::Audience(key("carts")),
    }
}

fn pilot() -> Override {
    let (reason, by) = ("A pilot".to_owned(), "Ada".to_owned());
    Override { gate: Gate::MinimumSize, reason, by, at: now() }
}

fn view(row: MappingRow, gates: Vec<Checked>) -> ChecklistView {
    let facts = ChecklistFacts {
        row: &row,
        gates: &gates,
        events: 12,
        audiences: 7,
        suppressions: vec![],
        proof: None,
        elsewhere: 0,
        sign_off: None,
    };
    let lines = lines(&facts);
    ChecklistView {
        now: now(),
        spec: row.spec,
        gates,
        lines,
        sign_off: None,
        unready: None,
        may_sign: true,
    }
}

fn checklist(is_active: bool, gates: Vec<Checked>) -> String {
    page("/mappings/cart-meta/checklist", move || {
        let health = if is_active { Health::Ok } else { Health::Paused };
        let view = view(mapping(health), gates);
        checklist_page(view, GateActions::new())
    })
}

#[test]
fn what_blocks_says_why_where_and_how_to_pass_it() {
    let html = checklist(false, vec![Checked { finding: small(), passed: None }]);
    assert_eq!(answer(&html), "It can't be resumed: 1 gate blocks it.");
    let said = words(&html);
    for part in [
        "Meta uses an audience from 100 people on, and carts has 42. Widen the segment. Audience",
        "Pass minimum size",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(html.contains("href=\"/audiences#carts\""));
    assert!(html.contains("id=\"reason-minimum-size\""));
}

#[test]
fn whoever_lets_it_pass_is_named_and_can_take_that_back() {
    let html = checklist(true, vec![Checked { finding: small(), passed: Some(pilot()) }]);
    assert_eq!(answer(&html), "No gate keeps it from running. It passes 1 gate for a reason.");
    let said = words(&html);
    for part in ["Ada: A pilot, ", "Withdraw the override of minimum size"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("Reason to pass"));
    let title = title(&key("cart-meta"), &[pilot()]);
    assert_eq!(title, "cart-meta\nPasses minimum size, by Ada: A pilot");
}

#[test]
fn nobody_passes_a_gate_that_protects_people() {
    let finding = Finding { gate: Gate::SuppressionPolicy, link: GateLink::Suppression, ..small() };
    let html = checklist(true, vec![Checked { finding, passed: None }]);
    assert_eq!(answer(&html), "It runs, and could not be started again: 1 gate blocks it.");
    assert!(!words(&html).contains("Reason to pass"), "{html}");
}

#[test]
fn a_mapping_s_page_says_what_is_not_open_and_leads_to_its_checklist() {
    let html = page("/mappings/cart-meta", move || {
        let view = MappingView {
            gates: vec![Checked { finding: small(), passed: None }],
            ..mapping_view(mapping(Health::Ok))
        };
        mapping_page(view, Actions::new())
    });
    assert!(html.contains("href=\"/mappings/cart-meta/checklist\""));
    assert!(words(&html).contains("Blocks Minimum size: Meta uses an audience from 100 people on"));
}

fn shown(view: ChecklistView) -> String {
    page("/mappings/cart-meta/checklist", || checklist_page(view, GateActions::new()))
}

#[test]
fn each_line_says_what_is_evident_and_where_to_mend_it() {
    let html = shown(view(mapping(Health::Ok), vec![]));
    let said = words(&html);
    for part in [
        "8 to 15 canonical events, their names frozenDone12 events are agreed on",
        "5 to 10 segments firstDone7 segments are promoted.",
        "OpenNo rule stands for purchase, refund, support, unsubscribed. Suppression",
        "OpenNo controlled test was sent through it. Controlled test",
        "Partly2.5 % of its people are left out",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(html.contains("href=\"/mappings/cart-meta/edit\""));
}

#[test]
fn whoever_may_signs_off_what_is_ready_and_takes_it_back() {
    let ready = view(mapping(Health::Ok), vec![]);
    assert!(words(&shown(ready.clone())).contains("Sign off this mapping"));
    let others = words(&shown(ChecklistView { may_sign: false, ..ready.clone() }));
    assert!(!others.contains("Sign off this mapping"));
    assert!(others.contains("by an approver or an admin"), "{others}");
    let unready = Some("no controlled test was sent through it".to_owned());
    let early = words(&shown(ChecklistView { unready, ..ready.clone() }));
    assert!(early.contains("Not yet possible. No controlled test was sent through it."), "{early}");
    assert!(!early.contains("Sign off this mapping"));
    let given = SignOff {
        basis: Basis::of(&ready.spec),
        note: "Seen in the ad account".to_owned(),
        evidence: "a controlled test was forwarded".to_owned(),
        by: "Ada".to_owned(),
        at: now(),
    };
    let signed = words(&shown(ChecklistView { sign_off: Some(given), ..ready }));
    for part in [
        "Ada: Seen in the ad account",
        "Evident then: a controlled test was forwarded.",
        "Withdraw the sign-off",
    ] {
        assert!(signed.contains(part), "{part}: {signed}");
    }
}
