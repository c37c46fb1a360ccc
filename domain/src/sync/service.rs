//! One pass over mappings: mirror what they read, decide, order, drain.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::Arc,
};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{Either, join_all, select},
    stream,
};

use crate::{
    audiences::{Audience, port::MirrorStore},
    configuration::{Configuration, service::ConfigurationService},
    delivery::{
        drain::{Drain, Drained, Job},
        message::Installation,
        port::{Lease, LeaseStore},
        retry::Patience,
    },
    error::{Error, Result},
    ids::{AudienceId, Ids, MappingId, OrderId, RunId},
    key::Key,
    mappings::Mapping,
    people::{PersonSet, reader::AttributeReader},
    suppression::service::SuppressionStore,
    time::{Clock, Instant, Span},
};

use super::{
    RunRow, RunState,
    decide::{Decision, Facts, decide, held_out},
    mirror::{Mirrorer, Reading},
    port::{OrderRequest, SyncStore},
    runs::RunReads,
};

/// How often a lease is renewed: several times within its length.
const KEEP: Span = Span::from_seconds(20);

/// Segments read side by side; pages of one segment come one after another.
const SIDE_BY_SIDE: usize = 4;

/// What became of one mapping in a pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Ran(RunRow),
    /// Another process works on it.
    Busy(Key),
}

/// Runs passes.
pub struct SyncService {
    /// What operators decided.
    pub configuration: Arc<ConfigurationService>,
    /// Reads segments.
    pub mirrorer: Mirrorer,
    /// Reads what destinations need of people.
    pub attributes: AttributeReader,
    /// The mirrors.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// Runs and orders.
    pub store: Arc<dyn SyncStore>,
    /// What runs came to.
    pub runs: Arc<dyn RunReads>,
    /// The right to work.
    pub leases: Arc<dyn LeaseStore>,
    /// Delivery.
    pub drain: Drain,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
}

/// Mappings with the right to work on them, and mappings on which somebody else works.
type Acquired<'a> = (Vec<(&'a Mapping, Lease)>, Vec<&'a Mapping>);

/// A mapping that this pass works on.
struct Running<'a> {
    mapping: &'a Mapping,
    lease: Lease,
    run: RunId,
}

/// What happened to a mapping before its orders were drained.
#[derive(Clone, Copy)]
struct Told<'a> {
    /// Why it could not be decided.
    failure: Option<&'a String>,
    /// What was odd, and stopped nobody.
    odd: Option<&'a String>,
}

impl SyncService {
    /// Runs these mappings, or all active ones if none are named, and whatever else shares
    /// an exclusivity group with them: who leaves one audience must have left before the
    /// next one takes them in.
    ///
    /// A membership read at `since` or later is new enough. Paused mappings that are named
    /// send only what protects.
    pub async fn sync(
        &self,
        only: &[Key],
        since: Instant,
        patience: Patience,
    ) -> Result<Vec<Outcome>> {
        let configuration = self.configuration.load().await?;
        let mappings = chosen(&configuration, only)?;
        let (leased, busy) = self.acquire(&mappings).await?;
        let mut running = Vec::new();
        for (mapping, lease) in leased {
            let run = RunId(self.ids.next());
            self.store.begin(&lease, run, mapping, self.clock.now()).await?;
            running.push(Running { mapping, lease, run });
        }
        let work = self.run_all(&configuration, &running, since, patience);
        let done = match select(pin!(work), pin!(self.keep(&running))).await {
            Either::Left((done, _)) | Either::Right((done, _)) => done,
        };
        for one in &running {
            self.leases.release(&one.lease).await?;
        }
        match done {
            Ok(()) => {}
            Err(Error::Fenced) => {
                let reason = Error::Fenced.to_string();
                for one in &running {
                    let now = self.clock.now();
                    self.store.finish(one.run, RunState::Failed, Some(&reason), now).await?;
                }
            }
            Err(error) => return Err(error),
        }
        let mut outcomes: Vec<Outcome> =
            busy.into_iter().map(|mapping| Outcome::Busy(mapping.spec.key.clone())).collect();
        for one in &running {
            if let Some(row) = self.runs.run(one.run).await? {
                outcomes.push(Outcome::Ran(row));
            }
        }
        Ok(outcomes)
    }

    /// The right to work on these mappings, and those on which somebody else works. A group is
    /// taken whole or not at all: two processes with half of it each would let somebody into
    /// one audience before they have left the other.
    async fn acquire<'a>(&self, mappings: &[&'a Mapping]) -> Result<Acquired<'a>> {
        let mut leased: Vec<(&Mapping, Lease)> = Vec::new();
        let mut busy: Vec<&Mapping> = Vec::new();
        for mapping in mappings.iter().copied() {
            let name = format!("mapping:{}", mapping.id);
            let lost = busy.iter().any(|other| are_mates(mapping, other));
            let lease =
                if lost { None } else { self.leases.acquire(&name, self.clock.now()).await? };
            if let Some(lease) = lease {
                leased.push((mapping, lease));
                continue;
            }
            busy.push(mapping);
            let (mates, others) =
                leased.into_iter().partition(|(other, _)| are_mates(mapping, other));
            leased = others;
            for (mate, lease) in mates {
                self.leases.release(&lease).await?;
                busy.push(mate);
            }
        }
        Ok((leased, busy))
    }

    /// Keeps the leases while a long reading or a long wait writes nothing; ends only when
    /// one is lost.
    async fn keep(&self, running: &[Running<'_>]) -> Result<()> {
        loop {
            self.drain.sleep.sleep(KEEP).await;
            for one in running {
                self.leases.renew(&one.lease, self.clock.now()).await?;
            }
        }
    }

    async fn run_all(
        &self,
        configuration: &Configuration,
        running: &[Running<'_>],
        since: Instant,
        patience: Patience,
    ) -> Result<()> {
        if running.is_empty() {
            return Ok(());
        }
        let readings = self.mirror(configuration, running, since).await?;
        let mappings: Vec<&Mapping> = running.iter().map(|one| one.mapping).collect();
        let odd = self.attributes.read(configuration, &mappings, patience).await?;
        let facts = self.facts(configuration).await?;
        let decisions = decide(configuration, &facts);
        let mut failures: BTreeMap<MappingId, String> = BTreeMap::new();
        for one in running {
            let failure =
                audiences_read_by(configuration, one.mapping).into_iter().find_map(|id| {
                    match readings.get(&id) {
                        Some(Reading::Failed(reason)) => Some(reason.clone()),
                        _ => None,
                    }
                });
            match (failure, decisions.get(&one.mapping.id)) {
                (Some(reason), _) => drop(failures.insert(one.mapping.id, reason)),
                (None, Some(decision)) => self.order(one, decision, &facts).await?,
                (None, None) => {}
            }
        }
        let installation = self.store.installation().await?;
        let drains: Vec<_> = running
            .iter()
            .map(|one| {
                let failure = failures.get(&one.mapping.id);
                let told = Told { failure, odd: odd.get(&one.mapping.id) };
                self.drain_one(configuration, one, installation, patience, told).boxed()
            })
            .collect();
        join_all(drains).await.into_iter().collect()
    }

    async fn drain_one(
        &self,
        configuration: &Configuration,
        one: &Running<'_>,
        installation: Installation,
        patience: Patience,
        told: Told<'_>,
    ) -> Result<()> {
        let (Some(audience), Some(destination)) =
            (configuration.audience_of(one.mapping), configuration.destination_of(one.mapping))
        else {
            return Err(Error::NotFound("audience or destination of the mapping".to_owned()));
        };
        let job = Job {
            lease: &one.lease,
            run: one.run,
            installation,
            mapping: one.mapping,
            audience,
            destination,
            patience,
        };
        let drained = self.drain.drain(&job).await;
        self.finish(one, drained, told).await
    }

    /// Closes a run with the worst that happened to it.
    async fn finish(
        &self,
        one: &Running<'_>,
        drained: Result<Drained>,
        told: Told<'_>,
    ) -> Result<()> {
        let error = match (&drained, told.failure) {
            (Err(error), _) => Some(error.to_string()),
            (_, Some(reason)) => Some(reason.clone()),
            (Ok(drained), None) => drained.stopped.clone(),
        };
        let state = if error.is_some() { RunState::Failed } else { RunState::Done };
        let odd = drained.as_ref().ok().and_then(Drained::odd);
        let notes: Vec<String> = error.into_iter().chain(told.odd.cloned()).chain(odd).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        self.store.finish(one.run, state, note.as_deref(), self.clock.now()).await?;
        match drained {
            // Another process has the mapping now and reports on it.
            Err(Error::Fenced) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads every audience that the running mappings need, several side by side.
    async fn mirror(
        &self,
        configuration: &Configuration,
        running: &[Running<'_>],
        since: Instant,
    ) -> Result<BTreeMap<AudienceId, Reading>> {
        let needed: BTreeSet<AudienceId> =
            running.iter().flat_map(|one| audiences_read_by(configuration, one.mapping)).collect();
        let audiences: Vec<&Audience> =
            configuration.audiences.iter().filter(|one| needed.contains(&one.id)).collect();
        let reads: Vec<_> =
            audiences.into_iter().map(|audience| self.read(audience, since).boxed()).collect();
        let readings: Vec<_> = stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).collect().await;
        readings.into_iter().collect()
    }

    async fn read(&self, audience: &Audience, since: Instant) -> Result<(AudienceId, Reading)> {
        Ok((audience.id, self.mirrorer.read(audience, since).await?))
    }

    async fn facts(&self, configuration: &Configuration) -> Result<Facts> {
        let mut facts = Facts::default();
        for audience in &configuration.audiences {
            if let Some(members) = self.mirrors.members(audience.id).await? {
                facts.members.insert(audience.id, members);
            }
        }
        for (_, people) in self.suppressions.suppressed(self.clock.now()).await? {
            facts.suppressed |= people;
        }
        let identifiers = self.store.identifier_sets().await?;
        facts.with_email = identifiers.email;
        facts.with_phone = identifiers.phone;
        facts.with_id = identifiers.id;
        let empty = PersonSet::new();
        for mapping in &configuration.mappings {
            let spec = &mapping.spec;
            if spec.holdout_percent.0 > 0 && spec.use_case.is_addressed() {
                let members = facts.members.get(&mapping.audience_id).unwrap_or(&empty);
                let ids = self.store.cio_ids(members).await?;
                let people = ids.iter().map(|(ordinal, cio_id)| (*ordinal, cio_id.as_str()));
                let out = held_out(spec.key.as_str(), spec.holdout_percent, people);
                facts.holdout.insert(mapping.id, out);
            }
            facts.refused.insert(mapping.id, self.store.refused(mapping.id).await?);
        }
        Ok(facts)
    }

    async fn order(&self, one: &Running<'_>, decision: &Decision, facts: &Facts) -> Result<()> {
        let request = OrderRequest {
            run: one.run,
            order: OrderId(self.ids.next()),
            mapping: one.mapping,
            decision,
            suppressed: &facts.suppressed,
            now: self.clock.now(),
        };
        self.store.order(&one.lease, &request).await.map(drop)
    }
}

/// Whether both stand in one exclusivity group.
fn are_mates(one: &Mapping, other: &Mapping) -> bool {
    one.spec.exclusivity_group.is_some()
        && one.spec.exclusivity_group == other.spec.exclusivity_group
}

/// The mappings to run: those named and whatever shares a group with them, or all.
fn chosen<'a>(configuration: &'a Configuration, only: &[Key]) -> Result<Vec<&'a Mapping>> {
    for key in only {
        if configuration.mapping(key).is_none() {
            return Err(Error::NotFound(format!("mapping {key}")));
        }
    }
    let named = |mapping: &Mapping| match only {
        [] => mapping.spec.active,
        keys => keys.contains(&mapping.spec.key),
    };
    // A paused mate comes along: its open exits hold the others' entries back.
    let wanted = |mapping: &&Mapping| {
        let mut all = configuration.mappings.iter();
        named(mapping) || all.any(|other| named(other) && are_mates(mapping, other))
    };
    Ok(configuration.mappings.iter().filter(wanted).collect())
}

/// Its own audience, those of the suppressions that apply to it, and its group's.
fn audiences_read_by(configuration: &Configuration, mapping: &Mapping) -> BTreeSet<AudienceId> {
    let mut read = BTreeSet::from([mapping.audience_id]);
    let group = mapping.spec.exclusivity_group.as_ref();
    let mates = configuration.mappings.iter().filter(|other| {
        other.spec.active && group.is_some() && other.spec.exclusivity_group.as_ref() == group
    });
    let mut suppressed = mapping.spec.use_case.is_suppressed();
    for mate in mates {
        read.insert(mate.audience_id);
        suppressed |= mate.spec.use_case.is_suppressed();
    }
    if suppressed {
        read.extend(configuration.suppressions.iter().filter_map(|rule| rule.audience_id));
    }
    read
}
