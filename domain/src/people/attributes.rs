//! Attributes: what destinations need of people beyond the membership page, whom to ask
//! Customer.io about, and what its answers come to.
//!
//! The membership names id and e-mail. Everything else costs a call for each 100 people, so
//! it is read only for a field that a destination takes, and only for people who may go
//! there: once, again when they come into an audience, and again after a week.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    configuration::Configuration,
    delivery::batch::LARGEST_EVENT,
    destinations::DestinationSpec,
    ids::{AudienceId, MappingId},
    mappings::Mapping,
    suppression::held::Suppressed,
    time::Instant,
};

use super::{Ordinal, PersonSet, identifiers};

/// The one attribute that is an identifier.
pub const PHONE: &str = "phone";

/// What the membership page says of everyone.
const ON_THE_PAGE: [&str; 3] = ["cio_id", "id", "email"];

/// Days for which a reading is new enough, today included: none gets older than a week.
pub const DAYS: i64 = 7;

/// One person as Customer.io describes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Customer.io's id.
    pub cio_id: String,
    /// Every value is text.
    pub values: BTreeMap<String, String>,
}

/// Whom to ask about, by field.
pub type Wanted = BTreeMap<String, PersonSet>;

/// What was learned of one person: for each field that was asked for its value, or nothing
/// where they have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Who.
    pub ordinal: Ordinal,
    /// A phone number is in E.164.
    pub values: BTreeMap<String, Option<String>>,
    /// Fields left out because no event could carry them.
    pub too_long: Vec<String>,
}

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Members of the audiences.
    pub members: &'a BTreeMap<AudienceId, PersonSet>,
    /// Everyone whom a suppression keeps out now, by where.
    pub suppressed: &'a Suppressed,
    /// Whose reading is new enough, by field.
    pub readings: &'a Wanted,
}

/// The day of a moment, counted from 1970.
#[must_use]
pub const fn day(at: Instant) -> i64 {
    at.0.div_euclid(86_400_000_000)
}

/// A `cio_id` without the prefix that some of Customer.io's interfaces put before it.
#[must_use]
pub fn bare(cio_id: &str) -> &str {
    cio_id.strip_prefix("cio_").unwrap_or(cio_id)
}

/// The fields that a destination takes and the membership page lacks.
#[must_use]
pub fn needed(destination: &DestinationSpec) -> BTreeSet<&str> {
    let named = destination.attributes();
    let mut fields: BTreeSet<&str> = named.filter(|field| !ON_THE_PAGE.contains(field)).collect();
    if destination.profile.sends_contact() {
        fields.insert(PHONE);
    }
    fields
}

/// Of these fields, those that no destination takes: nothing of them is kept.
#[must_use]
pub fn unnamed(
    fields: impl IntoIterator<Item = String>,
    destinations: &[DestinationSpec],
) -> BTreeSet<String> {
    let named: BTreeSet<&str> = destinations.iter().flat_map(needed).collect();
    fields.into_iter().filter(|field| !named.contains(field.as_str())).collect()
}

/// Whom to read for each of these mappings.
///
/// By cheap causes only: members who aren't suppressed. Whoever is held out is among them,
/// because their audience claims them only if they can be found; so are those who turn out
/// to be outranked, which depends on what is read here.
#[must_use]
pub fn whom_to_read<'a>(
    configuration: &Configuration,
    mappings: impl IntoIterator<Item = &'a Mapping>,
    standing: Standing<'_>,
) -> BTreeMap<MappingId, Wanted> {
    let mut wanted = BTreeMap::new();
    for mapping in mappings {
        let (Some(destination), Some(members)) =
            (configuration.destination_of(mapping), standing.members.get(&mapping.audience_id))
        else {
            continue;
        };
        if !mapping.spec.active {
            continue;
        }
        let mut people = members.clone();
        if mapping.spec.use_case.is_suppressed() {
            people -= &*standing.suppressed.at(&mapping.spec.destination);
        }
        let mut by_field = Wanted::new();
        for field in needed(&destination.spec) {
            let unread = match standing.readings.get(field) {
                Some(read) => &people - read,
                None => people.clone(),
            };
            if !unread.is_empty() {
                by_field.insert(field.to_owned(), unread);
            }
        }
        if !by_field.is_empty() {
            wanted.insert(mapping.id, by_field);
        }
    }
    wanted
}

/// All of them together.
#[must_use]
pub fn together<'a>(all: impl IntoIterator<Item = &'a Wanted>) -> Wanted {
    let mut together = Wanted::new();
    for (field, people) in all.into_iter().flatten() {
        *together.entry(field.clone()).or_default() |= people;
    }
    together
}

/// Everyone in it, whatever the field.
#[must_use]
pub fn everyone(wanted: &Wanted) -> PersonSet {
    wanted.values().fold(PersonSet::new(), |all, people| all | people)
}

/// What an answer teaches about a person: the fields that were wanted of them, and no other.
#[must_use]
pub fn learn(ordinal: Ordinal, wanted: &Wanted, answer: &BTreeMap<String, String>) -> Learned {
    let mut learned = Learned { ordinal, ..Learned::default() };
    for (field, _) in wanted.iter().filter(|(_, people)| people.contains(ordinal)) {
        let value = answer.get(field).map(String::as_str).unwrap_or_default();
        let value = if field == PHONE {
            identifiers::phone(value)
        } else if value.len() > LARGEST_EVENT {
            learned.too_long.push(field.clone());
            None
        } else {
            // Not every database keeps a NUL.
            Some(value.replace('\0', "")).filter(|value| !value.is_empty())
        };
        learned.values.insert(field.clone(), value);
    }
    learned
}

#[cfg(test)]
mod tests;
