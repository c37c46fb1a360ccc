//! Gates on a mapping's page.

use domain::{
    delivery::letters::LetterCount,
    mappings::{
        Health,
        gates::{Checked, Finding, Gate, GateLink, GateState, Override},
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
    parts::{Actions, mapping_page},
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

fn checklist(is_active: bool, gates: Vec<Checked>) -> String {
    page("/mappings/cart-meta/checklist", move || {
        let health = if is_active { Health::Ok } else { Health::Paused };
        let view = ChecklistView { now: now(), spec: mapping(health).spec, gates };
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
            now: now(),
            mapping: mapping(Health::Ok),
            runs: vec![],
            older: None,
            is_older_page: false,
            letters: LetterCount::default(),
            connections: vec![],
            gates: vec![Checked { finding: small(), passed: None }],
        };
        mapping_page(view, Actions::new())
    });
    assert!(html.contains("href=\"/mappings/cart-meta/checklist\""));
    assert!(words(&html).contains("Blocks Minimum size: Meta uses an audience from 100 people on"));
}
