//! Approvals: what waits until somebody has looked at it.
//!
//! A new kind of waiting gets a type here, a list in [`Approvals`], and a method each to let
//! it go on and to turn it away in the port and the service.

#[cfg(feature = "service")]
pub mod port;
pub mod proposal;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use self::proposal::Proposal;
use crate::{ids::RunId, key::Key, mappings::UseCase, time::Instant};

/// A run whose change is abnormal: lanes 2 and 3 of it wait, what protects was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRun {
    /// Which run.
    pub run: RunId,
    /// Its mapping.
    pub mapping: Key,
    /// Its audience.
    pub audience: Key,
    /// Its destination.
    pub destination: Key,
    /// What the mapping is for.
    pub use_case: UseCase,
    /// When it was decided.
    pub at: Instant,
    /// Transitions in that wait.
    pub entered: u64,
    /// Transitions out that wait.
    pub exited: u64,
    /// How many people stood there when it was decided.
    pub present: u64,
}

/// A suppression's audience that lost so many people in one reading that the old set stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShrunkAudience {
    /// Which audience.
    pub audience: Key,
    /// The segment's name in Customer.io.
    pub segment_name: Option<String>,
    /// Since when it waits.
    pub at: Instant,
    /// How many people are kept.
    pub kept: u64,
    /// How many the last reading had.
    pub read: u64,
    /// The suppressions that it feeds.
    pub suppressions: Vec<Key>,
}

/// Everything that waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Approvals {
    /// Abnormal runs, the oldest first.
    pub runs: Vec<WaitingRun>,
    /// Abnormal readings, by audience.
    pub shrunk: Vec<ShrunkAudience>,
    /// Changes of the configuration, the oldest first.
    pub proposals: Vec<Proposal>,
}

impl Approvals {
    /// How many things wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.runs.len() + self.shrunk.len() + self.proposals.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
