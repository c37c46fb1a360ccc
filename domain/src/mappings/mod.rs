//! Mappings: audience x destination x use case.

pub mod exclusivity;
pub mod flapping;
pub mod gates;
#[cfg(feature = "service")]
pub mod health;
pub mod lately;
pub mod matrix;
#[cfg(feature = "service")]
pub mod port;
pub mod preview;
#[cfg(feature = "service")]
pub mod service;
pub mod timeline;
pub mod trial;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    destinations::Profile,
    ids::{AudienceId, DestinationId, MappingId},
    key::Key,
    sync::{Cause, RunRow},
    time::{Instant, Span},
};

/// What an audience is for at a destination. It brings its own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UseCase {
    /// Show ads to these people.
    Retarget,
    /// Keep ads from these people. Never itself suppressed, held, held out or outranked.
    Suppress,
    /// A seed from which the platform finds similar people.
    Lookalike,
    /// Nobody is addressed; suppression doesn't apply.
    Analytics,
}

impl UseCase {
    /// All of them, in the order that pickers show.
    pub const ALL: [Self; 4] = [Self::Retarget, Self::Suppress, Self::Lookalike, Self::Analytics];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retarget => "retarget",
            Self::Suppress => "suppress",
            Self::Lookalike => "lookalike",
            Self::Analytics => "analytics",
        }
    }

    /// Whether suppressions keep people out of it.
    #[must_use]
    pub const fn is_suppressed(self) -> bool {
        matches!(self, Self::Retarget | Self::Lookalike)
    }

    /// Whether a holdout, a group's order and a timing offset apply to it.
    #[must_use]
    pub const fn is_addressed(self) -> bool {
        !matches!(self, Self::Suppress)
    }
}

impl std::fmt::Display for UseCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for UseCase {
    type Err = UnknownUseCase;
    fn from_str(text: &str) -> Result<Self, UnknownUseCase> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownUseCase)
    }
}

/// No use case has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("choose one of retarget, suppress, lookalike, analytics")]
pub struct UnknownUseCase;

/// A share of people in hundredths of a percent: 0 to 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct HoldoutPercent(pub i64);

impl HoldoutPercent {
    /// As percent, 0 to 100.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
    pub fn percent(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl TryFrom<f64> for HoldoutPercent {
    type Error = String;
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie within 0 to 10,000")]
    fn try_from(percent: f64) -> Result<Self, String> {
        if (0.0..=100.0).contains(&percent) {
            Ok(Self((percent * 100.0).round() as i64))
        } else {
            Err("holdout_percent is a number from 0 to 100".to_owned())
        }
    }
}

impl From<HoldoutPercent> for f64 {
    fn from(share: HoldoutPercent) -> Self {
        share.percent()
    }
}

/// What an operator decides about a mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingSpec {
    /// Its name in Segue.
    pub key: Key,
    /// Whose members it sends.
    pub audience: Key,
    /// Where to.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
    /// In a group each person stands in one audience only.
    #[serde(default)]
    pub exclusivity_group: Option<Key>,
    /// The lower wins in a group.
    #[serde(default = "default_priority")]
    pub priority: i64,
    /// How often it runs.
    #[serde(default = "default_every", with = "crate::configuration::span_text")]
    pub every: Span,
    /// Share of people left out to measure the effect.
    #[serde(default)]
    pub holdout_percent: HoldoutPercent,
    /// An entry is held until its person has been seen in the audience for so long.
    #[serde(default, with = "crate::configuration::span_text::optional")]
    pub offset: Option<Span>,
    /// Whoever left the destination stays out for so long at least. No exit is ever held.
    #[serde(default, with = "crate::configuration::span_text::optional")]
    pub dwell: Option<Span>,
    /// What an entry is called as an event of its own; none is sent without it.
    #[serde(default)]
    pub entry_event: Option<String>,
    /// Paused mappings send only what protects.
    #[serde(default = "default_active")]
    pub active: bool,
}

const fn default_priority() -> i64 {
    100
}

const fn default_every() -> Span {
    Span::from_minutes(5)
}

const fn default_active() -> bool {
    true
}

/// A mapping that is stored, with what it names resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// Its identity; part of every message id.
    pub id: MappingId,
    /// Its audience.
    pub audience_id: AudienceId,
    /// Its destination.
    pub destination_id: DestinationId,
    /// What was decided about it.
    pub spec: MappingSpec,
}

/// How a mapping fares, worst first in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The last run failed.
    Failing,
    /// No run has ended well for more than twice its period.
    Late,
    /// A run waits for somebody's decision.
    Waiting,
    /// It runs now.
    Running,
    /// It has never run.
    New,
    /// The last run ended well and in time.
    Ok,
    /// It is paused.
    Paused,
}

impl Health {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Late => "late",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::New => "new",
            Self::Ok => "ok",
            Self::Paused => "paused",
        }
    }
}

/// A retired mapping whose people have not all left their destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosingRow {
    /// What it was called; another mapping may be called so by now.
    pub key: Key,
    /// Where its people are.
    pub destination: Key,
    /// That destination's platform.
    pub profile: Profile,
    /// When it was retired.
    pub retired_at: Instant,
    /// Exits that it owes: who is there, by what Segment acknowledged.
    pub owed: u64,
    /// An emergency stop holds them.
    pub is_stopped: bool,
    /// The newest run.
    pub last_run: Option<RunRow>,
    /// When it is looked after next.
    pub next_run_at: Option<Instant>,
}

/// A line of the mappings page; the mapping's own page shows the same in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingRow {
    /// What was decided about it.
    pub spec: MappingSpec,
    /// The segment's name in Customer.io, once it was read.
    pub segment_name: Option<String>,
    /// The destination's platform.
    pub profile: Profile,
    /// How it fares.
    pub health: Health,
    /// Members of its audience at the last decision.
    pub members: u64,
    /// Who should be there by the last decision.
    pub target: u64,
    /// Who is there, by what Segment acknowledged.
    pub delivered: u64,
    /// Transitions that are ordered and not yet acknowledged.
    pub pending: u64,
    /// Members who are not sent, by cause; each counts once.
    pub withheld: BTreeMap<Cause, u64>,
    /// The newest run.
    pub last_run: Option<RunRow>,
    /// When a run last ended well.
    pub last_done_at: Option<Instant>,
    /// When it runs next; nothing while paused.
    pub next_run_at: Option<Instant>,
    /// Gates that somebody lets it pass, by gate.
    pub passed: Vec<gates::Override>,
}
