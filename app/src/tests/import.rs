//! Destinations to choose from in Segment.

use domain::destinations::{
    Profile,
    import::{Listing, Offered, OfferedRow},
};

use super::{answer, page, samples, words};
use crate::destinations::{api::Imports, import::import_page};

fn offered(name: &str, catalog: &str, profile: Option<Profile>, known: bool) -> OfferedRow {
    OfferedRow {
        offered: Offered {
            id: "1".to_owned(),
            name: name.to_owned(),
            catalog: catalog.to_owned(),
            enabled: known,
        },
        profile,
        key: Some(samples::key("meta-us")),
        known_as: if known { vec![samples::key("meta")] } else { Vec::new() },
    }
}

#[test]
fn what_is_known_is_linked_and_the_rest_can_be_added() {
    let destinations = vec![
        offered("Meta & US", "Facebook Conversions API", Some(Profile::MetaCapi), false),
        offered("Meta", "Facebook Custom Audiences", Some(Profile::MetaCustomAudiences), true),
    ];
    let listing = Listing { source: "Storefront".to_owned(), destinations };
    let html = page("/destinations/import", || import_page(Imports::Known(listing)));
    assert_eq!(
        answer(&html),
        "The token works: 2 destinations stand behind the source Storefront. One of them isn't in Segue yet."
    );
    let href = "/destinations/new?integration=Facebook%20Conversions%20API&amp;profile=meta-capi&amp;key=meta-us";
    assert!(html.contains(href), "{html}");
    let text = words(&html);
    assert!(text.contains("In Segue as meta") && text.contains("Switched off"), "{text}");
}

#[test]
fn a_refusal_says_what_to_do() {
    let reason = "it refused the token (401)".to_owned();
    let html = page("/destinations/import", || import_page(Imports::Unknown { reason }));
    assert!(words(&html).contains("refused the token"), "{html}");
    assert!(html.contains("/settings/connections") && html.contains("/destinations/new"));
}
