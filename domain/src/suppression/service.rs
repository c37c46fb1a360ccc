//! What the console does with suppressions.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::Actor,
    configuration::service::ConfigurationService,
    error::Result,
    ids::SuppressionId,
    people::PersonSet,
    time::{Clock, Instant},
};

use super::{SuppressionRow, SuppressionSpec, registry};

/// Keeps whom the rules hold.
#[async_trait]
pub trait SuppressionStore: Send + Sync {
    /// Whom each rule keeps out at `now`.
    async fn suppressed(&self, now: Instant) -> Result<Vec<(SuppressionId, PersonSet)>>;

    /// Lines of the suppression page, by key.
    async fn suppression_rows(&self, now: Instant) -> Result<Vec<SuppressionRow>>;
}

/// Lists and adds.
pub struct SuppressionService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn SuppressionStore>,
    clock: Arc<dyn Clock>,
}

impl SuppressionService {
    /// Over these.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        store: Arc<dyn SuppressionStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { configuration, store, clock }
    }

    /// All rules, in the order of the registry.
    pub async fn list(&self) -> Result<Vec<SuppressionRow>> {
        let mut rules = self.store.suppression_rows(self.clock.now()).await?;
        registry::sort(&mut rules);
        Ok(rules)
    }

    /// Adds one.
    pub async fn create(&self, spec: SuppressionSpec, actor: &Actor) -> Result<()> {
        self.configuration.create_suppression(spec, actor).await
    }
}
