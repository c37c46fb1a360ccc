//! Sync: one pass of a mapping is a run: mirror, decide, diff, order.

#[cfg(feature = "service")]
pub(crate) mod candidates;
#[cfg(feature = "service")]
pub mod decide;
#[cfg(feature = "service")]
pub mod diff;
#[cfg(feature = "service")]
pub mod facts;
pub mod gate;
#[cfg(feature = "service")]
pub mod mirror;
#[cfg(feature = "service")]
mod pass;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod runs;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod watch;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    ids::RunId,
    key::Key,
    number::Hundredths,
    time::{Instant, Span},
};

/// Why a member is not sent. Each withheld person has exactly one, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A suppression holds them, such as a purchase.
    Suppressed,
    /// They have not consented.
    Unconsented,
    /// They are left out to measure the effect.
    Holdout,
    /// An audience of the same group that goes first has them.
    Outranked,
    /// Their entry waits for its time.
    Held,
    /// The destination can't find them: an identifier is missing.
    Unidentifiable,
    /// Segment refused their event.
    Refused,
}

impl Cause {
    /// All of them, in the order in which they are looked at.
    pub const ALL: [Self; 7] = [
        Self::Suppressed,
        Self::Unconsented,
        Self::Holdout,
        Self::Outranked,
        Self::Held,
        Self::Unidentifiable,
        Self::Refused,
    ];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::Unconsented => "unconsented",
            Self::Holdout => "holdout",
            Self::Outranked => "outranked",
            Self::Held => "held",
            Self::Unidentifiable => "unidentifiable",
            Self::Refused => "refused",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Cause {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or_else(|| format!("no cause is called {text}"))
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It reads the memberships.
    Mirroring,
    /// Its order is being drained.
    Delivering,
    /// Everything it ordered was acknowledged, refused, or taken over by a newer run.
    Done,
    /// Its change is abnormal: somebody must release or discard it.
    Waiting,
    /// It ended without doing its work; the next one starts from the truth.
    Failed,
}

impl RunState {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mirroring => "mirroring",
            Self::Delivering => "delivering",
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }

    /// Whether it works at this moment.
    #[must_use]
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Mirroring | Self::Delivering)
    }
}

impl std::str::FromStr for RunState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Mirroring, Self::Delivering, Self::Done, Self::Waiting, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("no run state is called {text}"))
    }
}

/// A run as lists and its own page show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// Its identity.
    pub id: RunId,
    /// Its mapping.
    pub mapping: Key,
    /// How far it has come.
    pub state: RunState,
    /// When it began.
    pub started_at: Instant,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// People read so far while mirroring; the mapping's members after.
    pub fetched: u64,
    /// Who should be there.
    pub target: u64,
    /// Transitions it ordered.
    pub entered: u64,
    /// Of those who entered, how many were there already: for a resync, a further name, a
    /// changed value.
    pub repeated: u64,
    /// Transitions it ordered.
    pub exited: u64,
    /// Members who are not sent, by cause.
    pub withheld: BTreeMap<Cause, u64>,
    /// Transitions acknowledged so far, resumed ones included.
    pub delivered: u64,
    /// Transitions that Segment will not take.
    pub dead: u64,
    /// The generation of its order, if it made one.
    pub generation: Option<i64>,
    /// Why it failed, or what was odd.
    pub error: Option<String>,
    /// It is no pass: it counts what events ordered within an hour.
    pub by_events: bool,
}

/// An audience that keeps people out, and how often it is read for that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// Which.
    pub audience: Key,
    /// The suppressions that it feeds.
    pub rules: Vec<Key>,
    /// Requests that one reading takes.
    pub requests: u64,
    /// How often it is read at least.
    pub every: Span,
    /// When its last whole reading began.
    pub read_at: Option<Instant>,
}

/// How Customer.io's budget is spent, by intervals: requests a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spending {
    /// Reading the audiences that keep people out.
    pub watching: Hundredths,
    /// What runs read, without attributes.
    pub runs: Hundredths,
    /// What may be spent, whole requests.
    pub budget: u64,
}

/// Stirs whoever works the orders, so that a wish doesn't wait for the next round.
pub trait Wake: Send + Sync {
    /// There may be something to do.
    fn wake(&self);
}
