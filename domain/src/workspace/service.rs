//! Reads and changes the workspace, and has at hand how times are shown, for whoever renders one.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    time::Clock,
};

use super::{
    Shown, Workspace,
    port::{WorkspaceStore, ZoneBook},
};

/// Reads and changes.
pub struct WorkspaceService {
    store: Arc<dyn WorkspaceStore>,
    zones: Arc<dyn ZoneBook>,
    clock: Arc<dyn Clock>,
    /// As of the newest [`Self::refresh`].
    shown: RwLock<Arc<Shown>>,
}

impl WorkspaceService {
    /// Over these, in UTC until it is refreshed.
    pub fn new(
        store: Arc<dyn WorkspaceStore>,
        zones: Arc<dyn ZoneBook>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, zones, clock, shown: RwLock::default() }
    }

    /// How times and amounts are shown. Rendering can't wait: it is what was read last.
    pub fn shown(&self) -> Arc<Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads it anew: another process may have changed it, and the zone's shifts go on.
    pub async fn refresh(&self) -> Result<()> {
        let Workspace { time_zone, currency } = self.store.workspace().await?;
        // A name that a newer table dropped shows times in UTC, which says so.
        let zone = self.zones.zone(&time_zone, self.clock.now()).unwrap_or_default();
        let shown = Arc::new(Shown { zone, currency });
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(())
    }

    /// What was decided.
    pub async fn read(&self) -> Result<Workspace> {
        self.store.workspace().await
    }

    /// Names of time zones to choose from.
    pub fn zones(&self) -> Vec<String> {
        self.zones.names()
    }

    /// Changes it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `time_zone` or `currency`.
    pub async fn save(&self, time_zone: &str, currency: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let (time_zone, now) = (time_zone.trim(), self.clock.now());
        if self.zones.zone(time_zone, now).is_none() {
            return Err(Error::invalid("time_zone", "choose a time zone, such as Europe/Berlin"));
        }
        let currency = currency.parse().map_err(|error| Error::invalid("currency", error))?;
        let workspace = Workspace { time_zone: time_zone.to_owned(), currency };
        self.store.put_workspace(&workspace, &actor.name, now).await?;
        self.refresh().await
    }
}
