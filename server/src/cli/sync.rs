//! `segue sync --once`: runs mappings now, drains their orders, and says what happened.

use std::{collections::BTreeMap, io::Write, time::Duration};

use domain::{
    Error, Result,
    delivery::retry::Patience,
    key::Key,
    mappings::port::MappingStore as _,
    sync::{Cause, RunRow, runs::RunReads as _, service::Outcome},
    time::{Instant, Span},
};
use serde::Serialize;

use super::{Exit, Failure};
use crate::{
    compose::{Purpose, Segue},
    config::Config,
};

/// Flags of `segue sync`.
#[derive(Debug, clap::Args)]
pub struct Sync {
    /// Mappings to run; all active ones if none is named
    mappings: Vec<Key>,
    /// Runs them now, once
    #[arg(long, required = true)]
    once: bool,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
    /// For how many seconds failing calls are tried again
    #[arg(long, default_value_t = 240)]
    timeout: u32,
}

#[derive(Serialize)]
struct Report {
    runs: Vec<Line>,
}

/// One mapping's line. `fetched` is `target` and all `withheld` together.
#[derive(Serialize)]
struct Line {
    mapping: Key,
    state: &'static str,
    fetched: u64,
    target: u64,
    entered: u64,
    exited: u64,
    withheld: BTreeMap<Cause, u64>,
    delivered: u64,
    dead: u64,
    duration_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Line {
    fn of(run: RunRow, now: Instant) -> Self {
        let mut withheld: BTreeMap<Cause, u64> =
            Cause::ALL.into_iter().map(|cause| (cause, 0)).collect();
        withheld.extend(run.withheld);
        Self {
            mapping: run.mapping,
            state: run.state.as_str(),
            fetched: run.fetched,
            target: run.target,
            entered: run.entered,
            exited: run.exited,
            withheld,
            delivered: run.delivered,
            dead: run.dead,
            duration_ms: run.finished_at.unwrap_or(now).since(run.started_at).millis(),
            error: run.error,
        }
    }

    fn busy(mapping: Key) -> Self {
        Self {
            mapping,
            state: "busy",
            fetched: 0,
            target: 0,
            entered: 0,
            exited: 0,
            withheld: Cause::ALL.into_iter().map(|cause| (cause, 0)).collect(),
            delivered: 0,
            dead: 0,
            duration_ms: 0,
            error: Some("another process works on it and didn't come to it in time".to_owned()),
        }
    }

    fn is_well(&self) -> bool {
        self.state == "done" && self.dead == 0
    }
}

/// Runs it.
pub async fn run(config: &Config, sync: &Sync, out: &mut impl Write) -> Result<Exit, Failure> {
    let patience = Span::from_seconds(sync.timeout.into());
    let segue = Segue::open(config, Purpose::Work { tries_for: patience }).await?;
    let now = segue.clock.now();
    let until = now.plus(patience);
    let outcomes =
        segue.sync.sync(&sync.mappings, now, Patience::until(until)).await.map_err(|error| {
            match error {
                Error::NotFound(what) => Failure::usage(format!("there is no {what}")),
                other => other.into(),
            }
        })?;
    let configuration = segue.services.configuration.load().await?;
    let mut lines = Vec::new();
    for outcome in outcomes {
        let line = match outcome {
            Outcome::Ran(run) => Line::of(run, segue.clock.now()),
            Outcome::Busy(key) => match ask(&segue, &key, until).await? {
                Some(run) => Line::of(run, segue.clock.now()),
                None => Line::busy(key),
            },
        };
        // What shares a group with a mapping ran too; only what was asked for is reported.
        let asked_for = match sync.mappings.as_slice() {
            [] => configuration.mapping(&line.mapping).is_some_and(|one| one.spec.active),
            keys => keys.contains(&line.mapping),
        };
        if asked_for {
            lines.push(line);
        }
    }
    lines.sort_by(|a, b| a.mapping.cmp(&b.mapping));
    let exit = if lines.iter().all(Line::is_well) { Exit::Done } else { Exit::Failed };
    if sync.json {
        let text = serde_json::to_string(&Report { runs: lines }).map_err(Error::unexpected)?;
        writeln!(out, "{text}")?;
    } else {
        print(&lines, out)?;
    }
    Ok(exit)
}

/// Leaves a wish with whoever works the orders, and waits for its result.
async fn ask(segue: &Segue, key: &Key, until: Instant) -> Result<Option<RunRow>> {
    let configuration = segue.services.configuration.load().await?;
    let Some(mapping) = configuration.mapping(key) else { return Ok(None) };
    let asked_at = segue.clock.now();
    segue.storage.request_run(mapping.id, "segue sync", asked_at).await?;
    while segue.clock.now() < until {
        let newest = segue.storage.recent(Some(key), None, 1).await?;
        let ended =
            newest.into_iter().find(|run| run.started_at >= asked_at && run.finished_at.is_some());
        if ended.is_some() {
            return Ok(ended);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(None)
}

fn print(lines: &[Line], out: &mut impl Write) -> std::io::Result<()> {
    if lines.is_empty() {
        return writeln!(
            out,
            "No active mapping: add one to segue.toml and run `segue apply`, or use the console."
        );
    }
    let width = lines.iter().map(|line| line.mapping.as_str().len()).max().unwrap_or(0).max(7);
    writeln!(
        out,
        "{:width$}  {:8} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "MAPPING", "STATE", "MEMBERS", "TARGET", "ENTERED", "EXITED", "DELIVERED"
    )?;
    for line in lines {
        writeln!(
            out,
            "{:width$}  {:8} {:>9} {:>9} {:>9} {:>9} {:>9}",
            line.mapping.as_str(),
            line.state,
            line.fetched,
            line.target,
            line.entered,
            line.exited,
            line.delivered
        )?;
        for (cause, count) in line.withheld.iter().filter(|(_, count)| **count > 0) {
            writeln!(out, "{:width$}  {count} {cause}", "")?;
        }
        if line.dead > 0 {
            writeln!(out, "{:width$}  {} refused by Segment", "", line.dead)?;
        }
        if let Some(error) = &line.error {
            writeln!(out, "{:width$}  {error}", "")?;
        }
    }
    Ok(())
}
