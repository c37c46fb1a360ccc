//! A vendor in trouble: one try at a time for everybody, all of it delivered once afterwards,
//! and a reason that other processes can read.

use std::time::Duration;

use domain::{
    Error,
    connections::{
        ConnectionView, Vendor as Connected,
        circuit::Trouble,
        port::{ConnectionStore as _, OutageStore as _},
    },
};
use server::{
    compose::{Purpose, Segue},
    sandbox::fault::{Fault, FaultKind, Vendor},
};

use super::*;

const MAPPINGS: u32 = 6;
const PEOPLE: u32 = 120;

fn key(segment: u32) -> String {
    format!("a{segment}")
}

/// Six audiences of disjoint people, each to the same place.
async fn bench(engine: Engine, every: &str) -> Bench {
    let bench = Bench::new(engine).await;
    let mut file = head();
    file += "[[destination]]\nkey = \"plain\"\nprofile = \"plain\"\nintegration = \"Plain\"\n";
    for number in 0..PEOPLE {
        bench.sandbox.world.add_person(person(number));
    }
    for segment in 1..=MAPPINGS {
        let members = (0..PEOPLE).filter(|number| number % MAPPINGS == segment - 1).collect();
        bench.world_segment(segment, "Some", &names(&members));
        let key = key(segment);
        file += &format!(
            "[[audience]]\nkey = \"{key}\"\nsegment = {segment}\n[[mapping]]\nkey = \"{key}\"\naudience = \"{key}\"\ndestination = \"plain\"\nuse_case = \"analytics\"\nevery = \"{every}\"\n"
        );
    }
    bench.apply(&file).await;
    bench
}

fn down(vendor: Vendor) -> Fault {
    Fault::new(vendor, FaultKind::Status).status(503)
}

/// Everybody is there, and nobody was told of twice.
fn assert_all_there(bench: &Bench) {
    for segment in 1..=MAPPINGS {
        let members = bench.platform("Plain", &key(segment));
        assert_eq!(members.len(), (PEOPLE / MAPPINGS) as usize, "{segment}");
    }
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.duplicate, counts.differing), (0, 0));
}

async fn view(segue: &Segue, vendor: Connected) -> ConnectionView {
    segue.storage.view(vendor, now()).await.unwrap()
}

/// Looks until an answer is as it should be.
async fn until<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came");
}

/// The audit trail's lines of circuits, oldest first.
async fn audit(bench: &Bench) -> Vec<(String, String)> {
    let database = Database::connect(&bench.database.url.parse().unwrap()).await.unwrap();
    let lines = "SELECT actor, action FROM audit
        WHERE action IN ('hold calls', 'let calls go', 'try now') ORDER BY at, id";
    match &database {
        Database::Sqlite { readers, .. } => sqlx::query_as(lines).fetch_all(readers).await,
        Database::Postgres(pool) => sqlx::query_as(lines).fetch_all(pool).await,
    }
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn six_mappings_share_the_tries_while_segment_is_down() {
    let bench = bench(Engine::Sqlite, "5m").await;
    bench.sandbox.faults.inject(down(Vendor::Tracking).seconds(8), now());
    let runs = bench.sync().await;
    assert!(runs.values().all(|run| run["state"] == "done"), "{runs:?}");
    assert_all_there(&bench);
    // Each may be on its way when it opens; then one tries for all of them.
    let in_vain = bench.sandbox.faults.hits();
    assert!((3..=13).contains(&in_vain), "{in_vain} requests in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_readings_share_the_tries_while_customerio_is_down() {
    let bench = bench(Engine::Sqlite, "5m").await;
    bench.sandbox.faults.inject(down(Vendor::Customerio).seconds(8), now());
    let runs = bench.sync().await;
    assert!(runs.values().all(|run| run["state"] == "done"), "{runs:?}");
    assert_all_there(&bench);
    let in_vain = bench.sandbox.faults.hits();
    assert!((3..=11).contains(&in_vain), "{in_vain} requests in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_not_tried_by_everybody() {
    let bench = bench(Engine::Sqlite, "5m").await;
    bench
        .sandbox
        .faults
        .inject(Fault::new(Vendor::Customerio, FaultKind::Status).status(401), now());
    let output = bench.segue(&["sync", "--once", "--json"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    for run in runs(&output).values() {
        let error = run["error"].as_str().unwrap();
        assert!(error.contains("Customer.io refused the key (401)"), "{error}");
    }
    // As many as are read side by side.
    let in_vain = bench.sandbox.faults.hits();
    assert!((1..=4).contains(&in_vain), "{in_vain} requests in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_mapping_whose_events_are_refused_holds_nobody() {
    let bench = bench(Engine::Sqlite, "5m").await;
    let poison = Fault::new(Vendor::Tracking, FaultKind::Status).status(400);
    let containing = Some("\"audience_key\":\"a1\"".to_owned());
    bench.sandbox.faults.inject(Fault { containing, ..poison }, now());
    let output = bench.segue(&["sync", "--once", "--json"]).await;
    assert!(!told(&output).contains("calls to Segment are held"), "{}", told(&output));
    let runs = runs(&output);
    assert_eq!(runs["a1"]["dead"].as_u64(), Some(u64::from(PEOPLE / MAPPINGS)));
    for segment in 2..=MAPPINGS {
        let run = &runs[&key(segment)];
        assert_eq!(run["delivered"].as_u64(), Some(u64::from(PEOPLE / MAPPINGS)), "{run}");
    }
}

/// One mapping's own trouble may hold all calls for a moment, and never for long.
#[tokio::test(flavor = "multi_thread")]
async fn one_mapping_that_segment_never_answers_does_not_keep_the_others_out() {
    let bench = bench(Engine::Sqlite, "1s").await;
    let containing = Some("\"audience_key\":\"a1\"".to_owned());
    bench.sandbox.faults.inject(Fault { containing, ..down(Vendor::Tracking) }, now());
    let mut serve = bench.start(&["serve", "--role", "worker", "--addr", "127.0.0.1:0"]);
    let others = || async {
        let mut others = (2..=MAPPINGS).map(|segment| bench.platform("Plain", &key(segment)));
        others.all(|people| people.len() == (PEOPLE / MAPPINGS) as usize).then_some(())
    };
    until(others).await;
    // Somebody joins one of them while a1 tries and tries.
    bench.sandbox.world.join(2, &cio_id(0)).unwrap();
    let joined =
        || async { bench.platform("Plain", "a2").contains(&platform_name(0)).then_some(()) };
    until(joined).await;
    bench.sandbox.faults.clear();
    let everyone = || async {
        (bench.platform("Plain", "a1").len() == (PEOPLE / MAPPINGS) as usize).then_some(())
    };
    until(everyone).await;
    serve.kill().unwrap();
    serve.wait().unwrap();
}

async fn the_reason_is_told(engine: Engine) {
    let bench = bench(engine, "1s").await;
    bench.sandbox.faults.inject(down(Vendor::Tracking), now());
    let mut serve = bench.start(&["serve", "--role", "worker", "--addr", "127.0.0.1:0"]);
    let web = Segue::open(&bench.config(), Purpose::Serve).await.unwrap();
    let outage = until(|| async { view(&web, Connected::Twilio).await.outage }).await;
    assert_eq!((outage.trouble, &*outage.reason), (Trouble::Down, "Segment answers 503"));
    assert!(outage.since <= now() && outage.next_try > outage.since);
    assert_eq!(view(&web, Connected::Customerio).await.outage, None);

    // Somebody wants a try: it is made, in vain, and the wish is gone.
    web.storage.want_try(Connected::Twilio, "ada", now()).await.unwrap();
    let before = bench.sandbox.faults.hits();
    until(|| async { (bench.sandbox.faults.hits() > before).then_some(()) }).await;
    let free = web.storage.want_try(Connected::Customerio, "ada", now()).await;
    assert!(matches!(free, Err(Error::Conflict(_))), "{free:?}");

    bench.sandbox.faults.clear();
    until(|| async { view(&web, Connected::Twilio).await.outage.is_none().then_some(()) }).await;
    until(|| async {
        (bench.platform("Plain", "a6").len() == (PEOPLE / MAPPINGS) as usize).then_some(())
    })
    .await;
    let said = |actor: &str, action: &str| (actor.to_owned(), action.to_owned());
    assert_eq!(
        audit(&bench).await,
        [said("segue", "hold calls"), said("ada", "try now"), said("segue", "let calls go")]
    );
    serve.kill().unwrap();
    serve.wait().unwrap();
    assert_all_there(&bench);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_is_told_to_other_processes_on_sqlite() {
    the_reason_is_told(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_is_told_to_other_processes_on_postgres() {
    the_reason_is_told(Engine::Postgres).await;
}
