//! The page of notices: what it says, and for whom.

use domain::{
    notices::{Notice, NoticesView, Standing, Told},
    time::Span,
};

use super::{answer, page, samples::now, words};
use crate::notices::{
    api::NoticesRead,
    page::{Actions, notices_page},
};

fn told(words: &str, failures: u32) -> Told {
    Told {
        notice: Notice {
            subject: "change 1".to_owned(),
            words: words.to_owned(),
            page: "/contract/changes/1".to_owned(),
        },
        since: now().minus(Span::from_hours(2)),
        told_at: None,
        ended_at: None,
        tried_at: (failures > 0).then(now),
        failures,
        failure: (failures > 0).then(|| "it answered 410 Gone".to_owned()),
    }
}

fn shown(standing: Standing, notices: Vec<Told>, may_change: bool) -> String {
    let view = NoticesView { standing, notices };
    let read = NoticesRead { now: now(), view, may_change };
    page("/settings/notices", move || notices_page(read, Actions::default()))
}

#[test]
fn whoever_may_says_where_notices_go() {
    let html = shown(Standing::default(), Vec::new(), true);
    assert!(answer(&html).starts_with("Nobody is told"));
    assert!(html.contains("name=\"webhook\"") && !html.contains("Send a test"));
    assert!(words(&html).contains("Nothing has waited yet"));
    let html = shown(Standing { has_webhook: true, is_signed: true }, Vec::new(), true);
    assert_eq!(answer(&html), "What waits for a decision is told to a webhook, signed, once.");
    assert!(html.contains("Send a test") && html.contains("Tell nobody any more"));
    let html = shown(Standing { has_webhook: true, is_signed: false }, Vec::new(), false);
    assert!(!html.contains("name=\"webhook\"") && !html.contains("Send a test"));
}

#[test]
fn each_notice_says_whether_it_was_told() {
    let standing = Standing { has_webhook: true, is_signed: false };
    let done = Told { told_at: Some(now()), ended_at: Some(now()), ..told("Done <b>", 0) };
    let missed = Told { ended_at: Some(now()), ..told("Missed", 0) };
    let all = vec![told("Failing", 3), told("Fresh", 0), done, missed];
    let html = shown(standing, all, false);
    assert_eq!(
        answer(&html).replace('\u{a0}', " "),
        "What waits for a decision is told to a webhook, once. It did not take 1 notice so far: \
         tried again until it does."
    );
    let told = words(&html);
    for expected in ["it answered 410 Gone; tried 3", "not yet", "decided before it was told"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(!html.contains("<b>"), "words are text");
}
