//! Which mappings a pass works on, and what they read.

use std::collections::BTreeSet;

use crate::{
    configuration::{Closing, Configuration},
    delivery::route::Route,
    error::{Error, Result},
    ids::AudienceId,
    key::Key,
    mappings::Mapping,
    suppression::scope::holds_at,
};

/// A mapping that a pass may work on.
pub(super) struct Candidate<'a> {
    pub mapping: &'a Mapping,
    /// Under which names its messages go.
    pub route: Route,
    /// It is retired: whoever is there leaves.
    pub is_closing: bool,
}

impl<'a> Candidate<'a> {
    pub fn closing(closing: &'a Closing) -> Self {
        Self { mapping: &closing.mapping, route: closing.route.clone(), is_closing: true }
    }
}

/// Whether both stand in one exclusivity group.
pub(super) fn are_mates(one: &Mapping, other: &Mapping) -> bool {
    one.spec.exclusivity_group.is_some()
        && one.spec.exclusivity_group == other.spec.exclusivity_group
}

/// The mappings to run: those named and whatever shares a group with them, or all.
pub(super) fn chosen<'a>(
    configuration: &'a Configuration,
    only: &[Key],
) -> Result<Vec<Candidate<'a>>> {
    for key in only {
        if configuration.mapping(key).is_none() {
            return Err(Error::NotFound(format!("mapping {key}")));
        }
    }
    let named = |mapping: &Mapping| match only {
        [] => mapping.spec.active,
        keys => keys.contains(&mapping.spec.key),
    };
    // A paused or retired mate comes along: its open exits hold the others' entries back.
    let comes_along = |mapping: &Mapping| {
        let mut all = configuration.mappings.iter();
        all.any(|other| named(other) && are_mates(mapping, other))
    };
    let mut chosen = Vec::new();
    for mapping in configuration.mappings.iter().filter(|one| named(one) || comes_along(one)) {
        let route = route_of(configuration, mapping)?;
        chosen.push(Candidate { mapping, route, is_closing: false });
    }
    let closing = configuration.closing.iter();
    let closing = closing.filter(|one| only.is_empty() || comes_along(&one.mapping));
    chosen.extend(closing.map(Candidate::closing));
    Ok(chosen)
}

/// Under which names a mapping's messages go.
pub(crate) fn route_of(configuration: &Configuration, mapping: &Mapping) -> Result<Route> {
    let found = configuration.audience_of(mapping).zip(configuration.destination_of(mapping));
    let (audience, destination) = found
        .ok_or_else(|| Error::NotFound("audience or destination of the mapping".to_owned()))?;
    Ok(Route::new(audience, destination, &mapping.spec))
}

/// What a pass reads for a mapping; a retired one decides nothing any more.
pub(super) fn audiences_read_by(
    configuration: &Configuration,
    mapping: &Mapping,
    is_closing: bool,
) -> BTreeSet<AudienceId> {
    if is_closing { BTreeSet::new() } else { audiences_behind(configuration, mapping) }
}

/// Its own audience, those of the suppressions that hold at its destination, and the same of
/// its group.
pub(crate) fn audiences_behind(
    configuration: &Configuration,
    mapping: &Mapping,
) -> BTreeSet<AudienceId> {
    let mates = configuration
        .mappings
        .iter()
        .filter(|other| other.spec.active && other.id != mapping.id && are_mates(other, mapping));
    let mut read = BTreeSet::new();
    for one in mates.chain([mapping]) {
        read.insert(one.audience_id);
        if one.spec.use_case.is_suppressed() {
            let rules = configuration
                .suppressions
                .iter()
                .filter(|rule| holds_at(&rule.spec.destinations, &one.spec.destination));
            read.extend(rules.filter_map(|rule| rule.audience_id));
        }
    }
    read
}
