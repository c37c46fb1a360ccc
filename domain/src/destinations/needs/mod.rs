//! Required fields: what each destination needs of people, what it gets, and how many of those
//! who are sent there have it.

#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use super::{DestinationSpec, Profile};
use crate::key::Key;

/// The row of whatever names a person: the only field that every destination needs.
pub const IDENTIFIER: &str = "identifier";

/// Fields down, destinations across.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsMatrix {
    /// Its columns, by key.
    pub destinations: Vec<NeedsColumn>,
    /// Its rows: what names people, then every other field that some destination is allowed.
    pub fields: Vec<NeedsLine>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsColumn {
    /// Its key.
    pub key: Key,
    /// The platform.
    pub profile: Profile,
    /// Members of the audiences that are sent there, each counted once.
    pub members: u64,
}

/// A field, and what it is at each destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsLine {
    /// Its name.
    pub field: String,
    /// In the order of the columns.
    pub cells: Vec<NeedsCell>,
}

/// A field at a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsCell {
    /// What it is there.
    pub need: Need,
    /// How many have it; nothing where it doesn't flow or nobody can say.
    pub covered: Option<Covered>,
    /// Too few have what is needed: nobody should be sent there.
    pub is_red: bool,
}

/// So many of so many people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covered {
    /// People who have it.
    pub with: u64,
    /// Those who were looked at.
    pub of: u64,
}

/// What a field is to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Without it nobody can be found.
    Required,
    /// Any one of these is enough.
    OneOf,
    /// It flows, and nobody is lost without it.
    Flows,
    /// It stays.
    Stays,
}

/// What a field is to a destination.
#[must_use]
pub fn need(destination: &DestinationSpec, field: &str) -> Need {
    let by = destination.profile.identifiable();
    let names = match field {
        IDENTIFIER => return Need::Required,
        "email" => by.email,
        "phone" => by.phone,
        "id" => by.id,
        _ => false,
    };
    if names && !by.cio_id {
        Need::OneOf
    } else if field == "id" || destination.carries(field) {
        Need::Flows
    } else {
        Need::Stays
    }
}

/// Whether too few of an audience can be found at a platform for anybody to be sent: nobody, or
/// fewer than it uses. Where the audience itself is too small, that is another question.
#[must_use]
pub fn too_few(profile: Profile, members: u64, found: u64) -> bool {
    let least = profile.minimum_size().unwrap_or(1);
    members > 0 && (found == 0 || (found < least && members >= least))
}

impl NeedsMatrix {
    /// Destinations where too few can be found, with how many of how many.
    pub fn red(&self) -> impl Iterator<Item = (&NeedsColumn, Covered)> {
        let identifiers = self.fields.iter().find(|line| line.field == IDENTIFIER);
        let cells = identifiers.into_iter().flat_map(|line| &line.cells);
        self.destinations.iter().zip(cells).filter_map(|(column, cell)| {
            cell.covered.filter(|_| cell.is_red).map(|covered| (column, covered))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spec(profile: Profile, fields: &[&str]) -> DestinationSpec {
        DestinationSpec {
            key: "there".parse().unwrap(),
            profile,
            integration: "There".to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        }
    }

    #[test]
    fn each_platform_needs_what_names_people_and_gets_what_is_allowed() {
        use Need::*;
        let fields = [IDENTIFIER, "email", "phone", "id", "ltv"];
        for (profile, allowed, needs) in [
            (Profile::MetaCustomAudiences, &[][..], [Required, OneOf, OneOf, Flows, Stays]),
            (Profile::MetaCapi, &["ltv"][..], [Required, OneOf, OneOf, OneOf, Flows]),
            (Profile::Warehouse, &["email"][..], [Required, Flows, Stays, Flows, Stays]),
        ] {
            let spec = spec(profile, allowed);
            assert_eq!(fields.map(|field| need(&spec, field)), needs, "{profile}");
        }
    }

    proptest! {
        /// What stays is exactly what messages don't carry.
        #[test]
        fn what_flows_is_what_messages_carry(at in 0..8_usize, named in any::<[bool; 3]>()) {
            let allowed: Vec<&str> =
                ["email", "phone", "ltv"].into_iter().zip(named).filter(|one| one.1).map(|one| one.0).collect();
            let spec = spec(Profile::ALL[at], &allowed);
            for field in ["email", "phone", "ltv", "tier"] {
                prop_assert_eq!(need(&spec, field) != Need::Stays, spec.carries(field), "{}", field);
            }
        }
    }

    #[test]
    fn too_few_is_nobody_or_less_than_the_platform_uses() {
        let tiktok = Profile::TiktokAudiences;
        assert!(too_few(tiktok, 5_000, 999) && too_few(tiktok, 10, 0));
        assert!(!too_few(tiktok, 5_000, 1_000));
        assert!(!too_few(tiktok, 900, 800), "the audience itself is too small");
        assert!(!too_few(tiktok, 0, 0));
        assert!(!too_few(Profile::MetaCapi, 1_000, 1));
    }
}
