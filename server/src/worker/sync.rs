//! Runs mappings when they are due or wished for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Result,
    delivery::retry::Patience,
    ids::MappingId,
    key::Key,
    mappings::{Mapping, port::MappingStore},
    sync::{
        RunRow,
        service::{Outcome, SyncService},
    },
    time::{Clock, Instant, Span},
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
    /// Bundles whose pass runs.
    running: Arc<Mutex<BTreeSet<String>>>,
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
        let closing_due = self.store.closing_due(now).await?;
        if due.is_empty() && closing_due.is_empty() {
            return Ok(Report::default());
        }
        let configuration = self.sync.configuration.load().await?;
        let mut bundles: BTreeMap<String, Bundle> = BTreeMap::new();
        let mut report = Report::default();
        for mapping in configuration.mappings.iter().filter(|one| due.contains(&one.spec.key)) {
            bundles.entry(bundle_of(mapping)).or_default().add(mapping);
        }
        for closing in
            configuration.closing.iter().filter(|one| closing_due.contains(&one.mapping.id))
        {
            let name = bundle_of(&closing.mapping);
            // The living of its group take it along; without any it goes by itself.
            let mut mates = configuration.mappings.iter().filter(|one| bundle_of(one) == name);
            match mates.next() {
                Some(mate) => bundles.entry(name).or_default().add(mate),
                None => bundles.entry(name).or_default().close(&closing.mapping),
            }
        }
        for (name, bundle) in bundles {
            let is_free = {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                running.insert(name.clone())
            };
            if !is_free {
                report.still_running += bundle.keys.len() + bundle.closing.len();
                continue;
            }
            report.started.extend(bundle.keys.iter().cloned());
            let (sync, running) = (self.sync.clone(), self.running.clone());
            let (stop, until) = (self.stop.clone(), now.plus(bundle.longest.max(SHORTEST_PASS)));
            self.passes.spawn(async move {
                tokio::select! {
                    () = bundle.run(&sync, now, Patience::until(until)) => (),
                    // A claim that was cut off is sent again, exactly as it was.
                    () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => (),
                }
                running.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            });
        }
        Ok(report)
    }
}

/// Mappings that run together.
#[derive(Default)]
struct Bundle {
    keys: Vec<Key>,
    closing: Vec<MappingId>,
    longest: Span,
}

/// A group runs whole; a retired mapping has its place beside one that has its key now.
fn bundle_of(mapping: &Mapping) -> String {
    match &mapping.spec.exclusivity_group {
        Some(group) => format!("group {group}"),
        None => format!("mapping {}", mapping.id),
    }
}

impl Bundle {
    fn add(&mut self, mapping: &Mapping) {
        if !self.keys.contains(&mapping.spec.key) {
            self.keys.push(mapping.spec.key.clone());
        }
        self.longest = self.longest.max(mapping.spec.every);
    }

    fn close(&mut self, mapping: &Mapping) {
        self.closing.push(mapping.id);
        self.longest = self.longest.max(mapping.spec.every);
    }

    async fn run(&self, sync: &SyncService, now: Instant, patience: Patience) {
        if !self.keys.is_empty() {
            log(&self.keys, sync.sync(&self.keys, now, patience).await);
        }
        if !self.closing.is_empty() {
            log(&[], sync.close(&self.closing, patience).await);
        }
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
            Outcome::Ran(run) | Outcome::Closed(run) => log_run(&run),
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
