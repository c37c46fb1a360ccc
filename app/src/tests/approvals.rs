//! The page of what waits for a decision.

use domain::{
    access::{Actor, Role},
    approvals::{
        Approvals, ShrunkAudience, WaitingRun,
        proposal::{Base, Edit, Proposal},
    },
    contract::request::State,
    ids::ProposalId,
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
        let actor = Actor { name: "ana@example.com".to_owned(), role: Role::Approver };
        let view = ApprovalsView {
            now: now(),
            actor,
            second_person: true,
            approvals,
            changes: Vec::new(),
        };
        approvals_page(view, Actions::new())
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
        proposals: Vec::new(),
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

fn proposal(author: &str, edit: Edit) -> Proposal {
    Proposal {
        id: ProposalId(uuid::Uuid::nil()),
        author: author.to_owned(),
        at: now(),
        edit,
        base: Base::default(),
        state: State::Open,
        decision: None,
    }
}

#[test]
fn nobody_is_offered_to_approve_what_they_propose() {
    let retired = || Edit { retired: vec![key("bought")], ..Edit::default() };
    let ends = Edit { second_person: Some(false), ..Edit::default() };
    let html = approvals_html(Approvals {
        proposals: vec![proposal("ben@example.com", retired()), proposal("ben@example.com", ends)],
        ..Approvals::default()
    });
    assert_eq!(answer(&html), "2 changes of mappings or suppressions are proposed.");
    let told = words(&html);
    for expected in
        ["Retire suppression bought", "No second person is asked any more", "Approve", "Turn away"]
    {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!told.contains("Take back"), "{told}");
    let buttons = html.matches("data-verdict=\"approve\"").count();
    assert_eq!(buttons, 1, "that nobody is asked any more is for admins");
    // The switch is an admin's.
    assert!(!told.contains("Ask nobody else"), "{told}");
    let own = words(&approvals_html(Approvals {
        proposals: vec![proposal("ana@example.com", retired())],
        ..Approvals::default()
    }));
    assert!(own.contains("Take back") && !own.contains("Turn away"), "{own}");
}
