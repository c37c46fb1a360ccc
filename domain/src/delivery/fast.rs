//! The fast lane: between two runs, an event orders the exits of whoever a suppression keeps
//! out for it, and they go at once.
//!
//! Its parts are drained here only, under a lease of their own, beside whatever the mapping's
//! run does. It is the quick way and not the only one: the next run decides anew from all that
//! is known, so what is missed here leaves then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    configuration::{Configuration, service::ConfigurationService},
    error::{Error, Result},
    ids::{MappingId, RunId},
    key::Key,
    people::Ordinal,
    suppression::scope::holds_at,
    sync::{candidates::route_of, port::SyncStore},
    time::{Clock, Instant, Span},
};

use super::{
    batch,
    drain::{Drain, Drained, Job},
    port::{Lease, LeaseStore},
    retry::Patience,
};

/// What was noted so much earlier may be committed only now, by another process.
const OVERLAP: Span = Span::from_seconds(10);

/// How far back a process looks that has just begun; runs see to what is older.
const AT_FIRST: Span = Span::from_hours(1);

/// Somebody whom a suppression keeps out from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewlyHeld {
    /// Who.
    pub person: Ordinal,
    /// Where; nowhere named is everywhere.
    pub destinations: Vec<Key>,
    /// The event's times; nothing where a reading of an audience says so, since nobody knows
    /// then when it happened.
    pub cause: Option<Cause>,
    /// When that was noted.
    pub noted_at: Instant,
}

/// The times of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// When it happened.
    pub at: Instant,
    /// When it came in.
    pub received_at: Instant,
}

/// Exits of one mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct FastOrder {
    /// The right to order them.
    pub lease: Lease,
    /// Whose.
    pub mapping: MappingId,
    /// Who is to leave, if they are there.
    pub people: BTreeMap<Ordinal, Option<Cause>>,
}

/// Keeps the parts of the fast lane.
#[async_trait]
pub trait FastStore: Send + Sync {
    /// Whom events keep out at `now`, as far as that was noted at `since` or later.
    async fn newly_held(&self, since: Instant, now: Instant) -> Result<Vec<NewlyHeld>>;

    /// Orders the exits of those who are at the mappings' destinations, or may be, and aren't
    /// told to leave already: all in one transaction. How many.
    async fn order_fast(&self, orders: &[FastOrder], now: Instant) -> Result<u64>;

    /// The mappings with open parts in the fast lane, each with the run that counts them.
    async fn open_fast(&self) -> Result<Vec<(MappingId, RunId)>>;

    /// Leaves a mapping's open parts to its runs.
    async fn leave_fast(&self, lease: &Lease, mapping: MappingId, now: Instant) -> Result<()>;
}

/// Orders and drains.
pub struct FastLane {
    /// What operators decided.
    pub configuration: Arc<ConfigurationService>,
    /// The parts.
    pub store: Arc<dyn FastStore>,
    /// Who we are.
    pub sync: Arc<dyn SyncStore>,
    /// The right to work.
    pub leases: Arc<dyn LeaseStore>,
    /// Delivery.
    pub drain: Drain,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is known between two rounds.
    pub memory: Mutex<Memory>,
}

/// What the fast lane knows between two rounds.
#[derive(Default)]
pub struct Memory {
    /// The newest that was noted and is ordered.
    seen: Option<Instant>,
    /// What was ordered of the overlap.
    recent: BTreeSet<(Instant, Ordinal, Option<Cause>)>,
    /// Held as long as nobody takes them: they cost a commit each.
    leases: BTreeMap<MappingId, Lease>,
}

fn lease_name(mapping: MappingId) -> String {
    format!("fast:{mapping}")
}

impl FastLane {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Orders the exits of whoever was kept out since the last round. How many.
    pub async fn order(&self) -> Result<u64> {
        let now = self.clock.now();
        let since = self.memory().seen.unwrap_or_else(|| now.minus(AT_FIRST));
        let mut held = self.store.newly_held(since.minus(OVERLAP), now).await?;
        {
            let recent = &self.memory().recent;
            held.retain(|one| !recent.contains(&(one.noted_at, one.person, one.cause)));
        }
        if held.is_empty() {
            return Ok(0);
        }
        let configuration = self.configuration.load().await?;
        // Lost to another process: the next round asks for all of it anew.
        let Some(ordered) = self.order_exits(&configuration, &held).await? else { return Ok(0) };
        let mut memory = self.memory();
        let newest = held.iter().map(|one| one.noted_at).max().unwrap_or(since).max(since);
        memory.seen = Some(newest);
        memory.recent.extend(held.iter().map(|one| (one.noted_at, one.person, one.cause)));
        memory.recent.retain(|(noted_at, ..)| *noted_at >= newest.minus(OVERLAP));
        Ok(ordered)
    }

    /// Orders the exits of these people wherever a suppression keeps them out now: how many, and
    /// nothing if another process has taken the lane meanwhile.
    pub async fn order_exits(
        &self,
        configuration: &Configuration,
        held: &[NewlyHeld],
    ) -> Result<Option<u64>> {
        let mut orders = Vec::new();
        for (mapping, people) in leaving(configuration, held) {
            // Somebody else orders what they do.
            if let Some(lease) = self.lease(mapping).await? {
                orders.push(FastOrder { lease, mapping, people });
            }
        }
        match self.store.order_fast(&orders, self.clock.now()).await {
            Err(Error::Fenced) => {
                // Which of them is lost isn't said.
                self.memory().leases.clear();
                Ok(None)
            }
            ordered => ordered.map(Some),
        }
    }

    /// The mappings with something to send, and the run that counts it.
    pub async fn open(&self) -> Result<Vec<(MappingId, RunId)>> {
        self.store.open_fast().await
    }

    /// Sends what is open of a mapping, until nothing is or patience ends. Nothing if somebody
    /// else does.
    pub async fn drain(
        &self,
        (mapping, run): (MappingId, RunId),
        patience: Patience,
    ) -> Result<Option<Drained>> {
        let Some(lease) = self.lease(mapping).await? else { return Ok(None) };
        let drained = self.drain_under(&lease, mapping, run, patience).await;
        if matches!(drained, Err(Error::Fenced)) {
            self.memory().leases.remove(&mapping);
            return Ok(None);
        }
        drained
    }

    async fn drain_under(
        &self,
        lease: &Lease,
        mapping: MappingId,
        run: RunId,
        patience: Patience,
    ) -> Result<Option<Drained>> {
        let configuration = self.configuration.load().await?;
        let Some(mapping) = configuration.mappings.iter().find(|one| one.id == mapping) else {
            // Retired meanwhile: its last run sends what it owes.
            self.store.leave_fast(lease, mapping, self.clock.now()).await?;
            return Ok(None);
        };
        let job = Job {
            lease,
            run,
            installation: self.sync.installation().await?,
            mapping,
            route: &route_of(&configuration, mapping)?,
            patience,
            requests: batch::requests(configuration.settings.events_per_second),
            is_alone: &|| false,
            is_fast: true,
        };
        self.drain.drain(&job).await.map(Some)
    }

    /// Leaves what is open of these mappings to their runs, where nobody works on it: a process
    /// that died may have left it.
    pub async fn leave(&self, mappings: &[MappingId]) -> Result<()> {
        let open = self.store.open_fast().await?;
        for (mapping, _) in open.into_iter().filter(|(mapping, _)| mappings.contains(mapping)) {
            let now = self.clock.now();
            if let Some(lease) = self.leases.acquire(&lease_name(mapping), now).await? {
                self.store.leave_fast(&lease, mapping, now).await?;
                self.leases.release(&lease).await?;
            }
        }
        Ok(())
    }

    /// Gives back the right to work, so that the next process needn't wait.
    pub async fn release(&self) -> Result<()> {
        let leases = std::mem::take(&mut self.memory().leases);
        for lease in leases.values() {
            self.leases.release(lease).await?;
        }
        Ok(())
    }

    async fn lease(&self, mapping: MappingId) -> Result<Option<Lease>> {
        if let Some(lease) = self.memory().leases.get(&mapping) {
            return Ok(Some(lease.clone()));
        }
        let lease = self.leases.acquire(&lease_name(mapping), self.clock.now()).await?;
        if let Some(lease) = &lease {
            self.memory().leases.insert(mapping, lease.clone());
        }
        Ok(lease)
    }
}

/// Whom the mappings that a suppression applies to are to let go, each with the event that came
/// first.
fn leaving(
    configuration: &Configuration,
    held: &[NewlyHeld],
) -> Vec<(MappingId, BTreeMap<Ordinal, Option<Cause>>)> {
    let mut all = Vec::new();
    for mapping in configuration.mappings.iter().filter(|one| one.spec.use_case.is_suppressed()) {
        let mut people: BTreeMap<Ordinal, Option<Cause>> = BTreeMap::new();
        for one in held.iter().filter(|one| holds_at(&one.destinations, &mapping.spec.destination))
        {
            let first = people.entry(one.person).or_default();
            *first = one.cause.into_iter().chain(*first).min();
        }
        if !people.is_empty() {
            all.push((mapping.id, people));
        }
    }
    all
}
