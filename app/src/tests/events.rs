//! Where events come in, and how soon people leave for them.

use domain::{
    events::{
        Call, Entrances, Origin,
        latency::{Latency, Stages},
    },
    time::{Instant, Span},
};

use super::{answer, page, samples::now, words};
use crate::events::{api::EntrancesView, page::entrances_page};

fn nothing() -> Entrances {
    Entrances {
        keyed: vec![],
        sources: vec![],
        calls: vec![],
        waiting: 0,
        refused: 0,
        latencies: vec![],
        rules: 0,
    }
}

fn shown(entrances: Entrances) -> String {
    let view = EntrancesView { now: now(), entrances };
    page("/settings/connections/events", || entrances_page(view))
}

fn call(origin: Origin, taken: Option<i64>, refused: Option<i64>) -> Call {
    let ago = |seconds: i64| Instant(now().0 - Span::from_seconds(seconds).0);
    Call {
        origin,
        taken_at: taken.map(ago),
        refused_at: refused.map(ago),
        refusal: refused.map(|_| "it carries no <signature>".to_owned()),
    }
}

#[test]
fn before_anything_came_in_it_says_what_to_do() {
    let html = shown(nothing());
    assert_eq!(answer(&html), "Nothing has come in yet.");
    let text = words(&html);
    assert_eq!(text.matches("No key is set").count(), 3, "{text}");
    for said in
        ["No suppression names an event", "Nobody had to leave yet", "segment_id", "[[source]]"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn an_entrance_shows_its_last_call_and_why_one_was_refused() {
    let html = shown(Entrances {
        keyed: vec![Origin::Reporting, Origin::Campaign],
        sources: vec!["shop".parse().unwrap()],
        calls: vec![
            call(Origin::Source, Some(60), None),
            call(Origin::Reporting, Some(600), Some(30)),
        ],
        waiting: 1,
        refused: 2,
        rules: 1,
        ..nothing()
    });
    let text = words(&html);
    for said in
        ["Takes calls", "Refuses calls", "Not called yet", "1 min ago", "won't take 2 events"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains("1 event is on the way"), "{text}");
    assert!(html.contains("It carries no &lt;signature&gt;"), "{html}");
    assert!(!text.contains("No suppression names an event"));
    assert!(answer(&html).starts_with("Events come in"), "{html}");
}

#[test]
fn how_soon_people_leave_is_said_with_its_stages() {
    let millis = Span::from_millis;
    let latency = Latency {
        destination: "meta".parse().unwrap(),
        people: 1_200,
        half: millis(380),
        most: millis(900),
        nearly_all: millis(2_400),
        stages: Stages { coming: millis(300), deciding: millis(20), sending: millis(60) },
    };
    let html = shown(Entrances { latencies: vec![latency], rules: 1, ..nothing() });
    let said = answer(&html).replace('\u{a0}', " ");
    assert_eq!(
        said,
        "Half of those who leave meta for an event leave within 380 ms, 99 of 100 within 2 s."
    );
    let text = words(&html).replace('\u{a0}', " ");
    assert!(text.contains("1,200") && text.contains("60 ms"), "{text}");
}
