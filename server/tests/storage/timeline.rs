//! Flows and what is meant of them, kept on both engines.

use std::sync::Arc;

use domain::{
    Error,
    access::{Actor, Role},
    mappings::timeline::{FlowSpec, FlowView, Rule, service::TimelineService},
    time::Span,
};
use rstest::rstest;
use server::compose::Stir;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    key, shop,
};

const FLOW: &str = r#"
[[audience]]
key = "carts"
segment = 1
window = "2h-14d"
[[flow]]
key = "cart-recovery"
audience = "carts"
touches = [{ channel = "sms", at = "4h" }, { channel = "email", at = "1h" }]
"#;

fn service(bench: &Bench) -> TimelineService {
    TimelineService {
        configuration: Arc::new(bench.configuration()),
        stackings: Arc::new(bench.storage.clone()),
        clock: bench.clock.clone(),
        wake: Arc::new(Stir::default()),
    }
}

async fn only(bench: &Bench) -> FlowView {
    let mut flows = service(bench).all().await.unwrap();
    assert_eq!(flows.len(), 1);
    flows.remove(0)
}

#[rstest]
#[tokio::test]
async fn a_conflict_is_meant_or_held_away(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let (host, timeline) = (Actor::host("test"), service(&bench));
    bench.apply(FLOW, false).await;
    assert!(bench.apply(FLOW, false).await.is_empty(), "it reads back as it was written");
    let flow = only(&bench).await;
    assert_eq!(flow.paid.len(), 1, "a suppress mapping shows nobody an ad");
    let conflict = flow.open().next().unwrap().clone();
    assert_eq!(conflict.meeting.rule, Rule::AdsBeforeMessage);
    assert_eq!(conflict.meeting.mapping, Some(key("carts-meta")));

    let meeting = conflict.meeting;
    let mean =
        async |reason: &str, actor: &Actor| timeline.mean(meeting.clone(), reason, actor).await;
    assert!(matches!(mean(" ", &host).await, Err(Error::Invalid { .. })));
    let viewer = Actor { role: Role::Viewer, ..host.clone() };
    assert!(matches!(mean("a launch", &viewer).await, Err(Error::Forbidden)));
    mean("a launch", &host).await.unwrap();
    mean("a sale", &host).await.unwrap();
    let flow = only(&bench).await;
    assert_eq!(flow.open().count(), 0);
    assert_eq!(flow.conflicts[0].meant.as_ref().unwrap().reason, "a sale");
    timeline.withdraw(&meeting, &host).await.unwrap();
    assert!(matches!(timeline.withdraw(&meeting, &host).await, Err(Error::NotFound(_))));

    bench.clock.advance(Span::from_minutes(1));
    timeline.hold(&key("carts-meta"), conflict.offset.unwrap(), &host).await.unwrap();
    let held = bench.mapping("carts-meta").await.spec;
    assert_eq!(held.offset, Some(Span::from_hours(3)));
    assert!(bench.row("carts-meta").await.next_run_at.unwrap() <= bench.now());
    assert_eq!(only(&bench).await.conflicts, []);
    let trail = bench
        .texts("SELECT action FROM audit WHERE subject = 'mapping carts-meta' ORDER BY id")
        .await;
    assert_eq!(trail, ["create", "stack", "stack", "withdraw", "update"]);
}

#[rstest]
#[tokio::test]
async fn a_flow_is_stated_changed_and_taken_off(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let (host, timeline) = (Actor::host("test"), service(&bench));
    let flow = |name: &str, audience: &str, touches: &[&str]| FlowSpec {
        key: key(name),
        audience: key(audience),
        touches: touches.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let save = async |spec: FlowSpec, is_new| timeline.save(spec, is_new, &host).await;
    save(flow("one", "carts", &["push 5m"]), true).await.unwrap();
    let refused = async |spec: FlowSpec, is_new| match save(spec, is_new).await {
        Err(Error::Invalid { field, .. }) => field.into_owned(),
        Err(Error::NotFound(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(flow("one", "carts", &[]), true).await, "key");
    assert_eq!(refused(flow("two", "carts", &[]), true).await, "audience", "it has a flow");
    assert_eq!(refused(flow("two", "moon", &[]), true).await, "audience");
    assert_eq!(refused(flow("two", "viewers", &[]), false).await, "flow two");
    assert_eq!(refused(flow("two", "viewers", &["sms 4h", "sms 4h"]), true).await, "touches");
    assert_eq!(refused(flow("two", "viewers", &["sms 91d"]), true).await, "touches");
    save(flow("one", "carts", &["sms 4h"]), false).await.unwrap();
    assert_eq!(timeline.one(&key("one")).await.unwrap().touches[0].to_string(), "sms 4h");
    timeline.remove(&key("one"), &host).await.unwrap();
    assert!(matches!(timeline.remove(&key("one"), &host).await, Err(Error::NotFound(_))));
    save(flow("one", "carts", &[]), true).await.unwrap();
    // Pruning retires a flow before the audience that it is of.
    bench.apply("", true).await;
    assert!(timeline.all().await.unwrap().is_empty());
}
