//! What a change would do: whom it concerns, and what came in lately held against it.

use domain::{
    contract::{
        Class,
        blast::{Field, Flow, Touched},
        replay::{Replay, Replayed},
    },
    key::Key,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Column, Figure, Nothing, Section, Table, text_or_nothing},
};

/// Who reads what is changed, and what hears or sends it.
pub fn concerned(touched: Vec<Touched>) -> AnyView {
    let columns = vec![
        Column::words("Event"),
        Column::words("Read by"),
        Column::words("Keeps out, by suppression"),
        Column::words("Sent by mapping"),
        Column::words("Destinations hear"),
    ];
    let links = |keys: Vec<Key>, none: &'static str| {
        if keys.is_empty() {
            return view! { <Nothing words=none /> }.into_any();
        }
        let link = |key: Key| view! { <a href=format!("/mappings/{key}")>{key.to_string()}</a>" " };
        keys.into_iter().map(link).collect_view().into_any()
    };
    let all = touched.len();
    let is_used = |one: &Touched| {
        !(one.consumers.is_empty()
            && one.suppressions.is_empty()
            && one.mappings.is_empty()
            && one.flows.is_empty())
    };
    let used: Vec<Touched> = touched.into_iter().filter(is_used).collect();
    let others = match (used.len(), (all - used.len()) as u64) {
        (_, 0) => None,
        (0, _) => Some(
            "Nobody said that they read what is changed, and nothing here hears or sends it."
                .to_owned(),
        ),
        (_, 1) => {
            Some("The other event is read, heard and sent by nobody that is known here.".to_owned())
        }
        (_, more) => Some(format!(
            "The other {more} events are read, heard and sent by nobody that is known here."
        )),
    };
    let others = others.map(|words| view! { <p class="quiet">{words}</p> });
    let has_rows = !used.is_empty();
    let rows = used
        .into_iter()
        .map(|one| {
            let readers = one.consumers.into_iter().collect::<Vec<_>>().join(", ");
            let readers = text_or_nothing(readers, "nobody said");
            let suppressions = if one.suppressions.is_empty() {
                view! { <Nothing words="nobody" /> }.into_any()
            } else {
                one.suppressions.into_iter().map(suppression).collect_view().into_any()
            };
            view! {
                <tr>
                    <th scope="row">{one.event}</th>
                    <td class="wrap">{readers}</td>
                    <td class="wrap">{suppressions}</td>
                    <td class="wrap">{links(one.mappings, "none")}</td>
                    <td class="wrap">{flows(one.flows)}</td>
                </tr>
            }
        })
        .collect_view();
    let table = has_rows.then(|| {
        view! {
            <p class="reading">
                "A suppression goes on to hear an event under every name that it comes in by, and whether or not it is as agreed."
            </p>
            <Table caption="What uses the events that are changed" columns>
                {rows}
            </Table>
        }
    });
    view! {
        <Section title="Whom it concerns">
            {table}
            {others}
        </Section>
    }
    .into_any()
}

/// What destinations begin and cease to hear.
fn flows(flows: Vec<Flow>) -> AnyView {
    if flows.is_empty() {
        return view! { <Nothing words="the same as before" /> }.into_any();
    }
    let names = |fields: &[Field]| {
        let told = |field: &Field| match field.class {
            Class::Other => field.path.clone(),
            class => format!("{} ({})", field.path, class.as_str()),
        };
        fields.iter().map(told).collect::<Vec<_>>().join(", ")
    };
    let line = |flow: Flow| {
        let key = flow.destination.to_string();
        let begins =
            (!flow.begins.is_empty()).then(|| format!(" begins to hear {}.", names(&flow.begins)));
        let ceases =
            (!flow.ceases.is_empty()).then(|| format!(" ceases to hear {}.", names(&flow.ceases)));
        view! {
            <div>
                <a href=format!("/destinations/{key}")>{key.clone()}</a>
                {begins}
                {ceases}
            </div>
        }
    };
    flows.into_iter().map(line).collect_view().into_any()
}

/// A suppression that hears an event, with how many mappings it protects.
fn suppression((rule, mappings): (Key, Vec<Key>)) -> AnyView {
    let names = mappings.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let words = format!(" from {}", format::count(mappings.len() as u64, "mapping", "mappings"));
    view! {
        <div>
            <a href="/suppression">{rule.to_string()}</a>
            <span title=names>{words}</span>
        </div>
    }
    .into_any()
}

/// What came in lately, held against the change.
pub fn replayed(replay: Replay) -> AnyView {
    let (events, failing, passing) = (replay.events, replay.failing(), replay.passing());
    if events == 0 {
        return view! { <p class="quiet">"No event came in at /v1 in the last seven days."</p> }
            .into_any();
    }
    let all = format::count(events, "event", "events");
    let words = match (failing, passing) {
        (0, 0) => format!("Of {all} none would come out otherwise."),
        (failing, passing) => {
            let clause = |some: u64, words: &str| {
                (some > 0).then(|| {
                    let share = format::share(some, events);
                    format!("{} ({share}) would begin to {words}", format::number(some))
                })
            };
            let clauses: Vec<String> =
                [clause(failing, "fail"), clause(passing, "pass")].into_iter().flatten().collect();
            format!("Of {all} {}.", format::list(&clauses))
        }
    };
    let lines: Vec<Replayed> =
        replay.lines.into_iter().filter(|line| line.failing + line.passing > 0).collect();
    let table = (!lines.is_empty()).then(|| {
        let columns = vec![
            Column::words("Event, as it came"),
            Column::figures("Came in"),
            Column::figures("Would fail"),
            Column::figures("Would pass"),
            Column::words("What would be wrong first"),
        ];
        let rows = lines.into_iter().map(replayed_row).collect_view();
        view! {
            <Table caption="The events of the last seven days under the change" columns>
                {rows}
            </Table>
        }
    });
    view! {
        <p class="reading">{words}</p>
        {table}
    }
    .into_any()
}

fn replayed_row(line: Replayed) -> AnyView {
    let name = if line.name.is_empty() { "All other names".to_owned() } else { line.name };
    let wrong = match line.violation {
        Some(violation) => violation.to_string().into_any(),
        None => view! { <Nothing words="nothing" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <Figure value=line.events />
            <Figure value=line.failing />
            <Figure value=line.passing />
            <td class="wrap">{wrong}</td>
        </tr>
    }
    .into_any()
}
