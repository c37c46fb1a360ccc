//! One pass over mappings whose leases are held: mirror what they read, decide, order all of
//! them, then drain each until its run ends.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use futures::{FutureExt as _, future::join_all};

use crate::{
    configuration::Configuration,
    delivery::{
        batch,
        drain::{Drained, Job},
        message::Installation,
        port::Lease,
        retry::Patience,
        route::Route,
    },
    error::{Error, Result},
    ids::{AudienceId, MappingId, OrderId, RunId},
    mappings::Mapping,
    time::Instant,
};

use super::{
    RunState,
    candidates::{are_mates, audiences_read_by},
    decide::{Decision, Facts, decide},
    mirror::Reading,
    port::{OrderRequest, Ordered},
    service::SyncService,
};

/// Orders of one mapping in one pass: the second one brings people in where the first one has
/// made them leave elsewhere, or closes a retired mapping.
const ORDERS: usize = 2;

/// A mapping that this pass works on.
pub(super) struct Running<'a> {
    pub mapping: &'a Mapping,
    pub route: Route,
    pub is_closing: bool,
    pub lease: Lease,
    pub run: RunId,
}

/// What the runs of one pass share.
struct Pass<'a> {
    running: &'a [Running<'a>],
    installation: Installation,
    patience: Patience,
    /// Of one claim.
    requests: usize,
    decisions: BTreeMap<MappingId, Decision>,
    facts: Facts,
    /// Mappings whose run has ended.
    ended: Mutex<BTreeSet<MappingId>>,
}

impl Pass<'_> {
    /// Whether everybody has stopped for whose exits this mapping's entries may wait. A group
    /// is worked whole by one process: nobody else will answer them.
    fn is_alone(&self, mapping: &Mapping) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mates = self
            .running
            .iter()
            .filter(|other| other.mapping.id != mapping.id && are_mates(other.mapping, mapping));
        mates.all(|mate| ended.contains(&mate.mapping.id))
    }
}

/// How far a run has come.
#[derive(Default)]
struct Progress {
    /// The order that is to be drained, if one could be made.
    ordered: Option<Ordered>,
    /// Some of the change waits for an operator.
    is_held: bool,
    /// The worst that happened.
    failure: Option<String>,
    /// What was odd, and stopped nobody.
    odd: Vec<String>,
    /// What nobody foresaw.
    broken: Option<Error>,
}

impl Progress {
    fn take(&mut self, ordered: Result<Ordered>) {
        match ordered {
            Ok(ordered) => {
                self.is_held |= ordered.held.is_some();
                self.ordered = Some(ordered);
            }
            Err(error) => self.break_off(error),
        }
    }

    fn break_off(&mut self, error: Error) {
        self.ordered = None;
        self.failure = Some(error.to_string());
        // Another process has the mapping now and reports on it.
        self.broken = Some(error).filter(|error| !matches!(error, Error::Fenced));
    }
}

/// Mappings whose own audience was read: of the others nothing is decided.
fn read_whole<'a>(
    running: &[Running<'a>],
    readings: &BTreeMap<AudienceId, Reading>,
) -> Vec<&'a Mapping> {
    let failed = |id| matches!(readings.get(id), Some(Reading::Failed(_)));
    let fit = |one: &&Running<'a>| !one.is_closing && !failed(&one.mapping.audience_id);
    running.iter().filter(fit).map(|one| one.mapping).collect()
}

impl SyncService {
    /// Everything from reading to the end of each run; what nobody foresaw, by mapping.
    pub(super) async fn run_all(
        &self,
        configuration: &Configuration,
        running: &[Running<'_>],
        since: Instant,
        patience: Patience,
    ) -> Result<BTreeMap<MappingId, Error>> {
        if running.is_empty() {
            return Ok(BTreeMap::new());
        }
        let readings = self.mirror(configuration, running, since).await?;
        let read = read_whole(running, &readings);
        let mut odd = self.attributes.read(configuration, &read, patience).await?;
        let facts = self.facts(configuration).await?;
        let mut decisions = decide(configuration, &facts);
        for one in running.iter().filter(|one| one.is_closing) {
            decisions.insert(one.mapping.id, Decision::default());
        }
        let pass = Pass {
            running,
            installation: self.store.installation().await?,
            patience,
            requests: batch::requests(configuration.settings.events_per_second),
            decisions,
            facts,
            ended: Mutex::default(),
        };
        // All orders before the first message: entries wait for the exits of their group.
        let mut runs = Vec::new();
        for one in running {
            let mut progress = Progress::default();
            progress.odd.extend(odd.remove(&one.mapping.id));
            let mut read =
                audiences_read_by(configuration, one.mapping, one.is_closing).into_iter();
            progress.failure = read.find_map(|id| match readings.get(&id) {
                Some(Reading::Failed(reason)) => Some(reason.clone()),
                _ => None,
            });
            if progress.failure.is_none() {
                progress.take(self.order(&pass, one).await);
            }
            runs.push((one, progress));
        }
        let ends =
            runs.into_iter().map(|(one, progress)| self.carry_out(&pass, one, progress).boxed());
        let mut broken = BTreeMap::new();
        for (one, end) in running.iter().zip(join_all(ends).await) {
            broken.extend(end?.map(|error| (one.mapping.id, error)));
        }
        Ok(broken)
    }

    /// Drains a mapping and ends its run. What was claimed before is drained even if nothing
    /// could be decided.
    async fn carry_out(
        &self,
        pass: &Pass<'_>,
        one: &Running<'_>,
        mut progress: Progress,
    ) -> Result<Option<Error>> {
        for left in (0..ORDERS).rev() {
            match self.drain(pass, one).await {
                Ok(drained) => {
                    progress.odd.extend(drained.odd());
                    progress.failure = progress.failure.or(drained.stopped);
                }
                Err(error) => progress.break_off(error),
            }
            let wants_more = progress.ordered.is_some_and(|ordered| ordered.again);
            if left == 0 || !wants_more || progress.failure.is_some() {
                break;
            }
            progress.take(self.order(pass, one).await);
        }
        pass.ended.lock().unwrap_or_else(PoisonError::into_inner).insert(one.mapping.id);
        let state = match &progress.failure {
            Some(_) => RunState::Failed,
            None if progress.is_held => RunState::Waiting,
            None => RunState::Done,
        };
        let notes: Vec<String> = progress.failure.into_iter().chain(progress.odd).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        self.store.finish(one.run, state, note.as_deref(), self.clock.now()).await?;
        Ok(progress.broken)
    }

    async fn drain(&self, pass: &Pass<'_>, one: &Running<'_>) -> Result<Drained> {
        let is_alone = || pass.is_alone(one.mapping);
        let job = Job {
            lease: &one.lease,
            run: one.run,
            installation: pass.installation,
            mapping: one.mapping,
            route: &one.route,
            patience: pass.patience,
            requests: pass.requests,
            is_alone: &is_alone,
            is_fast: false,
        };
        self.drain.drain(&job).await
    }

    async fn order(&self, pass: &Pass<'_>, one: &Running<'_>) -> Result<Ordered> {
        let nobody = Decision::default();
        let suppressed = pass.facts.suppressed.at(&one.mapping.spec.destination);
        let request = OrderRequest {
            run: one.run,
            order: OrderId(self.ids.next()),
            mapping: one.mapping,
            route: &one.route,
            is_closing: one.is_closing,
            decision: pass.decisions.get(&one.mapping.id).unwrap_or(&nobody),
            suppressed: &suppressed,
            now: self.clock.now(),
        };
        self.store.order(&one.lease, &request).await
    }
}
