//! What may flow to a destination: told from what is stored, changed only over what was seen.

use std::sync::Arc;

use domain::{
    Error,
    access::Actor,
    destinations::fields::{Difference, service::FieldsService},
    mappings::UseCase,
    sync::Wake,
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    worker::Worker,
};

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

fn service(bench: &Bench) -> FieldsService {
    let stored = Arc::new(bench.storage.clone());
    FieldsService {
        configuration: Arc::new(bench.configuration()),
        destinations: stored.clone(),
        mirrors: stored.clone(),
        suppressions: stored.clone(),
        store: stored,
        clock: bench.clock.clone(),
        wake: Arc::new(Nobody),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn a_change_is_told_by_whom_it_reaches(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let (fields, host) = (service(&bench), Actor::host("test"));
    bench.mirror("carts", &people([1, 2, 3])).await;
    bench.mirror("buyers", &people([3, 4])).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([7])).await;
    let ask = async |list: &[&str]| fields.preview(&key("meta"), names(list), &host).await;

    let told = ask(&["ltv", "ltv"]).await.unwrap();
    assert_eq!(told.difference, Difference { begins: names(&["ltv"]), stops: Vec::new() });
    let flows: Vec<(&str, u64)> =
        told.flows.iter().map(|flow| (flow.mapping.as_str(), flow.people)).collect();
    // Of the carts 3 has bought, and 7 is there still; buyers are 3 and 4.
    assert_eq!(flows, [("buyers-meta", 2), ("carts-meta", 3), ("viewers-meta", 0)]);
    assert_eq!(told.people, 5);
    assert!(told.flows.iter().all(|flow| flow.tells_again), "its traits follow people");
    assert!(told.examples.iter().all(|one| one.messages[0].contains("\"ltv\": \"312.50\"")));

    let nothing = ask(&[]).await.unwrap();
    assert_eq!((nothing.people, nothing.flows.len()), (0, 0));
    assert!(matches!(ask(&["a\u{7}b"]).await, Err(Error::Invalid { .. })));
    let missing = fields.preview(&key("nowhere"), Vec::new(), &host).await;
    assert!(matches!(missing, Err(Error::NotFound(_))));
}

#[rstest]
#[tokio::test]
async fn only_what_was_seen_is_changed_and_the_trail_says_by_whom(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let (fields, host) = (service(&bench), Actor::host("jane"));
    let meta = key("meta");
    let change = async |base: &[&str], after: &[&str]| {
        fields.change(&meta, &names(base), names(after), &host).await
    };
    change(&[], &["ltv", "tier", "ltv"]).await.unwrap();
    let view = fields.view(&meta).await.unwrap();
    assert_eq!(view.row.spec.fields, ["ltv", "tier"]);
    let uses: Vec<UseCase> = view.examples.iter().map(|one| one.use_case).collect();
    assert_eq!(uses, [UseCase::Retarget, UseCase::Suppress], "an example for each use");

    assert!(matches!(change(&[], &["city"]).await, Err(Error::Conflict(_))));
    assert!(matches!(change(&["tier", "ltv"], &["city"]).await, Err(Error::Conflict(_))));
    assert_eq!(fields.view(&meta).await.unwrap().row.spec.fields, ["ltv", "tier"]);
    change(&["ltv", "tier"], &["tier"]).await.unwrap();
    change(&["tier"], &["tier"]).await.unwrap();
    let trail = bench
        .texts("SELECT actor || ' ' || action || ' ' || detail FROM audit WHERE subject = 'destination meta' ORDER BY at, id")
        .await;
    assert_eq!(trail.len(), 3, "what changes nothing leaves no trace: {trail:?}");
    assert!(
        trail[1].contains("jane update") && trail[1].contains("[\"ltv\",\"tier\"]"),
        "{trail:?}"
    );
    let missing = fields.change(&key("nowhere"), &[], Vec::new(), &host).await;
    assert!(matches!(missing, Err(Error::NotFound(_))));
}
