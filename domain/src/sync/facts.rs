//! Reads what decisions depend on: the same for a run and for a preview.

use crate::{
    audiences::port::MirrorStore,
    configuration::Configuration,
    error::Result,
    people::PersonSet,
    suppression::{held::Suppressed, service::SuppressionStore},
    time::Instant,
};

use super::{
    decide::{Facts, held_out},
    port::SyncStore,
};

/// Everything stored that a decision over this configuration depends on, at `now`.
pub async fn read_facts(
    configuration: &Configuration,
    mirrors: &dyn MirrorStore,
    suppressions: &dyn SuppressionStore,
    store: &dyn SyncStore,
    now: Instant,
) -> Result<Facts> {
    let mut facts = Facts::default();
    for audience in &configuration.audiences {
        if let Some(members) = mirrors.members(audience.id).await? {
            facts.members.insert(audience.id, members);
        }
    }
    facts.suppressed = Suppressed::of(suppressions.suppressed(now).await?);
    let identifiers = store.identifier_sets().await?;
    facts.with_email = identifiers.email;
    facts.with_phone = identifiers.phone;
    facts.with_id = identifiers.id;
    let empty = PersonSet::new();
    for mapping in &configuration.mappings {
        let spec = &mapping.spec;
        if spec.holdout_percent.0 > 0 && spec.use_case.is_addressed() {
            let members = facts.members.get(&mapping.audience_id).unwrap_or(&empty);
            let ids = store.cio_ids(members).await?;
            let people = ids.iter().map(|(ordinal, cio_id)| (*ordinal, cio_id.as_str()));
            let out = held_out(spec.key.as_str(), spec.holdout_percent, people);
            facts.holdout.insert(mapping.id, out);
        }
        if spec.use_case.is_addressed() && (spec.offset.is_some() || spec.dwell.is_some()) {
            let waiting = store.waiting(mapping, now).await?;
            // Whoever is there stays: a hold is for entries only.
            facts.held.insert(mapping.id, waiting - store.present(mapping.id).await?);
        }
        facts.refused.insert(mapping.id, store.refused(mapping.id).await?);
    }
    Ok(facts)
}
