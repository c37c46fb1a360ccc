//! What the console asks about runs, and how one is cancelled.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RunId,
    key::Key,
    time::{Clock, Instant},
};

use super::RunRow;

/// Reads runs.
#[async_trait]
pub trait RunReads: Send + Sync {
    /// The newest first, those that began before `before`; of one mapping or of all.
    async fn recent(
        &self,
        mapping: Option<&Key>,
        before: Option<Instant>,
        limit: i64,
    ) -> Result<Vec<RunRow>>;

    /// One run.
    async fn run(&self, id: RunId) -> Result<Option<RunRow>>;

    /// The newest run that decided a mapping anew: it began at `since` or later and has ended.
    /// What events order in between is no answer to that.
    async fn newest_pass(&self, mapping: &Key, since: Instant) -> Result<Option<RunRow>>;
}

/// Ends runs by hand.
#[async_trait]
pub trait RunControl: Send + Sync {
    /// Ends a running run as failed and drops what its mapping's orders haven't claimed, less
    /// what protects; how many people that was. [`Error::Conflict`] if it has ended.
    ///
    /// What was claimed is still answered for, and the worker claims no more: it finds the run
    /// ended in the transaction that would.
    async fn cancel(&self, run: RunId, by: &str, now: Instant) -> Result<u64>;
}

/// Lists, shows, cancels.
pub struct RunService {
    store: Arc<dyn RunReads>,
    control: Arc<dyn RunControl>,
    clock: Arc<dyn Clock>,
}

impl RunService {
    /// Over a store that does both.
    pub fn new<S: RunReads + RunControl + 'static>(store: Arc<S>, clock: Arc<dyn Clock>) -> Self {
        Self { store: store.clone(), control: store, clock }
    }

    /// Cancels a running run; the mapping's next one decides anew.
    pub async fn cancel(&self, id: RunId, actor: &Actor) -> Result<u64> {
        actor.require(Role::Operator)?;
        self.control.cancel(id, &actor.name, self.clock.now()).await
    }

    /// Up to 50 runs, the newest first, those that began before `before`.
    pub async fn recent(
        &self,
        mapping: Option<&Key>,
        before: Option<Instant>,
    ) -> Result<Vec<RunRow>> {
        self.store.recent(mapping, before, 50).await
    }

    /// One run.
    pub async fn get(&self, id: RunId) -> Result<RunRow> {
        self.store.run(id).await?.ok_or_else(|| Error::NotFound(format!("run {id}")))
    }
}
