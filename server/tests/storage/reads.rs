//! What pages and commands read: mappings, runs, people, destinations, connections.

use domain::{
    audiences::port::{Identifiers, MirrorStore as _},
    connections::{
        ConnectionView, KeySource, Region, TestResult, Vendor, port::ConnectionStore as _,
    },
    destinations::{Profile, service::DestinationStore as _},
    ids::RunId,
    key::Key,
    mappings::{Health, MappingSpec, port::MappingStore as _},
    people::{PersonSet, port::PersonStore as _},
    suppression::service::SuppressionStore as _,
    sync::{
        RunState::{Delivering, Done, Failed, Mirroring},
        decide::Decision,
        port::SyncStore as _,
        runs::RunReads as _,
    },
    time::{Instant, Span},
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, desired, key, people, shop,
    },
    worker::Worker,
};

async fn due(bench: &Bench) -> Vec<Key> {
    bench.storage.due(bench.now()).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn mappings_are_due_by_the_clock_or_by_a_wish(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let all = ["buyers-meta", "carts-meta", "viewers-google", "viewers-meta"].map(key);
    assert_eq!(due(&bench).await, all, "a new mapping is due at once");
    let mut workers = Vec::new();
    for mapping in &all {
        workers.push(Worker::new(&bench, mapping.as_str()).await);
    }
    assert!(due(&bench).await.is_empty());
    let carts = workers[1].mapping.id;
    bench.storage.request_run(carts, "jane@example.com", bench.now()).await.unwrap();
    bench.storage.request_run(carts, "joe@example.com", bench.now()).await.unwrap();
    assert_eq!(due(&bench).await, [key("carts-meta")]);
    assert_eq!(bench.texts("SELECT requested_by FROM run_request").await, ["jane@example.com"]);
    workers[1].begin().await;
    assert!(due(&bench).await.is_empty(), "a run takes the wish");
    bench.storage.request_run(carts, "joe@example.com", bench.now()).await.unwrap();
    assert_eq!(due(&bench).await, [key("carts-meta")], "a later wish isn't lost");
    workers[1].begin().await;
    bench.clock.advance(Span(Span::from_minutes(5).0 - 1));
    assert!(due(&bench).await.is_empty());
    bench.clock.advance(Span(1));
    assert_eq!(due(&bench).await, all);
    for worker in &mut workers {
        worker.begin().await;
    }
    bench.clock.advance(Span::from_minutes(-4));
    assert!(due(&bench).await.is_empty(), "the clock goes back by less than the interval");
    bench.clock.advance(Span::from_hours(-1));
    assert_eq!(due(&bench).await, all, "nobody waits for an hour");
    workers[1].begin().await;
    bench.apply(&SHOP.replace("priority = 1", "priority = 7\nevery = \"1h\""), false).await;
    assert!(due(&bench).await.contains(&key("carts-meta")), "a changed mapping is due at once");
    bench.apply("", true).await;
    assert!(due(&bench).await.is_empty(), "a retired one never");
}

#[rstest]
#[tokio::test]
async fn mapping_rows_tell_how_each_fares(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench.mirror("carts", &people([1, 2, 3])).await;
    let rows = bench.storage.mapping_rows(bench.now()).await.unwrap();
    let mut specs: Vec<MappingSpec> = rows.iter().map(|row| row.spec.clone()).collect();
    let mut asked = desired(SHOP).mapping;
    asked.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(specs, asked);
    specs.clear();
    assert!(rows.iter().all(|row| row.health == Health::New && row.last_run.is_none()));
    assert_eq!(rows[1].segment_name.as_deref(), Some("carts"));
    assert_eq!((rows[0].segment_name.as_deref(), rows[0].profile), (None, Profile::Plain));

    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let row = bench.row("carts-meta").await;
    assert_eq!((row.health, row.pending, row.delivered), (Health::Running, 3, 0));
    assert_eq!(row.next_run_at, Some(bench.now().plus(Span::from_minutes(5))));
    worker.drain().await;
    bench.clock.advance(Span::from_seconds(2));
    worker.finish(Done, None).await;
    let done_at = bench.now();
    let row = bench.row("carts-meta").await;
    assert_eq!((row.health, row.pending, row.delivered), (Health::Ok, 0, 3));
    assert_eq!(row.last_done_at, Some(done_at));
    assert_eq!(row.last_run.unwrap().id, worker.run);

    worker.begin().await;
    worker.finish(Failed, Some("401")).await;
    let row = bench.row("carts-meta").await;
    assert_eq!((row.health, row.last_done_at), (Health::Failing, Some(done_at)));
    assert_eq!(row.last_run.unwrap().error.as_deref(), Some("401"));
    assert_eq!(bench.row("viewers-meta").await.health, Health::New, "each its own newest run");

    let paused = SHOP.replacen("priority = 1", "priority = 1\nactive = false", 1);
    bench.apply(&paused, false).await;
    let row = bench.row("carts-meta").await;
    assert_eq!((row.health, row.next_run_at), (Health::Paused, None));
}

#[rstest]
#[tokio::test]
async fn runs_from_their_beginning_to_their_end(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let read = async |run: RunId| bench.storage.run(run).await.unwrap().unwrap();
    let first = worker.run;
    let row = read(first).await;
    assert_eq!((row.state, row.started_at, row.finished_at), (Mirroring, bench.now(), None));
    let carts = bench.audience("carts").await;
    bench.storage.put_progress(carts, 30_000).await.unwrap();
    assert_eq!(read(first).await.fetched, 30_000, "how far the reading has come");
    bench.mirror("carts", &people([1, 2])).await;
    assert_eq!(read(first).await.fetched, 0);
    worker
        .try_order(
            &Decision { members: 2, target: people([1]), ..Decision::default() },
            &PersonSet::new(),
        )
        .await
        .unwrap();
    let row = read(first).await;
    assert_eq!(
        (row.state, row.fetched, row.target, row.mapping),
        (Delivering, 2, 1, key("carts-meta"))
    );

    // Its process dies; the next run closes it, and its late end changes nothing.
    bench.clock.advance(Span::from_minutes(1));
    worker.begin().await;
    let second = worker.run;
    let row = read(first).await;
    assert_eq!((row.state, row.finished_at), (Failed, Some(bench.now())));
    assert!(row.error.is_some());
    bench.clock.advance(Span::from_minutes(1));
    bench.storage.finish(first, Done, None, bench.now()).await.unwrap();
    assert_eq!(read(first).await, row);
    assert_eq!(bench.row("carts-meta").await.last_done_at, None, "it didn't end well");
    worker.finish(Done, None).await;
    let row = read(second).await;
    assert_eq!((row.state, row.finished_at, row.error), (Done, Some(bench.now()), None));

    // Only its own mapping's runs are closed by a beginning.
    let other = Worker::new(&bench, "viewers-meta").await;
    bench.clock.advance(Span::from_minutes(1));
    worker.begin().await;
    assert_eq!(read(other.run).await.state, Mirroring);

    let recent = async |mapping: Option<&Key>, before: Option<Instant>, limit: i64| {
        let rows = bench.storage.recent(mapping, before, limit).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(recent(None, None, 50).await, [worker.run, other.run, second, first]);
    assert_eq!(recent(None, None, 2).await, [worker.run, other.run]);
    let carts = key("carts-meta");
    assert_eq!(recent(Some(&carts), None, 50).await, [worker.run, second, first]);
    let before = read(second).await.started_at;
    assert_eq!(recent(Some(&carts), Some(before), 50).await, [first]);
    assert!(recent(Some(&key("nobody")), None, 50).await.is_empty());
    let newest = async |since: Instant| {
        let pass = bench.storage.newest_pass(&carts, since).await.unwrap();
        pass.map(|run| run.id)
    };
    assert_eq!(newest(before).await, Some(second), "the one after it hasn't ended");
    assert_eq!(newest(Instant(before.0 + 1)).await, None);
    assert_eq!(bench.storage.run(RunId(bench.id())).await.unwrap(), None);
}

pub async fn learn(bench: &Bench, count: u32) {
    let page: Vec<Identifiers> = (0..count)
        .map(|n| Identifiers {
            cio_id: format!("cio-{n}"),
            id: (n > 0).then(|| format!("u-{n}")),
            email: Some(format!("{}@example.com", n / 2)),
        })
        .collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn people_are_found_by_every_identifier(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 6).await;
    let find = async |text: &str, limit: i64| -> Vec<u32> {
        let hits = bench.storage.find(text, limit).await.unwrap();
        hits.into_iter().map(|(number, _)| number).collect()
    };
    assert_eq!(find("cio-3", 9).await, [3]);
    assert_eq!(find("u-3", 9).await, [3]);
    assert_eq!(find("1@example.com", 9).await, [2, 3], "several may share an address");
    assert_eq!(find("1@example.com", 1).await, [2]);
    for nobody in ["", "cio-", "CIO-3", "cio-3 ", "%"] {
        assert!(find(nobody, 9).await.is_empty(), "{nobody:?}");
    }
    assert!(bench.storage.people(&people([])).await.unwrap().is_empty());
    let (_, first) = bench.storage.people(&people([0])).await.unwrap().remove(0);
    assert_eq!((first.cio_id.as_str(), first.id, first.phone), ("cio-0", None, None));
    assert_eq!(first.email.as_deref(), Some("0@example.com"));
}

#[rstest]
#[tokio::test]
async fn lists_count_what_hangs_together(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    for (mapping, there) in
        [("carts-meta", 0..3), ("viewers-meta", 5..10), ("viewers-google", 0..1)]
    {
        let mut worker = Worker::new(&bench, mapping).await;
        worker.bring(&people(there)).await;
        worker.release().await;
    }
    let rows = bench.storage.destination_rows().await.unwrap();
    let seen: Vec<(&str, u64, u64)> =
        rows.iter().map(|row| (row.spec.key.as_str(), row.mappings, row.delivered)).collect();
    assert_eq!(seen, [("google", 1, 1), ("meta", 3, 8)]);
    assert_eq!(rows[1].spec, desired(SHOP).destination[0]);
    let audiences = async || {
        let rows = bench.storage.audience_rows().await.unwrap();
        rows.into_iter().map(|row| (row.spec.key, row.mappings)).collect::<Vec<_>>()
    };
    assert_eq!(audiences().await, [(key("buyers"), 1), (key("carts"), 1), (key("viewers"), 2)]);
    let rules = bench.storage.suppression_rows(bench.now()).await.unwrap();
    assert_eq!(rules[0].spec, desired(SHOP).suppression[0]);
    assert_eq!((rules[0].people, rules[0].mirrored_at, rules[0].stale.as_deref()), (0, None, None));
    bench.mirror("buyers", &people([1, 2])).await;
    let read_at = bench.now();
    let buyers = bench.audience("buyers").await;
    bench.storage.mark_stale(buyers, "404", bench.now()).await.unwrap();
    let rules = bench.storage.suppression_rows(bench.now()).await.unwrap();
    assert_eq!((rules[0].people, rules[0].mirrored_at), (2, Some(read_at)));
    assert_eq!(rules[0].stale.as_deref(), Some("404"));
    // A retired mapping counts nowhere.
    bench.execute("UPDATE mapping SET retired_at = 1 WHERE key LIKE 'viewers-%'").await;
    let rows = bench.storage.destination_rows().await.unwrap();
    let seen: Vec<(u64, u64)> = rows.iter().map(|row| (row.mappings, row.delivered)).collect();
    assert_eq!(seen, [(0, 0), (2, 3)]);
    assert_eq!(audiences().await[2], (key("viewers"), 0));
}

#[rstest]
#[tokio::test]
async fn connections_show_where_the_key_comes_from_and_the_newest_test(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let empty = ConnectionView {
        vendor: Vendor::Customerio,
        region: Region::Us,
        budget: 10,
        key: None,
        tested: None,
        outage: None,
        stand_in: None,
    };
    assert_eq!(bench.storage.view(Vendor::Customerio, bench.now()).await.unwrap(), empty);
    let text = "[customerio]\nregion = \"eu\"\nrequests_per_second = 4\napp_api_key = [\"a\", { env = \"B\" }]
        [twilio]\nwrite_key = { env = \"SHOP_WRITE_KEY\" }";
    bench.apply(text, false).await;
    let entered = bench.now();
    bench.clock.advance(Span::from_seconds(9));
    for (ok, message) in [(false, "401"), (true, "fine")] {
        let result = TestResult { at: bench.now(), ok, message: message.to_owned() };
        bench.storage.put_test(Vendor::Customerio, &result).await.unwrap();
        let view = bench.storage.view(Vendor::Customerio, bench.now()).await.unwrap();
        assert_eq!((view.region, view.budget), (Region::Eu, 4));
        assert_eq!(view.key, Some(KeySource::Stored { at: entered }));
        assert_eq!(view.tested, Some(result));
    }
    let view = bench.storage.view(Vendor::Twilio, bench.now()).await.unwrap();
    assert_eq!(view.key, Some(KeySource::Environment { name: "SHOP_WRITE_KEY".to_owned() }));
    assert_eq!((view.budget, view.tested), (1_000, None), "each vendor its own test");
}
