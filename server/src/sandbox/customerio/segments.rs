//! `/v1/segments`: the list (not paged, archived left out), one, create and delete of manual
//! ones, the count, and what uses a segment.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Unreadable, bad_request, not_found};
use crate::sandbox::Shared;
use crate::sandbox::world::{Segment, SegmentType, WorldState};

type SegmentPath = Result<Path<u32>, PathRejection>;

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let world = shared.world.lock();
    let segments: Vec<_> =
        world.segments().filter(|segment| !segment.archived).map(shape).collect();
    Json(json!({ "segments": segments }))
}

pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    path: SegmentPath,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    Ok(match visible(&shared.world.lock(), id) {
        Some(segment) => Json(json!({"segment": shape(segment)})).into_response(),
        None => not_found(),
    })
}

pub(super) async fn customer_count(
    State(shared): State<Arc<Shared>>,
    path: SegmentPath,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    Ok(match visible(&shared.world.lock(), id) {
        Some(segment) => {
            Json(json!({"segment_id": id, "count": segment.shown().len()})).into_response()
        }
        None => not_found(),
    })
}

pub(super) async fn used_by(
    State(shared): State<Arc<Shared>>,
    path: SegmentPath,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    Ok(match visible(&shared.world.lock(), id) {
        Some(_) => {
            let nothing = json!({"campaigns": [], "draft_newsletters": [], "sent_newsletters": []});
            Json(json!({"segment_id": id, "used_by": nothing})).into_response()
        }
        None => not_found(),
    })
}

#[derive(Deserialize)]
pub(super) struct NewSegment {
    segment: NewSegmentFields,
}

#[derive(Deserialize)]
struct NewSegmentFields {
    name: String,
    #[serde(default)]
    description: String,
}

/// Makes a manual segment. There is no idempotency: two equal requests make two segments.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<NewSegment>, JsonRejection>,
) -> Response {
    let fields = match body {
        Ok(Json(NewSegment { segment })) if !segment.name.trim().is_empty() => segment,
        Ok(_) => return bad_request("segment name is required"),
        Err(rejection) => return bad_request(rejection.body_text()),
    };
    let now = shared.clock.now().0.div_euclid(1_000_000);
    let mut world = shared.world.lock();
    let segment = Segment {
        name: fields.name,
        description: fields.description,
        kind: SegmentType::Manual,
        created_at: now,
        updated_at: now,
        ..Segment::default()
    };
    let made = world.append_segment(segment);
    Json(json!({"segment": shape(made)})).into_response()
}

/// Deletes a manual segment.
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    path: SegmentPath,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    let mut world = shared.world.lock();
    Ok(match visible(&world, id).map(|segment| segment.kind) {
        None => not_found(),
        Some(SegmentType::Dynamic) => bad_request("only manual segments can be deleted"),
        Some(SegmentType::Manual) => {
            world.remove_segment(id);
            StatusCode::NO_CONTENT.into_response()
        }
    })
}

/// A segment that the App API knows: archived ones it doesn't.
pub(super) fn visible(world: &WorldState, id: u32) -> Option<&Segment> {
    world.segment(id).filter(|segment| !segment.archived)
}

fn shape(segment: &Segment) -> Value {
    json!({
        "id": segment.id,
        "deduplicate_id": format!("{}:{}", segment.id, segment.updated_at),
        "name": segment.name,
        "description": segment.description,
        "state": segment.state,
        "progress": segment.progress,
        "type": segment.kind,
        "tags": null,
        "created_at": segment.created_at,
        "updated_at": segment.updated_at,
    })
}
