//! Where the workspace asks for a second person, what starts a mapping and what keeps people out
//! waits for one, takes effect once, and not over what has changed meanwhile.

use std::sync::Arc;

use domain::{
    Error,
    access::{Actor, Role},
    approvals::{proposal::OPEN_FOR, service::ApprovalService},
    ids::ProposalId,
    mappings::MappingSpec,
    suppression::SuppressionSpec,
    sync::Wake,
    time::Span,
};
use rstest::rstest;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    key, shop,
};

struct Still;

impl Wake for Still {
    fn wake(&self) {}
}

/// What waits in this database.
pub fn approvals(bench: &Bench) -> ApprovalService {
    let stored = Arc::new(bench.storage.clone());
    ApprovalService {
        configuration: Arc::new(bench.configuration()),
        store: stored.clone(),
        proposals: stored,
        clock: bench.clock.clone(),
        wake: Arc::new(Still),
    }
}

fn actor(name: &str, role: Role) -> Actor {
    Actor { name: format!("{name}@example.com"), role }
}

fn filed<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ProposalId {
    match outcome {
        Err(Error::Filed(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn conflict<T: std::fmt::Debug>(outcome: Result<T, Error>, words: &str) {
    let Err(Error::Conflict(said)) = outcome else { panic!("{outcome:?}") };
    assert!(said.contains(words), "{said}");
}

/// A shop whose first mapping is paused, with two people.
async fn cautious(engine: Engine) -> Option<(Bench, ApprovalService, Actor, Actor)> {
    let bench = shop(engine).await?;
    let (ana, ben) = (actor("ana", Role::Operator), actor("ben", Role::Approver));
    bench.configuration().set_all_active(&[key("carts-meta")], false, &ana).await.unwrap();
    bench.apply("[approvals]\nsecond_person = true\n", false).await;
    let approvals = approvals(&bench);
    Some((bench, approvals, ana, ben))
}

#[rstest]
#[tokio::test]
async fn a_mapping_starts_when_somebody_else_says_so(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, approvals, ana, ben)) = cautious(engine).await else { return };
    let (configuration, carts) = (bench.configuration(), [key("carts-meta")]);
    let start = async || configuration.set_all_active(&carts, true, &ana).await;
    let is_active = async || bench.mapping("carts-meta").await.spec.active;
    let id = filed(start().await);
    assert!(!is_active().await);
    conflict(start().await, "has proposed the same");
    let waiting = approvals.list().await.unwrap().proposals;
    assert_eq!((waiting.len(), &*waiting[0].author), (1, "ana@example.com"));

    // Neither its author, whatever their role, nor whoever may not approve.
    let refused = approvals.approve(id, "", &ana).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    conflict(approvals.approve(id, "", &actor("ana", Role::Admin)).await, "somebody else");
    assert!(!is_active().await);
    approvals.approve(id, " Fine ", &ben).await.unwrap();
    assert!(is_active().await);
    assert!(approvals.list().await.unwrap().is_empty());
    conflict(approvals.approve(id, "", &ben).await, "waits no more");
    conflict(approvals.reject(id, "", &ben).await, "waits no more");
    let trail = bench
        .texts("SELECT actor || ' ' || action FROM audit WHERE subject LIKE 'proposal %' ORDER BY at, id")
        .await;
    assert_eq!(trail, ["ana@example.com propose", "ben@example.com approve"]);

    // What stops one is anybody's, and so is what neither starts nor frees anybody.
    configuration.set_all_active(&carts, false, &ana).await.unwrap();
    let paused = bench.mapping("carts-meta").await.spec;
    let slower = MappingSpec { every: Span::from_hours(1), ..paused };
    configuration.update_mapping(slower, vec![], &ana).await.unwrap();
    assert_eq!(bench.mapping("carts-meta").await.spec.every, Span::from_hours(1));
}

#[rstest]
#[tokio::test]
async fn nothing_is_approved_that_nobody_has_seen(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, approvals, ana, ben)) = cautious(engine).await else { return };
    let configuration = bench.configuration();
    let carts = [key("carts-meta")];
    let id = filed(configuration.set_all_active(&carts, true, &ana).await);
    let paused = bench.mapping("carts-meta").await.spec;
    let slower = MappingSpec { every: Span::from_hours(1), ..paused };
    configuration.update_mapping(slower, vec![], &ana).await.unwrap();
    conflict(approvals.approve(id, "", &ben).await, "changed meanwhile");
    assert!(!bench.mapping("carts-meta").await.spec.active);
    approvals.reject(id, "Too slow now", &ben).await.unwrap();
    assert!(approvals.list().await.unwrap().is_empty());

    // Another mapping's change is no reason to ask again.
    let id = filed(configuration.set_all_active(&carts, true, &ana).await);
    configuration.set_all_active(&[key("viewers-meta")], false, &ana).await.unwrap();
    approvals.approve(id, "", &ben).await.unwrap();

    // One's own is taken back, and another's by an admin only.
    let id = filed(configuration.set_all_active(&[key("viewers-meta")], true, &ana).await);
    let refused = approvals.withdraw(id, &actor("eve", Role::Approver)).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    approvals.withdraw(id, &ana).await.unwrap();
    let id = filed(configuration.set_all_active(&[key("viewers-meta")], true, &ana).await);
    bench.clock.advance(OPEN_FOR);
    assert!(approvals.list().await.unwrap().is_empty());
    conflict(approvals.approve(id, "", &ben).await, "waits no more");
    // What is over keeps nobody from asking again.
    filed(configuration.set_all_active(&[key("viewers-meta")], true, &ana).await);
}

#[rstest]
#[tokio::test]
async fn a_rule_holds_until_somebody_else_lets_it_go(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, approvals, ana, ben)) = cautious(engine).await else { return };
    let configuration = bench.configuration();
    let rules = async || {
        let stored = configuration.load().await.unwrap().suppressions;
        stored.into_iter().map(|one| one.spec.key.to_string()).collect::<Vec<_>>()
    };
    let gone = filed(configuration.retire_suppression(&key("purchase"), &ana).await);
    let event = Some("Refund".to_owned());
    let ttl = Some(Span::from_hours(1));
    let rule = SuppressionSpec { event, ttl, ..SuppressionSpec::new(key("refunded"), "refund") };
    let made = filed(configuration.create_suppression(rule.clone(), &ana).await);
    assert_eq!(rules().await, ["purchase"]);
    approvals.approve(made, "", &ben).await.unwrap();
    approvals.approve(gone, "", &ben).await.unwrap();
    assert_eq!(rules().await, ["refunded"]);
    // What is wrong is said to whoever proposes it.
    let twice = configuration.create_suppression(rule, &ana).await;
    assert!(matches!(twice, Err(Error::Invalid { .. })), "{twice:?}");
    let missing = configuration.retire_suppression(&key("purchase"), &ana).await;
    assert!(matches!(missing, Err(Error::NotFound(_))), "{missing:?}");
}

#[rstest]
#[tokio::test]
async fn that_nobody_is_asked_any_more_is_for_two_admins(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some((bench, approvals, ana, ben)) = cautious(engine).await else { return };
    let (ada, zoe) = (actor("ada", Role::Admin), actor("zoe", Role::Admin));
    let refused = approvals.ask_second_person(false, &ana).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    approvals.ask_second_person(true, &ada).await.unwrap();
    let id = filed(approvals.ask_second_person(false, &ada).await);
    let refused = approvals.approve(id, "", &ben).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    approvals.approve(id, "", &zoe).await.unwrap();
    let configuration = bench.configuration();
    assert!(!configuration.load().await.unwrap().settings.second_person);
    configuration.set_all_active(&[key("carts-meta")], true, &ana).await.unwrap();
    // Asking for one is one person's.
    approvals.ask_second_person(true, &ada).await.unwrap();
    assert!(configuration.load().await.unwrap().settings.second_person);
}

#[rstest]
#[tokio::test]
async fn what_one_person_still_does_alone_and_what_keeps_waiting(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some((bench, approvals, ana, _)) = cautious(engine).await else { return };
    let configuration = bench.configuration();
    // A list that is made holds nobody: whoever is put on it leaves at once.
    let list =
        SuppressionSpec { list: true, ..SuppressionSpec::new(key("do-not-target"), "asked") };
    configuration.create_suppression(list, &ana).await.unwrap();
    // That nobody is asked any more changes nothing of what waits.
    let id = filed(configuration.set_all_active(&[key("carts-meta")], true, &ana).await);
    bench.apply("[approvals]\nsecond_person = false\n", false).await;
    approvals.approve(id, "", &actor("ben", Role::Approver)).await.unwrap();
    assert!(bench.mapping("carts-meta").await.spec.active);
}

#[rstest]
#[tokio::test]
async fn of_two_who_decide_at_once_one_does(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, approvals, ana, ben)) = cautious(engine).await else { return };
    let configuration = bench.configuration();
    let carts = [key("carts-meta")];
    for round in 0..6 {
        let id = filed(configuration.set_all_active(&carts, true, &ana).await);
        let zoe = actor("zoe", Role::Admin);
        let (one, other) = tokio::join!(approvals.approve(id, "", &ben), async {
            if round % 2 == 0 {
                approvals.approve(id, "", &zoe).await
            } else {
                approvals.reject(id, "", &zoe).await
            }
        });
        assert!(one.is_ok() != other.is_ok(), "{one:?}, {other:?}");
        let approved = one.is_ok() || round % 2 == 0;
        assert_eq!(bench.mapping("carts-meta").await.spec.active, approved);
        configuration.set_all_active(&carts, false, &ana).await.unwrap();
    }
    let decided = bench
        .texts("SELECT action FROM audit WHERE subject LIKE 'proposal %' AND action <> 'propose'")
        .await;
    assert_eq!(decided.len(), 6);
}
