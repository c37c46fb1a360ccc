//! The pages that find a person and explain where one stands.

use domain::{
    delivery::Transition,
    people::{HistoryEntry, Person, PersonMapping, PersonView},
    retention::HISTORY_DAYS,
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::{
    components::Form,
    hooks::{use_params_map, use_query_map},
};

use super::api::{Explained, find_people, read_person};
use crate::{
    format,
    live::{loaded, renew},
    ui::{
        Button, Column, Empty, Fact, Facts, Mark, Moment, Nothing, Page, Section, ShortId, State,
        StateMark, Table, TextField, UseCaseMark,
    },
    words,
};

/// Lines of the history.
const LINES: usize = 100;

/// Finds people.
#[component]
pub fn PeoplePage() -> AnyView {
    let query = use_query_map();
    let find = Memo::new(move |_| query.read().get("find").unwrap_or_default());
    let data = Resource::new(move || find.get(), find_people);
    loaded(data, "People", move |people| people_page(&find.get_untracked(), people))
}

/// The page with what was found.
pub fn people_page(find: &str, people: Vec<Person>) -> AnyView {
    let find = find.trim().to_owned();
    let answer = match (find.as_str(), people.len()) {
        ("", _) => "Find somebody to see where they stand, and why.".to_owned(),
        (find, 0) => format!("Nobody in any audience is known as {find}."),
        (find, 1) => format!("One person is known as {find}."),
        (find, many) => format!("{many} people are known as {find}."),
    };
    let table = match (find.is_empty(), people.is_empty()) {
        (true, _) => None,
        (false, true) => Some(
            view! {
                <Empty
                    title="Nobody found"
                    words=format!(
                        "Segue knows whoever was a member of a promoted segment when it was last read, and forgets whoever is in none of them and at no destination for {HISTORY_DAYS} days. Identifiers are compared whole: a part of an address finds nobody.",
                    )
                />
            }
            .into_any(),
        ),
        (false, false) => Some(people_table(people)),
    };
    view! {
        <Page name="People" answer=answer.into_any()>
            <Form method="GET" action="/people" attr:class="form-row" attr:role="search">
                <TextField
                    name="find"
                    label="Customer.io id, id or e-mail address"
                    kind="search"
                    value=find
                />
                <Button mark=Mark::Find>"Find person"</Button>
            </Form>
            {table}
        </Page>
    }
    .into_any()
}

fn people_table(people: Vec<Person>) -> AnyView {
    let columns = vec![
        Column::words("Customer.io id"),
        Column::words("Id"),
        Column::words("E-mail"),
        Column::words("Phone"),
    ];
    let rows = people
        .into_iter()
        .map(|person| {
            let href = person_href(&person.cio_id);
            view! {
                <tr>
                    <th scope="row">
                        <a class="id" href=href>
                            {person.cio_id}
                        </a>
                    </th>
                    <td>{or_nothing(person.id)}</td>
                    <td>{or_nothing(person.email)}</td>
                    <td>{or_nothing(person.phone)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="People" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn person_href(cio_id: &str) -> String {
    format!("/people/{}", format::in_address(cio_id))
}

fn or_nothing(value: Option<String>) -> AnyView {
    value.map_or_else(|| view! { <Nothing words="none" /> }.into_any(), IntoAny::into_any)
}

/// One person.
#[component]
pub fn PersonPage() -> AnyView {
    let params = use_params_map();
    let cio_id = move || params.read().get("cio_id").unwrap_or_default();
    let data = Resource::new(cio_id, read_person);
    renew(data, |_| false);
    loaded(data, "Person", person_page)
}

/// The page of a person.
pub fn person_page(explained: Explained) -> AnyView {
    let Explained { now, view } = explained;
    let answer = sentence(&view);
    let PersonView { person, mappings } = view;
    let name = person.email.clone().or(person.id.clone()).unwrap_or_else(|| person.cio_id.clone());
    let history = history(&mappings);
    let history = if history.is_empty() {
        view! {
            <Empty
                title=format!("Nothing was sent about this person in the last {HISTORY_DAYS} days")
                words="Each acknowledged entry and exit appears here with the run that decided it."
            />
        }
        .into_any()
    } else {
        history_table(history, now)
    };
    let standing = if mappings.is_empty() {
        view! { <Empty title="No mappings yet" words="Where this person stands in each appears here." /> }
            .into_any()
    } else {
        standing_table(mappings)
    };
    view! {
        <Page name answer=answer.into_any() marks=().into_any()>
            <div class="split">
                <Section title="Where">{standing}</Section>
                <Facts>
                    <Fact term="Customer.io id">
                        <ShortId id=person.cio_id />
                    </Fact>
                    <Fact term="Id">{or_nothing(person.id)}</Fact>
                    <Fact term="E-mail">{or_nothing(person.email)}</Fact>
                    <Fact term="Phone">{or_nothing(person.phone)}</Fact>
                </Facts>
            </div>
            <Section title="What was sent">{history}</Section>
        </Page>
    }
    .into_any()
}

/// Where the person is, and for each place where not: why.
fn sentence(view: &PersonView) -> String {
    let there = view.mappings.iter().filter(|one| one.delivered).count();
    let all = view.mappings.len();
    let place = match (there, all) {
        (_, 0) => return "There is no mapping that could send this person anywhere.".to_owned(),
        (0, 1) => "Not at the destination of the only mapping".to_owned(),
        (1, 1) => "At the destination of the only mapping".to_owned(),
        (0, all) => format!("At no destination of {all} mappings"),
        (there, all) if there == all => format!("At the destinations of all {all} mappings"),
        (there, all) => format!("At the destinations of {there} of {all} mappings"),
    };
    let mut reasons: Vec<String> = view
        .mappings
        .iter()
        .filter_map(|one| {
            let cause = one.cause?;
            Some(format!("not sent by {}, because {}", one.mapping, words::because(cause)))
        })
        .collect();
    let more = reasons.len().saturating_sub(2);
    reasons.truncate(2);
    if more > 0 {
        reasons.push(format!("not sent by {more} more"));
    }
    if reasons.is_empty() {
        format!("{place}.")
    } else {
        format!("{place}; {}.", format::list(&reasons))
    }
}

fn standing_table(mappings: Vec<PersonMapping>) -> AnyView {
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::words("Destination"),
        Column::words("In the audience"),
        Column::words("At the destination"),
        Column::words("Why not"),
    ];
    let rows = mappings
        .into_iter()
        .map(|one| {
            let (state, word) = match (one.delivered, one.cause.is_some(), one.member) {
                (true, ..) => (State::Ok, "There"),
                (false, true, _) => (State::Paused, "Withheld"),
                (false, false, true) => (State::Running, "Not yet"),
                (false, false, false) => (State::New, "Not a member"),
            };
            let why = one.cause.map_or_else(
                || view! { <Nothing words="no reason" /> }.into_any(),
                |cause| format::capital(words::because(cause)).into_any(),
            );
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/mappings/{}", one.mapping)>{one.mapping.to_string()}</a>
                    </th>
                    <td>
                        <UseCaseMark use_case=one.use_case />
                    </td>
                    <td>{one.destination.to_string()}</td>
                    <td>{if one.member { "Yes" } else { "No" }}</td>
                    <td>
                        <StateMark state word />
                    </td>
                    <td class="wrap">{why}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Where the person stands" columns>
            {rows}
        </Table>
    }
    .into_any()
}

/// What was sent in all mappings, the newest first.
fn history(mappings: &[PersonMapping]) -> Vec<(String, HistoryEntry)> {
    let mut lines: Vec<_> = mappings
        .iter()
        .flat_map(|one| one.history.iter().map(|entry| (one.mapping.to_string(), entry.clone())))
        .collect();
    lines.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
    lines.truncate(LINES);
    lines
}

fn history_table(lines: Vec<(String, HistoryEntry)>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Decided"),
        Column::words("What"),
        Column::words("Mapping"),
        Column::figures("Generation"),
        Column::words("Run"),
    ];
    let rows = lines
        .into_iter()
        .map(|(mapping, entry)| {
            let what = match entry.transition {
                Transition::Entered => "Entered",
                Transition::Exited => "Left",
            };
            let run = entry.run.to_string();
            view! {
                <tr>
                    <th scope="row">
                        <Moment at=entry.at now />
                    </th>
                    <td>{what}</td>
                    <td>
                        <a href=format!("/mappings/{mapping}")>{mapping.clone()}</a>
                    </td>
                    <td class="num">{entry.generation.to_string()}</td>
                    <td>
                        <a class="id" href=format!("/runs/{run}")>
                            {format::short_id(&run)}
                        </a>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="What was sent" columns>
            {rows}
        </Table>
    }
    .into_any()
}
