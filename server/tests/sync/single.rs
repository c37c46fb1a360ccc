//! One person's way through one mapping, and what commands say about it.

use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::*;

const META: &str = "Facebook Custom Audiences";

async fn with_people(engine: Engine, count: u32) -> Bench {
    let bench = Bench::new(engine).await;
    for number in 0..count {
        bench.sandbox.world.add_person(person(number));
    }
    bench.world_segment(1, "Cart 🛒 سلة", &BTreeSet::new());
    bench.apply(&one_mapping()).await;
    bench
}

async fn leave_join_leave(engine: Engine) {
    let bench = with_people(engine, 3).await;
    let world = &bench.sandbox.world;
    for (step, joins) in [true, false, true, false].into_iter().enumerate() {
        if joins {
            world.join(1, &cio_id(1)).unwrap();
        } else {
            world.leave(1, &cio_id(1)).unwrap();
        }
        bench.sync().await;
        let messages = bench.sandbox.platform.messages(0, usize::MAX);
        assert_eq!(messages.len(), step + 1);
        assert_eq!(messages[step].entered, Some(joins));
        assert_eq!(
            messages[step].event.as_deref(),
            Some(if joins { "Audience Entered" } else { "Audience Exited" })
        );
    }
    assert_eq!(bench.platform(META, "cart_abandoners"), BTreeSet::new());

    // The same story, as `explain` tells it, by each of the person's names.
    for name in [&cio_id(1), "u-1", "PERSON1@example.com"] {
        let output = bench.segue(&["explain", name, "--json"]).await;
        assert!(output.status.success(), "{}", told(&output));
        let view: Value = serde_json::from_slice(&output.stdout).unwrap();
        let place = &view["mappings"][0];
        assert_eq!(
            (place["member"].as_bool(), place["delivered"].as_bool()),
            (Some(false), Some(false))
        );
        let history = place["history"].as_array().unwrap();
        let steps: Vec<_> = history
            .iter()
            .map(|one| (one["transition"].as_str().unwrap(), one["generation"].as_i64().unwrap()))
            .collect();
        assert_eq!(steps, [("entered", 1), ("exited", 2), ("entered", 3), ("exited", 4)]);
        assert_eq!(view["person"]["email"], "person1@example.com");
    }
    let nobody = bench.segue(&["explain", "nobody@example.com", "--json"]).await;
    assert_eq!(nobody.status.code(), Some(1), "{}", told(&nobody));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_to_be_forgotten_leaves_though_the_segment_has_them() {
    let bench = with_people(Engine::Sqlite, 2).await;
    for number in 0..2 {
        bench.sandbox.world.join(1, &cio_id(number)).unwrap();
    }
    bench.sync().await;
    let look = bench.segue(&["forget", "u-1"]).await;
    let said = told(&look);
    assert!(look.status.success() && said.contains("person1@example.com"), "{said}");
    assert!(said.contains("Nothing has changed: --yes forgets them."), "{said}");
    assert_eq!(bench.sync().await["cart"]["exited"], 0);

    let done = bench.segue(&["forget", "u-1", "--yes"]).await;
    assert!(done.status.success(), "{}", told(&done));
    for (exited, fetched) in [(1, 1), (0, 1)] {
        let run = &bench.sync().await["cart"];
        assert_eq!((&run["exited"], &run["fetched"]), (&exited.into(), &fetched.into()), "{run}");
    }
    let last = bench.sandbox.platform.messages(0, usize::MAX).pop().unwrap();
    assert_eq!((last.person.as_str(), last.entered), ("u-1", Some(false)));
    let nobody = bench.segue(&["forget", "nobody@example.com", "--yes"]).await;
    assert_eq!(nobody.status.code(), Some(1), "{}", told(&nobody));
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_join_leave_arrives_as_it_happened_on_sqlite() {
    leave_join_leave(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_join_leave_arrives_as_it_happened_on_postgres() {
    leave_join_leave(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_what_list_destinations_read_and_holds_nothing_else() {
    let bench = with_people(Engine::Sqlite, 3).await;
    bench.sandbox.world.add_person(person(1).with("favourite_colour", "green"));
    bench.sandbox.world.join(1, &cio_id(1)).unwrap();
    bench.sync().await;
    let message = &bench.sandbox.platform.messages(0, 1)[0];
    assert!(message.message_id.len() <= 64, "{}", message.message_id);
    let payload = bench.sandbox.platform.payload(&message.message_id).unwrap();
    let mut payload: Value = serde_json::from_str(&payload).unwrap();
    payload.as_object_mut().unwrap().remove("messageId");
    payload.as_object_mut().unwrap().remove("timestamp");
    payload["context"]["personas"].as_object_mut().unwrap().remove("computation_id");
    assert_eq!(
        payload,
        serde_json::json!({
            "type": "track",
            "event": "Audience Entered",
            "userId": "u-1",
            "properties": { "audience_key": "cart_abandoners", "cart_abandoners": true },
            "context": {
                "traits": { "email": "person1@example.com" },
                "personas": { "computation_class": "audience", "computation_key": "cart_abandoners" },
            },
            "integrations": { "All": false, "Facebook Custom Audiences": true },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_twice_changes_nothing_and_no_secret_is_said_or_stored_in_the_clear() {
    let bench = Bench::new(Engine::Sqlite).await;
    let first = bench.apply(&one_mapping()).await;
    let again = bench.apply(&one_mapping()).await;
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("Nothing to change"),
        "{}",
        told(&again)
    );
    for output in [&first, &again] {
        assert!(!told(output).contains(APP_KEY) && !told(output).contains(WRITE_KEY));
    }
    for entry in std::fs::read_dir(bench.database.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == "segue.toml" {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in [APP_KEY, WRITE_KEY] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds a key in the clear", path.display());
        }
    }

    // A file that says less leaves the rest alone and lists it; --plan changes nothing.
    let path = bench.database.folder.path().join("less.toml");
    std::fs::write(&path, "[[audience]]\nkey = \"vip\"\nsegment = 3\n").unwrap();
    let path = path.to_str().unwrap();
    for _ in 0..2 {
        let plan = bench.segue(&["apply", path, "--plan"]).await;
        let text = told(&plan);
        assert!(plan.status.success() && text.contains("+ audience vip"), "{text}");
        assert!(text.contains("mapping cart: not in the file"), "{text}");
    }
    assert_eq!(bench.segue(&["apply", path, "--plan", "--check"]).await.status.code(), Some(2));
    assert!(bench.segue(&["apply", path]).await.status.success());
    assert_eq!(bench.segue(&["apply", path, "--plan", "--check"]).await.status.code(), Some(0));
    let pruned = bench.segue(&["apply", path, "--prune"]).await;
    assert!(told(&pruned).contains("- mapping cart"), "{}", told(&pruned));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchaser_leaves_at_once_and_stays_out_for_the_ttl() {
    let bench = with_people(Engine::Sqlite, 5).await;
    bench.world_segment(2, "Bought", &BTreeSet::new());
    bench
        .apply("[[audience]]\nkey = \"bought\"\nsegment = 2\n[[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\nttl = \"24h\"\n")
        .await;
    bench.sandbox.world.join(1, &cio_id(1)).unwrap();
    bench.sync().await;
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 1);
    bench.sandbox.world.join(2, &cio_id(1)).unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!(
        (run["exited"].as_u64(), run["withheld"]["suppressed"].as_u64()),
        (Some(1), Some(1))
    );
    assert!(bench.platform(META, "cart_abandoners").is_empty());
    // No member of the segment any more, but bought within the ttl.
    bench.sandbox.world.leave(2, &cio_id(1)).unwrap();
    assert_eq!(bench.sync().await["cart"]["withheld"]["suppressed"].as_u64(), Some(1));
    assert!(bench.platform(META, "cart_abandoners").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_a_worker_leaves_a_wish_and_waits() {
    let bench = with_people(Engine::Sqlite, 3).await;
    bench.sandbox.world.join(1, &cio_id(1)).unwrap();
    let mut serve = bench.start(&["serve", "--addr", "127.0.0.1:0"]);
    // The worker has the lock once it has run the new mapping by itself.
    while bench.sandbox.platform.counts().received == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(serve.try_wait().unwrap().is_none(), "the server has ended");
    }
    bench.sandbox.world.join(1, &cio_id(2)).unwrap();
    let runs = bench.sync().await;
    assert_eq!(runs["cart"]["delivered"].as_u64(), Some(1));
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 2);
    serve.kill().unwrap();
    serve.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_ends_well_and_loses_nothing() {
    let bench = with_people(Engine::Sqlite, 2_000).await;
    let everyone: BTreeSet<u32> = (0..2_000).collect();
    let members = names(&everyone);
    bench.sandbox.world.set_members(1, members.iter().map(String::as_str)).unwrap();
    let late = Fault::new(Vendor::Tracking, FaultKind::Delay).after();
    bench.sandbox.faults.inject(Fault { millis: Some(300), ..late }, now());
    let mut serve = bench.start(&["serve", "--addr", "127.0.0.1:0"]);
    while bench.sandbox.platform.counts().received == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert!(serve.try_wait().unwrap().is_none(), "the server has ended");
    }
    let told = Command::new("kill").args(["-TERM", &serve.id().to_string()]).status().unwrap();
    assert!(told.success());
    let ended = tokio::task::spawn_blocking(move || serve.wait().unwrap()).await.unwrap();
    assert_eq!(ended.code(), Some(0));

    bench.sandbox.faults.clear();
    bench.sync().await;
    let reachable: BTreeSet<u32> =
        everyone.into_iter().filter(|number| has_email(*number)).collect();
    assert_eq!(bench.platform(META, "cart_abandoners"), platform_names(&reachable));
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.differing), (reachable.len() as u64, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ttl_that_comes_later_holds_those_who_are_there() {
    let bench = with_people(Engine::Sqlite, 5).await;
    bench.world_segment(2, "Bought", &names(&BTreeSet::from([1])));
    bench.sandbox.world.join(1, &cio_id(1)).unwrap();
    let rule = "[[audience]]\nkey = \"bought\"\nsegment = 2\n[[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n";
    bench.apply(rule).await;
    bench.sync().await;
    bench.apply(&format!("{rule}ttl = \"24h\"\n")).await;
    bench.sandbox.world.leave(2, &cio_id(1)).unwrap();
    assert_eq!(bench.sync().await["cart"]["withheld"]["suppressed"].as_u64(), Some(1));
    assert!(bench.platform(META, "cart_abandoners").is_empty());
}

async fn two_commands_side_by_side(engine: Engine) {
    let bench = with_people(engine, 20).await;
    let members = names(&(1..10).collect());
    bench.sandbox.world.set_members(1, members.iter().map(String::as_str)).unwrap();
    // The first one is held while the second one finds it at work.
    let hold = Fault::new(Vendor::Customerio, FaultKind::Hold).on("/membership");
    bench.sandbox.faults.inject(hold, now());
    let first = bench.start(&["sync", "--once", "--json"]);
    while bench.sandbox.faults.hits() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let second = bench.start(&["sync", "--once", "--json"]);
    bench.until_asked().await;
    bench.sandbox.faults.clear();
    for child in [first, second] {
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let output = output.await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(runs(&output)["cart"]["state"], "done", "{}", told(&output));
    }
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.unique, counts.duplicate), (9, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_side_by_side_both_end_well_on_sqlite() {
    two_commands_side_by_side(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_side_by_side_both_end_well_on_postgres() {
    two_commands_side_by_side(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_without_a_mapping_is_read_too() {
    let bench = with_people(Engine::Sqlite, 3).await;
    bench.world_segment(2, "Nobody reads it", &names(&BTreeSet::from([2])));
    bench.apply("[[audience]]\nkey = \"unread\"\nsegment = 2\n").await;
    let mut serve = bench.start(&["serve", "--addr", "127.0.0.1:0"]);
    // Only a mirror teaches who somebody is.
    while !bench.segue(&["explain", "u-2", "--json"]).await.status.success() {
        assert!(serve.try_wait().unwrap().is_none(), "the server has ended");
    }
    serve.kill().unwrap();
    serve.wait().unwrap();
}
