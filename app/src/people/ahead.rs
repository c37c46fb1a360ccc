//! What is to reach a person soon, and where ads and messages meet.

use domain::{
    key::Key,
    people::planned::{Planned, Step},
    time::Instant,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Column, Nothing, Section, Soon, State, StateMark, Table},
};

/// The next two days; nothing where nothing is planned.
pub(super) fn ahead(planned: Vec<Planned>, now: Instant) -> Option<AnyView> {
    if planned.is_empty() {
        return None;
    }
    let columns = vec![Column::words("When"), Column::words("What"), Column::words("Beside")];
    let rows = planned.into_iter().map(|one| row(one, now)).collect_view();
    Some(
        view! {
            <Section title="The next 48 hours">
                <Table caption="What is to reach the person" columns>
                    {rows}
                </Table>
                <p class="quiet reading">
                    "Messages as the flows of the "<a href="/timeline">"timeline"</a>
                    " state them; ads at the soonest. A purchase cancels what is held."
                </p>
            </Section>
        }
        .into_any(),
    )
}

fn row(planned: Planned, now: Instant) -> AnyView {
    let Planned { at, step, beside } = planned;
    let mapping = |key: Key| {
        view! { <a href=format!("/mappings/{key}")>{key.to_string()}</a> }
    };
    let what = match step {
        Step::Message { flow, channel } => {
            format!("{} of {flow}", format::capital(channel.noun())).into_any()
        }
        Step::AdsBegin { mapping: key } => {
            view! { "Ads of " {mapping(key)} " may begin" }.into_any()
        }
        Step::AdsEnd { mapping: key } => {
            view! { "Ads of " {mapping(key)} " end: the audience's window does" }.into_any()
        }
        Step::Released { rule } => view! {
            <a href=format!("/suppression/rules/{rule}")>{rule.to_string()}</a>
            " keeps them out no longer"
        }
        .into_any(),
    };
    let names: Vec<String> = beside.iter().map(ToString::to_string).collect();
    let beside = if names.is_empty() {
        view! { <Nothing words="nothing" /> }.into_any()
    } else {
        let said = format!("Meets ads of {}", format::list(&names));
        view! { <StateMark state=State::Late word=said /> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <Soon at now />
            </th>
            <td>{what}</td>
            <td>{beside}</td>
        </tr>
    }
    .into_any()
}
