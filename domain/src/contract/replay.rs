//! A replay: what came in lately, held against a contract as it would be.
//!
//! Each event is held against what is in force and against what is proposed, so that a replay
//! says what a change does, and not what was wrong before. What it needs of an event is its
//! name as it came and its properties: those are kept for as long as the event is known.

#[cfg(feature = "service")]
mod tally;

use serde::{Deserialize, Serialize};

use super::Violation;
use crate::time::{Instant, Span};

#[cfg(feature = "service")]
pub use tally::Tally;

/// So long is looked back.
pub const LOOKED_BACK: Span = Span::from_hours(7 * 24);

/// More names than this are counted together: anybody can send any.
#[cfg(feature = "service")]
const MOST_NAMES: usize = 200;

/// What a change does to the events that came in lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// From when on.
    pub since: Instant,
    /// How many events were replayed.
    pub events: u64,
    /// By name, those to which the change does most first.
    pub lines: Vec<Replayed>,
}

/// What a change does to the events of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// As they came; empty for names beyond so many.
    pub name: String,
    /// How many came.
    pub events: u64,
    /// Pass now, and would fail.
    pub failing: u64,
    /// Fail now, and would pass.
    pub passing: u64,
    /// What would be wrong with the first that would fail.
    pub violation: Option<Violation>,
}

impl Replay {
    /// Pass now, and would fail.
    #[must_use]
    pub fn failing(&self) -> u64 {
        self.lines.iter().map(|line| line.failing).sum()
    }

    /// Fail now, and would pass.
    #[must_use]
    pub fn passing(&self) -> u64 {
        self.lines.iter().map(|line| line.passing).sum()
    }
}
