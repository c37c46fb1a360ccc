//! The list of destinations.

use domain::destinations::DestinationRow;
use leptos::prelude::*;

use super::api::read_destinations;
use crate::{
    format,
    live::{loaded, renew},
    ui::{ButtonKind, Column, Empty, Figure, LinkButton, Mark, Nothing, Page, Table},
};

/// All destinations.
#[component]
pub fn DestinationsPage() -> AnyView {
    let data = Resource::new(|| (), |()| read_destinations());
    renew(data, |_| false);
    loaded(data, "Destinations", destinations_page)
}

/// The list's page.
pub fn destinations_page(rows: Vec<DestinationRow>) -> AnyView {
    let answer = sentence(&rows);
    let add = || {
        view! {
            <LinkButton href="/destinations/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a destination"
            </LinkButton>
        }
    };
    if rows.is_empty() {
        return view! {
            <Page name="Destinations" answer=answer.into_any()>
                <Empty
                    title="No destinations yet"
                    words="Each place behind Segment appears here with the rules of its platform and how many people are there."
                >
                    {add()}
                </Empty>
            </Page>
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Destination"),
        Column::words("Platform"),
        Column::words("Name in Segment"),
        Column::words("Further fields"),
        Column::words("Identifiers"),
        Column::figures("Mappings"),
        Column::figures("Memberships there"),
    ];
    let rows = rows.into_iter().map(destination_row).collect_view();
    view! {
        <Page name="Destinations" answer=answer.into_any() actions=add().into_any()>
            <Table caption="Destinations" columns>
                {rows}
            </Table>
        </Page>
    }
    .into_any()
}

fn sentence(rows: &[DestinationRow]) -> String {
    if rows.is_empty() {
        return "There is nowhere to send anybody yet.".to_owned();
    }
    let there: u64 = rows.iter().map(|row| row.delivered).sum();
    let idle: Vec<String> =
        rows.iter().filter(|row| row.mappings == 0).map(|row| row.spec.key.to_string()).collect();
    let idle = match idle.as_slice() {
        [] => String::new(),
        [one] => format!(" No mapping sends to {one}."),
        several if several.len() <= 3 => format!(" No mapping sends to {}.", format::list(several)),
        several => format!(" To {} of them no mapping sends.", several.len()),
    };
    let verb = if rows.len() == 1 { "holds" } else { "hold" };
    format!(
        "{} {verb} {}.{idle}",
        format::count(rows.len() as u64, "destination", "destinations"),
        format::count(there, "membership", "memberships")
    )
}

fn destination_row(row: DestinationRow) -> AnyView {
    let spec = row.spec;
    let fields = if spec.fields.is_empty() {
        view! { <Nothing words="none" /> }.into_any()
    } else {
        spec.fields.join(", ").into_any()
    };
    let needs = spec.profile.identifiable();
    let identifiers = match (spec.profile.sends_contact(), needs.id) {
        (true, true) => "e-mail, phone, id",
        (true, false) => "e-mail, phone",
        _ => "id",
    };
    let hashed = if spec.hash { ", hashed" } else { "" };
    let mappings = if row.mappings > 0 {
        format::number(row.mappings).into_any()
    } else {
        let href = format!("/mappings/new?destination={}", spec.key);
        view! { <a href=href>"Add a mapping"</a> }.into_any()
    };
    view! {
        <tr id=spec.key.to_string()>
            <th scope="row">{spec.key.to_string()}</th>
            <td>{spec.profile.label()}</td>
            <td>{spec.integration}</td>
            <td class="wrap">{fields}</td>
            <td>{identifiers} {hashed}</td>
            <td class="num">{mappings}</td>
            <Figure value=row.delivered />
        </tr>
    }
    .into_any()
}
