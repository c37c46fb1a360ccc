//! What can't stand in a configuration, whatever way it came in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    audiences::AudienceSpec,
    delivery::entry::wrong_name,
    destinations::DestinationSpec,
    error::{Error, Result},
    key::Key,
    mappings::{
        MappingSpec,
        timeline::{FlowSpec, MOST_TOUCHES},
    },
    suppression::{SuppressionSpec, scope::check_scope},
    time::Span,
};

use super::Configuration;

/// The names and decisions of a configuration, stored or to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Specs {
    /// Places behind Segment.
    pub destinations: BTreeMap<Key, DestinationSpec>,
    /// Segments promoted for export.
    pub audiences: BTreeMap<Key, AudienceSpec>,
    /// What goes where.
    pub mappings: BTreeMap<Key, MappingSpec>,
    /// What people are sent elsewhere.
    pub flows: BTreeMap<Key, FlowSpec>,
    /// What keeps people out.
    pub suppressions: BTreeMap<Key, SuppressionSpec>,
}

impl Specs {
    /// Those of what is stored.
    #[must_use]
    pub fn of(stored: &Configuration) -> Self {
        Self {
            destinations: by_key(&stored.destinations, |one| (&one.spec.key, &one.spec)),
            audiences: by_key(&stored.audiences, |one| (&one.spec.key, &one.spec)),
            mappings: by_key(&stored.mappings, |one| (&one.spec.key, &one.spec)),
            flows: by_key(&stored.flows, |one| (&one.spec.key, &one.spec)),
            suppressions: by_key(&stored.suppressions, |one| (&one.spec.key, &one.spec)),
        }
    }
}

fn by_key<T, S: Clone>(all: &[T], parts: impl Fn(&T) -> (&Key, &S)) -> BTreeMap<Key, S> {
    all.iter()
        .map(|one| {
            let (key, spec) = parts(one);
            (key.clone(), spec.clone())
        })
        .collect()
}

/// Longest text an operator may write in one field.
const LONGEST: usize = 200;

/// Refuses what can't stand, naming the table, the key and what to write instead.
pub fn check(specs: &Specs) -> Result<()> {
    for destination in specs.destinations.values() {
        check_text("destination", &destination.key, "integration", &destination.integration)?;
        for field in &destination.fields {
            check_text("destination", &destination.key, "fields", field)?;
        }
        check_value(destination)?;
    }
    for audience in specs.audiences.values() {
        if audience.segment <= 0 {
            return Err(at(
                "audience",
                &audience.key,
                "segment",
                "a segment's number in Customer.io is above 0",
            ));
        }
        for (field, text) in [("owner", &audience.owner), ("purpose", &audience.purpose)] {
            if let Some(text) = text {
                check_text("audience", &audience.key, field, text)?;
            }
        }
    }
    for suppression in specs.suppressions.values() {
        check_suppression(suppression, specs)?;
    }
    for mapping in specs.mappings.values() {
        check_mapping(mapping, specs)?;
    }
    for flow in specs.flows.values() {
        check_flow(flow, specs)?;
    }
    check_groups(specs)
}

fn check_value(one: &DestinationSpec) -> Result<()> {
    let Some(rule) = &one.value else { return Ok(()) };
    let named = |part: &'static str, name: &Option<String>| match name {
        Some(name) => check_text("destination", &one.key, part, name),
        None => Ok(()),
    };
    check_text("destination", &one.key, "revenue", &rule.revenue)?;
    check_text("destination", &one.key, "currency", &rule.currency)?;
    named("discount", &rule.discount)?;
    named("cost", &rule.cost)?;
    let checked = rule.check(one.profile, &one.fields);
    checked.map_err(|(field, words)| at("destination", &one.key, field, words))
}

fn check_suppression(one: &SuppressionSpec, specs: &Specs) -> Result<()> {
    check_text("suppression", &one.key, "reason", &one.reason)?;
    if let Some(owner) = &one.owner {
        check_text("suppression", &one.key, "owner", owner)?;
    }
    for destination in &one.destinations {
        if !specs.destinations.contains_key(destination) {
            let words = format!("there is no destination {destination}");
            return Err(at("suppression", &one.key, "destinations", words));
        }
    }
    if let Some(words) = check_scope(one) {
        return Err(at("suppression", &one.key, "destinations", words));
    }
    match (&one.audience, &one.event, one.list) {
        (Some(audience), None, false) if !specs.audiences.contains_key(audience) => {
            Err(at("suppression", &one.key, "audience", format!("there is no audience {audience}")))
        }
        (Some(_), None, false) | (None, None, true) => Ok(()),
        (None, Some(event), false) => {
            check_text("suppression", &one.key, "event", event)?;
            if one.ttl.is_none() {
                return Err(at(
                    "suppression",
                    &one.key,
                    "ttl",
                    "a rule by event needs a ttl, such as 24h",
                ));
            }
            Ok(())
        }
        _ => Err(at(
            "suppression",
            &one.key,
            "audience",
            "name an audience, an event or list = true: one of the three",
        )),
    }
}

/// Longest time that an entry is held, or somebody stays out: both are read from what is kept
/// for as long.
const LONGEST_HOLD: Span = Span::from_hours(24 * 90);

fn check_mapping(one: &MappingSpec, specs: &Specs) -> Result<()> {
    for (field, span) in [("offset", one.offset), ("dwell", one.dwell)] {
        if span.is_some_and(|span| span <= Span(0) || span > LONGEST_HOLD) {
            return Err(at("mapping", &one.key, field, "between 1s and 90d, such as 4h"));
        }
    }
    if !specs.audiences.contains_key(&one.audience) {
        return Err(at(
            "mapping",
            &one.key,
            "audience",
            format!("there is no audience {}", one.audience),
        ));
    }
    if !specs.destinations.contains_key(&one.destination) {
        let words = format!("there is no destination {}", one.destination);
        return Err(at("mapping", &one.key, "destination", words));
    }
    check_entry_event(one, specs)?;
    let twin = specs.mappings.values().find(|other| {
        other.key != one.key
            && other.audience == one.audience
            && other.destination == one.destination
            && other.use_case == one.use_case
    });
    match twin {
        Some(twin) => {
            let words = format!(
                "mapping {} already sends {} there for {}",
                twin.key, one.audience, one.use_case
            );
            Err(at("mapping", &one.key, "destination", words))
        }
        None => Ok(()),
    }
}

fn check_entry_event(one: &MappingSpec, specs: &Specs) -> Result<()> {
    let Some(name) = &one.entry_event else { return Ok(()) };
    check_text("mapping", &one.key, "entry_event", name)?;
    if let Some(words) = wrong_name(name) {
        return Err(at("mapping", &one.key, "entry_event", words));
    }
    let profile = specs.destinations.get(&one.destination).map(|place| place.profile);
    match profile.filter(|profile| profile.is_list()) {
        Some(profile) => {
            let words = format!(
                "{} reads memberships alone: name an event where events are read, such as a warehouse",
                profile.label()
            );
            Err(at("mapping", &one.key, "entry_event", words))
        }
        None => Ok(()),
    }
}

fn check_flow(one: &FlowSpec, specs: &Specs) -> Result<()> {
    let refused = |field: &str, words: String| Err(at("flow", &one.key, field, words));
    if !specs.audiences.contains_key(&one.audience) {
        return refused("audience", format!("there is no audience {}", one.audience));
    }
    if one.touches.len() > MOST_TOUCHES {
        return refused("touches", format!("at most {MOST_TOUCHES} messages"));
    }
    if one.touches.iter().any(|touch| touch.at < Span(0) || touch.at > LONGEST_HOLD) {
        return refused("touches", "each comes within 90d of the beginning".to_owned());
    }
    let distinct: BTreeSet<_> = one.touches.iter().collect();
    if distinct.len() < one.touches.len() {
        return refused("touches", "two of its messages are the same".to_owned());
    }
    let twin =
        specs.flows.values().find(|other| other.key != one.key && other.audience == one.audience);
    match twin {
        Some(twin) => {
            refused("audience", format!("flow {} is of {} already", twin.key, one.audience))
        }
        None => Ok(()),
    }
}

/// In a group the order must be plain: two audiences may not have the same priority.
fn check_groups(specs: &Specs) -> Result<()> {
    let mut seen: BTreeMap<(&Key, i64), &MappingSpec> = BTreeMap::new();
    let mut groups: BTreeSet<&Key> = BTreeSet::new();
    for mapping in specs.mappings.values() {
        let Some(group) = &mapping.exclusivity_group else { continue };
        groups.insert(group);
        match seen.get(&(group, mapping.priority)) {
            Some(other) if other.audience != mapping.audience => {
                let words = format!(
                    "mapping {} of group {group} has priority {} too: give each audience of a group its own",
                    other.key, mapping.priority
                );
                return Err(at("mapping", &mapping.key, "priority", words));
            }
            _ => {
                seen.insert((group, mapping.priority), mapping);
            }
        }
    }
    Ok(())
}

fn check_text(table: &str, key: &Key, field: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(at(table, key, field, "write something"));
    }
    if text.chars().count() > LONGEST {
        return Err(at(table, key, field, format!("at most {LONGEST} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(at(table, key, field, "no control characters"));
    }
    Ok(())
}

fn at(table: &str, key: &Key, field: &str, message: impl std::fmt::Display) -> Error {
    Error::invalid(field.to_owned(), format!("{message} (in {table} {key})"))
}
