//! The message that a destination gets, of somebody who doesn't exist.
//!
//! Rendered by the same code that renders every message, so that what is shown is what goes.

use uuid::Uuid;

use super::Example;
use crate::{
    configuration::Configuration,
    delivery::{
        Transition,
        entry::EntryEvent,
        message::{Envelope, Installation, readable},
        reason::Reason,
    },
    destinations::{Destination, DestinationSpec},
    ids::{AudienceId, MappingId},
    key::Key,
    mappings::{Mapping, UseCase},
    people::Person,
    time::Instant,
};

/// Examples beyond that many say nothing new.
const MOST: usize = 4;

/// Fields whose values are amounts wherever they are used.
const AMOUNTS: [&str; 7] = ["ltv", "value", "revenue", "margin", "total", "spend", "price"];

/// One example for each use case that is sent there, by its first mapping; where nothing is
/// sent yet, what retargeting would send.
#[must_use]
pub fn examples(
    configuration: &Configuration,
    destination: &Destination,
    spec: &DestinationSpec,
    now: Instant,
) -> Vec<Example> {
    let there = || configuration.mappings.iter().filter(|one| one.destination_id == destination.id);
    let by_use = UseCase::ALL
        .into_iter()
        .filter_map(|use_case| there().find(|mapping| mapping.spec.use_case == use_case));
    let examples: Vec<Example> =
        by_use.take(MOST).map(|mapping| example(spec, Some(mapping), now)).collect();
    if examples.is_empty() { vec![example(spec, None, now)] } else { examples }
}

fn example(spec: &DestinationSpec, mapping: Option<&Mapping>, now: Instant) -> Example {
    let use_case = mapping.map_or(UseCase::Retarget, |mapping| mapping.spec.use_case);
    // Where nothing is sent yet, a name that says so; any key will do.
    let unnamed = || "your-audience".parse().unwrap_or_else(|_| spec.key.clone());
    let audience: Key = mapping.map_or_else(unnamed, |mapping| mapping.spec.audience.clone());
    let entry = mapping.and_then(|mapping| mapping.spec.entry_event.clone());
    let entry = entry.map(|name| EntryEvent { name, audience_version: 1 });
    let envelope = Envelope {
        installation: Installation { key: Uuid::nil(), number: 1 },
        mapping: mapping.map_or(MappingId(Uuid::nil()), |mapping| mapping.id),
        audience: mapping.map_or(AudienceId(Uuid::nil()), |mapping| mapping.audience_id),
        audience_key: &audience,
        destination: spec,
        use_case,
        transition: Transition::Entered,
        generation: 1,
        decided_at: now,
        entry: entry.as_ref(),
    };
    let messages = envelope.sheet().render(&person(spec), Reason::Joined).messages;
    let messages = messages.iter().map(|message| readable(message)).collect();
    Example { mapping: mapping.map(|mapping| mapping.spec.key.clone()), use_case, messages }
}

/// Nobody: an address of the reserved domain, a number of the range for fiction.
fn person(spec: &DestinationSpec) -> Person {
    let value = spec.value.as_ref();
    let invented = |name: &str| {
        let is = |part: Option<&String>| part.is_some_and(|part| part == name);
        let amount = AMOUNTS.iter().any(|amount| name.split('_').any(|word| word == *amount));
        let example = match value {
            Some(rule) if rule.revenue == name => "312.50",
            Some(rule) if is(rule.discount.as_ref()) => "12.50",
            Some(rule) if is(rule.cost.as_ref()) => "90.00",
            Some(rule) if rule.currency == name => "USD",
            _ if amount => "312.50",
            _ => "example",
        };
        (name.to_owned(), example.to_owned())
    };
    Person {
        cio_id: "example0001".to_owned(),
        id: Some("u-1001".to_owned()),
        email: Some("jane.doe@example.com".to_owned()),
        phone: Some("+12025550142".to_owned()),
        fields: spec.attributes().map(invented).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{destinations::Profile, ids::DestinationId};

    fn only(profile: Profile, fields: &[&str]) -> Example {
        let spec = DestinationSpec {
            key: "there".parse().unwrap(),
            profile,
            integration: "Somewhere".to_owned(),
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        };
        let destination = Destination { id: DestinationId(Uuid::nil()), spec: spec.clone() };
        let now = Instant::from_seconds(1_790_000_000);
        let mut all = examples(&Configuration::default(), &destination, &spec, now);
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    #[test]
    fn shows_what_is_named_and_nothing_else() {
        for profile in Profile::ALL {
            let denied = only(profile, &[]);
            let contact = denied.messages[0].contains("jane.doe@example.com");
            assert_eq!(contact, profile.sends_contact(), "{profile}");
            assert!(!denied.messages.concat().contains("312.50"), "{profile}");
            let allowed = only(profile, &["order_value", "tier"]);
            assert!(allowed.messages[0].contains("\"order_value\": \"312.50\""), "{profile}");
            assert!(allowed.messages[0].contains("\"tier\": \"example\""), "{profile}");
            assert_eq!(allowed.messages.len(), if profile.identifies() { 2 } else { 1 });
        }
    }

    #[test]
    fn nobody_real_is_shown() {
        // Reserved for documentation, and for fiction.
        let text = only(Profile::MetaCapi, &[]).messages.concat();
        assert!(text.contains("@example.com") && text.contains("+1202555014"), "{text}");
    }
}
