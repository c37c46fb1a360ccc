//! Holds events against the contract: whether one is as agreed, and if not, what is wrong first.
//!
//! The contract is compiled once: every name leads to its event in one look-up, and properties
//! stand in the order of their names, so that an event is checked in one pass over its fields.
//! Nothing is allocated for an event that passes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde_json::{Map, Value};

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
            let field = match rest.find(|field| *field.name >= **name) {
                Some(field) if *field.name == **name => field,
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
            (Self::Time, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
            (Self::Whole, Value::Number(number)) => {
                !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
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
pub(crate) mod generate {
    use proptest::{collection, prelude::*, sample};
    use serde_json::json;

    use super::super::Class;
    use super::*;

    /// Names of events and aliases alike.
    pub const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
    const PROPERTIES: [&str; 4] = ["p", "q", "r", "s"];
    const TEXTS: [&str; 4] = ["x", "y", "2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z"];

    pub fn name() -> impl Strategy<Value = String> + Clone {
        sample::select(&NAMES[..]).prop_map(str::to_owned)
    }

    pub fn property_name() -> impl Strategy<Value = String> + Clone {
        sample::select(&PROPERTIES[..]).prop_map(str::to_owned)
    }

    pub fn text() -> impl Strategy<Value = String> + Clone {
        sample::select(&TEXTS[..]).prop_map(str::to_owned)
    }

    pub fn kind() -> BoxedStrategy<Kind> {
        let flat = sample::select(vec![
            Kind::Text,
            Kind::Time,
            Kind::Whole,
            Kind::Number,
            Kind::Boolean,
            Kind::Text,
        ]);
        flat.prop_recursive(2, 8, 3, |inner| {
            let list = inner.clone().prop_map(|kind| Kind::List(Box::new(kind)));
            prop_oneof![list, properties_of(inner, 0..3).prop_map(Kind::Object)]
        })
        .boxed()
    }

    fn property_of(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Property> {
        let choices = prop_oneof![
            2 => Just([].into()),
            1 => collection::btree_set(text(), 1..4),
        ];
        let unit = prop_oneof![Just(None), Just(Some("USD".to_owned()))];
        let parts = (kind, any::<bool>(), choices, unit, sample::select(&Class::ALL[..]));
        parts.prop_map(|(kind, required, choices, unit, class)| Property {
            kind,
            required,
            choices,
            unit,
            class,
        })
    }

    fn properties_of(
        kind: impl Strategy<Value = Kind>,
        size: std::ops::Range<usize>,
    ) -> impl Strategy<Value = BTreeMap<String, Property>> {
        collection::btree_map(property_name(), property_of(kind), size)
    }

    pub fn property() -> impl Strategy<Value = Property> {
        property_of(kind())
    }

    pub fn event() -> impl Strategy<Value = Event> {
        let names = || collection::btree_set(name(), 0..3);
        let parts = (names(), names(), properties_of(kind(), 0..4), name());
        parts.prop_map(|(consumers, aliases, properties, owner)| Event {
            description: String::new(),
            owner,
            consumers,
            aliases,
            properties,
        })
    }

    pub fn contract() -> impl Strategy<Value = Contract> {
        collection::btree_map(name(), event(), 2..5).prop_map(|events| Contract { events })
    }

    /// Events of all names, most of them as agreed.
    pub fn sent(contract: &Contract) -> BoxedStrategy<Vec<(String, Value)>> {
        let one = |name: &str| {
            let event = contract.canonical(name).and_then(|name| contract.events.get(name));
            let value = event.map_or(Just(json!({})).boxed(), |event| object(&event.properties));
            (Just(name.to_owned()), value).boxed()
        };
        let all: Vec<_> = NAMES.into_iter().flat_map(|name| [one(name), one(name)]).collect();
        all.boxed()
    }

    fn object(properties: &BTreeMap<String, Property>) -> BoxedStrategy<Value> {
        let fields: Vec<_> = properties
            .iter()
            .map(|(name, property)| {
                let filled = of_property(property).prop_map(Some);
                let empty = prop_oneof![Just(None), Just(Some(Value::Null))];
                let (filled_share, empty_share) = if property.required { (60, 1) } else { (3, 1) };
                let value = prop_oneof![filled_share => filled, empty_share => empty];
                (Just(name.clone()), value)
            })
            .collect();
        let unknown = (property_name(), anything().prop_map(Some));
        (fields, prop_oneof![19 => Just(None), 1 => unknown.prop_map(Some)])
            .prop_map(|(fields, unknown)| {
                let named = |(name, value): (String, Option<Value>)| Some((name, value?));
                let all = fields.into_iter().chain(unknown).filter_map(named);
                Value::Object(all.collect())
            })
            .boxed()
    }

    fn of_property(property: &Property) -> BoxedStrategy<Value> {
        let fitting = if property.kind == Kind::Text && !property.choices.is_empty() {
            let choices: Vec<String> = property.choices.iter().cloned().collect();
            sample::select(choices).prop_map(Value::String).boxed()
        } else {
            of_kind(&property.kind)
        };
        prop_oneof![40 => fitting, 1 => anything()].boxed()
    }

    fn of_kind(kind: &Kind) -> BoxedStrategy<Value> {
        match kind {
            Kind::Text => text().prop_map(Value::String).boxed(),
            Kind::Time => Just(json!("2026-01-01T00:00:00Z")).boxed(),
            Kind::Whole => prop_oneof![Just(json!(3)), Just(json!(-4.0))].boxed(),
            Kind::Number => prop_oneof![Just(json!(3)), Just(json!(0.5))].boxed(),
            Kind::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::Object(properties) => object(properties),
            Kind::List(of) => collection::vec(of_kind(of), 0..3).prop_map(Value::Array).boxed(),
        }
    }

    fn anything() -> BoxedStrategy<Value> {
        let all =
            [json!(null), json!("x"), json!(1.5), json!(2), json!(true), json!({}), json!([])];
        sample::select(all.to_vec()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn property(kind: Kind, required: bool) -> Property {
        let (choices, class) = ([].into(), super::super::Class::Other);
        Property { kind, required, choices, unit: None, class }
    }

    fn properties(all: impl IntoIterator<Item = (&'static str, Property)>) -> Event {
        let properties = all.into_iter().map(|(name, property)| (name.to_owned(), property));
        Event { properties: properties.collect(), ..Event::default() }
    }

    fn checker() -> Checker {
        let text = || property(Kind::Text, false);
        let choices =
            |all: &[&str]| Property { choices: all.iter().map(|&s| s.into()).collect(), ..text() };
        let product = properties([
            ("id", property(Kind::Text, true)),
            ("price", property(Kind::Number, false)),
        ]);
        let products = Kind::List(Box::new(Kind::Object(product.properties)));
        let order = properties([
            ("at", property(Kind::Time, false)),
            ("channel", choices(&["web", "app"])),
            ("gift", property(Kind::Boolean, false)),
            ("plan", choices(&["a", "b", "c", "d", "e", "f", "g"])),
            ("products", property(products, false)),
            ("quantity", property(Kind::Whole, false)),
            ("total", property(Kind::Number, true)),
        ]);
        let order = Event { aliases: ["Purchase".to_owned()].into(), ..order };
        let events = [("Order Completed".to_owned(), order), ("Seen".to_owned(), Event::default())];
        Checker::new(&Contract { events: events.into() })
    }

    #[track_caller]
    fn assert_violation(properties: Value, path: &str, expected: &str, found: &str) {
        let checker = checker();
        let Verdict::Violated(violation) = checker.check("Order Completed", Some(&properties))
        else {
            panic!("{properties} passes");
        };
        let told = (&*violation.path, &*violation.expected, &*violation.found);
        assert_eq!(told, (path, expected, found));
    }

    #[test]
    fn what_was_agreed_on_passes_under_each_of_its_names() {
        let checker = checker();
        let all = json!({
            "at": "2026-01-01T00:00:00+01:00", "channel": "app", "gift": false, "plan": null,
            "products": [{"id": "1", "price": 3}, {"id": "2", "price": null}], "quantity": 2.0,
            "total": 64.1,
        });
        assert_eq!(checker.check("Order Completed", Some(&all)), Verdict::Valid);
        assert_eq!(checker.check("Purchase", Some(&all)), Verdict::Aliased("Order Completed"));
        for nothing in [None, Some(&json!(null)), Some(&json!({}))] {
            assert_eq!(checker.check("Seen", nothing), Verdict::Valid);
        }
    }

    #[test]
    fn an_unknown_event_is_named_in_short() {
        let checker = checker();
        let told = |name: &str| match checker.check(name, None) {
            Verdict::Violated(violation) => violation.to_string(),
            passes => panic!("{passes:?}"),
        };
        assert_eq!(told("order"), "expected an event of the contract, found \"order\"");
        assert!(told(&"ö".repeat(500)).ends_with(&format!(" \"{}\"", "ö".repeat(80))));
    }

    #[test]
    fn a_missing_property_is_named() {
        assert_violation(json!({}), "total", "a number", "nothing");
        assert_violation(json!({"total": null}), "total", "a number", "nothing");
        assert_violation(json!({"gift": true, "at": null}), "total", "a number", "nothing");
        let nested = json!({"total": 1, "products": [{"id": "1"}, {"id": "2"}, {"price": 1}]});
        assert_violation(nested, "products[2].id", "a text", "nothing");
        let checker = checker();
        assert!(matches!(checker.check("Order Completed", None), Verdict::Violated(_)));
    }

    #[test]
    fn an_unknown_property_is_named() {
        let name = "nothing of that name";
        assert_violation(json!({"total": 1, "email": "a@b.example"}), "email", name, "a text");
        assert_violation(json!({"total": 1, "zip": null}), "zip", name, "the name without a value");
        let nested = json!({"total": 1, "products": [{"id": "1", "size": {}}]});
        assert_violation(nested, "products[0].size", name, "an object");
        let long = "ä".repeat(500);
        assert_violation(json!({"total": 1, long: []}), &"ä".repeat(80), name, "a list");
    }

    #[test]
    fn a_value_of_another_kind_is_told_without_the_value() {
        let time = "a time such as 2026-01-01T00:00:00Z";
        for (properties, path, expected, found) in [
            (json!({"at": "yesterday"}), "at", time, "a text"),
            (json!({"at": 1_767_225_600}), "at", time, "a number"),
            (json!({"gift": "yes"}), "gift", "yes or no", "a text"),
            (json!({"quantity": 1.5}), "quantity", "a whole number", "a number"),
            (json!({"total": "1"}), "total", "a number", "a text"),
            (json!({"total": true}), "total", "a number", "yes or no"),
            (json!({"products": {}}), "products", "a list", "an object"),
            (json!({"products": ["1"]}), "products[0]", "an object", "a text"),
            (json!({"products": [null]}), "products[0]", "an object", "nothing"),
            (json!({"products": [{"price": []}]}), "products[0].price", "a number", "a list"),
            (json!("total"), "", "an object", "a text"),
        ] {
            assert_violation(properties, path, expected, found);
        }
    }

    #[test]
    fn a_text_that_isnt_among_the_choices_isnt_told() {
        assert_violation(
            json!({"channel": "secret"}),
            "channel",
            "one of app, web",
            "another text",
        );
        assert_violation(json!({"channel": 1}), "channel", "one of app, web", "a number");
        let some = "one of a, b, c, d, e and 2 more";
        assert_violation(json!({"plan": "secret"}), "plan", some, "another text");
    }

    proptest! {
        #[test]
        fn a_name_means_what_the_contract_says(contract in generate::contract()) {
            let checker = Checker::new(&contract);
            for name in generate::NAMES {
                let meaning = checker.names.get(name);
                let canonical = meaning.map(|meaning| meaning.canonical.as_deref().unwrap_or(name));
                prop_assert_eq!(canonical, contract.canonical(name));
            }
        }

        /// The order of fields is that of their names, unless `serde_json` is told otherwise.
        #[test]
        fn a_field_is_found_wherever_it_stands(contract in generate::contract()) {
            for event in contract.events.values() {
                let fields = Fields::new(&event.properties);
                for name in event.properties.keys() {
                    prop_assert_eq!(&*fields.named(name).unwrap().name, name);
                }
            }
        }
    }
}
