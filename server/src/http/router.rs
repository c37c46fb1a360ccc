//! The one router: pages, server functions, files and probes, with what guards them.
//!
//! Machines (hooks, ingest, REST) bring their own routes in [`Edge::machines`]: they
//! authenticate by signature or token, so neither cookies nor the cross-site check are
//! theirs.

use super::assets::Site;
use super::{refusal, security};
use crate::auth::Auth;
use app::{App, shell};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes as _, generate_route_list_with_exclusions_and_ssg_and_context,
};
use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// A server function's body is a form; nothing that people type comes near this.
const CONSOLE_BODY_BYTES: usize = 1024 * 1024;

/// A page that takes longer is broken; its reader has gone.
const CONSOLE_TIMEOUT: Duration = Duration::from_secs(30);

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts services into context, before each page and server function.
pub type Provide = Arc<dyn Fn() + Send + Sync>;

/// Tells whether this process can do its work now.
pub type Ready = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// What the composition root gives to the edge.
#[derive(Clone)]
pub struct Edge {
    /// The built front end.
    pub site: Site,
    /// Runs in the reactive owner of each page and server function.
    pub provide: Provide,
    /// Behind `/readyz`.
    pub ready: Ready,
    /// Whether browsers reach Segue by https, from `SEGUE_PUBLIC_URL`.
    pub https: bool,
    /// Who may use the console.
    pub auth: Auth,
    /// Routes for signed-in people that are no pages.
    pub downloads: Router,
    /// Routes for what they hand in, with limits of their own.
    pub uploads: Router,
    /// Routes for machines, with their own guards.
    pub machines: Router,
}

/// Everything that Segue answers.
pub fn router(edge: Edge) -> Router {
    let https = edge.https;
    let guard = ServiceBuilder::new()
        .layer(map_request(forget_request_id))
        .layer(SetRequestIdLayer::new(REQUEST_ID.clone(), MakeRequestUuid))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID.clone()))
        .layer(from_fn(move |request, next| security::headers(https, request, next)))
        .layer(CatchPanicLayer::custom(panicked));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz).with_state(edge.ready.clone()))
        .merge(edge.machines.clone())
        .merge(console(edge))
        .layer(guard)
}

/// Pages, server functions and the files they load.
fn console(edge: Edge) -> Router {
    let options = LeptosOptions::builder().output_name("app").build();
    let names = edge.site.names();
    let document = move || shell(names.clone());
    let provide = {
        let services = edge.provide;
        move || {
            security::provide_page_policy();
            services();
        }
    };
    let routes = routes(provide.clone());
    let not_found = leptos_axum::render_app_async_with_context(provide.clone(), document.clone());
    let site = edge.site;
    let fallback = move |request: Request| async move {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if is_read && wants_html(&request) {
            return not_found(request).await.into_response();
        }
        (StatusCode::NOT_FOUND, "not found\n").into_response()
    };
    let pages = Router::new()
        .leptos_routes_with_context(&options, routes, provide, document)
        .merge(edge.downloads.with_state(()))
        .fallback(fallback)
        .layer(from_fn(refusal::status))
        .layer(RequestBodyLimitLayer::new(CONSOLE_BODY_BYTES));
    edge.auth
        .protect(pages.merge(edge.uploads.with_state(())))
        // Files are everybody's: the sign-in page needs them.
        .layer(from_fn(move |request, next| file(site.clone(), request, next)))
        .layer(
            ServiceBuilder::new()
                .layer(CsrfLayer::new())
                .layer(TimeoutLayer::with_status_code(
                    StatusCode::SERVICE_UNAVAILABLE,
                    CONSOLE_TIMEOUT,
                ))
                .layer(CompressionLayer::new()),
        )
        .with_state(options)
}

/// The routes of the app, listed once in a process: listing renders the app, and meanwhile Leptos
/// holds back what any other page begins to load, for good (leptos issue 4773). So no page is
/// rendered before the list is there.
fn routes(context: impl Fn() + Clone + Send + Sync + 'static) -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let list = || generate_route_list_with_exclusions_and_ssg_and_context(App, None, context).0;
    ROUTES.get_or_init(list).clone()
}

/// Answers with a file where there is one; all their names have a dot.
async fn file(site: Site, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && path.contains('.')
        && let Some(file) = site.respond(path, request.headers())
    {
        return file;
    }
    if path.starts_with("/pkg/") {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    }
    next.run(request).await
}

fn wants_html(request: &Request) -> bool {
    request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// An id from outside could name another request's lines in the log.
async fn forget_request_id(mut request: Request) -> Request {
    request.headers_mut().remove(&REQUEST_ID);
    request
}

/// One span a request: the path without its query, which may hold what people typed.
fn span<B>(request: &http::Request<B>) -> tracing::Span {
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("http", method = %request.method(), path = request.uri().path(), id)
}

async fn readyz(State(ready): State<Ready>) -> Response {
    if ready().await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

/// What a browser shows when a handler panicked; the details are in the log only.
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(cause, "a handler panicked");
    let mut response = Response::new(Body::from(
        "Segue could not answer this. Nothing was changed by the part that failed; the \
         x-request-id of this answer finds the cause in the log.\n",
    ));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
