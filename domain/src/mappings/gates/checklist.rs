//! The checklist of a first version, line by line, for one mapping: each checked by machine, with
//! its evidence and the place that mends it.
//!
//! Where a gate judges the same thing its finding is the line; nothing is judged twice. A line is
//! never done by somebody's word alone. To add one: a name in [`Item`] and a rule in [`lines()`].

use serde::{Deserialize, Serialize};

use super::{Checked, Gate, GateLink, GateState, SignOff};
use crate::{
    contract::{FEWEST_EVENTS, MOST_EVENTS},
    mappings::{MappingRow, UseCase, trial::Proof},
    number::grouped,
    suppression::{SuppressionSpec, registry},
};

/// How many audiences a first version has.
const FIRST_AUDIENCES: std::ops::RangeInclusive<u64> = 5..=10;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// The names of the events are frozen.
    Events,
    /// Profiles have what the destination finds people by.
    Identifiers,
    /// Few audiences go first.
    Audiences,
    /// It is written down who is kept out.
    Suppression,
    /// The source of its own is seen to take what is sent.
    Source,
    /// One destination at a time.
    OneDestination,
    /// Somebody is told when it fails.
    Monitoring,
    /// Some people are left out, to compare.
    Holdout,
}

impl Item {
    /// All of them, in the order of the checklist.
    pub const ALL: [Self; 8] = [
        Self::Events,
        Self::Identifiers,
        Self::Audiences,
        Self::Suppression,
        Self::Source,
        Self::OneDestination,
        Self::Monitoring,
        Self::Holdout,
    ];

    /// What it asks for.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Events => "8 to 15 canonical events, their names frozen",
            Self::Identifiers => "Identifiers on the profiles",
            Self::Audiences => "5 to 10 segments first",
            Self::Suppression => "Suppression rules written down",
            Self::Source => "A source of its own, its traffic verified",
            Self::OneDestination => "One destination first, with QA",
            Self::Monitoring => "Monitoring",
            Self::Holdout => "A holdout of two weeks",
        }
    }
}

/// How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Evident.
    Done,
    /// Some of it is.
    Partly,
    /// It isn't.
    Open,
    /// What it depends on is not known yet.
    Unknown,
    /// It asks nothing of such a mapping.
    NotAsked,
}

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub item: Item,
    /// How it stands.
    pub state: LineState,
    /// What was seen, as a clause.
    pub evidence: String,
    /// Where one goes about it.
    pub link: Option<LineLink>,
}

/// Where a line is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineLink {
    /// Where a gate's finding is mended.
    Gate(GateLink),
    /// The list of audiences.
    Audiences,
    /// The mapping itself.
    Mapping,
    /// The mapping's form.
    Edit,
}

/// What the lines depend on.
#[derive(Clone, Debug)]
pub struct ChecklistFacts<'a> {
    /// The mapping.
    pub row: &'a MappingRow,
    /// What gates say of it.
    pub gates: &'a [Checked],
    /// Events of the contract in force; none where there is none.
    pub events: usize,
    /// Segments promoted for export.
    pub audiences: u64,
    /// All suppressions.
    pub suppressions: Vec<&'a SuppressionSpec>,
    /// The best proof of its controlled tests.
    pub proof: Option<Proof>,
    /// Running mappings of the audience beside it.
    pub elsewhere: u64,
    /// Whose word there is that it works.
    pub sign_off: Option<&'a SignOff>,
}

/// Every line, in the order of [`Item::ALL`].
#[must_use]
pub fn lines(facts: &ChecklistFacts<'_>) -> Vec<Line> {
    let look = |item| match item {
        Item::Events => events(facts.events),
        Item::Identifiers => identifiers(facts),
        Item::Audiences => audiences(facts.audiences),
        Item::Suppression => suppression(facts),
        Item::Source => source(facts),
        Item::OneDestination => one_destination(facts),
        Item::Monitoring => monitoring(facts),
        Item::Holdout => holdout(facts),
    };
    Item::ALL.into_iter().map(look).collect()
}

fn line(
    item: Item,
    state: LineState,
    evidence: impl Into<String>,
    link: impl Into<Option<LineLink>>,
) -> Line {
    Line { item, state, evidence: evidence.into(), link: link.into() }
}

fn events(events: usize) -> Line {
    let (state, evidence) = match events {
        0 => (LineState::Open, "no contract of events is in force, so none is checked".to_owned()),
        some @ FEWEST_EVENTS..=MOST_EVENTS => (
            LineState::Done,
            format!("{some} events are agreed on, and whatever comes in is checked"),
        ),
        1 => (
            LineState::Partly,
            format!("1 event is agreed on, of {FEWEST_EVENTS} to {MOST_EVENTS}"),
        ),
        some => {
            let said = format!(
                "{some} events are agreed on, and {FEWEST_EVENTS} to {MOST_EVENTS} are kept best"
            );
            (LineState::Partly, said)
        }
    };
    line(Item::Events, state, evidence, None)
}

fn identifiers(facts: &ChecklistFacts<'_>) -> Line {
    let item = Item::Identifiers;
    let gate = facts.gates.iter().map(|one| &one.finding).find(|one| one.gate == Gate::Identifiers);
    // A destination that takes the id that everybody has is no matter of a gate.
    let Some(found) = gate else {
        let evidence = format!("{} takes the id that everybody has", facts.row.profile.label());
        return line(item, LineState::Done, evidence, None);
    };
    let state = match found.state {
        GateState::Open => LineState::Done,
        GateState::Warning => LineState::Partly,
        GateState::Blocking => LineState::Open,
        GateState::Unknown => LineState::Unknown,
    };
    line(item, state, found.words(), LineLink::Gate(found.link.clone()))
}

fn audiences(count: u64) -> Line {
    let (least, most) = (FIRST_AUDIENCES.start(), FIRST_AUDIENCES.end());
    let noun = if count == 1 { "segment is" } else { "segments are" };
    let said = format!("{} {noun} promoted", grouped(count));
    let (state, evidence) = if FIRST_AUDIENCES.contains(&count) {
        (LineState::Done, said)
    } else if count < *least {
        (LineState::Partly, format!("{said}; a first version has {least} to {most}"))
    } else {
        (LineState::Partly, format!("{said}, more than the {most} that can be watched at first"))
    };
    line(Item::Audiences, state, evidence, LineLink::Audiences)
}

fn suppression(facts: &ChecklistFacts<'_>) -> Line {
    let missing: Vec<&str> = registry::uncovered(facts.suppressions.iter().copied())
        .into_iter()
        .map(registry::Kind::as_str)
        .collect();
    let (state, evidence) = if missing.is_empty() {
        let said = "a rule stands for each of purchase, refund, support and unsubscribed";
        (LineState::Done, said.to_owned())
    } else {
        let state = if missing.contains(&registry::Kind::Purchase.as_str()) {
            LineState::Open
        } else {
            LineState::Partly
        };
        (state, format!("no rule stands for {}", missing.join(", ")))
    };
    line(Item::Suppression, state, evidence, LineLink::Gate(GateLink::Suppression))
}

fn source(facts: &ChecklistFacts<'_>) -> Line {
    let (state, evidence) = match facts.proof {
        Some(Proof::Forwarded | Proof::Arrived) => {
            (LineState::Done, "a controlled test was counted in the source")
        }
        Some(Proof::Sent) => (
            LineState::Partly,
            "a controlled test was taken by Segment's edge and is not counted in the source",
        ),
        None => (LineState::Open, "no controlled test was sent through it"),
    };
    let link = LineLink::Gate(GateLink::Trial(facts.row.spec.key.clone()));
    line(Item::Source, state, evidence, link)
}

fn one_destination(facts: &ChecklistFacts<'_>) -> Line {
    let item = Item::OneDestination;
    let spec = &facts.row.spec;
    if spec.use_case == UseCase::Suppress {
        let evidence = "whoever is to be kept out is kept out everywhere at once";
        return line(item, LineState::NotAsked, evidence, None);
    }
    if let Some(given) = facts.sign_off {
        let evidence = format!("{} has signed it off: {}", given.by, given.note);
        return line(item, LineState::Done, evidence, None);
    }
    let gate = facts
        .gates
        .iter()
        .map(|one| &one.finding)
        .find(|one| one.gate == Gate::OneDestinationFirst);
    match gate {
        Some(found) if found.state == GateState::Blocking => {
            line(item, LineState::Open, found.words(), LineLink::Gate(found.link.clone()))
        }
        _ if facts.elsewhere == 0 => {
            let evidence = format!(
                "{} goes to {} alone, and nobody has signed off its QA",
                spec.audience, spec.destination
            );
            line(item, LineState::Partly, evidence, None)
        }
        _ => {
            let evidence = format!("nobody has signed off the QA of {}", spec.key);
            line(item, LineState::Partly, evidence, None)
        }
    }
}

/// What is watched of every mapping; it says what isn't.
fn monitoring(facts: &ChecklistFacts<'_>) -> Line {
    let evidence = if facts.row.last_run.is_some() {
        "watched are late and failing runs, abnormal changes, people whom Segment refuses and \
         people who can't be found; volume and latency are drawn, without an alarm, and the \
         platform's own match rate isn't known"
    } else {
        "it has never run, so nothing was watched yet"
    };
    let state = if facts.row.last_run.is_some() { LineState::Partly } else { LineState::Unknown };
    line(Item::Monitoring, state, evidence, LineLink::Mapping)
}

fn holdout(facts: &ChecklistFacts<'_>) -> Line {
    let spec = &facts.row.spec;
    if spec.use_case != UseCase::Retarget {
        let evidence =
            format!("only a retarget mapping is compared, and this is {}", spec.use_case);
        return line(Item::Holdout, LineState::NotAsked, evidence, None);
    }
    let (state, evidence) = if spec.holdout_percent.0 > 0 {
        let said = format!(
            "{} % of its people are left out; leave it so for at least two weeks, since when is not \
             kept yet",
            spec.holdout_percent.percent()
        );
        (LineState::Partly, said)
    } else {
        (LineState::Open, "nobody is left out: what it brings is unproven".to_owned())
    };
    line(Item::Holdout, state, evidence, LineLink::Edit)
}

#[cfg(test)]
mod tests;
