//! The page of connections.

use domain::connections::{ConnectionView, Vendor};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::connections::{
    api::ConnectionsView,
    page::{Actions as ConnectionActions, connections_page},
};

#[test]
fn connections_show_what_the_test_said_and_never_a_key() {
    let html = page("/settings/connections", || {
        let mut customerio = connection(Vendor::Customerio, false);
        customerio.stand_in = Some("http://127.0.0.1:4010".to_owned());
        let twilio = ConnectionView { key: None, tested: None, ..connection(Vendor::Twilio, true) };
        let view = ConnectionsView {
            now: now(),
            connections: vec![customerio, twilio],
            public_token: None,
        };
        connections_page(view.clone(), Signal::stored(view), ConnectionActions::new())
    });
    assert_eq!(answer(&html), "Customer.io can't be used and Segment has no key.");
    let words = words(&html);
    assert!(words.contains("The key was refused (401)."));
    assert!(words.contains("Requests go to http://127.0.0.1:4010"));
    assert!(words.contains("Leave it empty to keep the key that is there."));
    for field in html.split("<input").filter(|tag| tag.contains("type=\"password\"")) {
        let field = field.split('>').next().expect("a tag");
        assert!(!field.contains("value=") || field.contains("value=\"\""), "{field}");
    }
    let ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|id| id.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "two forms on one page share no id: {ids:?}");
}
