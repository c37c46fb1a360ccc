//! The canary purchaser: it buys when something holds it, and says whether it was let go.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Error, Result,
    access::Actor,
    delivery::port::LeaseStore as _,
    events::{
        canary::{Word, service::CanaryService},
        port::{EventStore as _, Intake, Kept, NewEvent},
    },
    mappings::trial::port::TrialStore as _,
    people::service::PeopleService,
    time::{Clock, Span},
};
use rstest::rstest;
use server::storage::{Storage, WorkLock};

use super::{
    events::bench,
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people,
    },
    reads::learn,
    worker::{Worker, decision},
};

/// Keeps each call's events by themselves.
struct Direct {
    storage: Storage,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Intake for Direct {
    async fn keep(&self, events: Vec<NewEvent>) -> Result<Vec<Kept>> {
        self.storage.keep_events(&events, self.clock.now()).await
    }
}

fn service(bench: &Bench) -> CanaryService {
    let stored = Arc::new(bench.storage.clone());
    let clock: Arc<dyn Clock> = bench.clock.clone();
    CanaryService {
        configuration: Arc::new(bench.configuration()),
        store: stored.clone(),
        pins: stored.clone(),
        people: Arc::new(PeopleService::new(stored.clone(), clock.clone())),
        standing: stored.clone(),
        intake: Arc::new(Direct { storage: bench.storage.clone(), clock: clock.clone() }),
        leases: stored,
        clock,
        ids: bench.ids(),
    }
}

fn operator() -> Actor {
    Actor::host("ada")
}

async fn word(canary: &CanaryService) -> Word {
    canary.read().await.unwrap().word
}

async fn events(bench: &Bench) -> Vec<String> {
    bench.texts("SELECT name FROM event ORDER BY kept_at").await
}

#[rstest]
#[tokio::test]
async fn a_canary_buys_once_something_holds_it_and_says_that_it_left(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let canary = service(&bench);
    assert_eq!(word(&canary).await, Word::None);
    let nobody = canary.choose("nobody-at-all", &operator()).await;
    assert!(matches!(nobody, Err(Error::NotFound(_))), "{nobody:?}");

    canary.choose("cio-2", &operator()).await.unwrap();
    assert_eq!(canary.run_once().await.unwrap(), None);
    assert_eq!(word(&canary).await, Word::Waiting, "it is nowhere");
    assert!(events(&bench).await.is_empty());
    let pinned = bench.storage.pinned().await.unwrap();
    assert_eq!(pinned[0].1.cio_id, "cio-2");

    worker.bring(&people([1, 2, 3])).await;
    assert_eq!(canary.run_once().await.unwrap(), None);
    assert_eq!(events(&bench).await, ["Order Completed"]);
    assert_eq!(word(&canary).await, Word::Leaving);
    let round = canary.read().await.unwrap().rounds.remove(0);
    assert_eq!(round.stood, [key("carts-meta")]);
    assert_eq!(round.due_at.since(round.began_at), Span::from_minutes(1));
    canary.run_once().await.unwrap();
    assert_eq!(events(&bench).await.len(), 1, "a round under way is no second purchase");

    worker.decide(&decision(&people([1, 3])), &people([2])).await;
    worker.drain().await;
    bench.clock.advance(Span::from_seconds(3));
    let ended = canary.run_once().await.unwrap().unwrap();
    assert_eq!((ended.has_passed(), ended.there), (Some(true), vec![]));
    assert_eq!(word(&canary).await, Word::Left);

    // Nothing more on this day, and on the next one only where something holds it.
    bench.clock.advance(Span::from_hours(24));
    canary.run_once().await.unwrap();
    assert_eq!(events(&bench).await.len(), 1);
    bench.clock.advance(Span::from_hours(26));
    assert_eq!(word(&canary).await, Word::Silent);
}

#[rstest]
#[tokio::test]
async fn a_canary_that_stays_is_an_alarm_until_the_next_round(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([2])).await;
    let canary = service(&bench);
    canary.choose("cio-2", &operator()).await.unwrap();
    canary.run_once().await.unwrap();
    bench.clock.advance(Span::from_minutes(1));
    assert_eq!(canary.run_once().await.unwrap(), None, "its time isn't up");
    bench.clock.advance(Span::from_seconds(1));
    let ended = canary.run_once().await.unwrap().unwrap();
    assert_eq!((ended.has_passed(), ended.there), (Some(false), vec![key("carts-meta")]));
    worker.decide(&decision(&people([])), &people([2])).await;
    worker.drain().await;
    canary.run_once().await.unwrap();
    assert_eq!(word(&canary).await, Word::Stayed, "it was late, whatever came later");

    // A day later it is back, and the next round says something else.
    bench.clock.advance(Span::from_hours(25));
    worker.bring(&people([2])).await;
    canary.run_once().await.unwrap();
    assert_eq!(word(&canary).await, Word::Leaving);
    assert_eq!(canary.read().await.unwrap().rounds.len(), 2);

    // Another canary has rounds of its own, and one that is let go has none.
    canary.choose("cio-3", &operator()).await.unwrap();
    assert!(canary.read().await.unwrap().rounds.is_empty());
    bench.storage.unpin(3, "ada", bench.now()).await.unwrap();
    assert_eq!(word(&canary).await, Word::None);
    canary.choose("cio-3", &operator()).await.unwrap();
    canary.dismiss(&operator()).await.unwrap();
    assert_eq!(word(&canary).await, Word::None);
    let told =
        bench.texts("SELECT action FROM audit WHERE subject = 'canary' ORDER BY at, id").await;
    assert_eq!(told, ["choose", "choose", "choose", "dismiss"]);
}

#[tokio::test]
async fn one_process_looks_after_the_canary_at_a_time() {
    let Some(bench) = bench(Postgres).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([2])).await;
    let canary = service(&bench);
    canary.choose("cio-2", &operator()).await.unwrap();
    let lock = WorkLock::take(&bench.url, 7).await.unwrap().unwrap();
    let other = bench.process(7).await.working(lock);
    let held = other.acquire("canary", bench.now()).await.unwrap().unwrap();
    canary.run_once().await.unwrap();
    assert!(events(&bench).await.is_empty());
    other.release(&held).await.unwrap();
    canary.run_once().await.unwrap();
    assert_eq!(events(&bench).await.len(), 1);
}
