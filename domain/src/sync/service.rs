//! Passes over mappings: which of them, under which leases, and what they read. What happens
//! to each is in `pass.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::Arc,
};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{Either, select},
    stream,
};

use crate::{
    audiences::{Audience, port::MirrorStore},
    configuration::{Configuration, service::ConfigurationService},
    delivery::{
        drain::Drain,
        fast::FastLane,
        port::{Lease, LeaseStore},
        retry::Patience,
    },
    error::{Error, Result},
    ids::{AudienceId, Ids, MappingId, RunId},
    key::Key,
    people::reader::AttributeReader,
    suppression::service::SuppressionStore,
    time::{Clock, Instant, Span},
};

use super::{
    RunRow, RunState,
    candidates::{Candidate, are_mates, audiences_behind, audiences_read_by, chosen},
    decide::Facts,
    facts::read_facts,
    mirror::{Mirrorer, Reading},
    pass::Running,
    port::SyncStore,
    runs::RunReads,
};

/// How often a lease is renewed: several times within its length.
const KEEP: Span = Span::from_seconds(20);

/// Segments read side by side; pages of one segment come one after another.
const SIDE_BY_SIDE: usize = 4;

/// How often an audience is read that no active mapping reads: its page shows how many
/// people it has, and nothing waits for it.
const UNREAD: Span = Span::from_minutes(15);

/// Mappings with the right to work on them, and mappings on which somebody else works.
type Acquired<'a> = (Vec<(Candidate<'a>, Lease)>, Vec<Candidate<'a>>);

/// What became of one mapping in a pass.
#[derive(Debug)]
pub enum Outcome {
    /// It ran.
    Ran(RunRow),
    /// It is retired, and the exits that it owes were sent as far as it went.
    Closed(RunRow),
    /// Something that nobody foresaw ended its run; the others went on.
    Broke(RunRow, Error),
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
    /// What an event has ordered between two runs.
    pub fast: Arc<FastLane>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
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
        let chosen = chosen(&configuration, only)?;
        self.pass(&configuration, chosen, since, patience).await
    }

    /// Sends the exits of retired mappings that share no group with a living one.
    pub async fn close(&self, only: &[MappingId], patience: Patience) -> Result<Vec<Outcome>> {
        let configuration = self.configuration.load().await?;
        let closing = configuration.closing.iter().filter(|one| only.contains(&one.mapping.id));
        let chosen = closing.map(Candidate::closing).collect();
        self.pass(&configuration, chosen, self.clock.now(), patience).await
    }

    async fn pass(
        &self,
        configuration: &Configuration,
        chosen: Vec<Candidate<'_>>,
        since: Instant,
        patience: Patience,
    ) -> Result<Vec<Outcome>> {
        let (leased, busy) = self.acquire(chosen).await?;
        // What a process that died has left of the fast lane is these runs'.
        let mappings: Vec<MappingId> = leased.iter().map(|(one, _)| one.mapping.id).collect();
        self.fast.leave(&mappings).await?;
        let mut running = Vec::new();
        for (Candidate { mapping, route, is_closing }, lease) in leased {
            let run = RunId(self.ids.next());
            self.store.begin(&lease, run, mapping, self.clock.now()).await?;
            running.push(Running { mapping, route, is_closing, lease, run });
        }
        let work = self.run_all(configuration, &running, since, patience);
        let done = match select(pin!(work), pin!(self.keep(&running))).await {
            Either::Left((done, _)) => done,
            Either::Right((lost, _)) => lost.map(|()| BTreeMap::new()),
        };
        let mut released = Ok(());
        for one in &running {
            released = released.and(self.leases.release(&one.lease).await);
        }
        released?;
        let mut broken = match done {
            Ok(broken) => broken,
            Err(error) => {
                let reason = error.to_string();
                for one in &running {
                    let now = self.clock.now();
                    self.store.finish(one.run, RunState::Failed, Some(&reason), now).await?;
                }
                match error {
                    Error::Fenced => BTreeMap::new(),
                    error => return Err(error),
                }
            }
        };
        let mut outcomes: Vec<Outcome> =
            busy.into_iter().map(|one| Outcome::Busy(one.mapping.spec.key.clone())).collect();
        for one in &running {
            if let Some(row) = self.runs.run(one.run).await? {
                outcomes.push(match broken.remove(&one.mapping.id) {
                    Some(error) => Outcome::Broke(row, error),
                    None if one.is_closing => Outcome::Closed(row),
                    None => Outcome::Ran(row),
                });
            }
        }
        Ok(outcomes)
    }

    /// Reads promoted audiences that no active mapping reads, each now and then.
    pub async fn mirror_unread(&self) -> Result<()> {
        let configuration = self.configuration.load().await?;
        let active = configuration.mappings.iter().filter(|mapping| mapping.spec.active);
        let read: BTreeSet<AudienceId> =
            active.flat_map(|mapping| audiences_behind(&configuration, mapping)).collect();
        let now = self.clock.now();
        let since = now.minus(UNREAD);
        for row in self.mirrors.audience_rows().await? {
            // Another process may have read it.
            let is_new = row.mirrored_at.is_some_and(|at| (since..=now).contains(&at));
            match configuration.audience(&row.spec.key) {
                Some(audience) if !is_new && !read.contains(&audience.id) => {
                    self.mirrorer.read(audience, since).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The right to work on these mappings, and those on which somebody else works. A group is
    /// taken whole or not at all: two processes with half of it each would let somebody into
    /// one audience before they have left the other.
    async fn acquire<'a>(&self, chosen: Vec<Candidate<'a>>) -> Result<Acquired<'a>> {
        let mut leased: Vec<(Candidate<'a>, Lease)> = Vec::new();
        let mut busy: Vec<Candidate<'a>> = Vec::new();
        for one in chosen {
            let name = format!("mapping:{}", one.mapping.id);
            let lost = busy.iter().any(|other| are_mates(one.mapping, other.mapping));
            let lease =
                if lost { None } else { self.leases.acquire(&name, self.clock.now()).await? };
            if let Some(lease) = lease {
                leased.push((one, lease));
                continue;
            }
            let (mates, others) =
                leased.into_iter().partition(|(other, _)| are_mates(one.mapping, other.mapping));
            busy.push(one);
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

    /// Reads every audience that the running mappings need, several side by side.
    pub(super) async fn mirror(
        &self,
        configuration: &Configuration,
        running: &[Running<'_>],
        since: Instant,
    ) -> Result<BTreeMap<AudienceId, Reading>> {
        let needed: BTreeSet<AudienceId> = running
            .iter()
            .flat_map(|one| audiences_read_by(configuration, one.mapping, one.is_closing))
            .collect();
        let audiences: Vec<&Audience> =
            configuration.audiences.iter().filter(|one| needed.contains(&one.id)).collect();
        let reads: Vec<_> =
            audiences.into_iter().map(|audience| self.read(audience, since).boxed()).collect();
        let readings: Vec<_> = stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).collect().await;
        readings.into_iter().collect()
    }

    /// Reads an audience, unless a reading that began at `since` or later is there already.
    pub(super) async fn read(
        &self,
        audience: &Audience,
        since: Instant,
    ) -> Result<(AudienceId, Reading)> {
        Ok((audience.id, self.mirrorer.read(audience, since).await?))
    }

    pub(super) async fn facts(&self, configuration: &Configuration) -> Result<Facts> {
        read_facts(
            configuration,
            &*self.mirrors,
            &*self.suppressions,
            &*self.store,
            self.clock.now(),
        )
        .await
    }
}
