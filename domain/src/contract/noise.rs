//! Events of the contract that nobody reads: they cost volume and hide what matters.
//!
//! Somebody reads an event who is named as its reader, and so do a suppression that hears it and
//! a mapping that sends it. Its owner answers for it and is asked first.

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// An event that nobody has read for so long should go nowhere.
const LONG: Span = Span::from_hours(30 * 24);

/// An event that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Its canonical name.
    pub name: String,
    /// Who answers for it.
    pub owner: String,
    /// Since which version no reader is named; nothing before there was one.
    pub since: Option<Instant>,
    /// How many came in, in the last seven days.
    pub events: u64,
    /// Whether it goes nowhere already.
    pub is_stopped: bool,
}

impl Unread {
    /// Whether nobody has read it for 30 days.
    #[must_use]
    pub fn is_long(&self, now: Instant) -> bool {
        self.since.is_some_and(|since| now.since(since) >= LONG)
    }
}

/// What the page of them shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noise {
    /// They, those that come in most first.
    pub unread: Vec<Unread>,
    /// How many events of the contract somebody reads.
    pub read: u64,
    /// All that came in, in the last seven days.
    pub events: u64,
}

#[cfg(feature = "service")]
mod find;
