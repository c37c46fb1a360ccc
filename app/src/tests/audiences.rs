//! The pages of audiences.

use std::collections::BTreeMap;

use domain::{
    access::trail::Entry,
    audiences::{AudienceRow, Mirror, Segment, SegmentRow, SegmentState},
    day::Day,
    mappings::{Health, lately::Lately},
    time::Span,
};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::audiences::{
    api::{OneAudience, Segments},
    form::{edit_page, promote_page},
    one::audience_page,
};

#[test]
fn promoting_shows_the_segments_or_why_there_are_none() {
    let html = page("/audiences/new", || {
        let segment =
            |id, name: &str, state| Segment { id, name: name.to_owned(), state, changed_at: None };
        let rows = vec![
            SegmentRow {
                segment: segment(7, "Carts", SegmentState::Finished),
                promoted_as: Some(key("carts")),
            },
            SegmentRow {
                segment: segment(8, "VIP", SegmentState::Building { progress: None }),
                promoted_as: None,
            },
        ];
        promote_page(Segments::Known(rows), ServerAction::new())
    });
    let text = words(&html);
    assert!(answer(&html).starts_with("1 of 2 segments can be promoted"));
    assert!(text.contains("VIP (8) · still building") && text.contains("already carts"));

    let html = page("/audiences/new", || {
        let reason = "No key for Customer.io is set.".to_owned();
        promote_page(Segments::Unknown { reason }, ServerAction::new())
    });
    assert!(html.contains("href=\"/settings/connections\""));
    assert!(words(&html).contains("No key for Customer.io is set."));
}

#[test]
fn an_audience_says_where_it_flows_and_what_was_changed() {
    let html = page("/audiences/cart-abandoners", || {
        let mut row = audience(Mirror::Fresh);
        row.spec.purpose = Some("Bring <them> back".to_owned());
        row.segment_changed_at = Some(now().minus(Span::from_hours(30)));
        row.spec.review_on = Some(Day::of(now()).plus(-3));
        let entry = Entry {
            id: uuid::Uuid::nil(),
            at: now(),
            actor: "ada@example.com".to_owned(),
            action: "update".to_owned(),
            subject: "audience cart-abandoners".to_owned(),
            lines: vec![],
        };
        audience_page(OneAudience {
            now: now(),
            row,
            mappings: vec![mapping(Health::Ok)],
            rules: vec![],
            changes: vec![entry],
            version: 3,
            lately: Lately { ended: 200, well: 197, told: 12_345 },
            tests: [(key("cart-meta"), "forwarded 2 d ago".to_owned())].into(),
        })
    });
    assert_eq!(answer(&html), "14,911 members, read 2 h ago; sent by 1 mapping.");
    assert!(words(&html).contains("Version3"), "{html}");
    assert!(words(&html).contains("Changed there 1 d ago"), "{html}");
    assert!(words(&html).contains("Told in 30 days12,345 changes"), "{html}");
    let level = "Missed: 197 of 200 runs in 30 days ended well; the promise is 99 %";
    assert!(words(&html).contains(level), "{html}");
    assert!(words(&html).contains("Controlled test: forwarded 2 d ago"), "{html}");
    let text = words(&html);
    assert!(html.contains("Bring &lt;them&gt; back") && html.contains("Cart &lt;abandoners&gt;"));
    assert!(text.contains("Due for 3 days"), "{text}");
    for link in ["/mappings/cart-meta", "/destinations/meta", "/audiences/cart-abandoners/edit"] {
        assert!(html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    assert!(html.contains("/audiences/cart-abandoners/ledger.csv"));
    assert!(text.contains("ada@example.com") && text.contains("Show the whole trail"));
}

#[test]
fn an_audience_that_flows_nowhere_has_the_next_step() {
    let html = page("/audiences/cart-abandoners", || {
        let row = AudienceRow { mirrored_at: None, ..audience(Mirror::Never) };
        audience_page(OneAudience {
            now: now(),
            row,
            mappings: vec![],
            rules: vec![],
            changes: vec![],
            version: 1,
            lately: Lately::default(),
            tests: BTreeMap::new(),
        })
    });
    assert_eq!(answer(&html), "Its members were not read yet; sent nowhere.");
    assert!(html.contains("/mappings/new?audience=cart-abandoners"));
    assert!(words(&html).contains("Nothing is on record"));
}

#[test]
fn a_template_fills_the_form_and_says_what_to_make_first() {
    let build = |address: &str| {
        page(address, || {
            // The router does this before a page is built.
            let _ = leptos_router::hooks::use_query_map();
            let segment = Segment {
                id: 8,
                name: "Lapsed".to_owned(),
                state: SegmentState::Finished,
                changed_at: None,
            };
            let rows = vec![SegmentRow { segment, promoted_as: None }];
            promote_page(Segments::Known(rows), ServerAction::new())
        })
    };
    let html = build("/audiences/new?template=lapsed-buyers");
    assert!(
        html.contains("value=\"lapsed-buyers\"") && html.contains("value=\"60d-120d\""),
        "{html}"
    );
    assert!(words(&html).contains("did not perform it in the past 60 days"));
    assert!(!words(&html).contains("Begin with a template"));
    let html = build("/audiences/new");
    assert!(html.contains("/audiences/new?template=vip-buyers"), "{html}");
}

#[test]
fn the_edit_form_holds_what_was_said() {
    let html = page("/audiences/cart-abandoners/edit", || {
        let mut spec = audience(Mirror::Fresh).spec;
        spec.owner = Some("Retention".to_owned());
        spec.review_on = "2026-12-31".parse().ok();
        edit_page(&spec, ServerAction::new())
    });
    for value in
        ["value=\"Retention\"", "value=\"2026-12-31\"", "value=\"7\"", "value=\"cart-abandoners\""]
    {
        assert!(html.contains(value), "{value}: {html}");
    }
}

#[test]
fn bands_are_cut_as_the_address_asks() {
    let shown = |pairs: &'static [(&'static str, &'static str)]| {
        page("/audiences/bands", || {
            crate::audiences::bands::bands_page(|name| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        })
    };
    let html = shown(&[]);
    assert_eq!(
        answer(&html),
        "3 bands from 30d to 120d: whoever lapsed stands in one of them, and in no two."
    );
    assert!(
        html.contains("/audiences/new?key=lapsed-30-60&amp;window=30d-60d&amp;purpose=Win%20back")
    );
    let html = shown(&[("each", "soon")]);
    assert_eq!(answer(&html), "The stretch can't be cut like this.");
    assert!(words(&html).contains("Write whole days"));
    assert!(words(&shown(&[("each", "1d")])).contains("At most 12 bands"));
}
