//! Exclusivity: groups in which each person stands in one audience, in an order that somebody
//! chose, and how much audiences overlap.

#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
mod weigh;

use serde::{Deserialize, Serialize};

use crate::{destinations::Profile, key::Key};

#[cfg(feature = "service")]
pub use weigh::{bounces, effects, groups, overlaps, reorder};

/// Groups, overlaps and who stands in two ad sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusivity {
    /// By key.
    pub groups: Vec<Group>,
    /// All audiences against each other.
    pub overlaps: Overlaps,
    /// Pairs of ad sets at one destination that share people now, the most first.
    pub bounces: Vec<Bounce>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub key: Key,
    /// Its audiences, the first wins.
    pub ranks: Vec<Rank>,
    /// What the order is now: a change of it is made against this.
    pub base: String,
}

/// An audience in its group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// The audience.
    pub audience: Key,
    /// Its mappings in the group.
    pub mappings: Vec<Key>,
    /// Whether any of them runs: a paused one claims nobody.
    pub is_active: bool,
    /// Its members by the last whole reading.
    pub members: u64,
    /// Of those, whom audiences before it have.
    pub outranked: u64,
}

/// How many people audiences share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlaps {
    /// The audiences, by key.
    pub audiences: Vec<Key>,
    /// People whom the audience of the row and that of the column share; a row's own place has
    /// all of its members.
    pub shared: Vec<Vec<u64>>,
}

/// Two ad sets of one destination that have the same people now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Where.
    pub destination: Key,
    /// Its platform.
    pub profile: Profile,
    /// One of them, the first by key.
    pub one: Key,
    /// The other.
    pub other: Key,
    /// People who stand in both.
    pub people: u64,
}

/// What another order of a group would do to one of its mappings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reordered {
    /// Which.
    pub mapping: Key,
    /// Who should be there by the order as it is.
    pub before: u64,
    /// Who would be.
    pub after: u64,
    /// People whom it would get.
    pub gains: u64,
    /// People whom it would lose to an audience that goes first.
    pub loses: u64,
}
