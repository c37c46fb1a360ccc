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
        ..Event::default()
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
    let all = [json!(null), json!("x"), json!(1.5), json!(2), json!(true), json!({}), json!([])];
    sample::select(all.to_vec()).boxed()
}
