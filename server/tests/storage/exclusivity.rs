//! Exclusivity over what is stored: overlaps, who stands in two ad sets, another order.

use std::sync::Arc;

use domain::{
    Error,
    access::Actor,
    mappings::exclusivity::{Rank, service::ExclusivityService},
};
use rstest::rstest;
use server::compose::Stir;

use super::{
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
        key, people, shop,
    },
    worker::Worker,
};

fn service(bench: &Bench) -> ExclusivityService {
    let stored = Arc::new(bench.storage.clone());
    ExclusivityService {
        configuration: Arc::new(bench.configuration()),
        mirrors: stored.clone(),
        suppressions: stored.clone(),
        store: stored,
        clock: bench.clock.clone(),
        wake: Arc::new(Stir::default()),
    }
}

#[rstest]
#[tokio::test]
async fn an_order_is_weighed_and_saved_whole(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    bench.mirror("carts", &people(0..6)).await;
    bench.mirror("viewers", &people(4..10)).await;
    let service = service(&bench);
    let before = service.read().await.unwrap();
    let group = before.groups[0].clone();
    let rank = |name: &str, mappings: &[&str], outranked| Rank {
        audience: key(name),
        mappings: mappings.iter().map(|one| key(one)).collect(),
        is_active: true,
        members: 6,
        outranked,
    };
    assert_eq!(group.key, key("ads"));
    assert_eq!(
        group.ranks,
        [
            rank("carts", &["carts-meta"], 0),
            rank("viewers", &["viewers-google", "viewers-meta"], 2)
        ]
    );
    let keys = ["buyers", "carts", "viewers"].map(key);
    assert_eq!(before.overlaps.audiences, keys);
    assert_eq!(before.overlaps.shared, [vec![0, 0, 0], vec![0, 6, 2], vec![0, 2, 6]]);
    assert_eq!(before.bounces, []);

    let order = [key("viewers"), key("carts")];
    let effects = service.weigh(&group.key, &order).await.unwrap();
    let told: Vec<_> =
        effects.iter().map(|one| (one.mapping.as_str(), one.gains, one.loses)).collect();
    assert_eq!(told, [("viewers-google", 2, 0), ("viewers-meta", 2, 0), ("carts-meta", 0, 2)]);

    let actor = Actor::host("ada");
    let stale = service.save(&group.key, &order, "carts-meta:9", &actor).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    service.save(&group.key, &order, &group.base, &actor).await.unwrap();
    let mut priorities = Vec::new();
    for name in ["viewers-google", "viewers-meta", "carts-meta"] {
        priorities.push(bench.row(name).await.spec.priority);
    }
    assert_eq!(priorities, [10, 10, 20]);
    let again = service.save(&group.key, &order, &group.base, &actor).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "what was seen is gone: {again:?}");
}

#[rstest]
#[tokio::test]
async fn who_is_delivered_twice_to_one_place_bounces(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    for mapping in ["carts-meta", "viewers-meta", "viewers-google"] {
        let mut worker = Worker::new(&bench, mapping).await;
        worker.bring(&people(0..3)).await;
    }
    let bounces = service(&bench).read().await.unwrap().bounces;
    assert_eq!(bounces.len(), 1, "{bounces:?}");
    let bounce = &bounces[0];
    assert_eq!((&bounce.one, &bounce.other), (&key("carts-meta"), &key("viewers-meta")));
    assert_eq!((&bounce.destination, bounce.people), (&key("meta"), 3));
}
