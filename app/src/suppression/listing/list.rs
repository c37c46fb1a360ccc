//! The page of a list: whom it keeps out, what was put on it, and how to put more there.

use domain::{
    suppression::listing::{List, Listing, ListingState},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{AddNames, ListView, page_of, read_list};
use crate::{
    form::{Answered, FormError, answered, typed, wrong},
    format,
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Column, Empty, Field, Figure, LinkButton, Moment, Page, Section, State,
        StateMark, Table, TextField, text_or_nothing,
    },
};

/// A list. It doesn't renew itself: somebody may be typing names.
#[component]
pub fn ListPage() -> AnyView {
    let params = use_params_map();
    let add = ServerAction::<AddNames>::new();
    let data = read(move || params.read().get("key").unwrap_or_default(), read_list);
    loaded(data, "List", move |view| list_page(view, add))
}

/// The page.
pub fn list_page(view: ListView, add: ServerAction<AddNames>) -> AnyView {
    let ListView { now, list } = view;
    let List { rule, listings } = list;
    let key = rule.spec.key.to_string();
    let answer = sentence(rule.people, &listings, rule.spec.ttl.map(format::duration));
    let table = if listings.is_empty() {
        view! {
            <Empty
                title="Nobody was put on this list"
                words="Each file and each person put on it appears here, with how many people it keeps out and the way to take it off again."
            />
        }
        .into_any()
    } else {
        listings_table(&key, listings, now)
    };
    let back = view! {
        <LinkButton href="/suppression" kind=ButtonKind::Quiet>
            "Go to the suppressions"
        </LinkButton>
    };
    let answered = answered(add);
    view! {
        <Page
            name=format!("List {key}")
            answer=answer.into_any()
            actions=back.into_any()
        >
            <FormError
                answered
                fields=&["names", "note"]
                title="Nobody was put on the list"
            />
            {table}
            <Section title="Put people on it">
                <div class="split">
                    {names_form(key.clone(), add, answered)} {file_form(&key)}
                </div>
            </Section>
        </Page>
    }
    .into_any()
}

fn sentence(people: u64, listings: &[Listing], long: Option<String>) -> String {
    let drafts = listings.iter().filter(|one| one.state == ListingState::Draft).count() as u64;
    let waiting = match drafts {
        0 => String::new(),
        1 => " One file waits to be looked at.".to_owned(),
        several => format!(" {several} files wait to be looked at."),
    };
    let long = long.map_or_else(
        || "until somebody takes them off".to_owned(),
        |long| format!("for {long} from when they were put there"),
    );
    match people {
        0 => format!("The list keeps nobody out.{waiting}"),
        some => format!(
            "The list keeps {} out, {long}.{waiting}",
            format::count(some, "person", "people")
        ),
    }
}

fn names_form(key: String, add: ServerAction<AddNames>, answered: Answered) -> AnyView {
    let wrong_names = wrong(answered, "names");
    let names = typed("names", "");
    view! {
        <ActionForm action=add attr:class="form">
            <input type="hidden" name="rule" value=key />
            <Field
                name="names"
                label="Names"
                hint=Some(
                    "One a line: e-mail addresses, ids, or a CSV with a column email, id or cio_id. Nothing happens before you have seen what follows from it."
                        .to_owned(),
                )
                wrong=wrong_names
            >
                <textarea
                    class="input input-mono"
                    id="names"
                    name="names"
                    rows="6"
                    required
                    spellcheck="false"
                    aria-describedby="names-hint"
                >
                    {names}
                </textarea>
            </Field>
            <TextField
                name="note"
                label="Why"
                hint="Kept with your name; it stands on each person's page."
                value=typed("note", "")
                wrong=wrong(answered, "note")
                optional=true
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=add.pending()>
                    "Look at these names"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// A browser posts it by itself, awake or not.
fn file_form(key: &str) -> AnyView {
    view! {
        <form
            class="form"
            method="post"
            enctype="multipart/form-data"
            action=format!("{}/file", page_of(key))
        >
            <Field
                name="file"
                label="Or a file"
                hint=Some(
                    "CSV or text, at most 8 MB and 100,000 names. The first line may name its columns."
                        .to_owned(),
                )
            >
                <input
                    class="input"
                    id="file"
                    name="file"
                    type="file"
                    accept=".csv,.txt,text/csv,text/plain"
                    required
                    aria-describedby="file-hint"
                />
            </Field>
            <Field name="file-note" label="Why this file" optional=true>
                <input class="input" id="file-note" name="note" maxlength="200" />
            </Field>
            <div class="buttons">
                <Button>"Look at the file"</Button>
            </div>
        </form>
    }
    .into_any()
}

/// How a listing stands.
pub(super) fn state(listing: &Listing) -> AnyView {
    let (state, word) = match listing.state {
        ListingState::Draft => (State::Waiting, "To look at"),
        ListingState::Holding => (State::Ok, "Keeps out"),
        ListingState::Expired => (State::Paused, "Its time is over"),
        ListingState::Ended => (State::Paused, "Taken off"),
    };
    view! { <StateMark state word /> }.into_any()
}

fn listings_table(key: &str, listings: Vec<Listing>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("What"),
        Column::words("State"),
        Column::words("Why"),
        Column::words("By"),
        Column::figures("Names"),
        Column::figures("People"),
        Column::figures("Not known yet"),
        Column::figures("Put on it"),
    ];
    let page = page_of(key);
    let rows = listings
        .into_iter()
        .map(|one| {
            let mark = state(&one);
            let note = text_or_nothing(one.note, "not said");
            view! {
                <tr>
                    <th scope="row" class="wrap">
                        <a href=format!("{page}/{}", one.id)>{one.source}</a>
                    </th>
                    <td>{mark}</td>
                    <td class="wrap">{note}</td>
                    <td>{one.by}</td>
                    <Figure value=one.names />
                    <Figure value=one.people />
                    <Figure value=one.unknown />
                    <td class="num">
                        <Moment at=one.at now />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="What was put on the list" columns>
            {rows}
        </Table>
    }
    .into_any()
}
