//! Makes the report.

use std::sync::Arc;

use crate::{
    configuration::{Configuration, service::ConfigurationService},
    contract::port::QuarantineStore,
    delivery::{Transition, service::LetterStore},
    error::Result,
    key::Key,
    time::Clock,
};

use super::{
    Only,
    port::MonitoringStore,
    report::{self, CameIn, Failure, Moved, Report, Series, is_leaving, is_sending},
    window::{Range, Window},
};

/// Marks on a chart: more than these nobody reads.
const MARKS: u32 = 60;
/// Causes of failures, of each kind.
const CAUSES: usize = 20;

/// Reads what was counted.
pub struct MonitoringService {
    /// The counts.
    pub store: Arc<dyn MonitoringStore>,
    /// Mappings and destinations that can be asked for.
    pub configuration: Arc<ConfigurationService>,
    /// Whom Segment refused.
    pub letters: Arc<dyn LetterStore>,
    /// What isn't as agreed.
    pub quarantine: Arc<dyn QuarantineStore>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl MonitoringService {
    /// Everything about a range up to now.
    pub async fn report(&self, range: Range, only: Only, compares: bool) -> Result<Report> {
        let now = self.clock.now();
        let window = range.window(now);
        let (before, steps) = (window.before(), window.steps);
        let configuration = self.configuration.load().await?;
        let rows = self.store.moved(&window, &only).await?;
        let timed = self.store.timed(&window, &only).await?;
        let totals = self.store.totals(&window, &only).await?;
        let totals_before = self.store.totals(&before, &only).await?;
        let events = self.store.came_in(&window).await?;
        let mut moved = report::moved(&rows, steps);
        if compares {
            let rows = self.store.moved(&before, &only).await?;
            moved.extend(report::moved(&rows, steps).into_iter().map(former));
        }
        // Events belong to no mapping and no destination.
        let is_all = only == Only::default();
        let failed: &[CameIn] = if is_all { &events } else { &[] };
        let keys = |keys: Vec<_>| {
            let mut keys = keys;
            keys.sort();
            keys
        };
        Ok(Report {
            now,
            range,
            window,
            mappings: keys(configuration.mappings.iter().map(|one| one.spec.key.clone()).collect()),
            destinations: keys(
                configuration.destinations.iter().map(|one| one.spec.key.clone()).collect(),
            ),
            since: self.store.counted_since().await?,
            by_mapping: report::moved_by(&rows, steps, |row| &row.mapping),
            by_destination: report::moved_by(&rows, steps, |row| &row.destination),
            events: report::came_in(&events, steps),
            failures: report::failures(&rows, failed, steps),
            sending: report::delays(&timed, steps, is_sending),
            leaving: report::delays(&timed, steps, is_leaving),
            figures: report::figures(&totals, &totals_before),
            sums: report::sums(&totals),
            before: report::sums(&totals_before),
            causes: self.causes(&configuration, &only, is_all).await?,
            marks: self.store.marks(window.from, window.until(), &only, MARKS).await?,
            moved,
            only,
            compares,
        })
    }

    /// By step and mapping, for a file.
    pub async fn moved(&self, range: Range, only: &Only) -> Result<(Window, Vec<Moved>)> {
        let window = range.window(self.clock.now());
        let rows = self.store.moved(&window, only).await?;
        Ok((window, rows))
    }

    /// By step and name of an event, for a file.
    pub async fn came_in(&self, range: Range) -> Result<(Window, Vec<CameIn>)> {
        let window = range.window(self.clock.now());
        let rows = self.store.came_in(&window).await?;
        Ok((window, rows))
    }

    /// Why things fail now; the most people first, those who can't leave before them.
    async fn causes(
        &self,
        configuration: &Configuration,
        only: &Only,
        is_all: bool,
    ) -> Result<Vec<Failure>> {
        let letters = self.letters.letters().await?;
        let is_asked = |mapping: &Key| {
            let found = configuration.mapping(mapping);
            let to = found.and_then(|found| configuration.destination_of(found));
            (only.mapping.is_empty() || only.mapping == mapping.as_str())
                && (only.destination.is_empty()
                    || to.is_some_and(|to| to.spec.key.as_str() == only.destination))
        };
        let mut open: Vec<_> =
            letters.open.into_iter().filter(|group| is_asked(&group.mapping)).collect();
        open.sort_by_key(|group| {
            (group.transition == Transition::Entered, u64::MAX - group.people)
        });
        let refused = open.into_iter().take(CAUSES).map(|group| Failure::Refused {
            mapping: group.mapping,
            transition: group.transition,
            reason: group.reason,
            people: group.people,
            last_at: group.last_at,
        });
        let mut causes: Vec<Failure> = refused.collect();
        if is_all {
            let groups = self.quarantine.groups("", CAUSES as u64).await?;
            causes.extend(groups.into_iter().map(|group| Failure::Quarantined {
                name: group.name,
                reason: group.violation.to_string(),
                events: group.events,
                last_at: group.last_at,
            }));
        }
        Ok(causes)
    }
}

fn former(series: Series) -> Series {
    Series { name: format!("{} before", series.name), ..series }
}
