//! Whom a change concerns: who reads an event, what holds people by it, what sends it.

#[cfg(feature = "service")]
mod rule;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Class;
use crate::{destinations::budget::Budgeted, key::Key};

#[cfg(feature = "service")]
pub use rule::{over, touched};

/// What an event that is changed is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// Its canonical name; the new one, if it is renamed.
    pub event: String,
    /// Who reads it, before or afterwards.
    pub consumers: BTreeSet<String>,
    /// Suppressions that hold whom it names, each with the active mappings that it protects.
    pub suppressions: Vec<(Key, Vec<Key>)>,
    /// Mappings that send it for each entry.
    pub mappings: Vec<Key>,
    /// What destinations that read it begin or cease to hear.
    pub flows: Vec<Flow>,
}

/// What a destination that reads an event begins or ceases to hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// The destination.
    pub destination: Key,
    /// Properties that begin to flow there.
    pub begins: Vec<Field>,
    /// Properties that cease to.
    pub ceases: Vec<Field>,
}

/// A destination that would read more than its budget, and more than it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// The destination.
    pub destination: Key,
    /// More of what.
    pub of: Budgeted,
    /// So many it may read.
    pub most: u32,
    /// So many it would.
    pub would: u64,
}

impl Over {
    /// In words, such as `meta would read 9 events, and its budget is 8`.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { destination, of, most, would } = self;
        format!("{destination} would read {would} {}, and its budget is {most}", of.as_str())
    }
}

/// A property of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Field {
    /// Where it stands, such as `products.price`.
    pub path: String,
    /// How it must be handled.
    pub class: Class,
}
