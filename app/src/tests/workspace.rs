//! The workspace: its page, and times in its zone.

use domain::{
    time::{Instant, Span},
    workspace::{Shift, Shown, Workspace, Zone},
};
use leptos::prelude::*;

use super::{answer, page, samples::now, words};
use crate::{
    format,
    ui::Moment,
    workspace::{self, api::WorkspaceView, page::workspace_page, today},
};

/// Five and a half hours ahead, always.
fn india() -> Shown {
    let shift =
        Shift { from: Instant(0), ahead: Span::from_minutes(330), abbreviation: "IST".to_owned() };
    let zone = Zone { name: "Asia/Kolkata".to_owned(), shifts: vec![shift] };
    Shown { zone, ..Shown::default() }
}

#[test]
fn times_are_shown_in_the_workspace_s_zone() {
    let told = |shown: Option<Shown>| {
        page("/", move || {
            if let Some(shown) = shown {
                workspace::provide(shown);
            }
            let (now, at) = (now(), now().minus(Span::from_hours(2)));
            let rest = [format::clock(at), format::day(now), today(now).to_string()].join("|");
            view! { <Moment at now /> {rest} }.into_any()
        })
    };
    let utc = told(None);
    assert!(utc.contains("title=\"23 Oct 2026, 18:00:00 UTC\""), "{utc}");
    assert!(utc.contains("18:00|23\u{a0}Oct\u{a0}2026|2026-10-23"), "{utc}");
    let india = told(Some(india()));
    assert!(india.contains("title=\"23 Oct 2026, 23:30:00 IST\""), "{india}");
    assert!(india.contains("23:30|24\u{a0}Oct\u{a0}2026|2026-10-24"), "{india}");
    assert!(india.contains("datetime=\"2026-10-23T18:00:00.000Z\""), "machines read UTC");
}

#[test]
fn whoever_may_change_it_has_a_form() {
    let shown = |may_change| {
        let workspace = Workspace { time_zone: "Europe/Berlin".to_owned(), ..Workspace::default() };
        let zones = vec!["America/New_York".to_owned(), "Europe/Berlin".to_owned()];
        page("/settings/workspace", move || {
            workspace_page(WorkspaceView { workspace, zones, may_change }, ServerAction::new())
        })
    };
    let html = shown(true);
    assert!(answer(&html).starts_with("Times are shown in Europe/Berlin, and days begin there"));
    assert!(html.contains("action=\"/fn/save_workspace\""), "{html}");
    assert!(html.contains("<option value=\"Europe/Berlin\" selected"), "{html}");
    let html = shown(false);
    assert!(!html.contains("<form"), "{html}");
    assert!(words(&html).contains("An admin can change them."));
}
