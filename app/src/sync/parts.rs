//! What pages show of runs: their table, their progress, who was left out.

use domain::{
    mappings::UseCase,
    sync::{Cause, RunRow},
    time::Instant,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

use crate::{
    chart::{Funnel, FunnelStep},
    format,
    live::Reload,
    ui::{Column, Figure, Moment, Nothing, Progress, RunMark, Table},
    words,
};

/// Runs, the newest first. `with_mapping` where they are of several mappings.
pub fn runs_table(runs: Vec<RunRow>, now: Instant, with_mapping: bool) -> AnyView {
    let mut columns = vec![Column::words("Began")];
    if with_mapping {
        columns.push(Column::words("Mapping"));
    }
    columns.extend([
        Column::words("State"),
        Column::figures("Members"),
        Column::figures("To be there"),
        Column::figures("Entered"),
        Column::figures("Exited"),
        Column::figures("Acknowledged"),
        Column::figures("Refused"),
        Column::figures("Took"),
    ]);
    let rows = runs.into_iter().map(|run| run_row(run, now, with_mapping)).collect_view();
    view! {
        <Table caption="Runs" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn run_row(run: RunRow, now: Instant, with_mapping: bool) -> AnyView {
    let mapping = with_mapping.then(|| {
        let href = format!("/mappings/{}", run.mapping);
        view! {
            <td>
                <a href=href>{run.mapping.to_string()}</a>
            </td>
        }
    });
    // A run that ended before it decided has no target: a dash, not a zero.
    let decided = run.state != domain::sync::RunState::Mirroring
        && !(run.state == domain::sync::RunState::Failed && run.target == 0);
    let figure = move |value: u64| {
        if decided {
            view! { <Figure value /> }.into_any()
        } else {
            view! {
                <td class="num">
                    <Nothing words="not decided" />
                </td>
            }
            .into_any()
        }
    };
    // Events say nothing of the whole.
    let by_events = run.by_events;
    let whole = move |figure: AnyView| {
        let nothing = || {
            view! {
                <td class="num">
                    <Nothing words="events only" />
                </td>
            }
        };
        if by_events { nothing().into_any() } else { figure }
    };
    let state = if by_events {
        view! { "By events" }.into_any()
    } else {
        view! { <RunMark state=run.state /> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/runs/{}", run.id)>
                    <Moment at=run.started_at now />
                </a>
            </th>
            {mapping}
            <td>
                {state}
            </td>
            {whole(view! { <Figure value=run.fetched /> }.into_any())}
            {whole(figure(run.target))}
            {figure(run.entered)}
            {figure(run.exited)}
            {figure(run.delivered)}
            {figure(run.dead)}
            <td class="num">{format::duration(run.finished_at.unwrap_or(now).since(run.started_at))}</td>
        </tr>
    }
    .into_any()
}

/// How far the newest run has come, and when the next one comes: one line of one height,
/// so that nothing moves when a run begins or ends.
pub fn run_progress(run: Option<&RunRow>, next: Option<Instant>, now: Instant) -> AnyView {
    let content = match run.filter(|run| run.state.is_running()) {
        Some(run) => {
            let (done, whole, words) = words::progress(run);
            view! {
                <Progress label="Progress of the run" done whole words />
                <Reload />
            }
            .into_any()
        }
        None => idle(run, next, now),
    };
    view! {
        <div class="running" role="status">
            {content}
        </div>
    }
    .into_any()
}

fn idle(run: Option<&RunRow>, next: Option<Instant>, now: Instant) -> AnyView {
    let ended = run.and_then(|run| run.finished_at).map(|at| {
        view! {
            "The last run ended "
            <Moment at now />
            ". "
        }
    });
    let next = next.map(|at| {
        let words = words::soon(at, now);
        format!("The next one comes {words}.")
    });
    view! { <p class="quiet">{ended} {next}</p> }.into_any()
}

/// From members to people sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sieve<'a> {
    /// All members.
    pub members: u64,
    /// Who should be there.
    pub target: u64,
    /// Who is, if that is known.
    pub delivered: Option<u64>,
    /// Who isn't sent.
    pub withheld: &'a BTreeMap<Cause, u64>,
    /// Which colour it has.
    pub use_case: Option<UseCase>,
}

/// The picture of a sieve; `detail` adds a few words to a cause.
pub fn funnel(sieve: &Sieve<'_>, detail: impl Fn(Cause) -> Option<String>) -> AnyView {
    let steps = sieve
        .withheld
        .iter()
        .map(|(&cause, &people)| FunnelStep {
            words: words::cause(cause).to_owned(),
            detail: detail(cause),
            people,
        })
        .collect();
    let class = sieve.use_case.map_or("", words::use_case_class);
    let arrived = sieve.delivered.map(|people| ("Acknowledged".to_owned(), people));
    view! {
        <Funnel
            question="Who is sent, and who isn't?"
            whole_words="Members"
            whole=sieve.members
            steps
            rest_words="To be there"
            rest=sieve.target
            arrived
            class
        />
    }
    .into_any()
}
