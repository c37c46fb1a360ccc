//! The console: pages, server functions and the document around them.
//!
//! One folder a vertical (`api.rs` server functions, `page.rs` screens, `parts.rs`
//! widgets). A new page is a component in its vertical and one `<Route>` in [`App`].

pub mod access;
pub mod approvals;
pub mod assets;
pub mod audiences;
mod browser;
pub mod chart;
pub mod connections;
pub mod context;
pub mod contract;
pub mod delivery;
pub mod demo;
pub mod destinations;
pub mod error;
pub mod events;
pub mod find;
pub mod first_steps;
pub mod form;
pub mod format;
mod json;
pub mod live;
pub mod mappings;
pub mod monitoring;
pub mod notices;
pub mod overview;
pub mod people;
pub mod review;
#[cfg(feature = "ssr")]
mod shell;
pub mod suppression;
pub mod sync;
#[cfg(test)]
mod tests;
pub mod ui;
pub mod vendor_answer;
pub mod words;
pub mod workspace;

#[cfg(feature = "ssr")]
pub use shell::shell;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use approvals::page::ApprovalsPage;
use audiences::{
    form::{EditAudiencePage, PromotePage},
    one::AudiencePage,
    page::AudiencesPage,
};
use connections::{page::ConnectionsPage, source::SourcePage};
use contract::{
    change::ChangePage, form::EventPage, names::NamesPage, noise::NoisePage, page::ContractPage,
    plans::PlansPage, quarantine::QuarantinePage,
};
use delivery::page::LettersPage;
use demo::page::DemoPage;
use destinations::{
    form::NewDestinationPage, import::ImportPage, one::DestinationPage, page::DestinationsPage,
};
use events::page::EntrancesPage;
use mappings::{
    exclusivity::page::ExclusivityPage,
    form::{EditMappingPage, NewMappingPage},
    gates::page::ChecklistPage,
    manage::ManageMappingPage,
    page::{MappingPage, MappingsPage},
    timeline::{
        form::{FlowPage, NewFlowPage},
        page::TimelinePage,
    },
    trial::TrialPage,
};
use notices::page::NoticesPage;
use overview::page::OverviewPage;
use people::{page::PeoplePage, standing::PersonPage};
use suppression::{
    form::NewSuppressionPage,
    listing::{list::ListPage, review::ListingPage},
    page::SuppressionPage,
    policy::PolicyPage,
    rule::page::RulePage,
};
use sync::page::RunPage;
use workspace::page::WorkspacePage;

/// All pages. Each route renders in [`SsrMode::Async`], so that it is complete without
/// JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "Segue".to_owned() } else { format!("{title} · Segue") }
        } />
        <Router>
            <Around />
        </Router>
    }
}

/// The frame, for whoever is signed in. Signing in and out load the document anew, so this
/// never changes while a page is awake.
#[component]
fn Around() -> impl IntoView {
    let (environment, name, shown) = context::around();
    workspace::provide(shown);
    match name {
        Some(name) => view! {
            <ui::Frame person=ui::Person(name) environment>
                <delivery::parts::StopBar />
                <Pages />
            </ui::Frame>
        }
        .into_any(),
        None => view! {
            <main class="main main-alone" id="main" tabindex="-1">
                <Pages />
            </main>
        }
        .into_any(),
    }
}

#[component]
fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/account") view=access::page::AccountPage ssr=SsrMode::Async />
            <Route path=path!("/sign-in") view=access::page::SignInPage ssr=SsrMode::Async />
            <Route path=path!("/link") view=access::page::LinkPage ssr=SsrMode::Async />
            <Route
                path=path!("/link/password")
                view=access::page::LinkPasswordPage
                ssr=SsrMode::Async
            />
            <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async />
            <Route path=path!("/audiences") view=AudiencesPage ssr=SsrMode::Async />
            <Route path=path!("/audiences/new") view=PromotePage ssr=SsrMode::Async />
            <Route path=path!("/audiences/bands") view=audiences::bands::BandsPage ssr=SsrMode::Async />
            <Route path=path!("/audiences/:key") view=AudiencePage ssr=SsrMode::Async />
            <Route path=path!("/audiences/:key/edit") view=EditAudiencePage ssr=SsrMode::Async />
            <Route path=path!("/mappings") view=MappingsPage ssr=SsrMode::Async />
            <Route path=path!("/timeline") view=TimelinePage ssr=SsrMode::Async />
            <Route path=path!("/timeline/new") view=NewFlowPage ssr=SsrMode::Async />
            <Route path=path!("/timeline/:key") view=FlowPage ssr=SsrMode::Async />
            <Route path=path!("/exclusivity") view=ExclusivityPage ssr=SsrMode::Async />
            <Route path=path!("/mappings/new") view=NewMappingPage ssr=SsrMode::Async />
            <Route path=path!("/mappings/:key") view=MappingPage ssr=SsrMode::Async />
            <Route path=path!("/mappings/:key/edit") view=EditMappingPage ssr=SsrMode::Async />
            <Route
                path=path!("/mappings/:key/checklist")
                view=ChecklistPage
                ssr=SsrMode::Async
            />
            <Route
                path=path!("/mappings/:key/manage")
                view=ManageMappingPage
                ssr=SsrMode::Async
            />
            <Route path=path!("/mappings/:key/test") view=TrialPage ssr=SsrMode::Async />
            <Route path=path!("/destinations") view=DestinationsPage ssr=SsrMode::Async />
            <Route path=path!("/destinations/new") view=NewDestinationPage ssr=SsrMode::Async />
            <Route path=path!("/destinations/import") view=ImportPage ssr=SsrMode::Async />
            <Route path=path!("/destinations/:key") view=DestinationPage ssr=SsrMode::Async />
            <Route path=path!("/suppression") view=SuppressionPage ssr=SsrMode::Async />
            <Route path=path!("/suppression/policy") view=PolicyPage ssr=SsrMode::Async />
            <Route path=path!("/suppression/new") view=NewSuppressionPage ssr=SsrMode::Async />
            <Route path=path!("/suppression/rules/:key") view=RulePage ssr=SsrMode::Async />
            <Route path=path!("/suppression/lists/:key") view=ListPage ssr=SsrMode::Async />
            <Route
                path=path!("/suppression/lists/:key/:listing")
                view=ListingPage
                ssr=SsrMode::Async
            />
            <Route path=path!("/contract") view=ContractPage ssr=SsrMode::Async />
            <Route path=path!("/contract/names") view=NamesPage ssr=SsrMode::Async />
            <Route path=path!("/contract/noise") view=NoisePage ssr=SsrMode::Async />
            <Route path=path!("/contract/plans") view=PlansPage ssr=SsrMode::Async />
            <Route path=path!("/contract/quarantine") view=QuarantinePage ssr=SsrMode::Async />
            <Route path=path!("/contract/changes/:change") view=ChangePage ssr=SsrMode::Async />
            <Route
                path=path!("/contract/changes/:change/event")
                view=EventPage
                ssr=SsrMode::Async
            />
            <Route path=path!("/approvals") view=ApprovalsPage ssr=SsrMode::Async />
            <Route path=path!("/demo") view=DemoPage ssr=SsrMode::Async />
            <Route path=path!("/dead-letters") view=LettersPage ssr=SsrMode::Async />
            <Route path=path!("/runs/:id") view=RunPage ssr=SsrMode::Async />
            <Route
                path=path!("/first-steps")
                view=first_steps::page::FirstStepsPage
                ssr=SsrMode::Async
            />
            <Route path=path!("/find") view=find::page::FindPage ssr=SsrMode::Async />
            <Route path=path!("/review") view=review::page::ReviewPage ssr=SsrMode::Async />
            <Route path=path!("/monitoring") view=monitoring::page::MonitoringPage ssr=SsrMode::Async />
            <Route path=path!("/people") view=PeoplePage ssr=SsrMode::Async />
            <Route path=path!("/people/:cio_id") view=PersonPage ssr=SsrMode::Async />
            <Route path=path!("/settings/audit") view=access::trail::TrailPage ssr=SsrMode::Async />
            <Route path=path!("/settings/connections") view=ConnectionsPage ssr=SsrMode::Async />
            <Route path=path!("/settings/notices") view=NoticesPage ssr=SsrMode::Async />
            <Route path=path!("/settings/workspace") view=WorkspacePage ssr=SsrMode::Async />
            <Route path=path!("/settings/connections/events") view=EntrancesPage ssr=SsrMode::Async />
            <Route path=path!("/live") view=events::live::LivePage ssr=SsrMode::Async />
            <Route path=path!("/settings/connections/source") view=SourcePage ssr=SsrMode::Async />
        </Routes>
    }
}

/// What an unknown address shows, with status 404.
#[component]
fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <ui::Page
            name="There is no such page"
            answer=view! {
                "There is no such page. Go to the " <a href="/">"overview"</a>
                " or choose from the menu."
            }
                .into_any()
        >
            ""
        </ui::Page>
    }
}

/// Wakes the page that the server wrote. Called by the script in the document's head.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    // Tests wait for this before they click: a page is readable before it is awake.
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
