//! Gates: what keeps a mapping from starting, and who goes through all the same.

use domain::{
    Error,
    access::Actor,
    audiences::port::MirrorStore as _,
    configuration::plan::Leaving,
    mappings::{
        MappingSpec, UseCase,
        gates::{Gate, GateState},
    },
    people::Ordinal,
};
use rstest::rstest;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    desired, key, people,
};
use domain::audiences::port::Identifiers;

const SHOP: &str = r#"
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Facebook Custom Audiences"
[[audience]]
key = "carts"
segment = 1
window = "4h"
[[audience]]
key = "buyers"
segment = 2
[[suppression]]
key = "purchase"
reason = "purchase"
audience = "buyers"
ttl = "24h"
"#;

const MAPPING: &str = r#"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
"#;

/// The shop, with so many carts, all of whom have an e-mail address.
async fn shop(engine: Engine, file: &str, carts: u32) -> Option<Bench> {
    let bench = Bench::open(engine).await?;
    bench.apply(file, false).await;
    let person = |number: u32| Identifiers {
        cio_id: format!("c{number}"),
        id: None,
        email: Some(format!("p{number}@example.com")),
    };
    let all: Vec<_> = (0..carts).map(person).collect();
    let numbers: Vec<Ordinal> = bench.storage.learn(&all, bench.now()).await.unwrap();
    bench.mirror("carts", &people(numbers)).await;
    Some(bench)
}

fn spec() -> MappingSpec {
    desired(MAPPING).mapping.remove(0)
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (String, String) {
    match outcome {
        Err(Error::Invalid { field, message }) => (field.into_owned(), message),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn a_small_audience_goes_live_for_a_reason_that_can_be_withdrawn(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine, SHOP, 42).await else { return };
    let (service, gates, actor) = (bench.mappings(), bench.gates(), Actor::host("ada"));
    let (field, message) = refusal(service.create(spec(), None, &actor).await);
    assert_eq!(field, "gate_reason");
    assert!(message.contains("from 100 people on, and carts has 42"), "{message}");
    assert!(bench.storage_has_no("carts-meta").await, "a refusal stores nothing");
    let paused = MappingSpec { active: false, ..spec() };
    service.create(paused, None, &actor).await.expect("a paused one may wait for its people");
    refusal(service.resume(&key("carts-meta"), &actor).await);
    refusal(service.update(spec(), Some("\n"), &actor).await);
    service.update(spec(), Some(" A pilot "), &actor).await.unwrap();

    let row = bench.row("carts-meta").await;
    let passed = &row.passed[0];
    assert_eq!((passed.gate, &*passed.reason, &*passed.by), (Gate::MinimumSize, "A pilot", "ada"));
    let checked = gates.checked(&row).await.unwrap();
    let size = checked.iter().find(|one| one.finding.gate == Gate::MinimumSize).unwrap();
    assert_eq!((size.finding.state, size.keeps()), (GateState::Blocking, false));
    let open = |gate| {
        checked.iter().any(|one| one.finding.gate == gate && one.finding.state == GateState::Open)
    };
    assert!(open(Gate::SuppressionPolicy) && open(Gate::Identifiers) && open(Gate::Window));
    // Once let through, it is paused and resumed like any other.
    service.pause(&key("carts-meta"), &actor).await.unwrap();
    service.resume(&key("carts-meta"), &actor).await.unwrap();

    gates.withdraw(&key("carts-meta"), Gate::MinimumSize, &actor).await.unwrap();
    let again = gates.withdraw(&key("carts-meta"), Gate::MinimumSize, &actor).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    assert!(bench.row("carts-meta").await.spec.active, "it goes on");
    let every = MappingSpec { priority: 7, ..spec() };
    service.update(every, None, &actor).await.expect("what runs may be changed");
    service.pause(&key("carts-meta"), &actor).await.unwrap();
    refusal(service.resume(&key("carts-meta"), &actor).await);
    let carts = key("carts-meta");
    let pass = |reason: &'static str| gates.pass(&carts, Gate::MinimumSize, reason, &actor);
    refusal(pass("").await);
    pass("Again").await.unwrap();
    service.resume(&key("carts-meta"), &actor).await.unwrap();
    let open = gates.pass(&key("carts-meta"), Gate::Window, "No need", &actor).await;
    assert!(matches!(open, Err(Error::Conflict(_))), "{open:?}");
    let trail = bench
        .texts("SELECT action || ' ' || subject FROM audit WHERE action IN ('override', 'withdraw') ORDER BY id")
        .await;
    assert_eq!(
        trail,
        ["override", "withdraw", "override"].map(|one| format!("{one} mapping carts-meta"))
    );
}

#[rstest]
#[tokio::test]
async fn nobody_retargets_in_the_console_without_keeping_out_who_bought(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let file = SHOP.split("[[suppression]]").next().unwrap();
    let Some(bench) = shop(engine, file, 200).await else { return };
    let (service, gates, actor) = (bench.mappings(), bench.gates(), Actor::host("ada"));
    let (field, message) = refusal(service.create(spec(), Some("All the same"), &actor).await);
    assert_eq!(field, "active");
    assert!(message.contains("no suppression keeps out whoever bought: add one"), "{message}");
    let seed = MappingSpec { use_case: UseCase::Lookalike, ..spec() };
    service.create(seed, None, &actor).await.unwrap();
    let (field, _) = refusal(service.update(spec(), None, &actor).await);
    assert_eq!(field, "active", "it would start to retarget");

    // The host may, and it is on record.
    let file = desired(MAPPING);
    let passes = gates.passed_over(&file, false).await.unwrap();
    let actor = Actor::host("segue apply");
    let configuration = bench.configuration();
    configuration.apply_with(&file, false, Leaving::Sent, passes, &actor).await.unwrap();
    let row = bench.row("carts-meta").await;
    assert_eq!(row.passed[0].gate, Gate::SuppressionPolicy);
    assert_eq!(row.passed[0].by, "segue apply");
    // A file that keeps buyers out in the same breath passes nothing.
    let rest = SHOP.split_once("[[suppression]]").unwrap().1;
    let whole = format!(
        "[[suppression]]{rest}{}",
        MAPPING.replace("carts-meta", "carts-meta-2").replace("retarget", "analytics")
    );
    assert_eq!(gates.passed_over(&desired(&whole), false).await.unwrap(), vec![]);
}
