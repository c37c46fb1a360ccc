//! The page of one destination, and what a change of its fields would do.

use domain::{
    destinations::fields::{DestinationView, Difference, Example, FieldsPreview, Flow, Vector},
    mappings::{Health, UseCase},
};
use leptos::prelude::*;

use super::{answer, page, samples, words};
use crate::destinations::{
    api::{FieldsTold, OneDestination},
    fields::{FieldsPreviewing, panel, told},
    one::{Actions, destination_page},
};

fn example(message: &str) -> Example {
    let mapping = Some(samples::key("cart-meta"));
    Example { mapping, use_case: UseCase::Retarget, messages: vec![message.to_owned()] }
}

fn vector(agrees: bool) -> Vector {
    Vector { input: "+14155552671".to_owned(), expected: "758f".to_owned(), agrees }
}

fn one(fields: &[&str], sends: bool) -> OneDestination {
    let mut row = samples::destination();
    row.spec.fields = fields.iter().map(|&field| field.to_owned()).collect();
    let view = DestinationView {
        row,
        examples: vec![example("{\n  \"type\": \"track\"\n}")],
        vectors: vec![vector(true), vector(sends)],
    };
    let mappings = if sends { vec![samples::mapping(Health::Ok)] } else { Vec::new() };
    OneDestination { now: samples::now(), view, mappings, events: Vec::new() }
}

fn shown(one: OneDestination) -> String {
    page("/destinations/meta", move || {
        let (change, value, budget) =
            (ServerAction::new(), ServerAction::new(), ServerAction::new());
        destination_page(one, Actions { change, value, budget }, FieldsPreviewing::answered(None))
    })
}

fn preview(begins: &[&str], stops: &[&str], flows: Vec<Flow>) -> FieldsPreview {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    FieldsPreview {
        difference: Difference { begins: names(begins), stops: names(stops) },
        people: 12_480,
        flows,
        examples: vec![example("{\n  \"ltv\": \"312.50\"\n}")],
    }
}

fn flow(active: bool, tells_again: bool) -> Flow {
    let mapping = samples::key("cart-meta");
    Flow { mapping, use_case: UseCase::Retarget, active, people: 12_480, tells_again }
}

#[test]
fn begins_with_what_flows_and_to_how_many() {
    assert_eq!(
        answer(&shown(one(&[], true))),
        "Id, e-mail and phone flow to Meta Custom Audiences, in clear, and nothing else. 12,102 memberships are there, by 1 mapping."
    );
    let html = shown(one(&["ltv", "tier"], false));
    assert_eq!(
        answer(&html),
        "Id, e-mail, phone, ltv and tier flow to Meta Custom Audiences. No mapping sends there yet."
    );
    assert_eq!(html.matches("name=\"base[]\"").count(), 2);
    assert_eq!(html.matches("name=\"keep[]\"").count(), 2);
    assert!(html.contains("/mappings/new?destination=meta"), "{html}");
}

#[test]
fn explains_the_platform_and_shows_the_message() {
    let text = words(&shown(one(&[], true)));
    for said in [
        "E-mail or phone. Members with neither are not sent.",
        "phone as its digits alone",
        "100 people: a smaller one is not used.",
        "at most every 1 h",
        "everyone counts as consented",
        "\"type\": \"track\"",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn the_self_test_says_what_would_not_be_found() {
    assert!(words(&shown(one(&[], true))).contains("Identifiers hash as the platform hashes them"));
    let text = words(&shown(one(&[], false)));
    assert!(text.contains("1 identifier hashes otherwise than the platform's rule"), "{text}");
    assert!(text.contains("Differs"), "{text}");
}

#[test]
fn a_change_says_which_fields_to_how_many_and_when() {
    let shown = |preview| words(&page("/destinations/meta", move || panel(preview, "meta")));
    let text = shown(preview(&["ltv"], &["city"], vec![flow(true, true), flow(false, false)]));
    assert!(
        text.contains(
            "ltv would begin to flow to meta: about 12,480 people at most, by 2 mappings."
        )
    );
    assert!(text.contains("city would stop flowing to meta. What is there already stays there"));
    assert!(
        text.contains("they are told again") && text.contains("Paused: only with what protects")
    );
    let text = shown(preview(&["ltv"], &[], Vec::new()));
    assert!(
        text.contains("ltv may flow to meta from then on; no mapping sends there yet."),
        "{text}"
    );
    let text = shown(preview(&[], &[], Vec::new()));
    assert!(text.contains("Nothing would change."), "{text}");
    let html = page("/destinations/meta", || panel(preview(&["ltv"], &[], Vec::new()), "meta"));
    assert!(html.contains("<ins>\"ltv\": \"312.50\""), "what is new is marked: {html}");
}

#[test]
fn what_can_not_be_saved_says_why() {
    let message = "write something".to_owned();
    let not_yet = Ok(FieldsTold::NotYet { message });
    let html = page("/destinations/meta", move || told(not_yet, "meta"));
    assert!(words(&html).contains("Not to be told yet: write something."), "{html}");
}
