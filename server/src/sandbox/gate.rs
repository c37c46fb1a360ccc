//! What every request to a stand-in passes: counting, and the faults in force.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::time::Span;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::Shared;
use super::fault::{Fault, FaultKind, Hit, Vendor};
use super::listener::{ConnectionHandle, Cut, Ending};

/// More than either vendor takes; what is longer is cut to nothing, and so refused.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Counts a request and lets the faults at it, around the real handler.
pub(super) async fn pass(
    State((vendor, shared)): State<(Vendor, Arc<Shared>)>,
    request: Request,
    next: Next,
) -> Response {
    shared.traffic(vendor).see(shared.pace.now());
    let endpoint = match request.extensions().get::<MatchedPath>() {
        Some(path) => format!("{} {}", request.method(), path.as_str()),
        None => format!("{} unknown", request.method()),
    };
    let connection = request
        .extensions()
        .get::<ConnectInfo<ConnectionHandle>>()
        .map(|info| info.0.clone())
        .unwrap_or_default();
    let (request, body) = read(&shared, request).await;
    let hit = shared.faults.pick(vendor, request.uri().path(), &body, shared.clock.now());
    let kind = hit.as_ref().map(|hit| hit.fault.kind);
    let response = match hit {
        None => next.run(request).await,
        Some(mut hit) if hit.fault.after => {
            let response = next.run(request).await;
            shared.counters.taken_then_failed();
            spoil(&mut hit, vendor, &shared).await.unwrap_or(response)
        }
        Some(mut hit) => match spoil(&mut hit, vendor, &shared).await {
            Some(response) => response,
            None => next.run(request).await,
        },
    };
    if let Some(kind) = kind {
        connection.end(ending(kind, &response));
    }
    // Before it leaves: whoever obeys counts from when it arrives.
    shared.traffic(vendor).waits.told(retry_after(&response), shared.pace.now());
    shared.counters.answered(vendor, endpoint, response.status().as_u16());
    response
}

/// The request with its body as text, if a fault looks into it.
async fn read(shared: &Shared, request: Request) -> (Request, String) {
    if !shared.faults.reads_bodies() {
        return (request, String::new());
    }
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (Request::from_parts(parts, Body::from(bytes)), text)
}

/// Does what the fault says; `None` leaves the answer as it is.
async fn spoil(hit: &mut Hit, vendor: Vendor, shared: &Shared) -> Option<Response> {
    let Hit { fault, cleared } = hit;
    match fault.kind {
        FaultKind::Delay => {
            let wait = Duration::from_millis(fault.millis.unwrap_or(12_000));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shared.stop.cancelled() => {}
            }
            None
        }
        FaultKind::Hold => {
            tokio::select! {
                _ = cleared.changed() => {}
                () = shared.stop.cancelled() => {}
            }
            None
        }
        FaultKind::Hang => {
            shared.stop.cancelled().await;
            Some(no_answer())
        }
        FaultKind::Reset => Some(no_answer()),
        FaultKind::Html => {
            let status = status(fault, StatusCode::BAD_GATEWAY);
            let page = "<html><head><title>502 Bad Gateway</title></head><body>\
                        <center><h1>502 Bad Gateway</h1></center></body></html>";
            let body = ([(header::CONTENT_TYPE, "text/html")], page);
            Some(with_retry_after((status, body).into_response(), fault))
        }
        FaultKind::ClosedBetween => None,
        FaultKind::HalfClosed | FaultKind::CutHead | FaultKind::CutBody if fault.after => None,
        // What isn't carried out must not look like it, however little of it is read.
        FaultKind::HalfClosed | FaultKind::CutHead | FaultKind::CutBody | FaultKind::Status => {
            let status = status(fault, StatusCode::SERVICE_UNAVAILABLE);
            let detail = status.canonical_reason().unwrap_or("error");
            let body = match vendor {
                Vendor::Customerio => {
                    json!({"errors": [{"detail": detail, "status": status.as_str()}]})
                }
                Vendor::Tracking => json!({"success": false, "message": detail}),
                Vendor::Public => json!({"errors": [{
                    "type": "RequestError", "message": detail, "status": status.as_u16(),
                }]}),
            };
            Some(with_retry_after((status, axum::Json(body)).into_response(), fault))
        }
    }
}

/// What a fault does to the connection that carries this answer.
fn ending(kind: FaultKind, response: &Response) -> Ending {
    match kind {
        FaultKind::Reset | FaultKind::Hang => Ending::Reset,
        FaultKind::HalfClosed => Ending::Cut(Cut::Start),
        FaultKind::CutHead => Ending::Cut(Cut::Head),
        FaultKind::CutBody => {
            let length = response.body().size_hint().exact().unwrap_or(0);
            Ending::Cut(Cut::Body(usize::try_from(length / 2).unwrap_or(0)))
        }
        FaultKind::ClosedBetween => Ending::BeforeTheNext,
        FaultKind::Status | FaultKind::Html | FaultKind::Delay | FaultKind::Hold => Ending::Orderly,
    }
}

fn status(fault: &Fault, default: StatusCode) -> StatusCode {
    fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(default)
}

fn with_retry_after(mut response: Response, fault: &Fault) -> Response {
    if let Some(value) = fault.retry_after.as_deref().and_then(|text| text.parse().ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// How long an answer asks everybody to stay away, if it does.
fn retry_after(response: &Response) -> Option<Span> {
    let asks = response.status() == StatusCode::TOO_MANY_REQUESTS;
    let header = response.headers().get(header::RETRY_AFTER).filter(|_| asks)?;
    header.to_str().ok()?.parse().ok().map(Span::from_seconds)
}

/// An answer that never leaves: the connection is reset before it is written.
fn no_answer() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
