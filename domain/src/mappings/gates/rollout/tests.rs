use proptest::prelude::*;

use super::*;
use crate::{destinations::Profile, time::Span};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn state(
    use_case: UseCase,
    siblings: Vec<Sibling<'_>>,
    has_run: bool,
) -> Option<(GateState, GateLink)> {
    let (audience, destination) = (key("carts"), key("d0"));
    let facts = GateFacts {
        use_case,
        audience: &audience,
        destination: &destination,
        window: None,
        members: None,
        coverage: None,
        profile: Profile::MetaCustomAudiences,
        suppressions: Vec::new(),
        tested: None,
        audiences: None,
        rollout: Rollout { siblings, has_run },
    };
    one_destination_first(&facts).map(|found| (found.state, found.link))
}

fn spec() -> MappingSpec {
    MappingSpec {
        key: key("carts-meta"),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        exclusivity_group: None,
        priority: 100,
        every: Span::from_minutes(5),
        holdout_percent: crate::mappings::HoldoutPercent(0),
        offset: None,
        dwell: None,
        entry_event: None,
        active: true,
    }
}

#[test]
fn what_blocks_leads_to_the_checklist_that_is_to_be_signed() {
    let (mapping, destination) = (key("carts-first"), key("d1"));
    let first = Sibling { mapping: &mapping, destination: &destination, is_signed_off: false };
    let found = state(UseCase::Retarget, vec![first], false);
    assert_eq!(found, Some((GateState::Blocking, GateLink::Checklist(mapping))));
    assert!(Gate::OneDestinationFirst.can_be_passed());
}

#[test]
fn a_sign_off_holds_for_what_was_looked_at() {
    let given = SignOff {
        basis: Basis::of(&spec()),
        note: "seen in the ad account".to_owned(),
        evidence: String::new(),
        by: "ada".to_owned(),
        at: Instant(1),
    };
    assert!(given.holds(&spec()));
    assert!(given.holds(&MappingSpec { priority: 7, active: false, ..spec() }));
    assert!(!given.holds(&MappingSpec { use_case: UseCase::Lookalike, ..spec() }));
    assert!(!given.holds(&MappingSpec { audience: key("browsed"), ..spec() }));
    assert!(!given.holds(&MappingSpec { destination: key("google"), ..spec() }));
}

#[test]
fn a_sign_off_needs_a_forwarded_test_and_a_run() {
    let done = Some(Instant(1));
    assert_eq!(unready(Some(Proof::Forwarded), done), None);
    for proof in [None, Some(Proof::Sent), Some(Proof::Arrived)] {
        assert!(unready(proof, done).is_some(), "{proof:?}");
    }
    assert!(unready(Some(Proof::Forwarded), None).unwrap().contains("run"));
}

proptest! {
    /// A new destination is blocked exactly while the audience runs elsewhere and no mapping
    /// that runs elsewhere is signed off.
    #[test]
    fn only_unsigned_others_block_and_only_what_never_ran(
        others in prop::collection::vec((0..4_usize, any::<bool>()), 0..6),
        has_run: bool,
        use_case in 0..4_usize,
    ) {
        let keys = ["d0", "d1", "d2", "d3"].map(key);
        let mapping = key("other");
        let siblings: Vec<_> = others
            .iter()
            .map(|(at, is_signed_off)| Sibling {
                mapping: &mapping,
                destination: &keys[*at],
                is_signed_off: *is_signed_off,
            })
            .collect();
        let use_case = UseCase::ALL[use_case];
        let found = state(use_case, siblings, has_run).map(|(state, _)| state);
        let elsewhere = || others.iter().filter(|(at, _)| *at != 0);
        let is_first = elsewhere().next().is_none();
        let is_signed = elsewhere().any(|(_, signed)| *signed);
        let expected = match use_case {
            UseCase::Suppress => None,
            _ if is_first || is_signed || has_run => Some(GateState::Open),
            _ => Some(GateState::Blocking),
        };
        prop_assert_eq!(found, expected);
    }
}
