//! Entries as events of their own: what an order keeps for them until they are answered.

use domain::{
    delivery::{
        entry::EntryEvent,
        reason::{Reason, Reasons},
    },
    destinations::value::{Figure, ValueRule},
    sync::Cause,
};
use rstest::rstest;

use super::{
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
        key, people, shop,
    },
    worker::{Worker, decision},
};

const TOLD: &str = r#"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
entry_event = "Entered Carts"
"#;

/// Parts that still say why anybody comes in.
async fn kept(bench: &Bench) -> usize {
    bench.texts("SELECT transition FROM part WHERE reasons IS NOT NULL").await.len()
}

#[rstest]
#[tokio::test]
async fn an_order_says_who_comes_in_for_which_reason_until_it_is_answered(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    bench.apply(TOLD, false).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let mut first = decision(&people([1]));
    first.withheld = [(Cause::Held, people([2])), (Cause::Suppressed, people([3, 4]))].into();
    worker.decide(&first, &people([])).await;
    let work = worker.work().await;
    assert_eq!(work.reasons, Reasons::new(), "they have just joined");
    let entry = work.route.and_then(|route| route.entry);
    let named = EntryEvent { name: "Entered Carts".to_owned(), audience_version: 1 };
    assert_eq!(entry, Some(named));
    worker.drain().await;

    worker.order(&people([1, 2, 3, 5])).await;
    let work = worker.work().await;
    let why: Vec<_> = [2, 3, 5].map(|person| Reason::of(&work.reasons, person)).into();
    assert_eq!(why, [Reason::No(Cause::Held), Reason::No(Cause::Suppressed), Reason::Joined]);
    assert_eq!(kept(&bench).await, 1);
    worker.drain().await;
    assert_eq!(kept(&bench).await, 0);
    // The next order has nobody of them withheld any more.
    worker.bring(&people([1])).await;
    worker.order(&people([1, 2])).await;
    assert_eq!(worker.work().await.reasons, Reasons::new());
}

#[rstest]
#[tokio::test]
async fn whoever_is_there_already_comes_in_again_and_not_anew(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    bench.apply(TOLD, false).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    bench.execute("INSERT INTO doubt_chunk (mapping_id, chunk, people) SELECT mapping_id, chunk, people FROM part").await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    let why: Vec<_> = [1, 2, 3].map(|person| Reason::of(&work.reasons, person)).into();
    assert_eq!(why, [Reason::Again, Reason::Again, Reason::Joined]);
}

#[rstest]
#[tokio::test]
async fn a_rule_of_worth_is_stored_changed_and_taken_away(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let rule = ValueRule {
        figure: Figure::Margin,
        revenue: "cart_value".to_owned(),
        discount: Some("cart_discount".to_owned()),
        cost: None,
        cost_percent: Some(35),
        currency: "USD".to_owned(),
    };
    let file = r#"
        [[destination]]
        key = "meta"
        profile = "plain"
        integration = "Facebook Custom Audiences"
        value = { figure = "margin", revenue = "cart_value", discount = "cart_discount", cost_percent = 35, currency = "USD" }
    "#;
    bench.apply(file, false).await;
    let stored = async || {
        let configuration = bench.configuration().load().await.unwrap();
        configuration.destination(&key("meta")).unwrap().spec.value.clone()
    };
    assert_eq!(stored().await, Some(rule.clone()));
    let rows = domain::destinations::service::DestinationStore::destination_rows(&bench.storage);
    let rows = rows.await.unwrap();
    assert_eq!(rows.iter().find(|row| row.spec.key == key("meta")).unwrap().spec.value, Some(rule));
    bench.apply(&file.replace("value =", "# value ="), false).await;
    assert_eq!(stored().await, None);
}
