//! The stand-in for Segment's tracking plans: one plan, whose rules can be read and replaced.
//!
//! It checks what a rule must have: a type of Segment's, a name where it is a track, a version of
//! 1 or more, and a schema; and that none is there twice.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::{Value, json};

use super::public::{Asked, bad, page, refuse};
use crate::sandbox::Shared;

/// The only plan.
pub const PLAN: &str = "tp_sandbox";

/// What a rule may be of.
const TYPES: [&str; 6] = ["COMMON", "GROUP", "IDENTIFY", "PAGE", "SCREEN", "TRACK"];

/// Rules that the plan has at first: two events as a shop may have written them down, and who
/// somebody is.
#[must_use]
pub fn first_rules() -> Vec<Value> {
    let text = json!({"type": "string"});
    let number = json!({"type": "number"});
    let track = |name: &str, properties: Value, required: &[&str]| {
        json!({
            "type": "TRACK", "key": name, "version": 1,
            "jsonSchema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": {"context": {}, "traits": {}, "properties":
                    {"type": "object", "properties": properties, "required": required}},
            },
        })
    };
    let order = json!({"order_id": text, "total": number, "coupon": {"type": ["string", "null"]}});
    let quiz = json!({"score": {"type": "integer"}, "goal": {"type": "string", "enum": ["sleep", "focus"]}});
    vec![
        track("Order Completed", order, &["order_id", "total"]),
        track("Quiz Completed", quiz, &["score"]),
        json!({"type": "IDENTIFY", "version": 1, "jsonSchema": {"type": "object"}}),
    ]
}

pub(super) async fn plans(Query(asked): Query<Asked>) -> Response {
    let plan = json!({"id": PLAN, "name": "Storefront events", "slug": "storefront-events", "type": "LIVE"});
    page("trackingPlans", vec![plan], &asked)
}

pub(super) async fn rules(
    State(shared): State<Arc<Shared>>,
    Path(plan): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    if plan != PLAN {
        return missing();
    }
    let rules = shared.rules().clone();
    page("rules", rules, &asked)
}

pub(super) async fn replace(
    State(shared): State<Arc<Shared>>,
    Path(plan): Path<String>,
    Json(mut body): Json<Value>,
) -> Response {
    if plan != PLAN {
        return missing();
    }
    let Some(Value::Array(rules)) = body.get_mut("rules").map(Value::take) else {
        return bad("rules", "a list of rules");
    };
    let mut seen = HashSet::new();
    for rule in &rules {
        if let Err((field, message)) = check(rule) {
            return bad(field, message);
        }
        if !seen.insert((
            rule["type"].to_string(),
            rule["key"].to_string(),
            rule["version"].to_string(),
        )) {
            return bad("rules", "each rule once");
        }
    }
    shared.rules().clone_from(&rules);
    Json(json!({"data": {"rules": rules}})).into_response()
}

fn check(rule: &Value) -> Result<(), (&'static str, &'static str)> {
    let kind = rule["type"].as_str().unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err(("type", "one of COMMON, GROUP, IDENTIFY, PAGE, SCREEN, TRACK"));
    }
    if kind == "TRACK" && rule["key"].as_str().is_none_or(str::is_empty) {
        return Err(("key", "the name of the event"));
    }
    if rule["version"].as_i64().is_none_or(|version| version < 1) {
        return Err(("version", "a whole number from 1"));
    }
    if !rule["jsonSchema"].is_object() {
        return Err(("jsonSchema", "an object"));
    }
    Ok(())
}

fn missing() -> Response {
    refuse(StatusCode::NOT_FOUND, "NotFound", "There is no such tracking plan")
}
