//! Audiences: Customer.io segments promoted for export, and the mirror of their members.

pub mod bands;
pub mod coverage;
#[cfg(feature = "service")]
pub mod ledger;
#[cfg(feature = "service")]
pub mod port;
pub mod readiness;
#[cfg(feature = "service")]
pub mod service;
pub mod template;
pub mod window;

use serde::{Deserialize, Serialize};

use crate::{day::Day, ids::AudienceId, key::Key, time::Instant};
pub use window::Window;

/// A segment's number in Customer.io.
pub type SegmentId = i64;

/// What an operator decides about an audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceSpec {
    /// Its name in Segue and, in snake case, at the destinations.
    pub key: Key,
    /// The Customer.io segment it mirrors.
    pub segment: SegmentId,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// How long ago its people did what brought them in, as the segment's conditions say.
    #[serde(default)]
    pub window: Option<Window>,
    /// What it is for.
    #[serde(default)]
    pub purpose: Option<String>,
    /// When somebody looks whether it is still wanted as it is.
    #[serde(default)]
    pub review_on: Option<Day>,
}

/// An audience that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Its identity.
    pub id: AudienceId,
    /// What was decided about it.
    pub spec: AudienceSpec,
}

/// How well we know who is in an audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Mirror {
    /// Its members were never read.
    Never,
    /// Its members were read whole.
    Fresh,
    /// The last reading failed; the one before it is still in use.
    Stale {
        /// Why, in words for an operator.
        reason: String,
    },
}

/// A line of the audiences page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceRow {
    /// What was decided about it.
    pub spec: AudienceSpec,
    /// The segment's name in Customer.io, once it was read.
    pub segment_name: Option<String>,
    /// Members by the last whole reading.
    pub members: u64,
    /// Of those, how many have an e-mail address.
    pub with_email: u64,
    /// Of those, how many have an id of the workspace's own.
    pub with_id: u64,
    /// How well we know them.
    pub mirror: Mirror,
    /// When the last whole reading began.
    pub mirrored_at: Option<Instant>,
    /// When the segment was last changed in Customer.io, by its own mark.
    pub segment_changed_at: Option<Instant>,
    /// Mappings that send it, paused ones included.
    pub mappings: u64,
}

/// A segment as Customer.io describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// Its name; may hold anything.
    pub name: String,
    /// `finished`, or that it is still building.
    pub state: SegmentState,
    /// When it was last changed there. Its conditions are shown to nobody outside.
    pub changed_at: Option<Instant>,
}

/// Whether a segment's membership can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// It can.
    Finished,
    /// Customer.io is still computing it: rows may be out of date.
    Building {
        /// Percent, where told.
        progress: Option<i64>,
    },
}

/// A segment that could become an audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// As Customer.io describes it.
    pub segment: Segment,
    /// The audience it already is.
    pub promoted_as: Option<Key>,
}
