//! A transition as Segment's list destinations read it.
//!
//! Shape: Segment's own audiences, as its action destinations read them (`computation_class`,
//! `computation_key` and a real boolean under that key). Limits: Segment's HTTP API.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    connections::traffic::CONNECTION_TESTED,
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
    entry::EntryEvent,
    fields::{self, Fields},
    reason::Reason,
};
use wire::{App, Context, Message, Personas, Properties, Property, Trait, Traits};

mod entry;
mod wire;

#[cfg(test)]
mod tests;

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
    /// The entry as an event of its own.
    Entry,
}

/// What makes a transition's messages these and no others, but for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who we are.
    pub installation: Installation,
    /// Whose order it is.
    pub mapping: MappingId,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// In or out.
    pub transition: Transition,
}

impl Identity {
    /// The id that a person's message carries, see [`Sheet::message_id`]; by today's number of
    /// the installation.
    #[must_use]
    pub fn message_id(&self, cio_id: &str, kind: Kind) -> String {
        of_person(self.hash(kind), cio_id)
    }

    fn hash(&self, kind: Kind) -> Sha256 {
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
                Kind::Entry => 3,
            },
        ]);
        hash
    }
}

fn of_person(mut hash: Sha256, cio_id: &str) -> String {
    hash.update(cio_id.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// An event that goes to no destination: it asks whether Segment takes anything at all.
#[must_use]
pub fn probe(id: &str, now: Instant) -> String {
    json!({
        "type": "track",
        "event": CONNECTION_TESTED,
        "anonymousId": "segue-connection-test",
        "messageId": format!("segue-test-{id}"),
        "timestamp": now.to_iso(),
        "properties": {},
        "context": {},
        "integrations": { "All": false },
    })
    .to_string()
}

/// A message for people: one line a value.
#[must_use]
pub fn readable(message: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(message);
    parsed
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| message.to_owned())
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
    /// The event that tells an entry, if there is one.
    pub entry: Option<&'a EntryEvent>,
}

/// A part's sheet: what is the same in each of its messages, worked out once.
pub struct Sheet<'a> {
    envelope: &'a Envelope<'a>,
    /// The audience's key as destinations know it.
    key: String,
    audience: String,
    timestamp: String,
    integrations: BTreeMap<&'a str, bool>,
    /// What tells a test apart, in `context.app.version`.
    mark: Option<String>,
    /// Everything of a message's identity but the person.
    track: Sha256,
    identify: Sha256,
    entry: Sha256,
}

impl Envelope<'_> {
    /// Ready to be filled in.
    #[must_use]
    pub fn sheet(&self) -> Sheet<'_> {
        Sheet {
            envelope: self,
            key: self.audience_key.snake(),
            audience: self.audience.to_string(),
            timestamp: self.decided_at.to_iso(),
            integrations: BTreeMap::from([
                ("All", false),
                (self.destination.integration.as_str(), true),
            ]),
            mark: None,
            track: self.identity().hash(Kind::Track),
            identify: self.identity().hash(Kind::Identify),
            entry: self.identity().hash(Kind::Entry),
        }
    }

    fn identity(&self) -> Identity {
        Identity {
            installation: self.installation,
            mapping: self.mapping,
            generation: self.generation,
            transition: self.transition,
        }
    }

    fn is_in(&self) -> bool {
        self.transition == Transition::Entered
    }
}

impl Sheet<'_> {
    /// The same, with a mark by which Segment can count its messages alone.
    #[must_use]
    pub fn marked(mut self, mark: &str) -> Self {
        self.mark = Some(mark.to_owned());
        self
    }

    /// Derived from what the message is, never from when it is sent: a resend has the same.
    /// 43 characters; Segment drops ids over 100.
    #[must_use]
    pub fn message_id(&self, cio_id: &str, kind: Kind) -> String {
        let hash = match kind {
            Kind::Track => self.track.clone(),
            Kind::Identify => self.identify.clone(),
            Kind::Entry => self.entry.clone(),
        };
        of_person(hash, cio_id)
    }

    /// The messages that tell one person's transition, which an entry has a reason for. Where an event would be larger than
    /// Segment takes, fields are left out, the longest first; identifiers never are.
    #[must_use]
    pub fn render(&self, person: &Person, reason: Reason) -> Rendering {
        let destination = self.envelope.destination;
        let mut fields = fields::named(destination, self.envelope.use_case, person);
        let mut left_out = Vec::new();
        loop {
            let mut messages = vec![self.track(person, &fields)];
            if destination.profile.identifies() {
                messages.push(self.identify(person, &fields));
            }
            if let Some(entry) = self.envelope.entry.filter(|_| self.envelope.is_in())
                && reason != Reason::Again
            {
                messages.push(self.entry(entry, person, &fields, reason));
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
        let envelope = self.envelope;
        let mut properties = Properties::new();
        if envelope.use_case == UseCase::Lookalike && envelope.is_in() {
            if envelope.destination.value.is_some() {
                self.amount(person, &mut properties);
            } else if let Some(worth) = fields::worth(envelope.destination, fields) {
                properties.insert("value", Property::Json(worth.clone()));
            }
        }
        properties.insert("audience_key", Property::Name(&self.key));
        properties.insert(&self.key, Property::IsIn(envelope.is_in()));
        let traits = self.traits(person, fields);
        let id = self.message_id(&person.cio_id, Kind::Track);
        let mut message = self.message(person, &id, "track");
        message.event = Some(envelope.transition.event());
        message.properties = Some(&properties);
        message.context.traits = Some(&traits);
        message.to_json()
    }

    fn identify(&self, person: &Person, fields: &Fields<'_>) -> String {
        let mut traits = self.traits(person, fields);
        traits.insert(&self.key, Trait::IsIn(self.envelope.is_in()));
        let id = self.message_id(&person.cio_id, Kind::Identify);
        let mut message = self.message(person, &id, "identify");
        message.traits = Some(&traits);
        message.to_json()
    }

    fn message<'a>(&'a self, person: &'a Person, id: &'a str, kind: &'static str) -> Message<'a> {
        let personas = Personas { class: "audience", id: &self.audience, key: &self.key };
        Message {
            anonymous_id: person.id.is_none().then_some(&person.cio_id),
            context: Context {
                app: self.mark.as_deref().map(|version| App { version }),
                personas: Some(personas),
                traits: None,
            },
            event: None,
            integrations: &self.integrations,
            id,
            properties: None,
            timestamp: &self.timestamp,
            traits: None,
            kind,
            user_id: person.id.as_deref(),
        }
    }

    /// E-mail and phone, where the profile takes them or the operator allowed them, and the
    /// fields that the operator named.
    fn traits<'a>(&'a self, person: &'a Person, fields: &'a Fields<'a>) -> Traits<'a> {
        let destination = self.envelope.destination;
        let (profile, hash) = (destination.profile, destination.hash);
        let mut traits: Traits<'a> =
            fields.iter().map(|(name, value)| (*name, Trait::Field(value))).collect();
        if let Some(email) = person.email.as_deref().filter(|_| destination.carries("email")) {
            let hashed = || Trait::Hashed(hashing::email(profile, email));
            traits.insert("email", if hash { hashed() } else { Trait::Clear(email) });
        }
        if let Some(phone) = person.phone.as_deref().filter(|_| destination.carries("phone")) {
            let hashed = || Trait::Hashed(hashing::phone(profile, phone));
            traits.insert("phone", if hash { hashed() } else { Trait::Clear(phone) });
        }
        traits
    }
}
