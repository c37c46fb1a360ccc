//! Who may work, and that nobody else's writes count.

use domain::{
    Error, Result,
    access::Actor,
    configuration::plan::Leaving,
    delivery::port::{Advance, DeliveryStore as _, Lease, LeaseStore as _, Next},
    people::PersonSet,
    sync::port::SyncStore as _,
    time::Span,
};
use rstest::rstest;
use server::storage::{Storage, WorkLock};
use std::sync::Arc;

use super::{
    harness::{
        Bench, Counter, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, key, people, vault,
    },
    worker::{Worker, decision},
};

const LONGER_THAN_A_LEASE: Span = Span::from_seconds(121);

/// Everything that delivery writes, as text.
async fn dump(bench: &Bench) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT state || COALESCE(error, '') || entered || '/' || delivered || '/' || dead FROM run ORDER BY id",
        "SELECT lane || transition || pending || '/' || acknowledged || '/' || claimed || is_open FROM part ORDER BY id",
        "SELECT key || generation || '/' || delivered || '/' || target || '/' || COALESCE(next_run_at, 0) FROM mapping ORDER BY key",
        "SELECT reason FROM dead_letter",
        "SELECT requested_by FROM run_request",
        "SELECT name || epoch || '/' || holder || '/' || expires_at FROM lease",
    ] {
        all.extend(bench.texts(sql).await);
    }
    all
}

/// The first process dies: its lock goes. What it still does comes through the answer.
async fn kill(bench: &mut Bench) -> Storage {
    let database = bench.storage.database().clone();
    let zombie = Storage::new(database, vault(7), Arc::new(Counter::default()), 1);
    bench.storage = zombie.clone();
    if let Some(pool) = bench.pool() {
        // The server has seen the session's end when the lock can be had.
        let mut session = pool.acquire().await.unwrap();
        for sql in ["SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"] {
            sqlx::query(sql).execute(&mut *session).await.unwrap();
        }
    }
    zombie
}

async fn successor(bench: &Bench, holder: i64) -> Storage {
    let lock = WorkLock::take(&bench.url, holder).await.unwrap().expect("nobody else has it");
    bench.process(holder).await.working(lock)
}

fn fenced<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(Error::Fenced)), "{result:?}");
}

#[rstest]
#[tokio::test]
async fn one_holder_at_a_time_and_release_frees(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let idle = bench.process(5).await;
    assert_eq!(idle.acquire("a", bench.now()).await.unwrap(), None, "it may not work");
    let first = bench.storage.acquire("a", bench.now()).await.unwrap().unwrap();
    assert_eq!(bench.storage.acquire("a", bench.now()).await.unwrap(), None, "a pass has it");
    let other = bench.storage.acquire("b", bench.now()).await.unwrap().unwrap();
    assert_eq!(other.name, "b");
    bench.storage.release(&first).await.unwrap();
    let second = bench.storage.acquire("a", bench.now()).await.unwrap().unwrap();
    assert!(second.epoch > first.epoch);
    // A late release of the first doesn't free the second's.
    bench.storage.release(&first).await.unwrap();
    assert_eq!(bench.storage.acquire("a", bench.now()).await.unwrap(), None);
}

/// Tries everything that can be written under a lease.
async fn all_fenced(worker: &Worker<'_>, part: &domain::delivery::port::Work) {
    fenced(
        worker.storage.begin(&worker.lease, worker.run, &worker.mapping, worker.bench.now()).await,
    );
    fenced(worker.try_order(&decision(&people([7, 8])), &PersonSet::new()).await);
    let dead = vec![(1, "no".to_owned())];
    fenced(
        worker
            .try_step(part, &Advance { acknowledged: 2, claimed: 3, dead, ..Advance::default() })
            .await,
    );
    fenced(worker.storage.next(&worker.lease, worker.mapping.id, false, worker.bench.now()).await);
    fenced(worker.storage.renew(&worker.lease, worker.bench.now()).await);
}

#[rstest]
#[tokio::test]
async fn a_dead_holders_lease_passes_on_and_its_writes_count_no_more(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(mut bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let (lease, run, mapping, work): (Lease, _, _, _) = {
        let mut first = Worker::new(&bench, "carts-meta").await;
        first.order(&people([1, 2, 3])).await;
        let work = first.work().await;
        first.step(&work, 0, 2).await;
        (first.lease, first.run, first.mapping, work)
    };
    let zombie = kill(&mut bench).await;
    let storage = successor(&bench, 2).await;
    let taken = storage.acquire(&lease.name, bench.now()).await.unwrap().expect("it is dead");
    assert_eq!(taken.epoch, lease.epoch + 1);

    let before = dump(&bench).await;
    let route = bench.route(&mapping).await;
    let late = Worker {
        bench: &bench,
        storage: zombie.clone(),
        mapping,
        route,
        is_closing: false,
        lease,
        run,
    };
    all_fenced(&late, &work).await;
    zombie.release(&late.lease).await.unwrap();
    // Not even with the new epoch: the lease is somebody else's.
    let forged = Worker { lease: taken.clone(), mapping: late.mapping.clone(), ..late };
    all_fenced(&forged, &work).await;
    assert_eq!(dump(&bench).await, before);

    // The successor finds what was in doubt, exactly as it was.
    let heir = Worker { storage, ..forged };
    let found = heir.work().await;
    assert_eq!((found.part, found.acknowledged, found.claimed), (work.part, 0, 2));
    heir.step(&found, 2, 4).await;
}

#[rstest]
#[tokio::test]
async fn a_living_holder_is_not_robbed(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    if engine == Sqlite {
        assert!(WorkLock::take(&bench.url, 2).await.unwrap().is_none(), "one process at a time");
        return;
    }
    let lease = bench.storage.acquire("a", bench.now()).await.unwrap().unwrap();
    let other = successor(&bench, 2).await;
    assert_eq!(other.acquire("a", bench.now()).await.unwrap(), None);
    assert!(other.acquire("b", bench.now()).await.unwrap().is_some());
    bench.storage.release(&lease).await.unwrap();
    let taken = other.acquire("a", bench.now()).await.unwrap().unwrap();
    assert!(taken.epoch > lease.epoch);
    assert_eq!(bench.storage.acquire("a", bench.now()).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn a_silent_holders_lease_ends_and_writing_renews_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let mut first = Worker::new(&bench, "carts-meta").await;
    // On PostgreSQL another living process asks; on SQLite only this one can.
    let other = if engine == Postgres { successor(&bench, 2).await } else { bench.storage.clone() };
    let name = first.lease.name.clone();
    for _ in 0..3 {
        bench.clock.advance(Span::from_seconds(100));
        first.order(&people([1, 2])).await;
    }
    bench.clock.advance(Span::from_seconds(100));
    bench.storage.renew(&first.lease, bench.now()).await.unwrap();
    bench.clock.advance(Span::from_seconds(100));
    assert_eq!(other.acquire(&name, bench.now()).await.unwrap(), None, "it writes, so it lives");
    let work = first.work().await;
    bench.clock.advance(LONGER_THAN_A_LEASE);
    let taken = other.acquire(&name, bench.now()).await.unwrap().expect("it was silent");
    assert_eq!(taken.epoch, first.lease.epoch + 1);
    let before = dump(&bench).await;
    all_fenced(&first, &work).await;
    assert_eq!(dump(&bench).await, before);
}

#[rstest]
#[tokio::test]
async fn a_holder_whose_clock_is_an_hour_off_is_robbed_of_nothing_but_the_right_to_write(
    #[values(Sqlite, Postgres)] engine: Engine,
    #[values(-1, 1)] hours: i64,
) {
    let Some(mut bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let right = bench.now();
    bench.clock.advance(Span::from_hours(hours));
    let (lease, run, mapping, route, work) = {
        let mut first = Worker::new(&bench, "carts-meta").await;
        first.order(&people([1, 2, 3])).await;
        let work = first.work().await;
        first.step(&work, 0, 2).await;
        let Worker { mapping, route, lease, run, .. } = first;
        (lease, run, mapping, route, work)
    };
    if engine == Sqlite {
        // One process at a time: the next one comes after it.
        kill(&mut bench).await;
    }
    let other = successor(&bench, 2).await;
    let mut taken = other.acquire(&lease.name, right).await.unwrap();
    if (engine, hours) == (Postgres, 1) {
        assert_eq!(taken, None, "it lives, and its lease ends in an hour");
        kill(&mut bench).await;
        taken = other.acquire(&lease.name, right).await.unwrap();
    }
    let taken = taken.expect("a dead holder's lease passes on, and one that has ended");
    let zombie =
        Storage::new(bench.storage.database().clone(), vault(7), Arc::new(Counter::default()), 1);
    assert_eq!(taken.epoch, lease.epoch + 1);
    let late = Worker {
        bench: &bench,
        storage: zombie,
        mapping: mapping.clone(),
        route: route.clone(),
        is_closing: false,
        lease,
        run,
    };
    all_fenced(&late, &work).await;
    // What it had claimed is found as it was, however far off that moment seems.
    let found = match other.next(&taken, mapping.id, false, right).await.unwrap() {
        Next::Work(found) => found,
        next => panic!("{next:?}"),
    };
    assert_eq!((found.part, found.acknowledged, found.claimed), (work.part, 0, 2));
}

#[rstest]
#[tokio::test]
async fn of_all_who_ask_at_once_one_gets_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let mut asking = vec![bench.storage.clone(), bench.storage.clone()];
    if engine == Postgres {
        for holder in 2..6 {
            asking.push(successor(&bench, holder).await);
        }
    }
    let mut newest = 0;
    for round in 0..5 {
        let now = bench.now();
        let asked = asking.iter().map(|storage| storage.acquire("a", now));
        let answers = futures::future::join_all(asked).await;
        let got: Vec<Lease> = answers.into_iter().filter_map(Result::unwrap).collect();
        assert_eq!(got.len(), 1, "round {round}: {got:?}");
        assert!(got[0].epoch > newest);
        newest = got[0].epoch;
        bench.clock.advance(LONGER_THAN_A_LEASE);
    }
}

/// Whoever lets go of a mapping's people waits for the step that is under way by the lease, as
/// every other does, and holds nothing that the step still needs.
#[tokio::test]
async fn letting_go_of_people_and_a_step_of_delivery_never_wait_for_each_other() {
    let Some(bench) = Bench::open(Postgres).await else { return };
    bench.apply(SHOP, false).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let part = worker.work().await.part;
    let pool = bench.pool().unwrap();

    // A step in the middle of its transaction: lease and part are locked, the mapping follows.
    let mut step = pool.begin().await.unwrap();
    sqlx::query("UPDATE lease SET expires_at = expires_at WHERE name = $1")
        .bind(&worker.lease.name)
        .execute(&mut *step)
        .await
        .unwrap();
    sqlx::query("UPDATE part SET pending = pending WHERE id = $1")
        .bind(part.0)
        .execute(&mut *step)
        .await
        .unwrap();
    let abandon = {
        let (configuration, actor) = (bench.configuration(), Actor::host("test"));
        tokio::spawn(async move {
            configuration.retire_mapping(&key("carts-meta"), Leaving::Abandoned, &actor).await
        })
    };
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    sqlx::query("UPDATE mapping SET delivered = delivered WHERE id = $1")
        .bind(worker.mapping.id.0)
        .execute(&mut *step)
        .await
        .unwrap();
    step.commit().await.unwrap();
    abandon.await.unwrap().unwrap();
    assert!(bench.texts("SELECT 'open' FROM part WHERE is_open").await.is_empty());
}
