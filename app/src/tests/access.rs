//! The audit trail.

use domain::access::trail::{Entry, Line, Page as Trail};

use super::{answer, page, samples::*, words};
use crate::{
    access::trail::{Asked, TrailView, trail_page},
    context::Environment,
    ui::Frame,
};
use leptos::prelude::*;

fn entry(action: &str, subject: &str, lines: Vec<Line>) -> Entry {
    Entry {
        id: uuid::Uuid::from_u128(7),
        at: now(),
        actor: "ada@example.com".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        lines,
    }
}

fn html(asked: Asked, entries: Vec<Entry>, older: Option<uuid::Uuid>) -> String {
    page("/settings/audit", move || {
        trail_page(&asked, TrailView { now: now(), trail: Trail { entries, older } })
    })
}

#[test]
fn the_trail_says_who_changed_what_from_what_to_what() {
    let every = Line {
        name: "every".to_owned(),
        before: Some("5m".to_owned()),
        after: Some("<1h>".to_owned()),
    };
    let entries = vec![
        entry("update", "mapping cart-meta", vec![every]),
        entry("forget", "person a/b", vec![]),
    ];
    let html = html(Asked::default(), entries, Some(uuid::Uuid::from_u128(9)));
    assert_eq!(
        answer(&html),
        "The newest entry is from just now: ada@example.com changed mapping cart-meta."
    );
    assert!(html.contains("href=\"/mappings/cart-meta\""));
    assert!(html.contains("<del>5m</del>") && html.contains("&lt;1h&gt;"), "{html}");
    let older = "?older=00000000-0000-0000-0000-000000000009";
    assert!(html.contains(older), "the list goes on: {html}");
}

#[test]
fn what_was_asked_stays_and_nothing_found_is_said() {
    let asked =
        Asked { about: "mapping \"x&y\"".to_owned(), by: "a@b.c".to_owned(), ..Asked::default() };
    let html = html(asked, vec![], None);
    assert_eq!(answer(&html), "No entry about mapping \"x&amp;y\" by a@b.c is on record.");
    assert!(words(&html).contains("Nothing found"));
    assert!(html.contains("value=\"a@b.c\""));
}

#[test]
fn what_was_done_is_told_in_words() {
    let told = |action: &str, subject: &str| {
        answer(&html(Asked::default(), vec![entry(action, subject, vec![])], None))
    };
    for (action, words) in [
        ("rename segment", "renamed the segment of audience carts."),
        ("delete segment", "deleted or archived the segment of audience carts."),
        ("put on list", "put people on the list of audience carts."),
        // Whatever comes without words of its own is told all the same.
        ("dance", "did \"dance\" to audience carts."),
    ] {
        assert!(told(action, "audience carts").ends_with(words), "{action}");
    }
}

#[test]
fn the_bar_says_where_this_is() {
    let bar = |is_stand_in: bool| {
        page("/", move || {
            let environment = Environment { label: "eu".to_owned(), is_stand_in, can_break: false };
            view! { <Frame environment>"page"</Frame> }.into_any()
        })
    };
    assert!(bar(true).contains(r#"<span class="environment stand-in">eu</span>"#));
    assert!(bar(false).contains(r#"<span class="environment real">eu</span>"#));
}
