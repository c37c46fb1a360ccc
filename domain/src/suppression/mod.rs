//! Suppression: rules that keep people out of every mapping but `suppress` and `analytics`.
//!
//! A rule by audience holds while the person is a member and at least `ttl` from when they
//! were first seen there; a rule by event holds `ttl` from the event's time; a rule by list
//! holds whom operators put on it, `ttl` from then or until they are taken off.

#[cfg(feature = "service")]
pub mod held;
pub mod listing;
pub mod preview;
pub mod registry;
pub mod scope;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AudienceId, SuppressionId},
    key::Key,
    time::{Instant, Span},
};

pub use registry::Kind;

/// What an operator decides about a suppression. Exactly one of `audience`, `event` and `list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressionSpec {
    /// Its name in Segue.
    pub key: Key,
    /// Why people are kept out, such as `purchase`, `refund`, `support`, `unsubscribed`.
    pub reason: String,
    /// Whose members are kept out.
    #[serde(default)]
    pub audience: Option<Key>,
    /// Which event keeps its person out.
    #[serde(default)]
    pub event: Option<String>,
    /// Whether operators name the people it keeps out, one by one or by file.
    #[serde(default)]
    pub list: bool,
    /// The destinations at which it holds; none named is all.
    #[serde(default)]
    pub destinations: Vec<Key>,
    /// How long at least.
    #[serde(default, with = "crate::configuration::span_text::optional")]
    pub ttl: Option<Span>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
}

impl SuppressionSpec {
    /// One that says nothing yet of whom it keeps out.
    #[must_use]
    pub fn new(key: Key, reason: &str) -> Self {
        Self {
            key,
            reason: reason.to_owned(),
            audience: None,
            event: None,
            list: false,
            destinations: Vec::new(),
            ttl: None,
            owner: None,
        }
    }

    /// What it protects from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(&self.reason)
    }
}

/// A suppression that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Its identity.
    pub id: SuppressionId,
    /// The audience it reads, resolved.
    pub audience_id: Option<AudienceId>,
    /// What was decided about it.
    pub spec: SuppressionSpec,
}

/// A line of the suppression page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionRow {
    /// What was decided about it.
    pub spec: SuppressionSpec,
    /// People it keeps out now.
    pub people: u64,
    /// When its audience was last read.
    pub mirrored_at: Option<Instant>,
    /// Why its audience could not be read since, if so.
    pub stale: Option<String>,
}
