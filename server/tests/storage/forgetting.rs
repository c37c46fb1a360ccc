//! Who is forgotten, and who is not.

use std::sync::Arc;

use domain::{
    Error,
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{
        Transition::Entered,
        letters::{Pick, Verdict},
        port::LeaseStore as _,
        service::LetterStore as _,
    },
    mappings::port::MappingStore as _,
    people::{PersonSet, port::PersonStore as _, service::PeopleService},
    retention::{HISTORY_DAYS, Record, Report, RetentionStore as _},
    sync::{Cause, port::SyncStore as _},
    time::Span,
};
use rstest::rstest;
use server::worker::RetentionWorker;
use tokio_util::sync::CancellationToken;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, key, people, shop,
    },
    worker::{Worker, decision},
};

pub const DAY: Span = Span::from_hours(24);

/// Whole days of absence until somebody is forgotten, whatever hour they began at.
pub const LONG: Span = Span::from_hours(24 * (HISTORY_DAYS + 1));

pub async fn forget(bench: &Bench) -> Report {
    let store = Arc::new(bench.storage.clone());
    let worker = RetentionWorker::new(store, bench.clock.clone(), CancellationToken::new());
    worker.run_once().await.unwrap()
}

fn page(names: &[(&str, &str)]) -> Vec<Identifiers> {
    let email = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let line = |(name, mail): &(&str, &str)| Identifiers {
        cio_id: (*name).to_owned(),
        id: None,
        email: email(mail),
    };
    names.iter().map(line).collect()
}

pub async fn learn(bench: &Bench, names: &[(&str, &str)]) -> PersonSet {
    let numbers = bench.storage.learn(&page(names), bench.now()).await.unwrap();
    people(numbers)
}

/// A whole reading of an audience.
pub async fn read(bench: &Bench, audience: &str, names: &[(&str, &str)]) -> PersonSet {
    let members = learn(bench, names).await;
    bench.mirror(audience, &members).await;
    members
}

/// Who is known, by number.
async fn known(bench: &Bench) -> Vec<String> {
    bench.texts("SELECT cio_id FROM person ORDER BY ordinal").await
}

#[rstest]
#[tokio::test]
async fn whoever_stands_nowhere_is_forgotten_after_a_quarter(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mail = "jane@example.com";
    read(&bench, "carts", &[("a", mail), ("b", mail), ("c", "")]).await;
    assert_eq!(forget(&bench).await, Report::default());
    read(&bench, "carts", &[("a", mail)]).await;
    forget(&bench).await;
    // Back within the time: it counts anew from the day on which they leave.
    bench.clock.advance(Span(LONG.0 - DAY.0));
    read(&bench, "carts", &[("a", mail), ("b", mail)]).await;
    forget(&bench).await;
    read(&bench, "carts", &[("a", mail)]).await;
    bench.clock.advance(DAY);
    let report = forget(&bench).await;
    assert_eq!((report.count(Record::Person), report.to_string().as_str()), (1, "1 person"));
    assert_eq!(known(&bench).await, ["a", "b"]);
    bench.clock.advance(Span(LONG.0 - DAY.0));
    assert_eq!(forget(&bench).await, Report::default());
    bench.clock.advance(DAY);
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    assert_eq!(known(&bench).await, ["a"]);
    assert_eq!(bench.storage.identifier_sets().await.unwrap().email, people([0]));
    assert_eq!(bench.texts("SELECT CAST(COUNT(*) AS TEXT) FROM absent_chunk").await, ["0"]);

    // Nothing tells who they were; a number is not given again, and stands for nobody.
    let service = PeopleService::new(Arc::new(bench.storage.clone()), bench.clock.clone());
    let said = service.explain("b", usize::MAX).await.unwrap_err().to_string();
    assert!(said.contains("no person by that name") && said.contains("90 days"), "{said}");
    assert!(bench.storage.explain(1, usize::MAX, bench.now()).await.is_err());
    assert_eq!(
        read(&bench, "carts", &[("b", mail), ("a", mail), ("d", "")]).await,
        people([0, 3, 4])
    );
    assert_eq!(bench.storage.find(mail, 9).await.unwrap().len(), 2);
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await, Report::default());
}

#[rstest]
#[tokio::test]
async fn whoever_stands_somewhere_stays(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(&SHOP.replace("24h", "9000h"), false).await;
    let all = [
        "member", "there", "ordered", "claimed", "doubt", "withheld", "dead", "settled", "held",
        "gone",
    ];
    learn(&bench, &all.map(|name| (name, ""))).await;
    bench.mirror("viewers", &people([0])).await;
    bench.mirror("buyers", &people([8])).await;
    bench.mirror("buyers", &people([])).await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&people([1])).await;
    let mut decided = decision(&people([1, 2]));
    decided.withheld.insert(Cause::Holdout, people([5]));
    carts.decide(&decided, &PersonSet::new()).await;
    let mut google = Worker::new(&bench, "viewers-google").await;
    google.order(&people([3])).await;
    google.step(&google.work().await, 0, 4).await;
    let mut buyers = Worker::new(&bench, "buyers-meta").await;
    buyers.bring(&people([4])).await;
    buyers.bring(&people([])).await;
    bench.storage.resync(buyers.mapping.id, None, "ada", bench.now()).await.unwrap();
    let mut viewers = Worker::new(&bench, "viewers-meta").await;
    viewers.order(&people([6, 7])).await;
    let work = viewers.work().await;
    viewers.step(&work, 0, 8).await;
    viewers.refuse(&work, 8, &[6, 7]).await;
    let shop = key("viewers-meta");
    let one = Pick::Reason(Entered, "no 7".to_owned());
    bench.storage.settle(&shop, &one, Verdict::Discard, "ada", bench.now()).await.unwrap();

    forget(&bench).await;
    for _ in 0..2 {
        bench.clock.advance(LONG);
        forget(&bench).await;
    }
    assert_eq!(known(&bench).await, all[..9]);

    // Each of them ends, but for the one who is there and the one who is a member.
    carts.bring(&people([1])).await;
    google.order(&people([])).await;
    google.drain().await;
    buyers.bring(&people([])).await;
    bench.storage.settle(&shop, &Pick::Open, Verdict::Retry, "ada", bench.now()).await.unwrap();
    bench
        .storage
        .settle(&shop, &Pick::Discarded, Verdict::Retry, "ada", bench.now())
        .await
        .unwrap();
    bench.clock.advance(Span::from_hours(9000));
    forget(&bench).await;
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await.count(Record::Person), 7);
    assert_eq!(known(&bench).await, all[..2]);
    assert_eq!(carts.bring(&people([])).await.len(), 1, "whoever is there can leave");
}

#[rstest]
#[tokio::test]
async fn a_reading_under_way_keeps_whoever_it_names(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    read(&bench, "carts", &[("a", ""), ("b", "")]).await;
    read(&bench, "carts", &[]).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    let members = learn(&bench, &[("a", "")]).await;
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    bench.mirror("carts", &members).await;
    forget(&bench).await;
    assert_eq!(known(&bench).await, ["a"]);
    // And so does one that takes a few hours.
    bench.mirror("carts", &people([])).await;
    forget(&bench).await;
    bench.clock.advance(Span(LONG.0 - Span::from_hours(3).0));
    let members = learn(&bench, &[("a", "")]).await;
    bench.clock.advance(Span::from_hours(5));
    assert_eq!(forget(&bench).await, Report::default());
    assert_eq!(members, people([0]));
}

#[rstest]
#[tokio::test]
async fn a_short_visit_between_two_looks_counts(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[("a", ""), ("b", "")]).await;
    forget(&bench).await;
    bench.clock.advance(Span(LONG.0 / 2));
    read(&bench, "carts", &[("a", "")]).await;
    read(&bench, "carts", &[]).await;
    bench.clock.advance(Span(LONG.0 / 2));
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    assert_eq!(known(&bench).await, ["a"]);
}

#[rstest]
#[tokio::test]
async fn a_name_goes_where_nobody_bears_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[("a", "a@example.com"), ("b", "b@example.com")]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([0, 1])).await;
    worker.bring(&people([1])).await;
    learn(&bench, &[("a", "new@example.com"), ("b", "")]).await;
    let names = async || bench.texts("SELECT email FROM named_as").await;
    assert_eq!(names().await, ["b@example.com"], "whoever may be there");
    // An earlier version kept names of people whose exit was answered.
    bench
        .execute(
            "INSERT INTO named_as (mapping_id, ordinal, email)
            SELECT mapping_id, 0, 'a@example.com' FROM named_as",
        )
        .await;
    assert_eq!(forget(&bench).await.to_string(), "1 former name");
    assert_eq!(names().await, ["b@example.com"]);
    assert_eq!(worker.bring(&people([0, 1])).await, [(Entered, 3, people([0]))]);
}

#[rstest]
#[tokio::test]
async fn nobody_is_told_again_who_was_forgotten(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[("a", ""), ("b", "")]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([0, 1])).await;
    worker.bring(&people([1])).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    // The parts that brought 0 in and out aren't folded yet.
    assert_eq!(bench.storage.resync(worker.mapping.id, None, "ada", bench.now()).await.unwrap(), 1);
    assert_eq!(worker.bring(&people([1])).await, [(Entered, 3, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn many_are_forgotten_in_slices(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let names: Vec<String> = (0..1_300).map(|number| format!("cio-{number}")).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    learn(&bench, &names).await;
    // The numbers in between belong to nobody.
    bench.execute("UPDATE counter SET value = 65540 WHERE name = 'ordinal'").await;
    learn(&bench, &[("far", "")]).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    let lease = bench.storage.acquire("retention", bench.now()).await.unwrap().unwrap();
    let (now, by) = (bench.now(), Record::Person.ended_by(bench.now()));
    let slice = bench.storage.forget(&lease, Record::Person, by, 34, now).await;
    assert_eq!(slice.unwrap(), 34);
    bench.storage.release(&lease).await.unwrap();
    let late = bench.storage.look(&lease, 0, now).await;
    assert!(matches!(late, Err(Error::Fenced)), "{late:?}");
    assert_eq!(forget(&bench).await.count(Record::Person), 65_541 - 34);
    assert_eq!(known(&bench).await, [""; 0]);
}
