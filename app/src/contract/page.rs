//! The contract's page: what is in force, what is proposed, what isn't as agreed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    contract::{
        Churn, Contract, ContractView, Event, FEWEST_EVENTS, MOST_EVENTS, notation, onward,
        request::{Request, State, Version},
        synonyms::Vendor,
    },
    day::Day,
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{ContractRead, IMPORT, NAMES, NOISE, PLANS, QUARANTINE, read_contract},
    change_api::{DraftChange, page_of},
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read, renew},
    ui::{
        self, Button, ButtonKind, Column, Empty, Field, Moment, Nothing, Page, Section, StateMark,
        Table, text_or_nothing,
    },
};

/// What the platforms call events, by canonical name.
type StandardNames = BTreeMap<String, Vec<(Vendor, String)>>;

/// The contract.
#[component]
pub fn ContractPage() -> AnyView {
    let draft = ServerAction::<DraftChange>::new();
    let data = read(move || draft.version().get(), |_| read_contract());
    renew(data, |_| false);
    loaded(data, "Contract", move |view| contract_page(view, draft))
}

/// The page.
pub fn contract_page(read: ContractRead, draft: ServerAction<DraftChange>) -> AnyView {
    let ContractRead { now, view, may_propose } = read;
    let ContractView { version, standard_names, churn, requests, quarantine } = view;
    let waiting = quarantine.iter().map(|group| group.events).sum();
    let answer = sentence(&version, &requests, waiting).into_any();
    let is_empty = version.contract.events.is_empty();
    let content = if is_empty {
        empty(may_propose, draft)
    } else {
        view! {
            {budget(&version.contract)}
            {events(&version.contract, &standard_names, now)}
            <p class="quiet">{churned(churn)}</p>
            <p class="quiet">
                <a href="/contract/schema.json" rel="external" download="">
                    "JSON Schema"
                </a>
                ", "
                <a href="/contract/fixtures.json" rel="external" download="">
                    "events to test with"
                </a>
                ", "
                <a href="/contract/tracking-plan.json" rel="external" download="">
                    "rules of a Segment tracking plan"
                </a>
                " for whoever sends them. "
                <a href=NAMES>"Under which names they come in"</a>
                ", "
                <a href=NOISE>"which of them nobody reads"</a>
                "."
            </p>
        }
        .into_any()
    };
    let import = may_propose.then(import_form);
    let actions = (may_propose && !is_empty).then(|| begin(draft, false, "Propose a change"));
    let quarantine = (waiting > 0).then(|| {
        let words = format::count(waiting, "event", "events");
        view! {
            <Section title="Quarantine">
                <p class="reading">
                    <a href=QUARANTINE>{words}</a>
                    " did not come as agreed. They are kept, hold whom they name, and go to no destination until somebody decides."
                </p>
            </Section>
        }
    });
    let changes = (!requests.is_empty()).then(|| changes(requests, now));
    view! {
        <Page name="Contract" answer actions=actions>
            <FormError answered=answered(draft) fields=&[] title="No change was begun" />
            {content}
            {quarantine}
            {changes}
            {import}
        </Page>
    }
    .into_any()
}

/// A browser posts it by itself, awake or not.
fn import_form() -> AnyView {
    view! {
        <Section title="From a Segment tracking plan">
            <p class="reading">
                <a href=PLANS>"Segment's tracking plans"</a>
                " can be read and made as the contract says, if the connection has a token of the Public API. Otherwise by file:"
            </p>
            <form class="form" method="post" enctype="multipart/form-data" action=IMPORT>
                <Field
                    name="plan"
                    label="Rules of the plan"
                    hint=Some(
                        "JSON, as GET /tracking-plans/{id}/rules of Segment's Public API answers. It begins a draft: nothing changes before somebody approves it."
                            .to_owned(),
                    )
                >
                    <input
                        class="input"
                        id="plan"
                        name="file"
                        type="file"
                        accept=".json,application/json"
                        required
                        aria-describedby="plan-hint"
                    />
                </Field>
                <div class="buttons">
                    <Button>"Begin a draft from it"</Button>
                </div>
            </form>
        </Section>
    }
    .into_any()
}

fn sentence(version: &Version, requests: &[Request], waiting: u64) -> String {
    let events = version.contract.events.len() as u64;
    let mut clauses = Vec::new();
    let open = requests.iter().filter(|one| one.state == State::Open).count() as u64;
    if open > 0 {
        let verb = if open == 1 { "waits" } else { "wait" };
        clauses.push(format!("{} {verb} for approval", format::count(open, "change", "changes")));
    }
    if waiting > 0 {
        let verb = if waiting == 1 { "is" } else { "are" };
        let events = format::count(waiting, "event", "events");
        clauses.push(format!("{events} {verb} in quarantine"));
    }
    let rest =
        if clauses.is_empty() { String::new() } else { format!(" {}.", format::list(&clauses)) };
    if events == 0 {
        return format!("Nothing is agreed on: every well-formed event passes.{rest}");
    }
    let events = format::count(events, "event", "events");
    format!("{events} are agreed on, by version {}.{rest}", version.number)
}

fn begin(draft: ServerAction<DraftChange>, starter: bool, words: &'static str) -> AnyView {
    let kind = if starter { ButtonKind::Primary } else { ButtonKind::Plain };
    view! {
        <ActionForm action=draft>
            <input type="hidden" name="starter" value=if starter { "true" } else { "" } />
            <Button kind busy=draft.pending()>
                {words}
            </Button>
        </ActionForm>
    }
    .into_any()
}

fn empty(may_propose: bool, draft: ServerAction<DraftChange>) -> AnyView {
    let buttons = may_propose.then(|| {
        view! {
            <div class="buttons">
                {begin(draft, true, "Begin with twelve events")}
                {begin(draft, false, "Begin with none")}
            </div>
        }
    });
    view! {
        <Empty
            title="No event is agreed on yet"
            words="Eight to fifteen events whose names and properties everybody means the same by: what comes in otherwise is kept apart until somebody has looked at it. A change is proposed by one person and approved by another."
        />
        {buttons}
    }
    .into_any()
}

/// How many events there are beside how many there should be.
fn budget(contract: &Contract) -> AnyView {
    let events = contract.events.len();
    let words = match events {
        few if few < FEWEST_EVENTS => {
            format!("{few} events: fewer than {FEWEST_EVENTS} seldom say enough.")
        }
        many if many > MOST_EVENTS => {
            format!("{many} events: more than {MOST_EVENTS} are seldom kept by anybody.")
        }
        right => format!("{right} events, within {FEWEST_EVENTS} to {MOST_EVENTS}."),
    };
    view! {
        <p class="budget">
            <meter
                min="0"
                max="20"
                low=FEWEST_EVENTS.to_string()
                high=MOST_EVENTS.to_string()
                optimum="12"
                value=events.to_string()
                aria-hidden="true"
            ></meter>
            {words}
        </p>
    }
    .into_any()
}

/// How much the names changed lately.
fn churned(churn: Churn) -> String {
    let Churn { versions, renamed, removed, narrowed } = churn;
    if versions == 0 {
        return "Nothing changed in the last 90 days.".to_owned();
    }
    let of = format::count(versions, "version", "versions");
    let clauses: Vec<String> = [
        (renamed, "event renamed", "events renamed"),
        (removed, "event taken out", "events taken out"),
        (narrowed, "difference that narrows or breaks", "differences that narrow or break"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format::count(count, one, many))
    .collect();
    if clauses.is_empty() {
        return format!("{of} in the last 90 days, and no name that was agreed on changed.");
    }
    format!("In the last 90 days {of}: {}.", format::list(&clauses))
}

/// Events with what is said of each.
fn events(contract: &Contract, standard: &StandardNames, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Event"),
        Column::words("Says"),
        Column::words("Also called"),
        Column::words("Owner"),
        Column::words("Read by"),
    ];
    let rows = contract
        .events
        .iter()
        .map(|(name, event)| row((name, event), standard.get(name), now))
        .collect_view();
    view! {
        <Table caption="Events of the contract" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(
    (name, event): (&String, &Event),
    standard: Option<&Vec<(Vendor, String)>>,
    now: Instant,
) -> AnyView {
    let standard = standard.into_iter().flatten();
    let standard: Vec<String> =
        standard.map(|(vendor, name)| format!("{} {name}", vendor.words())).collect();
    let standard = (!standard.is_empty()).then(|| {
        let words = format!("At the platforms: {}", standard.join(", "));
        view! { <div class="quiet wrap">{words}</div> }
    });
    let list = |all: &BTreeSet<String>, none: &'static str| {
        text_or_nothing(all.iter().cloned().collect::<Vec<_>>().join(", "), none)
    };
    let owner = text_or_nothing(event.owner.clone(), "nobody");
    let says = says(event);
    view! {
        <tr>
            <th scope="row">
                {name.to_owned()} <div class="quiet wrap">{event.description.clone()}</div>
                {standard} {onward_words(event, now)}
            </th>
            <td>{says}</td>
            <td class="wrap">{list(&event.aliases, "nothing else")}</td>
            <td>{owner}</td>
            <td class="wrap">{list(&event.consumers, "nobody said")}</td>
        </tr>
    }
    .into_any()
}

/// What is to be said of how it goes on, if it doesn't simply go on.
fn onward_words(event: &Event, now: Instant) -> AnyView {
    if event.is_stopped {
        return view! { <StateMark state=ui::State::Paused word="Goes nowhere" /> }.into_any();
    }
    let former = |(name, last): (&String, &Day)| {
        let left = match onward::days_left(*last, now) {
            None => return format!("Was also sent as {name} until {last}."),
            Some(0) => "the last day is today".to_owned(),
            Some(days) => format::count(days, "day left", "days left"),
        };
        format!("Also sent as {name} until {last}: {left}.")
    };
    let line = |words: String| view! { <div class="quiet wrap">{words}</div> };
    event.also_sent_as.iter().map(former).map(line).collect_view().into_any()
}

/// The properties, folded up.
fn says(event: &Event) -> AnyView {
    if event.properties.is_empty() {
        return view! { <Nothing words="nothing" /> }.into_any();
    }
    let count = format::count(event.properties.len() as u64, "property", "properties");
    let lines = notation::write(&event.properties);
    view! {
        <details>
            <summary>{count}</summary>
            <pre class="payload">
                <code>{lines}</code>
            </pre>
        </details>
    }
    .into_any()
}

fn changes(requests: Vec<Request>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Change"),
        Column::words("State"),
        Column::words("Proposed by"),
        Column::words("Begun"),
    ];
    let rows = requests
        .into_iter()
        .map(|request| {
            let href = page_of(&request.id.to_string());
            let title = title(&request);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{title}</a>
                    </th>
                    <td>{state(request.state)}</td>
                    <td>{request.author}</td>
                    <td>
                        <Moment at=request.at now />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Changes">
            <Table caption="Changes of the contract" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

/// What a change is for, as far as somebody has said.
#[must_use]
pub fn title(request: &Request) -> String {
    if request.title.is_empty() { "Untitled change".to_owned() } else { request.title.clone() }
}

/// How far a change has come, in words.
#[must_use]
pub const fn state(state: State) -> &'static str {
    match state {
        State::Draft => "Draft",
        State::Open => "Waits for approval",
        State::Approved => "Approved",
        State::Rejected => "Turned away",
        State::Withdrawn => "Taken back",
    }
}
