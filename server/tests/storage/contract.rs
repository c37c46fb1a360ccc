//! The contract's versions, requests and quarantine.

use std::sync::Arc;

use domain::{
    Error,
    access::{Actor, Role},
    contract::{
        Violation,
        gate::Checked,
        port::{ContractStore as _, QuarantineStore as _},
        request::State,
        service::{ContractService, Typed},
    },
    events::{
        forward::ForwardStore as _,
        port::{EventStore as _, NewEvent},
    },
    ids::RequestId,
    suppression::listing::NameKind,
    time::Span,
};
use rstest::rstest;
use serde_json::json;

use super::{
    events::{event, keep},
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
    },
};

fn actor(name: &str, role: Role) -> Actor {
    Actor { name: name.to_owned(), role }
}

pub fn author() -> Actor {
    actor("ana@example.com", Role::Operator)
}

pub fn approver() -> Actor {
    actor("ben@example.com", Role::Approver)
}

pub fn service(bench: &Bench) -> ContractService {
    let stored = Arc::new(bench.storage.clone());
    ContractService {
        store: stored.clone(),
        quarantine: stored.clone(),
        past: stored,
        configuration: Arc::new(bench.configuration()),
        clock: bench.clock.clone(),
        ids: bench.ids(),
        known: std::sync::RwLock::default(),
    }
}

/// A request with one event more, that waits.
async fn proposed(contract: &ContractService, name: &str, properties: &str) -> RequestId {
    let id = contract.draft(false, &author()).await.unwrap();
    let typed = Typed { name, properties, aliases: "Purchase", ..Typed::default() };
    let typed = if name == "Order Completed" { typed } else { Typed { aliases: "", ..typed } };
    contract.put_event(id, None, &typed, &author()).await.unwrap();
    contract.propose(id, &format!("{name} is agreed on"), &author()).await.unwrap();
    id
}

async fn conflict<T: std::fmt::Debug>(done: impl Future<Output = domain::Result<T>>, words: &str) {
    match done.await {
        Err(Error::Conflict(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{words}: {other:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn a_request_becomes_the_next_version_once_somebody_else_approves(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    assert_eq!(bench.storage.current().await.unwrap().number, 0);
    let id = proposed(&contract, "Order Completed", "total: number, required").await;
    assert_eq!(contract.waiting().await.unwrap().len(), 1);
    // Nobody approves what they have proposed, whatever they may do otherwise.
    let chief = actor("ana@example.com", Role::Admin);
    conflict(contract.decide(id, true, "", &chief), "you have proposed it").await;
    assert!(matches!(contract.decide(id, true, "", &author()).await, Err(Error::Forbidden)));
    assert_eq!(bench.storage.current().await.unwrap().number, 0);

    contract.decide(id, true, "as agreed", &approver()).await.unwrap();
    let version = bench.storage.current().await.unwrap();
    assert_eq!((version.number, version.request), (1, Some(id)));
    assert!(version.contract.events.contains_key("Order Completed"));
    let request = bench.storage.request(id).await.unwrap().unwrap();
    let decision = request.decision.unwrap();
    assert_eq!(
        (request.state, &*decision.by, &*decision.note),
        (State::Approved, "ben@example.com", "as agreed")
    );
    conflict(contract.decide(id, false, "", &approver()), "doesn't wait").await;
    conflict(contract.withdraw(id, &author()), "doesn't wait").await;
    let trail =
        bench.texts("SELECT action FROM audit WHERE subject LIKE 'change %' ORDER BY at, id").await;
    assert_eq!(trail, ["begin", "edit", "propose", "approve"]);
}

#[rstest]
#[tokio::test]
async fn an_approval_of_what_has_moved_on_is_refused_until_it_is_made_anew(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let first = proposed(&contract, "Order Completed", "total: number").await;
    let second = proposed(&contract, "Product Viewed", "sku: text").await;
    contract.decide(first, true, "", &approver()).await.unwrap();
    conflict(contract.decide(second, true, "", &approver()), "has changed since").await;
    assert_eq!(contract.request(second).await.unwrap().current, 1);
    contract.rebase(second, &author()).await.unwrap();
    // Whoever had read it has read something else: it is asked for again.
    conflict(contract.decide(second, true, "", &approver()), "doesn't wait").await;
    contract.propose(second, "Views too", &author()).await.unwrap();
    contract.decide(second, true, "", &approver()).await.unwrap();
    let version = bench.storage.current().await.unwrap();
    assert_eq!((version.number, version.contract.events.len()), (2, 2));
    assert_eq!(bench.storage.version(1).await.unwrap().unwrap().contract.events.len(), 1);
}

#[rstest]
#[tokio::test]
async fn of_two_who_decide_at_once_one_does(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let first = proposed(&contract, "Order Completed", "total: number").await;
    let second = proposed(&contract, "Product Viewed", "sku: text").await;
    let (ben, eva) = (approver(), actor("eva@example.com", Role::Approver));
    let outcomes = tokio::join!(
        contract.decide(first, true, "", &ben),
        contract.decide(first, false, "", &eva),
        contract.decide(second, true, "", &eva),
    );
    let outcomes = [outcomes.0.is_ok(), outcomes.1.is_ok(), outcomes.2.is_ok()];
    let versions = bench.storage.current().await.unwrap().number;
    let approved = [outcomes[0], outcomes[2]].into_iter().filter(|done| *done).count();
    assert!(outcomes[0] != outcomes[1], "{outcomes:?}");
    assert_eq!(versions, approved as u64, "{outcomes:?}");
    let decided =
        bench.texts("SELECT action FROM audit WHERE action IN ('approve', 'reject')").await;
    assert_eq!(decided.len(), outcomes.into_iter().filter(|done| *done).count());
}

#[rstest]
#[tokio::test]
async fn a_draft_is_edited_by_its_author_as_they_have_seen_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = contract.draft(true, &author()).await.unwrap();
    let request = contract.request(id).await.unwrap();
    assert_eq!((request.request.contract.events.len(), request.differences.len()), (12, 12));
    let other = actor("eva@example.com", Role::Admin);
    assert!(matches!(
        contract.remove_event(id, "Product Viewed", &other).await,
        Err(Error::Forbidden)
    ));
    contract.remove_event(id, "Product Viewed", &author()).await.unwrap();
    let refused = |error: domain::Result<()>| match error {
        Err(Error::Invalid { field, .. }) => field.into_owned(),
        other => panic!("{other:?}"),
    };
    let put = async |typed: Typed<'static>| contract.put_event(id, None, &typed, &author()).await;
    let typed = Typed { name: "Seen", ..Typed::default() };
    assert_eq!(refused(put(Typed { name: " ", ..typed }).await), "name");
    assert_eq!(refused(put(Typed { name: "Order Completed", ..typed }).await), "name");
    assert_eq!(refused(put(Typed { name: "Purchase", ..typed }).await), "name");
    assert_eq!(refused(put(Typed { aliases: "Seen", ..typed }).await), "aliases");
    assert_eq!(refused(put(Typed { aliases: "Purchase", ..typed }).await), "aliases");
    assert_eq!(refused(put(Typed { properties: "x", ..typed }).await), "properties");
    assert_eq!(refused(contract.propose(id, " ", &author()).await), "title");
    // What was read before an edit isn't written over it.
    let seen = bench.storage.request(id).await.unwrap().unwrap();
    put(typed).await.unwrap();
    let stale = domain::contract::request::Request { title: "mine".to_owned(), ..seen.clone() };
    conflict(bench.storage.put_request(&stale, Some(&seen), bench.now()), "meanwhile").await;
    contract.propose(id, "Twelve", &author()).await.unwrap();
    conflict(put(Typed { name: "Late", ..typed }), "waits for approval").await;
    contract.withdraw(id, &author()).await.unwrap();
    let nothing = contract.draft(false, &author()).await.unwrap();
    conflict(contract.propose(nothing, "Nothing", &author()), "changes nothing").await;
}

fn track(bench: &Bench, number: &str, name: &str, checked: Checked) -> NewEvent {
    NewEvent {
        body: json!({"type": "track", "event": name, "messageId": number, "properties": {"total": "9"}}).to_string(),
        violation: checked.violation,
        checked_by: checked.version,
        ..event(number, name, (NameKind::Id, "u-1"), bench.now())
    }
}

async fn waiting(bench: &Bench) -> Vec<String> {
    bench.storage.waiting(10).await.unwrap().into_iter().map(|one| one.number).collect()
}

#[rstest]
#[tokio::test]
async fn what_is_not_as_agreed_waits_until_it_is_let_go_or_a_version_lets_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let properties = json!({"total": "9"});
    let check = async |name: &str| contract.check(name, Some(&properties)).await.unwrap();
    assert_eq!(check("Purchase").await, Checked::default(), "nothing is in force");
    let id = proposed(&contract, "Order Completed", "total: number").await;
    contract.decide(id, true, "", &approver()).await.unwrap();

    let (typo, odd) = (check("Order Completd").await, check("Purchase").await);
    let told = odd.violation.clone().unwrap();
    assert_eq!((&*told.path, odd.version), ("total", 1));
    let events = [
        track(&bench, "m-1", "Purchase", odd.clone()),
        track(&bench, "m-2", "Order Completd", typo.clone()),
        track(&bench, "m-3", "Purchase", odd),
    ];
    keep(&bench, &events).await;
    assert!(waiting(&bench).await.is_empty());
    assert_eq!(bench.storage.left().await.unwrap(), (0, 0));
    let groups = bench.storage.groups("", 9).await.unwrap();
    let told_groups: Vec<_> = groups.iter().map(|group| (&*group.name, group.events)).collect();
    assert_eq!(told_groups, [("Purchase", 2), ("Order Completd", 1)]);
    let samples = async |find: &str| {
        contract.samples("Purchase", &told, find, &author()).await.map(|found| found.len())
    };
    assert_eq!(samples("").await.unwrap(), 2);
    // By name, by what is wrong, by anything that is said; as it is written.
    let found = async |find: &str| {
        let groups = contract.quarantined(find, &author()).await.unwrap();
        groups.into_iter().map(|group| (group.name, group.events)).collect::<Vec<_>>()
    };
    let purchase = vec![("Purchase".to_owned(), 2)];
    assert_eq!(found("PURCH").await, purchase);
    assert_eq!(found(" m-3 ").await, purchase, "a group is counted whole");
    assert_eq!(samples("M-3").await.unwrap(), 1);
    assert_eq!(found("total: text").await, vec![]);
    assert_eq!(found("\"total\":\"9\"").await.len(), 2);
    for nobody in ["%", "_", "!", "'"] {
        assert_eq!(found(nobody).await, vec![], "{nobody}");
    }
    let viewer = Actor { role: Role::Viewer, ..author() };
    assert!(contract.quarantined("m-3", &viewer).await.is_err(), "it would tell what is said");
    assert_eq!(contract.quarantined("", &viewer).await.unwrap().len(), 2);
    assert!(
        samples("a\0b").await.is_err() && contract.quarantined("a\0", &author()).await.is_err()
    );

    // A preview says what a change would let go; the change does.
    let looser = contract.draft(false, &author()).await.unwrap();
    let typed = Typed {
        name: "Order Completed",
        aliases: "Purchase",
        properties: "total: text",
        ..Typed::default()
    };
    contract.put_event(looser, Some("Order Completed"), &typed, &author()).await.unwrap();
    let view = contract.request(looser).await.unwrap();
    assert_eq!((view.releases, view.looked_at), (2, 3));
    assert_eq!(contract.run_once().await.unwrap(), 0, "all were seen by the version in force");
    contract.propose(looser, "Totals as text", &author()).await.unwrap();
    contract.decide(looser, true, "", &approver()).await.unwrap();
    assert_eq!(contract.run_once().await.unwrap(), 3);
    assert_eq!(contract.run_once().await.unwrap(), 0);
    assert_eq!(waiting(&bench).await, ["m-1", "m-3"]);
    let bodies = bench.storage.waiting(10).await.unwrap();
    assert!(
        bodies.iter().all(|one| one.body.contains("\"event\":\"Order Completed\"")),
        "{bodies:?}"
    );

    // The other goes by hand, once, and only by whoever may.
    let violation = typo.violation.unwrap();
    let refused = contract.settle("Order Completd", &violation, true, &author()).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    assert_eq!(contract.settle("Order Completd", &violation, true, &approver()).await.unwrap(), 1);
    assert_eq!(contract.settle("Order Completd", &violation, true, &approver()).await.unwrap(), 0);
    assert_eq!(contract.settle("Order Completd", &violation, false, &approver()).await.unwrap(), 0);
    assert_eq!(waiting(&bench).await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn what_was_discarded_never_goes(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let violation = Violation {
        path: "a\u{0}b".to_owned(),
        expected: "nothing of that name".to_owned(),
        found: "a text".to_owned(),
    };
    let odd = Checked { violation: Some(violation.clone()), version: 1, ..Checked::default() };
    keep(&bench, &[track(&bench, "m-1", "Anything", odd)]).await;
    let contract = service(&bench);
    assert_eq!(contract.settle("Anything", &violation, false, &approver()).await.unwrap(), 1);
    assert!(bench.storage.groups("", 9).await.unwrap().is_empty());
    assert!(waiting(&bench).await.is_empty());
    // The same event again is known.
    let again = track(&bench, "m-1", "Anything", Checked::default());
    assert_eq!(keep(&bench, &[again]).await, [domain::events::port::Kept::Again]);
}

#[rstest]
#[tokio::test]
async fn a_contract_without_events_is_none(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = proposed(&contract, "Order Completed", "total: number").await;
    contract.decide(id, true, "", &approver()).await.unwrap();
    let odd = contract.check("Anything", None).await.unwrap();
    keep(&bench, &[track(&bench, "m-1", "Anything", odd)]).await;
    let thaw = contract.draft(false, &author()).await.unwrap();
    contract.remove_event(thaw, "Order Completed", &author()).await.unwrap();
    contract.propose(thaw, "Nothing is agreed on for now", &author()).await.unwrap();
    contract.decide(thaw, true, "", &approver()).await.unwrap();
    assert_eq!(contract.check("Anything", None).await.unwrap(), Checked::default());
    contract.run_once().await.unwrap();
    assert_eq!(waiting(&bench).await, ["m-1"]);
}

#[rstest]
#[tokio::test]
async fn a_change_is_replayed_over_what_came_in_lately(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let sent = |number: &str, total: &str, at| NewEvent {
        said: Some(format!("{{\"total\":{total},\"odd\":\"\\u0000\"}}")),
        received_at: at,
        ..event(number, "Purchase", (NameKind::Id, "u-1"), at)
    };
    let old = sent("m-0", "9", bench.now());
    keep(&bench, &[old]).await;
    bench.clock.advance(Span::from_hours(7 * 24 + 1));
    let now = bench.now();
    let renamed = NewEvent {
        name: "Order Completed".to_owned(),
        sent_as: Some("Purchase".to_owned()),
        ..sent("m-3", "\"9\"", now)
    };
    let page = NewEvent { said: None, ..sent("m-4", "1", now) };
    keep(&bench, &[sent("m-1", "9", now), sent("m-2", "9.5", now), renamed, page]).await;

    let id = proposed(&contract, "Order Completed", "total: number\nodd: text").await;
    let replay = contract.replay(id).await.unwrap();
    let [line] = &replay.lines[..] else { panic!("{replay:?}") };
    assert_eq!((&*line.name, line.events, line.failing, line.passing), ("Purchase", 3, 1, 0));
    assert_eq!(line.violation.as_ref().unwrap().path, "total");
    // The same against a version: only what it changes.
    contract.decide(id, true, "", &approver()).await.unwrap();
    let id = proposed(&contract, "Other", "").await;
    assert_eq!((contract.replay(id).await.unwrap().failing(), line.failing), (0, 1));
}

#[rstest]
#[tokio::test]
async fn what_is_not_as_agreed_suggests_a_wider_contract(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = proposed(&contract, "Order Completed", "total: number, required").await;
    contract.decide(id, true, "", &approver()).await.unwrap();
    let keep_odd = async |number: &str, name: &str, properties: serde_json::Value| {
        let checked = contract.check(name, Some(&properties)).await.unwrap();
        let violation = checked.violation.clone().unwrap();
        let body = json!({"type": "track", "event": name, "properties": properties}).to_string();
        let one = NewEvent { body, ..track(&bench, number, name, checked) };
        keep(&bench, &[one]).await;
        violation
    };
    let more = json!({"total": 9, "coupon": "SPRING"});
    let unknown = keep_odd("m-1", "Purchase", more).await;
    let text = keep_odd("m-2", "Order Completed", json!({"total": "nine"})).await;
    let stranger = keep_odd("m-3", "Loyalty Joined", json!({"tier": "gold"})).await;

    // An alias widens its event, and whoever looks only may not.
    let viewer = actor("vic@example.com", Role::Viewer);
    let refused = contract.propose_from("Purchase", &unknown, &viewer).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    let id = contract.propose_from("Purchase", &unknown, &author()).await.unwrap();
    let view = contract.request(id).await.unwrap();
    let paths: Vec<_> = view.differences.iter().map(|one| (&*one.event, &*one.path)).collect();
    assert_eq!(paths, [("Order Completed", "properties.coupon")]);
    assert_eq!((view.releases, view.request.author), (1, "ana@example.com".to_owned()));

    // A name of its own is a new event; a text where a number is agreed on is nobody's.
    let id = contract.propose_from("Loyalty Joined", &stranger, &author()).await.unwrap();
    assert_eq!(contract.request(id).await.unwrap().releases, 1);
    conflict(contract.propose_from("Order Completed", &text, &author()), "no wider").await;
    let gone = contract.propose_from("Never Came", &text, &author()).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
}

#[rstest]
#[tokio::test]
async fn whoever_decides_may_ask_for_changes_first(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = proposed(&contract, "Order Completed", "total: number").await;
    let state = async || contract.request(id).await.unwrap().request.state;
    let viewer = actor("vic@example.com", Role::Viewer);
    assert!(matches!(contract.comment(id, "No?", &viewer).await, Err(Error::Forbidden)));
    assert!(matches!(contract.ask_for_changes(id, "No", &author()).await, Err(Error::Forbidden)));
    let own = actor("ana@example.com", Role::Approver);
    conflict(contract.ask_for_changes(id, "Mine", &own), "take it back").await;
    let empty = contract.ask_for_changes(id, "  ", &approver()).await;
    assert!(matches!(empty, Err(Error::Invalid { .. })), "{empty:?}");
    assert_eq!(state().await, State::Open);

    contract.comment(id, "In which currency? \u{0}", &approver()).await.unwrap_err();
    contract.comment(id, "In which currency?", &approver()).await.unwrap();
    assert_eq!(state().await, State::Open);
    contract.ask_for_changes(id, "Say the currency", &approver()).await.unwrap();
    assert_eq!(state().await, State::Draft);
    conflict(contract.ask_for_changes(id, "Again", &approver()), "doesn't wait").await;
    conflict(contract.decide(id, true, "", &approver()), "doesn't wait").await;
    contract.propose(id, "Orders", &author()).await.unwrap();
    contract.decide(id, true, "", &approver()).await.unwrap();
    contract.comment(id, "Thanks", &author()).await.unwrap();
    let said: Vec<_> =
        contract.request(id).await.unwrap().comments.into_iter().map(|one| one.words).collect();
    assert_eq!(said, ["In which currency?", "Say the currency", "Thanks"]);
}
