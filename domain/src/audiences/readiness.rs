//! Which segments are ready to go first: a pure score, with a reason for each point.
//!
//! What isn't known earns nothing and is said: a segment that was never read is behind one that
//! was, and before nobody's judgement. To weigh something else, add its rule to [`readiness()`].

use serde::{Deserialize, Serialize};

use super::{SegmentState, Window, coverage::Coverage};
use crate::{destinations::Profile, key::Key, mappings::UseCase, number::grouped};

/// Percent of members who can be found from which on the point is earned: the alarm of the
/// identity gap rings at the rest.
const ENOUGH: u64 = 100 - super::coverage::IDENTITY_GAP;

/// How a reason weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighs {
    /// It earns its point.
    For,
    /// It doesn't.
    Against,
    /// Nobody knows yet.
    Unknown,
}

/// Why a point is earned or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// How it weighs.
    pub weighs: Weighs,
    /// What was seen, as a clause.
    pub words: String,
}

impl Reason {
    /// So much, in these words.
    #[must_use]
    pub fn new(weighs: Weighs, words: impl Into<String>) -> Self {
        Self { weighs, words: words.into() }
    }
}

/// How ready a segment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// One for each point that could be earned.
    pub reasons: Vec<Reason>,
}

impl Readiness {
    /// Points that are earned.
    #[must_use]
    pub fn points(&self) -> usize {
        self.count(Weighs::For)
    }

    /// Points that could be.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.reasons.len()
    }

    fn count(&self, weighs: Weighs) -> usize {
        self.reasons.iter().filter(|one| one.weighs == weighs).count()
    }

    /// What lists are sorted by, the readiest first: points earned, then fewer that are lost.
    #[must_use]
    pub fn rank(&self) -> impl Ord + use<> {
        (std::cmp::Reverse(self.points()), self.count(Weighs::Against))
    }
}

/// What it depends on.
#[derive(Clone, Copy, Debug)]
pub struct ReadyFacts<'a> {
    /// How Customer.io has it.
    pub state: &'a SegmentState,
    /// What names its members; nothing before they were read.
    pub coverage: Option<Coverage>,
    /// Where it is to go, once that is known.
    pub profile: Option<Profile>,
    /// How long ago its people did what brought them in, if stated.
    pub window: Option<Window>,
    /// What it is for.
    pub goal: UseCase,
    /// Whether a rule keeps out whoever bought.
    pub keeps_out_buyers: bool,
}

/// How ready it is.
#[must_use]
pub fn readiness(facts: &ReadyFacts<'_>) -> Readiness {
    let mut reasons = vec![state(facts.state), size(facts), identifiers(facts)];
    if facts.goal == UseCase::Retarget {
        reasons.push(window(facts));
        reasons.push(suppression(facts.keeps_out_buyers));
    }
    Readiness { reasons }
}

fn state(state: &SegmentState) -> Reason {
    match state {
        SegmentState::Finished => Reason::new(Weighs::For, "Customer.io has finished it"),
        SegmentState::Building { .. } => {
            Reason::new(Weighs::Against, "Customer.io still builds it")
        }
    }
}

fn size(facts: &ReadyFacts<'_>) -> Reason {
    let Some(coverage) = facts.coverage else {
        return Reason::new(Weighs::Unknown, "its members are read once it is promoted");
    };
    let has = format!("{} people", grouped(coverage.members));
    let Some(profile) = facts.profile else {
        return Reason::new(
            Weighs::Unknown,
            format!("{has}; how many it needs depends on where it goes"),
        );
    };
    let least = profile.minimum_size().unwrap_or(1);
    if coverage.members < least {
        let words = format!("{has}, and {} needs {}", profile.label(), grouped(least));
        Reason::new(Weighs::Against, words)
    } else {
        Reason::new(Weighs::For, format!("{has}, enough for {}", profile.label()))
    }
}

fn identifiers(facts: &ReadyFacts<'_>) -> Reason {
    let (Some(coverage), Some(profile)) = (facts.coverage, facts.profile) else {
        return Reason::new(Weighs::Unknown, "who can be found is not known yet");
    };
    if coverage.members == 0 {
        return Reason::new(Weighs::Unknown, "nobody is in it");
    }
    let needs = profile.identifiable();
    let found = if needs.cio_id {
        coverage.members
    } else if needs.id {
        coverage.any
    } else {
        coverage.contact
    };
    let words =
        format!("{} can find {} of {}", profile.label(), grouped(found), grouped(coverage.members));
    let enough = found * 100 >= coverage.members * ENOUGH;
    Reason::new(if enough { Weighs::For } else { Weighs::Against }, words)
}

fn window(facts: &ReadyFacts<'_>) -> Reason {
    let Some(window) = facts.window else {
        return Reason::new(Weighs::Unknown, "nobody has stated its window");
    };
    let floor = facts.profile.and_then(Profile::refresh_floor);
    match floor.filter(|floor| window.length() < *floor) {
        Some(floor) => Reason::new(
            Weighs::Against,
            format!("people stay {}, and lists there change every {floor}", window.length()),
        ),
        None => Reason::new(Weighs::For, format!("its window is {window}")),
    }
}

fn suppression(keeps_out_buyers: bool) -> Reason {
    if keeps_out_buyers {
        Reason::new(Weighs::For, "whoever bought is kept out")
    } else {
        Reason::new(Weighs::Against, "nothing keeps out whoever bought")
    }
}

/// A key made of a segment's name; of its number where the name has no letters to begin with.
#[must_use]
pub fn key_of(name: &str, segment: i64) -> String {
    let mut key = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    key.truncate(48);
    let key = key.trim_end_matches('-');
    if key.parse::<Key>().is_ok() { key.to_owned() } else { format!("segment-{segment}") }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn coverage(members: u64, contact: u64) -> Coverage {
        Coverage { members, contact, any: contact, ..Coverage::default() }
    }

    fn facts(coverage: Option<Coverage>) -> ReadyFacts<'static> {
        ReadyFacts {
            state: &SegmentState::Finished,
            coverage,
            profile: Some(Profile::MetaCustomAudiences),
            window: "4h".parse().ok(),
            goal: UseCase::Retarget,
            keeps_out_buyers: true,
        }
    }

    #[test]
    fn what_is_in_order_earns_every_point() {
        let ready = readiness(&facts(Some(coverage(1_000, 600))));
        assert_eq!((ready.points(), ready.most()), (5, 5));
    }

    #[test]
    fn each_fault_costs_its_point_and_is_said() {
        let good = facts(Some(coverage(1_000, 600)));
        let building = SegmentState::Building { progress: None };
        for (faulty, said) in [
            (ReadyFacts { state: &building, ..good }, "still builds"),
            (ReadyFacts { coverage: Some(coverage(99, 99)), ..good }, "needs 100"),
            (ReadyFacts { coverage: Some(coverage(1_000, 599)), ..good }, "find 599 of 1,000"),
            (ReadyFacts { window: "30m".parse().ok(), ..good }, "people stay 30m"),
            (ReadyFacts { keeps_out_buyers: false, ..good }, "nothing keeps out"),
        ] {
            let ready = readiness(&faulty);
            assert_eq!(ready.points(), 4, "{said}");
            let against = ready.reasons.iter().find(|one| one.weighs == Weighs::Against).unwrap();
            assert!(against.words.contains(said), "{}", against.words);
        }
    }

    #[test]
    fn what_was_never_read_is_unknown_and_behind_what_was() {
        let unread = readiness(&facts(None));
        assert_eq!(unread.points(), 3);
        assert!(!unread.reasons.iter().any(|one| one.weighs == Weighs::Against));
        let read = readiness(&facts(Some(coverage(1_000, 900))));
        assert!(read.rank() < unread.rank());
    }

    #[test]
    fn only_retargeting_asks_for_window_and_suppression() {
        let goal = UseCase::Lookalike;
        let ready = readiness(&ReadyFacts { goal, window: None, ..facts(None) });
        assert_eq!(ready.most(), 3);
    }

    proptest! {
        /// More people, and more of them who can be found, never cost a point.
        #[test]
        fn growing_never_costs(
            members in 0_u64..3_000, more in 0_u64..3_000, found in 0_u64..3_000,
            profile in select(Profile::ALL.to_vec()),
        ) {
            let at = |members, found| {
                let facts = facts(Some(coverage(members, found)));
                readiness(&ReadyFacts { profile: Some(profile), ..facts }).points()
            };
            let found = found.min(members);
            prop_assert!(at(members, found) <= at(members + more, found + more));
        }

        /// Any name makes a key.
        #[test]
        fn every_name_makes_a_key(name in any::<String>(), segment in 1_i64..1_000_000) {
            prop_assert!(key_of(&name, segment).parse::<Key>().is_ok());
        }
    }
}
