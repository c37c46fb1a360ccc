//! What comes in and goes out, as its page shows it before it is awake.

use domain::events::live::{Filter, Frame, Verdict};

use super::{answer, page, samples::now, words};
use crate::events::live::{Asked, LiveRead, live_page};

fn frame(number: u64, verdict: Verdict, note: &str) -> Frame {
    Frame {
        number,
        at: now(),
        name: format!("Cart <b>{number}"),
        people: vec!["<ada>@example.com".to_owned()],
        destination: (verdict == Verdict::Sent).then(|| "meta".parse().unwrap()),
        verdict,
        note: note.to_owned(),
        body: r#"{"b":1,"a":"</code>"}"#.to_owned(),
    }
}

fn shown(asked: Asked, frames: Vec<Frame>) -> String {
    let view = LiveRead { frames, destinations: vec!["meta".parse().unwrap()] };
    page("/live", move || live_page(asked, view))
}

#[test]
fn each_event_says_what_became_of_it_the_newest_first() {
    let frames = vec![
        frame(1, Verdict::Quarantined, "total: expected a number, found a text"),
        frame(2, Verdict::Renamed, "Cart Updated"),
        frame(3, Verdict::Sent, ""),
        frame(4, Verdict::Refused, "too large"),
    ];
    let html = shown(Asked::default(), frames);
    assert!(answer(&html).contains("as it happens"));
    for hostile in ["<b>1", "<ada>", "</code>\""] {
        assert!(!html.contains(hostile), "{hostile} is text");
    }
    let told = words(&html);
    for expected in ["total: expected a number", "sent on as Cart Updated", "Refused by Segment"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let place = |text: &str| html.find(text).unwrap();
    assert!(place("Cart &lt;b&gt;4") < place("Cart &lt;b&gt;1"));
    assert!(html.contains("href=\"/destinations/meta\""));
    assert!(html.contains("href=\"/people?find=%3Cada%3E%40example.com\""));
    assert!(html.contains("href=\"/live?as=raw\""));
}

#[test]
fn what_is_asked_for_stays_asked_for() {
    let filter = Filter { name: "Cart & co".to_owned(), ..Filter::default() };
    let html = shown(Asked { filter, is_raw: true }, Vec::new());
    assert!(words(&html).contains("Nothing like this yet"));
    assert!(html.contains("href=\"/live?name=Cart%20%26%20co\""), "arranged, still filtered");
    assert!(html.contains("href=\"/live?as=raw\""), "all of them, still as they came");
    let html = shown(Asked::default(), Vec::new());
    assert!(words(&html).contains("Nothing has happened yet") && !html.contains("Show all"));
}
