//! Cancelling a run: what was claimed is answered for, what wasn't is dropped, and what
//! protects goes on.

use domain::{
    Error,
    delivery::{
        Transition::{Entered, Exited},
        port::{Advance, Next},
    },
    ids::RunId,
    sync::{
        RunState,
        runs::{RunControl as _, RunReads as _},
    },
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Engine,
        Engine::{Postgres, Sqlite},
        people, shop,
    },
    worker::{Worker, decision, doubt},
};

#[rstest]
#[tokio::test]
async fn what_is_not_claimed_is_dropped_and_decided_anew(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3, 4, 70_000])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;

    let dropped = bench.storage.cancel(worker.run, "ada", bench.now()).await.unwrap();
    assert_eq!(dropped, 3, "1 and 2 are on their way");
    let run = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((run.state, run.error.as_deref()), (RunState::Failed, Some("cancelled by ada")));
    // The worker has read ahead: its next claim is refused, its answer is not.
    let step = Advance { acknowledged: 3, claimed: 5, ..Advance::default() };
    assert!(worker.try_step(&work, &step).await.unwrap().held);
    assert_eq!(worker.next().await, Next::Nothing);
    let row = bench.row("carts-meta").await;
    assert_eq!((row.delivered, row.pending), (2, 0));
    // It ends as it was cancelled, whatever the worker says after.
    worker.finish(RunState::Done, None).await;
    let run = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((run.state, run.delivered), (RunState::Failed, 2));

    assert_eq!(worker.order(&people([1, 2, 3, 4, 70_000])).await.entered, 3);
    let sent: Vec<_> = worker.drain().await.into_iter().map(|(_, _, people)| people).collect();
    assert_eq!(sent, [people([3, 4]), people([70_000])]);
}

#[rstest]
#[tokio::test]
async fn what_protects_goes_on(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    worker.decide(&decision(&people([3])), &people([1])).await;
    assert_eq!(bench.storage.cancel(worker.run, "ada", bench.now()).await.unwrap(), 2);
    assert_eq!(worker.drain().await, [(Exited, 2, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn a_run_that_still_reads_decides_nothing_any_more(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    assert_eq!(bench.storage.cancel(worker.run, "ada", bench.now()).await.unwrap(), 0);
    let ordered = worker.try_order(&decision(&people([1])), &people([])).await.unwrap();
    assert_eq!((ordered.entered, ordered.exited), (0, 0));
    assert_eq!(worker.next().await, Next::Nothing);
    let run = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Failed, "an order doesn't wake it");
    assert_eq!(worker.bring(&people([1])).await, [(Entered, 1, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn a_run_that_has_ended_or_never_was_is_not_cancelled(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 2).await;
    let first = worker.run;
    bench.storage.cancel(first, "ada", bench.now()).await.unwrap();
    let again = bench.storage.cancel(first, "bob", bench.now()).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    assert_eq!(doubt(&worker.work().await), people([1]), "what is in doubt stays");
    let none = bench.storage.cancel(RunId(bench.id()), "ada", bench.now()).await;
    assert!(matches!(none, Err(Error::NotFound(_))), "{none:?}");
    let said = "SELECT actor || ' ' || action FROM audit WHERE action = 'cancel'";
    assert_eq!(bench.texts(said).await, ["ada cancel"]);
}

#[rstest]
#[tokio::test]
async fn whoever_should_have_left_holds_back_their_group_until_it_is_decided_anew(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut carts = Worker::new(&bench, "carts-meta").await;
    let mut viewers = Worker::new(&bench, "viewers-meta").await;
    carts.bring(&people([1, 2])).await;
    carts.begin().await;
    carts.order(&people([2])).await;
    viewers.order(&people([1])).await;
    assert_eq!(viewers.next().await, Next::Blocked { soon: false });
    assert_eq!(bench.storage.cancel(carts.run, "ada", bench.now()).await.unwrap(), 1);
    assert_eq!(viewers.next().await, Next::Blocked { soon: false }, "1 is still among the carts");
    // A new run that only reads has not decided yet.
    bench.clock.advance(Span::from_seconds(1));
    carts.begin().await;
    assert_eq!(viewers.next().await, Next::Blocked { soon: false });
    carts.order(&people([2])).await;
    assert_eq!(carts.drain().await, [(Exited, 3, people([1]))]);
    assert_eq!(viewers.drain().await, [(Entered, 1, people([1]))]);
}
