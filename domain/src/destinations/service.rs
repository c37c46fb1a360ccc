//! What the console does with destinations.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{access::Actor, configuration::service::ConfigurationService, error::Result};

use super::{DestinationRow, DestinationSpec};

/// Reads destinations with what is there.
#[async_trait]
pub trait DestinationStore: Send + Sync {
    /// All of them, by key.
    async fn destination_rows(&self) -> Result<Vec<DestinationRow>>;
}

/// Lists and adds.
pub struct DestinationService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn DestinationStore>,
}

impl DestinationService {
    /// Over these.
    pub fn new(configuration: Arc<ConfigurationService>, store: Arc<dyn DestinationStore>) -> Self {
        Self { configuration, store }
    }

    /// All destinations, by key.
    pub async fn list(&self) -> Result<Vec<DestinationRow>> {
        self.store.destination_rows().await
    }

    /// Adds one.
    pub async fn create(&self, spec: DestinationSpec, actor: &Actor) -> Result<()> {
        self.configuration.create_destination(spec, actor).await
    }
}
