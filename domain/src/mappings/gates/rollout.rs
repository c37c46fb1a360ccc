//! One destination first: an audience goes on to a second destination once somebody has signed
//! off the first.

use serde::{Deserialize, Serialize};

use super::{Finding, Gate, GateFacts, GateLink, GateState};
use crate::{
    key::Key,
    mappings::{UseCase, trial::Proof},
    time::Instant,
};

/// Somebody's word that a mapping was tried end to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// Which mapping.
    pub mapping: Key,
    /// What it was for then: for something else it is void.
    pub use_case: UseCase,
    /// What was looked at, in that person's words.
    pub note: String,
    /// What was evident then.
    pub evidence: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// Mappings of the same audience that went before to other destinations and run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollout<'a> {
    /// The first of them; nothing where this mapping goes first.
    pub first: Option<(&'a Key, &'a Key)>,
    /// One of them that is signed off.
    pub signed: Option<&'a SignOff>,
}

/// Whether the audience may go on.
pub(super) fn one_destination(facts: &GateFacts<'_>) -> Option<Finding> {
    let found = |state, evidence: String, link| {
        super::judge::finding(Gate::OneDestination, link, state, evidence)
    };
    let audience = || GateLink::Audience(facts.audience.clone());
    Some(match (facts.rollout.first, facts.rollout.signed) {
        (None, _) => found(
            GateState::Open,
            format!("{} goes to no other destination before this one", facts.audience),
            audience(),
        ),
        (Some(_), Some(signed)) => found(
            GateState::Open,
            format!("{} has signed off {}", signed.by, signed.mapping),
            audience(),
        ),
        (Some((mapping, destination)), None) => found(
            GateState::Blocking,
            format!(
                "{} goes to {destination} already, and nobody has signed that off",
                facts.audience
            ),
            GateLink::Checklist(mapping.clone()),
        )
        .with(format!("look at {mapping} end to end first, and sign it off")),
    })
}

/// What must be evident before somebody signs a mapping off; the evidence, or what is missing.
pub fn evident(proof: Option<Proof>, last_done_at: Option<Instant>) -> Result<String, String> {
    match (proof, last_done_at) {
        (Some(Proof::Forwarded), Some(at)) => {
            Ok(format!("a controlled test was forwarded, and a run was done at {}", at.to_iso()))
        }
        (Some(Proof::Forwarded), None) => Err("no run of it has ended well yet".to_owned()),
        _ => Err("no controlled test of it was forwarded to the destination yet".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_off_needs_a_forwarded_test_and_a_run() {
        let done = Some(Instant(0));
        assert!(evident(Some(Proof::Forwarded), done).is_ok());
        assert!(evident(Some(Proof::Arrived), done).unwrap_err().contains("forwarded"));
        assert!(evident(None, done).unwrap_err().contains("controlled test"));
        assert!(evident(Some(Proof::Forwarded), None).unwrap_err().contains("no run"));
    }
}
