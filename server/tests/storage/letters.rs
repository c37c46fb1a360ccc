//! Dead letters: what the page shows, what retry and discard do, and exits that don't wait.

use domain::{
    Error,
    delivery::{
        Transition::{Entered, Exited},
        letters::{Pick, Verdict},
        service::LetterStore as _,
    },
    sync::port::SyncStore as _,
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, key, people,
    },
    worker::Worker,
};

async fn shop(engine: Engine) -> Option<Bench> {
    let bench = Bench::open(engine).await?;
    bench.apply(SHOP, false).await;
    bench
        .execute(
            "INSERT INTO person (ordinal, cio_id, learned_at) VALUES (2, 'ada', 0), (3, 'bob', 0)",
        )
        .await;
    Some(bench)
}

/// Orders these people into carts-meta; Segment refuses 2 and 3, each for a reason of its own.
async fn refused(bench: &Bench) -> Worker<'_> {
    let mut worker = Worker::new(bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 4).await;
    worker.refuse(&work, 4, &[2, 3]).await;
    worker
}

async fn settle(bench: &Bench, pick: Pick, verdict: Verdict) -> domain::Result<u64> {
    bench.storage.settle(&key("carts-meta"), &pick, verdict, "ada", bench.now()).await
}

#[rstest]
#[tokio::test]
async fn letters_are_listed_by_mapping_and_reason(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = refused(&bench).await;
    let first = bench.now();
    bench.clock.advance(Span::from_minutes(5));
    // 4 is refused for 2's reason; 1 can't leave.
    worker.order(&people([4])).await;
    let exit = worker.work().await;
    worker.step(&exit, 0, 2).await;
    worker.refuse(&exit, 2, &[1]).await;
    let entry = worker.work().await;
    worker.step(&entry, 0, 5).await;
    bench.execute("UPDATE dead_letter SET reason = 'no 2' WHERE ordinal = 3").await;
    worker.refuse(&entry, 5, &[4]).await;
    bench.execute("UPDATE dead_letter SET reason = 'no 2' WHERE ordinal = 4").await;

    let letters = bench.storage.letters().await.unwrap();
    let told: Vec<_> = letters
        .open
        .iter()
        .map(|group| (group.transition, &*group.reason, group.people, group.sample.as_deref()))
        .collect();
    assert_eq!(told, [(Exited, "no 1", 1, None), (Entered, "no 2", 3, Some("ada"))]);
    assert_eq!((letters.open[1].first_at, letters.open[1].last_at), (first, bench.now()));
    assert!(letters.discarded.is_empty());
    bench.execute("UPDATE mapping SET retired_at = 1 WHERE key = 'carts-meta'").await;
    assert!(bench.storage.letters().await.unwrap().open.is_empty());
}

#[rstest]
#[tokio::test]
async fn who_is_retried_is_decided_about_again(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = refused(&bench).await;
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([2, 3]));
    let pick = Pick::Reason(Entered, "no 2".to_owned());
    assert_eq!(settle(&bench, pick.clone(), Verdict::Retry).await.unwrap(), 1);
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([3]));
    assert_eq!(worker.bring(&people([1, 2])).await, [(Entered, 2, people([2]))]);
    // Whoever comes second is told that there is nothing left.
    let again = settle(&bench, pick, Verdict::Retry).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    let said = "SELECT actor || ' ' || action || ' ' || subject FROM audit WHERE action = 'retry'";
    assert_eq!(bench.texts(said).await, ["ada retry dead letters of mapping carts-meta"]);
    let (none, now) = (key("none"), bench.now());
    let none = bench.storage.settle(&none, &Pick::Open, Verdict::Retry, "ada", now).await;
    assert!(matches!(none, Err(Error::NotFound(_))), "{none:?}");
}

#[rstest]
#[tokio::test]
async fn who_is_discarded_stays_refused_until_somebody_takes_it_back(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let worker = refused(&bench).await;
    assert_eq!(settle(&bench, Pick::Open, Verdict::Discard).await.unwrap(), 2);
    let letters = bench.storage.letters().await.unwrap();
    assert!(letters.open.is_empty());
    assert_eq!(letters.discarded, [(key("carts-meta"), 2)]);
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([2, 3]));
    // What is open is not what was discarded.
    assert!(settle(&bench, Pick::Open, Verdict::Retry).await.is_err());
    assert_eq!(settle(&bench, Pick::Discarded, Verdict::Retry).await.unwrap(), 2);
    assert!(bench.storage.refused(worker.mapping.id).await.unwrap().is_empty());
    assert!(bench.storage.letters().await.unwrap().discarded.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_refused_exit_is_tried_again_by_itself_once_a_day(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    worker.order(&people([3])).await;
    let exit = worker.work().await;
    worker.step(&exit, 0, 3).await;
    worker.refuse(&exit, 3, &[1, 2]).await;
    let entry = worker.work().await;
    worker.step(&entry, 0, 4).await;
    worker.refuse(&entry, 4, &[3]).await;
    // 2's exit was given up by somebody; 3 never came in, which can wait.
    let pick = Pick::Reason(Exited, "no 2".to_owned());
    settle(&bench, pick, Verdict::Discard).await.unwrap();
    let mapping = worker.mapping.id;
    let refused = async || bench.storage.refused(mapping).await.unwrap();

    bench.clock.advance(Span::from_hours(23));
    worker.begin().await;
    assert_eq!(refused().await, people([1, 2, 3]));
    bench.clock.advance(Span::from_hours(1));
    worker.begin().await;
    assert_eq!(refused().await, people([2, 3]));
    assert_eq!(worker.order(&people([2])).await.exited, 1);
    let again = worker.work().await;
    assert_eq!((again.transition, again.people.clone()), (Exited, people([1])));
    // Refused again, it is open again for a day.
    worker.step(&again, 0, 2).await;
    worker.refuse(&again, 2, &[1]).await;
    let letters = bench.storage.letters().await.unwrap();
    assert_eq!(letters.count(None).exited, 1);
    assert_eq!(letters.open[0].last_at, bench.now());
    worker.begin().await;
    assert_eq!(refused().await, people([1, 2, 3]));
}
