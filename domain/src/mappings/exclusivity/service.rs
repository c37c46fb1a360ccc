//! Reads overlaps and orders, tells what another order would do, and saves it.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::{Actor, Role},
    audiences::port::MirrorStore,
    configuration::{Configuration, Desired, service::ConfigurationService},
    error::Result,
    key::Key,
    mappings::UseCase,
    suppression::service::SuppressionStore,
    sync::{Wake, decide::Facts, facts::read_facts, port::SyncStore},
    time::Clock,
};

use super::{Exclusivity, Reordered, bounces, effects, groups, overlaps, reorder};

/// Reads, weighs, orders.
pub struct ExclusivityService {
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

impl ExclusivityService {
    /// Groups, overlaps and who stands in two ad sets, as of now.
    pub async fn read(&self) -> Result<Exclusivity> {
        let configuration = self.configuration.load().await?;
        let facts = self.facts(&configuration).await?;
        let mut present = BTreeMap::new();
        for mapping in &configuration.mappings {
            if mapping.spec.use_case == UseCase::Retarget {
                present.insert(mapping.id, self.store.present(mapping.id).await?);
            }
        }
        Ok(Exclusivity {
            groups: groups(&configuration, &facts),
            overlaps: overlaps(&configuration.audiences, &facts.members),
            bounces: bounces(&configuration, &present),
        })
    }

    /// What another order of a group's audiences would do.
    pub async fn weigh(&self, group: &Key, order: &[Key]) -> Result<Vec<Reordered>> {
        let configuration = self.configuration.load().await?;
        let changes = reorder(&configuration, group, order, None)?;
        let facts = self.facts(&configuration).await?;
        Ok(effects(&configuration, group, &changes, &facts))
    }

    /// Puts a group's audiences in this order, all at once, if the order is still the one that
    /// was `seen`.
    pub async fn save(&self, group: &Key, order: &[Key], seen: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let revise = |stored: &Configuration| {
            let mapping = reorder(stored, group, order, Some(seen))?;
            Ok(Desired { mapping, ..Desired::default() })
        };
        self.configuration.revise(revise, actor).await?;
        self.wake.wake();
        Ok(())
    }

    async fn facts(&self, configuration: &Configuration) -> Result<Facts> {
        let now = self.clock.now();
        read_facts(configuration, &*self.mirrors, &*self.suppressions, &*self.store, now).await
    }
}
