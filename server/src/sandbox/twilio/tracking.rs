//! The edge of the tracking API: `/v1/{identify,track,page,screen,group,alias,batch}`.
//!
//! It says 200 to everything that is JSON of the right size with something like a write
//! key, and tells nobody what it drops; [`super::platform`] keeps the reasons.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::time::Instant;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::message::{self, DropReason, Envelope, Kind};
use crate::sandbox::Shared;
use crate::sandbox::fault::Vendor;
use crate::sandbox::modes::OversizedBatch;

/// The largest batch, in bytes.
pub const MAXIMUM_BATCH: usize = 512_000;
/// The largest message, in bytes.
pub const MAXIMUM_MESSAGE: usize = 32_768;
/// The most messages of a batch.
pub const MAXIMUM_COUNT: usize = 2_500;
/// Shorter write keys are refused at once.
const SHORTEST_WRITE_KEY: usize = 8;
/// What is read of a body before it counts as endless.
const READ_LIMIT: usize = 16 * 1024 * 1024;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow, rename = "batch")]
    items: Vec<&'a RawValue>,
    #[serde(default, rename = "writeKey")]
    write_key: Option<Value>,
    #[serde(default, rename = "sentAt")]
    sent_at: Option<Value>,
    #[serde(default)]
    context: Option<Value>,
    #[serde(default)]
    integrations: Option<Value>,
}

pub(super) async fn batch(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = match receive(&shared, &headers, body, MAXIMUM_BATCH).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let now = shared.clock.now();
    let batch: Batch<'_> = match serde_json::from_slice(&body) {
        Ok(batch) => batch,
        Err(error) => return not_a_batch(&shared, &headers, now, &body, &error),
    };
    let fate = match fate(&shared, &headers, batch.write_key.as_ref()) {
        Ok(fate) => fate,
        Err(refused) => return refused.into_response(),
    };
    if batch.items.iter().any(|item| item.get().len() > MAXIMUM_MESSAGE) {
        return refuse("Exceed payload limit");
    }
    shared.events().see(shared.pace.now(), batch.items.len());
    let taken = match shared.modes().oversized_batch {
        _ if batch.items.len() <= MAXIMUM_COUNT => batch.items.len(),
        OversizedBatch::DropAll => 0,
        OversizedBatch::DropExcess => MAXIMUM_COUNT,
    };
    let envelope = Envelope {
        received_at: now,
        sent_at: batch.sent_at.as_ref().and_then(message::instant),
        context: object(batch.context),
        integrations: object(batch.integrations),
    };
    let read = |(position, item): (usize, &&RawValue)| {
        if let Some(reason) = fate {
            return Err(reason);
        }
        if position >= taken {
            return Err(DropReason::TooManyInBatch);
        }
        let value: Value = item.get().parse().map_err(|_| DropReason::Malformed)?;
        message::read(&value, None, &envelope)
    };
    // Read all before the lock is taken: parsing is the slow part.
    let messages: Vec<_> =
        batch.items.iter().enumerate().map(|pair| (pair.1.get(), read(pair))).collect();
    shared.platform.take(now, messages);
    success()
}

pub(super) async fn single(
    kind: Kind,
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = match receive(&shared, &headers, body, MAXIMUM_MESSAGE).await {
        Ok(body) => body,
        Err(refused) => return refused.into_response(),
    };
    let now = shared.clock.now();
    let text = std::str::from_utf8(&body).ok();
    let Some((text, value)) = text.and_then(|text| Some((text, text.parse::<Value>().ok()?)))
    else {
        return refuse("Bad Request");
    };
    let fate = match fate(&shared, &headers, value.get("writeKey")) {
        Ok(fate) => fate,
        Err(refused) => return refused.into_response(),
    };
    let envelope = Envelope {
        received_at: now,
        sent_at: value.get("sentAt").and_then(message::instant),
        ..Envelope::default()
    };
    let read = match fate {
        Some(reason) => Err(reason),
        None => message::read(&value, Some(kind), &envelope),
    };
    shared.platform.take(now, [(text, read)]);
    success()
}

/// Rate, content type and size; the body where they are right.
async fn receive(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
    maximum: usize,
) -> Result<bytes::Bytes, Refusal> {
    let granted = shared.traffic(Vendor::Tracking).budget.take(shared.pace.now());
    let Ok(body) = axum::body::to_bytes(body, READ_LIMIT).await else {
        return Err(Refusal::Bad("Exceed payload limit"));
    };
    if !granted {
        return Err(Refusal::TooMany { tells_when: shared.modes().tracking_retry_after });
    }
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !json {
        return Err(Refusal::Bad("Content-Type must be application/json"));
    }
    if body.len() > maximum {
        return Err(Refusal::Bad("Exceed payload limit"));
    }
    Ok(body)
}

/// Valid JSON that is no batch is taken and lost; anything else is refused.
fn not_a_batch(
    shared: &Shared,
    headers: &HeaderMap,
    now: Instant,
    body: &[u8],
    error: &serde_json::Error,
) -> Response {
    let value = std::str::from_utf8(body).ok().and_then(|text| text.parse::<Value>().ok());
    let Some(value) = value.filter(|_| error.is_data()) else { return refuse("Bad Request") };
    match fate(shared, headers, value.get("writeKey")) {
        Err(refused) => refused.into_response(),
        Ok(fate) => {
            let reason = fate.unwrap_or(DropReason::Malformed);
            let text = String::from_utf8_lossy(body);
            shared.platform.take(now, [(&*text, Err(reason))]);
            success()
        }
    }
}

/// What becomes of the messages of this write key: refused, dropped for a reason, or read.
fn fate(
    shared: &Shared,
    headers: &HeaderMap,
    in_body: Option<&Value>,
) -> Result<Option<DropReason>, Refusal> {
    let key = basic_user(headers).or_else(|| in_body.and_then(Value::as_str).map(str::to_owned));
    let key = key.unwrap_or_default();
    if key.len() < SHORTEST_WRITE_KEY {
        return Err(Refusal::Bad("Invalid write key"));
    }
    let config = &shared.config;
    if config.write_keys.contains(&key) {
        Ok(None)
    } else if config.other_region_write_keys.contains(&key) {
        Ok(Some(DropReason::WrongRegion))
    } else {
        Ok(Some(DropReason::UnknownWriteKey))
    }
}

fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(value.strip_prefix("Basic ")?.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, _)| user.to_owned())
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn success() -> Response {
    Json(json!({"success": true})).into_response()
}

fn refuse(message: &'static str) -> Response {
    Refusal::Bad(message).into_response()
}

/// The only answers that aren't a success.
enum Refusal {
    Bad(&'static str),
    TooMany { tells_when: bool },
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Bad(message) => (StatusCode::BAD_REQUEST, message),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"),
        };
        let body = Json(json!({"success": false, "message": message}));
        let mut response = (status, body).into_response();
        if matches!(self, Self::TooMany { tells_when: true }) {
            let one = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, one.clone());
            response.headers_mut().insert("X-RateLimit-Reset", one);
        }
        response
    }
}
