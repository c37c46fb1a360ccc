//! What Customer.io's answers look like. Unknown fields are left alone: they add some.

use std::collections::BTreeMap;

use domain::{
    audiences::{
        self, SegmentState,
        port::{Identifiers, MembershipPage},
    },
    people::{attributes::Attributes, port::ExportState},
    time::Instant,
};
use serde::Deserialize;
use serde_json::Value;

/// Longest segment name that we keep.
const LONGEST_NAME: usize = 300;

#[derive(Deserialize)]
pub struct Segments {
    pub segments: Vec<Segment>,
}

#[derive(Deserialize)]
pub struct OneSegment {
    pub segment: Segment,
}

#[derive(Deserialize)]
pub struct Segment {
    id: i64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    progress: Option<f64>,
    #[serde(default)]
    updated_at: Option<i64>,
}

impl Segment {
    pub fn read(self) -> audiences::Segment {
        // `events` and `build` with their queues are all "not yet"; anything else is said to
        // be finished, as a state that nobody has documented can't hold a sync back.
        let building = matches!(
            self.state.as_deref(),
            Some("events" | "build" | "events_queued" | "build_queued")
        );
        #[expect(clippy::cast_possible_truncation, reason = "a percentage")]
        let progress = self.progress.map(|percent| percent.clamp(0.0, 100.0) as i64);
        audiences::Segment {
            id: self.id,
            name: name(self.name.as_deref().unwrap_or_default(), self.id),
            changed_at: self.updated_at.map(Instant::from_seconds),
            state: if building {
                SegmentState::Building { progress }
            } else {
                SegmentState::Finished
            },
        }
    }
}

/// A name that every database and page can carry: no control characters, not endless.
fn name(text: &str, id: i64) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return format!("Segment {id}");
    }
    if clean.chars().count() <= LONGEST_NAME {
        return clean.to_owned();
    }
    clean.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

/// An empty segment has nulls in place of lists. An answer without these two keys is no
/// membership, whatever its status says: taken for an empty one, it would send everybody away.
#[derive(Deserialize)]
pub struct Membership {
    #[serde(deserialize_with = "present")]
    identifiers: Option<Vec<Member>>,
    #[serde(deserialize_with = "present")]
    next: Option<String>,
}

/// A key that must be there; its value may be null.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

#[derive(Deserialize)]
struct Member {
    cio_id: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

impl Membership {
    pub fn read(self) -> MembershipPage {
        let people = self.identifiers.unwrap_or_default().into_iter();
        MembershipPage {
            people: people
                .map(|member| Identifiers {
                    cio_id: member.cio_id,
                    id: member.id,
                    email: member.email,
                })
                .collect(),
            next: self.next.filter(|next| !next.is_empty()),
        }
    }
}

#[derive(Deserialize)]
pub struct Customers {
    customers: Vec<Item>,
}

/// Wrapped as the specification has it, or bare as the live service answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Item {
    Wrapped { customer: Customer },
    Bare(Customer),
}

#[derive(Deserialize)]
struct Customer {
    identifiers: CioId,
    attributes: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct CioId {
    cio_id: String,
}

impl Customers {
    pub fn read(self) -> Vec<Attributes> {
        let customer = |item| match item {
            Item::Wrapped { customer } | Item::Bare(customer) => customer,
        };
        let read = |customer: Customer| Attributes {
            cio_id: customer.identifiers.cio_id,
            values: customer
                .attributes
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, value)| Some((name, text(value)?)))
                .collect(),
        };
        self.customers.into_iter().map(customer).map(read).collect()
    }
}

/// Every value is said to be text; a number or a yes is taken as it would be written.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[derive(Deserialize)]
pub struct OneExport {
    pub export: Export,
}

#[derive(Deserialize)]
pub struct Export {
    pub id: i64,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    failed: bool,
}

impl Export {
    pub fn state(&self) -> ExportState {
        match self.status.as_deref() {
            _ if self.failed => ExportState::Failed,
            Some("done") => ExportState::Done,
            Some("failed") => ExportState::Failed,
            _ => ExportState::Pending,
        }
    }
}

#[derive(Deserialize)]
pub struct Link {
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_wrapped_or_bare_and_every_value_as_text() {
        let people: Customers = serde_json::from_str(
            r#"{"customers":[
                {"customer":{"identifiers":{"cio_id":"a1","id":null},"attributes":{"phone":"+1"}}},
                {"identifiers":{"cio_id":"a2"},"attributes":{"n":12.5,"b":true,"x":null,"l":[1]},"devices":[]},
                {"identifiers":{"cio_id":"a3"},"attributes":null}
            ]}"#,
        )
        .unwrap();
        let people: Vec<(String, Vec<(String, String)>)> = people
            .read()
            .into_iter()
            .map(|one| (one.cio_id, one.values.into_iter().collect()))
            .collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(people[0], ("a1".to_owned(), vec![pair("phone", "+1")]));
        assert_eq!(people[1], ("a2".to_owned(), vec![pair("b", "true"), pair("n", "12.5")]));
        assert_eq!(people[2], ("a3".to_owned(), Vec::new()));
        for other in ["{}", r#"{"customers":[{}]}"#, r#"{"customers":[{"attributes":{}}]}"#] {
            assert!(serde_json::from_str::<Customers>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_export_is_done_or_failed_or_not_yet() {
        let state = |text: &str| serde_json::from_str::<OneExport>(text).unwrap().export.state();
        assert_eq!(state(r#"{"export":{"id":1,"status":"done"}}"#), ExportState::Done);
        assert_eq!(state(r#"{"export":{"id":1,"status":"failed"}}"#), ExportState::Failed);
        assert_eq!(
            state(r#"{"export":{"id":1,"status":"done","failed":true}}"#),
            ExportState::Failed
        );
        assert_eq!(state(r#"{"export":{"id":1,"status":"queued"}}"#), ExportState::Pending);
        assert_eq!(state(r#"{"export":{"id":1}}"#), ExportState::Pending);
    }

    #[test]
    fn names_are_kept_within_bounds() {
        assert_eq!(name("Cart 🛒 مهجورة", 7), "Cart 🛒 مهجورة");
        assert_eq!(name("a\0b\nc", 7), "abc");
        assert_eq!(name(" \u{7} ", 7), "Segment 7");
        let long = name(&"é".repeat(10_000), 7);
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn an_answer_of_another_shape_is_not_an_empty_segment() {
        for other in ["{}", r#"{"errors":[]}"#, r#"{"identifiers":[]}"#, r#"{"next":""}"#] {
            assert!(serde_json::from_str::<Membership>(other).is_err(), "{other}");
        }
    }

    #[test]
    fn an_empty_segment_has_nulls() {
        let page: Membership =
            serde_json::from_str(r#"{"segment_id":7,"ids":null,"identifiers":null,"next":""}"#)
                .unwrap();
        assert_eq!(page.read(), MembershipPage::default());
    }
}
