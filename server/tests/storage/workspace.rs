//! The workspace's time zone and currency: kept, audited, and seen by other processes.

use std::sync::Arc;

use domain::{
    Error,
    access::{Actor, Role},
    time::Instant,
    workspace::{
        Shift, Zone,
        port::ZoneBook,
        service::{Typed, WorkspaceService},
    },
};
use rstest::rstest;

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
};

/// Two zones: UTC, and one an hour ahead.
struct Zones;

impl ZoneBook for Zones {
    fn zone(&self, name: &str, _: Instant) -> Option<Zone> {
        let ahead = domain::time::Span::from_hours(1);
        let shift = Shift { from: Instant(0), ahead, abbreviation: "WAT".to_owned() };
        match name {
            "UTC" => Some(Zone::default()),
            "Africa/Lagos" => Some(Zone { name: name.to_owned(), shifts: vec![shift] }),
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        ["Africa/Lagos", "UTC"].map(str::to_owned).to_vec()
    }
}

fn typed<'a>(time_zone: &'a str, currency: &'a str) -> Typed<'a> {
    Typed { time_zone, currency, ..Typed::default() }
}

fn service(bench: &Bench) -> WorkspaceService {
    let store = Arc::new(bench.storage.clone());
    WorkspaceService::new(store, Arc::new(Zones), bench.clock.clone())
}

#[rstest]
#[tokio::test]
async fn what_was_decided_is_kept_and_others_see_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (one, other) = (service(&bench), service(&bench));
    let admin = Actor::host("ada");
    let before = one.read().await.unwrap();
    assert_eq!((before.time_zone.as_str(), before.currency.to_string()), ("UTC", "USD".to_owned()));
    one.save(&typed(" Africa/Lagos ", "ngn"), &admin).await.unwrap();
    assert_eq!(one.shown().zone.name, "Africa/Lagos", "at once");
    assert_eq!(other.shown().zone.name, "UTC");
    other.refresh().await.unwrap();
    assert_eq!(other.shown().zone.name, "Africa/Lagos");
    assert_eq!(other.shown().currency.to_string(), "NGN");

    let audited = async || {
        bench.texts("SELECT detail FROM audit WHERE subject = 'workspace' ORDER BY at, id").await
    };
    one.save(&typed("Africa/Lagos", "NGN"), &admin).await.unwrap();
    let lines = audited().await;
    assert_eq!(lines.len(), 1, "saving the same changes nothing");
    assert!(lines[0].contains("\"before\":\"UTC\"") && lines[0].contains("\"after\":\"NGN\""));
}

#[tokio::test]
async fn what_is_no_zone_or_currency_is_refused_and_nothing_is_kept() {
    let Some(bench) = Bench::open(Sqlite).await else { return };
    let (service, admin) = (service(&bench), Actor::host("ada"));
    let lagos = typed("Africa/Lagos", "NGN");
    for (typed, wrong) in [
        (typed("Middle/Earth", "USD"), "time_zone"),
        (typed("", "USD"), "time_zone"),
        (typed("Africa/Lagos", "dollars"), "currency"),
        (typed("Africa/Lagos", ""), "currency"),
        (Typed { cost_per_thousand: "12", ..lagos }, "impressions_a_day"),
        (Typed { impressions_a_day: "3", ..lagos }, "cost_per_thousand"),
        (Typed { cost_per_thousand: "-1", impressions_a_day: "3", ..lagos }, "cost_per_thousand"),
    ] {
        match service.save(&typed, &admin).await {
            Err(Error::Invalid { field, .. }) => assert_eq!(field, wrong),
            other => panic!("{typed:?}: {other:?}"),
        }
    }
    let operator = Actor { role: Role::Operator, ..admin };
    let refused = service.save(&typed("Africa/Lagos", "NGN"), &operator).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    assert_eq!(service.read().await.unwrap().time_zone, "UTC");
}

#[rstest]
#[tokio::test]
async fn what_ads_cost_is_said_and_unsaid(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (service, admin) = (service(&bench), Actor::host("ada"));
    let utc = typed("UTC", "USD");
    let said = Typed { cost_per_thousand: "12.5", impressions_a_day: " 3 ", ..utc };
    service.save(&said, &admin).await.unwrap();
    let ads = service.read().await.unwrap().ads.unwrap();
    assert_eq!((ads.per_thousand.0, ads.impressions_a_day.0), (1_250, 300));
    service.save(&utc, &admin).await.unwrap();
    assert_eq!(service.read().await.unwrap().ads, None);
    let lines =
        bench.texts("SELECT detail FROM audit WHERE subject = 'workspace' ORDER BY at, id").await;
    assert_eq!(lines.len(), 2);
    assert!(lines[1].contains("\"before\":\"12.50\""), "{}", lines[1]);
}
