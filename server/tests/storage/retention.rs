//! What goes when it is old enough, and what stays however old it is.

use std::sync::Arc;

use domain::{
    Error,
    access::Actor,
    delivery::{
        Transition::{Entered, Exited},
        letters::{Pick, Verdict},
        port::{Lease, LeaseStore as _},
        service::LetterStore as _,
    },
    retention::{HISTORY_DAYS, Record, Report, RetentionStore as _},
    sync::{
        RunState,
        port::{Ordered, SyncStore as _},
        runs::RunReads as _,
    },
    time::Span,
};
use rstest::rstest;
use server::worker::RetentionWorker;
use tokio_util::sync::CancellationToken;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    worker::Worker,
};

const HISTORY: Span = Span::from_hours(24 * HISTORY_DAYS);
const LONGER: Span = Span::from_hours(24 * HISTORY_DAYS + 1);
const MINUTE: Span = Span::from_minutes(1);

fn retention(bench: &Bench) -> RetentionWorker {
    let store = Arc::new(bench.storage.clone());
    RetentionWorker::new(store, bench.clock.clone(), CancellationToken::new())
}

/// What went, without the figures of monitoring: they have a test of their own.
async fn forget(bench: &Bench) -> Report {
    let gone = retention(bench).run_once().await.unwrap();
    let records = Record::ALL.into_iter().chain([Record::Name, Record::Asked]);
    let mut report = Report::default();
    for record in records.filter(|one| !matches!(one, Record::Moved(_) | Record::CameIn(_))) {
        report.add(record, gone.count(record));
    }
    report
}

fn report(counts: &[(Record, u64)]) -> Report {
    let mut report = Report::default();
    for (record, rows) in counts {
        report.add(*record, *rows);
    }
    report
}

/// Brings person 1 in and out, an hour each; 2 stays. Each run ends after a minute.
async fn change(bench: &Bench, worker: &mut Worker<'_>, times: u32) {
    for time in 0..times {
        let target = if time % 2 == 0 { people([1, 2]) } else { people([2]) };
        worker.bring(&target).await;
        bench.clock.advance(MINUTE);
        worker.finish(RunState::Done, None).await;
        bench.clock.advance(Span::from_minutes(59));
    }
}

/// Orders, parts and runs that are stored.
async fn stored(bench: &Bench) -> [usize; 3] {
    [
        bench.texts("SELECT transition FROM part").await.len(),
        bench.texts("SELECT COALESCE(route, '') FROM sync_order").await.len(),
        bench.texts("SELECT state FROM run").await.len(),
    ]
}

#[rstest]
#[tokio::test]
async fn old_runs_go_with_their_folded_parts_and_young_ones_stay(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.finish(RunState::Failed, Some("a test")).await;
    let first = worker.run;
    bench.clock.advance(Span::from_hours(1));
    // The eighteenth order finds seventeen closed parts and folds them in.
    change(&bench, &mut worker, 18).await;
    assert_eq!(stored(&bench).await, [18, 18, 19]);
    let row = bench.row("carts-meta").await;

    // To the microsecond: the first run ended 19 hours ago.
    bench.clock.advance(Span(HISTORY.0 - Span::from_hours(19).0 - 1));
    assert_eq!(forget(&bench).await, Report::default());
    bench.clock.advance(Span(1));
    assert_eq!(forget(&bench).await, report(&[(Record::Run, 1)]));
    assert_eq!(bench.storage.run(first).await.unwrap(), None);

    // The first change was decided an hour later, and its run ended a minute after that.
    bench.clock.advance(Span::from_hours(1));
    assert_eq!(forget(&bench).await, report(&[]), "its run ended less than that ago");
    bench.clock.advance(MINUTE);
    let one_of_each = report(&[(Record::Part, 1), (Record::Order, 1), (Record::Run, 1)]);
    assert_eq!(forget(&bench).await, one_of_each);
    assert_eq!(forget(&bench).await, Report::default(), "a second run finds nothing");
    assert_eq!(stored(&bench).await, [17, 17, 17]);

    // All of it is old: what isn't folded stays with its run, which is the newest as well.
    bench.clock.advance(HISTORY);
    let report_of_all =
        report(&[(Record::Part, 16), (Record::Span, 1), (Record::Order, 16), (Record::Run, 16)]);
    assert_eq!(forget(&bench).await, report_of_all);
    assert_eq!(forget(&bench).await, Report::default());
    assert_eq!(stored(&bench).await, [1, 1, 1]);
    assert_eq!(bench.row("carts-meta").await.last_run, row.last_run);

    // Who is there is known as before, and generations go on.
    assert_eq!(worker.order(&people([2])).await, Ordered::default());
    assert_eq!(worker.bring(&people([])).await, [(Exited, 19, people([2]))]);
}

#[rstest]
#[tokio::test]
async fn what_is_not_folded_stays_however_old(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 70_000])).await;
    worker.finish(RunState::Done, None).await;
    let ordered = worker.run;
    // A later one that is the newest, and long ago as well.
    worker.begin().await;
    worker.finish(RunState::Done, None).await;
    bench.clock.advance(LONGER);
    assert_eq!(
        forget(&bench).await,
        report(&[(Record::Run, 1)]),
        "only the run without an order that the test's worker began with"
    );
    assert_eq!(stored(&bench).await, [2, 1, 2]);
    assert!(bench.storage.run(ordered).await.unwrap().is_some());
    assert_eq!(worker.order(&people([1, 70_000])).await, Ordered::default());
    assert_eq!(worker.bring(&people([1])).await, [(Exited, 2, people([70_000]))]);
}

#[rstest]
#[tokio::test]
async fn runs_that_wait_or_still_go_stay(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let carts = Worker::new(&bench, "carts-meta").await;
    carts.finish(RunState::Waiting, None).await;
    let mut viewers = Worker::new(&bench, "viewers-meta").await;
    viewers.finish(RunState::Waiting, None).await;
    viewers.begin().await;
    // As no port leaves it: a run that begins ends whatever waits.
    bench.execute("UPDATE run SET state = 'waiting' WHERE finished_at IS NOT NULL").await;
    bench.clock.advance(LONGER);
    assert_eq!(forget(&bench).await, Report::default());
    assert_eq!(stored(&bench).await, [0, 0, 3]);
    // Once somebody has decided, it goes; the newest of a mapping doesn't.
    bench.execute("UPDATE run SET state = 'done' WHERE finished_at IS NOT NULL").await;
    assert_eq!(forget(&bench).await, report(&[(Record::Run, 1)]));
    assert_eq!(bench.texts("SELECT state FROM run ORDER BY state").await, ["done", "mirroring"]);
}

#[rstest]
#[tokio::test]
async fn letters_go_once_they_are_resolved(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 4).await;
    worker.refuse(&work, 4, &[1, 2, 3]).await;
    let settle = async |pick: Pick, verdict| {
        let (shop, now) = (key("carts-meta"), bench.now());
        bench.storage.settle(&shop, &pick, verdict, "ada", now).await.unwrap()
    };
    let reason = |person: u32| Pick::Reason(Entered, format!("no {person}"));
    settle(reason(1), Verdict::Retry).await;
    settle(reason(2), Verdict::Discard).await;
    let letters = async || bench.texts("SELECT reason FROM dead_letter ORDER BY ordinal").await;

    bench.clock.advance(HISTORY);
    assert_eq!(forget(&bench).await.count(Record::Letter), 1);
    assert_eq!(letters().await, ["no 2", "no 3"]);
    assert_eq!(bench.storage.refused(worker.mapping.id).await.unwrap(), people([2, 3]));
    // Taken back after all that time: its own quarter begins now.
    settle(Pick::Discarded, Verdict::Retry).await;
    assert_eq!(forget(&bench).await.count(Record::Letter), 0);
    bench.clock.advance(HISTORY);
    assert_eq!(forget(&bench).await.count(Record::Letter), 1);
    assert_eq!(letters().await, ["no 3"]);
}

#[rstest]
#[tokio::test]
async fn sessions_and_links_go_at_their_end(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench
        .execute(match engine {
            Sqlite => "INSERT INTO account (id, email, role, created_at) VALUES (x'00000000000000000000000000000009', 'a@example.com', 'admin', 0)",
            Postgres => "INSERT INTO account (id, email, role, created_at) VALUES ('00000000-0000-0000-0000-000000000009', 'a@example.com', 'admin', 0)",
        })
        .await;
    // The clock of these tests begins at 1,795,464,000 s.
    bench
        .execute(match engine {
            Sqlite => "INSERT INTO session (hash, account_id, data, idle_until, ends_at)
                SELECT x'01', id, 'idle', 1795464000000000, 1795464000000001 FROM account UNION ALL
                SELECT x'02', id, 'over', 1795464000000001, 1795464000000000 FROM account UNION ALL
                SELECT x'03', id, 'open', 1795464000000001, 1795464000000001 FROM account",
            Postgres => "INSERT INTO session (hash, account_id, data, idle_until, ends_at)
                SELECT '\\x01'::bytea, id, 'idle', 1795464000000000, 1795464000000001 FROM account UNION ALL
                SELECT '\\x02'::bytea, id, 'over', 1795464000000001, 1795464000000000 FROM account UNION ALL
                SELECT '\\x03'::bytea, id, 'open', 1795464000000001, 1795464000000001 FROM account",
        })
        .await;
    bench
        .execute(match engine {
            Sqlite => {
                "INSERT INTO one_time_link (hash, account_id, purpose, expires_at)
                SELECT x'01', id, 'sign_in', 1795464000000000 FROM account UNION ALL
                SELECT x'02', id, 'set_password', 1795464000000001 FROM account"
            }
            Postgres => {
                "INSERT INTO one_time_link (hash, account_id, purpose, expires_at)
                SELECT '\\x01'::bytea, id, 'sign_in', 1795464000000000 FROM account UNION ALL
                SELECT '\\x02'::bytea, id, 'set_password', 1795464000000001 FROM account"
            }
        })
        .await;
    assert_eq!(forget(&bench).await, report(&[(Record::Session, 2), (Record::Link, 1)]));
    assert_eq!(bench.texts("SELECT data FROM session").await, ["open"]);
    assert_eq!(bench.texts("SELECT purpose FROM one_time_link").await, ["set_password"]);
    assert_eq!(forget(&bench).await, Report::default());
}

#[rstest]
#[tokio::test]
async fn many_go_in_slices_under_one_lease(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench
        .execute(
            "INSERT INTO dead_letter (mapping_id, ordinal, generation, transition, reason, at, resolved_at)
            SELECT m.id, n.i, 1, 'entered', 'no', 0, 0 FROM mapping m, (
                WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1234)
                SELECT i FROM numbers) n
            WHERE m.key = 'carts-meta'",
        )
        .await;
    let lease = bench.storage.acquire("retention", bench.now()).await.unwrap().unwrap();
    assert_eq!(forget(&bench).await, Report::default(), "somebody does it already");
    let now = bench.now();
    let slice =
        async |lease: &Lease| bench.storage.forget(lease, Record::Letter, now, 34, now).await;
    assert_eq!(slice(&lease).await.unwrap(), 34);
    bench.storage.release(&lease).await.unwrap();
    let late = slice(&lease).await;
    assert!(matches!(late, Err(Error::Fenced)), "{late:?}");

    let stop = CancellationToken::new();
    stop.cancel();
    let store = Arc::new(bench.storage.clone());
    let stopped = RetentionWorker::new(store, bench.clock.clone(), stop);
    assert_eq!(stopped.run_once().await.unwrap(), Report::default());
    assert_eq!(forget(&bench).await, report(&[(Record::Letter, 1200)]));
    assert_eq!(forget(&bench).await, Report::default());
}

#[rstest]
#[tokio::test]
async fn a_resync_from_before_the_records_means_everybody(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    change(&bench, &mut worker, 18).await;
    bench.clock.advance(HISTORY);
    worker.begin().await;
    assert_eq!(forget(&bench).await.count(Record::Part), 17);
    let service = bench.mappings();
    let resync = async |span: Span| {
        let since = Some(bench.now().minus(span));
        service.resync(&worker.mapping.spec.key, since, &Actor::host("test")).await.unwrap()
    };
    // The part that brought 2 in is gone; that 2 is there is not.
    assert_eq!(resync(Span::from_hours(1)).await, 0);
    assert_eq!(resync(LONGER).await, 2);
}

#[tokio::test]
async fn the_manual_says_of_every_table_what_becomes_of_it() {
    let manual = include_str!("../../../docs/operations.md");
    let (_, rest) = manual.split_once("## What is kept, and for how long").unwrap();
    let section = rest.split("\n## ").next().unwrap();
    let bench = Bench::open(Sqlite).await.unwrap();
    let tables = bench
        .texts("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'")
        .await;
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables {
        assert!(section.contains(&format!("`{table}`")), "nothing is said of {table}");
    }
}
