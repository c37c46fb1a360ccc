//! First steps: from an empty installation to the first mapping that lives at one destination.
//!
//! What is done of a step is computed from what exists ([`steps()`]); nothing of it is kept but the
//! goal that somebody chose. While the ceiling of a first version stands ([`scope`]), what would
//! make it too complex to be watched is refused. A new step is a variant of [`Step`] and a line in
//! [`steps()`].

#[cfg(feature = "service")]
pub mod port;
pub mod scope;
#[cfg(feature = "service")]
pub mod service;
pub mod verdict;

use serde::{Deserialize, Serialize};

use crate::{
    destinations::Profile,
    mappings::UseCase,
    time::{Instant, Span},
};

/// So long after its first sign-off a first version is stable.
pub const STABLE_AFTER: Span = Span::from_hours(14 * 24);

/// What was decided about a first version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstVersion {
    /// What it is for.
    pub goal: UseCase,
    /// Who chose it first.
    pub begun_by: String,
    /// When.
    pub begun_at: Instant,
    /// Whether the ceiling applies: it does where nothing flowed before.
    pub is_capped: bool,
    /// Whether somebody has put First steps away.
    pub is_dismissed: bool,
    /// Who has lifted the ceiling.
    pub lifted: Option<Lifted>,
}

/// An admin's decision that the first version may grow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
}

impl FirstVersion {
    /// Whether the ceiling stands: until it is lifted, or the first version is stable.
    #[must_use]
    pub fn has_ceiling(&self, signed_since: Option<Instant>, now: Instant) -> bool {
        let is_stable = signed_since.is_some_and(|since| now.since(since) >= STABLE_AFTER);
        self.is_capped && self.lifted.is_none() && !is_stable
    }
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Say what it is for.
    Goal,
    /// Connect Customer.io.
    Customerio,
    /// Connect Segment.
    Twilio,
    /// Choose where to.
    Destination,
    /// Choose who.
    Segments,
    /// Keep out whoever bought.
    Suppression,
    /// Map one to the other, test it, start it.
    Mapping,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Goal,
        Self::Customerio,
        Self::Twilio,
        Self::Destination,
        Self::Segments,
        Self::Suppression,
        Self::Mapping,
    ];

    /// What it asks for.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Goal => "Choose the goal",
            Self::Customerio => "Connect Customer.io",
            Self::Twilio => "Connect Segment",
            Self::Destination => "Choose the first destination",
            Self::Segments => "Promote the first segments",
            Self::Suppression => "Keep out whoever bought",
            Self::Mapping => "Take the first mapping live",
        }
    }
}

/// What exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepFacts {
    /// What it is for, once it was said.
    pub goal: Option<UseCase>,
    /// How Customer.io stands.
    pub customerio: Connected,
    /// How Segment stands.
    pub twilio: Connected,
    /// How many destinations there are.
    pub destinations: u64,
    /// How many audiences there are.
    pub audiences: u64,
    /// Whether a rule keeps out whoever bought.
    pub keeps_out_buyers: bool,
    /// Whether a mapping runs and has run to its end.
    pub is_live: bool,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connected {
    /// No key is set.
    #[default]
    No,
    /// A key is set, and its newest test failed.
    Failing,
    /// A key is set.
    Yes,
}

/// What is done, in the order of [`Step::ALL`].
#[must_use]
pub fn steps(facts: &StepFacts) -> [(Step, bool); 7] {
    Step::ALL.map(|step| {
        let done = match step {
            Step::Goal => facts.goal.is_some(),
            Step::Customerio => facts.customerio == Connected::Yes,
            Step::Twilio => facts.twilio == Connected::Yes,
            Step::Destination => facts.destinations > 0,
            Step::Segments => facts.audiences > 0,
            Step::Suppression => facts.keeps_out_buyers,
            Step::Mapping => facts.is_live,
        };
        (step, done)
    })
}

/// The first step that isn't done.
#[must_use]
pub fn next(steps: &[(Step, bool)]) -> Option<Step> {
    steps.iter().find(|(_, done)| !done).map(|(step, _)| *step)
}

/// The profiles that suit a goal, the best first.
#[must_use]
pub const fn recommended(goal: UseCase) -> &'static [Profile] {
    match goal {
        UseCase::Retarget | UseCase::Suppress => {
            &[Profile::MetaCustomAudiences, Profile::GoogleCustomerMatch, Profile::TiktokAudiences]
        }
        UseCase::Lookalike => &[Profile::MetaCustomAudiences, Profile::TiktokAudiences],
        UseCase::Analytics => &[Profile::Warehouse, Profile::Ga4],
    }
}

/// What a change of membership looks like at a profile, and why, as a sentence.
#[must_use]
pub const fn shape(profile: Profile) -> &'static str {
    match profile {
        Profile::MetaCustomAudiences | Profile::GoogleCustomerMatch | Profile::TiktokAudiences => {
            "One Audience Entered or Audience Exited event a change, with the membership in \
             context.personas: Segment's list destinations read nothing else."
        }
        Profile::MetaCapi | Profile::TiktokEvents | Profile::Ga4 => {
            "One Audience Entered or Audience Exited event a change, from which the platform's own \
             rules make an audience: quicker than a list."
        }
        Profile::Warehouse | Profile::Plain => {
            "One event a change and an identify with the same true or false, so that a table holds \
             both the history and who is in now."
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begun() -> FirstVersion {
        FirstVersion {
            goal: UseCase::Retarget,
            begun_by: "ada".to_owned(),
            begun_at: Instant(0),
            is_capped: true,
            is_dismissed: false,
            lifted: None,
        }
    }

    #[test]
    fn the_ceiling_stands_until_it_is_lifted_or_the_version_is_stable() {
        let signed = Instant(1_000);
        let stable = signed.plus(STABLE_AFTER);
        assert!(begun().has_ceiling(None, stable));
        assert!(begun().has_ceiling(Some(signed), Instant(stable.0 - 1)));
        assert!(!begun().has_ceiling(Some(signed), stable));
        let by = "ada".to_owned();
        let lifted = Some(Lifted { reason: "we know it".to_owned(), by, at: signed });
        assert!(!FirstVersion { lifted, ..begun() }.has_ceiling(None, signed));
        assert!(!FirstVersion { is_capped: false, ..begun() }.has_ceiling(None, signed));
    }

    #[test]
    fn each_goal_has_a_destination_to_begin_with() {
        assert!(UseCase::ALL.into_iter().all(|goal| !recommended(goal).is_empty()));
        assert!(recommended(UseCase::Analytics).iter().all(|one| one.minimum_size().is_none()));
    }

    proptest! {
        /// The next step is the first that isn't done, and a connection that fails isn't.
        #[test]
        fn the_next_step_is_the_first_open_one(
            goal: bool, customerio in 0..3_usize, destinations in 0_u64..2, audiences in 0_u64..2,
            keeps_out_buyers: bool, is_live: bool,
        ) {
            let facts = StepFacts {
                goal: goal.then_some(UseCase::Retarget),
                customerio: [Connected::No, Connected::Failing, Connected::Yes][customerio],
                twilio: Connected::Yes,
                destinations,
                audiences,
                keeps_out_buyers,
                is_live,
            };
            let steps = steps(&facts);
            prop_assert_eq!(steps[1].1, customerio == 2);
            match next(&steps) {
                None => prop_assert!(steps.iter().all(|(_, done)| *done)),
                Some(step) => {
                    let at = Step::ALL.iter().position(|one| *one == step).unwrap_or_default();
                    prop_assert!(!steps[at].1 && steps[..at].iter().all(|(_, done)| *done));
                }
            }
        }
    }
}
