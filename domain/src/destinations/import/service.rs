//! Shows what Segment has, beside what Segue knows of it.

use std::sync::Arc;

use crate::{configuration::service::ConfigurationService, error::Result, key::Key};

use super::{Listing, OfferedRow, key_of, port::PublicApi, suggest};

/// Lists; taking one in is adding a destination like any other.
pub struct ImportService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// What Segment has.
    pub public: Arc<dyn PublicApi>,
}

impl ImportService {
    /// The destinations behind our source, asked of Segment now: those that Segue doesn't know
    /// first.
    pub async fn list(&self) -> Result<Listing> {
        let stored = self.configuration.load().await?;
        let behind = self.public.behind_our_source().await?;
        let mut taken: Vec<Key> =
            stored.destinations.iter().map(|one| one.spec.key.clone()).collect();
        let mut destinations: Vec<OfferedRow> = behind
            .destinations
            .into_iter()
            .map(|offered| {
                let known = stored.destinations.iter();
                let known_as: Vec<Key> = known
                    .filter(|one| one.spec.integration == offered.catalog)
                    .map(|one| one.spec.key.clone())
                    .collect();
                let key =
                    key_of(&offered.name, &taken).or_else(|| key_of(&offered.catalog, &taken));
                taken.extend(key.clone());
                OfferedRow { profile: suggest(&offered.catalog), key, known_as, offered }
            })
            .collect();
        destinations.sort_by(|a, b| {
            let order =
                |row: &OfferedRow| (!row.known_as.is_empty(), row.offered.name.to_lowercase());
            order(a).cmp(&order(b))
        });
        Ok(Listing { source: behind.source, destinations })
    }
}
