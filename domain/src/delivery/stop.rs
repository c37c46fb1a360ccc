//! The emergency stop: of everything, or of one destination.
//!
//! A stop holds what doesn't protect. It takes effect between two batches, and what is in
//! doubt is still sent again: it may be there already, and somebody has to know.

use serde::{Deserialize, Serialize};

use super::Lane;
use crate::{key::Key, time::Instant};

/// What a stop holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All destinations.
    Everything,
    /// One of them.
    Destination(Key),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Destination(key) => write!(f, "destination {key}"),
        }
    }
}

/// A stop in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// What it holds.
    pub scope: Scope,
    /// Who stopped it.
    pub by: String,
    /// Since when.
    pub since: Instant,
}

/// Whether a part of this lane may go on while its mapping is held: paused or stopped, or its
/// run was cancelled. What protects always may, and so may what is in doubt.
#[must_use]
pub const fn may_go(lane: Lane, in_doubt: bool, is_held: bool) -> bool {
    !is_held || in_doubt || matches!(lane, Lane::Protect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_never_holds_what_protects_or_what_may_be_there_already() {
        for lane in [Lane::Protect, Lane::Exit, Lane::Enter] {
            assert!(may_go(lane, false, false));
            assert!(may_go(lane, true, true));
            assert_eq!(may_go(lane, false, true), lane == Lane::Protect);
        }
    }
}
