//! Segment's Public API, as strict as its SDKs say.

use domain::time::{Clock as _, Span};
use serde_json::Value;

use super::Bench;

async fn ask(bench: &Bench, path: &str, token: &str) -> (u16, Value) {
    let answer = bench.http.get(bench.url(path)).bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn good(bench: &Bench, path: &str) -> Value {
    let (status, body) = ask(bench, path, "sandbox-public-token").await;
    assert_eq!(status, 200, "{path}: {body}");
    body["data"].clone()
}

#[tokio::test]
async fn only_a_bearer_with_the_token_is_let_in() {
    let bench = Bench::new().await;
    let (status, body) = ask(&bench, "/sources", "sandbox-app-key").await;
    assert_eq!((status, &body["errors"][0]["type"]), (401, &Value::from("RequestError")));
    let basic = bench.http.get(bench.url("/sources")).basic_auth("sandbox-public-token", Some(""));
    assert_eq!(basic.send().await.unwrap().status(), 401);
    let sources = good(&bench, "/sources").await;
    assert_eq!(sources["sources"][0]["writeKeys"][0], "sandbox-write-key");
}

#[tokio::test]
async fn lists_are_paged_by_a_cursor_of_its_own() {
    let bench = Bench::new().await;
    let path = "/sources/sandbox-source/connected-destinations";
    let (mut names, mut cursor) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page = good(&bench, &format!("{path}?pagination[count]=3{cursor}")).await;
        let rows = page["destinations"].as_array().unwrap();
        assert!(rows.len() <= 3);
        names.extend(rows.iter().map(|row| row["metadata"]["name"].as_str().unwrap().to_owned()));
        match page["pagination"]["next"].as_str() {
            Some(next) => cursor = format!("&pagination[cursor]={next}"),
            None => break,
        }
    }
    assert_eq!(names.len(), 7);
    assert!(names.contains(&"TikTok Audiences".to_owned()), "{names:?}");
    for bad in [
        "pagination[count]=0",
        "pagination[count]=1001",
        "pagination[count]=3&pagination[cursor]=x",
    ] {
        let (status, _) = ask(&bench, &format!("{path}?{bad}"), "sandbox-public-token").await;
        assert_eq!(status, 400, "{bad}");
    }
    let (status, _) =
        ask(&bench, "/sources/other/connected-destinations", "sandbox-public-token").await;
    assert_eq!(status, 404);
    let (status, _) = ask(&bench, "/violations", "sandbox-public-token").await;
    assert_eq!(status, 404, "Segment has no such endpoint");
}

#[tokio::test]
async fn a_limit_a_minute_says_when_the_next_call_is_taken() {
    let bench = Bench::with(|config| config.public_calls_a_minute = 2).await;
    good(&bench, "/sources").await;
    bench.clock.advance(Span::from_seconds(10));
    good(&bench, "/sources").await;
    let (status, body) = ask(&bench, "/sources", "sandbox-public-token").await;
    assert_eq!(status, 429);
    assert_eq!(body["errors"][0]["data"]["msBeforeNext"], 50_000);
    good(&bench, "/sources/sandbox-source/connected-destinations").await;
    bench.clock.advance(Span::from_seconds(50));
    good(&bench, "/sources").await;
}

#[tokio::test]
async fn what_arrived_is_counted_late_and_by_its_mark_alone() {
    let bench = Bench::new().await;
    let mut marked = super::change("m-1", "u-1", true);
    marked["context"]["app"] = serde_json::json!({"version": "mark-1"});
    marked["integrations"] = serde_json::json!({"All": false, "TikTok Audiences": true});
    assert_eq!(bench.batch(&[marked, super::change("m-2", "u-2", true)]).await.status(), 200);
    let sent = "2026-11-23T";
    let range = format!("startTime={sent}19:58:00Z&endTime={sent}23:00:00Z");
    let volume = async || {
        let path = format!("/events/volume?granularity=MINUTE&appVersion[]=mark-1&{range}");
        let data = good(&bench, &path).await;
        data["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["total"].as_u64().unwrap())
            .sum::<u64>()
    };
    let delivered = async |destination: &str| {
        let path = format!(
            "/delivery-overview/successful-delivery?sourceId=sandbox-source&destinationConfigId={destination}&granularity=minute&groupBy=appVersion&pagination[count]=10&{range}"
        );
        good(&bench, &path).await["total"].as_u64().unwrap()
    };
    assert_eq!((volume().await, delivered("dest-tiktok").await), (0, 0));
    bench.clock.advance(Span::from_seconds(61));
    assert_eq!((volume().await, delivered("dest-tiktok").await), (1, 0));
    bench.clock.advance(Span::from_minutes(4));
    assert_eq!((volume().await, delivered("dest-tiktok").await), (1, 1));
    assert_eq!(delivered("dest-meta").await, 0, "it didn't name that one");
    let long = format!(
        "/events/volume?granularity=MINUTE&startTime={sent}00:00:00Z&endTime={sent}05:00:00Z"
    );
    assert_eq!(ask(&bench, &long, "sandbox-public-token").await.0, 400);
}

#[tokio::test]
async fn what_came_is_counted_by_its_kind_and_late() {
    let bench = Bench::new().await;
    bench.batch(&[super::change("1", "a", true), super::change("2", "b", true)]).await;
    let page = serde_json::json!({"type": "page", "userId": "a", "messageId": "3"});
    assert_eq!(bench.batch(&[page]).await.status(), 200);
    let now = || bench.clock.now();
    let from = now();
    bench.clock.advance(Span::from_seconds(30));
    let ask = async |groups: &str| {
        let (start, end) = (from.to_iso(), now().to_iso());
        let range = format!("startTime={start}&endTime={end}").replace('+', "%2B");
        let path = format!("/events/volume?granularity=HOUR&{range}{groups}");
        ask(&bench, &path, "sandbox-public-token").await
    };
    let kinds = "&groupBy[]=eventType&groupBy[]=eventName";
    assert_eq!(ask(kinds).await.1["data"]["result"], serde_json::json!([]), "not counted yet");
    bench.clock.advance(Span::from_seconds(31));
    let rows = ask(kinds).await.1["data"]["result"].clone();
    assert_eq!(
        rows,
        serde_json::json!([
            {"eventType": "track", "eventName": "Audience Entered", "total": 2, "series": []},
            {"eventType": "page", "total": 1, "series": []},
        ])
    );
    assert_eq!(ask("&groupBy[]=source").await.0, 400);
    let other = ask(&format!("{kinds}&sourceId[]=other")).await.1;
    assert_eq!(other["data"]["result"], serde_json::json!([]));
}
