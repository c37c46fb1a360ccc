//! The matrix: audiences down, destinations across; several mappings paused or resumed at once.

use domain::{
    audiences::{AudienceRow, Mirror},
    key::Key,
    mappings::{
        MappingRow,
        matrix::{Matrix, MatrixColumn, MatrixLine},
    },
    time::Instant,
};
use leptos::{ev::KeyboardEvent, prelude::*};
use leptos_router::hooks::use_query_map;

use super::{
    api::{MatrixView, SwitchMappings, read_matrix},
    gates,
    page::{View, views},
};
use serde::{Deserialize, Serialize};

use crate::{
    browser,
    form::{FormError, answered},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Empty, HealthMark, LinkButton, Mark, Moment, Notice, NoticeKind, Page,
        UseCaseMark,
    },
    words,
};

/// Pauses and resumes what is chosen.
type Switch = ServerAction<SwitchMappings>;

/// Every audience against every destination.
#[component]
pub fn MatrixPage() -> AnyView {
    let switch = Switch::new();
    let query = use_query_map();
    let text = move |name| query.read().get(name).unwrap_or_default();
    let switched = Memo::new(move |_| Switched::read(&text("done"), &text("keys")));
    let data = read(move || (switched.get(), switch.version().get()), |_| read_matrix());
    renew(data, |view| {
        view.matrix.audiences.iter().flat_map(|line| &line.cells).flatten().any(words::is_running)
    });
    loaded(data, "Mappings", move |view| matrix_page(view, switch, switched.get_untracked()))
}

/// What was done a moment ago, and can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// Whether they were resumed, or else paused.
    resumed: bool,
    keys: Vec<Key>,
}

impl Switched {
    /// From the page's address; whatever is no key is left out.
    #[must_use]
    pub fn read(done: &str, keys: &str) -> Option<Self> {
        let resumed = match done {
            "resume" => true,
            "pause" => false,
            _ => return None,
        };
        let keys = keys.split(',').filter_map(|key| key.parse().ok()).collect();
        Some(Self { resumed, keys })
    }
}

/// The page.
pub fn matrix_page(view: MatrixView, switch: Switch, switched: Option<Switched>) -> AnyView {
    let MatrixView { now, matrix } = view;
    let is_empty = matrix.audiences.is_empty() || matrix.destinations.is_empty();
    let answer = sentence(&matrix).into_any();
    let body = if is_empty { nothing(&matrix) } else { grid(matrix, now, switch) };
    let actions = (!is_empty).then(|| {
        view! {
            <a class="button button-quiet" href="/mappings.csv" download="mappings.csv" rel="external">
                "Export as CSV"
            </a>
            <LinkButton href="/mappings/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a mapping"
            </LinkButton>
        }
        .into_any()
    });
    view! {
        <Page name="Mappings" answer actions>
            {views(View::Matrix)}
            {switched.map(|switched| undo(switched, switch))}
            <FormError answered=answered(switch) fields=&[] title="Nothing was changed" />
            {body}
        </Page>
    }
    .into_any()
}

fn sentence(matrix: &Matrix) -> String {
    let audiences = matrix.audiences.len() as u64;
    let destinations = matrix.destinations.len() as u64;
    if audiences == 0 || destinations == 0 {
        return "A mapping needs an audience and a destination.".to_owned();
    }
    let all = || matrix.audiences.iter().flat_map(|line| &line.cells);
    let used = all().filter(|cell| !cell.is_empty()).count() as u64;
    let unmapped = match matrix.unmapped() {
        0 => "Every audience is sent somewhere.".to_owned(),
        1 => "One audience is sent nowhere.".to_owned(),
        several => format!("{several} audiences are sent nowhere."),
    };
    format!(
        "{} of {} {} used: {} at {}. {unmapped}",
        format::number(used),
        format::count(audiences * destinations, "place", "places"),
        if audiences * destinations == 1 { "is" } else { "are" },
        format::count(audiences, "audience", "audiences"),
        format::count(destinations, "destination", "destinations"),
    )
}

fn nothing(matrix: &Matrix) -> AnyView {
    let (title, words, href, step) = if matrix.audiences.is_empty() {
        (
            "No audiences yet",
            "Promote a Customer.io segment first: each becomes a row here.",
            "/audiences/new",
            "Promote a segment",
        )
    } else {
        (
            "No destinations yet",
            "Add a place behind Segment first: each becomes a column here.",
            "/destinations/new",
            "Add a destination",
        )
    };
    view! {
        <Empty title words>
            <LinkButton href kind=ButtonKind::Primary mark=Mark::Add>
                {step}
            </LinkButton>
        </Empty>
    }
    .into_any()
}

/// Tells what was done, and takes it back.
fn undo(switched: Switched, switch: Switch) -> AnyView {
    let Switched { resumed, keys } = switched;
    let count = keys.len() as u64;
    let (did, back) = if resumed { ("resumed", "pause") } else { ("paused", "resume") };
    if count == 0 {
        let words = format!("Nothing to do: whatever was chosen is {did} already.");
        return view! { <p class="quiet" role="status">{words}</p> }.into_any();
    }
    let title = format!("{} {did}", format::count(count, "mapping was", "mappings were"));
    let means = if resumed {
        "They run as soon as a worker is free."
    } else {
        "Whoever is there stays, and suppressed people still leave."
    };
    let hidden = keys
        .iter()
        .map(|key| view! { <input type="hidden" name="keys[]" value=key.to_string() /> })
        .collect_view();
    view! {
        <Notice kind=NoticeKind::Ok title>
            <p>{means}</p>
            <ActionForm action=switch>
                {hidden}
                <input type="hidden" name="to" value=back />
                <Button kind=ButtonKind::Quiet busy=switch.pending()>
                    "Undo"
                </Button>
            </ActionForm>
        </Notice>
    }
    .into_any()
}

fn grid(matrix: Matrix, now: Instant, switch: Switch) -> AnyView {
    let head = matrix.destinations.iter().map(column_head).collect_view();
    let columns = matrix.destinations.clone();
    let lines = matrix.audiences.into_iter().map(|line| row(line, &columns, now)).collect_view();
    view! {
        <ActionForm action=switch>
            <div class="matrix-tools">
                <div class="buttons">
                    <Button mark=Mark::Pause send=("to", "pause") busy=switch.pending()>
                        "Pause chosen"
                    </Button>
                    <Button mark=Mark::Run send=("to", "resume") busy=switch.pending()>
                        "Resume chosen"
                    </Button>
                </div>
                <p class="hint awake-only">
                    <kbd>"← ↑ → ↓"</kbd>
                    " move, "
                    <kbd>"Space"</kbd>
                    " chooses, "
                    <kbd>"Enter"</kbd>
                    " opens"
                </p>
            </div>
            <div
                class="table-frame matrix"
                role="region"
                aria-label="Mappings by audience and destination"
                tabindex="0"
                on:keydown=move |event: KeyboardEvent| browser::walk_grid(&event)
            >
                <table class="table">
                    <caption class="unseen">
                        "Audiences down, destinations across: what each audience is for at each destination"
                    </caption>
                    <thead>
                        <tr>
                            <th scope="col">"Audience"</th>
                            {head}
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn column_head(column: &MatrixColumn) -> AnyView {
    let href = format!("/destinations/{}", column.key);
    view! {
        <th scope="col">
            <a href=href>{column.profile.label()}</a>
            <span class="under">{column.key.to_string()}</span>
        </th>
    }
    .into_any()
}

fn row(line: MatrixLine, columns: &[MatrixColumn], now: Instant) -> AnyView {
    let MatrixLine { audience, cells } = line;
    let key = audience.spec.key.clone();
    let name = audience.segment_name.clone().unwrap_or_else(|| key.to_string());
    let members = format::count(audience.members, "member", "members");
    let cells = cells
        .into_iter()
        .zip(columns)
        .map(|(cell, column)| {
            let content = if cell.is_empty() {
                vacant(&key, column)
            } else {
                cell.into_iter().map(|row| used(&row, now)).collect_view().into_any()
            };
            view! { <td>{content}</td> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/audiences#{key}")>{name}</a>
                <span class="under">{members} " · " {freshness(&audience, now)}</span>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

/// How old what we know of its members is.
fn freshness(audience: &AudienceRow, now: Instant) -> AnyView {
    let at = || audience.mirrored_at.map(|at| view! { <Moment at now /> });
    match &audience.mirror {
        Mirror::Never => "not read yet".into_any(),
        Mirror::Fresh => at().into_any(),
        Mirror::Stale { reason } => view! {
            <span class="state-late" title=reason.clone()>
                "old, from "
                {at()}
            </span>
        }
        .into_any(),
    }
}

/// Where nothing is sent: the way to begin.
fn vacant(audience: &Key, column: &MatrixColumn) -> AnyView {
    let href = format!("/mappings/new?audience={audience}&destination={}", column.key);
    let label = format!("Map {audience} to {}", column.key);
    view! {
        <a class="vacant" href=href aria-label=label>
            "Map"
        </a>
    }
    .into_any()
}

/// A mapping in its cell.
fn used(row: &MappingRow, now: Instant) -> AnyView {
    let key = row.spec.key.to_string();
    let choose = format!("Choose {key}");
    let there = format!("{} there", format::number(row.delivered));
    let done = row.last_done_at.map(|at| {
        view! {
            " · "
            <Moment at now />
        }
    });
    view! {
        <div class="used">
            <input type="checkbox" name="keys[]" value=key.clone() aria-label=choose />
            <a href=format!("/mappings/{key}") title=gates::title(&row.spec.key, &row.passed)>
                <UseCaseMark use_case=row.spec.use_case />
                <span class="unseen">" "{key.clone()}</span>
            </a>
            <HealthMark health=row.health />
            <span class="under">{there} {done}</span>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_come_back_from_an_address() {
        let read = |done, keys| Switched::read(done, keys);
        assert_eq!(read("", "a"), None);
        let expected = Switched { resumed: false, keys: vec!["a".parse().expect("a key")] };
        assert_eq!(read("pause", "a,<b>,"), Some(expected));
    }
}
