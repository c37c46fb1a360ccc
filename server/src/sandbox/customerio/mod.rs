//! The stand-in for Customer.io's App API.
//!
//! One file a group of endpoints. Every request passes, in this order: the faults, the
//! key, the one shared budget, the endpoint. To add an endpoint: a handler in the file of
//! its group and its route in `router`.

pub(super) mod exports;
mod filter;
mod membership;
mod people;
mod segments;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::fault::Vendor;
use super::{Shared, gate};

/// All endpoints of the App API.
pub(super) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/segments", get(segments::list).post(segments::create))
        .route("/v1/segments/{id}", get(segments::one).delete(segments::delete))
        .route("/v1/segments/{id}/customer_count", get(segments::customer_count))
        .route("/v1/segments/{id}/used_by", get(segments::used_by))
        .route("/v1/segments/{id}/membership", get(membership::page))
        .route("/v1/customers", get(people::by_email).post(people::search))
        .route("/v1/customers/attributes", post(people::bulk))
        .route("/v1/customers/{id}/attributes", get(people::one))
        .route("/v1/customers/{id}/segments", get(people::segments))
        .route("/v1/exports", get(exports::list))
        .route("/v1/exports/customers", post(exports::create))
        .route("/v1/exports/{id}", get(exports::one))
        .route("/v1/exports/{id}/download", get(exports::download))
        .route_layer(middleware::from_fn_with_state(shared.clone(), admit))
        .route_layer(middleware::from_fn_with_state(
            (Vendor::Customerio, shared.clone()),
            gate::pass,
        ))
        // A signed link: no key, no budget.
        .route("/sandbox-files/{name}", get(exports::file))
}

/// Checks the key, then the budget.
async fn admit(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let bearer = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let known = bearer.is_some_and(|key| shared.config.app_keys.iter().any(|known| known == key));
    if !known {
        return error(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    let (granted, limit) = {
        let budget = &mut shared.traffic(Vendor::Customerio).budget;
        (budget.take(shared.pace.now()), budget.limit())
    };
    if granted {
        return next.run(request).await;
    }
    let detail = format!("rate limited to {limit} requests per 1s (reference a1b2c3)");
    let mut response = error(StatusCode::TOO_MANY_REQUESTS, &detail);
    if shared.modes().customerio_retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The error envelope; `status` is text in it.
pub(super) fn error(status: StatusCode, detail: &str) -> Response {
    let body = json!({"errors": [{"detail": detail, "status": status.as_str()}]});
    (status, axum::Json(body)).into_response()
}

fn bad_request(detail: impl std::fmt::Display) -> Response {
    error(StatusCode::BAD_REQUEST, &detail.to_string())
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "not found")
}

/// What a path parameter that isn't a number, or a query that can't be read, answers.
enum Unreadable {
    Path,
    Query(QueryRejection),
    IdType(&'static str),
}

impl From<PathRejection> for Unreadable {
    fn from(_: PathRejection) -> Self {
        Self::Path
    }
}

impl From<QueryRejection> for Unreadable {
    fn from(rejection: QueryRejection) -> Self {
        Self::Query(rejection)
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        match self {
            Self::Path => not_found(),
            Self::Query(rejection) => bad_request(rejection.body_text()),
            Self::IdType(detail) => bad_request(detail),
        }
    }
}

/// The page for a path that doesn't exist: HTML, not JSON.
pub(super) fn unknown_path() -> Response {
    let page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
                <title>Page not found</title></head><body><h1>404</h1>\
                <p>We couldn't find that page.</p></body></html>\n";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
        .into_response()
}
