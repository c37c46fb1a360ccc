//! First steps: a new installation has a ceiling, and it opens by time or by an admin.

use domain::{
    Error,
    access::{Actor, Role},
    first_steps::{STABLE_AFTER, port::FirstVersionStore as _, scope::CEILING},
    mappings::{
        MappingSpec, UseCase,
        gates::{Basis, SignOff, port::GateStore as _},
    },
    time::Span,
};
use rstest::rstest;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    SHOP, key,
};

/// An empty shop with so many audiences, and two places.
async fn shop(engine: Engine) -> Option<Bench> {
    let bench = Bench::open(engine).await?;
    let places = SHOP.split("[[audience]]").next().unwrap();
    let audience = |at| format!("[[audience]]\nkey = \"a{at}\"\nsegment = {}\n", at + 1);
    let audiences: String = (0..14).map(audience).collect();
    let file = format!("{places}{audiences}");
    bench.apply(&file, false).await;
    Some(bench)
}

/// Audience number so, at this place, paused so that gates don't ask.
fn mapping(at: usize, destination: &str) -> MappingSpec {
    let text = format!(
        "[[mapping]]\nkey = \"m{at}-{destination}\"\naudience = \"a{at}\"\n\
         destination = \"{destination}\"\nuse_case = \"lookalike\"\nactive = false\n"
    );
    super::harness::desired(&text).mapping.remove(0)
}

#[rstest]
#[tokio::test]
async fn a_first_version_stays_small_until_it_is_stable(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let (steps, service, ada) = (bench.first_steps(), bench.mappings(), Actor::host("ada"));
    assert!(!steps.standing().await.unwrap().has_ceiling, "nobody has begun");
    let away = steps.dismiss(true, &ada).await;
    assert!(matches!(away, Err(Error::NotFound(_))), "{away:?}");
    steps.choose(UseCase::Retarget, &ada).await.unwrap();
    for at in 0..7 {
        service.create(mapping(at, "meta"), None, &ada).await.unwrap();
    }
    let Err(Error::Conflict(why)) = service.create(mapping(7, "google"), None, &ada).await else {
        panic!("8 mappings at 2 destinations are too many");
    };
    assert!(why.contains("8 mappings x 2 destinations x (1 + 0 fields beyond identifiers) = 16"));
    assert!(bench.storage_has_no("m7-google").await);
    for at in 7..12 {
        service.create(mapping(at, "meta"), None, &ada).await.unwrap();
    }
    assert_eq!(steps.standing().await.unwrap().scope.score(), CEILING);
    service.create(mapping(12, "meta"), None, &ada).await.expect_err("one too many");

    // A word that holds opens it with time; one that is void doesn't.
    let spec = bench.row("m0-meta").await.spec;
    let word = |use_case, at| SignOff {
        basis: Basis { use_case, ..Basis::of(&spec) },
        note: "Seen".to_owned(),
        evidence: "all".to_owned(),
        by: "ada".to_owned(),
        at,
    };
    let signed_at = bench.now();
    let void = word(UseCase::Analytics, signed_at);
    bench.storage.put_sign_off(&key("m0-meta"), &void).await.unwrap();
    bench.clock.advance(Span(STABLE_AFTER.0));
    assert!(steps.standing().await.unwrap().has_ceiling);
    let good = word(UseCase::Lookalike, signed_at);
    bench.storage.put_sign_off(&key("m0-meta"), &good).await.unwrap();
    assert!(!steps.standing().await.unwrap().has_ceiling);
    service.create(mapping(12, "meta"), None, &ada).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_admin_lifts_the_ceiling_for_a_reason(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let (steps, ada) = (bench.first_steps(), Actor::host("ada"));
    let early = steps.lift("Early", &ada).await;
    assert!(matches!(early, Err(Error::NotFound(_))), "{early:?}");
    steps.choose(UseCase::Analytics, &ada).await.unwrap();
    let approver = Actor { role: Role::Approver, ..ada.clone() };
    assert!(matches!(steps.lift("No", &approver).await, Err(Error::Forbidden)));
    let empty = steps.lift("  ", &ada).await;
    assert!(matches!(empty, Err(Error::Invalid { .. })), "{empty:?}");
    steps.lift(" The team knows it ", &ada).await.unwrap();
    steps.dismiss(true, &ada).await.unwrap();
    bench.clock.advance(Span::from_seconds(1));
    steps.choose(UseCase::Suppress, &ada).await.unwrap();
    let kept = bench.storage.first_version().await.unwrap().unwrap();
    let lifted = kept.lifted.unwrap();
    assert_eq!(
        (kept.goal, &*lifted.reason, &*lifted.by),
        (UseCase::Suppress, "The team knows it", "ada")
    );
    assert!(kept.is_dismissed && kept.begun_at < bench.now(), "another goal changes nothing else");
    assert!(!steps.standing().await.unwrap().has_ceiling);
    steps.dismiss(false, &ada).await.unwrap();
    let viewer = Actor { role: Role::Viewer, ..ada };
    assert!(matches!(steps.choose(UseCase::Retarget, &viewer).await, Err(Error::Forbidden)));
    let trail = bench
        .texts("SELECT action FROM audit WHERE subject IN ('first version', 'first steps') ORDER BY id")
        .await;
    assert_eq!(trail, ["choose goal", "lift ceiling", "put away", "choose goal", "take out"]);
}

#[rstest]
#[tokio::test]
async fn who_had_mappings_before_has_no_ceiling(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = super::harness::shop(engine).await else { return };
    let steps = bench.first_steps();
    steps.choose(UseCase::Retarget, &Actor::host("ada")).await.unwrap();
    let standing = steps.standing().await.unwrap();
    assert!(!standing.has_ceiling && standing.version.is_some());
}
