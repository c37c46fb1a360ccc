//! The page of one person: in which audiences, kept out by what, at which destinations and why
//! not, and every message with its batch and its answer.

use domain::{
    delivery::Transition,
    people::{
        HistoryEntry, PersonMapping, PersonView,
        standing::{Answer, Keeping, Membership, Underway, outranking},
    },
    retention::HISTORY_DAYS,
    suppression::scope::holds_at,
    sync::Cause,
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    ahead::ahead,
    api::{Explained, read_person},
    page::or_nothing,
};
use crate::{
    format,
    live::{loaded, read, renew},
    suppression::{
        listing::person::{PersonActions, person_form},
        page::scope,
    },
    ui::{
        Column, Empty, Fact, Facts, Moment, Nothing, Page, Section, ShortId, State, StateMark,
        Table, UseCaseMark,
    },
    words,
};

/// Lines of the history: `segue explain` prints the rest.
pub const LINES: usize = 100;

/// One person.
#[component]
pub fn PersonPage() -> AnyView {
    let params = use_params_map();
    let actions = PersonActions::new();
    let source = move || (params.read().get("cio_id").unwrap_or_default(), actions.version());
    let data = read(source, |(cio_id, _)| read_person(cio_id));
    renew(data, |explained| explained.view.mappings.iter().any(|place| place.underway.is_some()));
    loaded(data, "Person", move |explained| person_page(explained, actions))
}

/// The page of a person.
pub fn person_page(explained: Explained, actions: PersonActions) -> AnyView {
    let Explained { now, view, planned } = explained;
    let ahead = ahead(planned, now);
    let answer = answer(&view);
    let standing = standing(&view, now);
    let form = person_form(&view, actions);
    let PersonView { person, audiences, suppressions, mappings } = view;
    let name = person.email.clone().or(person.id.clone()).unwrap_or_else(|| person.cio_id.clone());
    let history = history(&mappings);
    let history = if history.is_empty() {
        view! {
            <Empty
                title=format!("Nothing was sent about this person in the last {HISTORY_DAYS} days")
                words="Each acknowledged entry and exit appears here with the run that decided it and the batch that told it."
            />
        }
        .into_any()
    } else {
        history_table(history, now)
    };
    let kept = (!suppressions.is_empty()).then(|| {
        view! { <Section title="Kept out by">{keeping_table(suppressions, now)}</Section> }
    });
    view! {
        <Page name answer marks=().into_any()>
            <div class="split">
                <Section title="Where">{standing}</Section>
                <Facts>
                    <Fact term="Customer.io id">
                        <ShortId id=person.cio_id />
                    </Fact>
                    <Fact term="Id">{or_nothing(person.id)}</Fact>
                    <Fact term="E-mail">{or_nothing(person.email)}</Fact>
                    <Fact term="Phone">{or_nothing(person.phone)}</Fact>
                    <Fact term="Member of">{memberships(audiences, now)}</Fact>
                </Facts>
            </div>
            {kept}
            {ahead}
            <Section title="Do not target">{form}</Section>
            <Section title="What was sent">{history}</Section>
        </Page>
    }
    .into_any()
}

/// Where the person is, and for each place where not: why.
fn answer(view: &PersonView) -> AnyView {
    let there = view.mappings.iter().filter(|one| one.delivered).count();
    let all = view.mappings.len();
    let audiences = match view.audiences.len() {
        0 => "In no audience".to_owned(),
        some => format!("In {}", format::count(some as u64, "audience", "audiences")),
    };
    let place = match (there, all) {
        (_, 0) => {
            return format!(
                "{audiences}. There is no mapping that could send this person anywhere."
            )
            .into_any();
        }
        (0, 1) => "not at the destination of the only mapping".to_owned(),
        (1, 1) => "at the destination of the only mapping".to_owned(),
        (0, all) => format!("at no destination of {all} mappings"),
        (there, all) if there == all => format!("at the destinations of all {all} mappings"),
        (there, all) => format!("at the destinations of {there} of {all} mappings"),
    };
    let mut reasons: Vec<_> =
        view.mappings.iter().filter_map(|one| Some((&one.mapping, why(view, one)?))).collect();
    let more = reasons.len().saturating_sub(2);
    reasons.truncate(2);
    let reasons = reasons
        .into_iter()
        .map(|(mapping, why)| {
            view! {
                "; not sent by "
                <a href=format!("/mappings/{mapping}")>{mapping.to_string()}</a>
                {format!(", because {why}")}
            }
        })
        .collect_view();
    let more = (more > 0).then(|| format!("; not sent by {more} more"));
    view! { {audiences} " and " {place} {reasons} {more} "." }.into_any()
}

/// Why a mapping doesn't send them, with the culprit's name; nothing if it does or would.
fn why(view: &PersonView, place: &PersonMapping) -> Option<String> {
    if let Some(letter) = place.letters.first() {
        return Some(format!("Segment refused the {}: {}", noun(letter.transition), letter.reason));
    }
    let cause = place.cause?;
    let named = match cause {
        Cause::Suppressed => {
            let mut rules = view.suppressions.iter();
            let rule = rules.find(|rule| holds_at(&rule.destinations, &place.destination));
            rule.map(|rule| format!("{} keeps them out", rule.rule))
        }
        Cause::Outranked => outranking(place, &view.mappings)
            .map(|other| format!("{} comes first and has them", other.mapping)),
        _ => None,
    };
    Some(named.unwrap_or_else(|| words::because(cause).to_owned()))
}

const fn noun(transition: Transition) -> &'static str {
    match transition {
        Transition::Entered => "entry",
        Transition::Exited => "exit",
    }
}

fn memberships(audiences: Vec<Membership>, now: Instant) -> AnyView {
    if audiences.is_empty() {
        return view! { <Nothing words="no audience" /> }.into_any();
    }
    let lines = audiences
        .into_iter()
        .map(|one| {
            let key = one.audience.to_string();
            let (old, stale) = (if one.is_stale { " (old: read " } else { " (read " }, one.read_at);
            let read = stale.map(|at| view! { <small>{old} <Moment at now /> ")"</small> });
            view! {
                <li>
                    <a href=format!("/audiences/{key}") title=one.segment_name>
                        {key.clone()}
                    </a>
                    {read}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{lines}</ul> }.into_any()
}

fn keeping_table(suppressions: Vec<Keeping>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Suppression"),
        Column::words("Reason"),
        Column::words("Where"),
        Column::words("Until"),
    ];
    let rows = suppressions
        .into_iter()
        .map(|one| {
            let listed = one.listed.map(|listed| {
                let note = if listed.note.is_empty() { "no reason said".to_owned() } else { listed.note };
                view! {
                    <small>{format!("put there by {}, {note}, ", listed.by)} <Moment at=listed.since now /></small>
                }
            });
            let until = match (one.is_member, one.until) {
                (true, None) => "While a member of its audience".into_any(),
                (true, Some(at)) => {
                    view! { "While a member of its audience, at least until " <Moment at now /> }
                        .into_any()
                }
                (false, Some(at)) => view! { <Moment at now /> }.into_any(),
                (false, None) => "Until somebody takes them off".into_any(),
            };
            let places = scope(&one.destinations);
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/suppression/rules/{}", one.rule)>{one.rule.to_string()}</a>
                    </th>
                    <td class="wrap">{one.reason} " " {listed}</td>
                    <td>{places}</td>
                    <td>{until}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="What keeps the person out" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn standing(view: &PersonView, now: Instant) -> AnyView {
    if view.mappings.is_empty() {
        return view! { <Empty title="No mappings yet" words="Where this person stands in each appears here." /> }
            .into_any();
    }
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::words("Destination"),
        Column::words("At the destination"),
        Column::words("Why not"),
    ];
    let rows = view
        .mappings
        .iter()
        .map(|one| {
            let (key, destination) = (one.mapping.to_string(), one.destination.to_string());
            let why = why(view, one).map_or_else(
                || view! { <Nothing words="no reason" /> }.into_any(),
                |why| format::capital(&why).into_any(),
            );
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/mappings/{key}")>{key.clone()}</a>
                    </th>
                    <td>
                        <UseCaseMark use_case=one.use_case />
                    </td>
                    <td>
                        <a href=format!("/destinations/{destination}")>{destination.clone()}</a>
                    </td>
                    <td>{there(one, now)}</td>
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

/// Whether the person is at a mapping's destination, and what is on its way.
fn there(place: &PersonMapping, now: Instant) -> AnyView {
    let (state, word) = match (place.delivered, place.cause.is_some(), place.member) {
        (true, ..) => (State::Ok, "There"),
        (false, true, _) => (State::Paused, "Withheld"),
        (false, false, true) => (State::Running, "Not yet"),
        (false, false, false) => (State::New, "Not a member"),
    };
    let refused = place.letters.iter().any(|letter| letter.transition == Transition::Exited);
    let (state, word) = if refused { (State::Failing, "Could not leave") } else { (state, word) };
    let underway = place.underway.clone().map(|underway| {
        let Underway { transition, sent_at, at, .. } = underway;
        let what = format::capital(noun(transition));
        match sent_at {
            Some(at) => {
                view! { <small>{what} " sent " <Moment at now /> ", no answer yet"</small> }
                    .into_any()
            }
            None => {
                view! { <small>{what} " ordered " <Moment at now /> ", waits its turn"</small> }
                    .into_any()
            }
        }
    });
    view! { <StateMark state word /> " " {underway} }.into_any()
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
        Column::figures("Answered after"),
        Column::figures("Batch"),
        Column::words("Message id"),
        Column::words("Run"),
    ];
    let older = (lines.len() == LINES).then(|| {
        view! { <small>{format!("The newest {LINES}. segue explain prints all of them.")}</small> }
    });
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
                    {answered(&entry)}
                    <td>
                        <ShortId id=entry.message_id />
                    </td>
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
        {older}
    }
    .into_any()
}

/// From the decision to Segment's answer, and how many the batch told about.
fn answered(entry: &HistoryEntry) -> AnyView {
    let Some(Answer { sent_at, at, people }) = entry.answer else {
        return view! {
            <td class="num"><Nothing words="not noted" /></td>
            <td class="num"><Nothing words="not noted" /></td>
        }
        .into_any();
    };
    let title =
        format!("Sent {}, Segment answered 200 by {}", format::exact(sent_at), format::exact(at));
    view! {
        <td class="num">
            <time datetime=at.to_iso() title=title>
                {format::duration(at.since(entry.at))}
            </time>
        </td>
        <td class="num">{format::count(people, "person", "people")}</td>
    }
    .into_any()
}
