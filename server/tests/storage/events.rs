//! Events: kept once, and whom they name is kept out from then on, known or not.

use domain::{
    delivery::Transition::Entered,
    delivery::port::LeaseStore as _,
    events::{
        Call, Origin,
        forward::ForwardStore as _,
        port::{EventStore as _, Kept, NewEvent},
    },
    people::{PersonSet, port::PersonStore as _},
    suppression::{
        held::Suppressed,
        listing::{Name, NameKind},
        service::SuppressionStore as _,
    },
    time::{Instant, Span},
};
use rstest::rstest;

use super::{
    forgetting::forget,
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    reads::learn,
    worker::Worker,
};

/// A purchase keeps people out for a day, a refund for a week at Meta.
const RULES: &str = r#"
[[suppression]]
key = "bought"
reason = "purchase"
event = "Order Completed"
ttl = "24h"
[[suppression]]
key = "refunded"
reason = "refund"
event = "Order Refunded"
ttl = "7d"
destinations = ["meta"]
"#;

pub async fn bench(engine: Engine) -> Option<Bench> {
    let bench = shop(engine).await?;
    bench.apply(RULES, false).await;
    Some(bench)
}

pub fn event(number: &str, name: &str, who: (NameKind, &str), at: Instant) -> NewEvent {
    NewEvent {
        former: Vec::new(),
        sent_as: None,
        also_known_as: Vec::new(),
        violation: None,
        checked_by: 0,
        origin: Origin::Source,
        number: number.to_owned(),
        name: name.to_owned(),
        names: vec![Name { kind: who.0, text: who.1.to_owned() }],
        at,
        received_at: at,
        said: None,
        echoes: Vec::new(),
        body: format!("{{\"messageId\":\"{number}\"}}"),
        is_forwarded: true,
    }
}

/// A purchase now.
pub fn purchase(bench: &Bench, number: &str, cio_id: &str) -> NewEvent {
    event(number, "Order Completed", (NameKind::CioId, cio_id), bench.now())
}

pub async fn keep(bench: &Bench, events: &[NewEvent]) -> Vec<Kept> {
    bench.storage.keep_events(events, bench.now()).await.unwrap()
}

async fn held(bench: &Bench, destination: &str) -> PersonSet {
    let rules = bench.storage.suppressed(bench.now()).await.unwrap();
    Suppressed::of(rules).at(&key(destination)).into_owned()
}

#[rstest]
#[tokio::test]
async fn an_event_is_kept_once_and_holds_whom_it_names_for_its_time(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let first = purchase(&bench, "m-1", "cio-2");
    let other = event("m-2", "Product Viewed", (NameKind::CioId, "cio-1"), bench.now());
    let kept = keep(&bench, &[first.clone(), first.clone(), other]).await;
    assert_eq!(kept, [Kept::New, Kept::Again, Kept::New]);
    assert_eq!(keep(&bench, std::slice::from_ref(&first)).await, [Kept::Again]);
    assert_eq!(held(&bench, "meta").await, people([2]));
    // The same number at another entrance is another event.
    let report = NewEvent { origin: Origin::Reporting, ..first };
    assert_eq!(keep(&bench, &[report]).await, [Kept::New]);

    // Several bear one address, and a name may say nothing of anybody.
    let refund = event("m-3", "Order Refunded", (NameKind::Email, "2@example.com"), bench.now());
    let nobody = event("m-4", "Order Refunded", (NameKind::Id, "nobody"), bench.now());
    keep(&bench, &[refund, nobody]).await;
    assert_eq!(held(&bench, "meta").await, people([2, 4, 5]));
    assert_eq!(held(&bench, "google").await, people([2]));

    // One that happened earlier and is told later shortens nothing; a newer one prolongs.
    bench.clock.advance(Span::from_hours(12));
    let late = event("m-5", "Order Completed", (NameKind::CioId, "cio-2"), Instant(0));
    let again = event("m-6", "Order Completed", (NameKind::Email, "2@example.com"), bench.now());
    keep(&bench, &[late, again]).await;
    bench.clock.advance(Span::from_hours(12));
    assert_eq!(held(&bench, "google").await, people([4, 5]));
    bench.clock.advance(Span::from_hours(12));
    assert_eq!(held(&bench, "google").await, PersonSet::new());
}

#[rstest]
#[tokio::test]
async fn somebody_who_is_known_later_is_held_by_what_they_did_before(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    let names =
        [(NameKind::Email, "1@example.com"), (NameKind::Id, "u-1"), (NameKind::CioId, "cio-0")];
    let events: Vec<NewEvent> = (1..)
        .zip(names)
        .map(|(n, name)| event(&format!("m-{n}"), "Order Completed", name, bench.now()))
        .collect();
    keep(&bench, &events).await;
    assert_eq!(held(&bench, "meta").await, PersonSet::new());
    learn(&bench, 6).await;
    assert_eq!(held(&bench, "meta").await, people([0, 1, 2, 3]));

    let view = bench.storage.explain(1, 9, bench.now()).await.unwrap();
    let until = view.suppressions[0].until;
    assert_eq!((view.suppressions.len(), until), (1, Some(bench.now().plus(Span::from_hours(24)))));
}

#[rstest]
#[tokio::test]
async fn what_holds_a_former_name_holds_who_bears_it_no_more(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let bought = event("m-1", "Order Completed", (NameKind::CioId, "guest"), bench.now());
    let alias = NewEvent {
        former: vec![Name { kind: NameKind::CioId, text: "guest".to_owned() }],
        ..event("m-2", "alias", (NameKind::CioId, "cio-3"), bench.now())
    };
    keep(&bench, std::slice::from_ref(&bought)).await;
    assert_eq!(held(&bench, "meta").await, PersonSet::new());
    bench.clock.advance(Span::from_hours(12));
    assert_eq!(keep(&bench, std::slice::from_ref(&alias)).await, [Kept::New]);
    assert_eq!(held(&bench, "meta").await, people([3]));
    // It counts from the purchase, once, and also where both come at once.
    bench.clock.advance(Span::from_hours(12));
    keep(&bench, std::slice::from_ref(&alias)).await;
    assert_eq!(held(&bench, "meta").await, PersonSet::new());
    let again = NewEvent { number: "m-3".to_owned(), at: bench.now(), ..bought };
    keep(&bench, &[again, NewEvent { number: "m-4".to_owned(), ..alias }]).await;
    assert_eq!(held(&bench, "meta").await, people([3]));
}

#[rstest]
#[tokio::test]
async fn whoever_bought_since_the_decision_is_turned_away_at_the_door(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    assert_eq!(worker.drain().await, [(Entered, 1, people([1, 3]))]);
}

#[rstest]
#[tokio::test]
async fn another_event_in_the_rule_begins_anew(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    bench.apply(&RULES.replace("24h", "48h"), false).await;
    assert_eq!(held(&bench, "meta").await, people([2]));
    bench.apply(&RULES.replace("Order Completed", "Order Paid"), false).await;
    assert_eq!(held(&bench, "meta").await, PersonSet::new());
}

#[rstest]
#[tokio::test]
async fn whoever_is_forgotten_is_named_by_no_event(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let by_mail = event("m-2", "Order Completed", (NameKind::Email, "1@example.com"), bench.now());
    keep(&bench, &[purchase(&bench, "m-1", "cio-2"), by_mail]).await;
    bench.storage.ask_to_forget(2, "test", bench.now()).await.unwrap();
    forget(&bench).await;
    let names = "SELECT name FROM held_name ORDER BY name";
    assert_eq!(bench.texts(names).await, Vec::<String>::new());
    assert_eq!(held(&bench, "meta").await, people([3]), "who shares the address is still held");
}

#[rstest]
#[tokio::test]
async fn events_wait_in_order_until_segment_has_them(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    let numbers = ["b", "a", "d", "c"];
    let events: Vec<NewEvent> = numbers.iter().map(|n| purchase(&bench, n, "nobody")).collect();
    keep(&bench, &events[..2]).await;
    bench.clock.advance(Span::from_seconds(1));
    keep(&bench, &events[2..]).await;
    let waiting = async || -> Vec<String> {
        let waiting = bench.storage.waiting(9).await.unwrap();
        waiting.into_iter().map(|one| one.number).collect()
    };
    assert_eq!(waiting().await, numbers);
    let lease = bench.storage.acquire("forward", bench.now()).await.unwrap().unwrap();
    bench.storage.forwarded(&lease, &["b", "d"], bench.now()).await.unwrap();
    bench.storage.refused(&lease, "a", "Segment: no", bench.now()).await.unwrap();
    assert_eq!(waiting().await, ["c"]);
    // What was sent on is known still, and says nothing any more.
    assert_eq!(keep(&bench, &events).await, [Kept::Again; 4]);
    let kept = "SELECT number FROM event WHERE body IS NOT NULL ORDER BY number";
    assert_eq!(bench.texts(kept).await, ["a", "c"]);
}

#[rstest]
#[tokio::test]
async fn an_entrance_shows_its_newest_call_and_its_newest_refusal(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    let origin = Origin::Reporting;
    let call = |taken_at, refused_at, refusal: Option<&str>| Call {
        origin,
        taken_at,
        refused_at,
        refusal: refusal.map(str::to_owned),
    };
    for one in [
        call(Some(Instant(1)), None, None),
        call(None, Some(Instant(2)), Some("no")),
        call(Some(Instant(3)), None, None),
    ] {
        bench.storage.put_calls(&[one]).await.unwrap();
    }
    let expected = call(Some(Instant(3)), Some(Instant(2)), Some("no"));
    assert_eq!(bench.storage.calls().await.unwrap(), [expected]);
}
