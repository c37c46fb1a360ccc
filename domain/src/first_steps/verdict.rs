//! Whether Segue is worth it here at all: a verdict with its reasons, which may be no.
//!
//! Nothing is guessed: what isn't known yet is said, and keeps the verdict open. To weigh
//! something else, add its rule to [`verdict`].

use serde::{Deserialize, Serialize};

use crate::{
    audiences::{
        coverage::Coverage,
        readiness::{Reason, Weighs},
    },
    destinations::Profile,
    mappings::UseCase,
    number::grouped,
};

/// What comes of the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Worth {
    /// Too little is known.
    Open,
    /// Nothing speaks against it.
    Yes,
    /// Something does.
    Doubtful,
    /// What is there can't reach the goal.
    No,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// In a word.
    pub worth: Worth,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What it depends on.
#[derive(Clone, Copy, Debug)]
pub struct WorthFacts<'a> {
    /// What it is all for.
    pub goal: UseCase,
    /// How many segments Customer.io has; nothing before it could be asked.
    pub segments: Option<u64>,
    /// Where it is to go.
    pub profiles: &'a [Profile],
    /// How many audiences were promoted.
    pub audiences: u64,
    /// The audience with the most members that was read.
    pub largest: Option<Coverage>,
}

/// Weighs what is there against the goal.
#[must_use]
pub fn verdict(facts: &WorthFacts<'_>) -> Verdict {
    let is_barren = facts.segments == Some(0);
    let is_small = is_too_small(facts);
    let mut reasons = vec![source(facts.segments), places(facts), size(facts, is_small)];
    if facts.goal != UseCase::Analytics {
        reasons.push(identity(facts.largest));
    }
    let has = |weighs| reasons.iter().any(|one| one.weighs == weighs);
    let worth = if is_barren || is_small {
        Worth::No
    } else if has(Weighs::Against) {
        Worth::Doubtful
    } else if has(Weighs::Unknown) {
        Worth::Open
    } else {
        Worth::Yes
    };
    Verdict { worth, reasons }
}

fn source(segments: Option<u64>) -> Reason {
    match segments {
        None => Reason::new(Weighs::Unknown, "which segments Customer.io has"),
        Some(0) => Reason::new(
            Weighs::Against,
            "Customer.io has no segment: who is in one is decided there, and nowhere here",
        ),
        Some(1) => Reason::new(Weighs::For, "Customer.io decides who is in 1 segment"),
        Some(some) => {
            let words = format!("Customer.io decides who is in {} segments", grouped(some));
            Reason::new(Weighs::For, words)
        }
    }
}

/// One segment at one of the two platforms that Customer.io syncs by itself needs no Segue.
fn places(facts: &WorthFacts<'_>) -> Reason {
    use Profile::{GoogleCustomerMatch, MetaCustomAudiences};
    match facts.profiles {
        [] => Reason::new(Weighs::Unknown, "where it is to go"),
        [only @ (MetaCustomAudiences | GoogleCustomerMatch)] if facts.audiences <= 1 => {
            Reason::new(
                Weighs::Against,
                format!(
                    "for one segment at {} alone Customer.io's own ad audiences may do; what they lack \
                 is suppression, proof and an order between audiences",
                    only.label()
                ),
            )
        }
        [only] => Reason::new(Weighs::For, format!("it goes to {}", only.label())),
        several => {
            let words = format!("one source feeds {} destinations", grouped(several.len() as u64));
            Reason::new(Weighs::For, words)
        }
    }
}

/// Whether the largest audience is smaller than every place needs.
fn is_too_small(facts: &WorthFacts<'_>) -> bool {
    let Some(members) = facts.largest.map(|largest| largest.members) else { return false };
    let needs = |profile: &Profile| profile.minimum_size().is_some_and(|least| members < least);
    !facts.profiles.is_empty() && facts.profiles.iter().all(needs)
}

fn size(facts: &WorthFacts<'_>, is_small: bool) -> Reason {
    let (Some(largest), false) = (facts.largest, facts.profiles.is_empty()) else {
        return Reason::new(Weighs::Unknown, "how many people the audiences hold");
    };
    let has = format!("the largest audience has {}", people(largest.members));
    if is_small {
        let least = facts.profiles.iter().filter_map(|one| one.minimum_size()).min();
        let words =
            format!("{has}, and no platform takes fewer than {}", grouped(least.unwrap_or(1)));
        return Reason::new(Weighs::Against, words);
    }
    Reason::new(Weighs::For, has)
}

fn identity(largest: Option<Coverage>) -> Reason {
    let Some(largest) = largest.filter(|one| one.members > 0) else {
        return Reason::new(Weighs::Unknown, "how many of them a platform can find");
    };
    let words = format!(
        "{} of the largest audience's {} have an e-mail address or a phone number",
        grouped(largest.contact),
        people(largest.members)
    );
    Reason::new(if largest.is_gap() { Weighs::Against } else { Weighs::For }, words)
}

fn people(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "person" } else { "people" })
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn coverage(members: u64, contact: u64) -> Coverage {
        let gap = members - contact;
        Coverage { members, email: contact, any: contact, contact, gap, ..Coverage::default() }
    }

    fn facts(profiles: &[Profile]) -> WorthFacts<'_> {
        WorthFacts {
            goal: UseCase::Retarget,
            segments: Some(12),
            profiles,
            audiences: 4,
            largest: Some(coverage(50_000, 45_000)),
        }
    }

    const META: &[Profile] = &[Profile::MetaCustomAudiences];

    #[test]
    fn it_says_no_where_the_goal_is_out_of_reach() {
        assert_eq!(verdict(&facts(META)).worth, Worth::Yes);
        let barren = WorthFacts { segments: Some(0), ..facts(META) };
        assert_eq!(verdict(&barren).worth, Worth::No);
        let small = WorthFacts { largest: Some(coverage(12, 12)), ..facts(META) };
        let said = verdict(&small);
        assert_eq!(said.worth, Worth::No);
        let against: Vec<_> =
            said.reasons.iter().filter(|one| one.weighs == Weighs::Against).collect();
        assert_eq!(against.len(), 1);
        assert!(against[0].words.starts_with("the largest audience has 12 people, and no"));
        let warehouse = [Profile::MetaCustomAudiences, Profile::Warehouse];
        let small = WorthFacts { largest: Some(coverage(12, 12)), ..facts(&warehouse) };
        assert_eq!(verdict(&small).worth, Worth::Yes, "a warehouse takes few");
    }

    #[test]
    fn what_speaks_against_it_is_a_doubt() {
        let one = WorthFacts { audiences: 1, ..facts(META) };
        assert_eq!(verdict(&one).worth, Worth::Doubtful);
        let tiktok = WorthFacts { audiences: 1, ..facts(&[Profile::TiktokAudiences]) };
        assert_eq!(verdict(&tiktok).worth, Worth::Yes);
        let gap = WorthFacts { largest: Some(coverage(50_000, 30_000)), ..facts(META) };
        assert_eq!(verdict(&gap).worth, Worth::Doubtful);
        let rows = WorthFacts { goal: UseCase::Analytics, ..gap };
        assert_eq!(verdict(&rows).worth, Worth::Yes, "a table needs no match");
    }

    proptest! {
        /// What isn't known never counts for it or against it.
        #[test]
        fn it_stays_open_as_long_as_something_is_missing(
            goal in select(UseCase::ALL.to_vec()), segments in prop::option::of(1_u64..100),
            is_placed: bool, largest in prop::option::of(10_000_u64..1_000_000),
        ) {
            let profiles: &[Profile] = if is_placed { &[Profile::TiktokAudiences] } else { &[] };
            let largest = largest.map(|members| coverage(members, members));
            let said = verdict(&WorthFacts { goal, segments, profiles, audiences: 2, largest });
            let is_known = segments.is_some() && is_placed && largest.is_some();
            prop_assert_eq!(said.worth, if is_known { Worth::Yes } else { Worth::Open });
        }
    }
}
