//! The matrix of required fields: fields down, destinations across.

use domain::destinations::needs::{
    Covered, IDENTIFIER, Need, NeedsCell, NeedsColumn, NeedsLine, NeedsMatrix,
};
use leptos::prelude::*;

use super::{api::read_needs, page::views};
use crate::{
    format,
    live::{loaded, read, renew},
    ui::{ButtonKind, Empty, LinkButton, Mark, Nothing, Page, State, StateMark},
};

/// Every field against every destination.
#[component]
pub fn NeedsPage() -> AnyView {
    let data = read(|| (), |()| read_needs());
    renew(data, |_| false);
    loaded(data, "Destinations", needs_page)
}

/// The page.
pub fn needs_page(matrix: NeedsMatrix) -> AnyView {
    let answer = sentence(&matrix).into_any();
    if matrix.destinations.is_empty() {
        return view! {
            <Page name="Destinations" answer>
                {views(true)}
                <Empty
                    title="No destinations yet"
                    words="Each becomes a column here, with what it needs of people and how many have it."
                >
                    <LinkButton href="/destinations/new" kind=ButtonKind::Primary mark=Mark::Add>
                        "Add a destination"
                    </LinkButton>
                </Empty>
            </Page>
        }
        .into_any();
    }
    let head = matrix.destinations.iter().map(column_head).collect_view();
    let lines = matrix.fields.iter().map(line).collect_view();
    view! {
        <Page name="Destinations" answer>
            {views(true)}
            <div
                class="table-frame matrix"
                role="region"
                aria-label="Required fields by destination"
                tabindex="0"
            >
                <table class="table">
                    <caption class="unseen">
                        "Fields down, destinations across: what each destination needs, and how many people have it"
                    </caption>
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            {head}
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            <p class="quiet reading">
                "Counted over the members of every audience that is sent there. Of an attribute beyond identifiers: over everybody whose value was read within a week. What stays never leaves Segue."
            </p>
        </Page>
    }
    .into_any()
}

fn sentence(matrix: &NeedsMatrix) -> String {
    let sent = matrix.destinations.iter().filter(|one| one.members > 0).count() as u64;
    if sent == 0 {
        return "No audience that is sent anywhere was read yet, so nobody can be counted."
            .to_owned();
    }
    let red: Vec<String> = matrix
        .red()
        .map(|(column, Covered { with, of })| {
            format!(
                "At {} only {} of {} can be found: too few to be used.",
                column.key,
                format::number(with),
                format::count(of, "person", "people"),
            )
        })
        .collect();
    if red.is_empty() {
        let what = if sent == 1 { "The destination" } else { "Every destination" };
        return format!("{what} that people are sent to can find enough of them.");
    }
    red.join(" ")
}

fn column_head(column: &NeedsColumn) -> AnyView {
    let members = format::count(column.members, "person", "people");
    view! {
        <th scope="col">
            <a href=format!("/destinations/{}", column.key)>{column.key.to_string()}</a>
            <span class="under">{column.profile.label()} " · " {members}</span>
        </th>
    }
    .into_any()
}

fn line(line: &NeedsLine) -> AnyView {
    let name = match line.field.as_str() {
        IDENTIFIER => view! { "Anything that names them" }.into_any(),
        "email" => "E-mail".into_any(),
        "phone" => "Phone".into_any(),
        "id" => "External id".into_any(),
        field => view! { <code>{field.to_owned()}</code> }.into_any(),
    };
    let cells = line.cells.iter().map(cell).collect_view();
    view! {
        <tr>
            <th scope="row">{name}</th>
            {cells}
        </tr>
    }
    .into_any()
}

fn cell(cell: &NeedsCell) -> AnyView {
    let word = match cell.need {
        Need::Required => "Required",
        Need::OneOf => "One of them",
        Need::Flows => "Flows",
        Need::Stays => return view! { <td class="none">"Stays"</td> }.into_any(),
    };
    let mark = if cell.is_red {
        view! { <StateMark state=State::Failing word="Too few" /> }.into_any()
    } else {
        word.into_any()
    };
    let under = match cell.covered {
        Some(Covered { with, of }) => format!(
            "{} · {} of {}",
            format::share(with, of),
            format::number(with),
            format::number(of)
        )
        .into_any(),
        None => view! { <Nothing words="nobody was read" /> }.into_any(),
    };
    view! {
        <td>
            {mark} <span class="under">{under}</span>
        </td>
    }
    .into_any()
}
