//! Asks for a preview: reads, decides, and stores nothing.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    access::{Actor, Role},
    audiences::port::MirrorStore,
    configuration::{Configuration, Desired, service::ConfigurationService},
    error::{Error, Result},
    ids::MappingId,
    mappings::{Mapping, MappingSpec, gates::service::GateService},
    people::{Ordinal, PersonSet, identifiers, port::PersonStore},
    suppression::service::SuppressionStore,
    sync::{decide::Decision, facts::read_facts, port::SyncStore},
    time::Clock,
};

use super::{Preview, Sampled, weigh};

/// Members that are shown, spread over those who would be sent and over each cause.
const SAMPLE: usize = 3;

/// The identity of a mapping that isn't stored yet.
const UNSAVED: MappingId = MappingId(Uuid::nil());

/// Tells what a change would do.
pub struct PreviewService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// Who is there, and what else decides.
    pub store: Arc<dyn SyncStore>,
    /// Their names.
    pub people: Arc<dyn PersonStore>,
    /// What keeps it from starting.
    pub gates: Arc<GateService>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl PreviewService {
    /// What saving this mapping would do, whether it is new or changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] where saving it would be refused, with the same words.
    pub async fn preview(&self, spec: MappingSpec, actor: &Actor) -> Result<Preview> {
        actor.require(Role::Operator)?;
        let desired = Desired { mapping: vec![spec.clone()], ..Desired::default() };
        self.configuration.plan(&desired, false).await?;
        let before = self.configuration.load().await?;
        let (after, mapping) = changed(&before, spec)?;
        let facts =
            read_facts(&after, &*self.mirrors, &*self.suppressions, &*self.store, self.clock.now())
                .await?;
        let present = self.store.present(mapping.id).await?;
        let (effect, decision) = weigh(&before, &after, mapping.id, &facts, &present);
        let audiences = self.mirrors.audience_rows().await?;
        let audience = audiences.into_iter().find(|row| row.spec.key == mapping.spec.audience);
        Ok(Preview {
            effect,
            read_at: audience.and_then(|row| row.mirrored_at),
            sample: self.sample(&decision).await?,
            gates: self.gates.findings(&mapping.spec).await?,
        })
    }

    async fn sample(&self, decision: &Decision) -> Result<Vec<Sampled>> {
        let some = |people: &PersonSet| -> Vec<Ordinal> { people.iter().take(SAMPLE).collect() };
        let mut chosen: Vec<(Ordinal, _)> =
            some(&decision.target).into_iter().map(|person| (person, None)).collect();
        for (cause, people) in &decision.withheld {
            chosen.extend(some(people).into_iter().map(|person| (person, Some(*cause))));
        }
        let who: PersonSet = chosen.iter().map(|(person, _)| *person).collect();
        let people = self.people.people(&who).await?;
        let sampled = |(ordinal, cause): &(Ordinal, _)| {
            let (_, person) = people.iter().find(|(one, _)| one == ordinal)?;
            let email = person.email.as_deref().map(identifiers::masked);
            Some(Sampled { cio_id: person.cio_id.clone(), email, cause: *cause })
        };
        Ok(chosen.iter().filter_map(sampled).collect())
    }
}

/// The configuration with this mapping in it.
fn changed(before: &Configuration, spec: MappingSpec) -> Result<(Configuration, Mapping)> {
    let audience = before.audience(&spec.audience);
    let audience =
        audience.ok_or_else(|| Error::invalid("audience", "there is no such audience"))?;
    let destination = before.destination(&spec.destination);
    let destination =
        destination.ok_or_else(|| Error::invalid("destination", "there is no such destination"))?;
    let stored = before.mapping(&spec.key).map(|mapping| mapping.id);
    let mapping = Mapping {
        id: stored.unwrap_or(UNSAVED),
        audience_id: audience.id,
        destination_id: destination.id,
        spec,
    };
    let mut after = before.clone();
    after.mappings.retain(|one| one.id != mapping.id);
    after.mappings.push(mapping.clone());
    Ok((after, mapping))
}
