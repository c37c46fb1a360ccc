//! The events that a destination reads, as the contract says.

use domain::contract::{Class, Event, notation};
use leptos::prelude::*;

use crate::ui::{Column, Section, Table, text_or_nothing};

/// What it hears of each event.
pub fn heard(events: Vec<(String, Event)>) -> AnyView {
    let content = if events.is_empty() {
        view! {
            <p class="quiet">
                "The "
                <a href="/contract">"contract"</a>
                " names it as a reader of no event. What comes in at /v1 still goes wherever the event itself and Segment let it."
            </p>
        }
        .into_any()
    } else {
        table(events)
    };
    view! { <Section title="Events it reads">{content}</Section> }.into_any()
}

fn table(events: Vec<(String, Event)>) -> AnyView {
    let columns = vec![
        Column::words("Event"),
        Column::words("Identifiers"),
        Column::words("Other properties"),
    ];
    let rows = events
        .into_iter()
        .map(|(name, event)| {
            let paths = notation::paths(&event.properties);
            let list = |is_identifier: bool| {
                let has = |class: Class| (class == Class::Identifier) == is_identifier;
                let all: Vec<String> = paths
                    .iter()
                    .filter(|(_, class)| has(**class))
                    .map(|(path, _)| path.clone())
                    .collect();
                text_or_nothing(all.join(", "), "none")
            };
            let stopped =
                event.is_stopped.then(|| view! { <div class="quiet">"Goes nowhere."</div> });
            view! {
                <tr>
                    <th scope="row">{name} {stopped}</th>
                    <td class="wrap">{list(true)}</td>
                    <td class="wrap">{list(false)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <p class="reading">
            "What the " <a href="/contract">"contract"</a>
            " says it reads, each with the properties that may come with it."
        </p>
        <Table caption="Events that this destination reads" columns>
            {rows}
        </Table>
    }
    .into_any()
}
