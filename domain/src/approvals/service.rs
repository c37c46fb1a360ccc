//! What operators decide about what waits.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::service::ConfigurationService,
    error::Result,
    ids::RunId,
    key::Key,
    sync::Wake,
    time::Clock,
};

use super::{Approvals, port::ApprovalStore};

/// Lists, lets go on, turns away.
pub struct ApprovalService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn ApprovalStore>,
    clock: Arc<dyn Clock>,
    wake: Arc<dyn Wake>,
}

impl ApprovalService {
    /// Over these; `wake` stirs the worker.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        store: Arc<dyn ApprovalStore>,
        clock: Arc<dyn Clock>,
        wake: Arc<dyn Wake>,
    ) -> Self {
        Self { configuration, store, clock, wake }
    }

    /// Everything that waits.
    pub async fn list(&self) -> Result<Approvals> {
        self.store.approvals().await
    }

    /// Sends what a run held back, as far as the next run still decides so.
    pub async fn release(&self, run: RunId, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.release(run, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }

    /// Drops what a run held back and pauses its mapping: the next run would decide the same.
    pub async fn discard(&self, run: RunId, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let mapping = self.store.discard(run, &actor.name, self.clock.now()).await?;
        self.configuration.set_all_active(&[mapping], false, actor).await?;
        Ok(())
    }

    /// Takes a small reading of a suppression's audience for true: whoever it lost may get ads
    /// again.
    pub async fn accept_shrunk(&self, audience: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.accept_shrunk(audience, &actor.name, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }
}
