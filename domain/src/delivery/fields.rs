//! Which of a person's attributes go into an event, and as what.
//!
//! Deny by default: nothing that the destination doesn't name. Text as Customer.io keeps it;
//! in a lookalike's seed, whose platform reckons with it, a number where it is one.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::{
    destinations::{DestinationSpec, Profile},
    mappings::UseCase,
    people::Person,
};

/// The fields of one event, by name.
pub type Fields<'a> = BTreeMap<&'a str, Value>;

/// None of them.
pub const NONE: &Fields<'static> = &Fields::new();

/// What the person has of the fields that the operator named; contact is apart from it.
#[must_use]
pub fn named<'a>(
    destination: &'a DestinationSpec,
    use_case: UseCase,
    person: &Person,
) -> Fields<'a> {
    let mut fields = Fields::new();
    for name in &destination.fields {
        let value = match name.as_str() {
            "email" | "phone" => None,
            "cio_id" => Some(&person.cio_id),
            "id" => person.id.as_ref(),
            _ => person.fields.get(name),
        };
        let Some(value) = value else { continue };
        let number = number(value).filter(|_| use_case == UseCase::Lookalike);
        fields.insert(name, number.unwrap_or_else(|| value.as_str().into()));
    }
    fields
}

/// What a lookalike's seed is worth: the first of the named fields that is a number.
#[must_use]
pub fn worth<'a>(destination: &DestinationSpec, fields: &'a Fields<'_>) -> Option<&'a Value> {
    let mut named = destination.fields.iter();
    named.find_map(|name| fields.get(name.as_str()).filter(|value| value.is_number()))
}

/// Whether whoever is there is told again when one of their named fields changes: where a
/// trait follows the person, and where a platform reckons with what they are worth. A list of
/// identifiers has no use for it.
#[must_use]
pub fn follows(profile: Profile, use_case: UseCase) -> bool {
    profile.identifies() || use_case == UseCase::Lookalike
}

/// A text as a number, if it is one that JSON can carry.
fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse().ok().and_then(Number::from_f64).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_follow_people_where_somebody_reads_them() {
        let follow = |profile| UseCase::ALL.map(|use_case| follows(profile, use_case));
        let only_a_seed = UseCase::ALL.map(|use_case| use_case == UseCase::Lookalike);
        for profile in Profile::ALL {
            let identifies = matches!(profile, Profile::Warehouse | Profile::Plain);
            let expected = if identifies { [true; 4] } else { only_a_seed };
            assert_eq!(follow(profile), expected, "{profile}");
        }
    }

    #[test]
    fn a_number_is_one_that_json_can_carry() {
        for (text, expected) in [
            ("312.50", json!(312.5)),
            (" 12 ", json!(12)),
            ("-0.5", json!(-0.5)),
            ("9223372036854775807", json!(9_223_372_036_854_775_807_i64)),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
        for text in ["", "gold", "1e400", "NaN", "inf", "12 USD", "1,5", "0x10"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
