//! What retired audiences and mappings leave behind, values that nobody names any more, and
//! wishes that nobody took.

use std::sync::Arc;

use domain::{
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{
        Transition::Exited,
        batch::Rendered,
        port::{Advance, LeaseStore as _},
        retry::SENT_AGAIN_FOR,
    },
    mappings::port::MappingStore as _,
    people::{
        attributes::{Learned, Wanted},
        port::{AttributeStore as _, PersonStore as _},
    },
    retention::{HISTORY_DAYS, Record, Report, RetentionStore as _},
    sync::{Cause, RunState, port::SyncStore as _},
    time::Span,
};
use rstest::rstest;
use server::worker::RetentionWorker;
use tokio_util::sync::CancellationToken;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, people, shop,
    },
    worker::{Worker, decision},
};

const DAY: Span = Span::from_hours(24);
const LONGER: Span = Span::from_hours(24 * HISTORY_DAYS + 1);

async fn forget(bench: &Bench) -> String {
    let store = Arc::new(bench.storage.clone());
    let worker = RetentionWorker::new(store, bench.clock.clone(), CancellationToken::new());
    let report: Report = worker.run_once().await.unwrap();
    report.to_string()
}

async fn learn(bench: &Bench, emails: &[Option<&str>]) {
    let line = |(number, email): (usize, Option<&str>)| Identifiers {
        cio_id: format!("cio-{number}"),
        id: None,
        email: email.map(str::to_owned),
    };
    let page: Vec<Identifiers> = emails.iter().copied().enumerate().map(line).collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
}

/// Reads these values of people 0, 1, 2.
async fn attributes(bench: &Bench, fields: &[(&str, &str)]) {
    let who = people([0, 1, 2]);
    let read: Wanted = fields.iter().map(|(name, _)| ((*name).to_owned(), who.clone())).collect();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), Some((*value).to_owned()));
    let learned: Vec<Learned> = who
        .iter()
        .map(|ordinal| Learned {
            ordinal,
            values: fields.iter().map(owned).collect(),
            too_long: Vec::new(),
        })
        .collect();
    bench.storage.put_attributes(&read, &learned, bench.now()).await.unwrap();
}

/// The shop's file without what lies between these lines.
fn without(from: &str, to: &str) -> String {
    let (before, rest) = SHOP.split_once(from).unwrap();
    let (_, after) = rest.split_once(to).unwrap();
    format!("{before}{to}{after}")
}

const CARTS_META: &str = "[[mapping]]\nkey = \"carts-meta\"";
const VIEWERS_META: &str = "[[mapping]]\nkey = \"viewers-meta\"";

#[rstest]
#[tokio::test]
async fn a_retired_mapping_leaves_nothing(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[Some("a@example.com"), None, None]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    bench.storage.adopt(worker.mapping.id, "ada", bench.now()).await.unwrap();
    worker.order(&people([0, 1])).await;
    worker.bring(&people([0])).await;
    worker.order(&people([0, 2])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    worker.refuse(&work, 3, &[2]).await;
    let mut decided = decision(&people([0]));
    decided.withheld.insert(Cause::Holdout, people([1]));
    worker.decide(&decided, &people([])).await;
    worker.finish(RunState::Done, None).await;
    learn(&bench, &[Some("b@example.com"), None, None]).await;
    assert_eq!(forget(&bench).await, "");

    bench.apply(&without(CARTS_META, VIEWERS_META), true).await;
    assert_eq!(forget(&bench).await, "1 chunk of withheld people");
    worker.is_closing = true;
    assert_eq!(worker.bring(&people([])).await, [(Exited, 3, people([0]))]);
    assert_eq!(forget(&bench).await, "", "it isn't known yet that everybody has left");
    worker.bring(&people([])).await;
    worker.finish(RunState::Done, None).await;
    bench.storage.release(&worker.lease).await.unwrap();
    assert_eq!(forget(&bench).await, "1 chunk of delivered people");

    let left = async || {
        bench.texts("SELECT 'letter' FROM dead_letter UNION ALL SELECT 'part' FROM part UNION ALL SELECT 'order' FROM sync_order UNION ALL SELECT 'run' FROM run").await
    };
    bench.clock.advance(Span(LONGER.0 - DAY.0));
    assert_eq!(forget(&bench).await, "2 figures of mappings", "minutes go after eight days");
    assert!(left().await.contains(&"letter".to_owned()));
    bench.clock.advance(DAY);
    let report = forget(&bench).await;
    assert!(report.starts_with("1 dead letter, 3 parts, 3 orders, "), "{report}");
    assert_eq!(left().await, [""; 0]);
    bench.clock.advance(DAY);
    assert_eq!(forget(&bench).await, "2 people", "the third stood in the letter until now");
}

#[rstest]
#[tokio::test]
async fn a_retired_audience_leaves_nothing(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench.mirror("carts", &people([0, 70_000])).await;
    bench.mirror("buyers", &people([1])).await;
    assert_eq!(forget(&bench).await, "");
    let file = without(CARTS_META, VIEWERS_META);
    bench.apply(&file, true).await;
    assert_eq!(forget(&bench).await, "", "it is still read");
    bench
        .apply(&file.replace("key = \"carts\"\nsegment = 1", "key = \"new\"\nsegment = 9"), true)
        .await;
    assert_eq!(forget(&bench).await, "2 chunks of mirrors");
    assert_eq!(forget(&bench).await, "");
}

#[rstest]
#[tokio::test]
async fn a_cohort_goes_when_no_suppression_holds_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench.mirror("buyers", &people([1])).await;
    bench.clock.advance(Span(DAY.0 - Span::from_hours(1).0));
    bench.mirror("buyers", &people([1, 70_000])).await;
    // Customer.io can't be read any more: no reading takes the old one away.
    bench.clock.advance(Span::from_hours(1));
    assert_eq!(forget(&bench).await, "1 chunk of a cohort");
    assert_eq!(forget(&bench).await, "");
    bench.apply(&SHOP.replace("ttl = \"24h\"\n", ""), true).await;
    assert_eq!(forget(&bench).await, "1 chunk of a cohort");
    // A new ttl holds whoever is there, until the rule is retired.
    bench.apply(SHOP, true).await;
    assert_eq!(forget(&bench).await, "");
    bench.apply(&without("[[suppression]]", "[[mapping]]"), true).await;
    assert_eq!(forget(&bench).await, "2 chunks of cohorts");
}

#[rstest]
#[tokio::test]
async fn a_wish_that_nobody_took_goes_after_a_day(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mapping = bench.mapping("carts-meta").await;
    bench.storage.request_run(mapping.id, "ada", bench.now()).await.unwrap();
    bench.clock.advance(Span(DAY.0 - 1));
    assert_eq!(forget(&bench).await, "");
    bench.clock.advance(Span(1));
    assert_eq!(forget(&bench).await, "1 wish to run");
}

#[rstest]
#[tokio::test]
async fn values_go_once_no_destination_names_them(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let naming = |fields: &str| {
        let named = format!("integration = \"Google Ads\"\nfields = [{fields}]");
        SHOP.replace("integration = \"Google Ads\"", &named)
    };
    bench.apply(&naming("\"tier\", \"ltv\", \"phone\""), false).await;
    learn(&bench, &[None; 3]).await;
    bench.mirror("viewers", &people([0, 1, 2])).await;
    attributes(&bench, &[("tier", "gold"), ("ltv", "7"), ("phone", "+14155552671")]).await;
    assert_eq!(forget(&bench).await, "");
    let names = async || {
        let readings = bench.storage.readings(bench.now()).await.unwrap();
        let values = bench.texts("SELECT DISTINCT name FROM person_field ORDER BY name").await;
        (readings.into_keys().collect::<Vec<_>>(), values)
    };

    bench.apply(&naming("\"tier\""), false).await;
    let lease = bench.storage.acquire("retention", bench.now()).await.unwrap().unwrap();
    let now = bench.now();
    let slice = async || bench.storage.forget(&lease, Record::Field, now, 2, now).await.unwrap();
    assert_eq!((slice().await, slice().await, slice().await), (2, 1, 0));
    bench.storage.release(&lease).await.unwrap();
    // Named again within the week, they are read again.
    assert_eq!(names().await, (vec!["tier".to_owned()], vec!["tier".to_owned()]));
    assert_eq!(forget(&bench).await, "3 phone numbers");
    assert_eq!(bench.storage.identifier_sets().await.unwrap().phone, people([]));
    let one = bench.storage.people(&people([0])).await.unwrap().remove(0).1;
    assert_eq!((one.phone, one.fields.len()), (None, 1));
    bench.apply(&naming(""), false).await;
    assert_eq!(forget(&bench).await, "3 values");
    assert_eq!(names().await, (Vec::new(), Vec::new()));
    assert_eq!(forget(&bench).await, "");
}

#[rstest]
#[tokio::test]
async fn a_phone_number_stays_for_the_exit_that_names_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (plain, meta) = ("profile = \"plain\"", "profile = \"meta-capi\"");
    bench.apply(&SHOP.replacen(plain, meta, 1), false).await;
    learn(&bench, &[None; 3]).await;
    bench.mirror("viewers", &people([0, 1, 2])).await;
    attributes(&bench, &[("phone", "+14155552671")]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([0])).await;
    // The destination takes no phones any more, and whoever is there came in under one.
    bench.apply(SHOP, false).await;
    assert_eq!(forget(&bench).await, "");
    worker.route = bench.route(&worker.mapping).await;
    worker.bring(&people([0])).await;
    assert_eq!(forget(&bench).await, "", "they have left, and come in under none");
    worker.bring(&people([0])).await;
    assert_eq!(forget(&bench).await, "3 phone numbers");
}

#[rstest]
#[tokio::test]
async fn what_was_rendered_is_kept_until_nobody_sends_it_again(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1])).await;
    let work = worker.work().await;
    let rendered = Rendered { ordinal: 1, messages: vec!["{}".to_owned()], left_out: Vec::new() };
    let claim =
        Advance { claimed: 2, rendered: Some(vec![rendered.clone()]), ..Advance::default() };
    worker.try_step(&work, &claim).await.unwrap();
    worker.order(&people([])).await;
    bench.clock.advance(Span(SENT_AGAIN_FOR.0 - 1));
    forget(&bench).await;
    assert_eq!(worker.work().await.rendered, Some(vec![rendered]));
    bench.clock.advance(Span(1));
    worker.order(&people([1])).await;
    let kept = bench.texts("SELECT transition FROM part WHERE rendered IS NOT NULL").await;
    assert_eq!(kept, [""; 0]);
}
