//! The entrances for events as machines meet them: what is believed, what is kept, and what is
//! said of everything else.

use axum::{Router, body::Body};
use domain::{
    access::{Actor, Role},
    configuration::Desired,
    contract::service::Typed,
    events::{Origin, forward::ForwardStore as _, signature::sign},
    time::Clock,
};
use http::{Request, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use server::http::{
    machines,
    router::{Edge, router},
};

use crate::{
    databases::Engine,
    house::{House, ask},
};

const FILE: &str = r#"
[customerio]
reporting_signing_key = ["new-key", "old-key"]
campaign_signing_key = "campaign-key"
[[source]]
key = "shop"
write_key = "shop-write-key"
[[suppression]]
key = "bought"
reason = "purchase"
event = "Order Completed"
ttl = "24h"
[[audience]]
key = "carts"
segment = 7
[[destination]]
key = "meta"
profile = "plain"
integration = "Facebook Custom Audiences"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
"#;

const REPORTING: &str = "/hooks/customerio/reporting";
const CAMPAIGN: &str = "/hooks/customerio/campaign";

/// Segue, as machines meet it.
pub struct Machines {
    house: House,
    router: Router,
}

impl Machines {
    async fn on(engine: Engine) -> Self {
        Self::with(engine, FILE).await
    }

    /// With this configuration.
    pub async fn with(engine: Engine, file: &str) -> Self {
        let house = House::on(engine).await;
        let desired: Desired = toml::from_str(file).unwrap();
        let services = &house.segue.services;
        services.configuration.apply(&desired, false, &Actor::host("test")).await.unwrap();
        let machines = machines::routes(services.events.clone());
        let router = router(Edge { machines, ..house.edge() });
        Self { house, router }
    }

    /// The time of those who sign, in seconds.
    fn seconds(&self) -> i64 {
        self.house.segue.clock.now().0 / 1_000_000
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (answer, text) = ask(&self.router, request).await;
        (answer.status(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// A call signed with this key now.
    async fn signed(&self, path: &str, key: &str, body: &[u8]) -> (StatusCode, Value) {
        self.signed_at(path, key, body, self.seconds()).await
    }

    async fn signed_at(&self, path: &str, key: &str, body: &[u8], at: i64) -> (StatusCode, Value) {
        let at = at.to_string();
        let request = Request::post(path)
            .header("x-cio-timestamp", &at)
            .header("x-cio-signature", sign(key, &at, body));
        self.send(request.body(Body::from(body.to_vec())).unwrap()).await
    }

    /// What a library of Segment's sends.
    async fn sent(&self, kind: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/v1/{kind}"))
            .header("content-type", "application/json")
            .header("authorization", "Basic c2hvcC13cml0ZS1rZXk6"); // shop-write-key:
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// On a real socket, from now on: where.
    pub async fn listen(&self) -> String {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        tokio::spawn(axum::serve(socket, self.router.clone()).into_future());
        url
    }

    /// Its time.
    pub fn clock(&self) -> std::sync::Arc<dyn Clock> {
        self.house.segue.clock.clone()
    }

    /// The numbers of the events that are kept.
    pub async fn kept(&self, origin: Origin) -> Vec<String> {
        let sql = "SELECT number FROM event WHERE origin = $1 ORDER BY number";
        self.texts(sql, origin.as_str()).await
    }

    /// What a question with one name in it finds.
    async fn texts(&self, sql: &'static str, name: &str) -> Vec<String> {
        let rows = match self.house.segue.storage.database() {
            server::storage::Database::Sqlite { readers, .. } => {
                sqlx::query_scalar(sql).bind(name).fetch_all(readers).await
            }
            server::storage::Database::Postgres(pool) => {
                sqlx::query_scalar(sql).bind(name).fetch_all(pool).await
            }
        };
        rows.unwrap()
    }
}

fn report(number: &str) -> Vec<u8> {
    let report = json!({
        "event_id": number, "object_type": "customer", "metric": "unsubscribed",
        "timestamp": 1_613_063_089,
        "data": { "identifiers": { "id": "u-1", "email": "jane@example.com", "cio_id": "c1" } },
    });
    report.to_string().into_bytes()
}

fn track(number: &str) -> Value {
    json!({ "type": "track", "event": "Order Completed", "userId": "u-1", "messageId": number })
}

#[rstest]
#[tokio::test]
async fn a_signed_report_is_kept_once_under_either_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let machines = Machines::on(engine).await;
    for (key, number, again) in
        [("new-key", "1", None), ("old-key", "2", None), ("new-key", "1", Some(true))]
    {
        let (status, said) = machines.signed(REPORTING, key, &report(number)).await;
        assert_eq!((status, said["success"].as_bool()), (StatusCode::OK, Some(true)));
        assert_eq!(said["repeated"].as_bool(), again);
    }
    assert_eq!(machines.kept(Origin::Reporting).await, ["1", "2"]);
    machines.house.segue.services.events.write_calls().await.unwrap();
    let calls = machines.house.segue.services.events.entrances().await.unwrap().calls;
    assert!(calls[0].taken_at.is_some() && calls[0].refusal.is_none(), "{calls:?}");
}

#[tokio::test]
async fn what_is_not_believed_is_refused_with_a_reason_and_never_kept() {
    let machines = Machines::on(Engine::Sqlite).await;
    let body = report("1");
    let mut flipped = body.clone();
    flipped[20] ^= 1;
    let spaced = serde_json::to_vec_pretty(&serde_json::from_slice::<Value>(&body).unwrap());
    let now = machines.seconds();
    let signature = |key: &str, at: i64| sign(key, &at.to_string(), &body);
    for (what, signature, at, body) in [
        ("one bit", signature("new-key", now), now, flipped),
        ("serialised again", signature("new-key", now), now, spaced.unwrap()),
        ("another key", signature("campaign-key", now), now, body.clone()),
        ("an old call", signature("new-key", now - 301), now - 301, body.clone()),
        ("a call of tomorrow", signature("new-key", now + 86_400), now + 86_400, body.clone()),
        ("an old call as a new one", signature("new-key", now - 301), now, body.clone()),
        ("no signature", String::new(), now, body.clone()),
    ] {
        let request = Request::post(REPORTING)
            .header("x-cio-timestamp", at.to_string())
            .header("x-cio-signature", signature);
        let (status, said) = machines.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{what}: {said}");
        assert!(said["error"].as_str().unwrap().len() > 20, "{what}: {said}");
    }
    let bare = Request::post(REPORTING).body(Body::from(body)).unwrap();
    assert_eq!(machines.send(bare).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(machines.kept(Origin::Reporting).await, Vec::<String>::new());
    // What a page shows of it names nobody.
    machines.house.segue.services.events.write_calls().await.unwrap();
    let calls = machines.house.segue.services.events.entrances().await.unwrap().calls;
    let refusal = calls[0].refusal.clone().unwrap();
    assert!(calls[0].taken_at.is_none() && !refusal.contains("jane"), "{refusal}");
}

#[tokio::test]
async fn what_is_believed_and_cannot_be_read_is_refused_without_its_words() {
    let machines = Machines::on(Engine::Sqlite).await;
    for bad in [
        &b"\xff\xfe"[..],
        b"{\"event_id\":{\"jane@example.com\":1}}",
        b"{\"event_id\":\"1\",\"object_type\":\"customer\",\"metric\":\"x\",\"timestamp\":\"jane@example.com\"}",
        b"",
        b"[[[[",
    ] {
        let (status, said) = machines.signed(REPORTING, "new-key", bad).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        assert!(!said.to_string().contains("jane"), "{said}");
    }
    let large = vec![b' '; 10 * 1024 * 1024];
    let (status, _) = machines.signed(REPORTING, "new-key", &large).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    // A body that would grow when it is unpacked isn't unpacked.
    let bomb = Request::post(REPORTING).header("content-encoding", "gzip");
    let (status, _) = machines.send(bomb.body(Body::from(vec![0; 100])).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let (status, _) = machines.send(Request::get(REPORTING).body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn without_a_key_a_report_stays_with_its_sender() {
    let machines = Machines::with(Engine::Sqlite, "").await;
    for path in [REPORTING, CAMPAIGN] {
        let (status, said) = machines.signed(path, "key", &report("1")).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(said["error"].as_str().unwrap().contains("signing_key"), "{said}");
    }
}

#[rstest]
#[tokio::test]
async fn a_hint_has_the_mappings_of_its_segment_run_soon_and_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let machines = Machines::on(engine).await;
    let next = async || {
        let rows = machines.house.segue.services.mappings.list().await.unwrap();
        rows[0].next_run_at
    };
    let (status, said) = machines.signed(CAMPAIGN, "campaign-key", b"{\"segment_id\":8}").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(said["error"].as_str().unwrap().contains("no audience is segment 8"), "{said}");
    let hint = br#"{"kind":"segment_entered","segment_id":7,"cio_id":"c1"}"#;
    for _ in 0..200 {
        assert_eq!(machines.signed(CAMPAIGN, "campaign-key", hint).await.0, StatusCode::OK);
    }
    let at = next().await.expect("it is due");
    let later = at.since(machines.house.segue.clock.now());
    assert!(later.millis() <= 0, "hundreds of hints put nothing off: {later:?}");
    let forged = machines.signed(CAMPAIGN, "new-key", hint).await;
    assert_eq!(forged.0, StatusCode::UNAUTHORIZED, "the other entrance's key is none here");
}

#[rstest]
#[tokio::test]
async fn what_segments_libraries_send_is_kept_under_its_own_number(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let machines = Machines::on(engine).await;
    let batch = json!({ "batch": [track("m-1"), track("m-2"), track("m-1")], "sentAt": null });
    assert_eq!(machines.sent("batch", &batch).await.0, StatusCode::OK);
    assert_eq!(machines.sent("track", &track("m-3")).await.0, StatusCode::OK);
    let in_body = json!({ "writeKey": "shop-write-key", "userId": "u-1", "messageId": "m-4" });
    let request = Request::post("/v1/identify").header("content-type", "application/json");
    let request = request.body(Body::from(in_body.to_string())).unwrap();
    assert_eq!(machines.send(request).await.0, StatusCode::OK);
    assert_eq!(machines.kept(Origin::Source).await, ["m-1", "m-2", "m-3", "m-4"]);
}

#[rstest]
#[tokio::test]
async fn keys_are_entered_by_hand_and_count_from_then_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let machines = Machines::with(engine, "").await;
    let (events, ada) = (&machines.house.segue.services.events, Actor::host("ada"));
    let field = |refused: domain::Result<()>| match refused {
        Err(domain::Error::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        field(events.enter_key(Origin::Reporting, " ", &ada).await),
        "reporting_signing_key"
    );
    assert_eq!(field(events.enter_key(Origin::Campaign, "", &ada).await), "campaign_signing_key");
    assert_eq!(field(events.add_source("My App", &"k".repeat(16), &ada).await), "source");
    assert_eq!(field(events.add_source("app", &"k".repeat(15), &ada).await), "write_key");
    let viewer = Actor { role: Role::Viewer, ..ada.clone() };
    let refused = events.add_source("app", &"k".repeat(16), &viewer).await;
    assert!(matches!(refused, Err(domain::Error::Forbidden)), "{refused:?}");

    events.enter_key(Origin::Reporting, " one-key ", &ada).await.unwrap();
    let fresh = events.entrances().await.unwrap().fresh_key;
    assert_eq!(fresh.len(), 64);
    assert_ne!(events.entrances().await.unwrap().fresh_key, fresh);
    events.add_source(" app ", &fresh, &ada).await.unwrap();
    let entrances = events.entrances().await.unwrap();
    assert_eq!((entrances.keyed, entrances.sources.len()), (vec![Origin::Reporting], 1));
    let reported = machines.signed(REPORTING, "one-key", &report("1")).await;
    assert_eq!(reported.0, StatusCode::OK, "{}", reported.1);
    let body = json!({ "writeKey": fresh, "userId": "u-1", "messageId": "m-1" }).to_string();
    let request = Request::post("/v1/identify").header("content-type", "application/json");
    assert_eq!(machines.send(request.body(Body::from(body)).unwrap()).await.0, StatusCode::OK);
}

/// As `segment-analytics-python` 2.4.0 sends it: nulls where nothing is, no `sentAt` in an item,
/// the write key in the body.
#[tokio::test]
async fn what_the_python_library_sends_is_kept() {
    let machines = Machines::on(Engine::Sqlite).await;
    let item = |kind: &str, number: &str, more: Value| {
        let mut item = json!({
            "integrations": {}, "anonymousId": null, "userId": "py-1", "type": kind,
            "timestamp": "2026-11-27T13:36:54.290+00:00", "messageId": number,
            "context": { "library": { "name": "analytics-python", "version": "2.4.0" } },
        });
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    let body = json!({
        "batch": [
            item("track", "1", json!({ "event": "Order Completed", "properties": { "revenue": 12 } })),
            item("identify", "2", json!({ "traits": { "plan": "gold" } })),
            item("page", "3", json!({ "properties": {}, "category": "Docs", "name": "Python" })),
            item("screen", "4", json!({ "properties": {}, "category": "App", "name": "Home" })),
            item("group", "5", json!({ "groupId": "g-1", "traits": {} })),
            item("alias", "6", json!({ "previousId": "py-0" })),
        ],
        "sentAt": "2026-11-27T13:36:54.790654+00:00", "writeKey": "shop-write-key",
    });
    let request = Request::post("/v1/batch").header("content-type", "application/json");
    let (status, said) = machines.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!((status, &said["success"]), (StatusCode::OK, &json!(true)), "{said}");
    assert_eq!(machines.kept(Origin::Source).await, ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn what_segment_would_drop_in_silence_is_refused_with_a_reason() {
    let machines = Machines::on(Engine::Sqlite).await;
    // The good ones of a batch are kept: its sender won't send it again.
    let batch = json!({ "batch": [track("m-1"), { "type": "track", "userId": "u-1" }] });
    let (status, said) = machines.sent("batch", &batch).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(said["error"]["accepted"], 1, "{said}");
    assert_eq!(said["error"]["rejected"][0]["index"], 1, "{said}");
    assert_eq!(machines.kept(Origin::Source).await, ["m-1"]);

    let many = json!({ "batch": vec![track("m-9"); 2_501] });
    let large = json!({ "userId": "u-1", "event": "Order Completed", "x": "x".repeat(33_000) });
    for (kind, body, why) in [
        ("batch", &many, "2501 events"),
        ("track", &large, "bytes"),
        ("track", &json!({ "event": "Order Completed" }), "userId"),
    ] {
        let (status, said) = machines.sent(kind, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
        assert!(said.to_string().contains(why), "{said}");
    }
    let huge = json!({ "batch": [], "x": "x".repeat(10_000_000) });
    assert_eq!(machines.sent("batch", &huge).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(machines.sent("buy", &track("m-5")).await.0, StatusCode::NOT_FOUND);
    for (key, status) in [
        ("Basic c2hvcDo=", StatusCode::UNAUTHORIZED),
        ("Bearer shop-write-key", StatusCode::UNAUTHORIZED),
    ] {
        let request = Request::post("/v1/track")
            .header("content-type", "application/json")
            .header("authorization", key);
        let request = request.body(Body::from(track("m-6").to_string())).unwrap();
        assert_eq!(machines.send(request).await.0, status);
    }
    let plain = Request::post("/v1/track").body(Body::from("{}")).unwrap();
    assert_eq!(machines.send(plain).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(machines.kept(Origin::Source).await, ["m-1"]);
}

#[tokio::test]
async fn many_calls_at_once_are_all_kept_each_once() {
    let machines = Machines::on(Engine::Sqlite).await;
    let calls = (0..400).map(|n| {
        let machines = &machines;
        async move { machines.sent("track", &track(&format!("m-{}", n / 2))).await.0 }
    });
    let said = futures::future::join_all(calls).await;
    assert!(said.iter().all(|status| *status == StatusCode::OK));
    assert_eq!(machines.kept(Origin::Source).await.len(), 200);
}

#[rstest]
#[tokio::test]
async fn a_purchase_that_is_not_as_agreed_goes_nowhere_and_protects_all_the_same(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let machines = Machines::on(engine).await;
    let contract = &machines.house.segue.services.contract;
    let actor = |name: &str, role| Actor { name: name.to_owned(), role };
    let (author, approver) = (actor("ana", Role::Operator), actor("ben", Role::Approver));
    let id = contract.draft(false, &author).await.unwrap();
    let typed = Typed {
        name: "Order Completed",
        aliases: "Purchase",
        properties: "total: number, required",
        ..Typed::default()
    };
    contract.put_event(id, None, &typed, &author).await.unwrap();
    contract.propose(id, "One event", &author).await.unwrap();
    contract.decide(id, true, "", &approver).await.unwrap();

    let track = |number: &str, event: &str, total: Value| {
        json!({"type": "track", "event": event, "userId": number, "messageId": number,
            "properties": {"total": total}})
    };
    let identify = json!({"type": "identify", "userId": "u-4", "messageId": "u-4"});
    let batch = json!({"batch": [
        track("u-1", "Purchase", json!(9)),
        track("u-2", "Purchase", json!("nine")),
        track("u-3", "Order Completed", json!(9)),
        identify,
    ]});
    assert_eq!(machines.sent("batch", &batch).await.0, StatusCode::OK);
    let going = machines.house.segue.storage.waiting(10).await.unwrap();
    let bodies: Vec<Value> =
        going.iter().map(|one| serde_json::from_str(&one.body).unwrap()).collect();
    let told: Vec<_> =
        bodies.iter().map(|one| (one["messageId"].as_str(), one["event"].as_str())).collect();
    let order = Some("Order Completed");
    assert_eq!(told, [(Some("u-1"), order), (Some("u-3"), order), (Some("u-4"), None)]);
    // Whoever bought is kept out, whatever was wrong with the event.
    let sql = "SELECT name FROM held_name WHERE kind = $1 ORDER BY name";
    assert_eq!(machines.texts(sql, "id").await, ["u-1", "u-2", "u-3"]);
    let groups = contract.view().await.unwrap().quarantine;
    assert_eq!((groups.len(), &*groups[0].violation.path), (1, "total"));
    assert_eq!(
        contract.settle(&groups[0].name, &groups[0].violation, true, &approver).await.unwrap(),
        1
    );
    let body = &machines.house.segue.storage.waiting(10).await.unwrap()[1].body;
    assert!(body.contains("Purchase") && body.contains("nine"), "as it came: {body}");
}
