//! The page of a run.

use domain::{mappings::Health, sync::RunState};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::sync::{api::RunView, page::run_page};

#[test]
fn a_run_says_what_it_changed() {
    let html = page("/runs/x", || {
        let view =
            RunView { now: now(), run: run(RunState::Done), mapping: Some(mapping(Health::Ok)) };
        run_page(view, ServerAction::new())
    });
    assert_eq!(answer(&html), "cart-meta: 1,204 people entered and 311 left. It took 38 s.");
    assert!(html.contains("<dt>Of them there already</dt><dd>4</dd>"), "{html}");
    let html = page("/runs/x", || {
        let view = RunView { now: now(), run: run(RunState::Failed), mapping: None };
        run_page(view, ServerAction::new())
    });
    assert!(answer(&html).contains("was not brought up to date"));
    assert!(!words(&html).contains("Cancel run"), "it has ended");
}

#[test]
fn a_running_run_can_be_cancelled_and_the_question_has_its_numbers() {
    let ask = |state| {
        page("/runs/x", move || {
            run_page(RunView { now: now(), run: run(state), mapping: None }, ServerAction::new())
        })
    };
    let html = ask(RunState::Delivering);
    let text = words(&html);
    assert!(html.contains("<dialog") && html.contains("action=\"/fn/cancel_run\""));
    assert!(text.contains("Cancel this run and drop up to 615 changes?"), "{text}");
    assert!(text.contains("900 of 1,515 changes are acknowledged"), "{text}");
    assert!(words(&ask(RunState::Mirroring)).contains("nothing of it has been sent"));
}
