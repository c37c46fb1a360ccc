//! Staged rollout: an audience goes to one destination first, and to the next only after somebody
//! has signed off that it was seen to work there.
//!
//! What a sign-off needs stands in [`unready`], what it unlocks in `one_destination_first`. A
//! mapping that suppresses is outside all of this: whoever bought is to be kept out everywhere
//! at once.

use serde::{Deserialize, Serialize};

use super::{Finding, Gate, GateFacts, GateLink, GateState};
use crate::{
    key::Key,
    mappings::{MappingSpec, UseCase, trial::Proof},
    time::Instant,
};

/// Somebody's word that a mapping was seen to work from end to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// What was looked at.
    pub basis: Basis,
    /// What they say.
    pub note: String,
    /// What was evident then, as a clause.
    pub evidence: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// What a sign-off holds for: whoever changes it has to look again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The audience.
    pub audience: Key,
    /// Where it goes.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
}

impl Basis {
    /// Of a mapping as it is.
    #[must_use]
    pub fn of(spec: &MappingSpec) -> Self {
        let MappingSpec { audience, destination, use_case, .. } = spec.clone();
        Self { audience, destination, use_case }
    }
}

impl SignOff {
    /// Whether it still says something of the mapping.
    #[must_use]
    pub fn holds(&self, spec: &MappingSpec) -> bool {
        self.basis == Basis::of(spec)
    }
}

/// Another mapping of the audience that runs or has people there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sibling<'a> {
    /// Which.
    pub mapping: &'a Key,
    /// Where it sends to.
    pub destination: &'a Key,
    /// Whether a sign-off of it holds.
    pub is_signed_off: bool,
}

/// How far the audience has come, beside the mapping that is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollout<'a> {
    /// Its other mappings that run or have people there, and don't suppress.
    pub siblings: Vec<Sibling<'a>>,
    /// Whether the mapping itself has ever run to its end: then the audience is there already,
    /// and pausing and resuming begins nothing.
    pub has_run: bool,
}

/// What a sign-off still lacks; nothing where it may be given.
#[must_use]
pub fn unready(proof: Option<Proof>, last_done: Option<Instant>) -> Option<&'static str> {
    match (proof, last_done) {
        (Some(Proof::Forwarded), Some(_)) => None,
        (Some(Proof::Forwarded), None) => {
            Some("no run of it has ended well yet: start it and let it run once")
        }
        (Some(Proof::Sent | Proof::Arrived), _) => {
            Some("its controlled test is amber: nothing proves yet that the destination got it")
        }
        (None, _) => Some("no controlled test was sent through it"),
    }
}

/// One destination at a time is looked at.
pub(super) fn one_destination_first(facts: &GateFacts<'_>) -> Option<Finding> {
    if facts.use_case == UseCase::Suppress {
        return None;
    }
    let Rollout { siblings, has_run } = &facts.rollout;
    let found = |state, evidence: String, remedy: Option<String>, link| {
        Some(Finding { gate: Gate::OneDestinationFirst, state, evidence, remedy, link })
    };
    let elsewhere: Vec<&Sibling<'_>> =
        siblings.iter().filter(|one| one.destination != facts.destination).collect();
    let here = || GateLink::Audience(facts.audience.clone());
    let Some(first) = elsewhere.first() else {
        let evidence = format!("{} goes to no other destination", facts.audience);
        return found(GateState::Open, evidence, None, here());
    };
    if let Some(signed) = elsewhere.iter().find(|one| one.is_signed_off) {
        let evidence = format!("QA of {} at {} is signed off", facts.audience, signed.destination);
        return found(GateState::Open, evidence, None, here());
    }
    if *has_run {
        let evidence =
            format!("{} goes to {} and has run here already", facts.audience, first.destination);
        return found(GateState::Open, evidence, None, here());
    }
    found(
        GateState::Blocking,
        format!(
            "{} goes to {} first, and nobody has signed off its QA there",
            facts.audience, first.destination
        ),
        Some(format!("send a controlled test through {}, then sign it off", first.mapping)),
        GateLink::Checklist(first.mapping.clone()),
    )
}

#[cfg(test)]
mod tests;
