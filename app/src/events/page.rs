//! The page of the entrances for events.

use domain::{
    events::{Call, Entrances, Origin, canary::Word, latency::Latency, objective::Standing},
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{EntrancesView, read_entrances},
    canary::{canary_notice, canary_section},
    connect::{self, connect},
    objectives::{objectives, state as standing_state},
    watching::watching,
};
use crate::{
    format,
    live::{loaded, read, renew},
    ui::{
        Column, Empty, Moment, Nothing, Notice, NoticeKind, Page, Section, State, StateMark, Table,
    },
    words,
};

/// The name of the page.
const NAME: &str = "What comes in";

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy, Default)]
pub struct Actions {
    canary: super::canary::Actions,
    keys: connect::Actions,
}

impl Actions {
    fn version(self) -> usize {
        self.canary.version() + self.keys.version()
    }
}

/// Where events come in.
#[component]
pub fn EntrancesPage() -> AnyView {
    let actions = Actions::default();
    let data = read(move || actions.version(), |_| read_entrances());
    renew(data, |view| view.canary.word == Word::Leaving);
    loaded(data, NAME, move |view| entrances_page(view, actions))
}

/// The page.
pub fn entrances_page(view: EntrancesView, actions: Actions) -> AnyView {
    let EntrancesView { now, entrances, canary, may_change, may_connect } = view;
    let alarm = canary_notice(&canary, now);
    let answer = sentence(&entrances).into_any();
    let columns = vec![
        Column::words("Entrance"),
        Column::words("Address"),
        Column::words("State"),
        Column::words("Last taken"),
        Column::words("Last refused"),
        Column::words("Why"),
    ];
    let rows = Origin::ALL.map(|origin| entrance(origin, &entrances, now)).collect_view();
    let no_rule = (entrances.rules == 0).then(|| {
        view! {
            <Notice kind=NoticeKind::Plain title="No suppression names an event">
                <p>
                    "Events are kept and sent on, and nobody leaves for one. "
                    <a href="/suppression/new">"Add a suppression"</a>
                    " whose event is " <code>"Order Completed"</code> ", for 24 hours."
                </p>
            </Notice>
        }
    });
    let senders = connect(&entrances, may_connect, actions.keys);
    let was_sent = entrances.calls.iter().any(|call| call.origin == Origin::Source);
    let Entrances { waiting, refused, latencies, standings, ads, watched, spending, .. } =
        entrances;
    view! {
        <Page name=NAME answer>
            {no_rule} {alarm} {refused_notice(refused)}
            <Table caption="Entrances" columns>
                {rows}
            </Table>
            <p class="quiet reading">
                {was_sent.then(|| on_their_way(waiting))}
                "Each event is kept before its sender hears that it was taken, and counts once however often it is told."
            </p>
            <Section title="How soon people leave">
                {objectives(standings, ads)} {soon(latencies)}
            </Section>
            <Section title="How often suppressions are read">
                {watching(watched, spending, now)}
            </Section>
            {canary_section(canary, now, may_change, actions.canary)}
            <Section title="Connect a sender">{senders}</Section>
        </Page>
    }
    .into_any()
}

fn sentence(entrances: &Entrances) -> String {
    let is_missed = |one: &&Standing| standing_state(one).0 == State::Failing;
    if let Some(Standing { use_case, long, within, .. }) =
        entrances.standings.iter().find(is_missed)
    {
        return format!(
            "{} misses its objective: {} of {} left later than {} after their event or are still there.",
            words::use_case(*use_case),
            format::number(long.late),
            format::number(long.people),
            format::duration(*within),
        );
    }
    let slowest = entrances.latencies.iter().max_by_key(|one| one.half);
    let is_called = entrances.calls.iter().any(|call| call.taken_at.is_some());
    match slowest {
        Some(slowest) => format!(
            "Half of those who leave {} for an event leave within {}, 99 of 100 within {}.",
            slowest.destination,
            format::duration(slowest.half),
            format::duration(slowest.nearly_all)
        ),
        None if is_called => {
            "Events come in; nobody had to leave a destination for one in the last 7 days."
                .to_owned()
        }
        None => "Nothing has come in yet.".to_owned(),
    }
}

const fn name_of(origin: Origin) -> &'static str {
    match origin {
        Origin::Source => "Segment's libraries",
        Origin::Reporting => "Customer.io, reporting",
        Origin::Campaign => "Customer.io, campaigns",
    }
}

fn entrance(origin: Origin, entrances: &Entrances, now: Instant) -> AnyView {
    let (name, path) = (name_of(origin), origin.path());
    let call = entrances.calls.iter().find(|call| call.origin == origin);
    let is_open = match origin {
        Origin::Source => !entrances.sources.is_empty(),
        other => entrances.keyed.contains(&other),
    };
    let (state, word) = state(is_open, call);
    let moment = |at: Option<Instant>, nothing: &'static str| match at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { <Nothing words=nothing /> }.into_any(),
    };
    let why = call.and_then(|call| call.refusal.clone());
    let why = match why {
        Some(why) => format::capital(&why).into_any(),
        None => view! { <Nothing words="nothing was refused" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>
                <code>{path}</code>
            </td>
            <td>
                <StateMark state word />
            </td>
            <td>{moment(call.and_then(|call| call.taken_at), "never")}</td>
            <td>{moment(call.and_then(|call| call.refused_at), "never")}</td>
            <td class="wrap">{why}</td>
        </tr>
    }
    .into_any()
}

/// What its newest call says of it.
fn state(is_open: bool, call: Option<&Call>) -> (State, &'static str) {
    let Some(call) = call.filter(|_| is_open) else {
        return if is_open {
            (State::New, "Not called yet")
        } else {
            (State::New, "No key is set")
        };
    };
    if call.refused_at > call.taken_at {
        (State::Failing, "Refuses calls")
    } else {
        (State::Ok, "Takes calls")
    }
}

fn refused_notice(refused: u64) -> Option<impl IntoView> {
    (refused > 0).then(|| {
        let title = format!("Segment won't take {}", format::count(refused, "event", "events"));
        view! {
            <Notice kind=NoticeKind::Failing title>
                <p>
                    "They were kept for as long as the records, and their people were kept out all the same. Compare the newest one's size and shape with Segment's limits."
                </p>
            </Notice>
        }
    })
}

fn on_their_way(waiting: u64) -> String {
    match waiting {
        0 => "Everything that came in at /v1 has gone on to Segment. ".to_owned(),
        some => {
            format!("{} on the way to Segment. ", format::count(some, "event is", "events are"))
        }
    }
}

fn soon(latencies: Vec<Latency>) -> AnyView {
    if latencies.is_empty() {
        return view! {
            <Empty
                title="Nobody had to leave yet"
                words="When an event keeps out somebody who is at a destination, their exit goes at once. How long that took appears here, from the event to Segment's answer."
            />
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Destination"),
        Column::figures("People"),
        Column::figures("Half within"),
        Column::figures("95 of 100"),
        Column::figures("99 of 100"),
        Column::figures("Event to Segue"),
        Column::figures("Kept and decided"),
        Column::figures("Sent and answered"),
    ];
    let rows = latencies.into_iter().map(latency_row).collect_view();
    view! {
        <Table caption="From the event to Segment's answer, last 7 days" columns>
            {rows}
        </Table>
        <p class="quiet reading">
            "People who left together count with the first event among theirs. The last three columns are what half of them took. The platform's own refresh comes on top: see each destination."
        </p>
    }
    .into_any()
}

fn latency_row(latency: Latency) -> AnyView {
    let Latency { destination, people, half, most, nearly_all, stages } = latency;
    let spans = [half, most, nearly_all, stages.coming, stages.deciding, stages.sending];
    let spans = spans.map(|span| view! { <td class="num">{format::duration(span)}</td> });
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/destinations/{destination}")>{destination.to_string()}</a>
            </th>
            <td class="num">{format::number(people)}</td>
            {spans.collect_view()}
        </tr>
    }
    .into_any()
}
