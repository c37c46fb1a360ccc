use proptest::prelude::*;

use super::*;
use crate::{
    destinations::Profile,
    key::Key,
    mappings::gates::{Audiences, Rollout},
    suppression::SuppressionSpec,
};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn rule(reason: &str) -> SuppressionSpec {
    SuppressionSpec { audience: Some(key("buyers")), ..SuppressionSpec::new(key("bought"), reason) }
}

/// Everything in order.
fn good<'a>(audience: &'a Key, rule: &'a SuppressionSpec) -> GateFacts<'a> {
    GateFacts {
        use_case: UseCase::Retarget,
        audience,
        destination: audience,
        window: "4h".parse().ok(),
        members: Some(1_000),
        coverage: Some(Coverage { found: 900, may_grow: false }),
        profile: Profile::MetaCustomAudiences,
        suppressions: vec![rule],
        tested: Some(Tested { mapping: audience, proof: Some(Proof::Forwarded) }),
        audiences: Some(Audiences { most: 3, does: 2, would: 3 }),
        rollout: Rollout::default(),
    }
}

fn state(facts: &GateFacts<'_>, gate: Gate) -> Option<GateState> {
    judge(facts).into_iter().find(|one| one.gate == gate).map(|one| one.state)
}

#[test]
fn a_mapping_in_order_is_open_at_every_gate() {
    let (audience, rule) = (key("carts"), rule("Purchase in 24 h"));
    let findings = judge(&good(&audience, &rule));
    assert_eq!(findings.iter().map(|one| one.gate).collect::<Vec<_>>(), Gate::ALL);
    assert!(findings.iter().all(|one| one.state == GateState::Open && one.remedy.is_none()));
}

#[test]
fn a_destination_gets_no_more_audiences_than_it_may() {
    let (audience, rule) = (key("carts"), rule("purchase"));
    let gate = Gate::ExportBudget;
    let with = |audiences| GateFacts { audiences, ..good(&audience, &rule) };
    assert_eq!(state(&with(None), gate), None, "nobody has said how many");
    let as_before = with(Some(Audiences { most: 3, does: 4, would: 4 }));
    assert_eq!(state(&as_before, gate), Some(GateState::Open), "it makes nothing worse");
    let over = with(Some(Audiences { most: 3, does: 3, would: 4 }));
    assert_eq!(state(&over, gate), Some(GateState::Blocking));
    let words = judge(&over).into_iter().find(|one| one.gate == gate).unwrap().words();
    assert!(words.contains("carts would get 4 audiences, and its budget is 3: pause"), "{words}");
    assert!(gate.can_be_passed());
}

#[test]
fn whoever_retargets_keeps_out_who_bought() {
    let (audience, rule) = (key("carts"), rule("support"));
    let facts = good(&audience, &rule);
    let gate = Gate::SuppressionPolicy;
    assert_eq!(state(&facts, gate), Some(GateState::Blocking));
    assert!(!gate.can_be_passed());
    for use_case in [UseCase::Suppress, UseCase::Lookalike, UseCase::Analytics] {
        assert_eq!(state(&GateFacts { use_case, ..facts.clone() }, gate), None, "{use_case}");
    }
}

#[test]
fn too_small_blocks_and_unread_is_unknown() {
    let (audience, rule) = (key("carts"), rule("purchase"));
    let sized = |members| GateFacts { members, ..good(&audience, &rule) };
    let at = |members| state(&sized(members), Gate::MinimumSize);
    assert_eq!(at(None), Some(GateState::Unknown));
    assert_eq!(at(Some(99)), Some(GateState::Blocking));
    assert_eq!(at(Some(100)), Some(GateState::Open));
    let anywhere = GateFacts { profile: Profile::Warehouse, ..sized(Some(0)) };
    assert_eq!(state(&anywhere, Gate::MinimumSize), None);
}

#[test]
fn nobody_and_too_few_block_and_a_gap_warns() {
    let (audience, rule) = (key("carts"), rule("purchase"));
    let at = |members, found, may_grow| {
        let coverage = Some(Coverage { found, may_grow });
        let facts = GateFacts { members: Some(members), coverage, ..good(&audience, &rule) };
        state(&facts, Gate::Identifiers)
    };
    assert_eq!(at(1_000, 0, false), Some(GateState::Blocking));
    assert_eq!(at(1_000, 99, false), Some(GateState::Blocking));
    assert_eq!(at(1_000, 99, true), Some(GateState::Unknown), "phones come later");
    assert_eq!(at(1_000, 599, false), Some(GateState::Warning));
    assert_eq!(at(1_000, 600, false), Some(GateState::Open));
    assert_eq!(at(50, 40, false), Some(GateState::Open), "its size is another gate's");
    assert_eq!(at(0, 0, false), Some(GateState::Unknown));
    let unread = GateFacts { coverage: None, ..good(&audience, &rule) };
    assert_eq!(state(&unread, Gate::Identifiers), Some(GateState::Unknown));
    let by_any_id = GateFacts { profile: Profile::Ga4, ..good(&audience, &rule) };
    assert_eq!(state(&by_any_id, Gate::Identifiers), None);
}

#[test]
fn windows_are_judged_by_use_case_and_platform() {
    let (audience, rule) = (key("carts"), rule("purchase"));
    let at = |text: &str, profile, use_case| {
        let window = text.parse().ok();
        state(&GateFacts { use_case, window, profile, ..good(&audience, &rule) }, Gate::Window)
    };
    let (meta, google) = (Profile::MetaCustomAudiences, Profile::GoogleCustomerMatch);
    let retarget = UseCase::Retarget;
    assert_eq!(at("", meta, retarget), Some(GateState::Unknown));
    assert_eq!(at("", meta, UseCase::Suppress), None);
    assert_eq!(at("4h", meta, UseCase::Analytics), None);
    for open in ["4h", "14d", "2h-1d", "30d-60d", "60d-120d"] {
        assert_eq!(at(open, meta, retarget), Some(GateState::Open), "{open}");
    }
    for odd in ["30m", "15d", "120d", "45d-60d", "60d-100d"] {
        assert_eq!(at(odd, meta, retarget), Some(GateState::Warning), "{odd}");
    }
    assert_eq!(at("4h", google, retarget), Some(GateState::Warning), "gone before they arrive");
    assert_eq!(at("6h", google, retarget), Some(GateState::Open));
    assert_eq!(at("365d", google, UseCase::Suppress), Some(GateState::Open));
    assert_eq!(at("4h", google, UseCase::Suppress), Some(GateState::Warning));
}

proptest! {
    /// More people, and more of them who can be found, never close a gate.
    #[test]
    fn growing_never_blocks(
        members in 0_u64..3_000, more in 0_u64..3_000, found in 0_u64..3_000, may_grow: bool,
        profile in 0..Profile::ALL.len(), use_case in 0..4_usize,
    ) {
        let (audience, rule) = (key("carts"), rule("purchase"));
        let found = found.min(members);
        let facts = |members: u64, found: u64| GateFacts {
            members: Some(members),
            coverage: Some(Coverage { found, may_grow }),
            profile: Profile::ALL[profile],
            use_case: UseCase::ALL[use_case],
            ..good(&audience, &rule)
        };
        let blocks = |facts: &GateFacts<'_>| judge(facts).iter().any(|one| one.state == GateState::Blocking);
        let (before, after) = (facts(members, found), facts(members + more, found + more));
        prop_assert!(blocks(&before) || !blocks(&after));
        // Whatever blocks says what to do.
        prop_assert!(judge(&before).iter().all(|one| one.state != GateState::Blocking || one.remedy.is_some()));
    }
}

#[test]
fn a_controlled_test_warns_until_the_destination_got_it() {
    let (audience, rule) = (key("carts"), rule("purchase"));
    let at = |tested| state(&GateFacts { tested, ..good(&audience, &rule) }, Gate::ControlledTest);
    let tested = |proof| at(Some(Tested { mapping: &audience, proof }));
    assert_eq!(at(None), None, "what isn't stored can't be tested");
    for proof in [None, Some(Proof::Sent), Some(Proof::Arrived)] {
        assert_eq!(tested(proof), Some(GateState::Warning), "{proof:?}");
    }
    assert_eq!(tested(Some(Proof::Forwarded)), Some(GateState::Open));
}
