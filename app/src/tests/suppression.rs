//! The page of suppressions.

use domain::{
    suppression::{SuppressionRow, SuppressionSpec},
    time::Span,
};

use super::{answer, page, samples::*, words};
use crate::suppression::{api::SuppressionView, page::suppression_page, policy::policy_page};

#[test]
fn suppressions_say_whom_they_keep_out_and_for_how_long() {
    let rule = SuppressionRow {
        spec: SuppressionSpec {
            audience: Some(key("purchasers")),
            ttl: Some(Span::from_hours(24)),
            owner: Some("Retention".to_owned()),
            ..SuppressionSpec::new(key("purchase"), "purchase")
        },
        people: 1_206,
        mirrored_at: Some(now()),
        stale: Some("the members shrank abnormally".to_owned()),
    };
    let printed = rule.clone();
    let html = page("/suppression", || {
        suppression_page(SuppressionView { now: now(), rules: vec![rule] })
    });
    assert!(answer(&html).ends_with("Refund, support and unsubscribed are covered by no rule."));
    assert!(html.contains("href=\"/suppression/policy\""));
    let policy = page("/suppression/policy", || {
        policy_page(SuppressionView { now: now(), rules: vec![printed] })
    });
    assert!(answer(&policy).starts_with("As of 2026-10-23, 1 rule keeps people out of every"));
    let said = self::words(&policy);
    for part in ["1. Purchase", "members of purchasers", "Kept out now1,206", "OwnerRetention"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(answer(&html).starts_with("Purchase keeps 1,206 people out"));
    let words = words(&html);
    assert!(words.contains("while a member, at least 24 h"), "{words}");
    assert!(words.contains("the members shrank abnormally"));
    let empty =
        page("/suppression", || suppression_page(SuppressionView { now: now(), rules: vec![] }));
    assert!(empty.contains("href=\"/suppression/new\""));
}
