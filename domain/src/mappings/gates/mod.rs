//! Gates: what must hold before people of a mapping go to its destination, each with its
//! evidence.
//!
//! [`judge()`] is pure, over facts; who asks decides what follows. The console refuses to start a
//! mapping behind a blocking gate, `segue apply` passes it and records that, and the engine
//! never asks. A new gate is a name in [`Gate`], what it needs to know in [`GateFacts`], and a
//! rule in `judge.rs`.

pub mod checklist;
mod judge;
#[cfg(feature = "service")]
pub mod port;
pub mod rollout;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{
    audiences::Window,
    destinations::Profile,
    key::Key,
    mappings::{UseCase, trial::Proof},
    suppression::SuppressionSpec,
    time::Instant,
};

pub use judge::judge;
pub use rollout::{Basis, Rollout, Sibling, SignOff};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Whoever has bought is kept out.
    SuppressionPolicy,
    /// The platform uses an audience of that size.
    MinimumSize,
    /// The platform can find enough of the people.
    Identifiers,
    /// The audience's window suits the use case and the platform.
    Window,
    /// A controlled test has reached the destination.
    ControlledTest,
    /// The audience is seen to work at one destination before it goes to the next.
    OneDestinationFirst,
    /// The destination gets no more audiences than it may.
    ExportBudget,
}

impl Gate {
    /// All of them, in the order that pages show.
    pub const ALL: [Self; 7] = [
        Self::SuppressionPolicy,
        Self::MinimumSize,
        Self::Identifiers,
        Self::Window,
        Self::ControlledTest,
        Self::OneDestinationFirst,
        Self::ExportBudget,
    ];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuppressionPolicy => "suppression-policy",
            Self::MinimumSize => "minimum-size",
            Self::Identifiers => "identifiers",
            Self::Window => "window",
            Self::ControlledTest => "controlled-test",
            Self::OneDestinationFirst => "one-destination-first",
            Self::ExportBudget => "export-budget",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::SuppressionPolicy => "Suppression policy",
            Self::MinimumSize => "Minimum size",
            Self::Identifiers => "Identifiers",
            Self::Window => "Window",
            Self::ControlledTest => "Controlled test",
            Self::OneDestinationFirst => "One destination first",
            Self::ExportBudget => "Export budget",
        }
    }

    /// Whether somebody may pass it in the console, with a reason. Where people would be
    /// harmed nobody may.
    #[must_use]
    pub const fn can_be_passed(self) -> bool {
        !matches!(self, Self::SuppressionPolicy)
    }
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Gate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|gate| gate.as_str() == text);
        found.ok_or_else(|| format!("no gate is called {text}"))
    }
}

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    /// Nobody may go.
    Blocking,
    /// Whoever goes is told.
    Warning,
    /// What it depends on is not known yet.
    Unknown,
    /// It holds.
    Open,
}

/// Where one goes to change what a gate found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateLink {
    /// The mapping's audience.
    Audience(Key),
    /// The mapping's destination.
    Destination(Key),
    /// The suppressions.
    Suppression,
    /// The mapping's controlled tests.
    Trial(Key),
    /// The checklist of a mapping.
    Checklist(Key),
}

/// What was found at a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub gate: Gate,
    /// How it stands.
    pub state: GateState,
    /// What was seen, with its numbers, as a clause.
    pub evidence: String,
    /// What to do about it, as a clause; nothing where it is open.
    pub remedy: Option<String>,
    /// Where.
    pub link: GateLink,
}

impl Finding {
    /// Why nobody may go, and what to do, in one sentence for a refusal.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.remedy {
            Some(remedy) => format!("{}: {remedy}", self.evidence),
            None => self.evidence.clone(),
        }
    }
}

/// Somebody's decision to go through a gate that blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Which.
    pub gate: Gate,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// A gate as a mapping's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// What was found.
    pub finding: Finding,
    /// Who goes through all the same.
    pub passed: Option<Override>,
}

impl Checked {
    /// Whether it keeps the mapping from starting.
    #[must_use]
    pub const fn keeps(&self) -> bool {
        matches!(self.finding.state, GateState::Blocking) && self.passed.is_none()
    }
}

/// A gate that a change of the configuration goes through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// Whose.
    pub mapping: Key,
    /// Which.
    pub gate: Gate,
    /// Why.
    pub reason: String,
    /// What was found there.
    pub evidence: String,
}

/// How many of an audience a destination can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// These have an identifier that it takes.
    pub found: u64,
    /// Further ones may be read yet: phone numbers come with the first run.
    pub may_grow: bool,
}

/// What gates depend on.
#[derive(Clone, Debug)]
pub struct GateFacts<'a> {
    /// What the mapping is for.
    pub use_case: UseCase,
    /// Its audience.
    pub audience: &'a Key,
    /// Its destination.
    pub destination: &'a Key,
    /// The audience's window, if somebody stated it.
    pub window: Option<Window>,
    /// The audience's members; nothing before they were read.
    pub members: Option<u64>,
    /// How many of them can be found; nothing before they were read.
    pub coverage: Option<Coverage>,
    /// The destination's platform.
    pub profile: Profile,
    /// All suppressions.
    pub suppressions: Vec<&'a SuppressionSpec>,
    /// The mapping with its controlled tests, once it is stored: nobody can test before.
    pub tested: Option<Tested<'a>>,
    /// Where else the audience goes.
    pub rollout: Rollout<'a>,
    /// How many audiences may go there, and how many would; nothing where nobody has said.
    pub audiences: Option<Audiences>,
}

/// Audiences of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audiences {
    /// So many may go there.
    pub most: u64,
    /// So many do.
    pub does: u64,
    /// So many would, with the mapping's.
    pub would: u64,
}

/// How far controlled tests of a mapping have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tested<'a> {
    /// The mapping.
    pub mapping: &'a Key,
    /// The best proof of them; nothing where none was sent.
    pub proof: Option<Proof>,
}
