//! What names an audience's members, counted over what is stored.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    audiences::{
        coverage::{Band, Coverage, CoverageDay, Lost, service::CoverageService, trend},
        port::{Identifiers, MirrorStore as _},
    },
    day::Day,
    people::{
        attributes::{Learned, PHONE, Wanted},
        port::AttributeStore as _,
    },
    time::Span,
};
use rstest::rstest;
use server::worker::RetentionWorker;
use tokio_util::sync::CancellationToken;

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
    key, people,
};

const PLACES: &str = r#"
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Meta"
[[destination]]
key = "warehouse"
profile = "warehouse"
integration = "Warehouse"
[[audience]]
key = "carts"
segment = 1
[[audience]]
key = "unread"
segment = 2
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
[[mapping]]
key = "carts-warehouse"
audience = "carts"
destination = "warehouse"
use_case = "analytics"
"#;

fn service(bench: &Bench) -> CoverageService {
    let stored = Arc::new(bench.storage.clone());
    CoverageService {
        configuration: Arc::new(bench.configuration()),
        mirrors: stored.clone(),
        store: stored.clone(),
        attributes: stored.clone(),
        trend: stored,
        clock: bench.clock.clone(),
    }
}

/// Ten people: 0 to 3 have an address, 4 to 7 an id only, 8 and 9 nothing.
async fn learn(bench: &Bench) {
    let page: Vec<Identifiers> = (0..10)
        .map(|n| Identifiers {
            cio_id: format!("cio-{n}"),
            id: (4..8).contains(&n).then(|| format!("u-{n}")),
            email: (n < 4).then(|| format!("{n}@example.com")),
        })
        .collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn who_can_be_named_is_counted_and_a_gap_alarms(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(PLACES, false).await;
    learn(&bench).await;
    let coverage = service(&bench);
    assert!(coverage.all().await.unwrap().iter().all(|one| one.coverage.is_none()));
    bench.mirror("carts", &people(0..10)).await;

    let all = coverage.all().await.unwrap();
    assert_eq!(all[1].coverage, None, "what was never read isn't counted");
    let counted = Coverage {
        members: 10,
        email: 4,
        id: 4,
        any: 8,
        contact: 4,
        unread: 6,
        ..Coverage::default()
    };
    assert_eq!(all[0].coverage, Some(counted));
    assert!(coverage.alarms().await.unwrap().is_empty(), "who wasn't asked may have a number");

    // Everybody's number was read: 3 and 4 have one.
    let phone = |ordinal| Learned {
        ordinal,
        values: BTreeMap::from([(PHONE.to_owned(), Some(format!("+1415555267{ordinal}")))]),
        ..Learned::default()
    };
    let read = Wanted::from([(PHONE.to_owned(), people(0..10))]);
    bench.storage.put_attributes(&read, &[phone(3), phone(4)], bench.now()).await.unwrap();
    let alarms = coverage.alarms().await.unwrap();
    assert_eq!(alarms.len(), 1);
    let counted = Coverage { phone: 2, both: 1, contact: 5, gap: 5, unread: 0, ..counted };
    assert_eq!(alarms[0].coverage, Some(counted));
    assert_eq!(alarms[0].costs(), Some(Band { low: 1, high: 3 }));
    let at = |place: usize| alarms[0].forecasts[place].clone();
    assert_eq!(at(0).lost, Lost { unread: 0, id_only: 3, nameless: 2 });
    assert_eq!((at(0).findable, at(0).band), (5, Some(Band { low: 1, high: 3 })));
    assert_eq!((at(1).findable, at(1).lost.sum(), at(1).band), (10, 0, None));
}

#[rstest]
#[tokio::test]
async fn each_day_keeps_its_last_count(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(PLACES, false).await;
    learn(&bench).await;
    let coverage = service(&bench);
    assert_eq!(coverage.note().await.unwrap(), 0, "nothing was read yet");
    bench.mirror("carts", &people(0..8)).await;
    assert_eq!(coverage.note().await.unwrap(), 1);
    bench.mirror("carts", &people(0..10)).await;
    coverage.note().await.unwrap();
    let first = Day::of(bench.now());
    bench.clock.advance(Span::from_hours(24));
    bench.mirror("carts", &people(2..10)).await;
    coverage.note().await.unwrap();
    let trend = async || coverage.trends().await.unwrap()[&key("carts")].clone();
    let day = |after, members, contact| CoverageDay { day: first.plus(after), members, contact };
    assert_eq!(trend().await, [day(0, 10, 4), day(1, 8, 2)]);

    bench.clock.advance(Span::from_hours(24 * (trend::DAYS - 1)));
    assert_eq!(trend().await, [day(1, 8, 2)], "the picture has an end");
    let kept = async || bench.texts("SELECT day FROM coverage_day ORDER BY day").await;
    let store = Arc::new(bench.storage.clone());
    let retention = RetentionWorker::new(store, bench.clock.clone(), CancellationToken::new());
    retention.run_once().await.unwrap();
    assert_eq!(kept().await, [first.to_string(), first.plus(1).to_string()]);
    bench.clock.advance(Span::from_hours(24 * (400 - trend::DAYS)));
    retention.run_once().await.unwrap();
    assert_eq!(kept().await, [first.plus(1).to_string()], "a season later");
}
