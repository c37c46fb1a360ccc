//! The App API: keys, budget, segments, membership.

use domain::time::Span;
use serde_json::{Value, json};
use server::sandbox::fault::Vendor;
use server::sandbox::world::{Churn, Person, SegmentState};

use super::Bench;

/// Segment 7 with `count` people.
async fn with_members(count: u32) -> Bench {
    let bench = Bench::new().await;
    fill(&bench, count);
    bench
}

fn fill(bench: &Bench, count: u32) {
    let world = &bench.sandbox.world;
    world.add_people(count);
    world.add_segment(7, "Cart abandoners", domain::time::Instant(0)).unwrap();
    let all: Vec<String> = (0..count).map(server::sandbox::world::cio_id).collect();
    world.set_members(7, all.iter().map(String::as_str)).unwrap();
}

fn cio_ids(page: &Value) -> Vec<&str> {
    let rows = page["identifiers"].as_array().unwrap();
    rows.iter().map(|row| row["cio_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn only_a_known_bearer_key_is_let_in() {
    let bench = with_members(1).await;
    let plain = || bench.http.get(bench.url("/v1/segments"));
    for request in [
        plain(),
        plain().bearer_auth("another-key"),
        plain().bearer_auth(""),
        plain().basic_auth("sandbox-app-key", Some("")),
        plain().header("Authorization", "sandbox-app-key"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["status"], "401");
        assert!(body["errors"][0]["detail"].is_string());
    }
}

#[tokio::test]
async fn one_budget_is_shared_and_a_second_frees_it() {
    let bench = Bench::with(|config| config.customerio_requests_per_second = 3).await;
    fill(&bench, 1);
    for path in ["/v1/segments", "/v1/segments/7", "/v1/segments/7/membership"] {
        assert_eq!(bench.get(path).send().await.unwrap().status(), 200);
    }
    let refused = bench.get("/v1/segments/7/customer_count").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(
        refused.text().await.unwrap(),
        r#"{"errors":[{"detail":"rate limited to 3 requests per 1s (reference a1b2c3)","status":"429"}]}"#
    );
    bench.clock.advance(Span::from_millis(999));
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 429);
    bench.clock.advance(Span::from_millis(1));
    assert_eq!(bench.get("/v1/segments").send().await.unwrap().status(), 200);
    assert_eq!(bench.sandbox.most_requests_in_a_second(Vendor::Customerio), 5);
}

#[tokio::test]
async fn a_daily_quota_tells_no_time() {
    let bench = Bench::with(|config| {
        config.customerio_requests_per_second = 0;
        config.modes.customerio_retry_after = false;
    })
    .await;
    let refused = bench.get("/v1/segments").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn segments_are_listed_without_the_archived() {
    let bench = with_members(3).await;
    let now = domain::time::Instant(0);
    bench.sandbox.world.add_segment(8, "🛒 سلة", now).unwrap();
    bench.sandbox.world.add_segment(9, "Old", now).unwrap();
    bench.sandbox.world.archive_segment(9, true).unwrap();
    bench.sandbox.world.set_segment_state(8, SegmentState::Build, Some(40)).unwrap();
    let list = bench.json("/v1/segments").await;
    let names: Vec<_> = list["segments"].as_array().unwrap().iter().map(|s| &s["name"]).collect();
    assert_eq!(names, ["Cart abandoners", "🛒 سلة"]);
    assert_eq!(list["segments"][0]["type"], "dynamic");
    assert_eq!(list["segments"][0]["state"], "finished");
    assert_eq!(list["segments"][0]["progress"], Value::Null);
    assert_eq!(list["segments"][1]["state"], "build");
    assert_eq!(list["segments"][1]["progress"], 40);
    let count = bench.json("/v1/segments/7/customer_count").await;
    assert_eq!(count, json!({"segment_id": 7, "count": 3}));
    assert_eq!(bench.json("/v1/segments/7").await["segment"]["id"], 7);
    assert!(bench.json("/v1/segments/7/used_by").await["used_by"]["campaigns"].is_array());
}

#[tokio::test]
async fn an_unknown_segment_answers_json_and_an_unknown_path_html() {
    let bench = with_members(1).await;
    for path in ["/v1/segments/99", "/v1/segments/99/membership", "/v1/segments/x/membership"] {
        let response = bench.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["status"], "404");
    }
    for path in ["/v1/segment", "/v2/segments", "/v1/segments/7/membership/", "/", "/v1/batch"] {
        let response = bench.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    }
}

#[tokio::test]
async fn manual_segments_are_made_and_deleted_and_twice_is_two() {
    let bench = with_members(1).await;
    let create = |body: Value| {
        let url = bench.url("/v1/segments");
        bench.http.post(url).bearer_auth("sandbox-app-key").json(&body).send()
    };
    let body = json!({"segment": {"name": "By hand"}});
    let first: Value = create(body.clone()).await.unwrap().json().await.unwrap();
    let second: Value = create(body).await.unwrap().json().await.unwrap();
    assert_eq!(first["segment"]["type"], "manual");
    assert_ne!(first["segment"]["id"], second["segment"]["id"]);
    assert_eq!(create(json!({"segment": {}})).await.unwrap().status(), 400);
    let delete = |id: &Value| {
        let url = bench.url(&format!("/v1/segments/{id}"));
        bench.http.delete(url).bearer_auth("sandbox-app-key").send()
    };
    assert_eq!(delete(&second["segment"]["id"]).await.unwrap().status(), 204);
    assert_eq!(delete(&second["segment"]["id"]).await.unwrap().status(), 404);
    assert_eq!(delete(&json!(7)).await.unwrap().status(), 400);
}

#[tokio::test]
async fn pages_follow_each_other_until_next_is_empty() {
    let bench = with_members(2_500).await;
    let first = bench.json("/v1/segments/7/membership").await;
    assert_eq!(cio_ids(&first).len(), 1_000);
    assert_eq!(first["segment_id"], 7);
    assert_eq!(
        first["identifiers"][0],
        json!({"cio_id": "a3000001", "id": "u-1", "email": "p1@example.com"})
    );
    assert_eq!(first["ids"][0], "u-1");
    let mut seen = cio_ids(&first).len();
    let mut next = first["next"].as_str().unwrap().to_owned();
    while !next.is_empty() {
        let query = [("start", next.as_str()), ("limit", "1000")];
        let page = bench.get("/v1/segments/7/membership").query(&query);
        let page: Value = page.send().await.unwrap().json().await.unwrap();
        seen += cio_ids(&page).len();
        next = page["next"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, 2_500);
}

#[tokio::test]
async fn a_page_that_ends_exactly_at_the_last_member_is_the_last() {
    let bench = with_members(1_000).await;
    let page = bench.json("/v1/segments/7/membership").await;
    assert_eq!(cio_ids(&page).len(), 1_000);
    assert_eq!(page["next"], "");
}

#[tokio::test]
async fn limits_and_cursors_out_of_range_are_refused() {
    let bench = with_members(1).await;
    assert_eq!(bench.json("/v1/segments/7/membership?limit=30000").await["next"], "");
    for query in [
        "limit=0",
        "limit=30001",
        "limit=-1",
        "limit=99999999999999999999999",
        "limit=%00",
        "start=nonsense",
        "start=%FF%FE",
        "start=MTo2MQ%3D%3D",
    ] {
        let path = format!("/v1/segments/7/membership?{query}");
        let response = bench.get(&path).send().await.unwrap();
        assert_eq!(response.status(), 400, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["status"], "400");
    }
}

#[tokio::test]
async fn an_empty_segment_answers_nulls() {
    let bench = with_members(0).await;
    assert_eq!(
        bench.json("/v1/segments/7/membership").await,
        json!({"segment_id": 7, "identifiers": null, "ids": null, "next": ""})
    );
}

#[tokio::test]
async fn people_without_names_have_nulls_and_an_empty_text_in_ids() {
    let bench = with_members(0).await;
    let world = &bench.sandbox.world;
    world.add_person(Person::new("a3000001").with("phone", "+14155550101"));
    world.add_person(Person::new("a3000002").with_id("u-\"2\"\n").with_email("é+1@example.com"));
    world.set_members(7, ["a3000001", "a3000002"]).unwrap();
    assert_eq!(
        bench.json("/v1/segments/7/membership").await,
        json!({
            "segment_id": 7,
            "identifiers": [
                {"cio_id": "a3000001", "id": null, "email": null},
                {"cio_id": "a3000002", "id": "u-\"2\"\n", "email": "é+1@example.com"}
            ],
            "ids": ["", "u-\"2\"\n"],
            "next": ""
        })
    );
}

#[tokio::test]
async fn an_empty_page_may_still_have_a_next() {
    let bench = with_members(2).await;
    bench.sandbox.world.answer_empty_pages(7, 1).unwrap();
    let empty = bench.json("/v1/segments/7/membership").await;
    assert_eq!(empty["identifiers"], json!([]));
    let next = empty["next"].as_str().unwrap();
    assert!(!next.is_empty());
    let query = [("start", next)];
    let page = bench.get("/v1/segments/7/membership").query(&query).send().await.unwrap();
    assert_eq!(cio_ids(&page.json().await.unwrap()), ["a3000001", "a3000002"]);
}

#[tokio::test]
async fn who_enters_behind_the_cursor_is_missed() {
    let bench = with_members(5).await;
    bench.sandbox.world.leave(7, "a3000001").unwrap();
    let churn = Churn { join: vec!["a3000001".into()], leave: vec!["a3000004".into()] };
    bench.sandbox.world.after_next_page(7, churn).unwrap();
    let first = bench.json("/v1/segments/7/membership?limit=2").await;
    assert_eq!(cio_ids(&first), ["a3000002", "a3000003"]);
    let query = [("start", first["next"].as_str().unwrap())];
    let second = bench.get("/v1/segments/7/membership").query(&query).send().await.unwrap();
    assert_eq!(cio_ids(&second.json().await.unwrap()), ["a3000005"]);
    let again = bench.json("/v1/segments/7/membership").await;
    assert_eq!(cio_ids(&again), ["a3000001", "a3000002", "a3000003", "a3000005"]);
}

#[tokio::test]
async fn rows_are_stale_while_a_segment_is_built() {
    let bench = with_members(2).await;
    bench.sandbox.world.set_segment_state(7, SegmentState::Build, Some(10)).unwrap();
    bench.sandbox.world.leave(7, "a3000001").unwrap();
    let stale = bench.json("/v1/segments/7/membership").await;
    assert_eq!(cio_ids(&stale), ["a3000001", "a3000002"]);
    bench.sandbox.world.set_segment_state(7, SegmentState::Finished, None).unwrap();
    let fresh = bench.json("/v1/segments/7/membership").await;
    assert_eq!(cio_ids(&fresh), ["a3000002"]);
}
