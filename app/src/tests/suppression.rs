//! The page of suppressions.

use domain::{
    suppression::{SuppressionRow, SuppressionSpec},
    time::Span,
};

use super::{answer, page, samples::*, words};
use crate::suppression::{api::SuppressionView, page::suppression_page};

#[test]
fn suppressions_say_whom_they_keep_out_and_for_how_long() {
    let rule = SuppressionRow {
        spec: SuppressionSpec {
            key: key("purchase"),
            reason: "purchase".to_owned(),
            audience: Some(key("purchasers")),
            event: None,
            ttl: Some(Span::from_hours(24)),
        },
        people: 1_206,
        mirrored_at: Some(now()),
        stale: Some("the members shrank abnormally".to_owned()),
    };
    let html = page("/suppression", || {
        suppression_page(SuppressionView { now: now(), rules: vec![rule] })
    });
    assert!(answer(&html).starts_with("Purchase keeps 1,206 people out"));
    let words = words(&html);
    assert!(words.contains("while a member, at least 24 h"), "{words}");
    assert!(words.contains("the members shrank abnormally"));
    let empty =
        page("/suppression", || suppression_page(SuppressionView { now: now(), rules: vec![] }));
    assert!(empty.contains("href=\"/suppression/new\""));
}
