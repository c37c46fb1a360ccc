//! The page of one destination.

use domain::{
    destinations::{
        DestinationSpec,
        fields::{DestinationView, Example, Vector},
    },
    mappings::MappingRow,
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{ChangeBudget, ChangeFields, ChangeValue, OneDestination, read_destination},
    budget::budget_section,
    events::heard,
    fields::{FieldsPreviewing, fields_section},
    profile,
    value::value_section,
};
use crate::{
    form::done,
    format,
    live::{loaded, read},
    ui::{
        Column, Empty, Figure, HealthMark, LinkButton, Moment, Nothing, Page, Section, State,
        StateMark, Table, UseCaseMark,
    },
    words,
};

/// What can be changed here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    /// The fields that flow.
    pub change: ServerAction<ChangeFields>,
    /// What a person is worth.
    pub value: ServerAction<ChangeValue>,
    /// How much may go there.
    pub budget: ServerAction<ChangeBudget>,
}

/// One destination.
#[component]
pub fn DestinationPage() -> AnyView {
    let params = use_params_map();
    let change = ServerAction::<ChangeFields>::new();
    let value = ServerAction::<ChangeValue>::new();
    let budget = ServerAction::<ChangeBudget>::new();
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let data = read(
        move || (key.get(), change.version().get(), done(value), done(budget)),
        |(key, ..)| read_destination(key),
    );
    let previewing = FieldsPreviewing::new(key, change);
    let actions = Actions { change, value, budget };
    loaded(data, "Destination", move |one| destination_page(one, actions, previewing))
}

/// The page.
pub fn destination_page(
    one: OneDestination,
    actions: Actions,
    previewing: FieldsPreviewing,
) -> AnyView {
    let OneDestination { now, view, mappings, events } = one;
    let DestinationView { row, examples, vectors } = view;
    let answer = sentence(&row.spec, &mappings);
    let key = row.spec.key.to_string();
    let rules = profile::rules(&row.spec);
    let Actions { change, value, budget } = actions;
    let budget = budget_section(&row.spec, &mappings, &events, budget);
    view! {
        <Page name=key answer=answer.into_any()>
            <div class="split">
                <div>
                    {fields_section(&row.spec, change, previewing)}
                    {value_section(&row.spec, value)}
                </div>
                <Section title="What the platform asks for">{rules}</Section>
            </div>
            <Section title="What it gets">{messages(&examples, &[])}</Section>
            {self_test(vectors)}
            {senders(mappings, &row.spec, now)}
            {heard(events)}
            {budget}
        </Page>
    }
    .into_any()
}

fn sentence(spec: &DestinationSpec, mappings: &[MappingRow]) -> String {
    let label = spec.profile.label();
    let clear = if spec.hash { "as SHA-256" } else { "in clear" };
    let names = match (spec.profile.sends_contact(), spec.fields.as_slice()) {
        (true, []) => format!("Id, e-mail and phone flow to {label}, {clear}, and nothing else."),
        (false, []) => format!("The id alone flows to {label}."),
        (contact, fields) => {
            let by_itself: &[&str] = if contact { &["Id", "e-mail", "phone"] } else { &["Id"] };
            let mut all: Vec<String> = by_itself.iter().map(ToString::to_string).collect();
            if fields.len() <= 3 {
                all.extend_from_slice(fields);
            } else {
                all.push(format::count(fields.len() as u64, "further field", "further fields"));
            }
            format!("{} flow to {label}.", format::list(&all))
        }
    };
    let there: u64 = mappings.iter().map(|row| row.delivered).sum();
    let verb = if there == 1 { "is" } else { "are" };
    let by = match mappings.len() {
        0 => "No mapping sends there yet.".to_owned(),
        count => format!(
            "{} {verb} there, by {}.",
            format::count(there, "membership", "memberships"),
            format::count(count as u64, "mapping", "mappings"),
        ),
    };
    format!("{names} {by}")
}

/// Messages of an invented person; lines with one of these fields are marked.
pub fn messages(examples: &[Example], new: &[String]) -> AnyView {
    examples
        .iter()
        .map(|example| {
            let use_case = words::use_case(example.use_case);
            let by = match &example.mapping {
                Some(mapping) => format!("{use_case}, by {mapping}"),
                None => format!("{use_case}, as its first mapping would send it"),
            };
            let bodies = example
                .messages
                .iter()
                .map(|message| {
                    let lines = message.lines().map(|line| marked(line, new)).collect_view();
                    let label = format!("Example message: {by}");
                    view! {
                        <pre class="payload" tabindex="0" role="group" aria-label=label>
                            <code>{lines}</code>
                        </pre>
                    }
                })
                .collect_view();
            view! {
                <figure class="example">
                    <figcaption>{by} " · of an invented person, somebody who enters"</figcaption>
                    {bodies}
                </figure>
            }
        })
        .collect_view()
        .into_any()
}

fn marked(line: &str, new: &[String]) -> AnyView {
    let is_new = new.iter().any(|field| line.trim_start().starts_with(&format!("\"{field}\":")));
    if !is_new {
        return format!("{line}\n").into_any();
    }
    let value = line.trim_start().to_owned();
    let indent = " ".repeat(line.len() - value.len());
    view! {
        {indent}
        <ins>{value}</ins>
        "\n"
    }
    .into_any()
}

/// Whether identifiers hash as the platform hashes them, tried as this page was asked for.
fn self_test(vectors: Vec<Vector>) -> Option<AnyView> {
    let failed = vectors.iter().filter(|vector| !vector.agrees).count() as u64;
    let words = match failed {
        _ if vectors.is_empty() => return None,
        0 => "Identifiers hash as the platform hashes them, and a hash is never hashed again."
            .to_owned(),
        failed => format!(
            "{} otherwise than the platform's rule: with hash = true nobody would be found.",
            format::count(failed, "identifier hashes", "identifiers hash")
        ),
    };
    let rows = vectors
        .into_iter()
        .map(|Vector { input, expected, agrees }| {
            let (state, word) =
                if agrees { (State::Ok, "The same") } else { (State::Failing, "Differs") };
            view! {
                <tr>
                    <th scope="row">
                        <code>{input}</code>
                    </th>
                    <td>
                        <code class="hash">{expected}</code>
                    </td>
                    <td>
                        <StateMark state word />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::words("Known identifier"),
        Column::words("Its SHA-256 there"),
        Column::words("Segue's"),
    ];
    Some(
        view! {
            <Section title="Hash self-test">
                <p>{words}</p>
                <Table caption="Known hashes and Segue's" columns>
                    {rows}
                </Table>
            </Section>
        }
        .into_any(),
    )
}

fn senders(mappings: Vec<MappingRow>, spec: &DestinationSpec, now: Instant) -> AnyView {
    let href = format!("/mappings/new?destination={}", spec.key);
    if mappings.is_empty() {
        return view! {
            <Section title="Who sends there">
                <Empty
                    title="No mapping sends there yet"
                    words="Each mapping appears here with how many people it has there."
                >
                    <LinkButton href>"Add a mapping"</LinkButton>
                </Empty>
            </Section>
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::words("State"),
        Column::figures("There"),
        Column::words("Last done"),
    ];
    let rows = mappings
        .into_iter()
        .map(|row| {
            let key = row.spec.key.to_string();
            let done = match row.last_done_at {
                Some(at) => view! { <Moment at now /> }.into_any(),
                None => view! { <Nothing words="never" /> }.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/mappings/{key}")>{key.clone()}</a>
                    </th>
                    <td>
                        <UseCaseMark use_case=row.spec.use_case />
                    </td>
                    <td>
                        <HealthMark health=row.health />
                    </td>
                    <Figure value=row.delivered />
                    <td>{done}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Who sends there">
            <Table caption="Mappings that send to this destination" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}
