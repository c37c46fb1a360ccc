//! Begins a first version and keeps it small.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::{Configuration, service::ConfigurationService},
    destinations::DestinationSpec,
    error::{Error, Result},
    mappings::{MappingSpec, UseCase, gates::port::GateStore},
    time::{Clock, Instant},
};

use super::{
    FirstVersion,
    port::FirstVersionStore,
    scope::{CEILING, Scope},
};

/// The longest reason.
const LONGEST: usize = 200;

/// Reads, decides, refuses.
pub struct FirstStepsService {
    /// What was decided.
    pub store: Arc<dyn FirstVersionStore>,
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Whose QA is signed off.
    pub gates: Arc<dyn GateStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Where a first version stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What was decided about it.
    pub version: Option<FirstVersion>,
    /// How complex it is now.
    pub scope: Scope,
    /// Whether the ceiling stands.
    pub has_ceiling: bool,
}

impl FirstStepsService {
    /// Where it stands.
    pub async fn standing(&self) -> Result<Standing> {
        let stored = self.configuration.load().await?;
        let version = self.store.first_version().await?;
        let has_ceiling = match &version {
            Some(version) => {
                version.has_ceiling(self.signed_since(&stored).await?, self.clock.now())
            }
            None => false,
        };
        Ok(Standing { version, scope: scope(&stored, None), has_ceiling })
    }

    /// Keeps what it is all for. Where nothing flowed before, the ceiling begins to stand.
    pub async fn choose(&self, goal: UseCase, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let is_capped = self.configuration.load().await?.mappings.is_empty();
        self.store.put_goal(goal, is_capped, &actor.name, self.clock.now()).await
    }

    /// Puts First steps away, or takes them out again.
    pub async fn dismiss(&self, is_dismissed: bool, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.put_dismissed(is_dismissed, &actor.name, self.clock.now()).await
    }

    /// Lets the first version grow before it is stable.
    pub async fn lift(&self, reason: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let reason = reason.trim();
        let fits = (1..=LONGEST).contains(&reason.chars().count());
        if !fits || reason.chars().any(char::is_control) {
            let words = format!("say why, in 1 to {LONGEST} characters");
            return Err(Error::invalid("reason", words));
        }
        self.store.lift(reason, &actor.name, self.clock.now()).await
    }

    /// Whether a mapping may be added.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the score and what unlocks more, where it is too much.
    pub async fn admit(&self, mapping: &MappingSpec) -> Result<()> {
        let Standing { scope: before, has_ceiling, .. } = self.standing().await?;
        if !has_ceiling {
            return Ok(());
        }
        let after = scope(&self.configuration.load().await?, Some(mapping));
        if after.fits(before) {
            return Ok(());
        }
        Err(Error::Conflict(format!(
            "a first version is at most {CEILING} complex, and with {} it would be {}. More is \
             unlocked 14 days after the first QA sign-off, or when an admin lifts the ceiling in \
             First steps",
            mapping.key,
            after.words()
        )))
    }

    /// Since when somebody's word holds that a mapping works.
    async fn signed_since(&self, stored: &Configuration) -> Result<Option<Instant>> {
        let given = self.gates.sign_offs().await?;
        let holds = given.iter().filter(|(key, given)| {
            stored.mapping(key).is_some_and(|mapping| given.holds(&mapping.spec))
        });
        Ok(holds.map(|(_, given)| given.at).min())
    }
}

fn scope(stored: &Configuration, more: Option<&MappingSpec>) -> Scope {
    let destinations: Vec<&DestinationSpec> =
        stored.destinations.iter().map(|one| &one.spec).collect();
    Scope::of(stored.mappings.iter().map(|one| &one.spec).chain(more), &destinations)
}
