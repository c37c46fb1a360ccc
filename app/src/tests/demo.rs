//! The demo's page.

use domain::{
    demo::{Breakage, Broken},
    mappings::Health,
    time::Span,
};

use super::{answer, page, samples::*, words};
use crate::demo::{
    api::DemoView,
    page::{Actions as DemoActions, demo_page},
};

#[test]
fn the_demo_says_what_is_broken_and_for_how_long() {
    let html = page("/demo", || {
        let broken = vec![
            Broken { what: Breakage::SegmentDown, left: Span::from_millis(23_400) },
            Broken { what: Breakage::CustomerioSlow, left: Span::from_seconds(3) },
        ];
        let view = DemoView { now: now(), broken, mappings: vec![mapping(Health::Late)] };
        demo_page(view, DemoActions::new())
    });
    assert_eq!(
        answer(&html),
        "Segment answers 503 and Customer.io is slow. 378 changes are on the way."
    );
    let text = words(&html);
    assert!(text.contains("24 s left") && text.contains("Mend everything"), "{text}");
    assert!(html.contains("max=\"30\"") && html.contains("value=\"24\""), "{html}");
    assert_eq!(text.matches("Break for 30 s").count(), Breakage::ALL.len() - 2);
    let calm = page("/demo", || {
        let view = DemoView { now: now(), broken: vec![], mappings: vec![] };
        demo_page(view, DemoActions::new())
    });
    assert!(answer(&calm).starts_with("All is well"));
    assert!(!words(&calm).contains("Mend everything"), "nothing is broken");
}
