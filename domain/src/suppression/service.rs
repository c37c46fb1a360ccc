//! What the console does with suppressions.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::Actor,
    configuration::service::ConfigurationService,
    error::Result,
    ids::MappingId,
    people::PersonSet,
    time::{Clock, Instant},
};

use super::{SuppressionRow, SuppressionSpec, held::Held, registry};

/// Keeps whom the rules hold.
#[async_trait]
pub trait SuppressionStore: Send + Sync {
    /// Whom each rule keeps out at `now`.
    async fn suppressed(&self, now: Instant) -> Result<Vec<Held>>;

    /// Whom a rule would keep out at `now` if it were like this. One by audience holds its
    /// members, and of those who left it whoever was noted for as long; one by event whomever the
    /// stored rule of that event has noted.
    async fn would_hold(&self, spec: &SuppressionSpec, now: Instant) -> Result<PersonSet>;

    /// Has mappings run soon.
    async fn make_due(&self, mappings: &[MappingId], now: Instant) -> Result<()>;

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
