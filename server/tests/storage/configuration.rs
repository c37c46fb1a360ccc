//! What operators decide: the round trip, conflicts, secrets, the audit trail.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Error,
    configuration::{
        Configuration, EnvironmentSecret, Secret,
        check::Specs,
        plan::{Stored, plan},
        port::ConfigurationStore as _,
    },
    connections::Region,
    time::{Instant, Span},
};
use rstest::rstest;
use server::storage::Storage;

use super::harness::{
    Bench, Counter, Engine,
    Engine::{Postgres, Sqlite},
    SHOP, desired, key, vault,
};

const FULL: &str = r#"
[customerio]
region = "eu"
app_api_key = "plain-text-of-the-app-key"
requests_per_second = 7
[twilio]
write_key = { env = "SHOP_WRITE_KEY" }
events_per_second = 300
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Facebook Custom Audiences"
fields = ["value", "currency"]
hash = true
[[audience]]
key = "carts"
segment = 11
owner = "growth@example.com"
window = "60d-120d"
[[audience]]
key = "buyers"
segment = 12
[[suppression]]
key = "purchase"
reason = "purchase"
audience = "buyers"
ttl = "24h"
owner = "Retention"
[[suppression]]
key = "refund"
reason = "refund"
event = "Order Refunded"
ttl = "14d"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "lookalike"
exclusivity_group = "ads"
priority = 3
every = "15m"
holdout_percent = 12.5
active = false
[[source]]
key = "shop"
write_key = "plain-text-of-the-source-key"
"#;

async fn load(bench: &Bench) -> (Configuration, i64) {
    bench.storage.load().await.unwrap()
}

/// Everything that a plan is made from, as the service gathers it.
async fn stored(storage: &Storage) -> Stored {
    let (configuration, _) = storage.load().await.unwrap();
    Stored {
        specs: Specs::of(&configuration),
        settings: configuration.settings.clone(),
        sources: configuration.sources.iter().map(|source| source.key.clone()).collect(),
        secrets: storage.secrets().await.unwrap(),
    }
}

#[rstest]
#[tokio::test]
async fn every_table_reads_back_as_it_was_written(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    assert_eq!(load(&bench).await, (Configuration::default(), 0));
    bench.apply(FULL, false).await;
    let (after, version) = load(&bench).await;
    assert_eq!(version, 1);
    let asked = desired(FULL);
    let specs = Specs::of(&after);
    assert_eq!(specs.destinations.into_values().collect::<Vec<_>>(), asked.destination);
    assert_eq!(specs.mappings.into_values().collect::<Vec<_>>(), asked.mapping);
    assert_eq!(specs.suppressions.into_values().collect::<Vec<_>>(), asked.suppression);
    assert_eq!(specs.audiences[&key("carts")], asked.audience[0]);
    assert_eq!(after.audiences[0].spec.key, key("buyers"), "lists are sorted by key");
    assert_eq!(after.settings.customerio_region, Region::Eu);
    assert_eq!(after.settings.twilio_region, Region::Us);
    assert_eq!((after.settings.requests_per_second, after.settings.events_per_second), (7, 300));
    assert_eq!(after.sources[0].key, key("shop"));
    let mapping = &after.mappings[0];
    assert_eq!(mapping.audience_id, after.audiences[1].id);
    assert_eq!(mapping.destination_id, after.destinations[0].id);
    assert_eq!(after.suppressions[0].audience_id, Some(after.audiences[0].id));
    assert_eq!(after.suppressions[1].audience_id, None);
    assert!(bench.apply(FULL, true).await.is_empty(), "the same file changes nothing");
    assert_eq!(load(&bench).await.1, 1);
}

#[rstest]
#[tokio::test]
async fn an_update_keeps_the_identity_and_a_retired_key_is_free(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(FULL, false).await;
    let before = load(&bench).await.0;
    let changed = FULL
        .replace("segment = 11", "segment = 99")
        .replace("priority = 3", "priority = 4")
        .replace(
            "reason = \"purchase\"\naudience = \"buyers\"",
            "reason = \"bought\"\naudience = \"carts\"",
        )
        .replace("hash = true", "hash = false")
        .replace("active = false", "active = true");
    bench.apply(&changed, false).await;
    let (after, version) = load(&bench).await;
    assert_eq!(version, 2);
    assert_eq!(Specs::of(&after).mappings[&key("carts-meta")], desired(&changed).mapping[0]);
    assert_eq!(Specs::of(&after).suppressions[&key("purchase")], desired(&changed).suppression[0]);
    assert_eq!(Specs::of(&after).destinations[&key("meta")], desired(&changed).destination[0]);
    assert_eq!(after.audience(&key("carts")).unwrap().spec.segment, 99);
    assert_eq!(after.mappings[0].id, before.mappings[0].id);
    assert_eq!(after.audiences[1].id, before.audiences[1].id);
    assert_eq!(after.suppressions[0].id, before.suppressions[0].id);
    assert_eq!(after.suppressions[0].audience_id, Some(after.audiences[1].id));

    bench.apply("", true).await;
    let empty = load(&bench).await.0;
    assert_eq!(Specs::of(&empty), Specs::default());
    assert!(empty.sources.is_empty());
    let secrets = bench.storage.secrets().await.unwrap();
    assert!(!secrets.contains_key("source.shop"), "a retired source's key opens nothing");
    assert!(secrets.contains_key("customerio.app_api_key"), "connections aren't pruned");
    bench.apply(FULL, false).await;
    let again = load(&bench).await.0;
    assert_eq!(Specs::of(&again), Specs::of(&before));
    assert_ne!(again.mappings[0].id, before.mappings[0].id, "a new mapping, not the old one");
    assert_eq!(again.mappings[0].audience_id, again.audiences[1].id);
}

#[rstest]
#[tokio::test]
async fn of_two_plans_from_one_base_the_second_changes_nothing(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let base = stored(&bench.storage).await;
    let version = load(&bench).await.1;
    let first = plan(&base, &desired(&SHOP.replace("segment = 1", "segment = 10")), false);
    let other = SHOP.replace("segment = 3", "segment = 30").replace("Google Ads", "Google");
    let other = format!("{other}\n[twilio]\nwrite_key = \"late\"\nevents_per_second = 5\n");
    let second = plan(&base, &desired(&other), true);
    bench.storage.carry_out(&first, version, "one", bench.now()).await.unwrap();
    let after = load(&bench).await;
    let refused = bench.storage.carry_out(&second, version, "two", bench.now()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    assert_eq!(load(&bench).await, after);
    assert_eq!(bench.storage.secrets().await.unwrap(), BTreeMap::new());
    let by_two = bench.texts("SELECT subject FROM audit WHERE actor = 'two'").await;
    assert!(by_two.is_empty(), "{by_two:?}");
}

#[rstest]
#[tokio::test]
async fn of_plans_at_once_one_is_carried_out(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let base = stored(&bench.storage).await;
    let plans: Vec<_> = (100..106)
        .map(|n| SHOP.replace("segment = 1\n", &format!("segment = {n}\n")))
        .map(|text| plan(&base, &desired(&text), false))
        .collect();
    let at_once = plans.iter().map(|plan| bench.storage.carry_out(plan, 1, "x", bench.now()));
    let done = futures::future::join_all(at_once).await;
    assert_eq!(done.iter().filter(|result| result.is_ok()).count(), 1, "{done:?}");
    assert!(
        done.iter().all(|result| matches!(result, Ok(()) | Err(Error::Conflict(_)))),
        "{done:?}"
    );
    assert_eq!(load(&bench).await.1, 2);
    assert_eq!(bench.texts("SELECT subject FROM audit WHERE actor = 'x'").await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_plan_that_breaks_half_way_leaves_nothing(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    // The plan's first rows are good; the mapping names an audience that isn't there.
    let mut broken = plan(&stored(&bench.storage).await, &desired(SHOP), false);
    broken.changes.retain(|change| !format!("{change:?}").contains("segment: 3"));
    assert!(bench.storage.carry_out(&broken, 0, "test", bench.now()).await.is_err());
    assert_eq!(load(&bench).await, (Configuration::default(), 0));
    assert!(bench.texts("SELECT subject FROM audit").await.is_empty());
    bench.apply(SHOP, false).await;
    assert_eq!(load(&bench).await.0.mappings.len(), 4);
}

#[rstest]
#[tokio::test]
async fn secrets_rotate_and_open_only_with_the_key(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply("[twilio]\nwrite_key = [\"new\", \"old\", { env = \"SPARE\" }]", false).await;
    let literal = |text: &str| Secret::Literal(text.to_owned());
    let spare = Secret::Environment(EnvironmentSecret { env: "SPARE".to_owned() });
    let wanted = vec![literal("new"), literal("old"), spare];
    assert_eq!(bench.storage.secrets().await.unwrap()["twilio.write_key"], wanted);
    bench.apply("[twilio]\nwrite_key = \"newest\"", false).await;
    assert_eq!(
        bench.storage.secrets().await.unwrap(),
        BTreeMap::from([("twilio.write_key".to_owned(), vec![literal("newest")])])
    );
    let stranger =
        Storage::new(bench.storage.database().clone(), vault(8), Arc::new(Counter::default()), 9);
    assert!(stranger.secrets().await.is_err(), "another key opens nothing");
    bench.execute("UPDATE secret SET name = 'customerio.app_api_key'").await;
    assert!(bench.storage.secrets().await.is_err(), "a secret opens only in its own row");
}

#[rstest]
#[tokio::test]
async fn no_secret_lies_open_anywhere(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(FULL, false).await;
    let texts = ["plain-text-of-the-app-key", "plain-text-of-the-source-key"];
    let contains = |bytes: &[u8], text: &str| {
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    if engine == Sqlite {
        let mut all = Vec::new();
        for file in std::fs::read_dir(bench.folder()).unwrap() {
            all.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        assert!(contains(&all, "Facebook Custom Audiences"), "the files hold what was written");
        assert!(contains(&all, "SHOP_WRITE_KEY"), "a reference is no secret");
        for text in texts {
            assert!(!contains(&all, text), "{text} is in the clear");
        }
    }
    if let Some(pool) = bench.pool() {
        let sealed: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM secret WHERE sealed IS NOT NULL")
                .fetch_all(pool)
                .await
                .unwrap();
        assert_eq!(sealed.len(), 2);
        assert!(sealed.iter().all(|bytes| texts.iter().all(|text| !contains(bytes, text))));
    }
    let audit = bench.texts("SELECT subject || detail FROM audit").await.join("\n");
    assert!(audit.contains("twilio.write_key"), "{audit}");
    assert!(texts.iter().all(|text| !audit.contains(text)), "{audit}");
}

#[rstest]
#[tokio::test]
async fn each_change_is_in_the_audit_trail(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(FULL, false).await;
    let created =
        bench.texts("SELECT subject FROM audit WHERE action = 'create' ORDER BY subject").await;
    assert_eq!(
        created,
        [
            "audience buyers",
            "audience carts",
            "destination meta",
            "mapping carts-meta",
            "source shop",
            "suppression purchase",
            "suppression refund"
        ]
    );
    bench.clock.advance(Span::from_seconds(5));
    bench.apply(&FULL.replace("segment = 11", "segment = 99"), false).await;
    let update = bench.texts("SELECT detail FROM audit WHERE action = 'update'").await;
    assert_eq!(update, [r#"[{"field":"segment","before":11,"after":99}]"#]);
    bench.apply("[customerio]\nrequests_per_second = 8", false).await;
    let set =
        bench.texts("SELECT detail FROM audit WHERE action = 'set' AND detail LIKE '%:8}'").await;
    assert_eq!(set, [r#"{"field":"requests_per_second","before":7,"after":8}"#]);
    bench.apply("", true).await;
    let retired = bench.texts("SELECT subject FROM audit WHERE action = 'retire'").await;
    assert_eq!(retired.len(), 7);
    let who = bench.texts("SELECT DISTINCT actor FROM audit").await;
    assert_eq!(who, ["test"]);
    let at = bench.texts("SELECT CAST(at AS TEXT) FROM audit WHERE action = 'update'").await;
    assert_eq!(at, [Instant(bench.now().0).0.to_string()]);
}
