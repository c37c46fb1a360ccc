use std::collections::BTreeMap;

use super::*;
use crate::{
    audiences::{AudienceSpec, Mirror},
    destinations::{DestinationSpec, Profile},
    mappings::{
        Health, HoldoutPercent, MappingSpec,
        gates::{Finding, Gate, GateLink, Override},
        timeline::{FlowSpec, Paid, Stacking},
    },
    time::{Instant, Span},
};

fn key(text: &str) -> Key {
    text.parse().expect("a key")
}

fn today() -> Day {
    "2026-06-01".parse().expect("a day")
}

fn audience(name: &str) -> AudienceRow {
    AudienceRow {
        spec: AudienceSpec {
            key: key(name),
            segment: 1,
            owner: Some("Retention".to_owned()),
            window: None,
            purpose: Some("Win back".to_owned()),
            review_on: Some(today().plus(1)),
        },
        segment_name: None,
        members: 1,
        with_email: 1,
        with_id: 1,
        mirror: Mirror::Fresh,
        mirrored_at: None,
        segment_changed_at: None,
        mappings: 1,
    }
}

fn destination(name: &str) -> DestinationRow {
    let spec = DestinationSpec {
        key: key(name),
        profile: Profile::Plain,
        integration: "Plain".to_owned(),
        fields: vec![],
        hash: false,
        value: None,
        budget: crate::destinations::budget::Budget::default(),
    };
    DestinationRow { spec, mappings: 1, delivered: 0 }
}

fn mapping(audience: &str, group: Option<&str>) -> (MappingRow, Vec<Checked>) {
    let spec = MappingSpec {
        key: key(&format!("{audience}-to-meta")),
        audience: key(audience),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        exclusivity_group: group.map(key),
        priority: 1,
        every: Span::from_minutes(5),
        holdout_percent: HoldoutPercent(500),
        offset: None,
        dwell: None,
        entry_event: None,
        active: true,
    };
    let row = MappingRow {
        spec,
        segment_name: None,
        profile: Profile::Plain,
        health: Health::Ok,
        members: 1,
        target: 1,
        delivered: 1,
        pending: 0,
        withheld: BTreeMap::new(),
        last_run: None,
        last_done_at: None,
        next_run_at: None,
        passed: vec![],
    };
    (row, vec![])
}

fn plan() -> Plan {
    Plan {
        audiences: vec![audience("carts"), audience("views")],
        destinations: vec![destination("meta")],
        mappings: vec![mapping("carts", Some("ads")), mapping("views", Some("ads"))],
        rules: vec![],
        flows: vec![],
    }
}

fn says(change: impl FnOnce(&mut Plan)) -> Vec<(Weight, String, String)> {
    let mut plan = plan();
    change(&mut plan);
    let told = |one: Remark| (one.weight, one.about.key().to_string(), one.says);
    review(&plan, today()).into_iter().map(told).collect()
}

fn told(weight: Weight, about: &str, says: &str) -> (Weight, String, String) {
    (weight, about.to_owned(), says.to_owned())
}

#[test]
fn a_plan_without_a_fault_has_no_remark() {
    assert_eq!(says(|_| ()), []);
    assert_eq!(review(&Plan::default(), today()), []);
}

#[test]
fn each_fault_is_seen_alone() {
    use Weight::{Doubtful, Untidy};
    assert_eq!(
        says(|plan| plan.mappings[1].0.spec.exclusivity_group = None),
        [told(
            Doubtful,
            "carts-to-meta",
            "it and views-to-meta may hold the same people at meta, in two ad sets"
        )]
    );
    for apart in [
        |row: &mut MappingRow| row.spec.destination = "tiktok".parse().expect("a key"),
        |row: &mut MappingRow| row.spec.use_case = UseCase::Analytics,
        |row: &mut MappingRow| row.spec.active = false,
        |row: &mut MappingRow| row.spec.audience = "carts".parse().expect("a key"),
    ] {
        let said = says(|plan| {
            plan.mappings[1].0.spec.exclusivity_group = None;
            apart(&mut plan.mappings[1].0);
        });
        assert_eq!(said, []);
    }
    assert_eq!(
        says(|plan| plan.mappings[0].0.spec.holdout_percent = HoldoutPercent(0)),
        [told(Untidy, "carts-to-meta", "nobody is held out, so its effect can't be measured")]
    );
    assert_eq!(
        says(|plan| plan.destinations[0].mappings = 0),
        [told(Untidy, "meta", "no mapping sends there")]
    );
    assert_eq!(
        says(|plan| plan.audiences[0].mappings = 0),
        [told(Doubtful, "carts", "it is sent nowhere and keeps nobody out")]
    );
    assert_eq!(
        says(|plan| plan.audiences[0].spec.review_on = Some(today().plus(-1))),
        [told(Doubtful, "carts", "its review is due for 1 day")]
    );
    assert_eq!(says(|plan| plan.audiences[0].spec.review_on = Some(today())), []);
    let nothing_said = says(|plan| {
        let spec = &mut plan.audiences[0].spec;
        (spec.owner, spec.purpose, spec.review_on) = (None, None, None);
    });
    assert_eq!(nothing_said.len(), 3);
    assert!(nothing_said.iter().all(|(weight, about, _)| *weight == Untidy && about == "carts"));
}

#[test]
fn the_timeline_is_read_as_far_as_nobody_means_it_and_it_runs() {
    let paid = |is_active| Paid {
        mapping: key("carts-to-meta"),
        destination: key("meta"),
        profile: Profile::Plain,
        is_active,
        sent_at: Span::from_hours(2),
        begins_at: Span::from_hours(2),
        ends_at: None,
    };
    let conflict = |rule, meant: bool| {
        let touch = Some("sms 4h".parse().expect("a message"));
        let meeting = Meeting { rule, mapping: Some(key("carts-to-meta")), touch };
        let by = Stacking {
            meeting: meeting.clone(),
            reason: "tried".to_owned(),
            by: "ada@example.com".to_owned(),
            at: Instant(0),
        };
        let (from, offset) = (Span::from_hours(2), Some(Span::from_hours(5)));
        Conflict { meeting, from, to: None, offset, meant: meant.then_some(by) }
    };
    let said = |is_active, one: Conflict| {
        says(|plan| {
            let spec = FlowSpec { key: key("cart-flow"), audience: key("carts"), touches: vec![] };
            let paid = vec![paid(is_active)];
            plan.flows.push(FlowView { spec, joins_at: Span(0), paid, conflicts: vec![one] });
        })
    };
    let before = "the ads of carts-to-meta run before its SMS at 4h";
    assert_eq!(
        said(true, conflict(Rule::AdsBeforeMessage, false)),
        [told(Weight::Doubtful, "cart-flow", before)]
    );
    assert_eq!(said(true, conflict(Rule::AdsBeforeMessage, true)), [], "somebody means it");
    assert_eq!(said(false, conflict(Rule::AdsBeforeMessage, false)), [], "it doesn't run");
    assert_eq!(said(true, conflict(Rule::NoPurchaseEnd, false)), [], "the gate says it");
}

#[test]
fn gates_weigh_as_they_stand() {
    use GateState::{Blocking, Open, Unknown, Warning};
    let gate = |state, passed: bool| {
        let finding = Finding {
            gate: Gate::MinimumSize,
            state,
            evidence: "it has 7 members".to_owned(),
            remedy: Some("wait".to_owned()),
            link: GateLink::Suppression,
        };
        let by = Override {
            gate: Gate::MinimumSize,
            reason: "a test".to_owned(),
            by: "ada@example.com".to_owned(),
            at: Instant(0),
        };
        Checked { finding, passed: passed.then_some(by) }
    };
    let weights = |state, passed, active: bool| -> Vec<(Weight, String)> {
        says(|plan| {
            plan.mappings[0].1 = vec![gate(state, passed)];
            plan.mappings[0].0.spec.active = active;
        })
        .into_iter()
        .map(|(weight, _, says)| (weight, says))
        .collect()
    };
    let seven = "it has 7 members".to_owned();
    assert_eq!(weights(Blocking, false, true), [(Weight::Wrong, seven.clone())]);
    assert_eq!(
        weights(Blocking, true, true),
        [(Weight::Doubtful, format!("{seven}; ada@example.com passes this gate: a test"))]
    );
    assert_eq!(weights(Warning, false, true), [(Weight::Doubtful, seven)]);
    assert_eq!(weights(Open, false, true), []);
    assert_eq!(weights(Unknown, false, true), []);
    assert_eq!(weights(Blocking, false, false), [], "it doesn't run");
}

#[test]
fn the_text_has_every_remark_and_no_mark_of_its_own() {
    let remark = |weight, says: &str| Remark {
        weight,
        about: About::Audience(key("carts")),
        says: says.to_owned(),
        remedy: "do it".to_owned(),
    };
    let remarks =
        [remark(Weight::Wrong, "a *b*\n# c <d>"), remark(Weight::Untidy, "nobody answers for it")];
    assert_eq!(
        markdown(&remarks, today()),
        "# Design review, 2026-06-01\n\n## Wrong (1)\n\n\
         - [ ] audience `carts`: a \\*b\\* \\# c \\<d\\>. To do: do it.\n\n## Untidy (1)\n\n\
         - [ ] audience `carts`: nobody answers for it. To do: do it.\n"
    );
    assert_eq!(markdown(&[], today()), "# Design review, 2026-06-01\n\nNothing to remark.\n");
}
