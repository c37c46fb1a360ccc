//! `/v1/customers`: search by filter, find by e-mail, attributes of one person and of up to
//! 100 in one request, and the segments that a person is in.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::membership::{answer, limit, people, read_cursor};
use super::{Unreadable, bad_request, filter, not_found};
use crate::sandbox::Shared;
use crate::sandbox::world::{IdType, Person};

const DEFAULT_LIMIT: usize = 50;
const MAXIMUM_LIMIT: usize = 1_000;
const MAXIMUM_IDS: usize = 100;

type Words = Result<Query<HashMap<String, String>>, QueryRejection>;

/// `POST /v1/customers`: people who pass a filter, in pages.
pub(super) async fn search(
    State(shared): State<Arc<Shared>>,
    query: Words,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Unreadable> {
    let Query(query) = query?;
    let limit = match limit(&query, DEFAULT_LIMIT, MAXIMUM_LIMIT) {
        Ok(limit) => limit,
        Err(detail) => return Ok(bad_request(detail)),
    };
    let Some(start) = read_cursor(&query) else { return Ok(bad_request("invalid start")) };
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return Ok(bad_request(rejection.body_text())),
    };
    let filter = match filter::read(body.get("filter").unwrap_or(&Value::Null)) {
        Ok(filter) => filter,
        Err(detail) => return Ok(bad_request(detail)),
    };
    let world = shared.world.lock();
    let mut rows: Vec<u32> = world
        .people_from(start)
        .filter(|(number, person)| filter.passes(&world, *number, person))
        .map(|(number, _)| number)
        .take(limit.saturating_add(1))
        .collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| last.saturating_add(1));
    Ok(answer(&people(&world, &rows, "{", next)))
}

/// `GET /v1/customers?email=`. A sign that wasn't encoded finds nobody, without an error.
pub(super) async fn by_email(
    State(shared): State<Arc<Shared>>,
    RawQuery(raw): RawQuery,
    query: Words,
) -> Result<Response, Unreadable> {
    let Query(query) = query?;
    let Some(email) = query.get("email").filter(|email| !email.is_empty()) else {
        return Ok(bad_request("email is required"));
    };
    if raw.is_some_and(|raw| raw.contains(['+', '@'])) {
        return Ok(Json(json!({"results": []})).into_response());
    }
    let world = shared.world.lock();
    let results: Vec<_> = world
        .find(IdType::Email, email)
        .into_iter()
        .filter_map(|number| world.person(number))
        .map(|person| json!({"email": person.email, "id": person.id, "cio_id": person.cio_id}))
        .collect();
    Ok(Json(json!({ "results": results })).into_response())
}

/// `GET /v1/customers/{id}/attributes`.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<String>, PathRejection>,
    query: Words,
) -> Result<Response, Unreadable> {
    let (Path(name), Query(query)) = (path?, query?);
    let id_type = id_type(&query)?;
    let world = shared.world.lock();
    let found = world.find(id_type, &name);
    let person = found.first().and_then(|number| world.person(*number));
    Ok(match person {
        Some(person) => Json(json!({"customer": shape(person)})).into_response(),
        None => not_found(),
    })
}

/// `POST /v1/customers/attributes`: 1 to 100 names of one type; unknown ones are left out.
pub(super) async fn bulk(
    State(shared): State<Arc<Shared>>,
    query: Words,
    body: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Unreadable> {
    let Query(query) = query?;
    let id_type = id_type(&query)?;
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return Ok(bad_request(rejection.body_text())),
    };
    let names: Option<Vec<&str>> = body
        .get("ids")
        .and_then(Value::as_array)
        .and_then(|ids| ids.iter().map(Value::as_str).collect());
    let Some(names) = names.filter(|names| (1..=MAXIMUM_IDS).contains(&names.len())) else {
        return Ok(bad_request(format!("ids must be a list of 1 to {MAXIMUM_IDS} strings")));
    };
    let is_wrapped = shared.modes().wrapped_attributes;
    let world = shared.world.lock();
    let customers: Vec<_> = names
        .into_iter()
        .flat_map(|name| world.find(id_type, name))
        .filter_map(|number| world.person(number))
        .map(|person| {
            let item = shape(person);
            if is_wrapped { json!({ "customer": item }) } else { item }
        })
        .collect();
    Ok(Json(json!({ "customers": customers })).into_response())
}

/// `GET /v1/customers/{id}/segments`.
pub(super) async fn segments(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<String>, PathRejection>,
    query: Words,
) -> Result<Response, Unreadable> {
    let (Path(name), Query(query)) = (path?, query?);
    let id_type = id_type(&query)?;
    let world = shared.world.lock();
    let Some(number) = world.find(id_type, &name).first().copied() else {
        return Ok(not_found());
    };
    let segments: Vec<_> = world
        .segments()
        .filter(|segment| !segment.archived && segment.shown().contains(number))
        .map(|segment| {
            json!({"id": segment.id, "name": segment.name, "description": segment.description})
        })
        .collect();
    Ok(Json(json!({ "segments": segments })).into_response())
}

/// The simulated workspace identifies people by id and e-mail, not by phone.
fn id_type(query: &HashMap<String, String>) -> Result<IdType, Unreadable> {
    match query.get("id_type").map(String::as_str) {
        None | Some("id") => Ok(IdType::Id),
        Some("email") => Ok(IdType::Email),
        Some("cio_id") => Ok(IdType::CioId),
        Some("phone") => Err(Unreadable::IdType("phone is not an identifier in this workspace")),
        Some(_) => Err(Unreadable::IdType("id_type must be one of id, email, phone, cio_id")),
    }
}

fn shape(person: &Person) -> Value {
    let mut attributes: Map<String, Value> = person
        .attributes
        .iter()
        .map(|(name, value)| (name.to_string(), Value::from(&**value)))
        .collect();
    attributes.insert("cio_id".to_owned(), Value::from(&*person.cio_id));
    for (name, value) in [("id", &person.id), ("email", &person.email)] {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), Value::from(&**value));
        }
    }
    json!({
        "id": person.id.as_deref().unwrap_or_default(),
        "identifiers": {"cio_id": person.cio_id, "email": person.email, "id": person.id},
        "attributes": attributes,
        "timestamps": {},
        "unsubscribed": person.unsubscribed,
        "devices": [],
    })
}
