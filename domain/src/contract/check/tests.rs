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
    let product =
        properties([("id", property(Kind::Text, true)), ("price", property(Kind::Number, false))]);
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
    let Verdict::Violated(violation) = checker.check("Order Completed", Some(&properties)) else {
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
    assert_violation(json!({"channel": "secret"}), "channel", "one of app, web", "another text");
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
