//! Reads and changes the workspace, and has at hand how times are shown, for whoever renders one.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    time::Clock,
};

use super::{
    AdCost, Shown, Workspace,
    port::{WorkspaceStore, ZoneBook},
};

/// The workspace as somebody typed it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// A name of the IANA database.
    pub time_zone: &'a str,
    /// Three letters.
    pub currency: &'a str,
    /// What 1,000 impressions cost; empty if nobody knows.
    pub cost_per_thousand: &'a str,
    /// How many of them a person sees in a day; empty if nobody knows.
    pub impressions_a_day: &'a str,
}

impl Typed<'_> {
    /// What ads cost: both or neither.
    fn ads(&self) -> Result<Option<AdCost>> {
        let number = |field: &'static str, text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error| Error::invalid(field, error)),
        };
        let cost = number("cost_per_thousand", self.cost_per_thousand)?;
        let impressions = number("impressions_a_day", self.impressions_a_day)?;
        let missing = |field| Error::invalid(field, "say this too, or leave both empty");
        match (cost, impressions) {
            (None, None) => Ok(None),
            (Some(per_thousand), Some(impressions_a_day)) => {
                Ok(Some(AdCost { per_thousand, impressions_a_day }))
            }
            (Some(_), None) => Err(missing("impressions_a_day")),
            (None, Some(_)) => Err(missing("cost_per_thousand")),
        }
    }
}

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
        let Workspace { time_zone, currency, .. } = self.store.workspace().await?;
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
    /// [`Error::Invalid`] for the field that can't be.
    pub async fn save(&self, typed: &Typed<'_>, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let (time_zone, now) = (typed.time_zone.trim(), self.clock.now());
        if self.zones.zone(time_zone, now).is_none() {
            return Err(Error::invalid("time_zone", "choose a time zone, such as Europe/Berlin"));
        }
        let currency = typed.currency.parse().map_err(|error| Error::invalid("currency", error))?;
        let ads = typed.ads()?;
        let workspace = Workspace { time_zone: time_zone.to_owned(), currency, ads };
        self.store.put_workspace(&workspace, &actor.name, now).await?;
        self.refresh().await
    }
}
