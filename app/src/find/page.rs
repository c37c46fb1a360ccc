//! The page that finds anything: a plain form.

use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use super::{
    Line,
    api::{Answer, find_anything},
    pages,
};
use crate::{
    format,
    live::{loaded, read},
    ui::{Button, Column, Empty, Mark, Page, Table, TextField},
};

/// Finds anything.
#[component]
pub fn FindPage() -> AnyView {
    let query = use_query_map();
    let text = Memo::new(move |_| query.read().get("text").unwrap_or_default());
    let data = read(move || text.get(), find_anything);
    loaded(data, "Find", find_page)
}

/// The page with what was found.
pub fn find_page(answer: Answer) -> AnyView {
    let Answer { text, found } = answer;
    let lines: Vec<Line> = found.into_iter().map(Line::from).chain(pages(&text)).collect();
    let asked = text.trim().to_owned();
    let sentence = match (asked.as_str(), lines.len()) {
        ("", _) => "Find a page, a mapping, an audience, a destination, or a person.".to_owned(),
        (asked, 0) => format!("Nothing is called {asked}."),
        (asked, 1) => format!("One thing is called {asked}."),
        (asked, many) => {
            format!("{} are called {asked}.", format::count(many as u64, "thing", "things"))
        }
    };
    let list = if lines.is_empty() {
        view! {
            <Empty
                title="Nothing found"
                words="A part of a name is enough for everything but people: they are found by a whole Customer.io id, id or e-mail address."
            />
        }
        .into_any()
    } else {
        let columns = vec![Column::words("Name"), Column::words("Kind"), Column::words("Also")];
        let rows = lines
            .into_iter()
            .map(|line| {
                view! {
                    <tr>
                        <th scope="row">
                            <a href=line.href>{line.name}</a>
                        </th>
                        <td>{format::capital(line.kind)}</td>
                        <td>{line.hint}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <Table caption="Found" columns>
                {rows}
            </Table>
        }
        .into_any()
    };
    view! {
        <Page name="Find" answer=sentence.into_any()>
            <Form method="GET" action="/find" attr:class="form-row" attr:role="search">
                <TextField name="text" label="A part of a name" kind="search" value=text />
                <Button mark=Mark::Find>"Find"</Button>
            </Form>
            {list}
        </Page>
    }
    .into_any()
}
