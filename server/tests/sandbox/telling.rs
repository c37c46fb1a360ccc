//! What the stand-in tells Segue: believed where it is true, refused in every way in which it
//! isn't, and told until it is taken.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, routing::post};
use domain::{events::Origin, time::Span};
use http::StatusCode;
use serde_json::{Value, json};
use server::{
    clock::SystemClock,
    sandbox::{
        RunningSandbox, SandboxConfig,
        shoppers::{Deed, What},
        telling::{Receiver, Telling},
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{databases::Engine, hooks::Machines};

const FILE: &str = r#"
[customerio]
reporting_signing_key = "sandbox-reporting-key"
campaign_signing_key = "sandbox-campaign-key"
[[source]]
key = "shop"
write_key = "sandbox-source-key"
[[audience]]
key = "carts"
segment = 1
"#;

/// Has the sandbox make a call: what came back of each.
async fn call(sandbox: &RunningSandbox, asked: &Value) -> Vec<Option<u16>> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/sandbox/calls", sandbox.customerio_url);
    let answer = http.post(url).json(asked).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    serde_json::from_value(answer["answers"].clone()).unwrap()
}

fn report(number: &str) -> Value {
    json!({
        "event_id": number, "object_type": "customer", "metric": "unsubscribed",
        "timestamp": 1_613_063_089, "data": { "identifiers": { "cio_id": "a3000001" } },
    })
}

#[tokio::test]
async fn true_calls_are_believed_and_false_ones_refused() {
    let machines = Machines::with(Engine::Sqlite, FILE).await;
    let config = SandboxConfig {
        tells: Some(Receiver::at(machines.listen().await)),
        ..SandboxConfig::default()
    };
    let sandbox = RunningSandbox::start(config, machines.clock()).await.unwrap();
    for (manner, status) in
        [("wrong_key", 401), ("stale", 401), ("rewritten", 401), ("unsigned", 401), ("signed", 200)]
    {
        let asked = json!({ "entrance": "reporting", "body": report(manner), "manner": manner });
        assert_eq!(call(&sandbox, &asked).await, [Some(status)], "{manner}");
    }
    let again = json!({ "entrance": "reporting", "body": report("signed"), "times": 3 });
    assert_eq!(call(&sandbox, &again).await, [Some(200); 3]);
    assert_eq!(machines.kept(Origin::Reporting).await, ["signed"]);

    let hints = json!({ "entrance": "campaign", "body": { "segment_id": 1 }, "times": 300 });
    assert!(call(&sandbox, &hints).await.iter().all(|status| *status == Some(200)));

    let order = json!({ "event": "Order Completed", "userId": "u-1", "messageId": "order-1" });
    for (manner, status) in [("wrong_key", 401), ("unsigned", 401), ("signed", 200)] {
        let asked = json!({ "entrance": "source", "body": order, "manner": manner });
        assert_eq!(call(&sandbox, &asked).await, [Some(status)], "{manner}");
    }
    assert_eq!(machines.kept(Origin::Source).await, ["order-1"]);
    sandbox.shutdown().await;
}

#[tokio::test]
async fn a_sandbox_that_tells_nobody_says_so() {
    let config = SandboxConfig::default();
    let sandbox = RunningSandbox::start(config, Arc::new(SystemClock)).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/sandbox/calls", sandbox.customerio_url);
    let asked = json!({ "entrance": "campaign", "body": {} });
    let answer = http.post(url).json(&asked).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("--tell"));
}

/// Answers 500 so often, and passes on what it was told each time.
#[derive(Clone)]
struct Listener {
    failures: Arc<AtomicU32>,
    told: mpsc::UnboundedSender<(String, Value)>,
}

async fn hear(
    State(listener): State<Listener>,
    uri: axum::http::Uri,
    axum::Json(body): axum::Json<Value>,
) -> StatusCode {
    listener.told.send((uri.path().to_owned(), body)).unwrap();
    let fails = |left: u32| left.checked_sub(1);
    match listener.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails) {
        Ok(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Err(_) => StatusCode::OK,
    }
}

fn deed(what: What, id: &str) -> Deed {
    Deed { what, cio_id: format!("c-{id}"), id: Some(id.to_owned()), email: None }
}

#[tokio::test]
async fn a_report_is_told_until_it_is_taken_and_the_others_wait_behind_it() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let listener = Listener { failures: Arc::new(AtomicU32::new(2)), told };
    let app = Router::new().fallback(post(hear)).with_state(listener);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(axum::serve(socket, app).into_future());
    let receiver = Receiver { first_retry: Span::from_millis(1), ..Receiver::at(url) };
    let telling = Arc::new(Telling::new(receiver, Arc::new(SystemClock)).unwrap());
    let stop = CancellationToken::new();
    let deeds = telling.begin(stop.clone());
    for id in ["a", "b", "c"] {
        deeds.send(deed(What::Unsubscribed, id)).await.unwrap();
    }
    let mut next = async || {
        tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.unwrap().unwrap()
    };
    let mut ids = Vec::new();
    for _ in 0..5 {
        let (path, body) = next().await;
        assert_eq!(path, "/hooks/customerio/reporting");
        ids.push(body["data"]["identifiers"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids, ["a", "a", "a", "b", "c"]);

    deeds.send(deed(What::Bought { order: 2, cents: 2_550 }, "a")).await.unwrap();
    let (path, body) = next().await;
    assert_eq!(path, "/v1/track");
    assert_eq!(body["messageId"], "order-c-a-2");
    assert_eq!(body["properties"]["revenue"], 25.5);
    deeds.send(deed(What::Entered { segment: 1 }, "a")).await.unwrap();
    let (path, body) = next().await;
    assert_eq!((&*path, &body), ("/hooks/customerio/campaign", &json!({ "segment_id": 1 })));
    stop.cancel();
}
