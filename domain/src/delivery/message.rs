//! A transition as Segment's list destinations read it.
//!
//! Shape: Segment's own audiences, as its action destinations read them (`computation_class`,
//! `computation_key` and a real boolean under that key). Limits: Segment's HTTP API.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    destinations::{DestinationSpec, hashing},
    ids::{AudienceId, MappingId},
    key::Key,
    people::Person,
    time::Instant,
};

use super::Transition;

/// Who we are in every message id. A restore or a copy of the database raises `number`, so
/// that two installations never speak with one voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Made with the database.
    pub key: Uuid,
    /// Raised by a restore or a copy.
    pub number: i64,
}

/// Which call a message is; a transition may need both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Audience Entered` or `Audience Exited`.
    Track,
    /// The membership as a trait.
    Identify,
}

/// An event that goes to no destination: it asks whether Segment takes anything at all.
#[must_use]
pub fn probe(id: &str, now: Instant) -> String {
    json!({
        "type": "track",
        "event": "Segue Connection Tested",
        "anonymousId": "segue-connection-test",
        "messageId": format!("segue-test-{id}"),
        "timestamp": now.to_iso(),
        "properties": {},
        "context": {},
        "integrations": { "All": false },
    })
    .to_string()
}

/// What all messages of a part have in common.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// Who we are.
    pub installation: Installation,
    /// Whose order it is.
    pub mapping: MappingId,
    /// The audience's identity.
    pub audience: AudienceId,
    /// The audience's name.
    pub audience_key: &'a Key,
    /// Where to.
    pub destination: &'a DestinationSpec,
    /// In or out.
    pub transition: Transition,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// When it was decided.
    pub decided_at: Instant,
}

/// A message as it goes over the wire. The fields stand in the order of the alphabet, as
/// they always have: a resend has the bytes of the first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<&'a str>,
    context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    integrations: BTreeMap<&'a str, bool>,
    #[serde(rename = "messageId")]
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<BTreeMap<&'a str, Property<'a>>>,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<Map<String, Value>>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Context<'a> {
    personas: Personas<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<Map<String, Value>>,
}

#[derive(Serialize)]
struct Personas<'a> {
    #[serde(rename = "computation_class")]
    class: &'static str,
    #[serde(rename = "computation_id")]
    id: String,
    #[serde(rename = "computation_key")]
    key: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Property<'a> {
    Name(&'a str),
    IsIn(bool),
}

impl Message<'_> {
    fn to_json(&self) -> String {
        // Texts, booleans and maps keyed by text: nothing in it can fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Envelope<'_> {
    /// Derived from what the message is, never from when it is sent: a resend has the same.
    /// 43 characters; Segment drops ids over 100.
    #[must_use]
    pub fn message_id(&self, cio_id: &str, kind: Kind) -> String {
        let mut hash = Sha256::new();
        hash.update(self.installation.key.as_bytes());
        hash.update(self.installation.number.to_be_bytes());
        hash.update(self.mapping.0.as_bytes());
        hash.update(self.generation.to_be_bytes());
        hash.update([
            match self.transition {
                Transition::Entered => 1,
                Transition::Exited => 2,
            },
            match kind {
                Kind::Track => 1,
                Kind::Identify => 2,
            },
        ]);
        hash.update(cio_id.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.finalize())
    }

    /// The messages that tell one person's transition, each as JSON.
    #[must_use]
    pub fn render(&self, person: &Person) -> Vec<String> {
        let mut messages = vec![self.track(person)];
        if self.destination.profile.identifies() {
            messages.push(self.identify(person));
        }
        messages
    }

    fn track(&self, person: &Person) -> String {
        let key = &self.audience_key.snake();
        let event = match self.transition {
            Transition::Entered => "Audience Entered",
            Transition::Exited => "Audience Exited",
        };
        let mut message = self.base(person, Kind::Track, key);
        message.event = Some(event);
        message.properties = Some(BTreeMap::from([
            ("audience_key", Property::Name(key)),
            (key, Property::IsIn(self.is_in())),
        ]));
        message.context.traits = Some(self.contact(person));
        message.to_json()
    }

    fn identify(&self, person: &Person) -> String {
        let key = &self.audience_key.snake();
        let mut traits = self.contact(person);
        traits.insert(key.clone(), self.is_in().into());
        let mut message = self.base(person, Kind::Identify, key);
        message.traits = Some(traits);
        message.to_json()
    }

    fn is_in(&self) -> bool {
        self.transition == Transition::Entered
    }

    fn base<'a>(&'a self, person: &'a Person, kind: Kind, key: &'a str) -> Message<'a> {
        let personas = Personas { class: "audience", id: self.audience.to_string(), key };
        Message {
            anonymous_id: person.id.is_none().then_some(&person.cio_id),
            context: Context { personas, traits: None },
            event: None,
            integrations: BTreeMap::from([
                ("All", false),
                (self.destination.integration.as_str(), true),
            ]),
            id: self.message_id(&person.cio_id, kind),
            properties: None,
            timestamp: self.decided_at.to_iso(),
            traits: None,
            kind: match kind {
                Kind::Track => "track",
                Kind::Identify => "identify",
            },
            user_id: person.id.as_deref(),
        }
    }

    /// E-mail and phone, where the profile takes them or the operator allowed them.
    fn contact(&self, person: &Person) -> Map<String, Value> {
        let allowed = |field: &str| {
            self.destination.profile.sends_contact()
                || self.destination.fields.iter().any(|one| one == field)
        };
        let mut traits = Map::new();
        let (profile, hash) = (self.destination.profile, self.destination.hash);
        if let Some(email) = person.email.as_deref().filter(|_| allowed("email")) {
            let value = if hash { hashing::email(profile, email) } else { email.to_owned() };
            traits.insert("email".to_owned(), value.into());
        }
        if let Some(phone) = person.phone.as_deref().filter(|_| allowed("phone")) {
            let value = if hash { hashing::phone(profile, phone) } else { phone.to_owned() };
            traits.insert("phone".to_owned(), value.into());
        }
        traits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::Profile;

    fn destination(profile: Profile) -> DestinationSpec {
        DestinationSpec {
            key: "meta".parse().unwrap(),
            profile,
            integration: "Facebook Custom Audiences".to_owned(),
            fields: Vec::new(),
            hash: false,
        }
    }

    fn envelope<'a>(destination: &'a DestinationSpec, key: &'a Key) -> Envelope<'a> {
        Envelope {
            installation: Installation { key: Uuid::from_u128(1), number: 1 },
            mapping: MappingId(Uuid::from_u128(2)),
            audience: AudienceId(Uuid::from_u128(3)),
            audience_key: key,
            destination,
            transition: Transition::Entered,
            generation: 7,
            decided_at: Instant::from_seconds(1_790_000_000),
        }
    }

    fn person() -> Person {
        Person {
            cio_id: "a3000001".to_owned(),
            id: Some("u-1".to_owned()),
            email: Some("jane@example.com".to_owned()),
            phone: None,
        }
    }

    #[test]
    fn a_list_destination_reads_the_membership() {
        let (destination, key) =
            (destination(Profile::MetaCustomAudiences), "cart-abandoners".parse().unwrap());
        let messages = envelope(&destination, &key).render(&person());
        assert_eq!(messages.len(), 1);
        let message: Value = serde_json::from_str(&messages[0]).unwrap();
        insta::assert_json_snapshot!(message);
    }

    #[test]
    fn a_warehouse_gets_a_trait_too_and_no_contact() {
        let (destination, key) = (destination(Profile::Warehouse), "vip".parse().unwrap());
        let messages = envelope(&destination, &key).render(&Person { id: None, ..person() });
        let messages: Vec<Value> =
            messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        insta::assert_json_snapshot!(messages);
    }

    #[test]
    fn a_message_has_its_fields_in_the_order_of_the_alphabet() {
        let (destination, key) = (destination(Profile::Plain), "audience-key".parse().unwrap());
        for person in [person(), Person { id: None, ..person() }] {
            for message in envelope(&destination, &key).render(&person) {
                let value: Value = serde_json::from_str(&message).unwrap();
                assert_eq!(message, value.to_string());
            }
        }
    }

    #[test]
    fn each_part_of_a_messages_identity_changes_its_id() {
        let (destination, key) = (destination(Profile::Plain), "vip".parse().unwrap());
        let one = envelope(&destination, &key);
        let mut others = vec![one.clone(); 5];
        others[0].generation += 1;
        others[1].transition = Transition::Exited;
        others[2].mapping = MappingId(Uuid::from_u128(9));
        others[3].installation.number += 1;
        others[4].decided_at = Instant(0);
        let id = one.message_id("a", Kind::Track);
        for (other, differs) in others.iter().zip([true, true, true, true, false]) {
            assert_eq!(other.message_id("a", Kind::Track) != id, differs);
        }
        assert_ne!(one.message_id("b", Kind::Track), id);
        assert_ne!(one.message_id("a", Kind::Identify), id);
        assert!(id.len() <= 64, "{id}");
    }
}
