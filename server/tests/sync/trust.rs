//! What keeps the promise when people, destinations and answers change: names, places,
//! retirement, resync, and what waits for an operator.

use domain::{
    access::{Actor, Role},
    time::Span,
};
use rstest::rstest;
use server::sandbox::{
    fault::{Fault, FaultKind, Vendor},
    world::Person,
};

use super::*;

const META: &str = "Facebook Custom Audiences";

/// People `1..=count`, all of them in the cart's segment and sent.
async fn sent(engine: Engine, count: u32) -> Bench {
    let bench = Bench::new(engine).await;
    let people: BTreeSet<u32> = (1..=count).collect();
    for number in &people {
        bench.sandbox.world.add_person(somebody(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(count.into()));
    bench
}

/// Whoever has both identifiers.
fn somebody(number: u32) -> Person {
    Person::new(&cio_id(number))
        .with_id(&format!("u-{number}"))
        .with_email(&format!("person{number}@example.com"))
}

/// What the platform was told since so many messages: in or out, and under which e-mail.
fn told_since(bench: &Bench, from: u32) -> Vec<(bool, Option<String>)> {
    let messages = bench.sandbox.platform.messages(from, usize::MAX);
    let email = |id: &str| {
        let payload: Value =
            serde_json::from_str(&bench.sandbox.platform.payload(id).unwrap()).unwrap();
        payload["context"]["traits"]["email"].as_str().map(str::to_owned)
    };
    messages.iter().map(|one| (one.entered.unwrap(), email(&one.message_id))).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "as payloads are read")]
fn email(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_leaves_as_it_came_and_comes_in_anew(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 3).await;
    bench.sandbox.world.add_person(somebody(1).with_email("new@example.com"));
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(1), Some(1)));
    let expected = [(false, email("person1@example.com")), (true, email("new@example.com"))];
    assert_eq!(told_since(&bench, 3), expected);
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(0), "and that was all");
    // Whoever leaves later goes by the name that is there now.
    bench.sandbox.world.leave(1, &cio_id(1)).unwrap();
    bench.sync().await;
    assert_eq!(told_since(&bench, 5), [(false, email("new@example.com"))]);
    // A change while somebody leaves is no reason to name them otherwise.
    bench.sandbox.world.add_person(somebody(2).with_email("late@example.com"));
    bench.sandbox.world.leave(1, &cio_id(2)).unwrap();
    bench.sync().await;
    assert_eq!(told_since(&bench, 6), [(false, email("person2@example.com"))]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_two_profiles_that_are_merged_one_leaves_and_the_other_is_told_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // The one who stays takes the other's address over: it leaves under the former one only.
    let bench = sent(engine, 3).await;
    assert!(bench.sandbox.world.remove_person(&cio_id(2)));
    bench.sandbox.world.add_person(somebody(1).with_email("person2@example.com"));
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(1), Some(2)));
    let told = told_since(&bench, 3);
    let exits: Vec<_> = told.iter().filter(|(entered, _)| !entered).collect();
    assert!(exits.contains(&&(false, email("person1@example.com"))), "{told:?}");
    assert_eq!(told.last(), Some(&(true, email("person2@example.com"))), "{told:?}");
    assert_eq!(told.iter().filter(|(entered, _)| *entered).count(), 1);
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(0), "and that was all");
    // Where the one who stays keeps their names, only the other is told of.
    assert!(bench.sandbox.world.remove_person(&cio_id(3)));
    bench.sync().await;
    assert_eq!(told_since(&bench, 6), [(false, email("person3@example.com"))]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_is_sent_again_as_it_was_before_anything_else_is_said(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = Bench::new(engine).await;
    let people = BTreeSet::from([1, 2, 3]);
    for number in &people {
        bench.sandbox.world.add_person(somebody(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    // All of it is taken, and no answer comes.
    bench.sandbox.faults.inject(Fault::new(Vendor::Tracking, FaultKind::Reset).after(), now());
    let output = bench.segue(&["sync", "--once", "--json", "--timeout", "1"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    bench.sandbox.faults.clear();
    bench.sandbox.world.add_person(somebody(1).with_email("new@example.com"));
    bench.sandbox.world.leave(1, &cio_id(2)).unwrap();
    bench.sync().await;
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.differing), (6, 0), "under one id it has one content");
    let mut later = told_since(&bench, 3);
    later.sort();
    let [gone, left] = ["person1@example.com", "person2@example.com"].map(email);
    assert_eq!(later, [(false, gone), (false, left), (true, email("new@example.com"))]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_exit_rests_until_it_is_tried_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 3).await;
    let poison = Fault::new(Vendor::Tracking, FaultKind::Status).status(400);
    let poison = Fault { containing: Some("person2@example.com".to_owned()), ..poison };
    bench.sandbox.faults.inject(poison, now());
    for number in [1, 2] {
        bench.sandbox.world.leave(1, &cio_id(number)).unwrap();
    }
    let output = bench.segue(&["sync", "--once", "--json"]).await;
    let run = runs(&output)["cart"].clone();
    assert_eq!((run["delivered"].as_u64(), run["dead"].as_u64()), (Some(1), Some(1)), "{run}");
    // No run after it says the same again; the letter waits for its day, or for somebody.
    let received = bench.sandbox.platform.counts().received;
    let run = &bench.sync().await["cart"];
    assert_eq!((run["exited"].as_u64(), run["dead"].as_u64()), (Some(0), Some(0)), "{run}");
    assert_eq!(bench.sandbox.platform.counts().received, received);
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 2);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_exit_leaves_out_what_somebody_who_stays_has(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 3).await;
    // A duplicate profile: both are in, under one address.
    bench.sandbox.world.add_person(somebody(4).with_email("person1@example.com"));
    bench.sandbox.world.join(1, &cio_id(4)).unwrap();
    bench.sync().await;
    bench.sandbox.world.leave(1, &cio_id(1)).unwrap();
    bench.sync().await;
    assert_eq!(told_since(&bench, 4), [(false, None)], "the address stays for the other one");
    bench.sandbox.world.leave(1, &cio_id(4)).unwrap();
    bench.sync().await;
    assert_eq!(told_since(&bench, 5), [(false, email("person1@example.com"))]);
    // Two who leave together leave nothing behind.
    bench.sandbox.world.join(1, &cio_id(1)).unwrap();
    bench.sandbox.world.join(1, &cio_id(4)).unwrap();
    bench.sync().await;
    bench.sandbox.world.leave(1, &cio_id(1)).unwrap();
    bench.sandbox.world.leave(1, &cio_id(4)).unwrap();
    bench.sync().await;
    let address = email("person1@example.com");
    assert_eq!(told_since(&bench, 8), [(false, address.clone()), (false, address)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_moves_is_left_before_the_new_one_is_entered(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    // More than a thousand: what was decided by hand doesn't wait for a second decision.
    let bench = sent(engine, 1_200).await;
    let moved = "[[destination]]\nkey = \"meta\"\nprofile = \"meta-custom-audiences\"\nintegration = \"Meta 2\"\n";
    bench.apply(moved).await;
    let run = &bench.sync().await["cart"];
    let (entered, exited) = (run["entered"].as_u64(), run["exited"].as_u64());
    assert_eq!((entered, exited), (Some(1_200), Some(1_200)), "{run}");
    assert!(bench.platform(META, "cart_abandoners").is_empty());
    assert_eq!(bench.platform("Meta 2", "cart_abandoners").len(), 1_200);
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(0));

    // Or they are left where they are.
    let path = bench.database.folder.path().join("again.toml");
    std::fs::write(&path, moved.replace("Meta 2", "Meta 3")).unwrap();
    let output = bench.segue(&["apply", path.to_str().unwrap(), "--abandon"]).await;
    assert!(output.status.success(), "{}", self::told(&output));
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(1_200), Some(0)));
    assert_eq!(bench.platform("Meta 2", "cart_abandoners").len(), 1_200);
    assert_eq!(bench.platform("Meta 3", "cart_abandoners").len(), 1_200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_retired_mapping_owes_exits_unless_they_are_abandoned(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    for abandons in [false, true] {
        let bench = sent(engine, 3).await;
        let path = bench.database.folder.path().join("less.toml");
        std::fs::write(&path, head()).unwrap();
        let mut words = vec!["apply", path.to_str().unwrap(), "--prune"];
        let plan = bench.segue(&[words.as_slice(), &["--plan"]].concat()).await;
        assert!(told(&plan).contains("3 people are there"), "{}", told(&plan));
        if abandons {
            words.push("--abandon");
        }
        let output = bench.segue(&words).await;
        assert!(output.status.success(), "{}", told(&output));
        bench.sync().await;
        let left = bench.platform(META, "cart_abandoners").len();
        assert_eq!(left, if abandons { 3 } else { 0 });
        let counts = bench.sandbox.platform.counts();
        bench.sync().await;
        assert_eq!(bench.sandbox.platform.counts().received, counts.received, "once");
        // The key is free again, and begins from nothing.
        bench.apply(&one_mapping()).await;
        assert_eq!(bench.sync().await["cart"]["entered"].as_u64(), Some(3));
    }
}

/// The services of a process beside, as the console has them.
pub(super) async fn console(bench: &Bench) -> server::compose::Segue {
    let config = bench.config();
    server::compose::Segue::open(&config, server::compose::Purpose::Serve).await.unwrap()
}

pub(super) fn operator() -> Actor {
    Actor { role: Role::Operator, ..Actor::host("test") }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_resync_tells_everybody_again_and_counts_nobody_twice(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 5).await;
    bench.sandbox.world.leave(1, &cio_id(5)).unwrap();
    bench.sync().await;
    let console = console(&bench).await;
    let key = "cart".parse().unwrap();
    let mappings = &console.services.mappings;
    assert_eq!(mappings.resync(&key, None, &operator()).await.unwrap(), 5);
    // Everybody who is there, and the exit of whoever was told to leave.
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(4), Some(1)), "{run}");
    assert_eq!(mappings.get(&key).await.unwrap().delivered, 4);
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.duplicate), (11, 0), "under ids of their own");
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(0));
    // Nothing was told since a moment from now on.
    let later = now().plus(Span::from_hours(1));
    assert_eq!(mappings.resync(&key, Some(later), &operator()).await.unwrap(), 0);
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(0));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_audience_is_not_sent_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = Bench::new(engine).await;
    let people: BTreeSet<u32> = (1..=4).collect();
    for number in &people {
        bench.sandbox.world.add_person(somebody(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    let console = console(&bench).await;
    let (key, mappings) = ("cart".parse().unwrap(), &console.services.mappings);
    mappings.adopt(&key, &operator()).await.unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["target"].as_u64(), run["entered"].as_u64()), (Some(4), Some(0)));
    assert_eq!(mappings.get(&key).await.unwrap().delivered, 4);
    bench.sandbox.world.leave(1, &cio_id(1)).unwrap();
    assert_eq!(bench.sync().await["cart"]["exited"].as_u64(), Some(1));
    assert!(mappings.adopt(&key, &operator()).await.is_err(), "it has sent");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_abnormal_change_waits_but_for_what_protects(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 2_500).await;
    bench.world_segment(2, "Bought", &names(&BTreeSet::from([7])));
    bench
        .apply("[[audience]]\nkey = \"bought\"\nsegment = 2\n[[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n")
        .await;
    // Somebody has emptied the segment by mistake.
    bench.sandbox.world.set_members(1, std::iter::empty()).unwrap();
    let sync = async || bench.segue(&["sync", "--once", "--json"]).await;
    let output = sync().await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let run = runs(&output)["cart"].clone();
    assert_eq!((run["state"].as_str(), run["exited"].as_u64()), (Some("waiting"), Some(1)));
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 2_499, "the purchaser has left");

    let console = console(&bench).await;
    let approvals = &console.services.approvals;
    let waiting = approvals.list().await.unwrap();
    assert_eq!(waiting.len(), 1);
    let one = &waiting.runs[0];
    assert_eq!((one.entered, one.exited, one.present), (0, 2_499, 2_500));
    // The next run decides anew and waits in its place.
    assert_eq!(sync().await.status.code(), Some(1));
    let newer = approvals.list().await.unwrap();
    assert_eq!(newer.len(), 1);
    assert!(approvals.release(one.run, &operator()).await.is_err(), "it doesn't wait any more");
    approvals.release(newer.runs[0].run, &operator()).await.unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["exited"].as_u64()), (Some("done"), Some(2_499)));
    assert!(bench.platform(META, "cart_abandoners").is_empty());
    assert!(approvals.list().await.unwrap().is_empty());

    // Everybody comes back: that waits too, and is turned away.
    let all = names(&(1..=2_500).collect());
    bench.sandbox.world.set_members(1, all.iter().map(String::as_str)).unwrap();
    assert_eq!(runs(&sync().await)["cart"]["state"], "waiting");
    let waiting = approvals.list().await.unwrap().runs[0].clone();
    assert_eq!((waiting.entered, waiting.present), (2_499, 0));
    approvals.discard(waiting.run, &operator()).await.unwrap();
    assert!(approvals.list().await.unwrap().is_empty());
    let key = "cart".parse().unwrap();
    assert!(!console.services.mappings.get(&key).await.unwrap().spec.active, "it is paused");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_suppression_that_shrinks_by_mistake_keeps_holding(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = sent(engine, 10).await;
    let bought: BTreeSet<u32> = (5..2_505).collect();
    for number in &bought {
        bench.sandbox.world.add_person(somebody(*number));
    }
    bench.world_segment(2, "Bought", &names(&bought));
    bench
        .apply("[[audience]]\nkey = \"bought\"\nsegment = 2\n[[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n")
        .await;
    bench.sync().await;
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 4);
    bench
        .sandbox
        .world
        .set_members(2, names(&BTreeSet::from([1])).iter().map(String::as_str))
        .unwrap();
    let run = &bench.sync().await["cart"];
    // Those whom it lost stay out, and whom it brought goes.
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(0), Some(1)), "{run}");
    let console = console(&bench).await;
    let approvals = &console.services.approvals;
    let shrunk = approvals.list().await.unwrap().shrunk;
    assert_eq!((shrunk[0].kept, shrunk[0].read), (2_501, 1));
    assert_eq!(shrunk[0].suppressions, ["purchase".parse().unwrap()]);
    approvals.accept_shrunk(&shrunk[0].audience, &operator()).await.unwrap();
    assert!(approvals.accept_shrunk(&"nobody".parse().unwrap(), &operator()).await.is_err());
    let run = &bench.sync().await["cart"];
    assert_eq!(run["entered"].as_u64(), Some(6), "{run}");
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 9);
    assert!(approvals.list().await.unwrap().is_empty());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_a_claim_only_what_got_no_answer_is_sent_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let bench = Bench::new(engine).await;
    let people: BTreeSet<u32> = (1..=3_000).collect();
    for number in &people {
        bench.sandbox.world.add_person(somebody(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    // The whole order is one claim of several requests, and the last of them gets no answer.
    let stuck = Fault::new(Vendor::Tracking, FaultKind::Status).status(503);
    let last = Some("person3000@".to_owned());
    bench.sandbox.faults.inject(Fault { containing: last, ..stuck }, now());
    let output = bench.segue(&["sync", "--once", "--json", "--timeout", "1"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let before = bench.sandbox.platform.counts().unique;
    assert!((1..3_000).contains(&before), "{before}");
    assert_eq!(runs(&output)["cart"]["delivered"].as_u64(), Some(before));
    bench.sandbox.faults.clear();
    assert_eq!(bench.sync().await["cart"]["delivered"].as_u64(), Some(3_000 - before));
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.duplicate), (3_000, 0));
}
