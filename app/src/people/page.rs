//! The page that finds people.

use domain::{people::Person, retention::HISTORY_DAYS};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use super::api::find_people;
use crate::{
    format,
    live::{loaded, read},
    ui::{Button, Column, Empty, Mark, Nothing, Page, Table, TextField},
};

/// Finds people.
#[component]
pub fn PeoplePage() -> AnyView {
    let query = use_query_map();
    let find = Memo::new(move |_| query.read().get("find").unwrap_or_default());
    let data = read(move || find.get(), find_people);
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

/// A value, or that there is none.
pub(super) fn or_nothing(value: Option<String>) -> AnyView {
    value.map_or_else(|| view! { <Nothing words="none" /> }.into_any(), IntoAny::into_any)
}
