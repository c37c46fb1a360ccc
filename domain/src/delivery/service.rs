//! What operators do with delivery: stop it in an emergency and let it go on, and decide what
//! becomes of whom Segment refused.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    key::Key,
    sync::Wake,
    time::{Clock, Instant},
};

use super::{
    letters::{Letters, Pick, Verdict},
    stop::{Scope, Stop},
};

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

/// Keeps the dead letters.
#[async_trait]
pub trait LetterStore: Send + Sync {
    /// Those of mappings that aren't retired.
    async fn letters(&self) -> Result<Letters>;

    /// Decides about letters of a mapping, audited; how many people that was.
    /// [`Error::Conflict`] if nobody has such a letter.
    async fn settle(
        &self,
        mapping: &Key,
        pick: &Pick,
        verdict: Verdict,
        by: &str,
        now: Instant,
    ) -> Result<u64>;
}

/// Stops, resumes, settles.
pub struct DeliveryService {
    stops: Arc<dyn StopStore>,
    letters: Arc<dyn LetterStore>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
}

impl DeliveryService {
    /// Over a store of both; `wake` stirs the worker when something may go on.
    pub fn new<S>(store: Arc<S>, clock: Arc<dyn Clock>, wake: Arc<dyn Wake>) -> Self
    where
        S: StopStore + LetterStore + 'static,
    {
        Self { stops: store.clone(), letters: store, clock, wake }
    }

    /// Whom Segment refused.
    pub async fn letters(&self) -> Result<Letters> {
        self.letters.letters().await
    }

    /// Retries or discards; how many people that was.
    pub async fn settle(
        &self,
        mapping: &Key,
        pick: &Pick,
        verdict: Verdict,
        actor: &Actor,
    ) -> Result<u64> {
        actor.require(Role::Operator)?;
        if (pick, verdict) == (&Pick::Discarded, Verdict::Discard) {
            return Err(Error::Conflict("they are discarded already".to_owned()));
        }
        self.letters.settle(mapping, pick, verdict, &actor.name, self.clock.now()).await
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
