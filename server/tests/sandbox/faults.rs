//! Injected faults, as a client sees them, and the admin routes.

use domain::time::Span;
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
async fn a_half_closed_connection_cuts_the_answer_and_goes_on_reading() {
    let bench = Bench::new().await;
    let fault = |kind: FaultKind| Fault::new(Vendor::Tracking, kind).times(1);
    for (kind, is_heard) in [
        (FaultKind::HalfClosed, false),
        (FaultKind::CutHead, false),
        // The head is whole, the body isn't.
        (FaultKind::CutBody, true),
    ] {
        for (after, arrived) in [(false, 0), (true, 1)] {
            let before = bench.sandbox.platform.counts().received;
            bench.sandbox.faults.inject(Fault { after, ..fault(kind) }, domain::time::Instant(0));
            let body = json!({"batch": [change("1", "a", true)]});
            let answer = bench.post("/v1/batch").json(&body).send().await;
            assert_eq!(answer.is_ok(), is_heard, "{kind:?}");
            if let Ok(answer) = answer {
                assert_eq!(answer.status(), if after { 200 } else { 503 });
                assert!(answer.bytes().await.is_err(), "{kind:?}");
            }
            let received = bench.sandbox.platform.counts().received - before;
            assert_eq!(received, arrived, "{kind:?} {after}");
        }
    }
}

#[tokio::test]
async fn a_connection_closed_between_two_requests_takes_the_second_one_along() {
    let bench = Bench::new().await;
    let fault = Fault::new(Vendor::Tracking, FaultKind::ClosedBetween).times(1);
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    let batch = bench.batch(&[change("1", "a", true)]).await;
    assert_eq!(batch.status(), 200);
    batch.bytes().await.unwrap();
    let body = json!({"batch": [change("2", "b", true)]});
    assert!(bench.post("/v1/batch").json(&body).send().await.is_err());
    assert_eq!(bench.members(), ["a"]);
    assert_eq!(bench.batch(&[change("2", "b", true)]).await.status(), 200);
    assert_eq!(bench.members(), ["a", "b"]);
}

#[tokio::test]
async fn who_comes_inside_a_wait_is_counted() {
    let bench = Bench::new().await;
    let limit = Fault::new(Vendor::Tracking, FaultKind::Status).status(429).times(1);
    let limit = Fault { retry_after: Some("2".to_owned()), ..limit };
    bench.sandbox.faults.inject(limit, domain::time::Instant(0));
    assert_eq!(bench.batch(&[]).await.status(), 429);
    bench.clock.advance(Span::from_seconds(1));
    assert_eq!(bench.batch(&[]).await.status(), 200);
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 200);
    bench.clock.advance(Span::from_seconds(1));
    assert_eq!(bench.batch(&[]).await.status(), 200);
    let status = bench.json("/sandbox/status").await;
    assert_eq!(status["unheeded_waits"], json!({"customerio": 0, "tracking": 1, "public": 0}));
    assert_eq!(status["most_events_in_a_second"], 0);
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

#[tokio::test]
async fn server_errors_speak_the_vendors_own_json() {
    let bench = Bench::new().await;
    for status in [500, 502, 503] {
        for vendor in [Vendor::Customerio, Vendor::Tracking] {
            let fault = Fault::new(vendor, FaultKind::Status).status(status).times(1);
            bench.sandbox.faults.inject(fault, domain::time::Instant(0));
        }
        let response = bench.get("/v1/segments").send().await.unwrap();
        assert_eq!(response.status(), status);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["status"], status.to_string());
        let response = bench.batch(&[]).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.json::<Value>().await.unwrap()["success"], false);
    }
}

#[tokio::test]
async fn a_slow_answer_is_late_and_whole() {
    let bench = Bench::new().await;
    let slow = Fault::new(Vendor::Customerio, FaultKind::Delay).times(1);
    let fault = Fault { millis: Some(80), ..slow };
    bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    let asked = std::time::Instant::now();
    assert_eq!(bench.json("/v1/segments").await["segments"], json!([]));
    assert!(asked.elapsed() >= std::time::Duration::from_millis(80));
}

#[tokio::test]
async fn scripts_switch_modes() {
    let bench = Bench::new().await;
    let modes = bench.json("/sandbox/modes").await;
    assert_eq!(modes["customerio_retry_after"], true);
    assert_eq!(modes["oversized_batch"], "drop_all");
    let patch = async |path: &str, body: Value| {
        let request = bench.http.patch(bench.url(path)).json(&body);
        request.send().await.unwrap().status()
    };
    let wrapped = json!({"wrapped_attributes": true, "failing_exports": true});
    assert_eq!(patch("/sandbox/modes", wrapped).await, 200);
    let modes = bench.json("/sandbox/modes").await;
    assert_eq!((&modes["wrapped_attributes"], &modes["export_polls"]), (&json!(true), &json!(2)));
    assert_eq!(patch("/sandbox/modes", json!({"no_such": 1})).await, 400);

    bench.sandbox.world.add_people(4);
    bench.sandbox.world.add_segment(7, "Seven", domain::time::Instant(0)).unwrap();
    bench.sandbox.world.set_members(7, ["a3000002", "a3000003", "a3000004"]).unwrap();
    let ids = json!({"ids": ["a3000001"]});
    let bulk = bench.http.post(bench.url("/v1/customers/attributes?id_type=cio_id"));
    let bulk = bulk.bearer_auth("sandbox-app-key").json(&ids).send().await.unwrap();
    let bulk: Value = bulk.json().await.unwrap();
    assert_eq!(bulk["customers"][0]["customer"]["id"], "u-1");

    let churn = json!({"join": ["a3000001"], "leave": ["a3000004"]});
    let next = json!({"empty_pages": 1, "after_next_page": churn});
    assert_eq!(patch("/sandbox/segments/7", next).await, 204);
    let empty = bench.json("/v1/segments/7/membership").await;
    assert_eq!((empty["identifiers"].as_array().unwrap().len(), &empty["next"] == ""), (0, false));
    let first = bench.json("/v1/segments/7/membership?limit=1").await;
    assert_eq!(first["identifiers"][0]["cio_id"], "a3000002");
    let all = bench.json("/v1/segments/7/membership").await;
    assert_eq!(all["ids"], json!(["u-1", "u-2", "u-3"]));

    let build = json!({"state": "build", "progress": 40});
    assert_eq!(patch("/sandbox/segments/7", build).await, 204);
    let segment = &bench.json("/v1/segments/7").await["segment"];
    assert_eq!((&segment["state"], &segment["progress"]), (&json!("build"), &json!(40)));
    assert_eq!(patch("/sandbox/segments/7", json!({"archived": true})).await, 204);
    assert_eq!(bench.get("/v1/segments/7").send().await.unwrap().status(), 404);
    assert_eq!(patch("/sandbox/segments/9", json!({"archived": true})).await, 404);
    assert_eq!(patch("/sandbox/segments/7", json!({"colour": "red"})).await, 400);
}

#[tokio::test]
async fn the_public_api_breaks_by_itself() {
    let bench = Bench::new().await;
    let ask = async || {
        let request = bench.http.get(bench.url("/sources")).bearer_auth("sandbox-public-token");
        request.send().await
    };
    let inject = |kind| {
        let fault = Fault::new(Vendor::Public, kind).times(1);
        bench.sandbox.faults.inject(fault, domain::time::Instant(0));
    };
    inject(FaultKind::Status);
    assert_eq!(bench.batch(&[change("1", "a", true)]).await.status(), 200, "tracking goes on");
    let response = ask().await.unwrap();
    assert_eq!(response.status(), 503);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["type"], "RequestError");
    inject(FaultKind::Reset);
    assert!(ask().await.is_err());
    inject(FaultKind::Html);
    assert_eq!(ask().await.unwrap().headers()["content-type"], "text/html");
    assert_eq!(ask().await.unwrap().status(), 200, "each once");
}
