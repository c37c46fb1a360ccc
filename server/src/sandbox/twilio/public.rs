//! The stand-in for Segment's Public API: the workspace, one source, and what is behind it.
//!
//! It keeps what Segment's SDKs say: a bearer token, `{"data": ...}`, pages of 1 to 1,000 by an
//! opaque cursor, `{"errors": [...]}`, and a limit of calls a minute whose 429 says when the
//! next one is taken. There is no endpoint for violations, as there is none in Segment.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::time::{Instant, Span};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::message;
use crate::sandbox::Shared;

/// Calls a minute of one endpoint. Segment publishes the number of few of them.
pub const CALLS_A_MINUTE: usize = 200;

/// The longest range that is counted by the minute.
const MOST_MINUTES: Span = Span::from_hours(4);

/// The only source of the workspace.
pub const SOURCE: &str = "sandbox-source";

/// What is behind it: its id, what the workspace calls it, its catalogue name, whether it is on.
const DESTINATIONS: [(&str, &str, &str, bool); 7] = [
    ("dest-meta", "Meta, prospecting", "Facebook Custom Audiences", true),
    ("dest-capi", "Meta, server events", "Facebook Conversions API (Actions)", true),
    ("dest-google", "Google Ads", "Google Ads Customer Match", true),
    ("dest-tiktok", "TikTok", "TikTok Audiences", true),
    ("dest-ga4", "Analytics", "Google Analytics 4 Web", true),
    ("dest-warehouse", "", "Warehouse", true),
    ("dest-braze", "Former messenger", "Braze", false),
];

/// What a query asks, by name.
pub(super) type Asked = HashMap<String, String>;

/// Who called which endpoint when, in the last minute.
#[derive(Debug, Default)]
pub struct Calls(HashMap<String, VecDeque<Instant>>);

impl Calls {
    /// Takes a call: how many that makes, or how long to wait.
    fn take(&mut self, endpoint: String, now: Instant, most: usize) -> Result<usize, Span> {
        let calls = self.0.entry(endpoint).or_default();
        let minute = Span::from_minutes(1);
        while calls.front().is_some_and(|first| now.since(*first) >= minute) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= most => Err(Span(minute.0 - now.since(*first).0)),
            _ => {
                calls.push_back(now);
                Ok(calls.len())
            }
        }
    }
}

/// Lets nobody in without a token, and nobody too often.
pub(super) async fn pass(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if !knows(&shared, request.headers()) {
        return refuse(StatusCode::UNAUTHORIZED, "RequestError", "Unauthorized");
    }
    let most = shared.config.public_calls_a_minute;
    let taken = shared.public().take(request.uri().path().to_owned(), shared.pace.now(), most);
    let consumed = match taken {
        Ok(consumed) => consumed,
        Err(wait) => {
            let data = json!({
                "remainingPoints": 0,
                "msBeforeNext": wait.millis(),
                "consumedPoints": most + 1,
            });
            let error =
                json!({"type": "RequestError", "message": "Too many requests", "data": data});
            let body = Json(json!({ "errors": [error] }));
            return (StatusCode::TOO_MANY_REQUESTS, body).into_response();
        }
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("X-RateLimit-Consumed", consumed.into());
    headers.insert("X-RateLimit-Remaining", (most - consumed).into());
    response
}

fn knows(shared: &Shared, headers: &HeaderMap) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    token.is_some_and(|token| shared.config.public_tokens.iter().any(|known| known == token))
}

pub(super) async fn sources(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Response {
    let source = json!({
        "id": SOURCE,
        "slug": "storefront",
        "name": "Storefront",
        "workspaceId": "sandbox-workspace",
        "enabled": true,
        "writeKeys": shared.config.write_keys,
        "metadata": {"id": "http", "slug": "http-api", "name": "HTTP API"},
        "settings": {},
        "labels": [],
    });
    page("sources", vec![source], &asked)
}

pub(super) async fn connected(Path(source): Path<String>, Query(asked): Query<Asked>) -> Response {
    if source != SOURCE {
        return refuse(StatusCode::NOT_FOUND, "NotFound", "There is no such source");
    }
    let rows = DESTINATIONS
        .iter()
        .map(|(id, name, catalog, enabled)| {
            json!({
                "id": id,
                "name": name,
                "enabled": enabled,
                "sourceId": SOURCE,
                "settings": {},
                "metadata": {"id": format!("catalog-{id}"), "name": catalog},
            })
        })
        .collect();
    page("destinations", rows, &asked)
}

/// Events of our source; the newest minute isn't counted yet.
pub(super) async fn volume(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    Query(all): Query<Vec<(String, String)>>,
) -> Response {
    let text = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    if !matches!(text("granularity"), "DAY" | "HOUR" | "MINUTE") {
        return bad("granularity", "DAY, HOUR or MINUTE");
    }
    let Some((from, until)) = range(&asked) else {
        return bad("startTime", "two times in ISO 8601, at most 4 hours apart");
    };
    let until = until.min(shared.clock.now().minus(shared.config.public_lags.0));
    let mut groups: Vec<&str> = all
        .iter()
        .filter(|(name, _)| name == "groupBy[]")
        .map(|(_, group)| group.as_str())
        .collect();
    groups.sort_unstable();
    let result = match (text("sourceId[]"), groups.as_slice()) {
        ("" | SOURCE, []) => by_version(&shared, text("appVersion[]"), from, until),
        ("" | SOURCE, ["eventName", "eventType"]) => by_kind(&shared, from, until),
        (_, [] | ["eventName", "eventType"]) => Vec::new(),
        _ => return bad("groupBy", "here only eventName with eventType, or nothing"),
    };
    let pagination = json!({"current": cursor(0), "next": null, "previous": null});
    let data = json!({"path": "/events/volume", "result": result, "pagination": pagination});
    Json(json!({ "data": data })).into_response()
}

fn by_version(shared: &Shared, version: &str, from: Instant, until: Instant) -> Vec<Value> {
    match shared.platform.count(version, None, from, until) {
        0 => Vec::new(),
        total => vec![json!({"total": total, "series": []})],
    }
}

fn by_kind(shared: &Shared, from: Instant, until: Instant) -> Vec<Value> {
    let row = |((kind, event), total): ((message::Kind, Option<String>), u64)| {
        let mut row = json!({"eventType": kind.name(), "total": total, "series": []});
        if let Some(event) = event {
            row["eventName"] = event.into();
        }
        row
    };
    shared.platform.kinds(from, until).into_iter().map(row).collect()
}

/// What was delivered to a destination, by the version of the app; five minutes late.
pub(super) async fn delivered(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Response {
    let text = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    if text("sourceId") != SOURCE {
        return bad("sourceId", "a source of the workspace");
    }
    let known = DESTINATIONS.iter().find(|(id, ..)| *id == text("destinationConfigId"));
    let Some((_, _, catalog, enabled)) = known else {
        return bad("destinationConfigId", "a destination of the source");
    };
    // The SDKs disagree about the letters.
    if !matches!(text("granularity").to_lowercase().as_str(), "day" | "hour" | "minute") {
        return bad("granularity", "day, hour or minute");
    }
    if text("groupBy") != "appVersion" || !asked.contains_key("pagination[count]") {
        return bad("groupBy", "here only appVersion, and always with pagination");
    }
    let Some((from, until)) = range(&asked) else {
        return bad("startTime", "two times in ISO 8601, at most 4 hours apart");
    };
    let until = until.min(shared.clock.now().minus(shared.config.public_lags.1));
    let versions = if *enabled { shared.platform.app_versions() } else { Vec::new() };
    let dataset: Vec<Value> = versions
        .into_iter()
        .map(|version| (shared.platform.count(&version, Some(catalog), from, until), version))
        .filter(|(total, _)| *total > 0)
        .map(|(total, version)| json!({"appVersion": version, "total": total, "series": []}))
        .collect();
    let total: u64 = dataset.iter().filter_map(|row| row["total"].as_u64()).sum();
    let pagination = json!({"current": cursor(0), "next": null, "previous": null});
    let data = json!({"total": total, "dataset": dataset, "pagination": pagination});
    Json(json!({ "data": data })).into_response()
}

/// The two times of a query; minutes go over 4 hours at most.
fn range(asked: &Asked) -> Option<(Instant, Instant)> {
    let time = |name: &str| message::instant(&Value::from(asked.get(name)?.as_str()));
    let (from, until) = (time("startTime")?, time("endTime")?);
    let minutes = asked.get("granularity").is_some_and(|text| text.eq_ignore_ascii_case("minute"));
    let fits = until >= from && (!minutes || until.since(from) <= MOST_MINUTES);
    fits.then_some((from, until))
}

/// A page of a list, as the query asks; the cursor is nobody's business.
pub(super) fn page(name: &str, rows: Vec<Value>, asked: &Asked) -> Response {
    let count = match asked.get("pagination[count]").map(|text| text.parse::<usize>()) {
        Some(Ok(count @ 1..=1_000)) => count,
        None if !asked.contains_key("pagination[cursor]") => 100,
        _ => return bad("pagination.count", "a whole number from 1 to 1000"),
    };
    let from = match asked.get("pagination[cursor]").map(|text| position(text)) {
        None => 0,
        Some(Some(from)) if from <= rows.len() => from,
        Some(_) => return bad("pagination.cursor", "no cursor of ours"),
    };
    let total = rows.len();
    let until = (from + count).min(total);
    let next = (until < total).then(|| cursor(until));
    let rows: Vec<Value> = rows.into_iter().skip(from).take(count).collect();
    let previous = (from > 0).then(|| cursor(from.saturating_sub(count)));
    let pagination = json!({
        "current": cursor(from), "next": next, "previous": previous, "totalEntries": total,
    });
    Json(json!({"data": {name: rows, "pagination": pagination}})).into_response()
}

fn cursor(position: usize) -> String {
    STANDARD.encode(format!("at:{position}"))
}

fn position(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("at:")?.parse().ok()
}

pub(super) fn bad(field: &str, message: &str) -> Response {
    let error = json!({"type": "RequestError", "message": message, "field": field, "status": 400});
    (StatusCode::BAD_REQUEST, Json(json!({ "errors": [error] }))).into_response()
}

pub(super) fn refuse(status: StatusCode, kind: &str, message: &str) -> Response {
    let error = json!({"type": kind, "message": message, "status": status.as_u16()});
    (status, Json(json!({ "errors": [error] }))).into_response()
}
