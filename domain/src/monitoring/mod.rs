//! Monitoring: what moved, what failed and how long it took, over any range.
//!
//! Everything is counted in the transaction that makes it true, once at each [`Level`], so that
//! sums are exact and no crash loses or doubles any. Nothing is folded later: a count of a day
//! is as new as that of a minute.
//!
//! What one commit counts is in [`count`], lengths of time in [`latency`], which level and steps
//! a range is shown in [`window`], what the page shows in [`report`]. To count something new: a
//! [`count::What`], whoever writes it, and its place in the report.

pub mod count;
pub mod latency;
pub mod level;
#[cfg(feature = "service")]
pub mod port;
pub mod report;
#[cfg(feature = "service")]
pub mod service;
pub mod window;

pub use level::Level;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// Whose figures: empty for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// A mapping's key.
    pub mapping: String,
    /// A destination's key.
    pub destination: String,
}

/// What was done that may have changed the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// A mapping was made, changed, paused or retired.
    Mapping,
    /// A version of the contract was approved.
    Contract,
    /// Calls of a vendor were held: it failed or refused us.
    Outage,
    /// They go on.
    OutageOver,
    /// A run waited for somebody's decision.
    Waiting,
}

/// A mark on the time axis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// When.
    pub at: Instant,
    /// What.
    pub deed: Deed,
    /// Of what: a mapping's key, a vendor, a change request's title.
    pub subject: String,
    /// What leads to it: a mapping's key, a run's or a change request's id; empty for a vendor.
    pub id: String,
    /// The verb of the trail, such as `update`.
    pub action: String,
    /// Who did it.
    pub by: String,
}
