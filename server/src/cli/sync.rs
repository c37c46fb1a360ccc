//! `segue sync --once`: runs mappings now, drains their orders, and says what happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    time::Duration,
};

use domain::{
    Error, Result,
    delivery::retry::Patience,
    ids::MappingId,
    key::Key,
    mappings::port::MappingStore as _,
    sync::{Cause, RunRow, runs::RunReads as _, service::Outcome},
    time::{Clock as _, Instant, Span},
};
use serde::Serialize;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Exit, Failure};
use crate::{
    clock::SystemClock,
    compose::{Purpose, Segue},
    config::Config,
    storage::WorkLock,
    worker,
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
    let asked_at = SystemClock.now();
    let until = asked_at.plus(patience);
    let mut call = Call { config, until, segue: open(config, until).await?, telling: None };
    call.tell();
    let wanted = wanted(&call.segue, &sync.mappings).await?;
    let mut lines: BTreeMap<Key, Line> = BTreeMap::new();
    let mut left = wanted.clone();
    let mut has_asked = false;
    // Where none is named, retired mappings send the exits that they owe.
    let mut now: Vec<Key> = sync.mappings.clone();
    loop {
        for outcome in call.segue.sync.sync(&now, asked_at, Patience::until(until)).await? {
            match outcome {
                Outcome::Ran(run) => call.keep(&mut lines, run),
                Outcome::Broke(run, error) => {
                    tracing::error!(error = ?error, mapping = run.mapping.as_str(), "a run broke");
                    call.keep(&mut lines, run);
                }
                // Nobody named it; the log has what went wrong with it.
                Outcome::Closed(run) => {
                    if let Some(error) = &run.error {
                        tracing::warn!(mapping = run.mapping.as_str(), "owed exits: {error}");
                    }
                }
                Outcome::Busy(_) => {}
            }
        }
        left.retain(|key| !lines.contains_key(key));
        if left.is_empty() || call.segue.clock.now() >= until {
            break;
        }
        // Somebody else works on them: they take a wish, or end, and then it is our turn.
        if !has_asked {
            call.ask(&left).await?;
            has_asked = true;
        }
        tokio::time::sleep(LOOK).await;
        call.look(&mut lines, &left, asked_at).await?;
        left.retain(|key| !lines.contains_key(key));
        if left.is_empty() {
            break;
        }
        now.clone_from(&left);
    }
    call.wait_for_exits(&wanted).await?;
    call.end().await;
    // What shares a group with a mapping ran too; only what was asked for is reported.
    let lines: Vec<Line> = wanted
        .into_iter()
        .map(|key| lines.remove(&key).unwrap_or_else(|| Line::busy(key)))
        .collect();
    let exit = if lines.iter().all(Line::is_well) { Exit::Done } else { Exit::Failed };
    if sync.json {
        let text = serde_json::to_string(&Report { runs: lines }).map_err(Error::unexpected)?;
        writeln!(out, "{text}")?;
    } else {
        print(&lines, out)?;
    }
    Ok(exit)
}

/// How often a command looks at what others do.
const LOOK: Duration = Duration::from_millis(200);

/// How long it waits for exits that others send: what they can't send is told on every page.
const OTHERS: Span = Span::from_seconds(10);

async fn open(config: &Config, until: Instant) -> Result<Segue> {
    Segue::open(config, Purpose::Once { until }).await
}

/// The mappings asked for, by key.
async fn wanted(segue: &Segue, named: &[Key]) -> Result<Vec<Key>, Failure> {
    let configuration = segue.services.configuration.load().await?;
    let mut wanted: Vec<Key> = match named {
        [] => configuration
            .mappings
            .iter()
            .filter(|mapping| mapping.spec.active)
            .map(|mapping| mapping.spec.key.clone())
            .collect(),
        keys => keys.to_vec(),
    };
    if let Some(key) = wanted.iter().find(|key| configuration.mapping(key).is_none()) {
        return Err(Failure::usage(format!("there is no mapping {key}")));
    }
    wanted.sort();
    wanted.dedup();
    Ok(wanted)
}

/// One call of the command, beside whatever other processes do.
struct Call<'a> {
    config: &'a Config,
    until: Instant,
    segue: Segue,
    /// Tells of a vendor in trouble, while this is who works.
    telling: Option<(TaskTracker, CancellationToken)>,
}

impl Call<'_> {
    /// Begins to tell, unless somebody else works.
    fn tell(&mut self) {
        if self.segue.works {
            let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
            worker::tell_outages(&self.segue, &tracker, stop.clone());
            tracker.close();
            self.telling = Some((tracker, stop));
        }
    }

    /// Tells no more.
    async fn end(self) {
        if let Some((tracker, stop)) = self.telling {
            stop.cancel();
            tracker.wait().await;
        }
    }

    fn keep(&self, lines: &mut BTreeMap<Key, Line>, run: RunRow) {
        lines.insert(run.mapping.clone(), Line::of(run, self.segue.clock.now()));
    }

    /// Leaves a wish with whoever works the orders.
    async fn ask(&self, keys: &[Key]) -> Result<()> {
        let configuration = self.segue.services.configuration.load().await?;
        for mapping in keys.iter().filter_map(|key| configuration.mapping(key)) {
            let now = self.segue.clock.now();
            self.segue.storage.request_run(mapping.id, "segue sync", now).await?;
        }
        Ok(())
    }

    /// Exits that a living server orders between two runs are its own to send, and nothing is
    /// done before they are.
    async fn wait_for_exits(&self, keys: &[Key]) -> Result<()> {
        let configuration = self.segue.services.configuration.load().await?;
        let wanted: BTreeSet<MappingId> =
            keys.iter().filter_map(|key| configuration.mapping(key)).map(|one| one.id).collect();
        let until = self.segue.clock.now().plus(OTHERS).min(self.until);
        while self.segue.clock.now() < until {
            let open = self.segue.fast.open().await?;
            if !open.iter().any(|(mapping, _)| wanted.contains(mapping)) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes what others have run since, and on SQLite the right to work once it is free.
    async fn look(
        &mut self,
        lines: &mut BTreeMap<Key, Line>,
        keys: &[Key],
        asked_at: Instant,
    ) -> Result<()> {
        for key in keys {
            if let Some(run) = self.segue.storage.newest_pass(key, asked_at).await? {
                self.keep(lines, run);
            }
        }
        if !self.segue.works && WorkLock::is_free(&self.config.database_url)? {
            self.segue = open(self.config, self.until).await?;
            self.tell();
        }
        Ok(())
    }
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
