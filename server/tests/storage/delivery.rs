//! Claims and acknowledgements: cursors, counts, dead letters, the door, and who waits.

use domain::{
    delivery::{
        Transition::{Entered, Exited},
        port::{Advance, Advanced, DeliveryStore as _, Next},
    },
    sync::{port::SyncStore as _, runs::RunReads as _},
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        people, shop,
    },
    worker::{Worker, doubt},
};

async fn counts(bench: &Bench, mapping: &str) -> (u64, u64) {
    let row = bench.row(mapping).await;
    (row.delivered, row.pending)
}

#[rstest]
#[tokio::test]
async fn cursors_move_and_the_counts_follow(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([70_000, 70_001, 70_002, 70_010])).await;
    assert_eq!(counts(&bench, "carts-meta").await, (0, 4));
    let work = worker.work().await;
    assert_eq!((work.chunk, work.acknowledged, work.claimed), (1, 0, 0));
    assert_eq!(work.people, people([70_000, 70_001, 70_002, 70_010]));
    let place = |person: u32| person % 65_536 + 1;
    worker.step(&work, 0, place(70_001)).await;
    assert_eq!(counts(&bench, "carts-meta").await, (0, 4), "a claim delivers nobody");
    let again = worker.work().await;
    assert_eq!((again.part, doubt(&again)), (work.part, people([70_000, 70_001])));
    // An acknowledgement carries the next claim.
    worker.step(&work, place(70_001), place(70_002)).await;
    assert_eq!(counts(&bench, "carts-meta").await, (2, 2));
    let again = worker.work().await;
    assert_eq!(again.people, people([70_002, 70_010]), "without those who are there");
    assert_eq!(doubt(&again), people([70_002]));
    // Without a next claim the part stays open: there is more of it.
    worker.step(&work, place(70_002), place(70_002)).await;
    assert_eq!(counts(&bench, "carts-meta").await, (3, 1));
    assert_eq!(worker.work().await.people, people([70_010]));
    let row = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((row.delivered, row.dead), (3, 0));
    worker.drain().await;
    assert_eq!(counts(&bench, "carts-meta").await, (4, 0));
    assert_eq!(worker.next().await, Next::Nothing);
    assert_eq!(worker.bring(&people([70_010])).await.len(), 1);
    assert_eq!(counts(&bench, "carts-meta").await, (1, 0));
}

#[rstest]
#[tokio::test]
async fn what_was_left_unclaimed_is_not_there(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3, 4])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    worker.step(&work, 3, 3).await;
    let next = worker.order(&people([1, 2, 3, 4])).await;
    assert_eq!((next.entered, next.exited), (2, 0), "3 and 4 were never sent");
    assert_eq!(worker.drain().await, [(Entered, 2, people([3, 4]))]);
    assert_eq!(counts(&bench, "carts-meta").await, (4, 0));
}

#[rstest]
#[tokio::test]
async fn a_cursor_goes_neither_back_nor_past_what_was_claimed(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people(0..10)).await;
    let work = worker.work().await;
    worker.step(&work, 0, 4).await;
    worker.step(&work, 2, 6).await;
    let before = worker.work().await;
    for (acknowledged, claimed) in [(1, 6), (2, 5), (7, 8), (0, 0), (6, 4)] {
        let dead = vec![(5, "no".to_owned())];
        let step = Advance { acknowledged, claimed, dead, ..Advance::default() };
        assert!(worker.try_step(&work, &step).await.is_err(), "{acknowledged} to {claimed}");
    }
    assert_eq!(worker.work().await, before);
    assert_eq!(counts(&bench, "carts-meta").await, (2, 8));
    assert!(bench.storage.refused(worker.mapping.id).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn who_is_refused_is_not_there(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 4).await;
    worker.refuse(&work, 4, &[2]).await;
    assert_eq!(worker.next().await, Next::Nothing);
    assert_eq!(counts(&bench, "carts-meta").await, (2, 0));
    let row = bench.storage.run(worker.run).await.unwrap().unwrap();
    assert_eq!((row.delivered, row.dead), (2, 1));
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([2]));
    let other = bench.mapping("viewers-google").await;
    assert!(bench.storage.refused(other.id).await.unwrap().is_empty(), "each mapping its own");
    assert_eq!(worker.order(&people([1, 3])).await.exited, 0, "2 never came in");
    // A refused exit leaves the person there.
    worker.order(&people([3])).await;
    let exit = worker.work().await;
    worker.step(&exit, 0, 2).await;
    worker.refuse(&exit, 2, &[1]).await;
    assert_eq!(counts(&bench, "carts-meta").await, (2, 0));
    assert_eq!(worker.order(&people([1, 3])).await.entered, 0, "1 is still there");
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([1, 2]));
}

#[rstest]
#[tokio::test]
async fn what_was_decided_on_a_refused_transition_is_void(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2])).await;
    let entry = worker.work().await;
    worker.step(&entry, 0, 3).await;
    // Both are owed an exit, in case they came in; but 1 never did.
    assert_eq!(worker.order(&people([])).await.exited, 2);
    worker.refuse(&entry, 3, &[1]).await;
    assert_eq!(counts(&bench, "carts-meta").await, (1, 1));
    assert_eq!(worker.drain().await, [(Exited, 2, people([2]))]);
    assert_eq!(counts(&bench, "carts-meta").await, (0, 0));
    // The other way round: 3 never left, so nothing brings them in again.
    worker.bring(&people([3])).await;
    worker.order(&people([])).await;
    let exit = worker.work().await;
    worker.step(&exit, 0, 4).await;
    assert_eq!(worker.order(&people([3])).await.entered, 1);
    worker.refuse(&exit, 4, &[3]).await;
    assert_eq!(worker.next().await, Next::Nothing);
    assert_eq!(counts(&bench, "carts-meta").await, (1, 0));
    assert_eq!(worker.order(&people([3])).await.entered, 0);
}

#[rstest]
#[tokio::test]
async fn a_later_part_of_a_chunk_waits_for_the_one_in_doubt(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 70_001])).await;
    worker.order(&people([1, 2, 70_001])).await;
    let entry = worker.work().await;
    worker.step(&entry, 0, 3).await;
    // Exits go before entries, but 1's chunk has something in doubt.
    worker.order(&people([2])).await;
    let first = worker.work().await;
    assert_eq!((first.chunk, first.transition), (1, Exited), "another chunk goes on");
    worker.finish_part(&first).await;
    let second = worker.work().await;
    assert_eq!((second.part, doubt(&second)), (entry.part, people([2])));
    worker.step(&second, 3, 3).await;
    assert_eq!(worker.drain().await, [(Exited, 3, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn the_suppressed_are_turned_away_at_the_door_only(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3, 4, 70_001])).await;
    let work = worker.work().await;
    let claimed = Advanced { claim: people([1, 2]), ..Advanced::default() };
    assert_eq!(worker.step(&work, 0, 3).await, claimed);
    bench.mirror("buyers", &people([2, 3, 70_001])).await;
    // 2 is claimed already: that suppression owes an exit. 3 is at the door.
    assert_eq!(doubt(&worker.work().await), people([1, 2]));
    assert_eq!(
        worker.step(&work, 2, 3).await.masked,
        people([]),
        "a part of an answer masks nobody"
    );
    assert_eq!(doubt(&worker.work().await), people([2]));
    assert_eq!(worker.step(&work, 3, 5).await.masked, people([3]));
    assert_eq!(counts(&bench, "carts-meta").await, (2, 2));
    worker.step(&work, 5, 5).await;
    let other = worker.work().await;
    assert_eq!(worker.finish_part(&other).await, people([]), "all of a part may be masked");
    assert_eq!(worker.next().await, Next::Nothing);
    assert_eq!(counts(&bench, "carts-meta").await, (3, 0));
    assert_eq!(worker.order(&people([1, 4])).await.exited, 1);
    // Exits pass the door, and so does who was suppressed but no longer is.
    assert_eq!(worker.drain().await, [(Exited, 2, people([2]))]);
    bench.mirror("buyers", &people([])).await;
    bench.clock.advance(Span::from_hours(25));
    assert_eq!(worker.bring(&people([1, 3, 4])).await, [(Entered, 3, people([3]))]);
}

#[rstest]
#[tokio::test]
async fn the_door_knows_who_left_the_suppression_lately(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    bench.mirror("buyers", &people([1, 2])).await;
    bench.mirror("buyers", &people([])).await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    assert_eq!(worker.step(&work, 0, 2).await.masked, people([1]));
    // The door's own moment counts, not the decision's.
    bench.clock.advance(Span::from_hours(24));
    assert_eq!(worker.step(&work, 2, 4).await.masked, people([]));
    assert_eq!(doubt(&worker.work().await), people([2, 3]));
}

#[rstest]
#[tokio::test]
async fn no_door_for_what_suppresses(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench.mirror("buyers", &people([1, 2])).await;
    let mut worker = Worker::new(&bench, "buyers-meta").await;
    assert_eq!(worker.bring(&people([1, 2])).await, [(Entered, 1, people([1, 2]))]);
}

#[rstest]
#[tokio::test]
async fn entries_wait_for_their_groups_exits_at_the_same_destination(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut carts = Worker::new(&bench, "carts-meta").await;
    let mut viewers = Worker::new(&bench, "viewers-meta").await;
    let mut google = Worker::new(&bench, "viewers-google").await;
    let mut buyers = Worker::new(&bench, "buyers-meta").await;
    viewers.bring(&people([1, 2])).await;
    // 1 moves from viewers to carts.
    viewers.order(&people([2])).await;
    carts.order(&people([1, 70_000])).await;
    google.order(&people([1])).await;
    buyers.order(&people([1])).await;
    assert_eq!(google.drain().await.len(), 1, "another destination has nothing to wait for");
    assert_eq!(buyers.drain().await.len(), 1, "nor has another group");
    let elsewhere = carts.work().await;
    assert_eq!((elsewhere.chunk, elsewhere.people.clone()), (1, people([70_000])));
    carts.finish_part(&elsewhere).await;
    assert_eq!(carts.next().await, Next::Blocked { soon: false });
    // Its own exits don't wait, and a claimed exit still counts as open.
    let exit = viewers.work().await;
    viewers.step(&exit, 0, 2).await;
    assert_eq!(carts.next().await, Next::Blocked { soon: false });
    viewers.step(&exit, 2, 2).await;
    assert_eq!(carts.drain().await, [(Entered, 1, people([1]))]);
    // What is in doubt may be there already: it doesn't wait.
    carts.order(&people([1, 5, 70_000])).await;
    let doubtful = carts.work().await;
    carts.step(&doubtful, 0, 6).await;
    viewers.order(&people([])).await;
    assert_eq!(carts.work().await.part, doubtful.part);
    // A retired mate's exits hold up nobody.
    carts.step(&doubtful, 6, 6).await;
    carts.order(&people([1, 5, 6, 70_000])).await;
    assert_eq!(carts.next().await, Next::Blocked { soon: false });
    bench.execute("UPDATE mapping SET retired_at = 1 WHERE key = 'viewers-meta'").await;
    assert_eq!(carts.drain().await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn each_mapping_has_its_own_parts(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut google = Worker::new(&bench, "viewers-google").await;
    let buyers = Worker::new(&bench, "buyers-meta").await;
    google.order(&people([1])).await;
    assert_eq!(buyers.next().await, Next::Nothing);
    let missing = domain::ids::MappingId(bench.id());
    assert_eq!(
        google.storage.next(&google.lease, missing, false, bench.now()).await.unwrap(),
        Next::Nothing
    );
    assert_eq!(google.drain().await, [(Entered, 1, people([1]))]);
    assert_eq!(counts(&bench, "buyers-meta").await, (0, 0));
    assert_eq!(counts(&bench, "viewers-google").await, (1, 0));
}
