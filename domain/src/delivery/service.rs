//! What operators do with delivery: stop it in an emergency, and let it go on.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::{Actor, Role},
    error::Result,
    sync::Wake,
    time::{Clock, Instant},
};

use super::stop::{Scope, Stop};

/// Keeps the stops. Each change is audited in its own transaction.
#[async_trait]
pub trait StopStore: Send + Sync {
    /// Those in force: of everything first, then by destination.
    async fn stops(&self) -> Result<Vec<Stop>>;

    /// Puts a stop in force. One that is in force stays as it is.
    async fn stop(&self, scope: &Scope, by: &str, now: Instant) -> Result<()>;

    /// Ends a stop, and makes the mappings that it held due: they decide anew.
    async fn resume(&self, scope: &Scope, by: &str, now: Instant) -> Result<()>;
}

/// Stops and resumes.
pub struct DeliveryService {
    stops: Arc<dyn StopStore>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
}

impl DeliveryService {
    /// Over these; `wake` stirs the worker when something may go on.
    pub fn new(stops: Arc<dyn StopStore>, clock: Arc<dyn Clock>, wake: Arc<dyn Wake>) -> Self {
        Self { stops, clock, wake }
    }

    /// The stops in force.
    pub async fn stops(&self) -> Result<Vec<Stop>> {
        self.stops.stops().await
    }

    /// Stops what doesn't protect, from the next batch on.
    pub async fn stop(&self, scope: &Scope, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.stops.stop(scope, &actor.name, self.clock.now()).await
    }

    /// Ends a stop.
    pub async fn resume(&self, scope: &Scope, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.stops.resume(scope, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }
}
