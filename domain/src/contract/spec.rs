//! An event as files, programs and forms write it: plain lists, and properties one a line in the
//! [`notation`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Event, notation, onward};
use crate::error::{Error, Result};

/// Longest text of a field.
pub const LONGEST: usize = 500;

/// Most names of a list.
pub const MOST_ITEMS: usize = 100;

/// Longest event as it is written, in characters: what is worth agreeing on fits in far less.
const LARGEST: usize = 64 * 1024;

/// An event as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSpec {
    /// Its canonical name.
    pub name: String,
    /// What has happened.
    #[serde(default)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: String,
    /// Who reads it.
    #[serde(default)]
    pub consumers: Vec<String>,
    /// Other names under which it comes in.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Former names under which it goes out too, such as `Purchase until 2026-12-31`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_sent_as: Vec<String>,
    /// Whether it goes nowhere.
    #[serde(default, skip_serializing_if = "super::is_no")]
    pub stopped: bool,
    /// What it says, one property an item, such as `total: number, required, in USD`.
    #[serde(default)]
    pub properties: Vec<String>,
}

impl EventSpec {
    /// An event as it would be written.
    #[must_use]
    pub fn of(name: &str, event: &Event) -> Self {
        Self {
            name: name.to_owned(),
            description: event.description.clone(),
            owner: event.owner.clone(),
            consumers: event.consumers.iter().cloned().collect(),
            aliases: event.aliases.iter().cloned().collect(),
            also_sent_as: onward::write(&event.also_sent_as),
            stopped: event.is_stopped,
            properties: notation::write(&event.properties).lines().map(str::to_owned).collect(),
        }
    }

    /// The event that is written here, and its name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the field that can't be.
    pub fn read(&self) -> Result<(String, Event)> {
        let name = named(&self.name)?;
        let aliases = list("aliases", &self.aliases)?;
        if aliases.contains(&name) {
            return Err(Error::invalid("aliases", "it is called so already"));
        }
        let also = onward::read(&list("also_sent_as", &self.also_sent_as)?)?;
        if also.contains_key(&name) {
            return Err(Error::invalid("also_sent_as", "it is called so already"));
        }
        also.keys().try_for_each(|name| named(name).map(drop)).map_err(|error| match error {
            Error::Invalid { message, .. } => Error::invalid("also_sent_as", message),
            other => other,
        })?;
        let properties = self.properties.join("\n");
        if properties.chars().count() > LARGEST {
            return Err(Error::invalid("properties", format!("at most {LARGEST} characters")));
        }
        let properties =
            notation::read(&properties).map_err(|error| Error::invalid("properties", error))?;
        let event = Event {
            description: short("description", &self.description)?,
            owner: short("owner", &self.owner)?,
            consumers: list("consumers", &self.consumers)?,
            aliases,
            also_sent_as: also,
            is_stopped: self.stopped,
            properties,
        };
        Ok((name, event))
    }
}

/// The name of an event.
pub(super) fn named(text: &str) -> Result<String> {
    let name = short("name", text)?;
    if name.is_empty() || name.len() > crate::events::LONGEST_NAME {
        return Err(Error::invalid("name", "write what has happened, such as Order Completed"));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "no control characters"));
    }
    Ok(name)
}

/// A text of moderate length.
pub(crate) fn short(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > LONGEST {
        return Err(Error::invalid(field, format!("at most {LONGEST} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && !"\n\r\t".contains(letter)) {
        return Err(Error::invalid(field, "no control characters"));
    }
    Ok(text.to_owned())
}

fn list(field: &'static str, items: &[String]) -> Result<BTreeSet<String>> {
    let items = items.iter().filter(|item| !item.trim().is_empty());
    let items: BTreeSet<String> = items.map(|item| short(field, item)).collect::<Result<_>>()?;
    if items.iter().any(|item| item.contains([',', '\n', '\r'])) {
        return Err(Error::invalid(field, "one name an item, without commas"));
    }
    if items.len() > MOST_ITEMS {
        return Err(Error::invalid(field, format!("at most {MOST_ITEMS}")));
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::starter::starter;

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        for (name, event) in &starter().events {
            let spec = EventSpec::of(name, event);
            assert_eq!(spec.read().unwrap(), (name.clone(), event.clone()));
        }
    }

    #[test]
    fn whatever_cannot_be_names_its_field() {
        let spec = |name: &str| EventSpec { name: name.to_owned(), ..EventSpec::default() };
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        let field = |spec: EventSpec| match spec.read() {
            Err(Error::Invalid { field, .. }) => field.into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(spec(" ")), "name");
        assert_eq!(field(spec("A\u{7}")), "name");
        assert_eq!(field(spec(&"x".repeat(501))), "name");
        assert_eq!(field(EventSpec { aliases: lines(&["A"]), ..spec("A") }), "aliases");
        assert_eq!(field(EventSpec { aliases: lines(&["B, C"]), ..spec("A") }), "aliases");
        assert_eq!(field(EventSpec { consumers: lines(&["a\nb"]), ..spec("A") }), "consumers");
        assert_eq!(field(EventSpec { properties: lines(&["x"]), ..spec("A") }), "properties");
        let also = |items: &[&str]| EventSpec { also_sent_as: lines(items), ..spec("A") };
        assert_eq!(field(also(&["A until 2026-12-31"])), "also_sent_as");
        assert_eq!(field(also(&["Purchase"])), "also_sent_as");
        assert_eq!(
            field(also(&[&format!("{} until 2026-12-31", "x".repeat(301))])),
            "also_sent_as"
        );
        assert_eq!(field(EventSpec { owner: "x".repeat(501), ..spec("A") }), "owner");
    }
}
