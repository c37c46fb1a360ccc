//! Renders each page from read models and checks what it owes to its reader: the answer
//! with its numbers, causes in words, links that lead on.

mod access;
mod approvals;
mod audiences;
mod connections;
mod contract;
mod coverage;
mod delivery;
mod demo;
mod destination_fields;
mod destinations;
mod events;
mod exclusivity;
mod first_steps;
mod gates;
mod import;
mod live;
mod mapping_form;
mod mappings;
mod monitoring;
mod needs;
mod notices;
mod outages;
mod overview;
mod people;
mod plans;
mod review;
mod samples;
mod source;
mod suppression;
mod sync;
mod timeline;
mod trial;
mod workspace;

use leptos::prelude::*;
use leptos_router::{components::Router, location::RequestUrl};

/// The page as the server writes it, without hydration marks, at this address.
fn page(address: &str, build: impl FnOnce() -> AnyView + Send + 'static) -> String {
    let owner = Owner::new();
    owner.with(|| {
        leptos_meta::provide_meta_context();
        provide_context(RequestUrl::new(address));
        view! { <Router>{build()}</Router> }.into_view().to_html().replace("<!>", "")
    })
}

/// The words of a page, without its tags.
fn words(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            letter if !in_tag => text.push(letter),
            _ => {}
        }
    }
    text.replace("&#x27;", "'").replace("&#39;", "'").replace('\u{a0}', " ")
}

/// The words of the page's answer.
fn answer(html: &str) -> String {
    let start = html.find("class=\"answer\">").expect("every page begins with its answer");
    let rest = &html[start + "class=\"answer\">".len()..];
    words(&rest[..rest.find("</p>").expect("it ends")])
}
