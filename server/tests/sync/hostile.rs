//! Bad input: a clear error or a counted cause, nothing lost, no panic.

use axum::{Router, routing::get};
use http::header::CONTENT_TYPE;
use server::sandbox::world::Churn;

use super::*;

const META: &str = "Facebook Custom Audiences";

async fn bench(people: &[Person], file: &str) -> Bench {
    let bench = Bench::new(Engine::Sqlite).await;
    for person in people {
        bench.sandbox.world.add_person(person.clone());
    }
    let all = people.iter().map(|person| person.cio_id.to_string()).collect();
    bench.world_segment(1, "Cart", &all);
    bench.apply(file).await;
    bench
}

fn with_fields(fields: &str) -> String {
    let named = format!("fields = [{fields}]\nprofile = \"meta");
    one_mapping().replace("profile = \"meta", &named)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_over_32_kb_gives_up_fields_and_names_them() {
    let mail = |cio_id: &str| Person::new(cio_id).with_email(&format!("{cio_id}@example.com"));
    let people = [
        mail("c-1").with("bio", &"x".repeat(20_000)).with("notes", &"é".repeat(8_000)),
        mail("c-2").with("bio", "short").with("notes", "also"),
        // More than any event may have: there is nothing to keep it for.
        mail("c-3").with("bio", &"y".repeat(40_000)).with("notes", "kept"),
    ];
    let bench = bench(&people, &with_fields("\"bio\", \"notes\"")).await;
    let run = &bench.sync().await["cart"];
    assert_eq!((run["delivered"].as_u64(), run["dead"].as_u64()), (Some(3), Some(0)), "{run}");
    assert_eq!(run["state"], "done");
    let said = run["error"].as_str().unwrap();
    assert!(said.contains("bio of 1 members is longer than an event may be"), "{said}");
    assert!(said.contains("left out of events over 32 kB: bio (1)"), "{said}");
    assert!(bench.sandbox.platform.counts().dropped.is_empty());
    for (person, kept) in
        [("c-1", vec!["notes"]), ("c-2", vec!["bio", "notes"]), ("c-3", vec!["notes"])]
    {
        let messages = bench.sandbox.platform.messages(0, usize::MAX);
        let message = messages.iter().find(|one| one.person == person).unwrap();
        let payload = bench.sandbox.platform.payload(&message.message_id).unwrap();
        let payload: Value = serde_json::from_str(&payload).unwrap();
        let mut fields = payload["context"]["traits"].as_object().unwrap().clone();
        assert!(fields.remove("email").is_some());
        assert_eq!(fields.keys().collect::<Vec<_>>(), kept, "{person}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_identifier_is_counted_where_one_is_needed() {
    let file = one_mapping()
        + "[[destination]]\nkey = \"lake\"\nprofile = \"warehouse\"\nintegration = \"Lake\"\n\
           [[mapping]]\nkey = \"lake\"\naudience = \"cart-abandoners\"\ndestination = \"lake\"\nuse_case = \"analytics\"\n";
    let bench = bench(&[Person::new("c-1").with_id(" ").with_email("no address")], &file).await;
    let runs = bench.sync().await;
    assert_eq!(runs["cart"]["withheld"]["unidentifiable"], 1);
    assert_eq!(runs["lake"]["delivered"], 1);
    assert_eq!(bench.platform("Lake", "cart_abandoners"), BTreeSet::from(["c-1".to_owned()]));
}

async fn nul_in_names(engine: Engine) {
    let bench = Bench::new(engine).await;
    let odd = Person::new("c-1").with_id("u\0-1").with_email("a\0b@example.com");
    let odd = odd.with("phone", "+12125550101\0").with("tier", "go\0ld");
    let other = Person::new("c-2").with_email("c2@example.com").with("tier", "gold");
    for person in [odd, other] {
        bench.sandbox.world.add_person(person);
    }
    let both = BTreeSet::from(["c-1".to_owned(), "c-2".to_owned()]);
    bench.world_segment(1, "a\0b\u{202e}\r\n", &both);
    let file = with_fields("\"tier\"").replace("meta-custom-audiences", "plain");
    bench.apply(&file).await;
    let run = &bench.sync().await["cart"];
    assert_eq!((run["delivered"].as_u64(), run.get("error")), (Some(2), None), "{run}");
    for message in bench.sandbox.platform.messages(0, usize::MAX) {
        let payload = bench.sandbox.platform.payload(&message.message_id).unwrap();
        assert!(payload.contains("gold") && !payload.contains("\\u0000"), "{payload}");
        assert!(["c-1", "c-2"].contains(&message.person.as_str()), "{payload}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_reaches_nobody_on_sqlite() {
    nul_in_names(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_reaches_nobody_on_postgres() {
    nul_in_names(Engine::Postgres).await;
}

/// A Customer.io that answers a segment like this and its membership like that.
async fn answering(segment: &'static [u8], members: &'static [u8]) -> String {
    let json = |body: &'static [u8]| {
        get(move || async move { ([(CONTENT_TYPE, "application/json")], body) })
    };
    let router = Router::new()
        .route("/v1/segments/1", json(segment))
        .route("/v1/segments/1/membership", json(members));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_and_numbers_out_of_range_are_a_clear_error() {
    let good = Person::new("c-1").with_email("a@example.com");
    let bench = bench(&[good], &one_mapping()).await;
    bench.sync().await;
    let segment = br#"{"segment":{"id":1,"name":"Cart","state":"finished"}}"#;
    let none = br#"{"identifiers":null,"ids":null,"next":""}"#;
    for (segment, members) in [
        (&b"{\"segment\":{\"id\":1,\"name\":\"\xff\xfe\"}}"[..], &none[..]),
        (b"{\"segment\":{\"id\":99999999999999999999999,\"name\":\"Cart\"}}", none),
        (b"{\"segment\":{\"id\":1,\"progress\":1e999}}", none),
        (segment, b"{\"identifiers\":[{\"cio_id\":\"\xc3\x28\"}],\"next\":\"\"}"),
        (segment, b"{\"identifiers\":[{\"cio_id\":\"a\\u0000\"}],\"next\":\"\"}"),
        (segment, b"{\"identifiers\":[{\"cio_id\":\"\"}],\"next\":\"\"}"),
        (segment, b"{\"identifiers\":[{\"cio_id\":1e400}],\"next\":\"\"}"),
        (segment, b"{\"identifiers\":[],\"next\":\"again\"}"),
        (segment, b"{\"next\":\"\"}"),
        (segment, b"\0\0\0"),
        (segment, b""),
    ] {
        let url = answering(segment, members).await;
        let mut command = bench.command(&["sync", "--once", "--json", "--timeout", "2"]);
        command.env("SEGUE_CUSTOMERIO_URL", url);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        assert!(!told(&output).contains("panicked"), "{}", told(&output));
        let run = &runs(&output)["cart"];
        let error = run["error"].as_str().unwrap();
        assert!(error.starts_with("Customer.io answered what we can't read"), "{error}");
        assert!(!error.contains("c-1") && !error.contains("example.com"), "{error}");
    }
    // Nobody was sent away for it.
    assert_eq!(bench.platform(META, "cart_abandoners").len(), 1);
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["exited"].as_u64()), (Some("done"), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_out_of_range_in_a_file_are_refused_by_line() {
    let bench = Bench::new(Engine::Sqlite).await;
    let path = bench.database.folder.path().join("bad.toml");
    for (text, line) in [
        ("[[audience]]\nkey = \"a\"\nsegment = 99999999999999999999999\n", 3),
        ("[[audience]]\nkey = \"a\"\nsegment = 1.5\n", 3),
        ("[customerio]\nrequests_per_second = -99999999999999999999\n", 2),
        (
            "[[mapping]]\nkey = \"m\"\naudience = \"a\"\ndestination = \"d\"\nuse_case = \"retarget\"\nholdout_percent = 1e300\n",
            6,
        ),
        (
            "[[mapping]]\nkey = \"m\"\naudience = \"a\"\ndestination = \"d\"\nuse_case = \"retarget\"\nevery = \"99999999999999999d\"\n",
            6,
        ),
        (
            "[[destination]]\nkey = \"d\"\nprofile = \"plain\"\nintegration = \"X\"\nfields = [\"a\\u0000b\"]\n",
            0,
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let output = bench.segue(&["apply", path.to_str().unwrap()]).await;
        let said = told(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(line == 0 || said.contains(&format!("bad.toml:{line}:")), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_changes_while_it_is_paged_loses_nobody() {
    // More than a page of 30,000.
    const MANY: u32 = 30_010;
    let people: Vec<Person> = (0..MANY).map(person).collect();
    let file = one_mapping().replace("meta-custom-audiences", "warehouse");
    let bench = bench(&people, &file).await;
    let world = &bench.sandbox.world;
    world.leave(1, &cio_id(5)).unwrap();
    // An empty page first; then one enters behind the cursor and one leaves ahead of it.
    world.answer_empty_pages(1, 1).unwrap();
    let churn = Churn { join: vec![cio_id(5)], leave: vec![cio_id(MANY - 2)] };
    world.after_next_page(1, churn).unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["state"].as_str(), run["entered"].as_u64()), (Some("done"), Some(30_008)));
    // Whom the reading missed is found by the next one, and nobody is told of twice.
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run["exited"].as_u64()), (Some(1), Some(0)));
    let there: BTreeSet<u32> = (0..MANY).filter(|number| *number != MANY - 2).collect();
    let there: BTreeSet<String> = there.iter().map(|number| platform_name(*number)).collect();
    assert_eq!(bench.platform("Facebook Custom Audiences", "cart_abandoners"), there);
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.duplicate, counts.differing), (0, 0));
}
