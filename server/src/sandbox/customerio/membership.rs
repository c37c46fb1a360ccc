//! `GET /v1/segments/{id}/membership`: pages of members, in order of their numbers.
//!
//! The cursor names the last person that was read, so who enters behind it is missed until
//! the next full read, as in the real thing.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;

use super::segments::visible;
use super::{Unreadable, bad_request, not_found};
use crate::sandbox::Shared;
use crate::sandbox::world::{Person, WorldState};

const DEFAULT_LIMIT: usize = 1_000;
const MAXIMUM_LIMIT: usize = 30_000;

pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<u32>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, Unreadable> {
    let (Path(id), Query(query)) = (path?, query?);
    let limit = match limit(&query, DEFAULT_LIMIT, MAXIMUM_LIMIT) {
        Ok(limit) => limit,
        Err(detail) => return Ok(bad_request(detail)),
    };
    let Some(start) = read_cursor(&query) else { return Ok(bad_request("invalid start")) };
    let mut world = shared.world.lock();
    let Some(segment) = visible(&world, id) else { return Ok(not_found()) };
    if segment.empty_pages > 0 {
        if let Some(segment) = world.segment_mut(id) {
            segment.empty_pages -= 1;
        }
        return Ok(answer(&empty_page(id, start)));
    }
    let shown = segment.shown();
    let mut rows: Vec<u32> = shown.range(start..).take(limit.saturating_add(1)).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map_or(start, |last| last.saturating_add(1)) } else { 0 };
    let body = if shown.is_empty() {
        format!(r#"{{"segment_id":{id},"identifiers":null,"ids":null,"next":""}}"#)
    } else {
        let head = format!(r#"{{"segment_id":{id},"#);
        people(&world, &rows, &head, more.then_some(next))
    };
    let churn = world.segment_mut(id).and_then(|segment| segment.after_page.pop_front());
    if let Some(churn) = churn {
        world.churn(id, &churn);
    }
    Ok(answer(&body))
}

fn empty_page(id: u32, start: u32) -> String {
    format!(r#"{{"segment_id":{id},"identifiers":[],"ids":[],"next":"{}"}}"#, cursor(start))
}

pub(super) fn answer(body: &str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_owned()).into_response()
}

/// A whole number between 1 and `maximum`.
pub(super) fn limit(
    query: &HashMap<String, String>,
    default: usize,
    maximum: usize,
) -> Result<usize, String> {
    let Some(text) = query.get("limit") else { return Ok(default) };
    text.parse()
        .ok()
        .filter(|limit| (1..=maximum).contains(limit))
        .ok_or_else(|| format!("limit must be between 1 and {maximum}"))
}

/// The position to read from; `None` for what no answer ever gave.
pub(super) fn read_cursor(query: &HashMap<String, String>) -> Option<u32> {
    let text = query.get("start").map_or("", String::as_str);
    if text.is_empty() {
        return Some(0);
    }
    let bytes = STANDARD.decode(text).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("0:")?.parse().ok()
}

pub(super) fn cursor(position: u32) -> String {
    STANDARD.encode(format!("0:{position}"))
}

/// The rest of an answer after `head`: `identifiers`, `ids` and `next`.
///
/// Written by hand because a page has up to 30,000 rows and tests run without optimisation.
pub(super) fn people(world: &WorldState, rows: &[u32], head: &str, next: Option<u32>) -> String {
    let mut identifiers = String::with_capacity(rows.len() * 72 + 64);
    let mut ids = String::with_capacity(rows.len() * 16);
    identifiers.push_str(head);
    identifiers.push_str(r#""identifiers":["#);
    for person in rows.iter().filter_map(|number| world.person(*number)) {
        if !ids.is_empty() {
            identifiers.push(',');
            ids.push(',');
        }
        push_identifiers(&mut identifiers, person);
        push_text(&mut ids, Some(person.id.as_deref().unwrap_or_default()));
    }
    let next = next.map(cursor).unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = write!(identifiers, r#"],"ids":[{ids}],"next":"{next}"}}"#);
    identifiers
}

fn push_identifiers(out: &mut String, person: &Person) {
    out.push_str(r#"{"cio_id":"#);
    push_text(out, Some(&person.cio_id));
    out.push_str(r#","id":"#);
    push_text(out, person.id.as_deref());
    out.push_str(r#","email":"#);
    push_text(out, person.email.as_deref());
    out.push('}');
}

fn push_text(out: &mut String, text: Option<&str>) {
    let Some(text) = text else { return out.push_str("null") };
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}
