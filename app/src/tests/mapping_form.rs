//! The form of a mapping, and the preview below it.

use domain::{
    audiences::Mirror,
    destinations::{DestinationRow, DestinationSpec, Profile},
    mappings::{
        Health,
        preview::{Effect, Moved, Preview, Sampled},
    },
    sync::Cause,
    time::Span,
};
use leptos::prelude::*;

use super::{gates::small, page, samples::*, words};
use crate::mappings::{
    api::MappingChoices,
    form::{edit_page, new_page},
    preview::{Previewing, panel},
};

#[test]
fn a_preview_tells_who_comes_and_goes_and_how_long_it_takes() {
    let effect = Effect {
        members: 14_911,
        target: 12_480,
        withheld: withheld(),
        present: 12_000,
        entered: 600,
        exited: 120,
        takes: Span::from_seconds(1),
        waits: true,
        others: vec![Moved { mapping: key("vip-meta"), gains: 0, loses: 12 }],
    };
    let sample = Sampled { cio_id: "a1".to_owned(), email: None, cause: Some(Cause::Suppressed) };
    let html = page("/mappings/new", move || {
        panel(Preview {
            effect: effect.clone(),
            read_at: Some(now()),
            sample: vec![sample.clone()],
            gates: vec![small()],
        })
    });
    let words = words(&html);
    for part in [
        "12,480 of 14,911 members should be there; 12,000 are now.",
        "600 people would come in and 120 would leave. At the configured rate that takes 1 s.",
        "it would wait for you",
        "vip-meta loses 12",
        "Blocks Minimum size: Meta uses an audience from 100 people on, and carts has 42.",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let unread = page("/mappings/new", || panel(Preview::default()));
    assert!(unread.contains("members were not read yet"));
}

pub fn choices() -> MappingChoices {
    let spec = DestinationSpec {
        key: key("meta"),
        profile: Profile::MetaCustomAudiences,
        integration: "Facebook Custom Audiences".to_owned(),
        fields: vec![],
        hash: false,
        value: None,
        budget: domain::destinations::budget::Budget::default(),
    };
    MappingChoices {
        audiences: vec![audience(Mirror::Fresh)],
        destinations: vec![DestinationRow { spec, mappings: 0, delivered: 0 }],
        spec: None,
        flapping: None,
    }
}

#[test]
fn a_form_that_came_back_keeps_what_was_typed_and_shows_what_is_wrong() {
    use crate::{error::AppError, mappings::api::CreateMapping};
    use leptos::server_fn::{ServerFn as _, error::ServerFnUrlError};

    let error = AppError::invalid("every", "write a length of time");
    let mut url = ServerFnUrlError::new(CreateMapping::PATH, error)
        .to_url("http://console/mappings/new")
        .expect("an address");
    url.query_pairs_mut().append_pair("key", "my key").append_pair("every", "soon");
    let address = format!("{}?{}", url.path(), url.query().expect("a query"));
    let html = page(&address, || {
        // The router does this before a page is built.
        let query = leptos_router::hooks::use_query_map();
        query.with_untracked(|query| {
            let (path, error) = (query.get("__path"), query.get("__err"));
            provide_context(leptos::server::ServerActionError::new(
                &path.expect("a path"),
                &error.expect("an error"),
            ));
        });
        new_page(choices(), ServerAction::new(), Previewing::answered(None))
    });
    assert!(html.contains("value=\"my key\""), "{html}");
    assert!(html.contains("value=\"soon\""));
    assert!(html.contains("Write a length of time."));
    assert!(html.contains("aria-describedby=\"every-wrong every-hint\""));
    assert!(html.contains("action=\"/fn/create_mapping\"") && html.contains("method=\"post\""));
    assert!(!html.contains(" checked name=\"active\""));
}

#[test]
fn a_form_without_anything_to_choose_leads_to_the_step_before() {
    let html = page("/mappings/new", || {
        let choices = MappingChoices { audiences: vec![], ..choices() };
        new_page(choices, ServerAction::new(), Previewing::answered(None))
    });
    assert!(html.contains("href=\"/audiences/new\"") && !html.contains("<form"));
}

#[test]
fn the_edit_form_holds_the_mapping_and_never_changes_its_key() {
    let html = page("/mappings/cart-meta/edit", || {
        let spec = Some(mapping(Health::Ok).spec);
        edit_page(
            MappingChoices { spec, ..choices() },
            ServerAction::new(),
            Previewing::answered(None),
        )
    });
    assert!(html.contains("type=\"hidden\" name=\"key\" value=\"cart-meta\""), "{html}");
    assert!(!html.contains("<select"), "its two ends are fixed");
    for field in ["audience\" value=\"cart-abandoners", "destination\" value=\"meta"] {
        assert!(html.contains(&format!("type=\"hidden\" name=\"{field}\"")), "{field}: {html}");
    }
    assert!(words(&html).contains("A mapping keeps its audience and its destination"));
    for value in ["value=\"5m\"", "value=\"2.5\"", "value=\"ads\"", "value=\"10\""] {
        assert!(html.contains(value), "{value}");
    }
}
