//! Builds what works orders and sends: passes, the fast lane, and what sends events on.

use std::sync::{Arc, Mutex};

use domain::{
    configuration::service::ConfigurationService,
    delivery::{
        drain::{Drain, Jitter},
        fast::FastLane,
    },
    events::forward::Forwarder,
    ids::Ids,
    people::reader::AttributeReader,
    sync::{mirror::Mirrorer, service::SyncService, watch::Watch},
    time::Clock,
};

use crate::{
    clock::SystemClock,
    compose::Stir,
    live::Hub,
    storage::Storage,
    vendors::{customerio::CustomerioClient, twilio::TrackingClient},
};

/// What all of it is made of.
pub(super) struct Work<'a> {
    pub stored: &'a Arc<Storage>,
    pub configuration: &'a Arc<ConfigurationService>,
    pub customerio: &'a Arc<CustomerioClient>,
    pub tracking: &'a Arc<TrackingClient>,
    pub time: &'a Arc<SystemClock>,
    pub clock: &'a Arc<dyn Clock>,
    pub jitter: &'a Arc<dyn Jitter>,
    pub ids: &'a Arc<dyn Ids>,
    pub live: &'a Arc<Hub>,
}

impl Work<'_> {
    fn drain(&self) -> Drain {
        Drain {
            store: self.stored.clone(),
            leases: self.stored.clone(),
            sink: self.tracking.clone(),
            clock: self.clock.clone(),
            sleep: self.time.clone(),
            jitter: self.jitter.clone(),
            live: self.live.clone(),
        }
    }

    pub fn fast(&self) -> Arc<FastLane> {
        Arc::new(FastLane {
            configuration: self.configuration.clone(),
            store: self.stored.clone(),
            sync: self.stored.clone(),
            leases: self.stored.clone(),
            drain: self.drain(),
            clock: self.clock.clone(),
            memory: Mutex::default(),
        })
    }

    pub fn forwarder(&self) -> Arc<Forwarder> {
        Arc::new(Forwarder {
            store: self.stored.clone(),
            drain: self.drain(),
            lease: Mutex::default(),
        })
    }

    pub fn sync(&self, fast: Arc<FastLane>) -> Arc<SyncService> {
        Arc::new(SyncService {
            configuration: self.configuration.clone(),
            mirrorer: Mirrorer::new(
                self.customerio.clone(),
                self.stored.clone(),
                self.clock.clone(),
            ),
            attributes: self.attributes(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            runs: self.stored.clone(),
            leases: self.stored.clone(),
            drain: self.drain(),
            fast,
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }

    pub fn watch(
        &self,
        sync: Arc<SyncService>,
        fast: Arc<FastLane>,
        stir: Arc<Stir>,
    ) -> Arc<Watch> {
        Arc::new(Watch {
            configuration: self.configuration.clone(),
            sync,
            mirrors: self.stored.clone(),
            fast,
            leases: self.stored.clone(),
            wake: stir,
            clock: self.clock.clone(),
            memory: Mutex::default(),
        })
    }

    /// Reads people's attributes, from the one client that keeps the budget.
    fn attributes(&self) -> AttributeReader {
        AttributeReader {
            source: self.customerio.clone(),
            store: self.stored.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            names: self.stored.clone(),
            clock: self.clock.clone(),
            sleep: self.time.clone(),
        }
    }
}
