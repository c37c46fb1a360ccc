//! The matrix of required fields, as of now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    audiences::{
        coverage::{Coverage, cover, lost, service::CoverageService},
        port::MirrorStore,
    },
    configuration::{Configuration, service::ConfigurationService},
    destinations::Destination,
    error::Result,
    people::{PersonSet, port::AttributeStore},
};

use super::{
    Covered, IDENTIFIER, Need, NeedsCell, NeedsColumn, NeedsLine, NeedsMatrix, need, too_few,
};

/// Counts, destination by destination.
pub struct NeedsService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// What is known of everybody.
    pub coverage: Arc<CoverageService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// How many have which attribute.
    pub attributes: Arc<dyn AttributeStore>,
}

/// What is known of the people of one destination.
struct Known {
    coverage: Coverage,
    found: u64,
    /// Some may be found yet.
    unread: u64,
}

impl NeedsService {
    /// Every field against every destination.
    pub async fn matrix(&self) -> Result<NeedsMatrix> {
        let configuration = self.configuration.load().await?;
        let sets = self.coverage.sets().await?;
        let filled = self.attributes.filled(self.coverage.clock.now()).await?;
        let (mut columns, mut known) = (Vec::new(), Vec::new());
        for destination in &configuration.destinations {
            let members = self.members(&configuration, destination).await?;
            let profile = destination.spec.profile;
            let lost = lost(profile, &members, &sets);
            known.push(Known {
                coverage: cover(&members, &sets),
                found: members.len() - lost.sum(),
                unread: lost.unread,
            });
            columns.push(NeedsColumn {
                key: destination.spec.key.clone(),
                profile,
                members: members.len(),
            });
        }
        let line = |field: String| {
            let both = configuration.destinations.iter().zip(&known);
            let cells = both.map(|(one, known)| cell(one, known, &field, &filled)).collect();
            NeedsLine { field, cells }
        };
        let fields = fields(&configuration).into_iter().map(line).collect();
        Ok(NeedsMatrix { destinations: columns, fields })
    }

    /// Members of every audience that is sent there.
    async fn members(
        &self,
        configuration: &Configuration,
        destination: &Destination,
    ) -> Result<PersonSet> {
        let sent = configuration.mappings.iter().filter(|one| one.destination_id == destination.id);
        let audiences: BTreeSet<_> = sent.map(|one| one.audience_id).collect();
        let mut all = PersonSet::new();
        for audience in audiences {
            if let Some(members) = self.mirrors.members(audience).await? {
                all |= members;
            }
        }
        Ok(all)
    }
}

/// What names people, then every other field that some destination is allowed, by name.
fn fields(configuration: &Configuration) -> Vec<String> {
    let names = [IDENTIFIER, "email", "phone", "id"].map(str::to_owned);
    let allowed = configuration.destinations.iter().flat_map(|one| one.spec.fields.clone());
    let further: BTreeSet<String> = allowed.filter(|field| !names.contains(field)).collect();
    names.into_iter().chain(further).collect()
}

fn cell(
    destination: &Destination,
    known: &Known,
    field: &str,
    filled: &BTreeMap<String, Covered>,
) -> NeedsCell {
    let Known { coverage, found, unread } = known;
    let need = need(&destination.spec, field);
    let of_members = |with| Some(Covered { with, of: coverage.members });
    let covered = match field {
        _ if need == Need::Stays || coverage.members == 0 => None,
        IDENTIFIER => of_members(*found),
        "email" => of_members(coverage.email),
        "phone" => of_members(coverage.phone),
        "id" => of_members(coverage.id),
        "cio_id" => of_members(coverage.members),
        field => filled.get(field).copied(),
    };
    // Whoever may be found yet keeps the cell from being red.
    let is_red =
        field == IDENTIFIER && too_few(destination.spec.profile, coverage.members, found + unread);
    NeedsCell { need, covered, is_red }
}
