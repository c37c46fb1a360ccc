//! The audit trail.

use domain::access::trail::{Entry, Line, Page as Trail};

use super::{answer, page, samples::*, words};
use crate::access::trail::{Asked, TrailView, trail_page};

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
