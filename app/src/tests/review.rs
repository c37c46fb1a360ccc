//! The design review.

use domain::review::{About, Remark, Weight};

use super::{answer, page, samples::*, words};
use crate::review::{api::ReviewView, page::review_page};

fn html(remarks: Vec<Remark>) -> String {
    let today = "2026-06-01".parse().expect("a day");
    page("/review", move || review_page(ReviewView { today, remarks }))
}

#[test]
fn a_review_counts_by_weight_and_leads_to_each_thing() {
    let remark = |weight, about| Remark {
        weight,
        about,
        says: "nobody <answers> for it".to_owned(),
        remedy: "name an owner".to_owned(),
    };
    let html = html(vec![
        remark(Weight::Wrong, About::Mapping(key("cart-meta"))),
        remark(Weight::Untidy, About::Audience(key("carts"))),
        remark(Weight::Untidy, About::Destination(key("meta"))),
    ]);
    assert_eq!(answer(&html), "1 thing is wrong and 2 untidy.");
    for link in ["/mappings/cart-meta", "/audiences/carts", "/destinations/meta", "/review.md"] {
        assert!(html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    assert!(html.contains("Nobody &lt;answers&gt; for it"), "{html}");
    assert!(!words(&html).contains("Doubtful"), "a weight without remarks isn't shown");
}

#[test]
fn a_plan_without_a_fault_says_so() {
    let html = html(vec![]);
    assert_eq!(answer(&html), "The plan has no fault that can be seen from here.");
    assert!(words(&html).contains("Nothing to remark"));
}
