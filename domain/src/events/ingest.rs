//! What Segment's libraries send: `/v1/{identify,track,page,screen,group,alias,batch}`.
//!
//! The shapes and limits are those of Segment's HTTP API, but what Segment answers with 200 and
//! drops, such as an event without anybody, is refused with a reason. Source: segment-docs,
//! `connections/sources/catalog/libraries/server/http-api/index.md`.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{suppression::listing::Name, time::Instant};

use super::{LONGEST_NAME, place_of, report::names};

/// The largest call of one event, and the largest event of a batch, in bytes.
pub const LARGEST_EVENT: usize = 32 * 1024;

/// The largest batch, in bytes.
pub const LARGEST_BATCH: usize = 500 * 1024;

/// The most events of a batch.
pub const MOST_EVENTS: usize = 2_500;

/// The longest `messageId`, in characters.
pub const LONGEST_NUMBER: usize = 100;

/// What a call is: the last part of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One event of a type.
    One(Type),
    /// Several.
    Batch,
}

/// The types of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Who somebody is.
    Identify,
    /// What they did.
    Track,
    /// What they saw.
    Page,
    /// The same in an app.
    Screen,
    /// To whom they belong.
    Group,
    /// That two are one.
    Alias,
}

impl Type {
    const ALL: [Self; 6] =
        [Self::Identify, Self::Track, Self::Page, Self::Screen, Self::Group, Self::Alias];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }
}

impl std::str::FromStr for Type {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let is_it = |kind: &Self| kind.as_str() == text;
        Self::ALL.into_iter().find(is_it).ok_or_else(|| {
            "its type is none of identify, track, page, screen, group, alias".to_owned()
        })
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "batch" { Ok(Self::Batch) } else { text.parse().map(Self::One) }
    }
}

/// What a call says.
#[derive(Debug, PartialEq)]
pub struct Sent {
    /// The key in its body.
    pub write_key: Option<String>,
    /// What can be taken, in order.
    pub events: Vec<Event>,
    /// What can't.
    pub rejected: Vec<Rejected>,
}

/// An event that can be taken.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Its `messageId`, if it has one.
    pub number: Option<String>,
    /// What a rule may name: of a track its event, otherwise its type.
    pub name: String,
    /// Whom it is about.
    pub names: Vec<Name>,
    /// What an alias says that they were called before.
    pub former: Vec<Name>,
    /// When it happened, the sender's clock put right, and never after it came.
    pub at: Instant,
    item: Map<String, Value>,
}

impl Event {
    /// What a track says: its event, and the properties with it.
    #[must_use]
    pub fn track(&self) -> Option<(&str, Option<&Value>)> {
        let is_track = text(&self.item, "type") == Some(Type::Track.as_str());
        is_track.then(|| (&*self.name, self.item.get("properties")))
    }

    /// As it goes on: with its number as `messageId`, with its time by our clock, and under
    /// another name if the contract has one for it.
    #[must_use]
    pub fn body(&self, number: &str, canonical: Option<&str>) -> Value {
        let mut item = self.item.clone();
        if let Some(canonical) = canonical {
            item.insert("event".to_owned(), canonical.into());
        }
        item.insert("messageId".to_owned(), number.into());
        item.insert("timestamp".to_owned(), self.at.to_iso().into());
        Value::Object(item)
    }
}

/// An event of a batch that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// Why.
    pub reason: String,
}

/// What became of a batch of which some can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partly {
    /// How many are kept.
    pub accepted: usize,
    /// The others, in order.
    pub rejected: Vec<Rejected>,
}

impl Partly {
    /// The first of the others, in words.
    #[must_use]
    pub fn first(&self) -> String {
        let first = self.rejected.first();
        first.map_or_else(String::new, |one| format!("event {}: {}", one.index, one.reason))
    }
}

/// Reads a call that came in at `now`; says what is wrong if nothing of it can be taken.
pub fn read(kind: Kind, body: &[u8], now: Instant) -> Result<Sent, String> {
    let Kind::One(one) = kind else { return read_batch(body, now) };
    if body.len() > LARGEST_EVENT {
        return Err(format!("it has {} bytes: an event has at most {LARGEST_EVENT}", body.len()));
    }
    let mut item = object(body)?;
    let write_key = take_text(&mut item, "writeKey");
    let sent_at = take_text(&mut item, "sentAt");
    item.insert("type".to_owned(), one.as_str().into());
    let event = read_event(item, sent_at.as_deref(), now)?;
    Ok(Sent { write_key, events: vec![event], rejected: Vec::new() })
}

fn read_batch(body: &[u8], now: Instant) -> Result<Sent, String> {
    if body.len() > LARGEST_BATCH {
        return Err(format!("it has {} bytes: a batch has at most {LARGEST_BATCH}", body.len()));
    }
    let mut call = object(body)?;
    let Some(Value::Array(items)) = call.remove("batch") else {
        return Err("it has no list called batch".to_owned());
    };
    if items.len() > MOST_EVENTS {
        return Err(format!("it has {} events: a batch has at most {MOST_EVENTS}", items.len()));
    }
    let sent_at = take_text(&mut call, "sentAt");
    let mut sent =
        Sent { write_key: take_text(&mut call, "writeKey"), events: vec![], rejected: vec![] };
    for (index, item) in items.into_iter().enumerate() {
        match merged(item, &call).and_then(|item| read_event(item, sent_at.as_deref(), now)) {
            Ok(event) => sent.events.push(event),
            Err(reason) => sent.rejected.push(Rejected { index, reason }),
        }
    }
    Ok(sent)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    serde_json::from_slice(body).map_err(|error| place_of(&error))
}

/// An item with what the batch says of all of them.
fn merged(item: Value, call: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let Value::Object(mut item) = item else { return Err("it is no object".to_owned()) };
    for field in ["context", "integrations"] {
        let Some(Value::Object(shared)) = call.get(field) else { continue };
        let own = item.entry(field).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(own) = own {
            for (name, value) in shared {
                own.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    // Whole again, it is still one event.
    let bytes = Value::Object(item.clone()).to_string().len();
    if bytes > LARGEST_EVENT {
        return Err(format!("it has {bytes} bytes: an event has at most {LARGEST_EVENT}"));
    }
    Ok(item)
}

fn read_event(
    mut item: Map<String, Value>,
    sent_at: Option<&str>,
    now: Instant,
) -> Result<Event, String> {
    item.remove("writeKey");
    let kind: Type = text(&item, "type").unwrap_or_default().parse()?;
    for field in ["context", "integrations", "properties", "traits"] {
        if item.get(field).is_some_and(|value| !value.is_object() && !value.is_null()) {
            return Err(format!("its {field} is no object"));
        }
    }
    let number = text(&item, "messageId").filter(|number| !number.is_empty()).map(str::to_owned);
    if number.as_ref().is_some_and(|number| number.chars().count() > LONGEST_NUMBER) {
        return Err(format!("its messageId has more than {LONGEST_NUMBER} characters"));
    }
    let id = text(&item, "userId").filter(|id| !id.trim().is_empty());
    let anonymous = text(&item, "anonymousId").filter(|id| !id.trim().is_empty());
    if id.is_none() && anonymous.is_none() {
        return Err("it has neither a userId nor an anonymousId, as text".to_owned());
    }
    let previous = text(&item, "previousId").filter(|id| !id.trim().is_empty());
    let former = match (kind, previous) {
        // It may have been an id, Customer.io's own or an address: libraries don't say.
        (Type::Alias, Some(previous)) => names(Some(previous), Some(previous), Some(previous)),
        (Type::Alias, None) => return Err("an alias has a previousId, as text".to_owned()),
        _ => Vec::new(),
    };
    let name = match kind {
        Type::Track => {
            let name = text(&item, "event").filter(|name| !name.trim().is_empty());
            name.ok_or("a track has an event, as text")?
        }
        other => other.as_str(),
    };
    if name.len() > LONGEST_NAME {
        return Err(format!("its event's name has more than {LONGEST_NAME} bytes"));
    }
    let inner = |parts: &[&str]| {
        let value = parts.iter().try_fold(None::<&Value>, |at, part| {
            Some(Some(at.map_or_else(|| item.get(*part), |value| value.get(part))?))
        });
        value.flatten().and_then(Value::as_str)
    };
    let email =
        [&["traits", "email"][..], &["context", "traits", "email"], &["properties", "email"]];
    let email = email.into_iter().find_map(inner);
    // Somebody without an id of the workspace's own is sent under Customer.io's: it comes back so.
    let names = names(anonymous, id, email);
    let (name, at) = (name.to_owned(), happened(&item, sent_at, now));
    Ok(Event { number, name, names, former, at, item })
}

/// `timestamp` by our clock: its sender's may be wrong, and wrong by as much in `sentAt`.
fn happened(item: &Map<String, Value>, sent_at: Option<&str>, now: Instant) -> Instant {
    let Some(at) = text(item, "timestamp").and_then(instant) else { return now };
    let sent_at = text(item, "sentAt").or(sent_at).and_then(instant);
    let ahead = sent_at.map_or(0, |sent_at| sent_at.0.saturating_sub(now.0));
    Instant(at.0.saturating_sub(ahead)).min(now)
}

/// ISO 8601, with any offset.
fn instant(text: &str) -> Option<Instant> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Instant(at.as_microsecond()))
}

fn text<'a>(item: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    item.get(field).and_then(Value::as_str)
}

fn take_text(item: &mut Map<String, Value>, field: &str) -> Option<String> {
    match item.remove(field) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOW: Instant = Instant(1_700_000_000_000_000);

    fn track() -> Value {
        json!({"type": "track", "event": "Order Completed", "userId": "u-1", "messageId": "m-1",
            "timestamp": "2023-11-14T22:13:00.000Z", "properties": {"email": "Jane@Example.com"}})
    }

    fn batch(items: &[Value]) -> Result<Sent, String> {
        let body =
            json!({"batch": items, "writeKey": "key", "context": {"library": {"name": "x"}}});
        read(Kind::Batch, body.to_string().as_bytes(), NOW)
    }

    fn why(change: impl Fn(&mut Value)) -> String {
        let mut item = track();
        change(&mut item);
        batch(&[item]).unwrap().rejected.remove(0).reason
    }

    #[test]
    fn one_call_and_a_batch_say_the_same() {
        let one = read(Kind::One(Type::Track), track().to_string().as_bytes(), NOW).unwrap();
        let sent = batch(&[track()]).unwrap();
        assert_eq!(sent.write_key.as_deref(), Some("key"));
        for event in [&one.events[0], &sent.events[0]] {
            assert_eq!(event.name, "Order Completed");
            let names: Vec<&str> = event.names.iter().map(|name| name.text.as_str()).collect();
            assert_eq!(names, ["u-1", "jane@example.com"]);
            assert_eq!(event.at, NOW.minus(crate::time::Span::from_seconds(20)));
        }
        let number = sent.events[0].number.clone().unwrap();
        let body = sent.events[0].body(&number, None);
        assert_eq!(body["messageId"], "m-1");
        assert_eq!(body["context"]["library"]["name"], "x");
        assert_eq!(body["timestamp"], "2023-11-14T22:13:00.000Z");
    }

    #[test]
    fn an_alias_says_what_somebody_was_called_before() {
        let alias = json!({"type": "alias", "userId": "u-1", "previousId": "Old@Example.com"});
        let event = batch(&[alias]).unwrap().events.remove(0);
        let told = |names: &[Name]| -> Vec<_> {
            names.iter().map(|name| (name.kind.as_str(), name.text.clone())).collect()
        };
        assert_eq!(told(&event.names), [("id", "u-1".to_owned())]);
        let former = told(&event.former);
        assert!(former.contains(&("email", "old@example.com".to_owned())), "{former:?}");
        assert!(former.contains(&("id", "Old@Example.com".to_owned())), "{former:?}");
        assert!(batch(&[track()]).unwrap().events[0].former.is_empty());
    }

    #[test]
    fn a_sender_whose_clock_is_wrong_is_put_right() {
        let mut item = track();
        item["timestamp"] = "2023-11-15T22:13:00.000Z".into();
        item["sentAt"] = "2023-11-15T22:13:20.000Z".into();
        let sent = batch(&[item]).unwrap();
        assert_eq!(sent.events[0].at.to_iso(), "2023-11-14T22:13:00.000Z");
    }

    #[test]
    fn what_segment_drops_in_silence_is_refused_with_a_reason() {
        assert!(why(|item| item["userId"] = 7.into()).contains("userId"));
        assert!(why(|item| item["userId"] = " ".into()).contains("userId"));
        assert!(why(|item| item["event"] = Value::Null).contains("event"));
        assert!(why(|item| item["type"] = "buy".into()).contains("type"));
        assert!(why(|item| item["type"] = "alias".into()).contains("previousId"));
        assert!(why(|item| item["properties"] = "none".into()).contains("properties"));
        assert!(why(|item| item["messageId"] = "m".repeat(101).into()).contains("messageId"));
        assert!(why(|item| item["event"] = "e".repeat(257).into()).contains("name"));
        assert!(why(|item| item["properties"]["x"] = "é".repeat(16_500).into()).contains("bytes"));
        assert!(batch(&[json!(1)]).unwrap().rejected[0].reason.contains("object"));
        assert!(batch(&vec![track(); 2_501]).unwrap_err().contains("2501 events"));
        for bad in ["", "[]", "{\"batch\":{}}", "{", "\u{0}"] {
            assert!(read(Kind::Batch, bad.as_bytes(), NOW).is_err(), "{bad}");
        }
        assert!(read(Kind::Batch, b"{\"batch\":[\"\xff\"]}", NOW).is_err());
    }

    #[test]
    fn one_that_cannot_be_taken_spoils_no_other() {
        let sent = batch(&[track(), json!({}), track()]).unwrap();
        assert_eq!((sent.events.len(), sent.rejected[0].index), (2, 1));
        let partly = Partly { accepted: 2, rejected: sent.rejected };
        assert!(partly.first().starts_with("event 1: "));
    }

    proptest! {
        #[test]
        fn nothing_that_anybody_sends_breaks_the_reader(body in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(Kind::Batch, body.as_bytes(), NOW);
            let _ = read(Kind::One(Type::Identify), &bytes, NOW);
            // Whatever stands where an event is expected.
            let _ = batch(&[Value::String(body)]);
        }
    }
}
