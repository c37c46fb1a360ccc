//! The entrances for events: Customer.io's webhooks, and `/v1` for Segment's libraries.
//!
//! What a call is worth is decided by [`EventService`]; here are its limits and its answers. An
//! answer says what to do about it, and nothing of what the caller sent.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{
    Error,
    events::{
        Origin,
        ingest::Kind,
        port::Kept,
        service::{EventService, Refusal, Signed},
    },
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::{Value, json};
use tower::ServiceBuilder;
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

/// The largest call: no webhook of Customer.io's comes near it, and no batch may be larger.
const LARGEST_CALL: usize = 512 * 1024;

/// Customer.io gives up after four seconds.
const TIMEOUT: Duration = Duration::from_millis(3_500);

/// All of them.
pub fn routes(events: Arc<EventService>) -> Router {
    let limits = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(from_fn(plain))
        .layer(RequestBodyLimitLayer::new(LARGEST_CALL));
    Router::new()
        .route(Origin::Reporting.path(), post(reporting))
        .route(Origin::Campaign.path(), post(campaign))
        .route(&format!("{}/{{kind}}", Origin::Source.path()), post(sent))
        .layer(DefaultBodyLimit::disable())
        .layer(limits)
        .with_state(events)
}

/// Bodies come as they are: none that grows when it is unpacked.
async fn plain(request: Request, next: Next) -> Response {
    let encoding = request.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        let why = "send the body as it is, without Content-Encoding";
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!(why));
    }
    next.run(request).await
}

async fn reporting(
    State(events): State<Arc<EventService>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match events.take_report(signed(&headers), &body).await {
        Ok(Kept::New) => taken(),
        Ok(Kept::Again) => Json(json!({ "success": true, "repeated": true })).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

async fn campaign(
    State(events): State<Arc<EventService>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match events.take_hint(signed(&headers), &body).await {
        Ok(()) => taken(),
        Err(refusal) => refused(&refusal),
    }
}

async fn sent(
    State(events): State<Arc<EventService>>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(kind) = kind.parse::<Kind>() else {
        let why = "there are identify, track, page, screen, group, alias and batch";
        return answer(StatusCode::NOT_FOUND, &json!(why));
    };
    if !is_json(&headers) {
        let why = "send Content-Type: application/json";
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!(why));
    }
    match events.take_sent(kind, user(&headers).as_deref(), &body).await {
        Ok(()) => taken(),
        Err(refusal) => refused(&refusal),
    }
}

fn signed(headers: &HeaderMap) -> Signed<'_> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    Signed { timestamp: text("x-cio-timestamp"), signature: text("x-cio-signature") }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// The user of basic authentication: Segment's libraries send the write key so.
fn user(headers: &HeaderMap) -> Option<String> {
    let basic = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(BASE64_STANDARD.decode(basic.trim()).ok()?).ok()?;
    let (user, _) = text.split_once(':')?;
    (!user.is_empty()).then(|| user.to_owned())
}

fn taken() -> Response {
    Json(json!({ "success": true })).into_response()
}

/// Each kind of refusal has one status.
fn refused(refusal: &Refusal) -> Response {
    let said = json!(refusal.to_string());
    match refusal {
        Refusal::Disbelieved(_) => answer(StatusCode::UNAUTHORIZED, &said),
        Refusal::Stranger => {
            let mut answer = answer(StatusCode::UNAUTHORIZED, &said);
            let basic = HeaderValue::from_static("Basic realm=\"write key\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, basic);
            answer
        }
        Refusal::Unreadable(_) => answer(StatusCode::BAD_REQUEST, &said),
        Refusal::Partly(partly) => answer(
            StatusCode::BAD_REQUEST,
            &json!({ "message": said, "accepted": partly.accepted, "rejected": partly.rejected }),
        ),
        // Somebody has to enter the key; until then it is kept by who sends it.
        Refusal::NoKey(_) | Refusal::NotKept(Error::Busy(_)) => later(&said),
        Refusal::NotKept(error) => {
            tracing::error!(?error, "an event could not be kept");
            later(&json!("it could not be kept now: send it again"))
        }
    }
}

fn later(said: &Value) -> Response {
    let mut answer = answer(StatusCode::SERVICE_UNAVAILABLE, said);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

fn answer(status: StatusCode, said: &Value) -> Response {
    (status, Json(json!({ "success": false, "error": said }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_write_key_is_the_user_of_basic_authentication() {
        let user = |value: &str| user(&headers(AUTHORIZATION, value));
        assert_eq!(user("Basic YWJjMTIzOg==").as_deref(), Some("abc123"));
        for bad in ["Basic Og==", "Basic YWJj", "Basic %", "Bearer YWJjMTIzOg==", ""] {
            assert_eq!(user(bad), None, "{bad}");
        }
    }

    #[test]
    fn json_is_json_in_any_spelling() {
        let is_json = |value: &str| is_json(&headers(CONTENT_TYPE, value));
        assert!(is_json("application/json") && is_json("Application/JSON; charset=utf-8"));
        assert!(!is_json("text/plain") && !is_json("application/x-www-form-urlencoded"));
    }
}
