//! First steps.

use domain::{
    audiences::{
        SegmentState,
        readiness::{ReadyFacts, readiness},
    },
    destinations::{DestinationSpec, Profile},
    first_steps::{
        FirstVersion, Lifted, StepFacts,
        scope::Scope,
        steps,
        verdict::{WorthFacts, verdict},
    },
    mappings::{Health, UseCase},
};

use super::{answer, overview::overview, page, samples::*, words};
use crate::{
    first_steps::{
        api::{FirstMapping, FirstStepsView, RankedSegment, RankedSegments},
        page::{StepActions, first_steps_page},
    },
    overview::page::overview_page,
};

fn empty() -> FirstStepsView {
    FirstStepsView {
        now: now(),
        steps: steps(&StepFacts::default()).to_vec(),
        version: None,
        verdict: None,
        scope: Scope::default(),
        has_ceiling: false,
        may_lift: true,
        destinations: vec![],
        segments: RankedSegments::NotConnected,
        mapping: None,
    }
}

fn begun() -> FirstStepsView {
    let facts = StepFacts { goal: Some(UseCase::Retarget), audiences: 1, ..StepFacts::default() };
    let segment = |name: &str, key: &str, is_promoted| RankedSegment {
        segment: 1,
        name: name.to_owned(),
        key: key.to_owned(),
        is_promoted,
        readiness: readiness(&ReadyFacts {
            state: &SegmentState::Finished,
            coverage: None,
            profile: None,
            window: None,
            goal: UseCase::Retarget,
            keeps_out_buyers: false,
        }),
    };
    let version = FirstVersion {
        goal: UseCase::Retarget,
        begun_by: "Ada".to_owned(),
        begun_at: now(),
        is_capped: true,
        is_dismissed: false,
        lifted: None,
    };
    FirstStepsView {
        steps: steps(&facts).to_vec(),
        version: Some(version),
        verdict: Some(verdict(&WorthFacts {
            goal: UseCase::Retarget,
            segments: Some(2),
            profiles: &[Profile::MetaCustomAudiences],
            audiences: 1,
            largest: None,
        })),
        scope: Scope { mappings: 2, destinations: 1, fields: 0 },
        has_ceiling: true,
        destinations: vec![DestinationSpec {
            key: key("meta"),
            profile: Profile::MetaCustomAudiences,
            integration: "Facebook Custom Audiences".to_owned(),
            fields: vec![],
            hash: false,
            value: None,
            budget: domain::destinations::budget::Budget::default(),
        }],
        segments: RankedSegments::Known(vec![
            segment("Cart <abandoners>", "cart-abandoners", true),
            segment("Lapsed", "lapsed", false),
        ]),
        ..empty()
    }
}

fn shown(view: FirstStepsView) -> String {
    page("/first-steps", || first_steps_page(view, StepActions::new()))
}

#[test]
fn an_empty_installation_begins_with_its_goal() {
    let html = shown(empty());
    assert_eq!(answer(&html), "0 of 7 steps are done. Next: choose the goal.");
    let said = words(&html);
    assert!(said.contains("Keep this goal") && said.contains("once it is connected"), "{said}");
    assert!(!said.contains("How complex it is") && !said.contains("Put first steps away"));
    assert!(html.contains("href=\"/settings/connections\""));
}

#[test]
fn segments_are_ranked_with_their_reasons_and_promoted_by_a_button() {
    let html = shown(begun());
    let said = words(&html);
    assert!(answer(&html).ends_with("Next: connect Customer.io."), "{}", answer(&html));
    for part in [
        "Whether it is worth itDoubtful",
        "No: for one segment at Meta Custom Audiences alone Customer.io's own ad audiences may do",
        "Yes: Customer.io decides who is in 2 segments.",
        "1 promoted, of the 5 to 10 that go first",
        "Yes: Customer.io has finished it.",
        "No: nothing keeps out whoever bought.",
        "Not known: its members are read once it is promoted;",
        "Promote Lapsed",
        "Make the first mapping",
        "2 mappings x 1 destination x (1 + 0 fields beyond identifiers) = 2",
        "Reason to lift the ceiling",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("Promote Cart"), "it is promoted");
    assert!(html.contains("Cart &lt;abandoners&gt;"));
    assert!(html.contains("/destinations/new?profile=meta-custom-audiences"));
}

#[test]
fn the_first_mapping_says_how_it_stands() {
    let mapping = FirstMapping {
        key: key("cart-to-meta"),
        is_active: false,
        has_run: false,
        unready: Some("no controlled test was sent through it".to_owned()),
        is_signed_off: false,
    };
    let paused = words(&shown(FirstStepsView { mapping: Some(mapping.clone()), ..begun() }));
    assert!(paused.contains("is paused: nobody is sent yet."), "{paused}");
    assert!(paused.contains("Start the first mapping"));
    assert!(paused.contains("To sign it off: no controlled test was sent through it."));
    let live = FirstMapping { is_active: true, has_run: true, is_signed_off: true, ..mapping };
    let live = words(&shown(FirstStepsView { mapping: Some(live), ..begun() }));
    assert!(live.contains("is live.") && live.contains("Its QA is signed off"), "{live}");
    assert!(!live.contains("Start the first mapping"));
}

#[test]
fn a_lifted_ceiling_says_who_and_why_and_only_admins_lift() {
    let others = words(&shown(FirstStepsView { may_lift: false, ..begun() }));
    assert!(!others.contains("Reason to lift the ceiling"));
    let mut view = FirstStepsView { has_ceiling: false, ..begun() };
    let lifted = Lifted { reason: "The team knows it".to_owned(), by: "Ada".to_owned(), at: now() };
    if let Some(version) = &mut view.version {
        version.lifted = Some(lifted);
    }
    let said = words(&shown(view));
    assert!(said.contains("Ada has lifted the ceiling: The team knows it."), "{said}");
}

#[test]
fn the_overview_shows_how_far_they_have_come_while_they_go_on() {
    let html = page("/", || overview_page(overview(vec![])));
    assert!(html.contains("href=\"/first-steps\""), "where nothing flows they are offered");
    let with = |first_steps| {
        let mut view = overview(vec![mapping(Health::Paused)]);
        view.first_steps = first_steps;
        words(&page("/", || overview_page(view)))
    };
    assert!(with(Some((6, 7))).contains("First steps: 6 of 7 steps done."));
    assert!(!with(None).contains("First steps"));
}
