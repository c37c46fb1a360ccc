//! Whom a change concerns: who reads an event, what holds people by it, what sends it.

#[cfg(feature = "service")]
mod rule;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::key::Key;

#[cfg(feature = "service")]
pub use rule::touched;

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
}
