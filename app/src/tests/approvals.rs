//! The page of what waits for a decision.

use domain::{
    approvals::{Approvals, ShrunkAudience, WaitingRun},
    mappings::UseCase,
    sync::RunState,
};

use super::{answer, page, samples::*, words};
use crate::approvals::{
    api::ApprovalsView,
    page::{Actions, approvals_page},
};

fn approvals_html(approvals: Approvals) -> String {
    page("/approvals", move || {
        approvals_page(ApprovalsView { now: now(), approvals, changes: Vec::new() }, Actions::new())
    })
}

#[test]
fn what_waits_shows_its_numbers_and_what_each_button_does() {
    let html = approvals_html(Approvals {
        runs: vec![WaitingRun {
            run: run(RunState::Waiting).id,
            mapping: key("cart-meta"),
            audience: key("cart-abandoners"),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            at: now(),
            entered: 0,
            exited: 9_204,
            present: 12_480,
        }],
        shrunk: vec![ShrunkAudience {
            audience: key("recent-purchasers"),
            segment_name: Some("Recent <buyers>".to_owned()),
            at: now(),
            kept: 4_000,
            read: 1,
            suppressions: vec![key("purchase")],
        }],
    });
    assert_eq!(
        answer(&html),
        "1 run holds back an abnormal change and 1 suppression keeps people whom its segment lost."
    );
    let words = words(&html);
    for expected in ["Release 9,204 exits", "Discard and pause", "Accept 1 person", "12,480"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(html.contains("Recent &lt;buyers&gt;"), "names are text");
    let nothing = approvals_html(Approvals::default());
    assert_eq!(answer(&nothing), "Nothing waits for a decision.");
    assert!(!nothing.contains("<table"));
}
