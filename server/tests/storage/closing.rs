//! Retired mappings that still owe exits, as their list shows them.

use domain::{
    access::Actor,
    configuration::plan::Leaving,
    delivery::{service::StopStore as _, stop::Scope},
    mappings::port::MappingStore as _,
    sync::RunState,
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    worker::Worker,
};

#[rstest]
#[tokio::test]
async fn what_a_retired_mapping_owes_is_listed_until_all_have_left(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "buyers-meta").await;
    worker.bring(&people([1, 2, 3])).await;
    worker.finish(RunState::Done, None).await;
    assert!(bench.storage.closing_rows().await.unwrap().is_empty(), "nobody is retired");

    bench.clock.advance(Span::from_minutes(1));
    let retired_at = bench.now();
    let actor = Actor::host("test");
    let configuration = bench.configuration();
    configuration.retire_mapping(&key("buyers-meta"), Leaving::Sent, &actor).await.unwrap();
    configuration.retire_mapping(&key("carts-meta"), Leaving::Abandoned, &actor).await.unwrap();
    let rows = bench.storage.closing_rows().await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.key.as_str(), row.destination.as_str(), row.owed), ("buyers-meta", "meta", 3));
    assert_eq!((row.retired_at, row.next_run_at), (retired_at, Some(retired_at)));
    assert_eq!(row.last_run.as_ref().map(|run| run.state), Some(RunState::Done));
    assert!(!row.is_stopped);

    bench.storage.stop(&Scope::Destination(key("meta")), "ada", bench.now()).await.unwrap();
    assert!(bench.storage.closing_rows().await.unwrap()[0].is_stopped);
    bench.storage.resume(&Scope::Destination(key("meta")), "ada", bench.now()).await.unwrap();

    worker.is_closing = true;
    worker.order(&people([])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 2).await;
    worker.step(&work, 2, 2).await;
    assert_eq!(bench.storage.closing_rows().await.unwrap()[0].owed, 2, "one has left");
    worker.drain().await;
    worker.order(&people([])).await;
    assert!(bench.storage.closing_rows().await.unwrap().is_empty());
}
