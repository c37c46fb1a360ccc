//! What several pages show of mappings: sentences and the table.

use domain::{
    mappings::{Health, MappingRow, UseCase},
    sync::Cause,
    time::Instant,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{
        ButtonKind, Column, Empty, Figure, HealthMark, LinkButton, Mark, Moment, Nothing, Table,
        UseCaseMark,
    },
    words,
};

/// What a mapping is called beside its key: its audience in the workspace's words.
#[must_use]
pub fn audience_name(row: &MappingRow) -> String {
    row.segment_name.clone().unwrap_or_else(|| row.spec.audience.to_string())
}

/// The answer of a mapping's page.
pub fn sentence(row: &MappingRow, now: Instant) -> AnyView {
    let audience =
        view! { <a href=format!("/audiences#{}", row.spec.audience)>{audience_name(row)}</a> };
    let destination = view! { <a href=format!("/destinations#{}", row.spec.destination)>{row.profile.label()}</a> };
    if row.last_done_at.is_none() && row.members == 0 && row.delivered == 0 {
        let next = match (row.health, row.next_run_at) {
            (Health::Paused, _) => "It is paused.".to_owned(),
            (Health::Running, _) => "Its first run is at work.".to_owned(),
            (Health::Failing, _) => "Its run failed.".to_owned(),
            (_, Some(at)) => format!("Its first run comes {}.", words::soon(at, now)),
            (_, None) => "It is not planned to run.".to_owned(),
        };
        return view! { "Nobody from " {audience} " has been sent to " {destination} " yet. " {next} }
            .into_any();
    }
    let verb = match row.spec.use_case {
        UseCase::Suppress => " are excluded at ",
        _ => " are sent to ",
    };
    let clauses = words::clauses(&row.withheld);
    let last = clauses.len().saturating_sub(1);
    let withheld = clauses
        .into_iter()
        .enumerate()
        .map(|(at, (cause, words))| {
            let join = match at {
                0 => "; ",
                at if at == last => " and ",
                _ => ", ",
            };
            let words = match cause {
                Cause::Suppressed => view! { <a href="/suppression">{words}</a> }.into_any(),
                _ => words.into_any(),
            };
            view! { {join} {words} }
        })
        .collect_view();
    let pending = (row.pending > 0).then(|| {
        let are = if row.pending == 1 { "is" } else { "are" };
        format!(" {} {are} on the way.", format::count(row.pending, "change", "changes"))
    });
    let paused = (row.health == Health::Paused).then_some("Paused. ");
    view! {
        {paused}
        {format::number(row.delivered)}
        " of "
        {format::number(row.members)}
        " members of "
        {audience}
        {verb}
        {destination}
        {withheld}
        "."
        {pending}
    }
    .into_any()
}

/// Mappings as rows, in the order given.
pub fn mappings_table(rows: Vec<MappingRow>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Mapping"),
        Column::words("State"),
        Column::words("Use case"),
        Column::words("Destination"),
        Column::figures("Members"),
        Column::figures("Withheld"),
        Column::figures("There"),
        Column::figures("On the way"),
        Column::figures("Last done"),
    ];
    let rows = rows.into_iter().map(|row| mapping_row(&row, now)).collect_view();
    view! {
        <Table caption="Mappings" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn mapping_row(row: &MappingRow, now: Instant) -> AnyView {
    let done = match row.last_done_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { <Nothing words="never" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/mappings/{}", row.spec.key)>{row.spec.key.to_string()}</a>
            </th>
            <td>
                <HealthMark health=row.health />
            </td>
            <td>
                <UseCaseMark use_case=row.spec.use_case />
            </td>
            <td>{row.profile.label()}</td>
            <Figure value=row.members />
            <Figure value=words::withheld(&row.withheld) />
            <Figure value=row.delivered />
            <Figure value=row.pending />
            <td class="num">{done}</td>
        </tr>
    }
    .into_any()
}

/// The answer of the list: how many, how they fare, where most are withheld.
pub fn list_sentence(rows: &[MappingRow]) -> String {
    if rows.is_empty() {
        return "Nothing flows yet: a mapping says which audience goes where, and what for."
            .to_owned();
    }
    let there: u64 = rows.iter().map(|row| row.delivered).sum();
    let members: u64 = rows.iter().map(|row| row.members).sum();
    let verb = if rows.len() == 1 { "has" } else { "have" };
    format!(
        "{} {verb} {} of {} members at their destinations. {}",
        format::count(rows.len() as u64, "mapping", "mappings"),
        format::number(there),
        format::number(members),
        fare_sentence(rows)
    )
}

/// Which mappings need somebody, by name; or that none does.
pub fn fare_sentence(rows: &[MappingRow]) -> String {
    let mut parts = Vec::new();
    for health in [Health::Failing, Health::Late, Health::Waiting] {
        let keys: Vec<String> = rows
            .iter()
            .filter(|row| row.health == health)
            .map(|row| row.spec.key.to_string())
            .collect();
        match keys.as_slice() {
            [] => {}
            [one] => parts.push(format!("{one} {}", words::health_verb(health))),
            several if several.len() <= 3 => {
                let verb = match health {
                    Health::Waiting => "wait for a decision".to_owned(),
                    health => words::health_verb(health).replace("is ", "are "),
                };
                parts.push(format!("{} {verb}", format::list(several)));
            }
            several => {
                let verb = match health {
                    Health::Waiting => "wait for a decision".to_owned(),
                    health => words::health_verb(health).replace("is ", "are "),
                };
                parts.push(format!("{} {verb}", several.len()));
            }
        }
    }
    if !parts.is_empty() {
        return format!("{}.", format::list(&parts));
    }
    let active = rows.iter().filter(|row| row.health != Health::Paused).count();
    match (active, rows.len()) {
        (0, _) => "All are paused.".to_owned(),
        (1, 1) if rows[0].health == Health::New => "It has not run yet.".to_owned(),
        (1, 1) => "It is in time.".to_owned(),
        _ => "Nothing needs you.".to_owned(),
    }
}

/// The empty list, with the one step.
pub fn no_mappings() -> AnyView {
    view! {
        <Empty
            title="No mappings yet"
            words="Each mapping appears here with how many of its members are at the destination, who is withheld and why."
        >
            <LinkButton href="/mappings/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a mapping"
            </LinkButton>
        </Empty>
    }
    .into_any()
}
