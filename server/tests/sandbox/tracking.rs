//! The tracking edge and what arrives behind it.

use domain::time::{Instant, Span};
use serde_json::{Value, json};
use server::sandbox::modes::OversizedBatch;
use server::sandbox::twilio::message::DropReason;

use super::{Bench, change};

#[tokio::test]
async fn entries_and_exits_become_members() {
    let bench = Bench::new().await;
    let response = bench.batch(&[change("1", "a", true), change("2", "b", true)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), r#"{"success":true}"#);
    assert_eq!(bench.members(), ["a", "b"]);
    bench.batch(&[change("3", "a", false)]).await;
    assert_eq!(bench.members(), ["b"]);
    let message = bench.sandbox.platform.message("3").unwrap();
    assert_eq!(message.event.as_deref(), Some("Audience Exited"));
    assert_eq!(message.entered, Some(false));
    assert_eq!(message.sequence, 2);
}

#[tokio::test]
async fn a_destination_that_is_not_named_hears_nothing() {
    let bench = Bench::new().await;
    let mut other = change("1", "a", true);
    other["integrations"] = json!({"All": false, "Other": true, "Ads": false});
    bench.batch(&[other]).await;
    assert!(bench.members().is_empty());
    assert_eq!(bench.sandbox.platform.members("Other", "vip").len(), 1);
}

#[tokio::test]
async fn without_all_false_every_known_destination_hears_it() {
    let bench = Bench::new().await;
    bench.batch(&[change("1", "a", true)]).await;
    let mut spilled = change("2", "b", true);
    spilled["integrations"] = json!({"Other": true});
    bench.batch(&[spilled]).await;
    assert_eq!(bench.members(), ["a", "b"]);
    assert_eq!(bench.sandbox.platform.counts().everywhere, 1);
}

#[tokio::test]
async fn a_known_id_changes_nothing_for_a_day_whatever_its_source() {
    let bench = Bench::with(|config| config.write_keys.push("another-source".into())).await;
    bench.batch(&[change("1", "a", true)]).await;
    bench.batch(&[change("2", "a", false)]).await;
    bench.clock.advance(Span::from_hours(24).minus_one());
    let again = json!({"batch": [change("1", "a", true)], "writeKey": "another-source"});
    bench.http.post(bench.url("/v1/batch")).json(&again).send().await.unwrap();
    assert!(bench.members().is_empty());
    assert_eq!(bench.sandbox.platform.message("1").unwrap().times, 2);
    bench.clock.advance(Span(1));
    bench.batch(&[change("1", "a", true)]).await;
    assert_eq!(bench.members(), ["a"]);
    let counts = bench.sandbox.platform.counts();
    assert_eq!((counts.received, counts.unique, counts.duplicate), (4, 3, 1));
    assert_eq!(counts.differing, 0);
}

#[tokio::test]
async fn the_same_id_with_other_bytes_is_told() {
    let bench = Bench::new().await;
    bench.batch(&[change("1", "a", true)]).await;
    bench.batch(&[change("1", "b", true)]).await;
    assert_eq!(bench.members(), ["a"]);
    assert_eq!(bench.sandbox.platform.counts().differing, 1);
    assert!(bench.sandbox.platform.payload("1").unwrap().contains(r#""userId":"a""#));
}

#[tokio::test]
async fn an_id_is_made_up_where_there_is_none() {
    let bench = Bench::new().await;
    let mut item = change("1", "a", true);
    item.as_object_mut().unwrap().remove("messageId");
    bench.batch(&[item.clone(), item]).await;
    assert_eq!(bench.sandbox.platform.counts().unique, 2);
}

#[tokio::test]
async fn an_unknown_key_is_told_success_and_loses_everything() {
    let bench = Bench::new().await;
    for (key, reason) in [
        ("nobody-has-this-key", DropReason::UnknownWriteKey),
        ("sandbox-eu-write-key", DropReason::WrongRegion),
    ] {
        let body = json!({"batch": [change("1", "a", true)], "writeKey": key});
        let response = bench.http.post(bench.url("/v1/batch")).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(bench.sandbox.platform.counts().dropped[&reason], 1);
    }
    assert!(bench.members().is_empty());
    // What was dropped is not remembered: the same id with a good key arrives.
    bench.batch(&[change("1", "a", true)]).await;
    assert_eq!(bench.members(), ["a"]);
}

#[tokio::test]
async fn an_empty_or_very_short_key_is_refused() {
    let bench = Bench::new().await;
    for key in ["", "abc123"] {
        let body = json!({"batch": [change("1", "a", true)], "writeKey": key});
        let response = bench.http.post(bench.url("/v1/batch")).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 400);
        let response = bench.http.post(bench.url("/v1/track")).basic_auth(key, Some(""));
        let response = response.json(&change("1", "a", true)).send().await.unwrap();
        assert_eq!(response.status(), 400);
    }
    assert_eq!(bench.sandbox.platform.counts().received, 0);
}

#[tokio::test]
async fn a_bad_item_does_not_fail_the_rest() {
    let bench = Bench::new().await;
    let nobody = json!({"type": "track", "event": "x", "messageId": "2"});
    let response = bench.batch(&[change("1", "a", true), nobody, json!(null)]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(bench.members(), ["a"]);
    let dropped = bench.sandbox.platform.dropped();
    assert_eq!(dropped[0].reason, DropReason::NoUserAnonId);
    assert_eq!(dropped[1].reason, DropReason::Malformed);
}

#[tokio::test]
async fn a_string_true_decides_nothing() {
    let bench = Bench::new().await;
    let mut item = change("1", "a", true);
    item["properties"]["vip"] = json!("true");
    bench.batch(&[item]).await;
    assert!(bench.members().is_empty());
    assert_eq!(bench.sandbox.platform.counts().undecided, 1);
}

#[tokio::test]
async fn identify_and_anonymous_people_count_too() {
    let bench = Bench::new().await;
    let body = json!({
        "anonymousId": "a3000001",
        "traits": {"vip": true},
        "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
        "integrations": {"All": false, "Ads": {"setting": 1}}
    });
    let response = bench.post("/v1/identify").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(bench.members(), ["a3000001"]);
}

#[tokio::test]
async fn size_is_measured_in_bytes_of_utf8() {
    let bench = Bench::new().await;
    let mut item = change("1", "a", true);
    // 11,000 characters of three bytes each: over the limit only when counted in bytes.
    item["properties"]["note"] = json!("€".repeat(11_000));
    assert_eq!(bench.batch(&[item.clone()]).await.status(), 400);
    assert_eq!(bench.post("/v1/track").json(&item).send().await.unwrap().status(), 400);
    item["properties"]["note"] = json!("e".repeat(11_000));
    assert_eq!(bench.batch(&[item.clone()]).await.status(), 200);
    assert_eq!(bench.sandbox.platform.counts().received, 1);
}

#[tokio::test]
async fn a_batch_has_at_most_512_000_bytes() {
    let bench = Bench::new().await;
    let body = |length: usize| {
        let body = json!({"batch": [change("1", "a", true)], "sentAt": "x"}).to_string();
        // Blanks between the members are bytes as well.
        format!("{}{}", " ".repeat(length - body.len()), body)
    };
    let send = |body: String| {
        bench.post("/v1/batch").header("Content-Type", "application/json").body(body).send()
    };
    let refused = send(body(512_001)).await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("Exceed payload limit"));
    assert!(bench.members().is_empty());
    assert_eq!(send(body(512_000)).await.unwrap().status(), 200);
    assert_eq!(bench.members(), ["a"]);
}

#[tokio::test]
async fn more_than_2_500_messages_are_answered_200_and_lost() {
    let small =
        |number: usize| json!({"type": "track", "event": "x", "userId": number.to_string()});
    let batch: Vec<Value> = (0..2_501).map(small).collect();
    for (mode, arrived) in [(OversizedBatch::DropAll, 0), (OversizedBatch::DropExcess, 2_500)] {
        let bench = Bench::with(|config| config.modes.oversized_batch = mode).await;
        assert_eq!(bench.batch(&batch).await.status(), 200);
        let counts = bench.sandbox.platform.counts();
        assert_eq!(counts.unique, arrived);
        assert_eq!(counts.dropped[&DropReason::TooManyInBatch], 2_501 - arrived);
        assert_eq!(bench.batch(&batch[..2_500]).await.status(), 200);
        assert_eq!(bench.sandbox.platform.counts().unique, arrived + 2_500);
    }
}

#[tokio::test]
async fn bad_json_and_other_content_are_refused() {
    let bench = Bench::new().await;
    let send = |kind: &'static str, body: &'static [u8]| {
        bench.post("/v1/batch").header("Content-Type", kind).body(body).send()
    };
    for body in [
        &b""[..],
        b"{",
        b"{\"batch\":[{}",
        b"{\"batch\":[]} trailing",
        b"\0",
        b"{\"batch\":[\"\xff\xfe\"]}",
        b"{\"batch\":[1e999999]}",
    ] {
        let status = send("application/json", body).await.unwrap().status();
        let text = String::from_utf8_lossy(body);
        // A number that is too large is JSON all the same; what isn't JSON is refused.
        let expected = if text.contains("1e999999") { 200 } else { 400 };
        assert_eq!(status, expected, "{text}");
    }
    assert_eq!(send("text/plain", b"{\"batch\":[]}").await.unwrap().status(), 400);
    let deep = format!("{{\"batch\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let request = bench.post("/v1/batch").header("Content-Type", "application/json");
    assert_eq!(request.body(deep).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn json_of_another_shape_is_answered_200_and_lost() {
    let bench = Bench::new().await;
    for body in [json!([]), json!("x"), json!({}), json!({"batch": 5}), json!({"batch": null})] {
        let response = bench.post("/v1/batch").json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
    }
    assert_eq!(bench.sandbox.platform.counts().dropped[&DropReason::Malformed], 5);
}

#[tokio::test]
async fn context_of_the_batch_goes_under_each_item_and_the_clock_is_corrected() {
    let bench = Bench::new().await;
    let body = json!({
        "batch": [{
            "type": "track", "event": "Audience Entered", "userId": "a", "messageId": "1",
            "timestamp": "2026-11-23T20:00:00Z", "properties": {"vip": true}
        }],
        "sentAt": "2026-11-23T20:00:07Z",
        "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
        "integrations": {"All": false, "Ads": true}
    });
    bench.post("/v1/batch").json(&body).send().await.unwrap();
    assert_eq!(bench.members(), ["a"]);
    let message = bench.sandbox.platform.message("1").unwrap();
    assert_eq!(message.timestamp, message.received_at.minus(Span::from_seconds(7)));
}

#[tokio::test]
async fn the_edge_has_a_budget_with_two_headers() {
    for headers in [true, false] {
        let bench = Bench::with(|config| {
            config.tracking_requests_per_second = 1;
            config.modes.tracking_retry_after = headers;
        })
        .await;
        assert_eq!(bench.batch(&[]).await.status(), 200);
        let refused = bench.batch(&[change("1", "a", true)]).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers().contains_key("retry-after"), headers);
        assert_eq!(refused.headers().contains_key("x-ratelimit-reset"), headers);
        assert!(bench.members().is_empty());
    }
}

trait MinusOne {
    fn minus_one(self) -> Self;
}

impl MinusOne for Span {
    /// One microsecond less.
    fn minus_one(self) -> Self {
        Instant(self.0).since(Instant(1))
    }
}
