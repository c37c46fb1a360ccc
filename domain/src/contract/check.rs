//! Holds events against the contract: whether one is as agreed, and if not, what is wrong first.
//!
//! The contract is compiled once: every name leads to its event in one look-up, and properties
//! stand in the order of their names, so that an event is checked in one pass over its fields.
//! Nothing is allocated for an event that passes.

pub(super) mod moment;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value};

use self::moment::is_moment;
use super::{Contract, Event, Kind, Property, Violation};

/// Of a foreign name, as many characters are told.
const LONGEST_TOLD: usize = 80;

/// Of the texts that a property may be, as many are told.
const MOST_TOLD: usize = 5;

/// The contract in the form that events are held against.
#[derive(Debug)]
pub struct Checker {
    /// By every canonical name and alias.
    names: HashMap<String, Meaning>,
}

/// What an event says about the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It is as agreed, under its own name.
    Valid,
    /// It is as agreed, under another name: this is the canonical one.
    Aliased(&'a str),
    /// It isn't as agreed.
    Violated(Violation),
}

/// What a name stands for.
#[derive(Debug)]
struct Meaning {
    /// The canonical name, where it is another.
    canonical: Option<Arc<str>>,
    fields: Arc<Fields>,
}

/// The properties of an event or object, by name.
#[derive(Debug)]
struct Fields {
    /// In the order of their names.
    all: Box<[Field]>,
    /// How many of them are required.
    required: usize,
}

#[derive(Debug)]
struct Field {
    name: Box<str>,
    required: bool,
    shape: Shape,
}

/// A kind with everything that a value of it must be.
#[derive(Debug)]
enum Shape {
    Text,
    /// One of these texts, in order.
    Choice(Box<[Box<str>]>),
    Time,
    Whole,
    Number,
    Boolean,
    Object(Fields),
    List(Box<Shape>),
}

impl Checker {
    /// Compiles a contract. Names mean what [`Contract::canonical`] says.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let mut names = HashMap::new();
        let mut aliases = Vec::new();
        for (canonical, Event { aliases: others, properties, .. }) in &contract.events {
            let fields = Arc::new(Fields::new(properties));
            let shared: Arc<str> = canonical.as_str().into();
            aliases.extend(others.iter().map(|alias| {
                (alias, Meaning { canonical: Some(shared.clone()), fields: fields.clone() })
            }));
            names.insert(canonical.clone(), Meaning { canonical: None, fields });
        }
        for (alias, meaning) in aliases {
            names.entry(alias.clone()).or_insert(meaning);
        }
        Self { names }
    }

    /// The canonical name of what comes in under another one.
    #[must_use]
    pub fn canonical(&self, name: &str) -> Option<&str> {
        self.names.get(name)?.canonical.as_deref()
    }

    /// Holds the properties of a track against the contract. No properties, or null in their
    /// place, are an empty object.
    #[must_use]
    pub fn check(&self, name: &str, properties: Option<&Value>) -> Verdict<'_> {
        let Some(Meaning { canonical, fields }) = self.names.get(name) else {
            return Verdict::Violated(Violation {
                path: String::new(),
                expected: "an event of the contract".to_owned(),
                found: format!("\"{}\"", told(name)),
            });
        };
        let checked = match properties {
            None | Some(Value::Null) => fields.missing(|_| None).map_or(Ok(()), Err),
            Some(Value::Object(object)) => fields.check(object),
            Some(other) => Err(violation("an object", found(other))),
        };
        match (checked, canonical) {
            (Ok(()), None) => Verdict::Valid,
            (Ok(()), Some(canonical)) => Verdict::Aliased(canonical),
            (Err(mut violation), _) => {
                if violation.path.starts_with('.') {
                    violation.path.remove(0);
                }
                Verdict::Violated(violation)
            }
        }
    }
}

impl Fields {
    fn new(properties: &BTreeMap<String, Property>) -> Self {
        let all = properties.iter().map(|(name, property)| Field {
            name: name.as_str().into(),
            required: property.required,
            shape: Shape::of_property(property),
        });
        let required = properties.values().filter(|property| property.required).count();
        Self { all: all.collect(), required }
    }

    /// Goes through both in the order of names. Paths of violations begin with their separator.
    fn check(&self, object: &Map<String, Value>) -> Result<(), Violation> {
        let mut rest = self.all.iter();
        let mut required = 0;
        for (name, value) in object {
            // Should the object have another order, the field may stand before.
            let reached = rest.find_map(|field| match (*field.name).cmp(name) {
                Ordering::Less => None,
                order => Some((field, order)),
            });
            let field = match reached {
                Some((field, Ordering::Equal)) => field,
                _ => self.named(name).ok_or_else(|| {
                    violation("nothing of that name", found_unknown(value)).within(name)
                })?,
            };
            if value.is_null() {
                continue;
            }
            required += usize::from(field.required);
            field.shape.check(value).map_err(|violation| violation.within(name))?;
        }
        if required == self.required {
            return Ok(());
        }
        self.missing(|name| object.get(name)).map_or(Ok(()), Err)
    }

    #[cold]
    fn named(&self, name: &str) -> Option<&Field> {
        let at = self.all.binary_search_by(|field| (*field.name).cmp(name)).ok()?;
        self.all.get(at)
    }

    /// The first required one that has no value.
    fn missing<'a>(&self, value: impl Fn(&str) -> Option<&'a Value>) -> Option<Violation> {
        let is_missing =
            |field: &&Field| field.required && value(&field.name).is_none_or(Value::is_null);
        let field = self.all.iter().find(is_missing)?;
        Some(violation(field.shape.expected(), "nothing").within(&field.name))
    }
}

impl Shape {
    fn of_property(property: &Property) -> Self {
        if property.kind == Kind::Text && !property.choices.is_empty() {
            return Self::Choice(
                property.choices.iter().map(|text| text.as_str().into()).collect(),
            );
        }
        Self::of_kind(&property.kind)
    }

    fn of_kind(kind: &Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Time => Self::Time,
            Kind::Whole => Self::Whole,
            Kind::Number => Self::Number,
            Kind::Boolean => Self::Boolean,
            Kind::Object(properties) => Self::Object(Fields::new(properties)),
            Kind::List(of) => Self::List(Box::new(Self::of_kind(of))),
        }
    }

    fn check(&self, value: &Value) -> Result<(), Violation> {
        let is_it = match (self, value) {
            (Self::Text, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Choice(choices), Value::String(text)) => {
                if choices.binary_search_by(|choice| (**choice).cmp(text)).is_err() {
                    return Err(violation(self.expected(), "another text"));
                }
                true
            }
            (Self::Time, Value::String(text)) => is_moment(text),
            (Self::Whole, Value::Number(_)) => is_whole(value),
            (Self::Object(fields), Value::Object(object)) => return fields.check(object),
            (Self::List(of), Value::Array(elements)) => {
                for (at, element) in elements.iter().enumerate() {
                    of.check(element).map_err(|violation| violation.at(at))?;
                }
                true
            }
            _ => false,
        };
        if is_it { Ok(()) } else { Err(violation(self.expected(), found(value))) }
    }

    /// What should stand there, in words.
    #[cold]
    fn expected(&self) -> String {
        let words = match self {
            Self::Choice(choices) => {
                let first: Vec<&str> = choices.iter().take(MOST_TOLD).map(|text| &**text).collect();
                let first = first.join(", ");
                return match choices.len().saturating_sub(MOST_TOLD) {
                    0 => format!("one of {first}"),
                    more => format!("one of {first} and {more} more"),
                };
            }
            Self::Text => "a text",
            Self::Time => "a time such as 2026-01-01T00:00:00Z",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "yes or no",
            Self::Object(_) => "an object",
            Self::List(_) => "a list",
        };
        words.to_owned()
    }
}

impl Violation {
    /// The same, seen from the object that has the property.
    #[cold]
    fn within(mut self, name: &str) -> Self {
        self.path = format!(".{}{}", told(name), self.path);
        self
    }

    /// The same, seen from the list.
    #[cold]
    fn at(mut self, element: usize) -> Self {
        self.path = format!("[{element}]{}", self.path);
        self
    }
}

/// Whether a number has no fraction, however it is written.
pub(super) fn is_whole(value: &Value) -> bool {
    !value.is_f64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

#[cold]
fn violation(expected: impl Into<String>, found: &str) -> Violation {
    Violation { path: String::new(), expected: expected.into(), found: found.to_owned() }
}

/// What kind of value it is, in words.
const fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "yes or no",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The same of a property that nobody agreed on: there, nothing was expected.
const fn found_unknown(value: &Value) -> &'static str {
    match value {
        Value::Null => "the name without a value",
        other => found(other),
    }
}

/// As much of a foreign name as is told.
fn told(name: &str) -> &str {
    name.char_indices().nth(LONGEST_TOLD).and_then(|(end, _)| name.get(..end)).unwrap_or(name)
}

/// Contracts, and events for them, whose names collide.
#[cfg(test)]
pub(crate) mod generate;

#[cfg(test)]
mod tests;
