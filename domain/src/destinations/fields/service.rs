//! Shows, tells beforehand, and changes what may flow to a destination.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    access::{Actor, Role},
    audiences::port::MirrorStore,
    configuration::{Configuration, Desired, service::ConfigurationService},
    destinations::{
        Destination, DestinationSpec, hashing::self_test, service::DestinationStore,
        value::ValueRule,
    },
    error::{Error, Result},
    key::Key,
    suppression::service::SuppressionStore,
    sync::{Wake, facts::read_facts, port::SyncStore},
    time::Clock,
};

use super::{DestinationView, FieldsPreview, difference, example::examples, once, weigh::flows};

/// What may flow to each destination.
pub struct FieldsService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// What is at each destination.
    pub destinations: Arc<dyn DestinationStore>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// Who is there, and what else decides.
    pub store: Arc<dyn SyncStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Stirs the worker: people may be told again.
    pub wake: Arc<dyn Wake>,
}

impl FieldsService {
    /// A destination with the messages that it gets.
    pub async fn view(&self, key: &Key) -> Result<DestinationView> {
        let configuration = self.configuration.load().await?;
        let destination = found(&configuration, key)?;
        let rows = self.destinations.destination_rows().await?;
        let row = rows.into_iter().find(|row| row.spec.key == *key).ok_or_else(|| missing(key))?;
        let examples = examples(&configuration, destination, &destination.spec, self.clock.now());
        let profile = destination.spec.profile;
        let vectors = if profile.sends_contact() { self_test(profile) } else { Vec::new() };
        Ok(DestinationView { row, examples, vectors })
    }

    /// What would begin and cease to flow if these were the fields. Nothing is stored.
    ///
    /// # Errors
    /// [`Error::Invalid`] where saving them would be refused, with the same words.
    pub async fn preview(
        &self,
        key: &Key,
        fields: Vec<String>,
        actor: &Actor,
    ) -> Result<FieldsPreview> {
        actor.require(Role::Operator)?;
        let configuration = self.configuration.load().await?;
        let destination = found(&configuration, key)?;
        let after = DestinationSpec { fields: once(fields), ..destination.spec.clone() };
        let desired = Desired { destination: vec![after.clone()], ..Desired::default() };
        self.configuration.plan(&desired, false).await?;
        let difference = difference(&destination.spec, &after);
        let now = self.clock.now();
        let (flows, people) = if difference.begins.is_empty() && difference.stops.is_empty() {
            (Vec::new(), 0)
        } else {
            self.flows(&configuration, destination).await?
        };
        let examples = examples(&configuration, destination, &after, now);
        Ok(FieldsPreview { difference, flows, people, examples })
    }

    /// Puts these fields in place of `base`, those that whoever asks has seen.
    ///
    /// # Errors
    /// [`Error::Conflict`] if others are stored by now.
    pub async fn change(
        &self,
        key: &Key,
        base: &[String],
        fields: Vec<String>,
        actor: &Actor,
    ) -> Result<()> {
        self.configuration.change_fields(key, base, once(fields), actor).await?;
        self.wake.wake();
        Ok(())
    }

    /// Puts this rule of what a person is worth in place of `base`, the one that whoever asks
    /// has seen.
    ///
    /// # Errors
    /// [`Error::Conflict`] if another is stored by now.
    pub async fn change_value(
        &self,
        key: &Key,
        base: Option<ValueRule>,
        value: Option<ValueRule>,
        actor: &Actor,
    ) -> Result<()> {
        self.configuration.change_value(key, base, value, actor).await?;
        self.wake.wake();
        Ok(())
    }

    async fn flows(
        &self,
        configuration: &Configuration,
        destination: &Destination,
    ) -> Result<(Vec<super::Flow>, u64)> {
        let now = self.clock.now();
        let facts =
            read_facts(configuration, &*self.mirrors, &*self.suppressions, &*self.store, now)
                .await?;
        let mut present = BTreeMap::new();
        for mapping in &configuration.mappings {
            if mapping.destination_id == destination.id {
                present.insert(mapping.id, self.store.present(mapping.id).await?);
            }
        }
        Ok(flows(configuration, destination, &facts, &present))
    }
}

fn found<'a>(configuration: &'a Configuration, key: &Key) -> Result<&'a Destination> {
    configuration.destination(key).ok_or_else(|| missing(key))
}

fn missing(key: &Key) -> Error {
    Error::NotFound(format!("destination {key}"))
}
