//! `/sandbox/...`: how tests and scripts look inside and change the world. The table of
//! routes stands in the head of the folder.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Shared;
use super::fault::{Fault, Vendor};
use super::modes::Modes;
use super::telling::Asked;
use super::world::{Churn, Person, SegmentState, WorldError};

/// The most rows of one answer.
const MAXIMUM_ROWS: usize = 10_000;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/status", get(status))
        .route("/faults", get(faults).post(inject).delete(clear))
        .route("/modes", get(modes).patch(switch))
        .route("/messages", get(messages))
        .route("/platform", get(platform))
        .route("/segments", post(add_segment))
        .route("/segments/{id}", patch(set_segment_modes))
        .route("/segments/{id}/members", get(members).put(set_members))
        .route("/people", get(people).merge(put(add_people)))
        .route("/calls", post(call))
        .layer(axum::extract::DefaultBodyLimit::max(256 * 1024 * 1024))
}

/// What is wrong with an admin request.
enum AdminError {
    World(WorldError),
    Unreadable(String),
    TellsNobody,
}

impl From<WorldError> for AdminError {
    fn from(error: WorldError) -> Self {
        Self::World(error)
    }
}

impl From<JsonRejection> for AdminError {
    fn from(rejection: JsonRejection) -> Self {
        Self::Unreadable(rejection.body_text())
    }
}

impl From<QueryRejection> for AdminError {
    fn from(rejection: QueryRejection) -> Self {
        Self::Unreadable(rejection.body_text())
    }
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::World(error @ (WorldError::NoSegment(_) | WorldError::NoPerson(_))) => {
                (StatusCode::NOT_FOUND, error.to_string())
            }
            Self::World(error @ WorldError::SegmentExists(_)) => {
                (StatusCode::CONFLICT, error.to_string())
            }
            Self::Unreadable(message) => (StatusCode::BAD_REQUEST, message),
            Self::TellsNobody => (
                StatusCode::CONFLICT,
                "the sandbox was started without anybody to tell: see --tell".to_owned(),
            ),
        };
        (status, Json(json!({"error": message}))).into_response()
    }
}

type Answer = Result<Response, AdminError>;

async fn status(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let (people, segments) = {
        let world = shared.world.lock();
        let segments: Vec<_> = world
            .segments()
            .map(|segment| {
                json!({
                    "id": segment.id,
                    "name": segment.name,
                    "state": segment.state,
                    "archived": segment.archived,
                    "members": segment.members.len(),
                })
            })
            .collect();
        (world.population(), segments)
    };
    let audiences: Vec<_> = shared
        .platform
        .audiences()
        .into_iter()
        .map(|(integration, audience, members)| {
            json!({"integration": integration, "audience": audience, "members": members})
        })
        .collect();
    Json(json!({
        "people": people,
        "segments": segments,
        "requests": shared.counters.requests(),
        "most_requests_in_a_second": {
            "customerio": shared.traffic(Vendor::Customerio).budget.most_seen(),
            "tracking": shared.traffic(Vendor::Tracking).budget.most_seen(),
        },
        "most_events_in_a_second": shared.events().most(),
        "unheeded_waits": {
            "customerio": shared.traffic(Vendor::Customerio).waits.unheeded(),
            "tracking": shared.traffic(Vendor::Tracking).waits.unheeded(),
            "public": shared.traffic(Vendor::Public).waits.unheeded(),
        },
        "answers_spoiled": shared.counters.answers_spoiled(),
        "messages": shared.platform.counts(),
        "audiences": audiences,
    }))
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<Fault>> {
    Json(shared.faults.list())
}

async fn inject(
    State(shared): State<Arc<Shared>>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Answer {
    let Json(fault) = fault?;
    shared.faults.inject(fault, shared.clock.now());
    Ok((StatusCode::CREATED, Json(shared.faults.list())).into_response())
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

async fn modes(State(shared): State<Arc<Shared>>) -> Json<Modes> {
    Json(shared.modes().clone())
}

async fn switch(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Answer {
    let Json(patch) = body?;
    let mut modes = shared.modes();
    *modes = modes.patched(&patch).map_err(|error| AdminError::Unreadable(error.to_string()))?;
    Ok(Json(modes.clone()).into_response())
}

#[derive(Deserialize)]
struct MessagesQuery {
    #[serde(default)]
    since: u32,
    limit: Option<usize>,
}

async fn messages(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<MessagesQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(1_000).min(MAXIMUM_ROWS);
    let messages = shared.platform.messages(query.since, limit);
    let next = messages.last().map_or(query.since, |last| last.sequence.saturating_add(1));
    Ok(Json(json!({"messages": messages, "next": next})).into_response())
}

#[derive(Deserialize)]
struct PlatformQuery {
    integration: String,
    audience: String,
}

async fn platform(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<PlatformQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query?;
    let members = shared.platform.members(&query.integration, &query.audience);
    Ok(Json(members).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSegment {
    id: u32,
    name: String,
}

async fn add_segment(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<NewSegment>, JsonRejection>,
) -> Answer {
    let Json(segment) = body?;
    shared.world.add_segment(segment.id, &segment.name, shared.clock.now())?;
    Ok(StatusCode::CREATED.into_response())
}

/// How a segment stands, and what its next pages do; what isn't named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentModes {
    /// Until it is finished, reads show the rows of before.
    state: Option<SegmentState>,
    /// Percent, while it is being built.
    progress: Option<u8>,
    /// Left out of the list, and unknown by number.
    archived: Option<bool>,
    /// So many pages are empty and yet have a `next`.
    empty_pages: Option<u32>,
    /// Who comes and goes right after the next page, behind the cursor too.
    after_next_page: Option<Churn>,
}

async fn set_segment_modes(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u32>,
    body: Result<Json<SegmentModes>, JsonRejection>,
) -> Answer {
    let Json(modes) = body?;
    let world = &shared.world;
    if let Some(state) = modes.state {
        world.set_segment_state(id, state, modes.progress)?;
    }
    if let Some(archived) = modes.archived {
        world.archive_segment(id, archived)?;
    }
    if let Some(count) = modes.empty_pages {
        world.answer_empty_pages(id, count)?;
    }
    if let Some(churn) = modes.after_next_page {
        world.after_next_page(id, churn)?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn members(State(shared): State<Arc<Shared>>, Path(id): Path<u32>) -> Answer {
    Ok(Json(shared.world.members(id)?).into_response())
}

async fn set_members(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<u32>,
    body: Result<Json<Vec<String>>, JsonRejection>,
) -> Answer {
    let Json(cio_ids) = body?;
    shared.world.set_members(id, cio_ids.iter().map(String::as_str))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A person as scripts write and read them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonShape {
    cio_id: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    unsubscribed: bool,
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Deserialize)]
struct PeopleQuery {
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
}

async fn people(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<PeopleQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(1_000).min(MAXIMUM_ROWS);
    let world = shared.world.lock();
    let rows: Vec<_> = world
        .people()
        .skip(query.offset)
        .take(limit)
        .map(|(_, person)| PersonShape {
            cio_id: person.cio_id.to_string(),
            id: person.id.as_deref().map(str::to_owned),
            email: person.email.as_deref().map(str::to_owned),
            unsubscribed: person.unsubscribed,
            attributes: person
                .attributes
                .iter()
                .map(|(name, value)| (name.to_string(), Value::from(&**value)))
                .collect(),
        })
        .collect();
    Ok(Json(json!({"people": rows, "total": world.population()})).into_response())
}

async fn add_people(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Vec<PersonShape>>, JsonRejection>,
) -> Answer {
    let Json(shapes) = body?;
    let mut world = shared.world.lock();
    for shape in shapes {
        let mut person = Person::new(&shape.cio_id);
        person.id = shape.id.map(Into::into);
        person.email = shape.email.map(Into::into);
        person.unsubscribed = shape.unsubscribed;
        for (name, value) in &shape.attributes {
            // The App API shows every value as text, whatever was written.
            match value {
                Value::String(text) => person.set(name, text),
                other => person.set(name, &other.to_string()),
            }
        }
        world.upsert(person);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn call(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Asked>, JsonRejection>,
) -> Answer {
    let Json(asked) = body?;
    let telling = shared.telling.as_ref().ok_or(AdminError::TellsNobody)?;
    Ok(Json(json!({ "answers": telling.send_asked(&asked).await })).into_response())
}
