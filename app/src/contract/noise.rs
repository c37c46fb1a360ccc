//! The events that nobody reads, and what they cost: a request that they be stopped is a click.

use domain::{
    contract::noise::{Noise, Unread},
    time::Instant,
};
use leptos::prelude::*;

use super::api::{NoiseRead, StopEvent, read_noise};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    ui::{Column, Empty, Figure, Moment, Nothing, Page, Table, text_or_nothing},
};

/// The events.
#[component]
pub fn NoisePage() -> AnyView {
    let stop = ServerAction::<StopEvent>::new();
    let data = read(move || stop.version().get(), |_| read_noise());
    loaded(data, "Events nobody reads", move |read| noise_page(read, stop))
}

/// The page.
pub fn noise_page(read: NoiseRead, stop: ServerAction<StopEvent>) -> AnyView {
    let NoiseRead { now, noise, may_propose } = read;
    let answer = sentence(&noise, now).into_any();
    let content = match (noise.read, noise.unread.is_empty()) {
        (0, true) => view! {
            <Empty
                title="No event is agreed on yet"
                words="Events of the contract that no destination, report, suppression or mapping reads show here, with how many come in."
            />
        }
        .into_any(),
        (_, true) => view! {
            <Empty
                title="Somebody reads every event"
                words="An event shows here when nobody is named as its reader any more, and no suppression or mapping hears it."
            />
        }
        .into_any(),
        (_, false) => table(noise, now, may_propose, stop),
    };
    view! {
        <Page name="Events nobody reads" answer>
            <FormError answered=answered(stop) fields=&[] title="Nothing was proposed" />
            {content}
        </Page>
    }
    .into_any()
}

fn sentence(noise: &Noise, now: Instant) -> String {
    let going: Vec<&Unread> = noise.unread.iter().filter(|one| !one.is_stopped).collect();
    let all = noise.unread.len() as u64 + noise.read;
    if going.is_empty() {
        return match all {
            0 => "Nothing is agreed on, so nobody can say who reads it.".to_owned(),
            _ => "No event goes out that nobody reads.".to_owned(),
        };
    }
    let events = going.iter().map(|one| one.events).sum();
    let long = going.iter().filter(|one| one.is_long(now)).count() as u64;
    let long = match long {
        0 => "None of them for as long as 30 days.".to_owned(),
        _ => format!("{} for 30 days or longer.", format::number(long)),
    };
    let share = match events {
        0 => "none came in".to_owned(),
        events => format!(
            "{} came in, {} of all,",
            format::number(events),
            format::share(events, noise.events)
        ),
    };
    format!(
        "Of {} nobody reads {}: {share} in the last seven days. {long}",
        format::count(all, "event", "events"),
        format::number(going.len() as u64),
    )
}

fn table(noise: Noise, now: Instant, may_propose: bool, stop: ServerAction<StopEvent>) -> AnyView {
    let mut columns = vec![
        Column::words("Event"),
        Column::words("Ask"),
        Column::words("Nobody reads it since"),
        Column::figures("Last seven days"),
    ];
    if may_propose {
        columns.push(Column::actions("Stop it"));
    }
    let rows = noise
        .unread
        .into_iter()
        .map(|one| {
            let owner = text_or_nothing(one.owner.clone(), "nobody owns it");
            let since = match one.since {
                Some(at) => view! { <Moment at now /> }.into_any(),
                None => view! { <Nothing words="not known" /> }.into_any(),
            };
            let form = may_propose.then(|| asking(&one, stop));
            let state = one.is_stopped.then(|| view! { <div class="quiet">"Goes nowhere."</div> });
            view! {
                <tr>
                    <th scope="row">{one.name} {state}</th>
                    <td>{owner}</td>
                    <td>{since}</td>
                    <Figure value=one.events />
                    {form}
                </tr>
            }
        })
        .collect_view();
    view! {
        <p class="reading">
            "A stopped event is checked and kept as before, and a purchase protects as before; no destination hears of it. Whoever reads one should be named as its reader instead."
        </p>
        <Table caption="Events that nobody reads" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn asking(one: &Unread, stop: ServerAction<StopEvent>) -> AnyView {
    let name = one.name.clone();
    let (value, words) = if one.is_stopped { ("", "Let it go on") } else { ("true", "Stop it") };
    let label = format!("{words}: ask for approval for {name}");
    view! {
        <td class="tight">
            <ActionForm action=stop>
                <input type="hidden" name="name" value=name />
                <input type="hidden" name="stop" value=value />
                <button class="button" aria-label=label>
                    {words}
                </button>
            </ActionForm>
        </td>
    }
    .into_any()
}
