//! What Segment has behind our source, each to be taken in by its own press.

use domain::destinations::import::{Listing, OfferedRow};
use leptos::prelude::*;

use super::api::{Imports, read_imports};
use crate::{
    connections::public::unusable,
    format,
    live::{loaded, read},
    ui::{Column, Empty, LinkButton, Page, State, StateMark, Table},
};

/// Destinations to choose from.
#[component]
pub fn ImportPage() -> AnyView {
    let data = read(|| (), |()| read_imports());
    loaded(data, "Import destinations", import_page)
}

/// The page.
pub fn import_page(imports: Imports) -> AnyView {
    let listing = match imports {
        Imports::Known(listing) => listing,
        Imports::Unknown { reason } => {
            let answer = "Segment could not be asked what it has.".into_any();
            return view! {
                <Page name="Import destinations" answer>
                    {unusable(reason)}
                    <div class="buttons">
                        <LinkButton href="/settings/connections">"Check the connections"</LinkButton>
                        <LinkButton href="/destinations/new">"Add a destination by hand"</LinkButton>
                    </div>
                </Page>
            }
            .into_any();
        }
    };
    let answer = sentence(&listing).into_any();
    if listing.destinations.is_empty() {
        return view! {
            <Page name="Import destinations" answer>
                <Empty
                    title="No destination is connected"
                    words="Connect one to the source in Segment first: it appears here when this page is loaded again."
                />
            </Page>
        }
        .into_any();
    }
    let rows = listing.destinations.into_iter().map(row).collect_view();
    let columns = vec![
        Column::words("In Segment"),
        Column::words("Catalogue name"),
        Column::words("Forwards"),
        Column::words("Suggested platform"),
        Column::actions("Add to Segue"),
    ];
    view! {
        <Page name="Import destinations" answer>
            <Table caption="Destinations behind the source in Segment" columns>
                {rows}
            </Table>
            <p class="quiet reading">
                "Nothing is added until you press. Segment tells destinations apart by their catalogue name alone when events name them: two of the same name get the same events."
            </p>
        </Page>
    }
    .into_any()
}

fn sentence(listing: &Listing) -> String {
    let all = listing.destinations.len() as u64;
    let unknown = listing.destinations.iter().filter(|row| row.known_as.is_empty()).count() as u64;
    let known = match unknown {
        0 => "Segue knows all of them.".to_owned(),
        1 => "One of them isn't in Segue yet.".to_owned(),
        several => format!("{several} of them aren't in Segue yet."),
    };
    format!(
        "The token works: {} behind the source {}. {known}",
        format::count(all, "destination stands", "destinations stand"),
        listing.source,
    )
}

fn row(row: OfferedRow) -> AnyView {
    let OfferedRow { offered, profile, key, known_as } = row;
    let (state, word) =
        if offered.enabled { (State::Ok, "On") } else { (State::Paused, "Switched off") };
    let add = if known_as.is_empty() {
        let parts = [
            Some(format!("integration={}", format::in_address(&offered.catalog))),
            profile.map(|profile| format!("profile={profile}")),
            key.map(|key| format!("key={key}")),
        ];
        let query: Vec<String> = parts.into_iter().flatten().collect();
        let href = format!("/destinations/new?{}", query.join("&"));
        let label = format!("Add {}", offered.name);
        view! { <LinkButton href>{label}</LinkButton> }.into_any()
    } else {
        let links = known_as
            .into_iter()
            .map(|key| {
                let href = format!("/destinations/{key}");
                view! {
                    <a href=href>{key.to_string()}</a>
                    " "
                }
            })
            .collect_view();
        view! { "In Segue as " {links} }.into_any()
    };
    let suggested = profile.map_or("Choose it yourself", |profile| profile.label());
    view! {
        <tr>
            <th scope="row">{offered.name}</th>
            <td>{offered.catalog}</td>
            <td>
                <StateMark state word />
            </td>
            <td>{suggested}</td>
            <td class="pick">{add}</td>
        </tr>
    }
    .into_any()
}
