//! Destinations: places behind Segment, each with the profile of its platform.
//!
//! [`profile`] holds what a platform needs as data; a new platform is a new arm there.

pub mod budget;
pub mod fields;
#[cfg(feature = "service")]
pub mod hashing;
pub mod import;
pub mod needs;
pub mod profile;
#[cfg(feature = "service")]
pub mod service;
pub mod value;

use serde::{Deserialize, Serialize};

use crate::{ids::DestinationId, key::Key};
use budget::Budget;
pub use profile::Profile;
use value::ValueRule;

/// What an operator decides about a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationSpec {
    /// Its name in Segue.
    pub key: Key,
    /// The platform's rules.
    pub profile: Profile,
    /// The destination's name in Segment's `integrations`, which is case-sensitive.
    pub integration: String,
    /// Further fields that may flow there; everything else stays.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Send SHA-256 instead of clear identifiers. Segment's own destinations hash by
    /// themselves, so this is off by default.
    #[serde(default)]
    pub hash: bool,
    /// What a person is worth there; nothing by itself.
    #[serde(default)]
    pub value: Option<ValueRule>,
    /// How much may go there.
    #[serde(default)]
    pub budget: Budget,
}

impl DestinationSpec {
    /// Whether messages to it carry this identifier or field: contact where the profile takes
    /// it, anything else only if the operator allowed it.
    #[must_use]
    pub fn carries(&self, field: &str) -> bool {
        let contact = matches!(field, "email" | "phone") && self.profile.sends_contact();
        contact || self.fields.iter().any(|one| one == field)
    }

    /// Whether messages to it carry more than identifiers.
    #[must_use]
    pub fn carries_more(&self) -> bool {
        let named = || self.fields.iter().any(|field| !matches!(field.as_str(), "email" | "phone"));
        self.value.is_some() || named()
    }

    /// The attributes that messages to it are made of: the fields, and what its value is
    /// reckoned from.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let value = self.value.iter().flat_map(ValueRule::attributes);
        self.fields.iter().map(String::as_str).chain(value)
    }
}

/// A destination that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// Its identity; survives a change of key or integration.
    pub id: DestinationId,
    /// What was decided about it.
    pub spec: DestinationSpec,
}

/// A line of the destinations page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationRow {
    /// What was decided about it.
    pub spec: DestinationSpec,
    /// Mappings that send there, paused ones included.
    pub mappings: u64,
    /// People there now, summed over its audiences.
    pub delivered: u64,
}
