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
    mappings::UseCase,
    people::Person,
    time::Instant,
};

use super::{
    Transition,
    batch::LARGEST_EVENT,
    fields::{self, Fields},
};

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

/// One person's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    /// Each complete JSON.
    pub messages: Vec<String>,
    /// Fields that the event was too large for.
    pub left_out: Vec<String>,
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
    /// What for.
    pub use_case: UseCase,
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
    Worth(&'a Value),
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

    /// The messages that tell one person's transition. Where an event would be larger than
    /// Segment takes, fields are left out, the longest first; identifiers never are.
    #[must_use]
    pub fn render(&self, person: &Person) -> Rendering {
        let mut fields = fields::named(self.destination, self.use_case, person);
        let mut left_out = Vec::new();
        loop {
            let mut messages = vec![self.track(person, &fields)];
            if self.destination.profile.identifies() {
                messages.push(self.identify(person, &fields));
            }
            let fits = messages.iter().all(|message| message.len() <= LARGEST_EVENT);
            let longest = fields.iter().max_by_key(|(_, value)| value.to_string().len());
            match longest.map(|(name, _)| *name).filter(|_| !fits) {
                Some(name) => {
                    fields.remove(name);
                    left_out.push(name.to_owned());
                }
                None => return Rendering { messages, left_out },
            }
        }
    }

    fn track(&self, person: &Person, fields: &Fields<'_>) -> String {
        let key = &self.audience_key.snake();
        let event = match self.transition {
            Transition::Entered => "Audience Entered",
            Transition::Exited => "Audience Exited",
        };
        let mut message = self.base(person, Kind::Track, key);
        message.event = Some(event);
        let mut properties = BTreeMap::new();
        let is_seed = self.use_case == UseCase::Lookalike && self.is_in();
        if let Some(worth) = fields::worth(self.destination, fields).filter(|_| is_seed) {
            properties.insert("value", Property::Worth(worth));
        }
        properties.insert("audience_key", Property::Name(key));
        properties.insert(key, Property::IsIn(self.is_in()));
        message.properties = Some(properties);
        message.context.traits = Some(self.traits(person, fields));
        message.to_json()
    }

    fn identify(&self, person: &Person, fields: &Fields<'_>) -> String {
        let key = &self.audience_key.snake();
        let mut traits = self.traits(person, fields);
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

    /// E-mail and phone, where the profile takes them or the operator allowed them, and the
    /// fields that the operator named.
    fn traits(&self, person: &Person, fields: &Fields<'_>) -> Map<String, Value> {
        let mut traits: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let (profile, hash) = (self.destination.profile, self.destination.hash);
        if let Some(email) = person.email.as_deref().filter(|_| self.destination.carries("email")) {
            let value = if hash { hashing::email(profile, email) } else { email.to_owned() };
            traits.insert("email".to_owned(), value.into());
        }
        if let Some(phone) = person.phone.as_deref().filter(|_| self.destination.carries("phone")) {
            let value = if hash { hashing::phone(profile, phone) } else { phone.to_owned() };
            traits.insert("phone".to_owned(), value.into());
        }
        traits
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
            use_case: UseCase::Retarget,
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
            fields: BTreeMap::new(),
        }
    }

    /// The same with a phone number and three fields.
    fn known() -> Person {
        let fields = [("ltv", "312.50"), ("tier", "gold"), ("secret", "hush")];
        Person {
            phone: Some("+14155552671".to_owned()),
            fields: fields.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            ..person()
        }
    }

    fn parsed(rendering: &Rendering) -> Vec<Value> {
        assert!(rendering.left_out.is_empty(), "{rendering:?}");
        rendering.messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }

    #[test]
    fn a_list_destination_reads_the_membership() {
        let (destination, key) =
            (destination(Profile::MetaCustomAudiences), "cart-abandoners".parse().unwrap());
        let messages = parsed(&envelope(&destination, &key).render(&person()));
        assert_eq!(messages.len(), 1);
        let message = &messages[0];
        insta::assert_json_snapshot!(message);
    }

    #[test]
    fn a_warehouse_gets_a_trait_too_and_no_contact() {
        let (destination, key) = (destination(Profile::Warehouse), "vip".parse().unwrap());
        let messages =
            parsed(&envelope(&destination, &key).render(&Person { id: None, ..person() }));
        insta::assert_json_snapshot!(messages);
    }

    #[test]
    fn a_warehouse_gets_the_fields_that_were_named() {
        let mut destination = destination(Profile::Warehouse);
        destination.fields =
            ["tier", "ltv", "cio_id", "phone", "unknown"].map(str::to_owned).into();
        let key = "vip".parse().unwrap();
        insta::assert_json_snapshot!(parsed(&envelope(&destination, &key).render(&known())));
    }

    #[test]
    fn a_lookalike_seed_carries_its_value() {
        let mut destination = destination(Profile::MetaCustomAudiences);
        destination.fields = ["tier", "ltv"].map(str::to_owned).into();
        let key = "vip".parse().unwrap();
        let seed = Envelope { use_case: UseCase::Lookalike, ..envelope(&destination, &key) };
        insta::assert_json_snapshot!(parsed(&seed.render(&known())));
        // Who leaves is worth nothing there, and an audience may be called like the property.
        let exit = Envelope { transition: Transition::Exited, ..seed.clone() };
        let properties = parsed(&exit.render(&known()))[0]["properties"].take();
        assert_eq!(properties, json!({ "audience_key": "vip", "vip": false }));
        let key = "value".parse().unwrap();
        let namesake = Envelope { audience_key: &key, ..seed };
        let properties = parsed(&namesake.render(&known()))[0]["properties"].take();
        assert_eq!(properties, json!({ "audience_key": "value", "value": true }));
    }

    #[test]
    fn hashed_identifiers_are_those_of_the_platform() {
        let mut destination = destination(Profile::MetaCustomAudiences);
        destination.hash = true;
        let key = "vip".parse().unwrap();
        insta::assert_json_snapshot!(parsed(&envelope(&destination, &key).render(&known())));
    }

    #[test]
    fn fields_give_way_to_the_limit_the_longest_first() {
        let mut destination = destination(Profile::Plain);
        destination.fields = ["a", "b", "c", "d"].map(str::to_owned).into();
        let key = "vip".parse().unwrap();
        // Quotes count twice: the limit is one of encoded bytes.
        let fields =
            [("a", "\"".repeat(9_000)), ("b", "x".repeat(20_000)), ("c", "y".repeat(9_000))];
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let person = Person { fields: fields.collect(), ..person() };
        let rendering = envelope(&destination, &key).render(&person);
        assert_eq!(rendering.left_out, ["b"]);
        assert_eq!(rendering.messages.len(), 2);
        for message in &rendering.messages {
            assert!(message.len() <= LARGEST_EVENT);
            assert!(message.contains("yyy") && !message.contains("xxx"));
        }
    }

    #[test]
    fn a_message_has_its_fields_in_the_order_of_the_alphabet() {
        let (destination, key) = (destination(Profile::Plain), "audience-key".parse().unwrap());
        for person in [person(), Person { id: None, ..person() }] {
            for message in envelope(&destination, &key).render(&person).messages {
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
