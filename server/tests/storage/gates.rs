//! Gates: what keeps a mapping from starting, and who goes through all the same.

use domain::{
    Error,
    access::{Actor, Role},
    audiences::port::MirrorStore as _,
    configuration::plan::Leaving,
    destinations::budget::Budget,
    mappings::{
        MappingSpec, UseCase,
        gates::{Basis, Gate, GateState, SignOff, port::GateStore as _},
        trial::{Trial, port::TrialStore as _},
    },
    people::Ordinal,
};
use rstest::rstest;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    desired, key, people,
};
use super::proposals::approvals;
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

#[rstest]
#[tokio::test]
async fn with_a_second_person_nobody_passes_a_gate_alone(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine, SHOP, 20).await else { return };
    bench.apply(&MAPPING.replace("use_case", "active = false\nuse_case"), false).await;
    bench.apply("[approvals]\nsecond_person = true\n", false).await;
    let (gates, approvals) = (bench.gates(), approvals(&bench));
    let ana = Actor { name: "ana@example.com".to_owned(), role: Role::Operator };
    let ben = Actor { name: "ben@example.com".to_owned(), role: Role::Approver };
    let passed = async || bench.row("carts-meta").await.passed;
    // Of something else by now nobody has approved it.
    let filed = gates.pass(&key("carts-meta"), Gate::MinimumSize, "A pilot", &ana).await;
    let Err(Error::Filed(stale)) = filed else { panic!("{filed:?}") };
    bench
        .apply(&MAPPING.replace("use_case", "active = false\npriority = 7\nuse_case"), false)
        .await;
    let refused = approvals.approve(stale, "", &ben).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let filed = gates.pass(&key("carts-meta"), Gate::MinimumSize, "A pilot", &ana).await;
    let Err(Error::Filed(id)) = filed else { panic!("{filed:?}") };
    assert!(passed().await.is_empty());
    approvals.approve(id, "", &ben).await.unwrap();
    let [one] = &passed().await[..] else { panic!("one gate") };
    assert_eq!((one.gate, &*one.reason, &*one.by), (Gate::MinimumSize, "A pilot", &*ben.name));
}

#[rstest]
#[tokio::test]
async fn one_audience_more_than_a_destination_may_get_is_sent_for_a_reason(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine, SHOP, 200).await else { return };
    let (service, actor) = (bench.mappings(), Actor::host("ada"));
    let budget = Budget { audiences: Some(1), ..Budget::default() };
    let configuration = bench.configuration();
    configuration.change_budget(&key("meta"), Budget::default(), budget, &actor).await.unwrap();
    service.create(spec(), None, &actor).await.unwrap();
    // The same audience again is none more.
    let again = |name: &str| MappingSpec { key: key(name), ..spec() };
    let counted = MappingSpec { use_case: UseCase::Analytics, ..again("carts-again") };
    service.create(counted, None, &actor).await.unwrap();
    let buyers = MappingSpec {
        audience: key("buyers"),
        use_case: UseCase::Suppress,
        ..again("buyers-meta")
    };
    let paused = MappingSpec { active: false, ..buyers.clone() };
    service.create(paused, None, &actor).await.unwrap();
    // Its size would keep it too: a reason passes both.
    let found = bench.gates().findings(&buyers).await.unwrap();
    let budget = found.iter().find(|one| one.gate == Gate::ExportBudget).unwrap();
    assert_eq!(budget.state, GateState::Blocking);
    assert!(budget.evidence.contains("2 audiences, and its budget is 1"), "{}", budget.evidence);
    assert_eq!(refusal(service.update(buyers.clone(), None, &actor).await).0, "gate_reason");
    service.update(buyers, Some("Buyers are excluded there"), &actor).await.unwrap();
    let passed = bench.row("buyers-meta").await.passed;
    assert!(passed.iter().any(|one| one.gate == Gate::ExportBudget), "{passed:?}");

    // What is over already may stay so, and two that start together are two.
    service.pause(&key("carts-meta"), &actor).await.unwrap();
    service.resume(&key("carts-meta"), &actor).await.unwrap();
    for name in ["carts-meta", "carts-again", "buyers-meta"] {
        service.pause(&key(name), &actor).await.unwrap();
    }
    bench.gates().withdraw(&key("buyers-meta"), Gate::ExportBudget, &actor).await.unwrap();
    let both = [key("carts-meta"), key("buyers-meta")];
    let refused = refusal(service.switch(&both, true, &actor).await);
    assert!(refused.1.contains("its budget is 1"), "{refused:?}");
}

const STAGED: &str = r#"
[[destination]]
key = "google"
profile = "google-customer-match"
integration = "Google Ads Customer Match"
[[destination]]
key = "warehouse"
profile = "warehouse"
integration = "Warehouse"
"#;

/// Says of a mapping that a controlled test was sent, and whether the destination got it.
async fn tested(bench: &Bench, name: &str, is_forwarded: bool) {
    let id = bench.mapping(name).await.id;
    let trial = Trial {
        id: bench.id(),
        cio_id: "c0".to_owned(),
        by: "ada".to_owned(),
        sent_at: bench.now(),
        mark: format!("mark-{}", bench.id()),
        messages: 1,
        arrived_at: None,
        forwarded_at: None,
        looked_at: None,
    };
    bench.storage.put_trial(id, 0, &trial).await.unwrap();
    let seen = is_forwarded.then(|| bench.now());
    let trial = Trial { arrived_at: seen, forwarded_at: seen, ..trial };
    bench.storage.put_proof(&trial).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_audience_goes_to_the_next_destination_after_a_sign_off_of_the_first(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine, &format!("{SHOP}{STAGED}{MAPPING}"), 2_000).await else {
        return;
    };
    let (service, gates, ada) = (bench.mappings(), bench.gates(), Actor::host("ada"));
    let second = MappingSpec { key: key("carts-google"), destination: key("google"), ..spec() };
    let (field, message) = refusal(service.create(second.clone(), None, &ada).await);
    assert_eq!(field, "gate_reason");
    assert!(message.contains("carts goes to meta first, and nobody has signed off"), "{message}");
    let keeps_out =
        MappingSpec { key: key("carts-off-google"), use_case: UseCase::Suppress, ..second.clone() };
    service.create(keeps_out, None, &ada).await.expect("what protects goes everywhere at once");

    // A sign-off needs a forwarded test and a run.
    let meta = key("carts-meta");
    let early = async || match gates.sign_off(&meta, "Seen", &ada).await {
        Err(Error::Conflict(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(early().await.contains("no controlled test"));
    tested(&bench, "carts-meta", false).await;
    assert!(early().await.contains("amber"));
    tested(&bench, "carts-meta", true).await;
    assert!(early().await.contains("no run of it has ended well"));
    bench.execute("UPDATE mapping SET last_done_at = 1 WHERE key = 'carts-meta'").await;
    let operator = Actor { role: Role::Operator, ..ada.clone() };
    let refused = gates.sign_off(&meta, "Seen", &operator).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    assert_eq!(refusal(gates.sign_off(&meta, " ", &ada).await).0, "note");
    gates.sign_off(&meta, " Seen in the account ", &ada).await.unwrap();
    let kept = gates.checklist(&bench.row("carts-meta").await).await.unwrap().sign_off.unwrap();
    assert_eq!((&*kept.note, &*kept.by, kept.at), ("Seen in the account", "ada", bench.now()));
    assert!(kept.evidence.contains("a controlled test was forwarded"), "{}", kept.evidence);

    // Withdrawn it locks again, given it unlocks.
    gates.withdraw_sign_off(&meta, &ada).await.unwrap();
    let again = gates.withdraw_sign_off(&meta, &ada).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    refusal(service.create(second.clone(), None, &ada).await);
    gates.sign_off(&meta, "Seen again", &ada).await.unwrap();
    service.create(second, None, &ada).await.unwrap();

    // What it is for has changed: the word is void.
    let seed = MappingSpec { use_case: UseCase::Lookalike, ..spec() };
    service.update(seed, None, &ada).await.unwrap();
    assert_eq!(gates.checklist(&bench.row("carts-meta").await).await.unwrap().sign_off, None);
    let trail = bench
        .texts("SELECT action FROM audit WHERE action IN ('sign off', 'withdraw sign-off') ORDER BY id")
        .await;
    assert_eq!(trail, ["sign off", "withdraw sign-off", "sign off"]);
}

#[rstest]
#[tokio::test]
async fn what_has_run_resumes_and_two_that_never_ran_do_not_start_together(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let google = MAPPING.replace("carts-meta", "carts-google").replace("\"meta\"", "\"google\"");
    let paused = |text: &str| text.replace("use_case", "active = false\nuse_case");
    let file = format!("{SHOP}{STAGED}{}{}", paused(MAPPING), paused(&google));
    let Some(bench) = shop(engine, &file, 2_000).await else { return };
    let (service, ada) = (bench.mappings(), Actor::host("ada"));
    let both = [key("carts-google"), key("carts-meta")];
    let (_, message) = refusal(service.switch(&both, true, &ada).await);
    assert!(message.contains("carts goes to google first"), "{message}");
    assert!(!bench.row("carts-google").await.spec.active, "all or none");
    // One that is paused and has people there counts.
    bench.execute("UPDATE mapping SET delivered = 5 WHERE key = 'carts-meta'").await;
    let (_, message) = refusal(service.resume(&key("carts-google"), &ada).await);
    assert!(message.contains("carts goes to meta first"), "{message}");
    bench.execute("UPDATE mapping SET last_done_at = 1").await;
    service.switch(&both, true, &ada).await.expect("both were there before");
}

#[rstest]
#[tokio::test]
async fn a_file_starts_the_next_destination_and_is_on_record(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine, &format!("{SHOP}{STAGED}{MAPPING}"), 2_000).await else {
        return;
    };
    let google = MAPPING.replace("carts-meta", "carts-google").replace("\"meta\"", "\"google\"");
    let passes = bench.gates().passed_over(&desired(&google), false).await.unwrap();
    let passed: Vec<_> = passes.iter().map(|one| (one.mapping.as_str(), one.gate)).collect();
    assert_eq!(passed, [("carts-google", Gate::OneDestinationFirst)]);
}

#[rstest]
#[tokio::test]
async fn a_sign_off_of_nothing_is_refused(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine, SHOP, 1).await else { return };
    let given = SignOff {
        basis: Basis::of(&spec()),
        note: "Seen".to_owned(),
        evidence: "nothing".to_owned(),
        by: "ada".to_owned(),
        at: bench.now(),
    };
    let refused = bench.storage.put_sign_off(&key("carts-meta"), &given).await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    assert_eq!(bench.storage.sign_offs().await.unwrap(), []);
}
