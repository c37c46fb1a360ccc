//! The page of Segment's tracking plans: what it says, and for whom.

use domain::contract::plans::{Comparison, PlanName, PlansView};

use super::{answer, page, words};
use crate::{
    contract::{
        api::PlansRead,
        plans::{Actions, plans_page},
    },
    vendor_answer::VendorAnswer,
};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn shown(chosen: Option<Comparison>, may_propose: bool, may_push: bool) -> String {
    let plan = PlanName { id: "tp_1".to_owned(), name: "Shop <i>".to_owned() };
    let chosen = chosen.map(|comparison| (plan.clone(), comparison));
    let view = PlansView { plans: vec![plan], version: 3, chosen };
    let read = PlansRead { plans: VendorAnswer::Known(view), may_propose, may_push };
    page("/contract/plans", move || plans_page(read, Actions::default()))
}

#[test]
fn a_plan_says_what_would_become_of_it() {
    let html = shown(None, true, true);
    assert!(answer(&html).starts_with("Segment has 1"), "{}", answer(&html));
    assert!(html.contains("/contract/plans?plan=tp_1") && !html.contains("Shop <i>"));
    let comparison = Comparison {
        added: names(&["Cart Shared"]),
        removed: names(&["Quiz <b>"]),
        lost: names(&["Order: coupon: its pattern"]),
        kept: 1,
        ..Comparison::default()
    };
    let html = shown(Some(comparison.clone()), true, true);
    assert_eq!(answer(&html), "Shop &lt;i&gt; differs from version 3 of the contract.");
    let told = words(&html);
    for expected in ["It getsCart Shared", "its pattern", "The plan would lose something"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(html.contains("Make the plan as the contract says"));
    let operator = shown(Some(comparison), true, false);
    assert!(operator.contains("Begin a draft from it"));
    assert!(!operator.contains("Make the plan as the contract says"));
    let same = shown(Some(Comparison { kept: 1, ..Comparison::default() }), true, true);
    assert!(answer(&same).ends_with("says what version 3 of the contract does."));
    assert!(!same.contains("Begin a draft from it"));
}

#[test]
fn a_segment_that_cannot_be_asked_says_why() {
    let plans = VendorAnswer::Unknown { reason: "No token is entered".to_owned() };
    let read = PlansRead { plans, may_propose: true, may_push: true };
    let html = page("/contract/plans", move || plans_page(read, Actions::default()));
    assert!(words(&html).contains("No token is entered"));
    assert!(html.contains("Exchange files instead"));
}
