//! The pages of destinations.

use leptos::prelude::*;

use super::{answer, mapping_form::choices, page, samples::*, words};
use crate::{
    delivery::parts::StopActions,
    destinations::{api::DestinationsView, form::NewDestinationPage, page::destinations_page},
};

#[test]
fn destinations_say_how_many_are_there_and_which_are_idle() {
    let html = page("/destinations", || {
        let mut destinations = choices().destinations;
        destinations[0].delivered = 12_480;
        let view = DestinationsView { now: now(), destinations, stops: vec![] };
        destinations_page(view, StopActions::of_frame())
    });
    assert_eq!(answer(&html), "1 destination holds 12,480 memberships. No mapping sends to meta.");
    assert!(html.contains("id=\"meta\"") && html.contains("/mappings/new?destination=meta"));
    assert!(words(&html).contains("Stop delivery to meta"));
    assert!(words(&html).contains("Stop all delivery"));
    let empty = page("/destinations", || {
        let view = DestinationsView { now: now(), destinations: vec![], stops: vec![] };
        destinations_page(view, StopActions::of_frame())
    });
    assert!(empty.contains("href=\"/destinations/new\""));
    let form =
        page("/destinations/new?integration=Ads", || view! { <NewDestinationPage /> }.into_any());
    assert!(form.contains("value=\"Ads\"") && form.contains("google-customer-match"));
}
