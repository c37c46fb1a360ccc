//! What the console does with mappings.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::{Desired, plan::Leaving, service::ConfigurationService},
    error::{Error, Result},
    first_steps::service::FirstStepsService,
    ids::MappingId,
    key::Key,
    retention,
    sync::Wake,
    time::{Clock, Instant},
};

use super::{
    ClosingRow, MappingRow, MappingSpec,
    flapping::{self, Flapping},
    gates::{
        Pass,
        service::{GateService, starts},
    },
    lately::{self, Lately},
    port::MappingStore,
};

/// Lists, changes and runs.
pub struct MappingService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn MappingStore>,
    gates: Arc<GateService>,
    first_steps: Arc<FirstStepsService>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
}

impl MappingService {
    /// Over these; `wake` stirs the worker when a run is wished for.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        store: Arc<dyn MappingStore>,
        gates: Arc<GateService>,
        first_steps: Arc<FirstStepsService>,
        clock: Arc<dyn Clock>,
        wake: Arc<dyn Wake>,
    ) -> Self {
        Self { configuration, store, gates, first_steps, clock, wake }
    }

    /// All mappings: those that need somebody first, then by key.
    pub async fn list(&self) -> Result<Vec<MappingRow>> {
        let mut rows = self.store.mapping_rows(self.clock.now()).await?;
        rows.sort_by(|a, b| (a.health, &a.spec.key).cmp(&(b.health, &b.spec.key)));
        Ok(rows)
    }

    /// Retired ones whose people have not all left.
    pub async fn closing(&self) -> Result<Vec<ClosingRow>> {
        self.store.closing_rows().await
    }

    /// One mapping.
    pub async fn get(&self, key: &Key) -> Result<MappingRow> {
        let rows = self.store.mapping_rows(self.clock.now()).await?;
        rows.into_iter()
            .find(|row| row.spec.key == *key)
            .ok_or_else(|| Error::NotFound(format!("mapping {key}")))
    }

    /// Stores a new one; it runs soon after. A reason lets it pass gates that block, and nothing
    /// passes the ceiling of a first version.
    pub async fn create(
        &self,
        spec: MappingSpec,
        reason: Option<&str>,
        actor: &Actor,
    ) -> Result<()> {
        let passes = self.admit(None, &spec, reason, actor).await?;
        self.first_steps.admit(&spec).await?;
        self.configuration.create_mapping(spec, passes, actor).await?;
        self.wake.wake();
        Ok(())
    }

    /// Changes one. Where that starts it, a reason lets it pass gates that block.
    pub async fn update(
        &self,
        spec: MappingSpec,
        reason: Option<&str>,
        actor: &Actor,
    ) -> Result<()> {
        let stored = self.configuration.load().await?;
        let before = stored.mapping(&spec.key).map(|mapping| &mapping.spec);
        let passes = self.admit(before, &spec, reason, actor).await?;
        self.configuration.update_mapping(spec, passes, actor).await?;
        self.wake.wake();
        Ok(())
    }

    /// The gates that a mapping passes when it starts; whatever else is wrong with it is said
    /// first.
    async fn admit(
        &self,
        before: Option<&MappingSpec>,
        after: &MappingSpec,
        reason: Option<&str>,
        actor: &Actor,
    ) -> Result<Vec<Pass>> {
        actor.require(Role::Operator)?;
        if !starts(before, after) {
            return Ok(Vec::new());
        }
        let desired = Desired { mapping: vec![after.clone()], ..Desired::default() };
        self.configuration.plan(&desired, false).await?;
        self.gates.admit(std::slice::from_ref(after), reason).await
    }

    /// Pauses one; what protects still flows.
    pub async fn pause(&self, key: &Key, actor: &Actor) -> Result<()> {
        self.switch(std::slice::from_ref(key), false, actor).await?;
        Ok(())
    }

    /// Resumes one.
    pub async fn resume(&self, key: &Key, actor: &Actor) -> Result<()> {
        self.switch(std::slice::from_ref(key), true, actor).await?;
        Ok(())
    }

    /// Pauses or resumes several at once, all or none; those that weren't so before. None is
    /// resumed where a gate blocks one.
    pub async fn switch(&self, keys: &[Key], active: bool, actor: &Actor) -> Result<Vec<Key>> {
        actor.require(Role::Operator)?;
        if active {
            let stored = self.configuration.load().await?;
            let chosen = stored.mappings.iter().filter(|one| keys.contains(&one.spec.key));
            let paused: Vec<MappingSpec> =
                chosen.filter(|one| !one.spec.active).map(|one| one.spec.clone()).collect();
            self.gates.admit(&paused, None).await?;
        }
        let switched = self.configuration.set_all_active(keys, active, actor).await?;
        if active {
            self.wake.wake();
        }
        Ok(switched)
    }

    /// Sends one's people again, those who were told anything since a moment or everybody who
    /// is there, because a platform may not have kept what Segment's edge took. How many.
    pub async fn resync(&self, key: &Key, since: Option<Instant>, actor: &Actor) -> Result<u64> {
        actor.require(Role::Operator)?;
        let id = self.find(key).await?;
        let now = self.clock.now();
        let since = retention::on_record(since, now);
        let marked = self.store.resync(id, since, &actor.name, now).await?;
        self.wake.wake();
        Ok(marked)
    }

    /// How the mappings of an audience did in the last 30 days.
    pub async fn lately(&self, audience: &Key) -> Result<Lately> {
        self.store.lately(audience, self.clock.now().minus(lately::WINDOW)).await
    }

    /// How many people went in and out of its destination of late.
    pub async fn flapping(&self, key: &Key) -> Result<Flapping> {
        let id = self.find(key).await?;
        let since = self.clock.now().minus(flapping::WINDOW);
        let (entered, exited) = self.store.told_since(id, since).await?;
        Ok(Flapping::of(&entered, &exited))
    }

    /// Takes whoever should be there for there already, for an audience that was sent by other
    /// means before: the first order sends nothing.
    pub async fn adopt(&self, key: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let id = self.find(key).await?;
        self.store.adopt(id, &actor.name, self.clock.now()).await
    }

    /// Retires one; what becomes of those who are there is the operator's choice.
    pub async fn retire(&self, key: &Key, people: Leaving, actor: &Actor) -> Result<()> {
        self.configuration.retire_mapping(key, people, actor).await?;
        self.wake.wake();
        Ok(())
    }

    async fn find(&self, key: &Key) -> Result<MappingId> {
        let stored = self.configuration.load().await?;
        let missing = || Error::NotFound(format!("mapping {key}"));
        stored.mapping(key).map(|mapping| mapping.id).ok_or_else(missing)
    }

    /// Runs one as soon as somebody can.
    pub async fn run_now(&self, key: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let stored = self.configuration.load().await?;
        let mapping =
            stored.mapping(key).ok_or_else(|| Error::NotFound(format!("mapping {key}")))?;
        if !mapping.spec.active {
            return Err(Error::Conflict(format!("mapping {key} is paused: resume it first")));
        }
        self.store.request_run(mapping.id, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }
}
