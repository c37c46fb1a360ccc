//! `/v1/exports`: asked for, pending for some polls, then done or failed; the file is behind
//! a link that lives 15 minutes and takes no key.
//!
//! Nothing says in which order the columns come, so the order differs between exports.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::time::{Instant, Span};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{Unreadable, bad_request, filter, not_found};
use crate::sandbox::Shared;
use crate::sandbox::world::WorldState;

/// How long a link lives.
const LINK: Span = Span::from_minutes(15);

const COLUMNS: [&str; 4] = ["id", "email", "cio_id", "created_at"];

/// The exports of the workspace and the links to them.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    exports: BTreeMap<u32, Export>,
    links: BTreeMap<String, Link>,
}

#[derive(Debug)]
struct Export {
    id: u32,
    created_at: i64,
    updated_at: i64,
    polls_left: u32,
    status: Status,
    downloads: u32,
    people: Vec<u32>,
    columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Pending,
    Done,
    Failed,
}

#[derive(Debug)]
struct Link {
    export: u32,
    until: Instant,
}

impl Export {
    fn shape(&self) -> Value {
        let status = match self.status {
            Status::Pending => "pending",
            Status::Done => "done",
            Status::Failed => "failed",
        };
        json!({
            "id": self.id,
            "deduplicate_id": format!("{}:{}", self.id, self.updated_at),
            "type": "customers",
            "failed": self.status == Status::Failed,
            "description": "Customers",
            "downloads": self.downloads,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "user_id": 1,
            "user_email": "operator@example.com",
            "status": status,
            "total": if self.status == Status::Done { self.people.len() } else { 0 },
        })
    }

    /// One look at it: after enough of them it is ready.
    fn poll(&mut self, fails: bool, now: i64) {
        if self.status != Status::Pending {
            return;
        }
        if self.polls_left > 0 {
            self.polls_left -= 1;
        } else {
            self.status = if fails { Status::Failed } else { Status::Done };
            self.updated_at = now;
        }
    }
}

/// `POST /v1/exports/customers`: `filters` is required, `attributes` are further columns.
pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Value>, JsonRejection>,
) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return bad_request(rejection.body_text()),
    };
    let filter = match filter::read(body.get("filters").unwrap_or(&Value::Null)) {
        Ok(filter) => filter,
        Err(detail) => return bad_request(detail.replace("filter must be", "filters must be")),
    };
    let attributes: Option<Vec<String>> = match body.get("attributes") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(names)) => {
            names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
        }
        Some(_) => None,
    };
    let Some(attributes) = attributes else {
        return bad_request("attributes must be a list of strings");
    };
    let people: Vec<u32> = {
        let world = shared.world.lock();
        world
            .people()
            .filter(|(number, person)| filter.passes(&world, *number, person))
            .map(|(number, _)| number)
            .collect()
    };
    let mut columns: Vec<String> = COLUMNS.into_iter().map(str::to_owned).collect();
    for name in attributes {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let now = seconds(shared.clock.now());
    let polls_left = shared.modes().export_polls;
    let mut exports = shared.exports();
    let id = exports.exports.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
    let turn = id as usize % columns.len();
    columns.rotate_left(turn);
    let export = Export {
        id,
        created_at: now,
        updated_at: now,
        polls_left,
        status: Status::Pending,
        downloads: 0,
        people,
        columns,
    };
    let answer = Json(json!({"export": export.shape()})).into_response();
    exports.exports.insert(id, export);
    answer
}

/// `GET /v1/exports`.
pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let exports = shared.exports();
    let all: Vec<_> = exports.exports.values().map(Export::shape).collect();
    Json(json!({ "exports": all }))
}

/// `GET /v1/exports/{id}`.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<u32>, PathRejection>,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    let now = seconds(shared.clock.now());
    let fails = shared.modes().failing_exports;
    let mut exports = shared.exports();
    let Some(export) = exports.exports.get_mut(&id) else { return Ok(not_found()) };
    export.poll(fails, now);
    Ok(Json(json!({"export": export.shape()})).into_response())
}

/// `GET /v1/exports/{id}/download`: a new link, once the export is done.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<u32>, PathRejection>,
) -> Result<Response, Unreadable> {
    let Path(id) = path?;
    let until = shared.clock.now().plus(LINK);
    let mut exports = shared.exports();
    let Some(export) = exports.exports.get_mut(&id).filter(|one| one.status == Status::Done) else {
        return Ok(not_found());
    };
    export.downloads = export.downloads.saturating_add(1);
    let name = format!("customers-{id}-{}.csv", export.downloads);
    let url = format!("{}/sandbox-files/{name}", shared.url);
    exports.links.insert(name, Link { export: id, until });
    Ok(Json(json!({ "url": url })).into_response())
}

/// The file behind a link. It isn't Customer.io's own host in the real thing, so a request
/// that carries the App API key there is refused.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    let refuse = |status: StatusCode, message: &'static str| (status, message).into_response();
    if headers.contains_key(header::AUTHORIZATION) {
        return refuse(StatusCode::UNAUTHORIZED, "this link takes no key");
    }
    let now = shared.clock.now();
    let (people, columns) = {
        let exports = shared.exports();
        let link = path.ok().and_then(|Path(name)| exports.links.get(&name));
        let Some((link, export)) = link.and_then(|l| Some((l, exports.exports.get(&l.export)?)))
        else {
            return refuse(StatusCode::NOT_FOUND, "no such file");
        };
        let is_dead = now >= link.until || shared.modes().kill_link();
        if is_dead {
            return refuse(StatusCode::FORBIDDEN, "the link has expired");
        }
        (export.people.clone(), export.columns.clone())
    };
    match csv_of(&shared.world.lock(), &people, &columns) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an export could not be written");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "the file could not be written")
        }
    }
}

fn csv_of(
    world: &WorldState,
    people: &[u32],
    columns: &[String],
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for person in people.iter().filter_map(|number| world.person(*number)) {
        let cells = columns.iter().map(|column| person.attribute(column).unwrap_or_default());
        writer.write_record(cells)?;
    }
    Ok(writer.into_inner()?)
}

fn seconds(at: Instant) -> i64 {
    at.0.div_euclid(1_000_000)
}
