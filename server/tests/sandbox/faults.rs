//! Injected faults, as a client sees them, and the admin routes.

use serde_json::{Value, json};
use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::{Bench, change};

#[tokio::test]
async fn a_status_for_the_next_requests_and_then_normal_again() {
    let bench = Bench::new().await;
    let fault = Fault::new(Vendor::Tracking, FaultKind::Status).status(503).times(2);
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 503);
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 200);
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 503);
    assert!(bench.members().is_empty());
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 200);
    assert_eq!(bench.members(), ["a"]);
}

#[tokio::test]
async fn an_error_after_the_events_were_taken_is_healed_by_the_same_id() {
    let bench = Bench::new().await;
    let fault = Fault::new(Vendor::Tracking, FaultKind::Status).status(500).times(1).after();
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 500);
    assert_eq!(bench.members(), ["a"]);
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 200);
    assert_eq!(bench.sandbox.platform.counts().duplicate, 1);
    assert_eq!(bench.sandbox.counters.answers_spoiled(), 1);
}

#[tokio::test]
async fn a_reset_before_loses_the_events_and_a_reset_after_only_the_answer() {
    let bench = Bench::new().await;
    for (after, arrived) in [(false, 0), (true, 1)] {
        let mut fault = Fault::new(Vendor::Tracking, FaultKind::Reset).times(1);
        fault.after = after;
        bench.sandbox.faults.inject(fault, domain::time::Instant(0));
        let body = json!({"batch": [change("1", "a", true)]});
        let lost = bench.post("/v1/batch").json(&body).send().await;
        assert!(lost.is_err_and(|error| error.status().is_none()));
        assert_eq!(bench.members().len(), arrived);
    }
}

#[tokio::test]
async fn html_in_place_of_json() {
    let bench = Bench::new().await;
    let fault = Fault::new(Vendor::Customerio, FaultKind::Html).times(1);
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    let response = bench.get("/v1/segments").send().await.unwrap();
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "text/html");
}

#[tokio::test]
async fn a_hanging_answer_ends_when_the_sandbox_stops() {
    let bench = Bench::new().await;
    let fault = Fault::new(Vendor::Tracking, FaultKind::Hang).times(1).after();
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    let body = json!({"batch": [change("1", "a", true)]});
    let waiting = tokio::spawn(bench.post("/v1/batch").json(&body).send());
    while bench.members().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    bench.sandbox.shutdown().await;
    assert!(waiting.await.unwrap().is_err());
}

#[tokio::test]
async fn the_port_is_free_after_a_stop() {
    let bench = Bench::new().await;
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 200);
    let address = bench.sandbox.address();
    bench.sandbox.shutdown().await;
    let url = format!("http://{address}/v1/segments");
    assert!(bench.http.get(url).send().await.is_err());
}

#[tokio::test]
async fn scripts_inject_list_and_clear_faults() {
    let bench = Bench::new().await;
    let url = bench.url("/sandbox/faults");
    let fault = json!({"vendor": "customerio", "kind": "status", "status": 429,
        "retry_after": "3", "seconds": 60, "path": "membership"});
    let made = bench.http.post(&url).json(&fault).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let hit = bench.get("/v1/segments/1/membership").send().await.unwrap();
    assert_eq!(hit.status(), 429);
    assert_eq!(hit.headers()["retry-after"], "3");
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 200);
    let list: Value = bench.http.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(list[0]["seconds"], 60);
    assert_eq!(bench.http.delete(&url).send().await.unwrap().status(), 204);
    let gone = bench.get("/v1/segments/1/membership").send().await.unwrap();
    assert_eq!(gone.status(), 404);
    for nonsense in
        [json!({"vendor": "x"}), json!({"vendor": "tracking", "kind": "reset", "no": 1})]
    {
        assert_eq!(bench.http.post(&url).json(&nonsense).send().await.unwrap().status(), 400);
    }
}

#[tokio::test]
async fn scripts_change_the_world_and_look_behind_the_edge() {
    let bench = Bench::new().await;
    let put = |path: &str, body: Value| bench.http.put(bench.url(path)).json(&body).send();
    let people = json!([
        {"cio_id": "a3000001", "id": "u-1", "email": "p1@example.com"},
        {"cio_id": "a3000002", "attributes": {"phone": "+14155550101", "ltv": 12.5, "vip": true}}
    ]);
    assert_eq!(put("/sandbox/people", people).await.unwrap().status(), 204);
    let segment = json!({"id": 7, "name": "Seven"});
    let made = bench.http.post(bench.url("/sandbox/segments")).json(&segment).send();
    assert_eq!(made.await.unwrap().status(), 201);
    let members = "/sandbox/segments/7/members";
    assert_eq!(put(members, json!(["a3000002"])).await.unwrap().status(), 204);
    assert_eq!(put(members, json!(["nobody"])).await.unwrap().status(), 404);
    assert_eq!(bench.json(members).await, json!(["a3000002"]));
    let page = bench.json("/v1/segments/7/membership").await;
    assert_eq!(page["identifiers"][0]["cio_id"], "a3000002");
    let listed = bench.json("/sandbox/people?limit=1&offset=1").await;
    assert_eq!(listed["total"], 2);
    assert_eq!(
        listed["people"][0]["attributes"],
        json!({"phone": "+14155550101", "ltv": "12.5", "vip": "true"})
    );
    bench.batch(&[change("1", "b", true), change("2", "a", true)]).await;
    let audience = bench.json("/sandbox/platform?integration=Ads&audience=vip").await;
    assert_eq!(audience, json!(["a", "b"]));
    let log = bench.json("/sandbox/messages?since=1").await;
    assert_eq!(log["messages"][0]["message_id"], "2");
    assert_eq!(log["messages"][0]["times"], 1);
    assert_eq!(log["next"], 2);
    let status = bench.json("/sandbox/status").await;
    assert_eq!(status["people"], 2);
    assert_eq!(status["messages"]["unique"], 2);
    assert_eq!(status["most_requests_in_a_second"]["customerio"], 1);
    assert_eq!(status["segments"][0]["members"], 1);
}
