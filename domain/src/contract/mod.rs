//! The contract: the few events that everybody means the same by, each with its properties,
//! who answers for it and who reads it.
//!
//! A contract is a value: what is in force is its newest version, and each version was approved
//! as a change of the one before ([`request`]). [`check`] holds events against it, [`change`]
//! says what a change does to events that passed, [`schema`] is its JSON Schema. A further
//! property of an event is a field of [`Property`], one arm in [`change`] and one in [`schema`].

pub mod blast;
#[cfg(feature = "service")]
pub mod change;
#[cfg(feature = "service")]
pub mod check;
#[cfg(feature = "service")]
mod churn;
mod clash;
#[cfg(feature = "service")]
pub mod fixtures;
#[cfg(feature = "service")]
pub mod gate;
#[cfg(feature = "service")]
pub mod infer;
#[cfg(feature = "service")]
pub mod names;
pub mod noise;
pub mod notation;
pub mod onward;
#[cfg(feature = "service")]
mod past;
pub mod plans;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod preview;
#[cfg(feature = "service")]
pub mod proposal;
#[cfg(feature = "service")]
mod readers;
pub mod replay;
pub mod request;
#[cfg(feature = "service")]
pub mod schema;
#[cfg(feature = "service")]
pub mod service;
pub mod spec;
pub mod starter;
pub mod synonyms;
#[cfg(feature = "service")]
pub mod talk;
#[cfg(feature = "service")]
pub mod tracking_plan;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use self::{
    request::{Request, Version},
    synonyms::Vendor,
};
use crate::{day::Day, time::Instant};

/// So few events are worth agreeing on.
pub const FEWEST_EVENTS: usize = 8;

/// And so many can be kept: more are nobody's.
pub const MOST_EVENTS: usize = 15;

/// How deep an object may stand in another.
pub const DEEPEST: usize = 4;

/// Everything that was agreed on, by the canonical name of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contract {
    /// Its events.
    pub events: BTreeMap<String, Event>,
}

/// An event that everybody means the same by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What has happened when it is sent.
    #[serde(default)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: String,
    /// Who reads it, such as a destination or a report.
    #[serde(default)]
    pub consumers: BTreeSet<String>,
    /// Other names under which it comes in: they are renamed.
    #[serde(default)]
    pub aliases: BTreeSet<String>,
    /// Former names under which it goes out too, each with its last day: see [`onward`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also_sent_as: BTreeMap<String, Day>,
    /// Whether it goes nowhere: it is kept and holds whom it names all the same.
    #[serde(default, skip_serializing_if = "is_no")]
    pub is_stopped: bool,
    /// What it says, by name. Nothing else may stand in it.
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
}

/// Whether a field of a stored contract is left out: most events have no need of it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_no(flag: &bool) -> bool {
    !*flag
}

/// One thing that an event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Property {
    /// What it is.
    pub kind: Kind,
    /// Whether an event without it is none.
    #[serde(default)]
    pub required: bool,
    /// The texts that it may be; any where there are none.
    #[serde(default)]
    pub choices: BTreeSet<String>,
    /// What its number counts, such as `USD` or `days`.
    #[serde(default)]
    pub unit: Option<String>,
    /// How it must be handled.
    #[serde(default)]
    pub class: Class,
}

/// What a property is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    Text,
    /// A moment as ISO 8601 writes it.
    Time,
    /// A number without a fraction.
    Whole,
    /// Any number.
    Number,
    /// Yes or no.
    Boolean,
    /// Further properties; nothing else may stand in it.
    Object(BTreeMap<String, Property>),
    /// Any number of one kind.
    List(Box<Kind>),
}

/// How data must be handled.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It names a person.
    Identifier,
    /// It is about money.
    Commercial,
    /// It is about what somebody did.
    Behavioural,
    /// None of these.
    #[default]
    Other,
}

impl Class {
    /// All of them, as pickers show them.
    pub const ALL: [Self; 4] = [Self::Identifier, Self::Commercial, Self::Behavioural, Self::Other];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Commercial => "commercial",
            Self::Behavioural => "behavioural",
            Self::Other => "other",
        }
    }
}

impl Event {
    /// Every name by which somebody may know it: its canonical one, and those under which it
    /// comes in or goes out too.
    pub fn names<'a>(&'a self, canonical: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.aliases.iter().chain(self.also_sent_as.keys()).map(String::as_str);
        std::iter::once(canonical).chain(others)
    }
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Time => "time".to_owned(),
            Self::Whole => "whole number".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean => "yes or no".to_owned(),
            Self::Object(_) => "object".to_owned(),
            Self::List(of) => format!("list of {}", of.words()),
        }
    }
}

impl Contract {
    /// The canonical name of an event that comes in under this one.
    #[must_use]
    pub fn canonical<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        if self.events.contains_key(name) {
            return Some(name);
        }
        let bears = |(_, event): &(&String, &Event)| event.aliases.contains(name);
        self.events.iter().find(bears).map(|(canonical, _)| canonical.as_str())
    }
}

/// Why an event isn't as agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Where, such as `products[2].price`; empty for the event itself.
    pub path: String,
    /// What should stand there.
    pub expected: String,
    /// What does, without its value: it may be somebody's.
    pub found: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, expected, found } = self;
        if path.is_empty() {
            write!(f, "expected {expected}, found {found}")
        } else {
            write!(f, "{path}: expected {expected}, found {found}")
        }
    }
}

/// What a change does to events that are sent as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compatibility {
    /// Every event that passed still passes.
    Additive,
    /// Some that passed fail.
    Narrowing,
    /// All that passed fail, or what they said is gone.
    Breaking,
}

impl Compatibility {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Narrowing => "narrowing",
            Self::Breaking => "breaking",
        }
    }
}

/// One difference of two contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Of which event.
    pub event: String,
    /// Where in it, such as `properties.total.required`; empty for the whole event.
    pub path: String,
    /// What stood there; nothing if it is new.
    pub before: Option<String>,
    /// What stands there; nothing if it is gone.
    pub after: Option<String>,
    /// What it does to events.
    pub compatibility: Compatibility,
    /// Why, in a sentence.
    pub reason: String,
}

/// How much the names changed lately: whoever reads events has work with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Churn {
    /// Versions that were approved.
    pub versions: u64,
    /// Events that got another name.
    pub renamed: u64,
    /// Events that were taken out.
    pub removed: u64,
    /// Differences after which some events failed that had passed.
    pub narrowed: u64,
}

/// Events in quarantine that have the same wrong with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The event, as it came in.
    pub name: String,
    /// What is wrong.
    pub violation: Violation,
    /// How many.
    pub events: u64,
    /// When the first came in.
    pub first_at: Instant,
    /// When the last did.
    pub last_at: Instant,
}

/// What the contract's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractView {
    /// What is in force.
    pub version: Version,
    /// What the ad platforms call its events, by their canonical names.
    pub standard_names: BTreeMap<String, Vec<(Vendor, String)>>,
    /// How much it changed in the last 90 days.
    pub churn: Churn,
    /// What is proposed, the newest first, and what was decided lately.
    pub requests: Vec<Request>,
    /// What stands in quarantine.
    pub quarantine: Vec<Group>,
}
