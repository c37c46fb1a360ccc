//! Runs mappings when they are due or wished for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Result,
    delivery::retry::Patience,
    key::Key,
    mappings::port::MappingStore,
    sync::{
        RunRow,
        service::{Outcome, SyncService},
    },
    time::{Clock, Span},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::compose::{Segue, Stir};

/// How often it looks for due mappings, if nobody wakes it.
const LOOK: Duration = Duration::from_secs(1);

/// A pass gives up so long after it began at the earliest: the next one begins from the
/// truth, and sends first what is in doubt.
const SHORTEST_PASS: Span = Span::from_minutes(1);

/// How long a pass may end by itself after it was told to stop.
const DRAIN: Duration = Duration::from_secs(8);

/// What one look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Mappings whose pass was started.
    pub started: Vec<Key>,
    /// Due mappings whose former pass still runs.
    pub still_running: usize,
}

/// Starts passes.
pub struct SyncWorker {
    sync: Arc<SyncService>,
    store: Arc<dyn MappingStore>,
    clock: Arc<dyn Clock>,
    stir: Arc<Stir>,
    stop: CancellationToken,
    passes: TaskTracker,
    running: Arc<Mutex<BTreeSet<Key>>>,
    /// Held while audiences are read that no mapping reads.
    reading: Arc<tokio::sync::Mutex<()>>,
}

impl SyncWorker {
    /// Over these parts.
    pub fn new(segue: &Segue, stop: CancellationToken) -> Self {
        Self {
            sync: segue.sync.clone(),
            store: Arc::new(segue.storage.clone()),
            clock: segue.clock.clone(),
            stir: segue.stir.clone(),
            stop,
            passes: TaskTracker::new(),
            running: Arc::default(),
            reading: Arc::default(),
        }
    }

    /// Until told to stop.
    pub async fn run(&self) {
        while !self.stop.is_cancelled() {
            // Registered before the look, so that no wish falls in between.
            let woken = self.stir.0.notified();
            if let Err(error) = self.run_once().await {
                tracing::error!(error = ?error, "looking for due mappings failed: {error}");
            }
            self.read_unread();
            tokio::select! {
                () = woken => (),
                () = tokio::time::sleep(LOOK) => (),
                () = self.stop.cancelled() => (),
            }
        }
        self.passes.close();
        if tokio::time::timeout(DRAIN, self.passes.wait()).await.is_err() {
            tracing::warn!(
                "passes were cut off; what was in flight is sent again under the same ids"
            );
        }
    }

    /// Reads audiences that no mapping reads beside the passes, one after another.
    fn read_unread(&self) {
        let Ok(reading) = self.reading.clone().try_lock_owned() else { return };
        let (sync, stop) = (self.sync.clone(), self.stop.clone());
        self.passes.spawn(async move {
            tokio::select! {
                result = sync.mirror_unread() => if let Err(error) = result {
                    tracing::error!(error = ?error, "reading audiences without a mapping failed: {error}");
                },
                () = stop.cancelled() => (),
            }
            drop(reading);
        });
    }

    /// Starts a pass for everything that is due, each exclusivity group and each mapping
    /// without one by itself: one in trouble slows no other.
    pub async fn run_once(&self) -> Result<Report> {
        let now = self.clock.now();
        let due = self.store.due(now).await?;
        if due.is_empty() {
            return Ok(Report::default());
        }
        let configuration = self.sync.configuration.load().await?;
        let mut bundles: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        let mut report = Report::default();
        let mut longest = SHORTEST_PASS;
        for mapping in configuration.mappings.iter().filter(|one| due.contains(&one.spec.key)) {
            let bundle = match &mapping.spec.exclusivity_group {
                Some(group) => format!("group {group}"),
                None => format!("mapping {}", mapping.spec.key),
            };
            longest = longest.max(mapping.spec.every);
            bundles.entry(bundle).or_default().push(mapping.spec.key.clone());
        }
        for keys in bundles.into_values() {
            let free = {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                let free = keys.iter().all(|key| !running.contains(key));
                if free {
                    running.extend(keys.iter().cloned());
                }
                free
            };
            if !free {
                report.still_running += keys.len();
                continue;
            }
            report.started.extend(keys.iter().cloned());
            let (sync, running) = (self.sync.clone(), self.running.clone());
            let stop = self.stop.clone();
            self.passes.spawn(async move {
                tokio::select! {
                    result = sync.sync(&keys, now, Patience::until(now.plus(longest))) => log(&keys, result),
                    // A claim that was cut off is sent again, exactly as it was.
                    () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => (),
                }
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                for key in &keys {
                    running.remove(key);
                }
            });
        }
        Ok(report)
    }
}

/// One line a run, with its report.
fn log(keys: &[Key], result: Result<Vec<Outcome>>) {
    let outcomes = match result {
        Ok(outcomes) => outcomes,
        Err(error) => {
            let names: Vec<&str> = keys.iter().map(Key::as_str).collect();
            tracing::error!(error = ?error, mappings = names.join(","), "a pass failed: {error}");
            return;
        }
    };
    for outcome in outcomes {
        match outcome {
            Outcome::Busy(key) => {
                tracing::debug!(mapping = key.as_str(), "another process works on {key}");
            }
            Outcome::Ran(run) => log_run(&run),
            Outcome::Broke(run, error) => {
                tracing::error!(error = ?error, mapping = run.mapping.as_str(), run = %run.id, "a run broke: {error}");
            }
        }
    }
}

fn log_run(run: &RunRow) {
    let (mapping, id) = (run.mapping.as_str(), run.id);
    if let Some(error) = &run.error {
        tracing::warn!(mapping, run = %id, "the run of {mapping} failed: {error}");
        return;
    }
    tracing::info!(
        mapping,
        run = %id,
        members = run.fetched,
        target = run.target,
        entered = run.entered,
        exited = run.exited,
        delivered = run.delivered,
        dead = run.dead,
        duration_ms = run.finished_at.map_or(0, |end| end.since(run.started_at).millis()),
        "{mapping} is in order: {} in, {} out",
        run.entered,
        run.exited,
    );
}
