//! An audience's ledger: what was acknowledged of its people, in order.

use domain::{
    audiences::ledger::LedgerService,
    delivery::Transition::{Entered, Exited},
    mappings::port::MappingStore as _,
    time::Span,
};
use rstest::rstest;
use std::sync::Arc;

use super::{
    harness::{
        Engine::{self, Postgres, Sqlite},
        key, people, shop,
    },
    reads::learn,
    worker::{Worker, decision},
};

#[rstest]
#[tokio::test]
async fn a_ledger_has_who_came_and_who_left_and_why(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 6).await;
    let service = LedgerService::new(Arc::new(bench.storage.clone()));
    assert!(service.slices(&key("nothing")).await.is_err());
    assert!(service.slices(&key("carts")).await.unwrap().is_empty());

    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&people([1, 2, 3])).await;
    let (first_run, came_at) = (carts.run, bench.now());
    bench.clock.advance(Span::from_minutes(5));
    // One of the two who leave has bought.
    carts.decide(&decision(&people([3, 4])), &people([2])).await;
    carts.drain().await;
    // What has no answer isn't told.
    carts.order(&people([5])).await;
    // Another audience's people are in its own.
    let mut viewers = Worker::new(&bench, "viewers-google").await;
    viewers.bring(&people([0])).await;

    let mut lines = Vec::new();
    for slice in service.slices(&key("carts")).await.unwrap() {
        lines.extend(service.lines(&slice).await.unwrap());
    }
    assert!(lines.is_sorted_by_key(|line| line.at));
    let told = |generation: i64| {
        let mut told: Vec<_> = lines
            .iter()
            .filter(|line| line.generation == generation)
            .map(|line| (line.cio_id.as_str(), line.transition, line.is_suppressed))
            .collect();
        told.sort_by_key(|(name, ..)| *name);
        told
    };
    assert_eq!(
        told(1),
        [("cio-1", Entered, false), ("cio-2", Entered, false), ("cio-3", Entered, false)]
    );
    assert_eq!(
        told(2),
        [("cio-1", Exited, false), ("cio-2", Exited, true), ("cio-4", Entered, false)]
    );
    assert_eq!(lines.len(), 6);
    let first = &lines[0];
    assert_eq!((first.at, first.run), (came_at, first_run));
    assert_eq!((&first.mapping, &first.destination), (&key("carts-meta"), &key("meta")));
}

#[rstest]
#[tokio::test]
async fn whoever_came_and_went_within_a_day_is_counted(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 6).await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    let told = async |hours: i64| {
        let since = bench.now().minus(Span::from_hours(hours));
        bench.storage.told_since(bench.mapping("carts-meta").await.id, since).await.unwrap()
    };
    assert_eq!(told(24).await, (people([]), people([])));
    carts.bring(&people([1, 2, 3])).await;
    bench.clock.advance(Span::from_hours(20));
    carts.bring(&people([3, 4])).await;
    assert_eq!(told(24).await, (people([1, 2, 3, 4]), people([1, 2])));
    let lately = async |hours: i64| {
        let since = bench.now().minus(Span::from_hours(hours));
        bench.storage.lately(&key("carts"), since).await.unwrap()
    };
    assert_eq!((lately(24).await.told, lately(10).await.told), (6, 3), "each entry and exit");
    // What has no answer isn't told.
    carts.order(&people([3, 4, 5])).await;
    bench.clock.advance(Span::from_hours(5));
    assert_eq!(told(24).await, (people([4]), people([1, 2])));
    // Nor is another mapping's.
    let mut viewers = Worker::new(&bench, "viewers-google").await;
    viewers.bring(&people([0])).await;
    assert_eq!(told(24).await, (people([4]), people([1, 2])));
}
