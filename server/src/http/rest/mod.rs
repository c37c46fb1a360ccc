//! `/api/v1`: what the console can do with the contract, and where people stand, for programs.
//!
//! Each file has the routes of one thing, each handler with its line of `openapi.json`, so that
//! what is served and what is described are one list. A caller is whoever a token names (`caller`);
//! a refusal is a [`problem::Problem`]. Times are RFC 3339 in UTC. A new thing is a file here and a
//! line in `described`.

mod body;
mod caller;
mod changes;
mod contract;
mod people;
pub mod problem;
mod quarantine;

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::DefaultBodyLimit, routing::get};
use domain::{
    access::token::TokenService, contract::service::ContractService,
    people::service::PeopleService, services::Services,
};
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::{limit::RequestBodyLimitLayer, timeout::TimeoutLayer};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, OpenApi as Document, Ref, RefOr, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use problem::Problem;

/// Where all of it is.
pub const ROOT: &str = "/api/v1";

/// The largest body: no contract worth agreeing on comes near it.
const LARGEST: usize = 1024 * 1024;

/// A replay of a week takes some seconds; whatever takes longer is broken.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What handlers work with.
#[derive(Clone)]
struct Api {
    tokens: Arc<TokenService>,
    contract: Arc<ContractService>,
    people: Arc<PeopleService>,
}

/// The head of `openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Segue",
        description = "The event contract, its changes and its quarantine, and where people stand. A token is made with \
            `segue token add NAME --role ROLE` and sent as `Authorization: Bearer`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Bearer),
    security(("token" = [])),
    tags(
        (name = "contract", description = "The events that everybody means the same by."),
        (name = "change requests", description = "Changes of the contract: proposed by one, approved by another."),
        (name = "people", description = "Where somebody stands."),
        (name = "quarantine", description = "Events that aren't as agreed, until somebody decides about them."),
    ),
)]
struct Head;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", bearer);
    }
}

/// What is true of every call: without a token that works it is refused, and a refusal is a
/// problem of RFC 9457.
fn describe_refusals(document: &mut Document) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let stranger = ResponseBuilder::new()
        .description("No token, or one that doesn't work")
        .content(problem::KIND, problem)
        .build();
    let calls = document.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.post]);
    for call in calls.flatten() {
        let responses = &mut call.responses.responses;
        for (status, response) in responses.iter_mut() {
            if let RefOr::T(response) = response
                && status.starts_with(['4', '5'])
                && let Some(said) = response.content.shift_remove("application/json")
            {
                response.content.insert(problem::KIND.to_owned(), said);
            }
        }
        responses.insert("401".to_owned(), stranger.clone().into());
    }
}

/// The routes, and what is said of them.
fn described() -> (Router<Api>, Document) {
    let (routes, mut document) = OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(contract::read))
        .routes(routes!(contract::schema))
        .routes(routes!(contract::tracking_plan))
        .routes(routes!(changes::list, changes::propose))
        .routes(routes!(changes::import))
        .routes(routes!(changes::read))
        .routes(routes!(changes::replay))
        .routes(routes!(changes::submit))
        .routes(routes!(changes::decide))
        .routes(routes!(changes::comment))
        .routes(routes!(changes::rebase))
        .routes(routes!(changes::withdraw))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::samples))
        .routes(routes!(quarantine::release))
        .routes(routes!(quarantine::discard))
        .routes(routes!(quarantine::propose))
        .routes(routes!(people::read))
        .split_for_parts();
    describe_refusals(&mut document);
    (routes, document)
}

/// All of it.
pub fn routes(services: &Services) -> Router {
    let (routes, document) = described();
    let api = Api {
        tokens: services.tokens.clone(),
        contract: services.contract.clone(),
        people: services.people.clone(),
    };
    let document = Arc::new(document);
    let limits = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(RequestBodyLimitLayer::new(LARGEST));
    routes
        .route(
            &format!("{ROOT}/openapi.json"),
            get(move || {
                let document = document.clone();
                async move { Json((*document).clone()) }
            }),
        )
        .route(&format!("{ROOT}/{{*other}}"), axum::routing::any(nothing))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(limits)
        .with_state(api)
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no such address: see /api/v1/openapi.json")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address takes another method: see /api/v1/openapi.json",
    )
}
