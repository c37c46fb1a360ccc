//! Events made from a contract, for tests of whoever sends or reads them: each is a whole call of
//! `/v1/track`, with whether it is as agreed.
//!
//! They say what the checker says ([`super::check`]); a test holds each against it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Contract, Event, Kind, Property, schema::example};
use crate::ids::derived;

/// A name that no contract has.
const UNEXPECTED: &str = "not_agreed_on";

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fixture {
    /// What it shows, such as `Order Completed without total`.
    pub name: String,
    /// Whether it is as agreed.
    pub passes: bool,
    /// A call of `/v1/track`.
    pub call: Value,
}

/// What every event of a contract should and should not be like.
#[must_use]
pub fn fixtures(contract: &Contract) -> Vec<Fixture> {
    contract.events.iter().flat_map(|(name, event)| of_event(name, event)).collect()
}

fn of_event(name: &str, event: &Event) -> Vec<Fixture> {
    let whole = example(event);
    let whole = whole.as_object().cloned().unwrap_or_default();
    let fixture = |shows: String, passes: bool, sent_as: &str, properties: Map<String, Value>| {
        // Names are longer than a `messageId` may be.
        let message_id = format!("fixture-{}", derived(&[&shows]));
        let call = json!({"type": "track", "event": sent_as, "userId": "fixture",
            "messageId": message_id, "properties": properties});
        Fixture { name: shows, passes, call }
    };
    let mut all = vec![fixture(name.to_owned(), true, name, whole.clone())];
    for alias in &event.aliases {
        all.push(fixture(format!("{name} sent as {alias}"), true, alias, whole.clone()));
    }
    let with = |property: &str, value: Value| {
        let mut properties = whole.clone();
        properties.insert(property.to_owned(), value);
        properties
    };
    for (property, agreed) in &event.properties {
        let mut without = whole.clone();
        without.remove(property);
        all.push(fixture(format!("{name} without {property}"), !agreed.required, name, without));
        let (what, value) = wrong(agreed);
        all.push(fixture(
            format!("{name} with {what} for {property}"),
            false,
            name,
            with(property, value),
        ));
    }
    let more = with(UNEXPECTED, json!(1));
    all.push(fixture(format!("{name} with something more"), false, name, more));
    all
}

/// A value that a property can't have, and what it is.
fn wrong(property: &Property) -> (&'static str, Value) {
    match &property.kind {
        Kind::Text if !property.choices.is_empty() => {
            ("another text", json!(format!("{UNEXPECTED}, {}", property.choices.len())))
        }
        Kind::Text => ("a number", json!(7)),
        Kind::Time => ("a text", json!("yesterday")),
        Kind::Whole => ("a fraction", json!(3.5)),
        Kind::Number => ("a text", json!("312.5")),
        Kind::Boolean => ("a text", json!("yes")),
        Kind::Object(_) | Kind::List(_) => ("a text", json!("example")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{
        check::{Checker, Verdict, generate},
        starter::starter,
    };
    use super::*;

    fn hold(contract: &Contract) {
        let checker = Checker::new(contract);
        for Fixture { name, passes, call } in fixtures(contract) {
            let verdict = checker.check(call["event"].as_str().unwrap(), call.get("properties"));
            let violated = matches!(verdict, Verdict::Violated(_));
            assert_eq!(violated, !passes, "{name}: {call}, {verdict:?}");
        }
    }

    #[test]
    fn the_starter_has_events_that_pass_and_events_that_do_not() {
        hold(&starter());
        let all = fixtures(&starter());
        let named = |name: &str| all.iter().find(|one| one.name == name).unwrap();
        assert!(named("Order Completed").passes);
        assert!(!named("Order Completed with something more").passes);
        let numbers: std::collections::BTreeSet<_> =
            all.iter().map(|one| one.call["messageId"].to_string()).collect();
        assert_eq!(numbers.len(), all.len(), "each is an event of its own");
    }

    proptest! {
        #[test]
        fn the_checker_agrees(mut contract in generate::contract()) {
            // Of names that mean two events nobody agreed on anything.
            if contract.check_names().is_err() {
                contract.events.values_mut().for_each(|event| event.aliases.clear());
            }
            hold(&contract);
        }
    }
}
