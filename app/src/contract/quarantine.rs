//! The quarantine: events that aren't as agreed, by what is wrong with them.

use domain::{
    contract::{Group, Violation},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use super::api::{
    ProposeGroup, QUARANTINE, QuarantineRead, SettleQuarantine, read_quarantine, read_samples,
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    ui::{Button, Column, Empty, Figure, Mark, Moment, Page, Table, TextField},
};

/// What can be done with a group.
#[derive(Clone, Copy)]
pub struct Actions {
    settle: ServerAction<SettleQuarantine>,
    propose: ServerAction<ProposeGroup>,
}

impl Default for Actions {
    fn default() -> Self {
        Self { settle: ServerAction::new(), propose: ServerAction::new() }
    }
}

/// What stands in quarantine.
#[component]
pub fn QuarantinePage() -> AnyView {
    let actions = Actions::default();
    let query = use_query_map();
    let find = Memo::new(move |_| query.read().get("find").unwrap_or_default());
    let version = move || actions.settle.version().get();
    let data = read(move || (version(), find.get()), |(_, find)| read_quarantine(find));
    // It isn't renewed by itself: whoever reads a sample would lose it.
    loaded(data, "Quarantine", move |view| quarantine_page(view, actions))
}

/// The page.
pub fn quarantine_page(read: QuarantineRead, actions: Actions) -> AnyView {
    let QuarantineRead { now, groups, find, may_propose, may_decide } = read;
    let events: u64 = groups.iter().map(|group| group.events).sum();
    let answer = match (events, groups.len() as u64, find.is_empty()) {
        (0, _, true) => "Every event came as agreed.".to_owned(),
        (0, _, false) => format!("Nothing in quarantine has {find} in it."),
        (events, ways, true) => format!(
            "{} did not come as agreed, in {}.",
            format::count(events, "event", "events"),
            format::count(ways, "way", "ways"),
        ),
        (_, ways, false) => format!(
            "{} {} events with {find} in them.",
            format::count(ways, "group", "groups"),
            if ways == 1 { "has" } else { "have" },
        ),
    };
    let content = match (groups.is_empty(), find.is_empty()) {
        (true, true) => view! {
            <Empty
                title="Nothing is kept back"
                words="An event whose name or properties the contract doesn't know is kept here for 90 days. It still holds whom it names, so that a purchase protects even if it is misspelled."
            />
        }
        .into_any(),
        (true, false) => view! {
            <Empty
                title="Nothing found"
                words="An event is found by its name, by what is wrong with it, and by anything that it says, such as an order's number or an e-mail address."
            />
        }
        .into_any(),
        (false, _) => table(groups, now, &find, (may_propose, may_decide), actions),
    };
    let search = (may_propose && (events > 0 || !find.is_empty())).then(|| searching(find));
    view! {
        <Page name="Quarantine" answer=answer.into_any()>
            <FormError answered=answered(actions.settle) fields=&[] title="Nothing was decided" />
            <FormError answered=answered(actions.propose) fields=&[] title="No change was begun" />
            {search}
            {content}
        </Page>
    }
    .into_any()
}

/// Groups are counted and decided whole, however few of their events were looked for.
fn searching(find: String) -> AnyView {
    let all = (!find.is_empty()).then(|| view! { <a href=QUARANTINE>"Show all"</a> });
    let whole = (!find.is_empty()).then(|| {
        view! { <p class="quiet reading">"Groups are counted and decided whole."</p> }
    });
    view! {
        <Form method="GET" action=QUARANTINE attr:class="form-row" attr:role="search">
            <TextField
                name="find"
                label="A name, what is wrong, or anything that an event says"
                kind="search"
                value=find
                optional=true
            />
            <Button mark=Mark::Find>"Find events"</Button>
            {all}
        </Form>
        {whole}
    }
    .into_any()
}

fn table(
    groups: Vec<Group>,
    now: Instant,
    find: &str,
    (may_propose, may_decide): (bool, bool),
    actions: Actions,
) -> AnyView {
    let mut columns = vec![Column::words("Event"), Column::words("What is wrong")];
    if may_propose {
        columns.push(Column::actions("Propose or decide"));
    }
    columns.extend([Column::figures("Events"), Column::words("First"), Column::words("Last")]);
    let row = |group: Group| {
        let wrong = group.violation.to_string();
        let deciding = may_propose.then(|| {
            let (propose, decide) =
                (proposing(&group, actions), may_decide.then(|| deciding(&group, actions.settle)));
            view! {
                <td class="tight">
                    <div class="buttons one-line">{propose} {decide}</div>
                </td>
            }
        });
        let sample =
            may_propose.then(|| sample(group.name.clone(), group.violation, find.to_owned()));
        view! {
            <tr>
                <th scope="row">{group.name}</th>
                <td class="wrap">{wrong} {sample}</td>
                {deciding}
                <Figure value=group.events />
                <td>
                    <Moment at=group.first_at now />
                </td>
                <td>
                    <Moment at=group.last_at now />
                </td>
            </tr>
        }
    };
    let rows = groups.into_iter().map(row).collect_view();
    view! {
        <Table caption="Events in quarantine, by what is wrong" columns>
            {rows}
        </Table>
    }
    .into_any()
}

/// Begins a change of the contract under which they would be as agreed.
fn proposing(group: &Group, actions: Actions) -> AnyView {
    let label =
        format!("Propose {} of {}", format::count(group.events, "event", "events"), group.name);
    let (name, violation) =
        (group.name.clone(), serde_json::to_string(&group.violation).unwrap_or_default());
    view! {
        <ActionForm action=actions.propose>
            <input type="hidden" name="name" value=name />
            <input type="hidden" name="violation" value=violation />
            <button class="button" aria-label=label>
                "Propose as agreed"
            </button>
        </ActionForm>
    }
    .into_any()
}

fn deciding(group: &Group, settle: ServerAction<SettleQuarantine>) -> AnyView {
    let (name, events) = (group.name.clone(), format::count(group.events, "event", "events"));
    let violation = serde_json::to_string(&group.violation).unwrap_or_default();
    let (release, discard) =
        (format!("Release {events} of {name}"), format!("Discard {events} of {name}"));
    view! {
        <ActionForm action=settle attr:class="form-row">
            <input type="hidden" name="name" value=name />
            <input type="hidden" name="violation" value=violation />
            <button class="button" name="what" value="release" aria-label=release>
                "Release"
            </button>
            <button class="button button-quiet" name="what" value="discard" aria-label=discard>
                "Discard"
            </button>
        </ActionForm>
    }
    .into_any()
}

/// The newest of them as they came, read when somebody asks.
fn sample(name: String, violation: Violation, find: String) -> AnyView {
    let ask =
        Action::new(move |(): &()| read_samples(name.clone(), violation.clone(), find.clone()));
    let shown = move || {
        ask.value().get().map(|answer| match answer {
            Ok(bodies) => {
                let lines = bodies.iter().map(|body| format::json(body)).collect::<Vec<_>>();
                view! {
                    <pre class="payload">
                        <code>{lines.join("\n\n")}</code>
                    </pre>
                }
                .into_any()
            }
            Err(error) => view! { <p>{error.to_string()}</p> }.into_any(),
        })
    };
    view! {
        <details on:toggle=move |_| {
            if ask.version().get_untracked() == 0 {
                ask.dispatch(());
            }
        }>
            <summary>"As they came"</summary>
            {shown}
        </details>
    }
    .into_any()
}
