//! Lengths of time in files and forms: `"5m"`, `"24h"`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use crate::time::Span;

/// Writes the largest unit that divides it.
pub fn serialize<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(span)
}

/// Reads a whole number and a unit.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}

/// The same for a length that may be left out.
pub mod optional {
    use super::{Deserialize, Deserializer, Error, Serializer, Span};

    /// Writes the text, or nothing.
    pub fn serialize<S: Serializer>(span: &Option<Span>, to: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => to.serialize_some(&span.to_string()),
            None => to.serialize_none(),
        }
    }

    /// Reads the text, if there is one.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Span>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}
