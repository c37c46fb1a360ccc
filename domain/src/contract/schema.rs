//! The contract as JSON Schema, draft 2020-12, and an invented event for each of its events.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Class, Contract, Event, Kind, Property};

/// What the schemas are written in.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of an event's properties.
#[must_use]
pub fn of_event(name: &str, event: &Event) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!(DRAFT));
    schema.extend(definition(name, event));
    Value::Object(schema)
}

/// The schemas of all events, as definitions by their names.
#[must_use]
pub fn of_contract(contract: &Contract) -> Value {
    let definitions: Map<String, Value> = contract
        .events
        .iter()
        .map(|(name, event)| (name.clone(), Value::Object(definition(name, event))))
        .collect();
    json!({ "$schema": DRAFT, "title": "Contract", "$defs": definitions })
}

/// Invented properties of an event. They always pass.
#[must_use]
pub fn example(event: &Event) -> Value {
    example_of_object(&event.properties)
}

fn definition(name: &str, event: &Event) -> Map<String, Value> {
    let mut schema = object(&event.properties);
    schema.insert("title".to_owned(), json!(name));
    schema.insert("type".to_owned(), json!("object"));
    if !event.description.is_empty() {
        schema.insert("description".to_owned(), json!(event.description));
    }
    schema
}

/// What makes a schema that of an object, its type aside.
fn object(properties: &BTreeMap<String, Property>) -> Map<String, Value> {
    let required = properties.iter().filter(|(_, property)| property.required);
    let required: Vec<&String> = required.map(|(name, _)| name).collect();
    let schemas: Map<String, Value> =
        properties.iter().map(|(name, property)| (name.clone(), of_property(property))).collect();
    Map::from_iter([
        ("properties".to_owned(), Value::Object(schemas)),
        ("required".to_owned(), json!(required)),
        ("additionalProperties".to_owned(), json!(false)),
    ])
}

/// An optional one may also be null.
fn of_property(property: &Property) -> Value {
    let Property { kind, required, choices, unit, class } = property;
    let mut schema = of_kind(kind, !required);
    if *kind == Kind::Text && !choices.is_empty() {
        let null = (!required).then_some(Value::Null);
        let all: Vec<Value> = choices.iter().map(|text| json!(text)).chain(null).collect();
        schema.insert("enum".to_owned(), Value::Array(all));
    }
    if let Some(unit) = unit {
        schema.insert("x-unit".to_owned(), json!(unit));
    }
    if *class != Class::default() {
        schema.insert("x-class".to_owned(), json!(class.as_str()));
    }
    Value::Object(schema)
}

fn of_kind(kind: &Kind, or_null: bool) -> Map<String, Value> {
    let (name, mut schema) = match kind {
        Kind::Text => ("string", Map::new()),
        Kind::Time => ("string", Map::from_iter([("format".to_owned(), json!("date-time"))])),
        Kind::Whole => ("integer", Map::new()),
        Kind::Number => ("number", Map::new()),
        Kind::Boolean => ("boolean", Map::new()),
        Kind::Object(properties) => ("object", object(properties)),
        Kind::List(of) => {
            let items = Value::Object(of_kind(of, false));
            ("array", Map::from_iter([("items".to_owned(), items)]))
        }
    };
    schema.insert("type".to_owned(), if or_null { json!([name, "null"]) } else { json!(name) });
    schema
}

fn example_of_object(properties: &BTreeMap<String, Property>) -> Value {
    let example = |property: &Property| match property.choices.first() {
        Some(choice) if property.kind == Kind::Text => json!(choice),
        _ => example_of_kind(&property.kind),
    };
    properties.iter().map(|(name, property)| (name.clone(), example(property))).collect()
}

fn example_of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!("example"),
        Kind::Time => json!("2026-01-01T00:00:00Z"),
        Kind::Whole => json!(3),
        Kind::Number => json!(312.5),
        Kind::Boolean => json!(true),
        Kind::Object(properties) => example_of_object(properties),
        Kind::List(of) => json!([example_of_kind(of)]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::check::{Checker, Verdict, generate, moment::is_moment};
    use super::*;

    fn property(kind: Kind, required: bool) -> Property {
        Property { kind, required, choices: [].into(), unit: None, class: Class::Other }
    }

    fn order() -> Event {
        let channel = Property {
            choices: ["web".to_owned(), "app".to_owned()].into(),
            ..property(Kind::Text, false)
        };
        let total = Property {
            unit: Some("USD".to_owned()),
            class: Class::Commercial,
            ..property(Kind::Number, true)
        };
        let product = Kind::Object([("quantity".to_owned(), property(Kind::Whole, true))].into());
        let products = property(Kind::List(Box::new(product)), false);
        let at = property(Kind::Time, true);
        let properties =
            [("at", at), ("channel", channel), ("products", products), ("total", total)];
        Event {
            description: "It was paid.".to_owned(),
            properties: properties.map(|(name, property)| (name.to_owned(), property)).into(),
            ..Event::default()
        }
    }

    #[test]
    fn a_schema_says_all_that_was_agreed_on() {
        let expected = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Order Completed",
            "description": "It was paid.",
            "type": "object",
            "properties": {
                "at": {"type": "string", "format": "date-time"},
                "channel": {"type": ["string", "null"], "enum": ["app", "web", null]},
                "products": {
                    "type": ["array", "null"],
                    "items": {
                        "type": "object",
                        "properties": {"quantity": {"type": "integer"}},
                        "required": ["quantity"],
                        "additionalProperties": false,
                    },
                },
                "total": {"type": "number", "x-unit": "USD", "x-class": "commercial"},
            },
            "required": ["at", "total"],
            "additionalProperties": false,
        });
        assert_eq!(of_event("Order Completed", &order()), expected);
    }

    #[test]
    fn a_contract_has_a_definition_of_each_event() {
        let contract = Contract { events: [("Order Completed".to_owned(), order())].into() };
        let mut one = of_event("Order Completed", &order());
        one.as_object_mut().unwrap().remove("$schema");
        assert_eq!(of_contract(&contract)["$defs"], json!({ "Order Completed": one }));
    }

    #[test]
    fn an_example_has_every_property() {
        let expected = json!({
            "at": "2026-01-01T00:00:00Z", "channel": "app", "products": [{"quantity": 3}],
            "total": 312.5,
        });
        assert_eq!(example(&order()), expected);
    }

    /// As much of JSON Schema as is used.
    fn accepts(schema: &Value, value: &Value) -> bool {
        let is_type = |name: &Value| match (name.as_str().unwrap(), value) {
            ("null", Value::Null)
            | ("boolean", Value::Bool(_))
            | ("number", Value::Number(_))
            | ("array", Value::Array(_))
            | ("object", Value::Object(_))
            | ("string", Value::String(_)) => true,
            ("integer", number) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
            _ => false,
        };
        let has_type = match &schema["type"] {
            Value::Array(names) => names.iter().any(is_type),
            name => is_type(name),
        };
        if !has_type {
            return false;
        }
        let is_listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
        let is_time = schema["format"].is_null() || value.as_str().is_none_or(is_moment);
        let has_elements =
            value.as_array().is_none_or(|all| all.iter().all(|one| accepts(&schema["items"], one)));
        let has_fields = value.as_object().is_none_or(|fields| {
            let required = schema["required"].as_array().unwrap();
            let properties = schema["properties"].as_object().unwrap();
            required.iter().all(|name| fields.contains_key(name.as_str().unwrap()))
                && fields.iter().all(|(name, value)| {
                    properties.get(name).is_some_and(|schema| accepts(schema, value))
                })
        });
        is_listed && is_time && has_elements && has_fields
    }

    proptest! {
        #[test]
        fn every_example_passes(contract in generate::contract()) {
            let checker = Checker::new(&contract);
            for (name, event) in &contract.events {
                let example = example(event);
                prop_assert_eq!(checker.check(name, Some(&example)), Verdict::Valid);
                prop_assert!(accepts(&of_event(name, event), &example));
            }
        }

        #[test]
        fn the_schema_accepts_what_the_checker_does(
            (contract, sent) in generate::contract().prop_flat_map(|contract| {
                let sent = generate::sent(&contract);
                (Just(contract), sent)
            }),
        ) {
            let (checker, schema) = (Checker::new(&contract), of_contract(&contract));
            for (name, properties) in &sent {
                let Some(canonical) = contract.canonical(name) else { continue };
                let passes = !matches!(checker.check(name, Some(properties)), Verdict::Violated(_));
                let is_accepted = accepts(&schema["$defs"][canonical], properties);
                prop_assert_eq!(is_accepted, passes, "{}", properties);
            }
        }
    }
}
