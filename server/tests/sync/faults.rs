//! What goes wrong is said clearly, and nothing is lost by it.

use domain::access::trail::{Filter, TrailStore as _};
use rstest::rstest;
use server::sandbox::{
    fault::{Fault, FaultKind, Vendor},
    world::SegmentState,
};

use super::{trust::console, *};

const META: &str = "Facebook Custom Audiences";

async fn bench() -> Bench {
    bench_on(Engine::Sqlite).await
}

async fn bench_on(engine: Engine) -> Bench {
    let bench = Bench::new(engine).await;
    let people: BTreeSet<u32> = (1..40).collect();
    for number in &people {
        bench.sandbox.world.add_person(person(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    bench
}

/// A run that must fail, with its error.
async fn failure(bench: &Bench, more: &[&str]) -> String {
    let output = bench.segue(&[&["sync", "--once", "--json"], more].concat()).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let said = told(&output);
    assert!(
        !said.contains("panicked") && !said.contains(APP_KEY) && !said.contains(WRITE_KEY),
        "{said}"
    );
    let run = &runs(&output)["cart"];
    assert_eq!(run["state"], "failed", "{run}");
    run["error"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_named() {
    let bench = bench().await;
    bench.apply("[customerio]\napp_api_key = \"of-another-workspace\"\n").await;
    let error = failure(&bench, &[]).await;
    assert!(error.contains("Customer.io refused the key (401)"), "{error}");
    bench.apply(&head()).await;
    bench.apply("[twilio]\nwrite_key = \"abc\"\n").await;
    let error = failure(&bench, &["--timeout", "5"]).await;
    assert!(error.contains("check the write key"), "{error}");
    // Nothing was given up on: with the right key all arrive.
    bench.apply(&head()).await;
    let run = &bench.sync().await["cart"];
    assert_eq!((run["delivered"].as_u64(), run["dead"].as_u64()), (Some(36), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_segment_and_an_unreachable_host_are_named() {
    let bench = bench().await;
    bench.apply("[[audience]]\nkey = \"cart-abandoners\"\nsegment = 404\n").await;
    let error = failure(&bench, &[]).await;
    assert!(error.contains("segment 404"), "{error}");
    failure(&bench, &[]).await;
    let about = Filter { about: "audience cart-abandoners".to_owned(), ..Filter::default() };
    let trail = console(&bench).await.storage.trail(&about, None, 100).await.unwrap();
    let gone = trail.iter().filter(|entry| entry.action == "delete segment").count();
    assert_eq!(gone, 1, "{trail:?}");

    let mut command = bench.command(&["sync", "--once", "--json", "--timeout", "1"]);
    // Port 9 discards; nobody listens there.
    command.env("SEGUE_CUSTOMERIO_URL", "http://127.0.0.1:9");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = runs(&output)["cart"]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("Customer.io could not be reached"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_mirror_keeps_the_last_one() {
    let bench = bench().await;
    bench.sync().await;
    let before = bench.platform(META, "cart_abandoners");
    // While Customer.io rebuilds the segment its rows can't be trusted.
    bench.sandbox.world.set_segment_state(1, SegmentState::Build, Some(40)).unwrap();
    bench.sandbox.world.set_members(1, std::iter::empty()).unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["exited"].as_u64()), (Some("done"), Some(0)));
    assert_eq!(bench.platform(META, "cart_abandoners"), before);
    bench.sandbox.world.set_segment_state(1, SegmentState::Finished, None).unwrap();
    bench.sync().await;
    assert!(bench.platform(META, "cart_abandoners").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_errors_resets_and_limits_are_outlasted() {
    let bench = bench().await;
    let faults = &bench.sandbox.faults;
    faults.inject(Fault::new(Vendor::Customerio, FaultKind::Html).times(1), now());
    faults.inject(Fault::new(Vendor::Customerio, FaultKind::Reset).times(1), now());
    faults.inject(
        Fault::new(Vendor::Tracking, FaultKind::Status).status(503).after().times(1),
        now(),
    );
    faults.inject(Fault::new(Vendor::Tracking, FaultKind::Reset).after().times(1), now());
    let run = &bench.sync().await["cart"];
    assert_eq!(run["delivered"].as_u64(), Some(36));
    let counts = bench.sandbox.platform.counts();
    // Taken twice more under the same ids, which the platform counts once.
    assert_eq!((counts.unique, counts.duplicate, counts.differing), (36, 72, 0));
}

/// How many answers to batches are whole enough to be believed is the case's own.
#[rstest]
#[case::before_a_byte(FaultKind::HalfClosed, 36)]
#[case::after_the_status_line(FaultKind::CutHead, 36)]
// A whole head says that the events were taken: what is missing says nothing more.
#[case::in_the_body(FaultKind::CutBody, 0)]
#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_connection_is_asked_again_on_another_one(
    #[case] kind: FaultKind,
    #[case] told_again: u64,
) {
    let bench = bench().await;
    for vendor in [Vendor::Customerio, Vendor::Tracking] {
        for fault in [Fault::new(vendor, kind), Fault::new(vendor, kind).after()] {
            bench.sandbox.faults.inject(fault.times(1), now());
        }
    }
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["delivered"].as_u64()), (Some("done"), Some(36)));
    assert_eq!(bench.sandbox.faults.hits(), 4);
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.duplicate, counts.differing), (36, told_again, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_closes_between_two_requests_fails_no_run() {
    // More than a batch, so that the second one goes where the first one went.
    const MANY: u32 = 3_000;
    let bench = Bench::new(Engine::Sqlite).await;
    let people: BTreeSet<u32> = (0..MANY).collect();
    for number in &people {
        bench.sandbox.world.add_person(person(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping()).await;
    for vendor in [Vendor::Customerio, Vendor::Tracking] {
        let fault = Fault::new(vendor, FaultKind::ClosedBetween).times(1);
        bench.sandbox.faults.inject(fault, now());
    }
    let reachable = u64::try_from(people.iter().filter(|number| has_email(**number)).count());
    let reachable = reachable.unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!(run["state"], "done", "{run}");
    assert_eq!(run["delivered"].as_u64(), Some(reachable));
    assert_eq!(bench.sandbox.faults.hits(), 2);
    // Whoever found nobody there was never heard, and is told of under the same id.
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.duplicate, counts.differing), (reachable, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_is_given_up_and_asked_for_again() {
    // Half a minute each: side by side.
    let hanging = async |vendor| {
        let bench = bench().await;
        bench.sandbox.faults.inject(Fault::new(vendor, FaultKind::Hang).after().times(1), now());
        let run = &bench.sync().await["cart"];
        assert_eq!((run["state"].as_str(), run["delivered"].as_u64()), (Some("done"), Some(36)));
        let counts = bench.sandbox.platform.counts();
        (counts.unique, counts.duplicate, counts.differing)
    };
    let both = tokio::join!(hanging(Vendor::Customerio), hanging(Vendor::Tracking));
    assert_eq!(both, ((36, 0, 0), (36, 36, 0)));
}

#[rstest]
#[case::customerio(Vendor::Customerio)]
#[case::segment(Vendor::Tracking)]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_wait_waits(#[case] vendor: Vendor) {
    let bench = bench().await;
    let limit = Fault::new(vendor, FaultKind::Status).status(429).times(2);
    let limit = Fault { retry_after: Some("1".to_owned()), ..limit };
    bench.sandbox.faults.inject(limit, now());
    // Without the header it is tried again soon.
    bench.sandbox.faults.inject(Fault::new(vendor, FaultKind::Status).status(429).times(1), now());
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["delivered"].as_u64()), (Some("done"), Some(36)));
    assert_eq!(bench.sandbox.faults.hits(), 3);
    assert!(run["duration_ms"].as_i64().unwrap() >= 2_000, "{run}");
    assert_eq!(bench.sandbox.unheeded_waits(vendor), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_was_asked_for_outlives_the_process(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Vendor::Customerio, Vendor::Tracking)] vendor: Vendor,
) {
    let bench = bench_on(engine).await;
    let limit = Fault::new(vendor, FaultKind::Status).status(429).times(1);
    bench.sandbox.faults.inject(Fault { retry_after: Some("3".to_owned()), ..limit }, now());
    let error = failure(&bench, &["--timeout", "1"]).await;
    assert!(error.contains("slow down (429)"), "{error}");
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["delivered"].as_u64()), (Some("done"), Some(36)));
    assert!(run["duration_ms"].as_i64().unwrap() >= 1_500, "it didn't wait: {run}");
    assert_eq!(bench.sandbox.unheeded_waits(vendor), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_do_no_harm() {
    let bench = bench().await;
    let long = "ש".repeat(10_000);
    for (segment, name) in
        [(1, long.as_str()), (2, "<img src=x onerror=alert(1)> 🛒\u{202e}"), (3, "a\u{0}b\r\nc")]
    {
        if segment == 1 {
            bench.sandbox.world.change_segment(1, |one| one.name = name.into()).unwrap();
        } else {
            bench.world_segment(segment, name, &names(&BTreeSet::from([1, 2])));
        }
    }
    let mut more = String::new();
    for segment in [2, 3] {
        more += &format!(
            "[[audience]]\nkey = \"a{segment}\"\nsegment = {segment}\n[[mapping]]\nkey = \"m{segment}\"\naudience = \"a{segment}\"\ndestination = \"meta\"\nuse_case = \"retarget\"\n"
        );
    }
    bench.apply(&more).await;
    for (mapping, run) in bench.sync().await {
        assert_eq!(run["state"], "done", "{mapping}");
    }
    let odd = "x\u{0}y".to_owned() + &"é".repeat(300);
    let output = bench.segue(&["explain", &odd.replace('\0', ""), "--json"]).await;
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_file_is_refused_by_line() {
    let bench = Bench::new(Engine::Sqlite).await;
    let path = bench.database.folder.path().join("bad.toml");
    for (text, line, key) in [
        ("[customerio]\nregion = \"us\"\n\n[[maping]]\nkey = \"a\"\n", 4, "maping"),
        ("[twilio]\nwrite_key = \"hush\"\nevents = 5\n", 3, "events"),
        ("[[mapping]]\nkey = \"Not A Key\"\n", 2, ""),
        ("[customerio\n", 1, ""),
    ] {
        std::fs::write(&path, text).unwrap();
        let output = bench.segue(&["apply", path.to_str().unwrap()]).await;
        let said = told(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("bad.toml:{line}:")) && said.contains(key), "{said}");
        assert!(!said.contains("hush") && !said.contains("panicked"), "{said}");
    }
    // Two audiences of a group with one priority have no order.
    let mut file = one_mapping().replace(
        "use_case = \"retarget\"\n",
        "use_case = \"retarget\"\nexclusivity_group = \"g\"\n",
    );
    file += "[[audience]]\nkey = \"vip\"\nsegment = 3\n[[mapping]]\nkey = \"vip\"\naudience = \"vip\"\ndestination = \"meta\"\nuse_case = \"retarget\"\nexclusivity_group = \"g\"\n";
    std::fs::write(&path, file).unwrap();
    let output = bench.segue(&["apply", path.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("priority"), "{}", told(&output));
    let unknown = bench.segue(&["sync", "nobody", "--once"]).await;
    assert_eq!(unknown.status.code(), Some(2), "{}", told(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_has_more_requests_than_the_budget() {
    let bench = Bench::new(Engine::Sqlite).await;
    bench.sandbox.world.add_person(person(1));
    let mut file = head().replace("requests_per_second = 500", "requests_per_second = 10");
    file += "[[destination]]\nkey = \"meta\"\nprofile = \"meta-custom-audiences\"\nintegration = \"X\"\n";
    for segment in 1..=15 {
        bench.world_segment(segment, "Some", &names(&BTreeSet::from([1])));
        file += &format!(
            "[[audience]]\nkey = \"a{segment}\"\nsegment = {segment}\n[[mapping]]\nkey = \"m{segment}\"\naudience = \"a{segment}\"\ndestination = \"meta\"\nuse_case = \"retarget\"\n"
        );
    }
    bench.apply(&file).await;
    assert_eq!(bench.sync().await.len(), 15);
    let most = bench.sandbox.most_requests_in_a_second(Vendor::Customerio);
    assert!((5..=10).contains(&most), "{most} requests in one second");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_second_has_more_events_than_the_budget_and_one_whole_batch() {
    const PEOPLE: u32 = 8_000;
    const EVENTS: usize = 2_000;
    let bench = Bench::new(Engine::Sqlite).await;
    let people: BTreeSet<u32> = (0..PEOPLE).collect();
    for number in &people {
        bench.sandbox.world.add_person(person(*number));
    }
    bench.world_segment(1, "Cart", &names(&people));
    bench.apply(&one_mapping().replace("= 100000\n", &format!("= {EVENTS}\n"))).await;
    let run = &bench.sync().await["cart"];
    assert_eq!(run["delivered"].as_u64(), run["target"].as_u64());
    let most = bench.sandbox.most_events_in_a_second();
    let allowed = EVENTS + domain::delivery::batch::MOST_EVENTS;
    assert!((EVENTS..=allowed).contains(&most), "{most} events in one second");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_segment_begins_from_nothing() {
    let bench = bench().await;
    bench.sync().await;
    let before = bench.platform(META, "cart_abandoners");
    bench.world_segment(2, "Other", &BTreeSet::new());
    bench.sandbox.world.set_segment_state(2, SegmentState::Build, Some(1)).unwrap();
    bench.apply("[[audience]]\nkey = \"cart-abandoners\"\nsegment = 2\n").await;
    // The members of the former segment are not taken for those of the new one.
    let error = failure(&bench, &[]).await;
    assert!(error.contains("still building segment 2"), "{error}");
    assert_eq!(bench.platform(META, "cart_abandoners"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_keeps_its_two_ends() {
    let bench = bench().await;
    let path = bench.database.folder.path().join("other.toml");
    let other = one_mapping().replace("audience = \"cart-abandoners\"", "audience = \"vip\"")
        + "[[audience]]\nkey = \"vip\"\nsegment = 3\n";
    std::fs::write(&path, other).unwrap();
    let output = bench.segue(&["apply", path.to_str().unwrap()]).await;
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("keeps its audience"), "{}", told(&output));
}
