//! Preview: what a change of one mapping would do, told before anything is saved.

#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
mod weigh;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    key::Key,
    mappings::gates::Finding,
    sync::Cause,
    time::{Instant, Span},
};

#[cfg(feature = "service")]
pub use weigh::weigh;

/// What would come of a mapping as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// What it would do.
    pub effect: Effect,
    /// When its audience's members were read; nothing if they never were.
    pub read_at: Option<Instant>,
    /// Some members, and what becomes of each.
    pub sample: Vec<Sampled>,
    /// What the gates say of it.
    pub gates: Vec<Finding>,
}

/// What would be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Members of its audience.
    pub members: u64,
    /// Who should be there.
    pub target: u64,
    /// Who should not, by cause; each counts once.
    pub withheld: BTreeMap<Cause, u64>,
    /// Who is there now.
    pub present: u64,
    /// Transitions in.
    pub entered: u64,
    /// Transitions out.
    pub exited: u64,
    /// How long it takes to send them at the configured rate.
    pub takes: Span,
    /// The change is abnormal: it would wait for an operator.
    pub waits: bool,
    /// What it does to other mappings of its group.
    pub others: Vec<Moved>,
}

/// Another mapping, whose target would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub mapping: Key,
    /// People whom it would get.
    pub gains: u64,
    /// People whom it would lose.
    pub loses: u64,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sampled {
    /// Customer.io's name of the person.
    pub cio_id: String,
    /// Their address, all but its beginning and its host hidden.
    pub email: Option<String>,
    /// Why they would not be sent.
    pub cause: Option<Cause>,
}
