//! What the console asks about runs.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    error::{Error, Result},
    ids::RunId,
    key::Key,
    time::Instant,
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
}

/// Lists and shows.
pub struct RunService {
    store: Arc<dyn RunReads>,
}

impl RunService {
    /// Over this.
    pub fn new(store: Arc<dyn RunReads>) -> Self {
        Self { store }
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
