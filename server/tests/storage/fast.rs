//! The fast lane: whoever an event keeps out leaves between two runs, once, and nothing of a
//! run is disturbed.

use std::collections::BTreeMap;

use domain::{
    delivery::{
        Lane,
        Transition::{Entered, Exited},
        fast::{Cause, FastOrder, FastStore as _},
        port::{Advance, DeliveryStore as _, Lease, LeaseStore as _, Next, Work},
    },
    ids::RunId,
    people::{PersonSet, port::PersonStore as _},
    sync::{port::SyncStore as _, runs::RunReads as _},
    time::{Instant, Span},
};
use rstest::rstest;

use super::{
    events::{bench, keep, purchase},
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people,
    },
    reads::learn,
    worker::{Worker, decision, end},
};

/// The fast lane of one mapping.
struct Fast<'a> {
    bench: &'a Bench,
    worker: &'a Worker<'a>,
    lease: Lease,
}

impl<'a> Fast<'a> {
    async fn new(worker: &'a Worker<'a>) -> Self {
        let bench = worker.bench;
        let name = format!("fast:{}", worker.mapping.id);
        let lease = bench.storage.acquire(&name, bench.now()).await.unwrap().unwrap();
        Self { bench, worker, lease }
    }

    /// Orders the exits of everybody who was kept out lately: how many.
    async fn order(&self) -> u64 {
        let now = self.bench.now();
        let since = now.minus(Span::from_hours(1));
        let held = self.bench.storage.newly_held(since, now).await.unwrap();
        let people: BTreeMap<u32, Option<Cause>> =
            held.into_iter().map(|one| (one.person, one.cause)).collect();
        let mapping = self.worker.mapping.id;
        let order = FastOrder { lease: self.lease.clone(), mapping, people };
        self.bench.storage.order_fast(&[order], now).await.unwrap()
    }

    async fn next(&self) -> Next {
        let (mapping, now) = (self.worker.mapping.id, self.bench.now());
        self.bench.storage.next(&self.lease, mapping, true, now).await.unwrap()
    }

    async fn work(&self) -> Work {
        match self.next().await {
            Next::Work(work) => work,
            other => panic!("nothing to send: {other:?}"),
        }
    }

    async fn step(&self, work: &Work, acknowledged: u32, claimed: u32) {
        let as_of = self.worker.as_of().await;
        let step = Advance { acknowledged, claimed, as_of, ..Advance::default() };
        let now = self.bench.now();
        self.bench
            .storage
            .advance(&self.lease, self.run().await, work.part, &step, now)
            .await
            .unwrap();
    }

    /// What counts them.
    async fn run(&self) -> RunId {
        self.bench.storage.open_fast().await.unwrap()[0].1
    }

    async fn finish(&self, work: &Work) {
        let upto = end(&work.people);
        self.step(work, 0, upto).await;
        self.step(work, upto, upto).await;
    }
}

async fn present(worker: &Worker<'_>) -> PersonSet {
    worker.storage.present(worker.mapping.id).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn whoever_bought_leaves_between_two_runs_and_only_once(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 3])).await;
    let fast = Fast::new(&worker).await;
    assert_eq!(fast.order().await, 0);
    keep(&bench, &[purchase(&bench, "m-1", "cio-2"), purchase(&bench, "m-2", "cio-5")]).await;
    bench.clock.advance(Span::from_millis(30));
    assert_eq!(fast.order().await, 1, "5 was never there");
    assert_eq!(fast.order().await, 0, "what is ordered already isn't ordered again");
    let work = fast.work().await;
    assert_eq!((work.lane, work.transition, &work.people), (Lane::Protect, Exited, &people([2])));
    assert_eq!(worker.next().await, Next::Nothing, "a run leaves it alone");
    fast.finish(&work).await;
    assert_eq!(fast.next().await, Next::Nothing);
    assert_eq!(fast.order().await, 0, "who has left doesn't leave again");
    assert_eq!(present(&worker).await, people([1, 3]));

    // The person's page tells it, and when it came to be known.
    let view = bench.storage.explain(2, 9, bench.now()).await.unwrap();
    let place = &view.mappings[1];
    let told: Vec<_> = place.history.iter().map(|one| (one.transition, one.generation)).collect();
    assert_eq!(told, [(Entered, 1), (Exited, 2)]);
    assert!(!place.delivered);
    let times = "SELECT CAST(decided_at - caused_at AS TEXT) FROM part WHERE fast";
    assert_eq!(bench.texts(times).await, ["30000"]);
    let runs = "SELECT kind || ' ' || exited || ' ' || delivered FROM run WHERE kind = 'events'";
    assert_eq!(bench.texts(runs).await, ["events 1 1"]);
    assert_eq!(bench.row("carts-meta").await.delivered, 2);
    let newest = bench.storage.newest_pass(&key("carts-meta"), Instant(0)).await.unwrap();
    assert_ne!(newest.map(|run| run.by_events), Some(true), "events decide no mapping anew");

    // The next run finds everything in order.
    drop(fast);
    let ordered = worker.decide(&decision(&people([1, 3])), &people([2])).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 0));
}

#[rstest]
#[tokio::test]
async fn many_who_leave_between_two_runs_are_folded_in_and_told_of_as_before(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 60).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people(1..=50)).await;
    let fast = Fast::new(&worker).await;
    for number in 1..=40 {
        let bought = purchase(&bench, &format!("m-{number}"), &format!("cio-{number}"));
        keep(&bench, &[bought]).await;
        bench.clock.advance(Span::from_millis(30));
        assert_eq!(fast.order().await, 1);
        fast.finish(&fast.work().await).await;
    }
    let unfolded = bench.texts("SELECT CAST(COUNT(*) AS TEXT) FROM part WHERE NOT folded").await;
    let unfolded: usize = unfolded[0].parse().unwrap();
    assert!((1..=18).contains(&unfolded), "{unfolded}");
    assert_eq!(present(&worker).await, people(41..=50));
    for (number, generation) in [(1, 2), (17, 18), (40, 41)] {
        let view = bench.storage.explain(number, 9, bench.now()).await.unwrap();
        let told = view.mappings[1].history.iter().map(|one| (one.transition, one.generation));
        assert_eq!(told.collect::<Vec<_>>(), [(Entered, 1), (Exited, generation)], "{number}");
    }

    // What is open holds back what came after it, and nothing before it.
    keep(&bench, &[purchase(&bench, "m-50", "cio-50")]).await;
    bench.clock.advance(Span::from_millis(30));
    assert_eq!(fast.order().await, 1);
    assert_eq!(present(&worker).await, people(41..=50));
    drop(fast);
    let gone = &people(1..=40) | &people([50]);
    let ordered = worker.decide(&decision(&people(41..=49)), &gone).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 0));
}

#[rstest]
#[tokio::test]
async fn an_exit_waits_for_the_answer_to_its_own_entry_and_for_no_other(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3, 4])).await;
    let entry = worker.work().await;
    worker.step(&entry, 0, 3).await; // 1 and 2 are on their way.
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    let fast = Fast::new(&worker).await;
    assert_eq!(fast.order().await, 1);
    assert_eq!(fast.next().await, Next::Blocked { soon: true });
    worker.step(&entry, 3, 5).await; // 1 and 2 are there, 3 and 4 on their way.
    let work = fast.work().await;
    assert_eq!(work.people, people([2]));
    fast.finish(&work).await;
    worker.step(&worker.work().await, 5, 5).await;
    assert_eq!(present(&worker).await, people([1, 3, 4]));
}

#[rstest]
#[tokio::test]
async fn who_is_about_to_come_in_is_left_to_the_door_and_who_leaves_already_leaves_sooner(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 4])).await;
    worker.order(&people([1, 3])).await; // 2 and 4 are to leave, 3 to come.
    let exits = worker.work().await;
    assert_eq!(exits.people, people([2, 4]));
    let bought = ["cio-2", "cio-3"].map(|who| purchase(&bench, who, who));
    keep(&bench, &bought).await;
    let fast = Fast::new(&worker).await;
    assert_eq!(fast.order().await, 1);
    assert_eq!(fast.work().await.people, people([2]));
    // A run that has rendered them both already claims the other one only.
    let claimed = worker.step(&exits, 0, 5).await.claim;
    assert_eq!(claimed, people([4]));
    worker.step(&exits, 5, 5).await;
    fast.finish(&fast.work().await).await;
    drop(fast);
    assert_eq!(worker.drain().await, [(Entered, 2, people([]))]);
    assert_eq!(present(&worker).await, people([1]));
    let runs = bench.texts("SELECT exited || ' of ' || delivered FROM run ORDER BY id").await;
    assert!(runs.contains(&"1 of 1".to_owned()), "{runs:?}");
    assert_eq!(bench.row("carts-meta").await.pending, 0);
}

#[rstest]
#[tokio::test]
async fn a_run_that_has_decided_before_takes_nothing_back(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 3])).await;
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    let fast = Fast::new(&worker).await;
    assert_eq!(fast.order().await, 1);
    let lease = fast.lease.clone();
    drop(fast);
    // It read its facts before the purchase, and wants the person there.
    let ordered = worker.decide(&decision(&people([1, 2, 3])), &PersonSet::new()).await;
    assert_eq!((ordered.entered, ordered.exited), (1, 0));
    assert_eq!(worker.next().await, Next::Blocked { soon: true });
    let fast = Fast { bench: &bench, worker: &worker, lease };
    fast.finish(&fast.work().await).await;
    drop(fast);
    assert_eq!(worker.drain().await, [(Entered, 3, people([]))], "the door knows of it");
    assert_eq!(present(&worker).await, people([1, 3]));
}

#[rstest]
#[tokio::test]
async fn what_a_process_that_died_has_claimed_is_left_to_a_run_and_sent_again(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2, 3])).await;
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    let fast = Fast::new(&worker).await;
    fast.order().await;
    let work = fast.work().await;
    fast.step(&work, 0, 3).await; // sent, and no answer was kept
    let lease = fast.lease.clone();
    drop(fast);
    // Meanwhile nobody comes back in whose exit is on its way.
    worker.order(&people([1, 2, 3])).await;
    assert_eq!(worker.next().await, Next::Blocked { soon: true });
    bench.storage.leave_fast(&lease, worker.mapping.id, bench.now()).await.unwrap();
    let again = worker.work().await;
    assert_eq!((again.part, again.claimed, &again.people), (work.part, 3, &people([2])));
    worker.step(&again, 3, 3).await;
    assert_eq!(present(&worker).await, people([1, 3]));
}

#[rstest]
#[tokio::test]
async fn nothing_is_ordered_of_a_retired_mapping(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    learn(&bench, 6).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    keep(&bench, &[purchase(&bench, "m-1", "cio-2")]).await;
    let fast = Fast::new(&worker).await;
    bench
        .execute("UPDATE mapping SET retired_at = 1, owes_exits = TRUE WHERE key = 'carts-meta'")
        .await;
    assert_eq!(fast.order().await, 0);
}
