//! One message as the tracking API takes it: which are dropped and why, what time they get,
//! and what an audience destination reads in them.

use domain::time::Instant;
use serde::Serialize;
use serde_json::{Map, Value};

/// The longest `messageId`, in characters.
pub const MAXIMUM_MESSAGE_ID: usize = 100;

/// The type of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Who somebody is.
    Identify,
    /// What somebody did.
    Track,
    /// A page they saw.
    Page,
    /// A screen they saw.
    Screen,
    /// What they belong to.
    Group,
    /// Two names of one person.
    Alias,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 6] =
        [Self::Identify, Self::Track, Self::Page, Self::Screen, Self::Group, Self::Alias];

    /// Its name in `type` and in the path.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }

    fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Why the edge said 200 and yet nothing arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// No source has that write key.
    UnknownWriteKey,
    /// The write key belongs to a source of the other region.
    WrongRegion,
    /// More than 2,500 in one batch.
    TooManyInBatch,
    /// Not an object, or a batch without a list.
    Malformed,
    /// `type` is missing or unknown.
    UnknownType,
    /// Neither `userId` nor `anonymousId`.
    NoUserAnonId,
    /// A track call without `event`.
    NoEvent,
    /// `event` is no text.
    EventNotString,
    /// A group call without `groupId`.
    NoGroupId,
    /// An alias call without `previousId`.
    NoPreviousId,
    /// `messageId` over 100 characters or no text.
    BadMessageId,
    /// `context` or `integrations` is no object.
    NotAnObject,
}

/// What the whole request says about each of its messages.
#[derive(Debug, Default)]
pub struct Envelope {
    /// When it arrived.
    pub received_at: Instant,
    /// When the sender says it was sent.
    pub sent_at: Option<Instant>,
    /// Merged under each item's own `context`.
    pub context: Map<String, Value>,
    /// Merged under each item's own `integrations`.
    pub integrations: Map<String, Value>,
}

/// A message that was taken.
#[derive(Debug)]
pub struct Message {
    /// Its type.
    pub kind: Kind,
    /// Its id; `None` where the edge has to make one.
    pub message_id: Option<String>,
    /// Name of the event, for a track call.
    pub event: Option<String>,
    /// `userId`, else `anonymousId`.
    pub person: String,
    /// Destinations that are named and not switched off.
    pub integrations: Vec<String>,
    /// Destinations that are switched off by name.
    pub excluded: Vec<String>,
    /// Goes to every destination that isn't switched off.
    pub everywhere: bool,
    /// `computation_key` of an audience.
    pub key: Option<String>,
    /// `context.app.version`.
    pub app_version: Option<String>,
    /// What an audience destination decides: in, out, or nothing.
    pub entered: Option<bool>,
    /// `receivedAt - (sentAt - originalTimestamp)`.
    pub timestamp: Instant,
    /// An entry of `context.externalIds` lacks one of its four fields.
    pub incomplete_external_ids: bool,
}

/// Reads one message. `kind` is given where the path says it.
pub fn read(value: &Value, kind: Option<Kind>, envelope: &Envelope) -> Result<Message, DropReason> {
    let Value::Object(item) = value else { return Err(DropReason::Malformed) };
    let kind = kind
        .or_else(|| item.get("type").and_then(Value::as_str).and_then(Kind::read))
        .ok_or(DropReason::UnknownType)?;
    let message_id = match item.get("messageId") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) if id.is_empty() => None,
        Some(Value::String(id)) if id.chars().count() <= MAXIMUM_MESSAGE_ID => Some(id.clone()),
        Some(_) => return Err(DropReason::BadMessageId),
    };
    let person = text(item, "userId").or_else(|| text(item, "anonymousId"));
    let person = person.ok_or(DropReason::NoUserAnonId)?.to_owned();
    let event = match (kind, item.get("event")) {
        (Kind::Track, None | Some(Value::Null)) => return Err(DropReason::NoEvent),
        (Kind::Track, Some(Value::String(event))) if event.is_empty() => {
            return Err(DropReason::NoEvent);
        }
        (Kind::Track, Some(Value::String(event))) => Some(event.clone()),
        (Kind::Track, Some(_)) => return Err(DropReason::EventNotString),
        _ => None,
    };
    if kind == Kind::Group && text(item, "groupId").is_none() {
        return Err(DropReason::NoGroupId);
    }
    if kind == Kind::Alias && text(item, "previousId").is_none() {
        return Err(DropReason::NoPreviousId);
    }
    let context = merged(&envelope.context, item.get("context"))?;
    let integrations = merged(&envelope.integrations, item.get("integrations"))?;
    let key = audience_key(&context);
    let container = if kind == Kind::Identify { "traits" } else { "properties" };
    let entered = match kind {
        // The type decides where it looks, and only a real boolean is a decision.
        Kind::Identify | Kind::Track => {
            key.and_then(|key| item.get(container)?.get(key)?.as_bool())
        }
        _ => None,
    };
    let mut named = Vec::new();
    let mut excluded = Vec::new();
    for (name, value) in integrations.iter().filter(|(name, _)| *name != "All") {
        match value {
            Value::Bool(false) => excluded.push(name.clone()),
            Value::Bool(true) | Value::Object(_) => named.push(name.clone()),
            _ => {}
        }
    }
    Ok(Message {
        kind,
        message_id,
        event,
        person,
        integrations: named,
        excluded,
        everywhere: !matches!(integrations.get("All"), Some(Value::Bool(false))),
        key: key.map(str::to_owned),
        app_version: app_version(&context),
        entered,
        timestamp: timestamp(item, envelope),
        incomplete_external_ids: !complete_external_ids(&context),
    })
}

fn text<'a>(item: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The item's own object over the envelope's, key by key.
fn merged<'a>(
    common: &'a Map<String, Value>,
    own: Option<&'a Value>,
) -> Result<std::borrow::Cow<'a, Map<String, Value>>, DropReason> {
    use std::borrow::Cow;
    match own {
        None | Some(Value::Null) => Ok(Cow::Borrowed(common)),
        Some(Value::Object(own)) if common.is_empty() => Ok(Cow::Borrowed(own)),
        Some(Value::Object(own)) => {
            let mut all = common.clone();
            all.extend(own.iter().map(|(key, value)| (key.clone(), value.clone())));
            Ok(Cow::Owned(all))
        }
        Some(_) => Err(DropReason::NotAnObject),
    }
}

fn audience_key(context: &Map<String, Value>) -> Option<&str> {
    let personas = context.get("personas")?;
    let class = personas.get("computation_class")?.as_str()?;
    let key = personas.get("computation_key")?.as_str()?;
    (matches!(class, "audience" | "journey_step") && !key.is_empty()).then_some(key)
}

fn app_version(context: &Map<String, Value>) -> Option<String> {
    context.get("app")?.get("version")?.as_str().map(str::to_owned)
}

fn complete_external_ids(context: &Map<String, Value>) -> bool {
    let whole = |entry: &Value| {
        let full = |name| entry.get(name).and_then(Value::as_str).is_some_and(|v| !v.is_empty());
        full("id")
            && full("type")
            && entry.get("type").and_then(Value::as_str).is_some_and(|v| v == v.to_lowercase())
            && matches!(entry.get("collection").and_then(Value::as_str), Some("users" | "accounts"))
            && entry.get("encoding").and_then(Value::as_str) == Some("none")
    };
    match context.get("externalIds") {
        None | Some(Value::Null) => true,
        Some(Value::Array(entries)) => entries.iter().all(whole),
        Some(_) => false,
    }
}

fn timestamp(item: &Map<String, Value>, envelope: &Envelope) -> Instant {
    match (item.get("timestamp").and_then(instant), envelope.sent_at) {
        (None, _) => envelope.received_at,
        (Some(original), None) => original,
        (Some(original), Some(sent)) => envelope.received_at.minus(sent.since(original)),
    }
}

/// A time in ISO 8601; anything else is as if it weren't there.
pub fn instant(value: &Value) -> Option<Instant> {
    let time: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(Instant(time.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry() -> Value {
        json!({
            "type": "track", "event": "Audience Entered", "userId": "u-1", "messageId": "m-1",
            "timestamp": "2026-11-23T20:00:00.000Z",
            "properties": {"audience_key": "vip", "vip": true},
            "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
            "integrations": {"All": false, "Ads": true, "Off": false}
        })
    }

    #[test]
    fn an_entry_is_read_as_a_destination_reads_it() {
        let message = read(&entry(), None, &Envelope::default()).unwrap();
        assert_eq!(message.entered, Some(true));
        assert_eq!(message.key.as_deref(), Some("vip"));
        assert_eq!(message.integrations, ["Ads"]);
        assert!(!message.everywhere);
    }

    #[test]
    fn only_a_real_boolean_in_the_right_place_decides() {
        let mut item = entry();
        item["properties"]["vip"] = json!("true");
        assert_eq!(read(&item, None, &Envelope::default()).unwrap().entered, None);
        let mut item = entry();
        item["type"] = json!("identify");
        assert_eq!(read(&item, None, &Envelope::default()).unwrap().entered, None);
        let mut item = entry();
        item["context"]["personas"]["computation_class"] = json!("trait");
        assert_eq!(read(&item, None, &Envelope::default()).unwrap().entered, None);
    }

    #[test]
    fn the_clock_of_the_sender_is_corrected() {
        let at = |text: &str| instant(&json!(text)).unwrap();
        let envelope = Envelope {
            received_at: at("2026-11-23T21:00:10Z"),
            sent_at: Some(at("2026-11-23T20:00:05Z")),
            ..Envelope::default()
        };
        let message = read(&entry(), None, &envelope).unwrap();
        assert_eq!(message.timestamp, at("2026-11-23T21:00:05Z"));
    }

    #[test]
    fn the_envelope_goes_under_each_item() {
        let Value::Object(integrations) = json!({"All": false, "Ads": false, "Mail": true}) else {
            panic!()
        };
        let envelope = Envelope { integrations, ..Envelope::default() };
        let message = read(&entry(), None, &envelope).unwrap();
        assert_eq!(message.integrations, ["Ads", "Mail"]);
    }

    #[test]
    fn every_drop_has_its_reason() {
        let with = |change: fn(&mut Value)| {
            let mut item = entry();
            change(&mut item);
            read(&item, None, &Envelope::default()).unwrap_err()
        };
        assert_eq!(with(|item| *item = json!(7)), DropReason::Malformed);
        assert_eq!(with(|item| item["type"] = json!("buy")), DropReason::UnknownType);
        assert_eq!(with(|item| item["userId"] = json!("")), DropReason::NoUserAnonId);
        assert_eq!(with(|item| item["event"] = json!(null)), DropReason::NoEvent);
        assert_eq!(with(|item| item["event"] = json!(5)), DropReason::EventNotString);
        assert_eq!(with(|item| item["type"] = json!("group")), DropReason::NoGroupId);
        assert_eq!(with(|item| item["type"] = json!("alias")), DropReason::NoPreviousId);
        assert_eq!(with(|item| item["context"] = json!("x")), DropReason::NotAnObject);
        assert_eq!(
            with(|item| item["messageId"] = json!("é".repeat(101))),
            DropReason::BadMessageId
        );
    }

    #[test]
    fn external_ids_need_all_four_fields() {
        let mut item = entry();
        item["context"]["externalIds"] =
            json!([{"id": "1", "type": "shop_id", "collection": "users", "encoding": "none"}]);
        assert!(!read(&item, None, &Envelope::default()).unwrap().incomplete_external_ids);
        item["context"]["externalIds"][0]["encoding"] = json!(null);
        assert!(read(&item, None, &Envelope::default()).unwrap().incomplete_external_ids);
    }
}
