//! The list of destinations.

use domain::{
    delivery::stop::{Scope, Stop},
    destinations::DestinationRow,
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use super::{
    api::{DestinationsView, read_destinations},
    needs::NeedsPage,
    profile,
};
use crate::{
    delivery::parts::{ResumeForm, StopActions, StopForm},
    format,
    live::{loaded, read, renew},
    ui::{
        ButtonKind, Column, Empty, Figure, LinkButton, Mark, Moment, Page, Section, State,
        StateMark, Tab, Table, Tabs, text_or_nothing,
    },
};

/// All destinations, as a list or by what they need of people.
#[component]
pub fn DestinationsPage() -> AnyView {
    let query = use_query_map();
    let is_fields = Memo::new(move |_| query.read().get("view").as_deref() == Some("fields"));
    let show = move || {
        if is_fields.get() {
            view! { <NeedsPage /> }
        } else {
            view! { <ListPage /> }
        }
    };
    view! { {show} }.into_any()
}

/// The two views of all destinations.
pub fn views(is_fields: bool) -> AnyView {
    let tab = |href: &str, words: &str, current| Tab {
        href: href.to_owned(),
        words: words.to_owned(),
        current,
    };
    let tabs = vec![
        tab("/destinations", "List", !is_fields),
        tab("/destinations?view=fields", "Required fields", is_fields),
    ];
    view! { <Tabs label="Views of the destinations" tabs /> }.into_any()
}

#[component]
fn ListPage() -> AnyView {
    let actions = StopActions::of_frame();
    let data = read(move || actions.version(), |_| read_destinations());
    renew(data, |_| false);
    loaded(data, "Destinations", move |view| destinations_page(view, actions))
}

/// The list's page.
pub fn destinations_page(view: DestinationsView, actions: StopActions) -> AnyView {
    let DestinationsView { now, destinations: rows, stops } = view;
    let answer = sentence(&rows);
    let add = || {
        view! {
            <LinkButton href="/destinations/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a destination"
            </LinkButton>
            <LinkButton href="/destinations/import">"Import from Segment"</LinkButton>
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
        Column::words("Delivery"),
        Column::actions("Stop or resume"),
        Column::words("Platform"),
        Column::words("Name in Segment"),
        Column::words("Further fields"),
        Column::words("Identifiers"),
        Column::figures("Mappings"),
        Column::figures("Memberships there"),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let stop =
                stops.iter().find(|stop| stop.scope == Scope::Destination(row.spec.key.clone()));
            destination_row(row, stop, now, actions)
        })
        .collect_view();
    let everything = stops.iter().any(|stop| stop.scope == Scope::Everything);
    view! {
        <Page name="Destinations" answer=answer.into_any() actions=add().into_any()>
            {views(false)}
            <Table caption="Destinations" columns>
                {rows}
            </Table>
            {(!everything).then(|| emergency(actions))}
        </Page>
    }
    .into_any()
}

/// The one button for everything, with what it does.
fn emergency(actions: StopActions) -> AnyView {
    let path = use_location().pathname;
    view! {
        <Section title="In an emergency">
            <p class="reading">
                "A stop takes effect with the next batch and holds until somebody ends it. Entries and ordinary exits wait; what protects people still flows. When it ends, every mapping decides anew, so that nobody is sent on what was true before."
            </p>
            <StopForm scope=Scope::Everything path actions kind=ButtonKind::Danger>
                "Stop all delivery"
            </StopForm>
        </Section>
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

fn destination_row(
    row: DestinationRow,
    stop: Option<&Stop>,
    now: Instant,
    actions: StopActions,
) -> AnyView {
    let spec = row.spec;
    let path = use_location().pathname;
    let scope = Scope::Destination(spec.key.clone());
    let key = spec.key.to_string();
    let (delivery, button) = match stop {
        Some(stop) => (
            view! {
                <StateMark state=State::Paused word="Stopped" />
                " "
                <Moment at=stop.since now />
            }
            .into_any(),
            view! { <ResumeForm scope path actions>{format!("Resume delivery to {key}")}</ResumeForm> }
                .into_any(),
        ),
        None => (
            view! { <StateMark state=State::Ok word="Flows" /> }.into_any(),
            view! { <StopForm scope path actions>{format!("Stop delivery to {key}")}</StopForm> }
                .into_any(),
        ),
    };
    let fields = text_or_nothing(spec.fields.join(", "), "none");
    let identifiers = profile::identifiers(spec.profile);
    let hashed = if spec.hash { ", hashed" } else { "" };
    let mappings = if row.mappings > 0 {
        format::number(row.mappings).into_any()
    } else {
        let href = format!("/mappings/new?destination={}", spec.key);
        view! { <a href=href>"Add a mapping"</a> }.into_any()
    };
    view! {
        <tr id=spec.key.to_string()>
            <th scope="row">
                <a href=format!("/destinations/{}", spec.key)>{spec.key.to_string()}</a>
            </th>
            <td>{delivery}</td>
            <td class="tight pick">{button}</td>
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
