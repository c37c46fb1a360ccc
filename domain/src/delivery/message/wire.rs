//! The bytes of a message. The fields stand in the order of the alphabet, as they always have:
//! a resend has the bytes of the first.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Contact and fields, by name.
pub type Traits<'a> = BTreeMap<&'a str, Trait<'a>>;

/// What an event says, by name.
pub type Properties<'a> = BTreeMap<&'a str, Property<'a>>;

/// A message as it goes over the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<&'a str>,
    pub context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<&'a str>,
    pub integrations: &'a BTreeMap<&'a str, bool>,
    #[serde(rename = "messageId")]
    pub id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<&'a Properties<'a>>,
    pub timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<&'a Traits<'a>>,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<App<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personas: Option<Personas<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<&'a Traits<'a>>,
}

/// Only in tests: what Segment calls the version of an app.
#[derive(Clone, Copy, Serialize)]
pub struct App<'a> {
    pub version: &'a str,
}

#[derive(Clone, Copy, Serialize)]
pub struct Personas<'a> {
    #[serde(rename = "computation_class")]
    pub class: &'static str,
    #[serde(rename = "computation_id")]
    pub id: &'a str,
    #[serde(rename = "computation_key")]
    pub key: &'a str,
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Property<'a> {
    Name(&'a str),
    IsIn(bool),
    Json(Value),
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Trait<'a> {
    Clear(&'a str),
    Hashed(String),
    IsIn(bool),
    Field(&'a Value),
}

impl Message<'_> {
    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        let mut bytes = Vec::with_capacity(ROOM);
        // Texts, booleans and maps keyed by text: nothing in it can fail, and all of it is UTF-8.
        match serde_json::to_writer(&mut bytes, self) {
            Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

/// Bytes into which most messages fit.
const ROOM: usize = 640;
