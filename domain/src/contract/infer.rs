//! What a contract would have to say for events to be as agreed, guessed from some of them.
//!
//! A guess only widens: whatever passed still passes ([`super::change`]), and what can't be
//! brought together, such as texts where a number is agreed on, is left as it is. It is a draft
//! for people to look at, so it leans to what is agreed on most: any number, no choices.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Class, DEEPEST, Event, Kind, Property,
    check::{is_whole, moment::is_moment},
};

/// Of fewer events nobody can tell what all of them have.
const FEWEST: usize = 10;

/// As many choices are added to those that are agreed on; where there are more, any text may be.
const MOST_CHOICES: usize = 12;

/// Names that say what a property is about, in part.
const CLASSES: [(&str, Class); 12] = [
    ("email", Class::Identifier),
    ("phone", Class::Identifier),
    ("user_id", Class::Identifier),
    ("customer_id", Class::Identifier),
    ("price", Class::Commercial),
    ("total", Class::Commercial),
    ("revenue", Class::Commercial),
    ("value", Class::Commercial),
    ("discount", Class::Commercial),
    ("currency", Class::Commercial),
    ("tax", Class::Commercial),
    ("shipping", Class::Commercial),
];

/// The event as it would have to be for these properties to pass.
#[must_use]
pub fn widened(former: Option<&Event>, sent: &[&Map<String, Value>]) -> Event {
    let mut event = former.cloned().unwrap_or_default();
    widen(&mut event.properties, sent, former.is_none(), 1);
    event
}

type Properties = BTreeMap<String, Property>;

fn widen(properties: &mut Properties, sent: &[&Map<String, Value>], is_new: bool, depth: usize) {
    let mut values: BTreeMap<&String, Vec<&Value>> = BTreeMap::new();
    for (name, value) in sent.iter().flat_map(|object| object.iter()) {
        let seen = values.entry(name).or_default();
        if !value.is_null() {
            seen.push(value);
        }
    }
    for (name, property) in properties.iter_mut() {
        let seen = values.remove(name).unwrap_or_default();
        property.required &= seen.len() == sent.len();
        if property.kind == Kind::Text {
            choose(property, &seen);
        } else {
            // They are a text's: of anything else they said nothing.
            let before = property.kind.clone();
            grow(&mut property.kind, &seen, depth);
            if property.kind != before {
                property.choices.clear();
            }
        }
    }
    for (name, seen) in values.into_iter().filter(|(name, _)| can_be_named(name)) {
        let Some(kind) = guess(&seen, is_new, depth) else { continue };
        let required = is_new && sent.len() >= FEWEST && seen.len() == sent.len();
        let class = class_of(name);
        let property = Property { kind, required, choices: [].into(), unit: None, class };
        properties.insert(name.clone(), property);
    }
}

/// Whether a line of [`super::notation`] can name it.
fn can_be_named(name: &str) -> bool {
    let length = name.chars().count();
    (1..=100).contains(&length)
        && name.trim() == name
        && !name.chars().any(|letter| letter.is_control() || ".:".contains(letter))
}

fn class_of(name: &str) -> Class {
    let name = name.to_ascii_lowercase();
    let found = CLASSES.iter().find(|(part, _)| name.contains(part));
    found.map_or(Class::Other, |&(_, class)| class)
}

fn choose(property: &mut Property, seen: &[&Value]) {
    let before = property.choices.len();
    if before == 0 {
        return;
    }
    property.choices.extend(seen.iter().filter_map(|value| value.as_str()).map(str::to_owned));
    if property.choices.len() > before + MOST_CHOICES {
        property.choices.clear();
    }
}

/// Widens what is agreed on as far as it goes.
fn grow(kind: &mut Kind, seen: &[&Value], depth: usize) {
    match kind {
        Kind::Time if seen.iter().any(|value| value.is_string() && !is_time(value)) => {
            *kind = Kind::Text;
        }
        Kind::Whole if seen.iter().any(|value| value.is_number() && !is_whole(value)) => {
            *kind = Kind::Number;
        }
        Kind::Object(properties) => {
            let objects: Vec<_> = seen.iter().filter_map(|value| value.as_object()).collect();
            if !objects.is_empty() && depth < DEEPEST {
                widen(properties, &objects, false, depth + 1);
            }
        }
        Kind::List(of) => {
            let lists = seen.iter().filter_map(|value| value.as_array());
            let elements: Vec<&Value> = lists.flatten().collect();
            grow(of, &elements, depth);
        }
        _ => {}
    }
}

/// What most of them are, a text where none has a value; nothing where it stands too deep.
fn guess(seen: &[&Value], is_new: bool, depth: usize) -> Option<Kind> {
    let like = |is_it: fn(&Value) -> bool| seen.iter().copied().filter(|v| is_it(v)).collect();
    let all: [Vec<&Value>; 5] = [
        like(Value::is_string),
        like(Value::is_number),
        like(Value::is_boolean),
        like(Value::is_object),
        like(Value::is_array),
    ];
    // Of as many the first: a text is the safest guess.
    let [texts, numbers, booleans, objects, lists] = &all;
    let most = all.iter().map(Vec::len).max().unwrap_or_default();
    Some(if texts.len() == most {
        if most > 0 && texts.iter().all(|value| is_time(value)) { Kind::Time } else { Kind::Text }
    } else if numbers.len() == most {
        Kind::Number
    } else if booleans.len() == most {
        Kind::Boolean
    } else if objects.len() == most {
        if depth >= DEEPEST {
            return None;
        }
        let objects: Vec<_> = objects.iter().filter_map(|value| value.as_object()).collect();
        let mut properties = Properties::new();
        widen(&mut properties, &objects, is_new, depth + 1);
        Kind::Object(properties)
    } else {
        let elements: Vec<&Value> =
            lists.iter().filter_map(|value| value.as_array()).flatten().collect();
        Kind::List(Box::new(guess(&elements, is_new, depth).unwrap_or(Kind::Text)))
    })
}

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(is_moment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::contract::{
        Compatibility, Contract,
        change::{compatibility, differences},
        check::{
            Checker, Verdict,
            generate::{contract as any_contract, sent as events_of},
        },
        notation,
    };

    fn objects(values: &[Value]) -> Vec<&Map<String, Value>> {
        values.iter().filter_map(Value::as_object).collect()
    }

    #[test]
    fn a_new_event_is_what_its_events_are() {
        let order = |total: Value, more: Value| {
            json!({"total": total, "at": "2026-01-01T00:00:00Z", "note": more, "a.b": 1,
                "products": [{"sku": "x", "price": 3}, {"sku": "y"}], "tags": []})
        };
        let mut orders = vec![order(json!(3), json!(null)); 9];
        orders.push(order(json!(4.5), json!("hello")));
        let event = widened(None, &objects(&orders));
        let expected = "at: time, required\n\
            note: text\n\
            products: list of object, required\n\
            products.price: number, commercial\n\
            products.sku: text, required\n\
            tags: list of text, required\n\
            total: number, required, commercial";
        assert_eq!(notation::write(&event.properties), expected);
        // Of a few nobody knows what all have.
        let few = widened(None, &objects(&orders[..3]));
        assert!(!notation::write(&few.properties).lines().next().unwrap().contains("required"));
    }

    #[test]
    fn what_is_agreed_on_is_widened_as_far_as_it_goes() {
        let lines = "at: time, required\ncount: whole\nstatus: text, one of paid\ntotal: number";
        let former = Event { properties: notation::read(lines).unwrap(), ..Event::default() };
        let sent = [
            json!({"at": "yesterday", "count": 1.5, "status": "refunded", "more": true}),
            json!({"total": "9"}),
        ];
        let event = widened(Some(&former), &objects(&sent));
        let expected = "at: text\ncount: number\nmore: boolean\n\
            status: text, one of paid | refunded\ntotal: number";
        assert_eq!(notation::write(&event.properties), expected);
    }

    #[test]
    fn nothing_stands_deeper_than_a_contract_goes() {
        let mut deep = json!({"leaf": 1});
        for _ in 0..8 {
            deep = json!({ "inner": deep });
        }
        let sent = [deep];
        let event = widened(None, &objects(&sent));
        let text = notation::write(&event.properties);
        assert_eq!(notation::read(&text).unwrap(), event.properties, "{text}");
    }

    proptest! {
        /// What passed still passes, the form can say it, and what it can reconcile passes too.
        #[test]
        fn a_guess_only_widens(
            (before, sent) in any_contract().prop_flat_map(|one| {
                let events = events_of(&one);
                (Just(one), events)
            }),
        ) {
            for (name, former) in &before.events {
                let odd: Vec<Value> = sent.iter()
                    .filter(|(called, _)| called == name)
                    .map(|(_, properties)| properties.clone())
                    .collect();
                let event = widened(Some(former), &objects(&odd));
                let mut after = before.clone();
                after.events.insert(name.clone(), event);
                let found = differences(&before, &after);
                prop_assert_eq!(compatibility(&found), Compatibility::Additive, "{:?}", found);
            }
            // Alone, an event passes afterwards; the elements of a list may contradict each other.
            for (_, properties) in &sent {
                if properties.to_string().contains('[') {
                    continue;
                }
                let event = widened(None, &objects(std::slice::from_ref(properties)));
                let contract = Contract { events: [("X".to_owned(), event)].into() };
                let checker = Checker::new(&contract);
                prop_assert_eq!(checker.check("X", Some(properties)), Verdict::Valid);
            }
        }
    }
}
