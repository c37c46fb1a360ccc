//! Segment's tracking plans by its Public API: a plan begins a draft, or is made as the contract
//! says.
//!
//! `PUT` of a plan's rules replaces all of them. What the contract has nothing to say about, rules
//! of other types than TRACK, is therefore read first and sent again as it was.

use serde::{Deserialize, Serialize};

/// A tracking plan of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanName {
    /// Its identity in Segment.
    pub id: String,
    /// What the workspace calls it.
    pub name: String,
}

/// What making a plan as the contract says would do to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Events that the plan lacks.
    pub added: Vec<String>,
    /// Events that it says otherwise.
    pub changed: Vec<String>,
    /// Events that it has and the contract lacks: they go.
    pub removed: Vec<String>,
    /// What the plan says of its events and a contract can't: it goes.
    pub lost: Vec<String>,
    /// Rules of other types: they stay as they are.
    pub kept: u64,
}

impl Comparison {
    /// Whether the plan says what the contract does.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let Self { added, changed, removed, lost, kept: _ } = self;
        [added, changed, removed, lost].iter().all(|names| names.is_empty())
    }
}

/// The plans of the workspace, and one of them beside the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlansView {
    /// All of them, as Segment lists them.
    pub plans: Vec<PlanName>,
    /// The version that is in force; 0 where none is.
    pub version: u64,
    /// The plan that was asked for, and what would become of it.
    pub chosen: Option<(PlanName, Comparison)>,
}

#[cfg(feature = "service")]
pub mod service;
