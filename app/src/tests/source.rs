//! What our source in Segment received.

use domain::connections::traffic::{Counted, SourceTraffic};

use super::{answer, page, words};
use crate::connections::{api::Traffic, source::source_page};

fn shown(counted: &[(&str, Option<&str>, u64)]) -> String {
    let counted = counted.iter().map(|(kind, event, total)| Counted {
        kind: (*kind).to_owned(),
        event: event.map(str::to_owned),
        total: *total,
    });
    let traffic = SourceTraffic::new("Shop & Co".to_owned(), counted.collect());
    page("/settings/connections/source", || source_page(Traffic::Known(traffic)))
}

#[test]
fn what_others_send_is_named_with_what_to_do() {
    let html = shown(&[
        ("track", Some("Audience Entered"), 1_200),
        ("track", Some("Order <Completed>"), 7),
        ("page", None, 2),
    ]);
    assert_eq!(
        answer(&html),
        "9 calls of 2 kinds that Segue doesn't make came into the source Shop &amp; Co in the last 24 hours."
    );
    let text = words(&html);
    assert!(text.contains("Others write to this source too"), "{text}");
    assert!(text.contains("1,200") && text.contains("Somebody else"), "{text}");
    assert!(!html.contains("<Completed>"), "{html}");
}

#[test]
fn a_source_of_its_own_is_said_and_so_is_silence() {
    let html = shown(&[("track", Some("Audience Exited"), 1)]);
    assert_eq!(
        answer(&html),
        "All that came into the source Shop &amp; Co in the last 24 hours is Segue's."
    );
    assert!(!words(&html).contains("Others write"));
    assert!(words(&shown(&[])).contains("Nothing came in"));
    let reason = "it refused the token (401)".to_owned();
    let html = page("/settings/connections/source", || source_page(Traffic::Unknown { reason }));
    assert!(words(&html).contains("refused the token") && html.contains("/settings/connections"));
}
