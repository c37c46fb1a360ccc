//! Lists: whoever is named on one is kept out, now and whenever they come, where it holds.

use std::sync::Arc;

use domain::{
    Error,
    access::{Actor, Role},
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::Transition::Entered,
    ids::ListingId,
    people::{PersonSet, port::PersonStore as _, service::PeopleService},
    suppression::{
        SuppressionSpec,
        held::Suppressed,
        listing::{ListingState, service::ListingService},
        preview::service::RuleService,
        service::SuppressionStore as _,
    },
    time::Span,
};
use rstest::rstest;
use server::compose::Stir;

use super::{
    forgetting::{LONG, forget},
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        key, people, shop,
    },
    worker::Worker,
};

const LISTS: &str = r#"
[[suppression]]
key = "staff"
reason = "staff"
list = true
[[suppression]]
key = "not-at-google"
reason = "asked"
list = true
destinations = ["google"]
[[suppression]]
key = "cooling"
reason = "complaint"
list = true
ttl = "14d"
"#;

fn service(bench: &Bench) -> ListingService {
    let stored = Arc::new(bench.storage.clone());
    ListingService {
        configuration: Arc::new(bench.configuration()),
        suppressions: stored.clone(),
        listings: stored.clone(),
        store: stored.clone(),
        people: Arc::new(PeopleService::new(stored.clone(), bench.clock.clone())),
        names: stored,
        clock: bench.clock.clone(),
        ids: bench.ids(),
        wake: Arc::new(Stir::default()),
    }
}

async fn bench(engine: Engine) -> Option<Bench> {
    let bench = shop(engine).await?;
    bench.apply(LISTS, false).await;
    Some(bench)
}

fn person(cio_id: &str, id: Option<&str>, email: Option<&str>) -> Identifiers {
    Identifiers {
        cio_id: cio_id.to_owned(),
        id: id.map(str::to_owned),
        email: email.map(str::to_owned),
    }
}

async fn learn(bench: &Bench, people: &[Identifiers]) -> PersonSet {
    let numbers = bench.storage.learn(people, bench.now()).await.unwrap();
    numbers.into_iter().collect()
}

/// Whom lists and audiences keep out of a destination now.
async fn out_of(bench: &Bench, destination: &str) -> PersonSet {
    let held = bench.storage.suppressed(bench.now()).await.unwrap();
    Suppressed::of(held).at(&key(destination)).into_owned()
}

async fn put(bench: &Bench, list: &str, names: &str) -> ListingId {
    let host = Actor::host("test");
    let id = service(bench).draft(&key(list), "file.csv", "asked", names, &host).await.unwrap();
    service(bench).hold(id, &host).await.unwrap();
    id
}

#[rstest]
#[tokio::test]
async fn a_file_is_looked_at_before_it_holds(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    let (host, lists) = (Actor::host("test"), service(&bench));
    let known = learn(
        &bench,
        &[
            person("c1", Some("u1"), Some("ada@example.com")),
            person("c2", Some("u2"), Some("bob@example.com")),
            person("c3", None, None),
        ],
    )
    .await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&known).await;

    let text = "email\nAda@Example.com\nada@example.com\nlater@example.com\nnobody\n";
    let id = lists.draft(&key("staff"), "staff.csv", " hired ", text, &host).await.unwrap();
    let review = lists.review(id).await.unwrap();
    let listing = &review.listing;
    assert_eq!(listing.state, ListingState::Draft);
    assert_eq!((listing.names, listing.people, listing.unknown), (2, 1, 1));
    assert_eq!((listing.repeated, listing.unreadable, listing.note.as_str()), (1, 1, "hired"));
    assert_eq!(review.unreadable[0].line, 5);
    assert_eq!(review.leaving.len(), 1);
    assert_eq!((review.leaving[0].mapping.as_str(), review.leaving[0].people), ("carts-meta", 1));
    assert_eq!(out_of(&bench, "meta").await, people([]), "nobody has decided yet");

    bench.clock.advance(Span::from_minutes(1));
    lists.hold(id, &host).await.unwrap();
    assert_eq!(out_of(&bench, "meta").await, people([0]));
    assert_eq!(lists.review(id).await.unwrap().leaving[0].people, 1, "still there");
    assert!(bench.row("carts-meta").await.next_run_at.unwrap() <= bench.now(), "it runs at once");
    assert!(matches!(lists.hold(id, &host).await, Err(Error::Conflict(_))));
    // Whoever comes under a name later is kept out from their first reading on.
    learn(&bench, &[person("c4", None, Some("later@example.com"))]).await;
    assert_eq!(out_of(&bench, "google").await, people([0, 3]));
    assert_eq!(lists.list(&key("staff")).await.unwrap().rule.people, 2);
    // And whoever is called so from now on.
    learn(&bench, &[person("c2", Some("u2"), Some("ada@example.com"))]).await;
    assert_eq!(out_of(&bench, "meta").await, people([0, 1, 3]));

    lists.end(id, &host).await.unwrap();
    assert_eq!(out_of(&bench, "meta").await, people([]));
    assert_eq!(lists.review(id).await.unwrap().listing.state, ListingState::Ended);
    assert!(matches!(lists.end(id, &host).await, Err(Error::Conflict(_))));
    let names = bench.texts("SELECT name FROM listed_name").await;
    assert!(names.is_empty(), "what it named stays nowhere");
    let trail = bench.texts("SELECT subject || ': ' || action FROM audit WHERE subject = 'suppression staff' ORDER BY id").await;
    assert_eq!(trail.len(), 3, "{trail:?}");
    assert!(trail[1].ends_with("put on list") && trail[2].ends_with("take off list"));

    let draft = lists.draft(&key("staff"), "b.csv", "", "u1", &host).await.unwrap();
    lists.end(draft, &host).await.unwrap();
    assert!(matches!(lists.review(draft).await, Err(Error::NotFound(_))), "a draft leaves nothing");
}

#[rstest]
#[tokio::test]
async fn a_list_holds_at_its_destinations_and_for_its_time(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = bench(engine).await else { return };
    let known: Vec<_> = (1..5).map(|n| person(&format!("c{n}"), None, None)).collect();
    learn(&bench, &known).await;
    put(&bench, "not-at-google", "cio_id\nc1").await;
    put(&bench, "cooling", "cio_id\ncio_c2\n").await;
    assert_eq!(out_of(&bench, "google").await, people([0, 1]));
    assert_eq!(out_of(&bench, "meta").await, people([1]));

    // The door knows both.
    let mut google = Worker::new(&bench, "viewers-google").await;
    google.order(&people([0, 1, 2])).await;
    let work = google.work().await;
    assert_eq!(google.step(&work, 0, 3).await.masked, people([0, 1]));
    let mut meta = Worker::new(&bench, "carts-meta").await;
    assert_eq!(meta.bring(&people([0, 2])).await, [(Entered, 1, people([0, 2]))]);

    bench.clock.advance(Span::from_hours(14 * 24));
    assert_eq!(out_of(&bench, "google").await, people([0]));
    let cooling = service(&bench).list(&key("cooling")).await.unwrap();
    assert_eq!(cooling.listings[0].state, ListingState::Expired);
}

#[rstest]
#[tokio::test]
async fn one_person_is_stopped_and_comes_back(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let (host, lists) = (Actor::host("test"), service(&bench));
    learn(&bench, &[person("c1", Some("u1"), Some("ada@example.com")), person("c2", None, None)])
        .await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&people([0, 1])).await;
    let viewer = Actor { role: Role::Viewer, ..host.clone() };
    assert!(matches!(lists.stop("c1", "", &viewer).await, Err(Error::Forbidden)));

    lists.stop("c1", "a complaint by phone", &host).await.unwrap();
    assert_eq!(out_of(&bench, "google").await, people([0]));
    assert!(bench.row("carts-meta").await.next_run_at.unwrap() <= bench.now());
    let view = bench.storage.explain(0, usize::MAX, bench.now()).await.unwrap();
    let listed = view.suppressions[0].listed.clone().unwrap();
    assert_eq!(view.suppressions[0].rule, key("do-not-target"));
    assert_eq!((listed.note.as_str(), listed.by.as_str()), ("a complaint by phone", &*host.name));
    assert!(
        bench.storage.explain(1, usize::MAX, bench.now()).await.unwrap().suppressions.is_empty()
    );
    // The list is made once, and another one that narrows isn't taken for it.
    bench.apply(LISTS, false).await;
    lists.stop("c2", "", &host).await.unwrap();
    assert_eq!(
        bench.texts("SELECT key FROM suppression WHERE list AND key LIKE 'do-not%'").await.len(),
        1
    );

    lists.resume("ada@example.com", &host).await.unwrap();
    assert_eq!(out_of(&bench, "google").await, people([1]));
    assert!(matches!(lists.resume("c1", &host).await, Err(Error::Conflict(_))));
    let trail = bench
        .texts("SELECT detail FROM audit WHERE action IN ('put on list', 'take off list')")
        .await;
    assert!(
        trail.iter().all(|detail| !detail.contains("ada")),
        "the trail names nobody: {trail:?}"
    );
}

#[rstest]
#[tokio::test]
async fn whoever_is_forgotten_is_on_no_list(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    let ada = person("c1", None, Some("ada@example.com"));
    learn(&bench, &[ada.clone(), person("c2", None, Some("bob@example.com"))]).await;
    put(&bench, "staff", "ada@example.com\nbob@example.com").await;
    bench.storage.ask_to_forget(1, "test", bench.now()).await.unwrap();
    forget(&bench).await;
    assert_eq!(bench.texts("SELECT name FROM listed_name").await, ["ada@example.com"]);

    // Who stands nowhere for long loses the number, and stays on the list under the name.
    bench.clock.advance(LONG);
    forget(&bench).await;
    bench.clock.advance(LONG);
    forget(&bench).await;
    assert_eq!(out_of(&bench, "meta").await, people([]));
    let again = learn(&bench, &[ada]).await;
    assert_eq!(again, people([2]), "a new number");
    assert_eq!(out_of(&bench, "meta").await, again);
}

#[rstest]
#[tokio::test]
async fn what_cannot_stand_is_refused(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = bench(engine).await else { return };
    let (host, lists) = (Actor::host("test"), service(&bench));
    let refused = async |list: &str, note: &str, names: &str| match lists
        .draft(&key(list), "x", note, names, &host)
        .await
    {
        Err(Error::Invalid { field, .. }) => field.into_owned(),
        Err(Error::NotFound(what)) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("purchase", "", "u1").await, "list purchase", "it reads an audience");
    assert_eq!(refused("nothing", "", "u1").await, "list nothing");
    assert_eq!(refused("staff", "", " \n ").await, "names");
    assert_eq!(refused("staff", "two\nlines", "u1").await, "note");
    let hostile = "مرحبا\n👩‍👩‍👧‍👦\nRobert'); DROP TABLE listing;--\n=cmd()\n";
    let id = lists.draft(&key("staff"), "a\u{7}b.csv", "", hostile, &host).await.unwrap();
    let review = lists.review(id).await.unwrap();
    assert_eq!((review.listing.names, review.listing.source.as_str()), (4, "ab.csv"));

    let apply = async |text: &str| {
        let desired = super::harness::desired(text);
        bench.configuration().apply(&desired, false, &host).await.unwrap_err().to_string()
    };
    let rule = |rest: &str| format!("[[suppression]]\nkey = \"r\"\nreason = \"support\"\n{rest}");
    for (rest, said) in [
        ("list = true\naudience = \"carts\"", "one of the three"),
        ("list = true\nevent = \"x\"\nttl = \"1h\"", "one of the three"),
        ("", "one of the three"),
        ("audience = \"carts\"\ndestinations = [\"moon\"]", "no destination moon"),
    ] {
        let error = apply(&rule(rest)).await;
        assert!(error.contains(said), "{error}");
    }
    let narrow = rule("audience = \"carts\"\ndestinations = [\"meta\"]");
    let error = apply(&narrow.replace("\"support\"", "\"purchase\"")).await;
    assert!(error.contains("everywhere"), "{error}");
    bench.apply(&narrow, false).await;
}

fn rules(bench: &Bench) -> RuleService {
    let stored = Arc::new(bench.storage.clone());
    RuleService {
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
async fn a_changed_rule_tells_who_would_leave_and_come(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let host = Actor::host("test");
    let known: Vec<_> = (0..6).map(|n| person(&format!("c{n}"), Some("u"), None)).collect();
    learn(&bench, &known).await;
    bench.mirror("carts", &people(0..6)).await;
    bench.mirror("viewers", &people([])).await;
    bench.mirror("buyers", &people([0, 1, 2])).await;
    bench.clock.advance(Span::from_hours(2));
    bench.mirror("buyers", &people([0])).await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&people([3, 4, 5])).await;

    let rules = rules(&bench);
    let stored = rules.rule(&key("purchase")).await.unwrap().spec;
    let preview = async |spec: Option<&SuppressionSpec>| {
        let effect = rules.preview(&key("purchase"), spec).await.unwrap();
        let shifts: Vec<_> = effect
            .shifts
            .iter()
            .map(|one| (one.mapping.to_string(), one.leave, one.come))
            .collect();
        ((effect.before, effect.after), shifts)
    };
    let shift = |leave, come| vec![("carts-meta".to_owned(), leave, come)];
    // Those who left the buyers two hours ago come back under a shorter time.
    let hour = SuppressionSpec { ttl: Some(Span::from_hours(1)), ..stored.clone() };
    assert_eq!(preview(Some(&hour)).await, ((3, 1), shift(0, 2)));
    assert_eq!(preview(None).await, ((3, 0), shift(0, 3)));
    assert_eq!(preview(Some(&stored)).await, ((3, 3), vec![]));
    // At another place than before they leave, too.
    let asked = SuppressionSpec { reason: "asked".to_owned(), ..stored.clone() };
    let google = SuppressionSpec { destinations: vec![key("google")], ..asked };
    assert_eq!(preview(Some(&google)).await, ((3, 3), shift(0, 3)));
    let narrow = SuppressionSpec { reason: stored.reason.clone(), ..google };
    assert!(matches!(
        rules.preview(&key("purchase"), Some(&narrow)).await,
        Err(Error::Invalid { .. })
    ));

    bench.clock.advance(Span::from_minutes(1));
    rules.change(hour.clone(), &stored, &host).await.unwrap();
    assert_eq!(out_of(&bench, "meta").await, people([0]));
    assert!(bench.row("carts-meta").await.next_run_at.unwrap() <= bench.now());
    assert!(matches!(rules.change(stored.clone(), &stored, &host).await, Err(Error::Conflict(_))));
    rules.retire(&key("purchase"), &host).await.unwrap();
    assert!(matches!(rules.rule(&key("purchase")).await, Err(Error::NotFound(_))));
    assert!(matches!(rules.retire(&key("purchase"), &host).await, Err(Error::NotFound(_))));
    assert_eq!(out_of(&bench, "meta").await, people([]));
}
