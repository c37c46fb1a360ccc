//! Stops and dead letters.

use domain::{
    delivery::{
        Transition,
        letters::{LetterGroup, Letters},
        stop::{Scope, Stop},
    },
    time::Span,
};
use leptos::prelude::*;

use super::{answer, mapping_form::choices, page, samples::*, words};
use crate::{
    delivery::{
        api::{LettersView, StopsView},
        page::letters_page,
        parts::{StopActions, stop_lines},
    },
    destinations::{api::DestinationsView, page::destinations_page},
};

#[test]
fn a_stop_is_seen_with_who_and_since_when_and_can_be_ended() {
    let stop = |scope| Stop {
        scope,
        by: "ada@example.com".to_owned(),
        since: now().minus(Span::from_minutes(4)),
    };
    let stops = vec![stop(Scope::Everything), stop(Scope::Destination(key("meta")))];
    let list =
        DestinationsView { now: now(), destinations: choices().destinations, stops: stops.clone() };
    let bar = |stops| {
        page("/mappings", || {
            let path = leptos_router::hooks::use_location().pathname;
            stop_lines(StopsView { now: now(), stops }, path, StopActions::of_frame())
        })
    };
    let html = bar(stops);
    let text = words(&html);
    assert!(
        text.contains("All delivery stands still: stopped by ada@example.com 4 min ago."),
        "{text}"
    );
    assert!(text.contains("Delivery to meta stands still"), "{text}");
    assert!(text.contains("Resume everything else") && text.contains("Resume delivery to meta"));
    assert!(text.contains("What protects people still flows"));
    assert!(html.contains("name=\"back\" value=\"/mappings\""), "{html}");
    assert!(!bar(vec![]).contains("<section"), "nothing is shown while nothing is stopped");

    let html = page("/destinations", || destinations_page(list, StopActions::of_frame()));
    let text = words(&html);
    assert!(text.contains("Stopped") && text.contains("Resume delivery to meta"));
    assert!(!text.contains("Stop all delivery"), "everything is stopped already");
}

#[test]
fn dead_letters_say_what_did_not_happen_and_what_can_be_done() {
    let group = |transition, people| LetterGroup {
        mapping: key("cart-meta"),
        transition,
        reason: "400 <Bad Request>".to_owned(),
        people,
        sample: Some("a/b".to_owned()),
        first_at: now().minus(Span::from_hours(30)),
        last_at: now().minus(Span::from_minutes(2)),
    };
    let open = vec![group(Transition::Exited, 1), group(Transition::Entered, 12)];
    let build = |letters| {
        page("/dead-letters", || {
            letters_page(LettersView { now: now(), letters }, ServerAction::new())
        })
    };
    let html = build(Letters { open, discarded: vec![(key("vip-meta"), 7)] });
    assert_eq!(
        answer(&html),
        "Segment refused the events of 13 people for good. One of them should have left and is \
         still at the destination."
    );
    let text = words(&html);
    for said in ["Could not leave", "Retry 12", "Discard all 13", "Retry 7 discarded", "once a day"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(html.contains("href=\"/people/a%2Fb\"") && html.contains("id=\"cart-meta\""));
    assert!(html.contains("name=\"reason\" value=\"400 &lt;Bad Request&gt;\""), "{html}");
    let empty = build(Letters::default());
    assert!(answer(&empty).starts_with("Segment refuses nobody"));
}
