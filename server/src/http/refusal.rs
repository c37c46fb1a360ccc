//! The status of what a server function refused.
//!
//! Leptos answers every error of a server function with 500. Here, once for all of them, the
//! answer takes the error's own status, so that logs, proxies and the browser's console tell
//! a field to be corrected from a fault of ours.

use app::error::AppError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use leptos::prelude::FromServerFnError as _;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

/// An error is a few sentences.
const MOST_BYTES: usize = 64 * 1024;

/// Gives a refusal its own status. A form posted without JavaScript has become a redirect by
/// now and stays one.
pub async fn status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let refused = response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if !refused {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST_BYTES).await else {
        return Response::from_parts(parts, Body::empty());
    };
    parts.status = AppError::de(bytes.clone()).status();
    Response::from_parts(parts, Body::from(bytes))
}
