//! Retired mappings that still owe exits.

use domain::{
    connections::{ConnectionView, Vendor},
    mappings::ClosingRow,
    sync::RunState,
    time::Instant,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Column, Figure, Moment, Section, State, StateMark, Table},
    words,
};

/// Whether any of them is at work.
pub fn is_sending(rows: &[ClosingRow]) -> bool {
    rows.iter().any(|row| row.last_run.as_ref().is_some_and(|run| run.state.is_running()))
}

/// What the list's answer says of them; nothing while there are none.
pub fn closing_sentence(rows: &[ClosingRow]) -> Option<String> {
    let owed: u64 = rows.iter().map(|row| row.owed).sum();
    let verb = if rows.len() == 1 { "owes" } else { "owe" };
    (!rows.is_empty()).then(|| {
        format!(
            " {} still {verb} {}.",
            format::count(rows.len() as u64, "retired mapping", "retired mappings"),
            format::count(owed, "exit", "exits")
        )
    })
}

/// The section; nothing while there are none.
pub fn closing_section(
    rows: Vec<ClosingRow>,
    connections: &[ConnectionView],
    now: Instant,
) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let segment = connections.iter().find(|connection| connection.vendor == Vendor::Twilio);
    let held = segment.and_then(|segment| segment.outage.as_ref()).map(|outage| &*outage.reason);
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Exits"),
        Column::words("Destination"),
        Column::figures("Owed"),
        Column::words("Why"),
        Column::figures("Retired"),
    ];
    let rows = rows.into_iter().map(|row| closing_row(row, held, now)).collect_view();
    view! {
        <Section title="Retired, with exits owed">
            <Table caption="Retired mappings that owe exits" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

/// `held` is why nothing can be sent to Segment now.
fn closing_row(row: ClosingRow, held: Option<&str>, now: Instant) -> AnyView {
    let (state, word, why) = fare(&row, held, now);
    let key = row.key.to_string();
    let name = match &row.last_run {
        Some(run) => view! { <a href=format!("/runs/{}", run.id)>{key}</a> }.into_any(),
        None => key.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>
                <StateMark state word />
            </td>
            <td>{format!("{} · {}", row.destination, row.profile.label())}</td>
            <Figure value=row.owed />
            <td class="wrap">{why}</td>
            <td class="num">
                <Moment at=row.retired_at now />
            </td>
        </tr>
    }
    .into_any()
}

/// Whether its exits go, and if not, why not.
fn fare(row: &ClosingRow, held: Option<&str>, now: Instant) -> (State, &'static str, String) {
    let run = row.last_run.as_ref();
    let is_running = run.is_some_and(|run| run.state.is_running());
    if row.is_stopped {
        return (State::Paused, "Stopped", "An emergency stop holds them.".to_owned());
    }
    if let Some(reason) = held {
        return (State::Late, "Waiting", words::sentence(reason));
    }
    let next = row.next_run_at.map(|at| format!("Sent {}.", words::soon(at, now)));
    match run {
        Some(_) if is_running => (State::Running, "Sending", String::new()),
        Some(run) if run.state == RunState::Failed => {
            let reason = run.error.as_deref().unwrap_or("the run ended without a reason");
            let again = row.next_run_at.map(|at| format!(" Tried again {}.", words::soon(at, now)));
            let why = format!("{}{}", words::sentence(reason), again.unwrap_or_default());
            (State::Failing, "Failing", why)
        }
        _ => (State::Waiting, "Waiting", next.unwrap_or_default()),
    }
}
