//! Controlled tests: amber until the destination got it.

use domain::{
    mappings::trial::{Place, TestPerson, Trial, TrialPreview},
    sync::Cause,
    time::Span,
};
use uuid::Uuid;

use super::{answer, page, samples, words};
use crate::mappings::{
    trial::{Actions, trial_page},
    trial_api::TrialView,
};

fn trial(arrived: bool, forwarded: bool, hours: i64) -> Trial {
    let now = samples::now();
    Trial {
        id: Uuid::nil(),
        cio_id: "a1".to_owned(),
        by: "jane@example.com".to_owned(),
        sent_at: now.minus(Span::from_hours(hours)),
        mark: "segue-test-00000000000000000000000000000000".to_owned(),
        messages: 1,
        arrived_at: arrived.then_some(now),
        forwarded_at: forwarded.then_some(now),
        looked_at: Some(now),
    }
}

fn view(trials: Vec<Trial>, preview: Option<TrialPreview>) -> TrialView {
    let pinned = vec![TestPerson {
        cio_id: "a1".to_owned(),
        email: Some("j•••@example.com".to_owned()),
        by: "jane@example.com".to_owned(),
        at: samples::now(),
    }];
    TrialView {
        now: samples::now(),
        mapping: "cart-meta".to_owned(),
        destination: "meta".to_owned(),
        pinned,
        preview,
        trials,
        trouble: None,
    }
}

fn shown(view: TrialView) -> String {
    page("/mappings/cart-meta/test", move || trial_page(view, Actions::new()))
}

#[test]
fn is_amber_until_the_destination_got_it() {
    for (trial, said, mark) in [
        (trial(false, false, 0), "which proves nothing yet", "Not yet"),
        (trial(true, false, 0), "is in Segment; it is not proven yet", "Not yet"),
        (trial(true, true, 0), "was forwarded to meta", "Seen"),
        (trial(false, false, 5), "never arrived in Segment", "Never"),
        (trial(true, false, 5), "and meta never got it", "Never"),
    ] {
        let html = shown(view(vec![trial], None));
        assert!(answer(&html).contains(said), "{said}: {html}");
        assert!(words(&html).contains(mark), "{said}");
    }
    assert!(answer(&shown(view(Vec::new(), None))).starts_with("No test was sent to meta yet."));
}

#[test]
fn only_who_is_pinned_and_would_go_can_be_sent() {
    let preview = |is_pinned, place| TrialPreview {
        cio_id: "a1".to_owned(),
        is_pinned,
        place,
        messages: vec!["{}".to_owned()],
    };
    let button = "Send this test to meta";
    let html = shown(view(Vec::new(), Some(preview(true, Place::Goes))));
    assert!(words(&html).contains(button));
    for (one, said) in [
        (preview(false, Place::Goes), "Only pinned people can be sent"),
        (preview(true, Place::NoMember), "no member of its audience"),
        (preview(true, Place::Withheld(Cause::Suppressed)), "because a suppression keeps them out"),
    ] {
        let text = words(&shown(view(Vec::new(), Some(one))));
        assert!(text.contains(said) && !text.contains(button), "{said}: {text}");
    }
}
