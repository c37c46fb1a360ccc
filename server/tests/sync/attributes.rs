//! Phones, fields and values: read where they are needed, once, and sent as allowed.

use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::*;

const META: &str = "Facebook Custom Audiences";
const BULK: &str = "POST /v1/customers/attributes";
const EXPORT: &str = "POST /v1/exports/customers";

/// Everyone in segment 1, the given file applied.
async fn bench(engine: Engine, people: &[Person], file: &str) -> Bench {
    let bench = Bench::new(engine).await;
    for person in people {
        bench.sandbox.world.add_person(person.clone());
    }
    let all = people.iter().map(|person| person.cio_id.to_string()).collect();
    bench.world_segment(1, "Cart", &all);
    bench.apply(file).await;
    bench
}

fn with_phone(cio_id: &str, phone: &str) -> Person {
    Person::new(cio_id).with("phone", phone)
}

/// So many people who have nothing but a phone number.
fn callers(count: u32) -> Vec<Person> {
    (0..count).map(|n| with_phone(&format!("c{n:05}"), &format!("+1212555{n:04}"))).collect()
}

fn asked(bench: &Bench, endpoint: &str) -> u64 {
    bench.sandbox.counters.count(Vendor::Customerio, endpoint)
}

/// What `sync --once` says of the mapping `cart`, with little time for tries.
async fn run_shortly(bench: &Bench, seconds: &str) -> Value {
    let output = bench.segue(&["sync", "--once", "--json", "--timeout", seconds]).await;
    assert!(output.status.success(), "{}", told(&output));
    runs(&output)["cart"].clone()
}

/// The payload of a person's last message, by the name under which the platform knows them.
fn payload(bench: &Bench, person: &str) -> Value {
    let all = bench.sandbox.platform.messages(0, usize::MAX);
    let last = all.iter().rev().find(|one| one.person == person && one.event.is_some()).unwrap();
    serde_json::from_str(&bench.sandbox.platform.payload(&last.message_id).unwrap()).unwrap()
}

fn traits(bench: &Bench, person: &str) -> Value {
    payload(bench, person)["context"]["traits"].clone()
}

async fn phones_make_people_identifiable(engine: Engine) {
    let people = [
        with_phone("c-call", "+1 (212) 555-0101"),
        Person::new("c-mail").with_email("mail@example.com"),
        with_phone("c-both", "+12125550102").with_email("both@example.com"),
        Person::new("c-none").with_id("u-none"),
        with_phone("c-local", "555-0103"),
        with_phone("c-odd", "+1\u{0}212").with_email("odd@example.com"),
    ];
    let bench = bench(engine, &people, &one_mapping()).await;
    let run = &bench.sync().await["cart"];
    assert_eq!(run["withheld"]["unidentifiable"], 2, "{run}");
    assert_eq!(run.get("error"), None, "a number that can't be read is no trouble: {run}");
    let there = ["c-both", "c-call", "c-mail", "c-odd"].map(str::to_owned);
    assert_eq!(bench.platform(META, "cart_abandoners"), BTreeSet::from(there));
    assert_eq!(traits(&bench, "c-call"), serde_json::json!({ "phone": "+12125550101" }));
    assert_eq!(
        traits(&bench, "c-both"),
        serde_json::json!({ "email": "both@example.com", "phone": "+12125550102" })
    );
    assert_eq!(traits(&bench, "c-odd"), serde_json::json!({ "email": "odd@example.com" }));
    assert_eq!((asked(&bench, BULK), asked(&bench, EXPORT)), (1, 0));

    // Nobody is read again but who comes in anew.
    bench.sandbox.world.add_person(with_phone("c-none", "+12125550104").with_id("u-none"));
    bench.sync().await;
    assert_eq!(asked(&bench, BULK), 1);
    bench.sandbox.world.leave(1, "c-none").unwrap();
    bench.sync().await;
    bench.sandbox.world.join(1, "c-none").unwrap();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), asked(&bench, BULK)), (Some(1), 2));
    assert_eq!(traits(&bench, "u-none"), serde_json::json!({ "phone": "+12125550104" }));
    let output = bench.segue(&["explain", "c-none", "--json"]).await;
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(view["person"]["phone"], "+12125550104");
    assert_eq!(view["person"].get("fields"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_make_people_identifiable_on_sqlite() {
    phones_make_people_identifiable(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_make_people_identifiable_on_postgres() {
    phones_make_people_identifiable(Engine::Postgres).await;
}

/// What the platform was told of somebody in an audience: in or out, and which number.
fn story(bench: &Bench, key: &str) -> Vec<(bool, String)> {
    let messages = bench.sandbox.platform.messages(0, usize::MAX);
    let of_audience = messages.iter().filter(|one| one.key.as_deref() == Some(key));
    of_audience
        .map(|one| {
            let text = bench.sandbox.platform.payload(&one.message_id).unwrap();
            let payload: Value = serde_json::from_str(&text).unwrap();
            let phone = payload["context"]["traits"]["phone"].as_str().unwrap_or_default();
            (one.entered.unwrap(), phone.to_owned())
        })
        .collect()
}

async fn a_changed_number_is_an_exit_and_an_entry(engine: Engine) {
    let file = one_mapping()
        + "[[audience]]\nkey = \"vip\"\nsegment = 2\n[[mapping]]\nkey = \"vip\"\naudience = \"vip\"\ndestination = \"meta\"\nuse_case = \"retarget\"\n";
    let bench = bench(engine, &[with_phone("c-1", "+12125550101")], "").await;
    bench.world_segment(2, "VIP", &BTreeSet::new());
    bench.apply(&file).await;
    bench.sync().await;
    bench.sandbox.world.add_person(with_phone("c-1", "+12125550199"));
    bench.sync().await;
    let first = (true, "+12125550101".to_owned());
    assert_eq!(story(&bench, "cart_abandoners"), std::slice::from_ref(&first), "not read again");
    // Coming into another audience reads them again, and what is new is true everywhere.
    bench.sandbox.world.join(2, "c-1").unwrap();
    bench.sync().await;
    let second = (true, "+12125550199".to_owned());
    assert_eq!(story(&bench, "cart_abandoners"), [first.clone(), (false, first.1), second.clone()]);
    assert_eq!(story(&bench, "vip"), [second]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_number_is_an_exit_and_an_entry_on_sqlite() {
    a_changed_number_is_an_exit_and_an_entry(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_number_is_an_exit_and_an_entry_on_postgres() {
    a_changed_number_is_an_exit_and_an_entry(Engine::Postgres).await;
}

async fn a_changed_value_is_an_entry_where_it_counts(engine: Engine) {
    let field = "fields = [\"ltv\"]\nprofile = \"meta";
    let mapping = |key: &str, audience: &str, destination: &str, use_case: &str| {
        format!(
            "[[mapping]]\nkey = \"{key}\"\naudience = \"{audience}\"\ndestination = \"{destination}\"\nuse_case = \"{use_case}\"\n"
        )
    };
    let file = one_mapping().replace("profile = \"meta", field)
        + "[[audience]]\nkey = \"vip\"\nsegment = 2\n[[audience]]\nkey = \"seed\"\nsegment = 1\n"
        + &mapping("seed", "seed", "meta", "lookalike")
        + &mapping("vip", "vip", "meta", "retarget");
    let worth = |ltv: &str| Person::new("c-1").with_email("jane@example.com").with("ltv", ltv);
    let bench = bench(engine, &[worth("7")], "").await;
    bench.world_segment(2, "VIP", &BTreeSet::new());
    bench.apply(&file).await;
    bench.sync().await;
    // Coming into another audience reads them again.
    bench.sandbox.world.add_person(worth("8"));
    bench.sandbox.world.join(2, "c-1").unwrap();
    let runs = bench.sync().await;
    assert_eq!((&runs["seed"]["entered"], &runs["seed"]["exited"]), (&1.into(), &0.into()));
    assert_eq!(runs["cart"]["entered"], 0, "a list of identifiers has no use for it");
    bench.sync().await;
    let seeds = bench.sandbox.platform.messages(0, usize::MAX);
    let seeds = seeds.iter().filter(|one| one.key.as_deref() == Some("seed"));
    let values: Vec<Value> = seeds
        .map(|one| {
            let text = bench.sandbox.platform.payload(&one.message_id).unwrap();
            let payload: Value = serde_json::from_str(&text).unwrap();
            payload["properties"]["value"].clone()
        })
        .collect();
    assert_eq!(values, [7, 8], "two messages, no exit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_value_is_an_entry_where_it_counts_on_sqlite() {
    a_changed_value_is_an_entry_where_it_counts(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_value_is_an_entry_where_it_counts_on_postgres() {
    a_changed_value_is_an_entry_where_it_counts(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_read_in_vain() {
    // A warehouse takes no phone, a suppressed person goes nowhere.
    let file = one_mapping().replace("meta-custom-audiences", "warehouse");
    let bench = bench(Engine::Sqlite, &callers(5), &file).await;
    bench.sync().await;
    assert_eq!(asked(&bench, BULK), 0);
    bench.world_segment(2, "Bought", &BTreeSet::from(["c00001".to_owned()]));
    let more = "[[audience]]\nkey = \"bought\"\nsegment = 2\n\
                [[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n\
                [[destination]]\nkey = \"tiktok\"\nprofile = \"tiktok-audiences\"\nintegration = \"TikTok\"\n\
                [[mapping]]\nkey = \"calls\"\naudience = \"cart-abandoners\"\ndestination = \"tiktok\"\nuse_case = \"retarget\"\n";
    bench.apply(more).await;
    let run = &bench.sync().await["calls"];
    assert_eq!((run["target"].as_u64(), asked(&bench, BULK)), (Some(4), 1));
    bench.sandbox.world.leave(2, "c00001").unwrap();
    let run = &bench.sync().await["calls"];
    assert_eq!((run["target"].as_u64(), asked(&bench, BULK)), (Some(5), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_are_read_by_one_export() {
    let bench = bench(Engine::Sqlite, &callers(5_001), &one_mapping()).await;
    bench.sandbox.switch(|modes| {
        modes.wrapped_attributes = true;
        modes.dead_links = 2;
    });
    let run = &bench.sync().await["cart"];
    assert_eq!(run["delivered"], 5_001, "{run}");
    assert_eq!((asked(&bench, EXPORT), asked(&bench, BULK)), (1, 0));
    assert_eq!(traits(&bench, "c05000"), serde_json::json!({ "phone": "+12125555000" }));
    // A few more come in bulk, wrapped as the specification has it.
    bench.sandbox.world.add_person(with_phone("c09999", "+12125559999"));
    bench.sandbox.world.join(1, "c09999").unwrap();
    bench.sync().await;
    assert_eq!((asked(&bench, EXPORT), asked(&bench, BULK)), (1, 1));
    assert_eq!(traits(&bench, "c09999"), serde_json::json!({ "phone": "+12125559999" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_stays_pending_or_cannot_be_had_gives_way_to_bulk() {
    for trouble in ["fails", "pends", "dead links", "refused"] {
        let bench = bench(Engine::Sqlite, &callers(5_001), &one_mapping()).await;
        bench.sandbox.switch(|modes| match trouble {
            "fails" => modes.failing_exports = true,
            "pends" => modes.export_polls = u32::MAX,
            "dead links" => modes.dead_links = u32::MAX,
            _ => {}
        });
        if trouble == "refused" {
            let fault = Fault::new(Vendor::Customerio, FaultKind::Status).status(403);
            bench.sandbox.faults.inject(fault.on("exports"), now());
        }
        let run = run_shortly(&bench, "10").await;
        assert_eq!(run["target"], 5_001, "{trouble}: {run}");
        assert_eq!(asked(&bench, BULK), 51, "{trouble}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_fails_stops_nobody_and_is_said() {
    let mut people = callers(3);
    people.push(Person::new("c-mail").with_email("mail@example.com"));
    let bench = bench(Engine::Sqlite, &people, &one_mapping()).await;
    for status in [503, 403] {
        let fault = Fault::new(Vendor::Customerio, FaultKind::Status).status(status);
        bench.sandbox.faults.inject(fault.on("attributes"), now());
        let run = run_shortly(&bench, "4").await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(run["withheld"]["unidentifiable"], 3);
        let error = run["error"].as_str().unwrap();
        assert!(error.contains("attributes of 4 members could not be read"), "{error}");
        assert!(error.contains(&status.to_string()), "{error}");
        assert_eq!(bench.platform(META, "cart_abandoners").len(), 1);
        bench.sandbox.faults.clear();
    }
    let run = &bench.sync().await["cart"];
    assert_eq!((run["entered"].as_u64(), run.get("error")), (Some(3), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_answers_and_limits_are_outlasted() {
    let bench = bench(Engine::Sqlite, &callers(450), &one_mapping()).await;
    let at = |kind| Fault::new(Vendor::Customerio, kind).on("attributes").times(1);
    let limited = Fault { retry_after: Some("2".to_owned()), ..at(FaultKind::Status).status(429) };
    for fault in [limited, at(FaultKind::Html), at(FaultKind::Reset)] {
        bench.sandbox.faults.inject(fault, now());
    }
    let began = std::time::Instant::now();
    let run = &bench.sync().await["cart"];
    assert_eq!((run["delivered"].as_u64(), run.get("error")), (Some(450), None));
    assert!(began.elapsed() >= std::time::Duration::from_secs(2), "Retry-After was not obeyed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_holds_for_attributes_too() {
    let file = one_mapping().replace("requests_per_second = 500", "requests_per_second = 10");
    let bench = bench(Engine::Sqlite, &callers(1_500), &file).await;
    let run = &bench.sync().await["cart"];
    assert_eq!((run["delivered"].as_u64(), asked(&bench, BULK)), (Some(1_500), 15));
    let most = bench.sandbox.most_requests_in_a_second(Vendor::Customerio);
    assert!(most <= 10, "{most} requests in one second");
}

#[tokio::test(flavor = "multi_thread")]
async fn named_fields_flow_and_no_other() {
    let person = Person::new("c-1")
        .with_id("u-1")
        .with_email("jane@example.com")
        .with("phone", "+12125550101")
        .with("ltv", "312.50")
        .with("tier", "gold")
        .with("secret", "hush");
    let file = one_mapping()
        .replace("use_case = \"retarget\"", "use_case = \"lookalike\"")
        .replace("profile = \"meta", "fields = [\"ltv\", \"tier\"]\nprofile = \"meta")
        + "[[destination]]\nkey = \"lake\"\nprofile = \"warehouse\"\nintegration = \"Lake\"\nfields = [\"tier\", \"ltv\"]\n\
           [[mapping]]\nkey = \"lake\"\naudience = \"cart-abandoners\"\ndestination = \"lake\"\nuse_case = \"analytics\"\n";
    let bench = bench(Engine::Sqlite, &[person], &file).await;
    bench.sync().await;
    let messages = bench.sandbox.platform.messages(0, usize::MAX);
    assert_eq!(messages.len(), 3);
    for message in &messages {
        let text = bench.sandbox.platform.payload(&message.message_id).unwrap();
        assert!(!text.contains("hush"), "{text}");
        let payload: Value = serde_json::from_str(&text).unwrap();
        let is_seed = message.integrations == [META];
        let traits = if message.event.is_some() {
            &payload["context"]["traits"]
        } else {
            &payload["traits"]
        };
        let ltv = if is_seed { serde_json::json!(312.5) } else { serde_json::json!("312.50") };
        assert_eq!((&traits["ltv"], traits["tier"].as_str()), (&ltv, Some("gold")), "{text}");
        assert_eq!(traits.get("email").is_some(), is_seed, "{text}");
        let value = payload["properties"].get("value");
        assert_eq!(value, is_seed.then_some(&ltv), "{text}");
    }
}

/// Everything that the warehouse was told under the entry's name, in order.
fn entries(bench: &Bench) -> Vec<Value> {
    let messages = bench.sandbox.platform.messages(0, usize::MAX);
    let named = messages.iter().filter(|one| one.event.as_deref() == Some("Entered Carts"));
    let read = |id: &str| bench.sandbox.platform.payload(id).unwrap();
    named.map(|one| serde_json::from_str(&read(&one.message_id)).unwrap()).collect()
}

async fn an_entry_is_told_once_with_what_was_known_when_it_was_claimed(engine: Engine) {
    let cart = |value: &str| {
        Person::new("c-1").with_id("u-1").with("cart_value", value).with("cart_cost", "20.05")
    };
    let file = one_mapping()
        .replace("profile = \"meta-custom-audiences\"", "profile = \"warehouse\"\nvalue = { figure = \"margin\", revenue = \"cart_value\", cost = \"cart_cost\", currency = \"EUR\" }")
        .replace("use_case = \"retarget\"", "use_case = \"retarget\"\nentry_event = \"Entered Carts\"");
    let bench = bench(engine, &[cart("64.10")], &file).await;
    // Segment takes it, and its answer is lost.
    let lost = Fault { after: true, ..Fault::new(Vendor::Tracking, FaultKind::Reset) };
    bench.sandbox.faults.inject(lost, now());
    let output = bench.segue(&["sync", "--once", "--json", "--timeout", "2"]).await;
    assert!(!output.status.success(), "{}", told(&output));
    bench.sandbox.faults.clear();
    bench.sandbox.world.add_person(cart("999"));
    bench.sync().await;
    let told = entries(&bench);
    assert_eq!(told.len(), 1);
    let properties = &told[0]["properties"];
    assert_eq!((&properties["value"], &properties["currency"]), (&44.05.into(), &"EUR".into()));
    assert_eq!(properties["reason"], "joined");
    assert!(properties.get("cart_cost").is_none(), "{properties}");
    assert_eq!(bench.sandbox.platform.counts().differing, 0, "a resend has the bytes of the first");
    // Nothing more is said of whoever stays, and a second entry is a second event.
    bench.sync().await;
    assert_eq!(entries(&bench).len(), 1);
    bench.sandbox.world.leave(1, "c-1").unwrap();
    bench.sync().await;
    bench.sandbox.world.join(1, "c-1").unwrap();
    bench.sync().await;
    let values: Vec<_> =
        entries(&bench).iter().map(|one| one["properties"]["value"].clone()).collect();
    assert_eq!(values, [44.05, 978.95]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_told_once_with_what_was_known_when_it_was_claimed_on_sqlite() {
    an_entry_is_told_once_with_what_was_known_when_it_was_claimed(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_told_once_with_what_was_known_when_it_was_claimed_on_postgres() {
    an_entry_is_told_once_with_what_was_known_when_it_was_claimed(Engine::Postgres).await;
}
