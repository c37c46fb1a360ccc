//! The emergency stop: what it holds, what it never holds, and what is left when it ends.

use domain::{
    Error,
    delivery::{
        Transition::{Entered, Exited},
        port::{Advance, DeliveryStore as _, Next},
        service::StopStore as _,
        stop::Scope,
    },
    mappings::port::MappingStore as _,
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    worker::{Worker, decision, doubt},
};

fn meta() -> Scope {
    Scope::Destination(key("meta"))
}

#[rstest]
#[tokio::test]
async fn a_stop_says_who_and_since_when_and_is_audited_once(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let began = bench.now();
    bench.storage.stop(&meta(), "ada", began).await.unwrap();
    bench.clock.advance(Span::from_minutes(1));
    // Whoever comes second changes nothing.
    bench.storage.stop(&meta(), "bob", bench.now()).await.unwrap();
    bench.storage.stop(&Scope::Everything, "bob", bench.now()).await.unwrap();
    bench.storage.stop(&Scope::Everything, "eve", bench.now()).await.unwrap();
    let stops = bench.storage.stops().await.unwrap();
    let told: Vec<_> = stops.iter().map(|stop| (&stop.scope, &*stop.by, stop.since)).collect();
    assert_eq!(told, [(&Scope::Everything, "bob", bench.now()), (&meta(), "ada", began)]);

    bench.storage.resume(&Scope::Everything, "eve", bench.now()).await.unwrap();
    bench.storage.resume(&Scope::Everything, "eve", bench.now()).await.unwrap();
    assert_eq!(bench.storage.stops().await.unwrap(), stops[1..]);
    bench.storage.resume(&meta(), "eve", bench.now()).await.unwrap();
    assert!(bench.storage.stops().await.unwrap().is_empty());
    let said = "SELECT actor || ' ' || action || ' ' || subject FROM audit
        WHERE action IN ('stop', 'resume') ORDER BY id";
    assert_eq!(
        bench.texts(said).await,
        [
            "ada stop destination meta",
            "bob stop everything",
            "eve resume everything",
            "eve resume destination meta"
        ]
    );
    for scope in [Scope::Destination(key("none"))] {
        let refused = bench.storage.stop(&scope, "ada", bench.now()).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
        let refused = bench.storage.resume(&scope, "ada", bench.now()).await;
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_stop_holds_from_the_next_claim_on_and_leaves_what_protects(
    #[values(Sqlite, Postgres)] engine: Engine,
    #[values(meta(), Scope::Everything)] scope: Scope,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    // 1 is suppressed, 2 left by themselves, 3 to 6 came.
    worker.decide(&decision(&people(3..7)), &people([1])).await;
    let protects = worker.work().await;
    assert_eq!(protects.people, people([1]));
    worker.finish_part(&protects).await;
    let leaves = worker.work().await;
    worker.finish_part(&leaves).await;
    let enters = worker.work().await;
    worker.step(&enters, 0, 5).await;

    bench.storage.stop(&scope, "ada", bench.now()).await.unwrap();
    // What was claimed before is in doubt: it is still answered for, and nothing after it.
    assert_eq!(doubt(&worker.work().await), people([3, 4]));
    let step = Advance { acknowledged: 5, claimed: 7, ..Advance::default() };
    let done = worker.try_step(&enters, &step).await.unwrap();
    assert!(done.held);
    assert_eq!(worker.next().await, Next::Nothing);
    let row = bench.row("carts-meta").await;
    assert_eq!((row.delivered, row.pending), (2, 2));

    // A decision made meanwhile orders what protects, and nothing else.
    let ordered = worker.decide(&decision(&people([4, 9])), &people([3])).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 1));
    assert_eq!(worker.drain().await, [(Exited, 3, people([3]))]);

    bench.storage.resume(&scope, "ada", bench.now()).await.unwrap();
    let ordered = worker.order(&people([4, 9])).await;
    assert_eq!((ordered.entered, ordered.exited), (1, 0));
    assert_eq!(worker.drain().await, [(Entered, 4, people([9]))]);
}

#[rstest]
#[tokio::test]
async fn a_pause_holds_from_the_next_claim_on_as_well(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people(1..6)).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    bench.execute("UPDATE mapping SET active = FALSE WHERE key = 'carts-meta'").await;
    let step = Advance { acknowledged: 3, claimed: 5, ..Advance::default() };
    assert!(worker.try_step(&work, &step).await.unwrap().held);
    assert_eq!(worker.next().await, Next::Nothing);
}

#[rstest]
#[tokio::test]
async fn another_destination_goes_on_and_the_end_makes_mappings_due(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut google = Worker::new(&bench, "viewers-google").await;
    let mut suppress = Worker::new(&bench, "buyers-meta").await;
    for mapping in ["carts-meta", "viewers-meta"] {
        Worker::new(&bench, mapping).await.release().await;
    }
    bench.storage.stop(&meta(), "ada", bench.now()).await.unwrap();
    assert_eq!(google.bring(&people([1])).await.len(), 1);
    // Entries of a list that excludes protect; its exits wait.
    assert_eq!(suppress.bring(&people([1, 2])).await, [(Entered, 1, people([1, 2]))]);
    assert_eq!(suppress.order(&people([1])).await.exited, 0);

    let due = bench.storage.due(bench.now()).await.unwrap();
    assert!(due.is_empty(), "all have just run: {due:?}");
    bench.execute("UPDATE mapping SET active = FALSE WHERE key = 'viewers-meta'").await;
    bench.storage.resume(&meta(), "ada", bench.now()).await.unwrap();
    let due = bench.storage.due(bench.now()).await.unwrap();
    assert_eq!(due, [key("buyers-meta"), key("carts-meta")]);
    assert_eq!(
        google.storage.next(&google.lease, google.mapping.id, false, bench.now()).await.unwrap(),
        Next::Nothing
    );
}
