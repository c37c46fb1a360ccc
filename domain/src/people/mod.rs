//! People: Customer.io profiles, keyed by `cio_id`, each with a dense number inside Segue.

#[cfg(feature = "service")]
pub mod attributes;
#[cfg(feature = "service")]
pub mod chunks;
#[cfg(feature = "service")]
pub mod identifiers;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod reader;
pub mod renaming;
#[cfg(feature = "service")]
pub mod service;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    delivery::Transition, ids::RunId, key::Key, mappings::UseCase, sync::Cause, time::Instant,
};

/// A person's number inside Segue: dense, and never used twice.
pub type Ordinal = u32;

/// A set of people, by number.
#[cfg(feature = "service")]
pub type PersonSet = roaring::RoaringBitmap;

/// A person as the dictionary knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Customer.io's id, which everyone has.
    pub cio_id: String,
    /// The workspace's own id.
    pub id: Option<String>,
    /// Normalised e-mail address.
    pub email: Option<String>,
    /// Phone number in E.164.
    pub phone: Option<String>,
    /// Further attributes that a destination names, as text; only where they are to be sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// Where a person stands: the person page and `segue explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Who.
    pub person: Person,
    /// Their place in every mapping, by key.
    pub mappings: Vec<PersonMapping>,
}

/// A person's place in one mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonMapping {
    /// Which.
    pub mapping: Key,
    /// Its audience.
    pub audience: Key,
    /// Its destination.
    pub destination: Key,
    /// Its use case.
    pub use_case: UseCase,
    /// In the audience by the last mirror.
    pub member: bool,
    /// There, by what Segment acknowledged.
    pub delivered: bool,
    /// Why they are not sent.
    pub cause: Option<Cause>,
    /// What was sent about them, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// One acknowledged transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When it was decided: the message's own timestamp.
    pub at: Instant,
    /// What.
    pub transition: Transition,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// The run that decided it.
    pub run: RunId,
}
