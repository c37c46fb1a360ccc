//! Watching: audiences that suppress are read oftener than mappings run, and whoever has newly
//! come into one leaves by the fast lane at once.
//!
//! Customer.io's requests are shared with the runs, so watching takes a fifth of them at most:
//! the more pages the audiences have, the longer it waits. What a run has read isn't read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    audiences::{Audience, AudienceRow, port::MirrorStore},
    configuration::{Configuration, service::ConfigurationService},
    delivery::{
        fast::{FastLane, NewlyHeld},
        port::LeaseStore,
    },
    error::Result,
    ids::AudienceId,
    number::Hundredths,
    people::PersonSet,
    time::{Clock, Instant, Span},
};

use super::{
    Spending, Wake, Watched,
    candidates::{are_mates, audiences_behind},
    service::SyncService,
};

/// No audience is read more often than this.
pub const FASTEST: Span = Span::from_seconds(15);

/// Watching takes one of so many requests.
pub const SHARE: i64 = 5;

/// The largest page of a membership. Source: Customer.io's App API, `/v1/segments/{id}/membership`.
const PAGE: u64 = 30_000;

/// More newcomers than this at once are left to the runs.
const MOST: u64 = 50_000;

/// The right to watch.
const LEASE: &str = "watch";

/// Requests that one reading takes: the segment, and its pages.
#[must_use]
pub fn requests(members: u64) -> u64 {
    1 + members.div_ceil(PAGE).max(1)
}

/// What is watched and how often, by key of the audience: whatever keeps people out of a mapping
/// that suppressions apply to.
#[must_use]
pub fn plan(configuration: &Configuration, rows: &[AudienceRow]) -> Vec<Watched> {
    if !configuration.mappings.iter().any(|one| one.spec.use_case.is_suppressed()) {
        return Vec::new();
    }
    let mut watched: Vec<Watched> = Vec::new();
    for row in rows {
        let rules = configuration.suppressions.iter().map(|rule| &rule.spec);
        let rules = rules.filter(|rule| rule.audience.as_ref() == Some(&row.spec.key));
        let rules: Vec<_> = rules.map(|rule| rule.key.clone()).collect();
        if !rules.is_empty() {
            watched.push(Watched {
                audience: row.spec.key.clone(),
                rules,
                requests: requests(row.members),
                every: FASTEST,
                read_at: row.mirrored_at,
            });
        }
    }
    let all: u64 = watched.iter().map(|one| one.requests).sum();
    let all = i64::try_from(all).unwrap_or(i64::MAX);
    let budget = configuration.settings.requests_per_second.max(1);
    let round = Span::from_seconds(1).0.saturating_mul(SHARE).saturating_mul(all) / budget;
    for one in &mut watched {
        one.every = FASTEST.max(Span(round));
    }
    watched
}

/// How many requests a second watching and the runs take, by their intervals.
#[must_use]
pub fn spending(
    configuration: &Configuration,
    rows: &[AudienceRow],
    watched: &[Watched],
) -> Spending {
    let members: BTreeMap<AudienceId, u64> = rows
        .iter()
        .filter_map(|row| Some((configuration.audience(&row.spec.key)?.id, row.members)))
        .collect();
    let a_second = |requests: u64, every: Span| {
        let every = u64::try_from(every.0).unwrap_or(1).max(1);
        requests.saturating_mul(100 * 1_000_000) / every
    };
    let watching: u64 = watched.iter().map(|one| a_second(one.requests, one.every)).sum();
    let active: Vec<_> = configuration.mappings.iter().filter(|one| one.spec.active).collect();
    let mut runs = 0;
    for (place, mapping) in active.iter().enumerate() {
        // A group runs together, and reads what all of it needs once.
        if active[..place].iter().any(|other| are_mates(mapping, other)) {
            continue;
        }
        let mates =
            active.iter().filter(|other| other.id == mapping.id || are_mates(mapping, other));
        let (mut read, mut every) = (BTreeSet::new(), mapping.spec.every);
        for mate in mates {
            read.extend(audiences_behind(configuration, mate));
            every = every.min(mate.spec.every);
        }
        let all = read.iter().map(|id| requests(members.get(id).copied().unwrap_or(0))).sum();
        runs += a_second(all, every);
    }
    Spending {
        watching: Hundredths::from(watching),
        runs: Hundredths::from(runs),
        budget: u64::try_from(configuration.settings.requests_per_second).unwrap_or(0),
    }
}

/// What is watched, with what was read of it.
fn rows<'a>(
    configuration: &'a Configuration,
    watched: &[Watched],
    rows: &'a [AudienceRow],
) -> Vec<(&'a Audience, &'a AudienceRow)> {
    let is_watched = |row: &&AudienceRow| watched.iter().any(|one| one.audience == row.spec.key);
    let rows = rows.iter().filter(is_watched);
    rows.filter_map(|row| Some((configuration.audience(&row.spec.key)?, row))).collect()
}

/// Watches.
pub struct Watch {
    /// What operators decided.
    pub configuration: Arc<ConfigurationService>,
    /// Reads, and shares readings with the passes.
    pub sync: Arc<SyncService>,
    /// What was read.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Where whoever is new leaves.
    pub fast: Arc<FastLane>,
    /// The right to watch.
    pub leases: Arc<dyn LeaseStore>,
    /// Whoever sends.
    pub wake: Arc<dyn Wake>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is known between two looks.
    pub memory: Mutex<Memory>,
}

/// What watching knows between two looks.
#[derive(Default)]
pub struct Memory {
    /// When an audience was last tried: one that can't be read isn't tried all the time.
    tried: BTreeMap<AudienceId, Instant>,
    /// Who was in it, and by which reading.
    seen: BTreeMap<AudienceId, (Option<Instant>, PersonSet)>,
}

impl Watch {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is due, and orders the exits of whoever is new there, whoever read it. How
    /// many were ordered.
    pub async fn run_once(&self) -> Result<u64> {
        let configuration = self.configuration.load().await?;
        let mut rows = self.mirrors.audience_rows().await?;
        let watched = plan(&configuration, &rows);
        // Who was there before a first reading of ours is known from the last one.
        for (audience, row) in self::rows(&configuration, &watched, &rows) {
            if !self.memory().seen.contains_key(&audience.id) {
                self.newcomers(audience.id, row.mirrored_at).await?;
            }
        }
        if self.read_due(&configuration, &watched).await? {
            rows = self.mirrors.audience_rows().await?;
        }
        let mut held = Vec::new();
        for (audience, row) in self::rows(&configuration, &watched, &rows) {
            let newcomers = self.newcomers(audience.id, row.mirrored_at).await?;
            let rules = configuration.suppressions.iter().map(|rule| &rule.spec);
            for rule in rules.filter(|rule| rule.audience.as_ref() == Some(&row.spec.key)) {
                held.extend(newcomers.iter().map(|person| NewlyHeld {
                    person,
                    destinations: rule.destinations.clone(),
                    cause: None,
                    noted_at: self.clock.now(),
                }));
            }
        }
        if held.is_empty() {
            return Ok(0);
        }
        // Whoever is missed because another process has the lane leaves by the next run.
        let ordered = self.fast.order_exits(&configuration, &held).await?.unwrap_or(0);
        if ordered > 0 {
            self.wake.wake();
        }
        Ok(ordered)
    }

    /// Whether anything was read.
    async fn read_due(&self, configuration: &Configuration, watched: &[Watched]) -> Result<bool> {
        let now = self.clock.now();
        let mut due: Vec<(&Audience, Instant)> = Vec::new();
        for one in watched {
            let Some(audience) = configuration.audience(&one.audience) else { continue };
            let tried = self.memory().tried.get(&audience.id).copied();
            let since = now.minus(one.every);
            // A moment ahead of now is from before the clock was put right.
            let is_new = |at: Option<Instant>| at.is_some_and(|at| (since..=now).contains(&at));
            if !is_new(one.read_at) && !is_new(tried) {
                due.push((audience, since));
            }
        }
        if due.is_empty() {
            return Ok(false);
        }
        let lease = self.leases.acquire(LEASE, now).await?;
        for (audience, since) in &due {
            self.memory().tried.insert(audience.id, now);
            if lease.is_some() {
                // What can't be read is told where the audience is shown.
                self.sync.read(audience, *since).await?;
            }
        }
        if let Some(lease) = &lease {
            self.leases.release(lease).await?;
        }
        Ok(lease.is_some())
    }

    /// Who is in an audience and wasn't when it was looked at last; nobody at the first look:
    /// the runs see to those.
    async fn newcomers(&self, audience: AudienceId, read_at: Option<Instant>) -> Result<PersonSet> {
        let is_seen = self.memory().seen.get(&audience).is_some_and(|(at, _)| *at == read_at);
        if read_at.is_none() || is_seen {
            return Ok(PersonSet::new());
        }
        let members = self.mirrors.members(audience).await?.unwrap_or_default();
        let before = self.memory().seen.insert(audience, (read_at, members.clone()));
        let newcomers = before.map_or_else(PersonSet::new, |(_, before)| members - before);
        // So many are no matter of minutes: the segment was changed, and a run decides it.
        if newcomers.len() > MOST { Ok(PersonSet::new()) } else { Ok(newcomers) }
    }
}

#[cfg(test)]
mod tests;
