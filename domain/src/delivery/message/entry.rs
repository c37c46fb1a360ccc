//! `Entered <Audience>`: an entry as an event of its own, for what reacts to events.
//!
//! It says what was known when it was claimed, so that whoever reads it needs no second
//! question: which audience and which version of it, since when and why, what the person is
//! worth, and the allowed fields as the JSON that they are. It is kept with the claim until it
//! is answered: a resend has the same bytes.

use serde_json::{Value, json};

use super::{
    super::{
        entry::EntryEvent,
        fields::{self, Fields},
        reason::Reason,
    },
    Kind, Sheet,
    wire::{Properties, Property},
};
use crate::people::Person;

impl Sheet<'_> {
    pub(super) fn entry(
        &self,
        event: &EntryEvent,
        person: &Person,
        fields: &Fields<'_>,
        reason: Reason,
    ) -> String {
        let mut properties = Properties::new();
        for (name, value) in fields {
            properties.insert(name, Property::Json(as_json(value)));
        }
        self.amount(person, &mut properties);
        let said = [
            ("audience", json!(self.key)),
            ("audience_version", json!(event.audience_version)),
            ("entered_at", json!(self.timestamp)),
            ("reason", json!(reason.as_str())),
            ("use_case", json!(self.envelope.use_case)),
        ];
        properties.extend(said.map(|(name, value)| (name, Property::Json(value))));
        let contact = self.traits(person, fields::NONE);
        let id = self.message_id(&person.cio_id, Kind::Entry);
        let mut message = self.message(person, &id, "track");
        message.event = Some(&event.name);
        message.properties = Some(&properties);
        message.context.personas = None;
        message.context.traits = Some(&contact);
        message.to_json()
    }

    /// What the person is worth to the destination, by its own rule.
    pub(super) fn amount(&self, person: &Person, properties: &mut Properties<'_>) {
        let rule = self.envelope.destination.value.as_ref();
        let Some(amount) = rule.and_then(|rule| rule.amount(&person.fields)) else { return };
        properties.insert("value", Property::Json(json!(amount.value)));
        if let Some(currency) = amount.currency {
            properties.insert("currency", Property::Json(json!(currency)));
        }
    }
}

/// An attribute as the JSON that it is: numbers, lists and objects are no text.
fn as_json(value: &Value) -> Value {
    let text = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    text.unwrap_or_else(|| value.clone())
}
