//! People: Customer.io profiles, keyed by `cio_id`, each with a dense number inside Segue.

#[cfg(feature = "service")]
pub mod attributes;
#[cfg(feature = "service")]
pub mod chunks;
#[cfg(feature = "service")]
pub mod identifiers;
pub mod planned;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod reader;
pub mod renaming;
#[cfg(feature = "service")]
pub mod service;
pub mod standing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use standing::{HistoryEntry, PersonMapping, PersonView};

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
