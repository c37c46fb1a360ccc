//! The list of mappings and the page of one.

use domain::time::Instant;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::{
    api::{MappingsView, read_mapping, read_mappings},
    closing::{closing_section, closing_sentence, is_sending},
    matrix::MatrixPage,
    one::{Actions, mapping_page},
    parts::{list_sentence, mappings_table, no_mappings},
};
use crate::{
    connections::parts::any_outage,
    live::{Data, loaded, read, renew},
    ui::{ButtonKind, LinkButton, Mark, Page, Tab, Tabs},
    words,
};

/// All mappings, as a list or as a matrix.
#[component]
pub fn MappingsPage() -> AnyView {
    let query = use_query_map();
    let is_matrix = Memo::new(move |_| query.read().get("view").as_deref() == Some("matrix"));
    let show = move || {
        if is_matrix.get() {
            view! { <MatrixPage /> }
        } else {
            view! { <ListPage /> }
        }
    };
    view! { {show} }.into_any()
}

/// A view of all mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// One a row.
    List,
    /// Audiences against destinations.
    Matrix,
    /// Groups and overlaps.
    Exclusivity,
    /// Messages and ads on one axis.
    Timeline,
}

/// The views of all mappings.
pub fn views(shown: View) -> AnyView {
    let tab = |href: &str, words: &str, view| Tab {
        href: href.to_owned(),
        words: words.to_owned(),
        current: view == shown,
    };
    let tabs = vec![
        tab("/mappings", "List", View::List),
        tab("/mappings?view=matrix", "Matrix", View::Matrix),
        tab("/exclusivity", "Exclusivity", View::Exclusivity),
        tab("/timeline", "Timeline", View::Timeline),
    ];
    view! { <Tabs label="Views of the mappings" tabs /> }.into_any()
}

#[component]
fn ListPage() -> AnyView {
    let data: Data<MappingsView> = read(|| (), |()| read_mappings());
    renew(data, |view| view.mappings.iter().any(words::is_running) || is_sending(&view.closing));
    loaded(data, "Mappings", mappings_page)
}

/// The list's page.
pub fn mappings_page(view: MappingsView) -> AnyView {
    let MappingsView { now, mappings, closing, connections } = view;
    let answer =
        format!("{}{}", list_sentence(&mappings), closing_sentence(&closing).unwrap_or_default())
            .into_any();
    let actions = (!mappings.is_empty()).then(|| {
        view! {
            <LinkButton href="/mappings/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a mapping"
            </LinkButton>
        }
        .into_any()
    });
    let table = if mappings.is_empty() { no_mappings() } else { mappings_table(mappings, now) };
    view! {
        <Page name="Mappings" answer actions>
            {views(View::List)}
            {table} {closing_section(closing, &connections, now)}
        </Page>
    }
    .into_any()
}

/// One mapping.
#[component]
pub fn MappingPage() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let actions = Actions::new();
    let source = move || {
        let key = params.read().get("key").unwrap_or_default();
        let before = query.read().get("before").and_then(|text| text.parse().ok()).map(Instant);
        (key, before, actions.version())
    };
    let data = read(source, |(key, before, _)| read_mapping(key, before));
    renew(data, |view| words::is_running(&view.mapping) || any_outage(&view.connections));
    loaded(data, "Mapping", move |view| mapping_page(view, actions))
}
