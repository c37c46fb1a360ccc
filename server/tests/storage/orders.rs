//! What an order holds: the difference to what is present, and what it replaces.

use std::collections::BTreeMap;

use domain::{
    delivery::{
        Lane,
        Transition::{Entered, Exited},
        port::Next,
    },
    people::PersonSet,
    sync::{
        Cause, RunState, decide::Decision, port::Ordered, port::SyncStore as _, runs::RunReads as _,
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

fn ordered(entered: u64, exited: u64) -> Ordered {
    Ordered { entered, exited, ..Ordered::default() }
}

#[rstest]
#[tokio::test]
async fn nothing_changed_nothing_ordered(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    assert_eq!(worker.order(&people([])).await, ordered(0, 0));
    assert_eq!(bench.storage.run(worker.run).await.unwrap().unwrap().generation, None);
    let target = people([1, 2, 70_000]);
    assert_eq!(worker.order(&target).await, ordered(3, 0));
    assert_eq!(
        worker.drain().await,
        [(Entered, 1, people([1, 2])), (Entered, 1, people([70_000]))],
        "one part a chunk"
    );
    for _ in 0..3 {
        assert_eq!(worker.order(&target).await, ordered(0, 0));
        assert_eq!(worker.next().await, Next::Nothing);
        assert_eq!(bench.storage.run(worker.run).await.unwrap().unwrap().generation, None);
    }
    assert_eq!(worker.bring(&people([2, 70_000])).await, [(Exited, 2, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn leave_join_leave_are_three_messages(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let mut sent = Vec::new();
    for target in [people([1]), people([]), people([1]), people([])] {
        bench.clock.advance(Span::from_minutes(5));
        worker.order(&target).await;
        let work = worker.work().await;
        assert_eq!(work.decided_at, bench.now(), "the order's own moment");
        sent.extend(worker.drain().await);
    }
    let one = people([1]);
    assert_eq!(
        sent,
        [
            (Entered, 1, one.clone()),
            (Exited, 2, one.clone()),
            (Entered, 3, one.clone()),
            (Exited, 4, one)
        ]
    );
}

#[rstest]
#[tokio::test]
async fn a_new_decision_replaces_only_what_is_unclaimed(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people(0..10)).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    worker.step(&work, 3, 5).await;
    assert_eq!(
        (bench.row("carts-meta").await.delivered, bench.row("carts-meta").await.pending),
        (3, 7)
    );
    // 0-2 are there, 3 and 4 perhaps; 5-9 were never claimed. 4 and 9 are to be there.
    assert_eq!(worker.order(&people([0, 4, 9])).await, ordered(1, 3));
    let row = bench.row("carts-meta").await;
    assert_eq!((row.delivered, row.pending), (3, 2 + 4));
    let again = worker.work().await;
    assert_eq!((again.part, again.generation, again.decided_at), (work.part, 1, work.decided_at));
    assert_eq!(doubt(&again), people([3, 4]), "exactly the same people, first");
    assert_eq!(worker.order(&people([0, 4, 9])).await, ordered(1, 3), "and again");
    assert_eq!(doubt(&worker.work().await), people([3, 4]));
    worker.step(&again, 5, 5).await;
    assert_eq!(
        worker.drain().await,
        [(Exited, 3, people([1, 2, 3])), (Entered, 3, people([9]))],
        "generations are never used twice"
    );
    let row = bench.row("carts-meta").await;
    assert_eq!((row.delivered, row.pending), (3, 0));
    assert_eq!(worker.order(&people([0, 4, 9])).await, ordered(0, 0));
}

#[rstest]
#[tokio::test]
async fn an_exit_in_doubt_counts_as_gone(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 70_000])).await;
    worker.order(&people([])).await;
    let exit = worker.work().await;
    worker.step(&exit, 0, 3).await;
    assert_eq!(worker.order(&people([1, 70_000])).await, ordered(1, 0));
    let offered = worker.work().await;
    assert_eq!((offered.part, doubt(&offered)), (exit.part, people([1, 2])));
    assert_eq!(
        worker.drain().await,
        [(Exited, 2, people([1, 2])), (Entered, 3, people([1]))],
        "70,000's exit was never claimed, so nobody hears of it"
    );
    assert_eq!(bench.row("carts-meta").await.delivered, 2);
}

#[rstest]
#[tokio::test]
async fn lanes_go_in_order_whatever_their_chunk(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 70_001, 70_002])).await;
    // 1 and 70,001 bought, 2 and 70,002 only left.
    worker.decide(&decision(&people([5, 70_005])), &people([1, 70_001, 90_000])).await;
    let mut lanes = Vec::new();
    while let Next::Work(work) = worker.next().await {
        lanes.push((work.lane, work.transition, worker.finish_part(&work).await));
    }
    assert_eq!(
        lanes,
        [
            (Lane::Protect, Exited, people([1])),
            (Lane::Protect, Exited, people([70_001])),
            (Lane::Exit, Exited, people([2])),
            (Lane::Exit, Exited, people([70_002])),
            (Lane::Enter, Entered, people([5])),
            (Lane::Enter, Entered, people([70_005])),
        ]
    );
    // Of a mapping that suppresses, the entries protect.
    worker.release().await;
    let mut worker = Worker::new(&bench, "buyers-meta").await;
    worker.bring(&people([1, 2])).await;
    worker.order(&people([2, 3])).await;
    assert_eq!(worker.work().await.lane, Lane::Protect);
    assert_eq!(worker.drain().await, [(Entered, 2, people([3])), (Exited, 2, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn a_paused_mapping_sends_only_what_protects(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    worker.order(&people([1, 2, 3])).await;
    worker.mapping.spec.active = false;
    let done = worker.decide(&decision(&people([4])), &people([1])).await;
    assert_eq!(done, ordered(0, 1));
    assert_eq!(worker.drain().await, [(Exited, 3, people([1]))], "and 3's entry was replaced");
    worker.mapping.spec.active = true;
    assert_eq!(worker.order(&people([4])).await, ordered(1, 1));
}

#[rstest]
#[tokio::test]
async fn folding_changes_nothing_that_readers_see(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([100, 70_100])).await;
    for (round, generation) in (0..40_u32).zip(2..) {
        let target = people([round, round + 1, 70_000 + round / 4, 70_100]);
        let sent = worker.bring(&target).await;
        assert!(sent.iter().all(|(_, number, _)| *number == generation), "{sent:?}");
        assert_eq!(bench.row("carts-meta").await.delivered, 4);
        assert_eq!(worker.order(&target).await, ordered(0, 0), "round {round}");
    }
    let folded = bench.texts("SELECT CAST(COUNT(*) AS TEXT) FROM part WHERE folded").await;
    let open = bench.texts("SELECT CAST(COUNT(*) AS TEXT) FROM part WHERE NOT folded").await;
    let (folded, open): (usize, usize) = (folded[0].parse().unwrap(), open[0].parse().unwrap());
    assert!(folded > 80 && open <= 20, "{folded} folded, {open} not");
    // Another mapping's parts are none of its business.
    worker.release().await;
    let mut other = Worker::new(&bench, "viewers-google").await;
    assert_eq!(other.order(&people([100])).await, ordered(1, 0));
}

#[rstest]
#[tokio::test]
async fn a_chunk_with_something_in_doubt_is_not_folded(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1])).await;
    worker.order(&people([1, 2])).await;
    let stuck = worker.work().await;
    worker.step(&stuck, 0, 3).await;
    // Each order replaces the one before it, which closes empty.
    for round in 0..20_u32 {
        worker.order(&people([1, 2, 70_000 + round])).await;
    }
    let chunks = "SELECT DISTINCT CAST(chunk AS TEXT) FROM part WHERE folded";
    assert_eq!(bench.texts(chunks).await, ["1"]);
    assert_eq!(doubt(&worker.work().await), people([2]));
    assert_eq!(worker.order(&people([2])).await, ordered(0, 1));
    assert_eq!(
        worker.drain().await,
        [(Entered, 2, people([2])), (Exited, 23, people([1]))],
        "an exit after the entry that it undoes"
    );
    for round in 0..20_u32 {
        worker.order(&people([2, 70_000 + round])).await;
    }
    assert_eq!(bench.texts(chunks).await.len(), 2);
    assert_eq!(worker.order(&people([2])).await, ordered(0, 0));
}

#[rstest]
#[tokio::test]
async fn a_run_keeps_its_counts_and_the_mapping_its_withheld(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let withheld = BTreeMap::from([
        (Cause::Suppressed, people([1, 70_000])),
        (Cause::Unidentifiable, people([3])),
    ]);
    let counts = BTreeMap::from([(Cause::Suppressed, 2), (Cause::Unidentifiable, 1)]);
    let first = Decision { members: 5, target: people([7, 8]), withheld };
    worker.decide(&first, &PersonSet::new()).await;
    let row = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((row.state, row.fetched, row.target), (RunState::Delivering, 5, 2));
    assert_eq!((row.entered, row.exited, row.generation), (2, 0, Some(1)));
    assert_eq!(row.withheld, counts);
    let mapping = bench.row("carts-meta").await;
    assert_eq!((mapping.members, mapping.target, mapping.withheld), (5, 2, counts));
    worker.drain().await;
    worker.finish(RunState::Done, None).await;
    let row = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((row.state, row.delivered, row.dead), (RunState::Done, 2, 0));

    let second = Decision { members: 1, target: people([8]), withheld: BTreeMap::new() };
    worker.decide(&second, &PersonSet::new()).await;
    let mapping = bench.row("carts-meta").await;
    assert_eq!((mapping.members, mapping.target), (1, 1));
    assert!(mapping.withheld.is_empty());
    let left = bench.texts("SELECT cause FROM withheld_chunk").await;
    assert!(left.is_empty(), "the former sets are gone: {left:?}");
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([]));
}
