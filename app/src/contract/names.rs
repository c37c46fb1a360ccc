//! The names under which events come in, and which of them are one.

use domain::contract::synonyms::{Inconsistency, Names, Seen, Spelling, Standing, Synonym};
use leptos::prelude::*;

use super::api::{NamesRead, ProposeAlias, read_names};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    ui::{Column, Empty, Figure, Page, Section, Table},
};

/// Names that nobody agreed on, as many as are shown.
const UNKNOWN: usize = 50;

/// The names.
#[component]
pub fn NamesPage() -> AnyView {
    let propose = ServerAction::<ProposeAlias>::new();
    let data = read(move || propose.version().get(), |_| read_names());
    loaded(data, "Event names", move |read| names_page(read, propose))
}

/// The page.
pub fn names_page(read: NamesRead, propose: ServerAction<ProposeAlias>) -> AnyView {
    let NamesRead { names, may_propose } = read;
    let answer = sentence(&names).into_any();
    let Names { events, synonyms, spellings, mut unknown, .. } = names;
    let content = if events == 0 {
        view! {
            <Empty
                title="No event came in lately"
                words="Under which names events come in at /v1 shows here, with those that mean one of the contract's."
            />
        }
        .into_any()
    } else {
        let synonyms = (!synonyms.is_empty()).then(|| meant(synonyms, may_propose, propose));
        let spellings = (!spellings.is_empty()).then(|| written(spellings));
        let more = unknown.len().saturating_sub(UNKNOWN) as u64;
        unknown.truncate(UNKNOWN);
        let unknown = (!unknown.is_empty()).then(|| others(unknown, more));
        view! { {synonyms} {spellings} {unknown} }.into_any()
    };
    view! {
        <Page name="Event names" answer>
            <FormError answered=answered(propose) fields=&[] title="Nothing was proposed" />
            {content}
        </Page>
    }
    .into_any()
}

fn sentence(names: &Names) -> String {
    let Names { events, is_all, synonyms, spellings, unknown, .. } = names;
    if *events == 0 {
        return "No event came in at /v1 in the last seven days.".to_owned();
    }
    let of = if *is_all {
        format!("Of {} in the last seven days:", format::count(*events, "event", "events"))
    } else {
        format!("Of {} of the last seven days:", format::count(*events, "event", "events"))
    };
    let clauses = [
        (
            synonyms.len(),
            "name stands for an event of the contract",
            "names stand for events of the contract",
        ),
        (
            spellings.len(),
            "event comes in under several names",
            "events come in under several names",
        ),
        (unknown.len(), "name is nobody's", "names are nobody's"),
    ];
    let clauses: Vec<String> = clauses
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(all, one, many)| format::count(all as u64, one, many))
        .collect();
    if clauses.is_empty() {
        return format!("{of} each came in under the name that it has in the contract.");
    }
    format!("{of} {}.", format::list(&clauses))
}

fn meant(
    synonyms: Vec<Synonym>,
    may_propose: bool,
    propose: ServerAction<ProposeAlias>,
) -> AnyView {
    let mut columns = vec![
        Column::words("Comes in as"),
        Column::words("Stands for"),
        Column::words("Why"),
        Column::figures("Events"),
    ];
    if may_propose {
        columns.push(Column::actions("Propose"));
    }
    let rows = synonyms
        .into_iter()
        .map(|one| {
            let why = one.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let form = may_propose.then(|| proposing(&one, propose));
            view! {
                <tr>
                    <th scope="row">{one.name}</th>
                    <td>{one.canonical}</td>
                    <td class="wrap">{format::capital(&why)}</td>
                    <Figure value=one.events />
                    {form}
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="One thing under other names">
            <p class="reading">
                "As an alias, it goes on under the name of the contract. A shop that sends both for one order would then count it twice: look at what is sent before you propose it."
            </p>
            <Table caption="Names that stand for an event of the contract" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn proposing(one: &Synonym, propose: ServerAction<ProposeAlias>) -> AnyView {
    let (name, canonical) = (one.name.clone(), one.canonical.clone());
    let label = format!("Propose {name} as an alias of {canonical}");
    view! {
        <td class="tight">
            <ActionForm action=propose>
                <input type="hidden" name="name" value=name />
                <input type="hidden" name="canonical" value=canonical />
                <button class="button" aria-label=label>
                    "Propose as alias"
                </button>
            </ActionForm>
        </td>
    }
    .into_any()
}

fn written(events: Vec<Inconsistency>) -> AnyView {
    let columns = vec![
        Column::words("Event"),
        Column::words("Comes in as"),
        Column::words("Is"),
        Column::figures("Events"),
    ];
    let row = |canonical: String, Spelling { name, events, standing }: Spelling| {
        let standing = match standing {
            Standing::Canonical => "its name",
            Standing::Alias => "an alias",
            Standing::Proposed => "nothing yet",
        };
        view! {
            <tr>
                <th scope="row">{canonical}</th>
                <td>{name}</td>
                <td>{standing}</td>
                <Figure value=events />
            </tr>
        }
    };
    let rows = events
        .into_iter()
        .flat_map(|Inconsistency { canonical, spellings }| {
            spellings.into_iter().map(move |one| row(canonical.clone(), one))
        })
        .collect_view();
    view! {
        <Section title="Events under several names">
            <Table caption="The names of each event that has several" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn others(unknown: Vec<Seen>, more: u64) -> AnyView {
    let columns =
        vec![Column::words("Comes in as"), Column::words("Properties"), Column::figures("Events")];
    let rows = unknown
        .into_iter()
        .map(|one| {
            let properties = one.properties.into_iter().collect::<Vec<_>>().join(", ");
            view! {
                <tr>
                    <th scope="row">{one.name}</th>
                    <td class="wrap">{properties}</td>
                    <Figure value=one.events />
                </tr>
            }
        })
        .collect_view();
    let more = (more > 0).then(|| {
        let words = format!("And {} more.", format::count(more, "name", "names"));
        view! { <p class="quiet">{words}</p> }
    });
    view! {
        <Section title="Names that nobody agreed on">
            <Table caption="Names that stand for no event of the contract" columns>
                {rows}
            </Table>
            {more}
        </Section>
    }
    .into_any()
}
