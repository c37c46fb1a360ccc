//! The page of the first steps.

use domain::{
    audiences::readiness::{Lack, Ranked},
    destinations::Profile,
    first_steps::Progress,
    mappings::{UseCase, trial::Proof},
};
use leptos::prelude::ServerAction;

use super::{answer, page, samples::*, words};
use crate::first_steps::{api::FirstStepsView, page::first_steps_page};

fn shown(progress: Progress, segments: Vec<Ranked>, unread: Option<&str>) -> String {
    let view = FirstStepsView { progress, segments, unread: unread.map(str::to_owned) };
    page("/first-steps", || first_steps_page(view, ServerAction::new()))
}

#[test]
fn the_first_steps_say_what_comes_next() {
    let html = shown(Progress::default(), vec![], None);
    assert_eq!(
        answer(&html),
        "9 steps are left until the first mapping is live. Next: say what it is for."
    );
    assert!(words(&html).contains("Begin with this goal"));

    let progress = Progress {
        goal: Some(UseCase::Retarget),
        customerio: true,
        twilio: true,
        destinations: vec![(key("meta"), Profile::MetaCustomAudiences)],
        audiences: 2,
        mapping: Some(key("carts-meta")),
        proof: Some(Proof::Arrived),
        ..Progress::default()
    };
    let segment = |name: &str, audience: Option<&str>, lacks: &[Lack]| Ranked {
        segment: 7,
        name: name.to_owned(),
        audience: audience.map(key),
        members: audience.map(|_| 14_911),
        lacks: lacks.to_vec(),
    };
    let segments = vec![
        segment("Cart <abandoners>", Some("carts"), &[]),
        segment("Browsed", None, &[Lack::Promotion]),
    ];
    let html = shown(progress.clone(), segments, None);
    assert!(answer(&html).ends_with("Next: keep out who bought."), "{}", answer(&html));
    let said = words(&html);
    for part in ["Nothing: it is ready", "Not promoted yet", "14,911", "2 promoted; 5 to 10"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(html.contains("href=\"/audiences/new?segment=7\""));
    assert!(html.contains("href=\"/mappings/new?audience=carts\""));
    assert!(html.contains("href=\"/mappings/carts-meta/test\""), "amber: the test isn't done");
    assert!(html.contains("href=\"/destinations/new?profile=meta-custom-audiences\""));
    assert!(html.contains("Cart &lt;abandoners&gt;"), "names are text");

    let broken = shown(progress.clone(), vec![], Some("Customer.io refused the key."));
    assert!(words(&broken).contains("Customer.io refused the key."));
    let live = Progress {
        keeps_buyers_out: true,
        proof: Some(Proof::Forwarded),
        is_live: true,
        ..progress
    };
    assert!(answer(&shown(live, vec![], None)).starts_with("The first mapping is live."));
}
