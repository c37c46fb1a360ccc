//! Reads a suppression, tells what another one in its place would do, and puts it there.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::{Actor, Role},
    audiences::port::MirrorStore,
    configuration::{Configuration, Desired, service::ConfigurationService},
    error::{Error, Result},
    key::Key,
    suppression::{
        SuppressionRow, SuppressionSpec,
        held::{Held, Suppressed},
        service::SuppressionStore,
    },
    sync::{Wake, facts::read_facts, port::SyncStore},
    time::Clock,
};

use super::{Effect, weigh};

/// Reads, weighs, changes.
pub struct RuleService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// Who is there, and what else decides.
    pub store: Arc<dyn SyncStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Stirs the worker.
    pub wake: Arc<dyn Wake>,
}

impl RuleService {
    /// One rule.
    pub async fn rule(&self, key: &Key) -> Result<SuppressionRow> {
        let rules = self.suppressions.suppression_rows(self.clock.now()).await?;
        rules.into_iter().find(|row| row.spec.key == *key).ok_or_else(|| missing(key))
    }

    /// What this rule in place of the stored one of its key would do; without one, what
    /// retiring the stored one would.
    ///
    /// # Errors
    /// [`Error::Invalid`] where saving it would be refused, with the same words.
    pub async fn preview(&self, key: &Key, after: Option<&SuppressionSpec>) -> Result<Effect> {
        if let Some(spec) = after {
            let desired = Desired { suppression: vec![spec.clone()], ..Desired::default() };
            self.configuration.plan(&desired, false).await?;
        }
        let now = self.clock.now();
        let configuration = self.configuration.load().await?;
        let stored = configuration.suppressions.iter().find(|rule| rule.spec.key == *key);
        let id = stored.map(|rule| rule.id).ok_or_else(|| missing(key))?;
        let facts =
            read_facts(&configuration, &*self.mirrors, &*self.suppressions, &*self.store, now)
                .await?;
        let mut rules = self.suppressions.suppressed(now).await?;
        let place = rules.iter().position(|held| held.rule == id);
        let before = place.map_or(0, |place| rules.swap_remove(place).people.len());
        let mut counted = 0;
        if let Some(spec) = after {
            let people = self.suppressions.would_hold(spec, now).await?;
            counted = people.len();
            rules.push(Held { rule: id, destinations: spec.destinations.clone(), people });
        }
        let mut present = BTreeMap::new();
        for mapping in configuration.mappings.iter().filter(|one| one.spec.use_case.is_addressed())
        {
            present.insert(mapping.id, self.store.present(mapping.id).await?);
        }
        let shifts = weigh(&configuration, &facts, Suppressed::of(rules), &present);
        Ok(Effect { before, after: counted, shifts })
    }

    /// Puts a rule in place of the stored one, if that is still the one that was `seen`.
    pub async fn change(
        &self,
        spec: SuppressionSpec,
        seen: &SuppressionSpec,
        actor: &Actor,
    ) -> Result<()> {
        actor.require(Role::Operator)?;
        let revise = |stored: &Configuration| {
            let rule = stored.suppressions.iter().find(|rule| rule.spec.key == spec.key);
            let rule = rule.ok_or_else(|| missing(&spec.key))?;
            if rule.spec != *seen {
                return Err(Error::Conflict(format!(
                    "somebody has changed {} meanwhile: look at what would change now",
                    spec.key
                )));
            }
            Ok(Desired { suppression: vec![spec.clone()], ..Desired::default() })
        };
        self.configuration.revise(revise, actor).await?;
        self.run_all().await
    }

    /// Retires a rule: whom only it held may be sent again.
    pub async fn retire(&self, key: &Key, actor: &Actor) -> Result<()> {
        self.configuration.retire_suppression(key, actor).await?;
        self.run_all().await
    }

    /// Whoever leaves or comes by it does so soon.
    async fn run_all(&self) -> Result<()> {
        let configuration = self.configuration.load().await?;
        let reached = configuration.mappings.iter().filter(|one| one.spec.use_case.is_suppressed());
        let ids: Vec<_> = reached.map(|one| one.id).collect();
        self.suppressions.make_due(&ids, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }
}

fn missing(key: &Key) -> Error {
    Error::NotFound(format!("suppression {key}"))
}
