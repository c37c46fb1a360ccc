//! The pages of audiences.

use domain::audiences::{Segment, SegmentRow, SegmentState};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::audiences::{api::Segments, form::promote_page};

#[test]
fn promoting_shows_the_segments_or_why_there_are_none() {
    let html = page("/audiences/new", || {
        let segment = |id, name: &str, state| Segment { id, name: name.to_owned(), state };
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
