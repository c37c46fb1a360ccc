//! The rules: pure, over what is stored and by the same decision as a run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bounce, Group, Overlaps, Rank, Reordered};
use crate::{
    audiences::Audience,
    configuration::Configuration,
    error::{Error, Result},
    ids::{AudienceId, MappingId},
    key::Key,
    mappings::{Mapping, MappingSpec, UseCase},
    people::PersonSet,
    sync::{
        Cause,
        decide::{Decision, Facts, decide},
    },
};

/// Between two audiences of an order: somebody may come between them by hand.
const STEP: i64 = 10;

/// The mappings of a group, in their order.
fn of_group<'a>(configuration: &'a Configuration, group: &Key) -> Vec<&'a Mapping> {
    let is_of = |one: &&Mapping| one.spec.exclusivity_group.as_ref() == Some(group);
    let mut all: Vec<&Mapping> = configuration.mappings.iter().filter(is_of).collect();
    all.sort_by(|a, b| (a.spec.priority, &a.spec.key).cmp(&(b.spec.priority, &b.spec.key)));
    all
}

/// The audiences of some mappings, each where its first mapping stands.
fn audiences(mappings: &[&Mapping]) -> Vec<Key> {
    let mut seen = BTreeSet::new();
    let keys = mappings.iter().map(|one| &one.spec.audience);
    keys.filter(|key| seen.insert(*key)).cloned().collect()
}

/// What an order is now, with every mapping's place in it.
fn base(mappings: &[&Mapping]) -> String {
    let places: Vec<String> =
        mappings.iter().map(|one| format!("{}:{}", one.spec.key, one.spec.priority)).collect();
    places.join(",")
}

/// All groups with their orders, by key.
#[must_use]
pub fn groups(configuration: &Configuration, facts: &Facts) -> Vec<Group> {
    let keys: BTreeSet<&Key> = configuration
        .mappings
        .iter()
        .filter_map(|one| one.spec.exclusivity_group.as_ref())
        .collect();
    let decisions = decide(configuration, facts);
    keys.into_iter()
        .map(|key| {
            let mappings = of_group(configuration, key);
            let rank = |audience: &Key| rank(audience, &mappings, &decisions);
            Group {
                key: key.clone(),
                ranks: audiences(&mappings).iter().map(rank).collect(),
                base: base(&mappings),
            }
        })
        .collect()
}

fn rank(audience: &Key, group: &[&Mapping], decisions: &BTreeMap<MappingId, Decision>) -> Rank {
    let of: Vec<&&Mapping> = group.iter().filter(|one| one.spec.audience == *audience).collect();
    let decided = || of.iter().filter_map(|one| decisions.get(&one.id));
    let outranked = decided()
        .filter_map(|decision| decision.withheld.get(&Cause::Outranked))
        .fold(PersonSet::new(), |all, people| all | people);
    Rank {
        audience: audience.clone(),
        mappings: of.iter().map(|one| one.spec.key.clone()).collect(),
        is_active: of.iter().any(|one| one.spec.active),
        members: decided().map(|decision| decision.members).max().unwrap_or(0),
        outranked: outranked.len(),
    }
}

/// Every audience against every other.
#[must_use]
pub fn overlaps(audiences: &[Audience], members: &BTreeMap<AudienceId, PersonSet>) -> Overlaps {
    let empty = PersonSet::new();
    let of = |audience: &Audience| members.get(&audience.id).unwrap_or(&empty);
    let row = |one: &Audience| {
        audiences.iter().map(|other| of(one).intersection_len(of(other))).collect()
    };
    Overlaps {
        audiences: audiences.iter().map(|one| one.spec.key.clone()).collect(),
        shared: audiences.iter().map(row).collect(),
    }
}

/// Who stands in two ad sets of one destination, by who is present in each mapping.
#[must_use]
pub fn bounces(
    configuration: &Configuration,
    present: &BTreeMap<MappingId, PersonSet>,
) -> Vec<Bounce> {
    let ad_sets: Vec<&Mapping> = configuration
        .mappings
        .iter()
        .filter(|one| one.spec.use_case == UseCase::Retarget)
        .collect();
    let mut bounces = Vec::new();
    for (at, one) in ad_sets.iter().enumerate() {
        for other in ad_sets.iter().skip(at + 1) {
            let same_place = one.destination_id == other.destination_id;
            let (Some(here), Some(there), true) =
                (present.get(&one.id), present.get(&other.id), same_place)
            else {
                continue;
            };
            let people = here.intersection_len(there);
            let destination = configuration.destination_of(one).filter(|_| people > 0);
            let Some(destination) = destination else { continue };
            let (first, last) =
                if one.spec.key < other.spec.key { (one, other) } else { (other, one) };
            bounces.push(Bounce {
                destination: destination.spec.key.clone(),
                profile: destination.spec.profile,
                one: first.spec.key.clone(),
                other: last.spec.key.clone(),
                people,
            });
        }
    }
    bounces.sort_by(|a, b| {
        b.people.cmp(&a.people).then_with(|| (&a.one, &a.other).cmp(&(&b.one, &b.other)))
    });
    bounces
}

/// The mappings that change so that a group's audiences stand in this order; none where they do.
/// `seen` is the order that the change was made against, where it must still be that.
///
/// # Errors
/// [`Error::Invalid`] if the order has not each of the group's audiences once;
/// [`Error::Conflict`] if the order has changed since it was seen.
pub fn reorder(
    configuration: &Configuration,
    group: &Key,
    order: &[Key],
    seen: Option<&str>,
) -> Result<Vec<MappingSpec>> {
    let mappings = of_group(configuration, group);
    if mappings.is_empty() {
        return Err(Error::NotFound(format!("group {group}")));
    }
    if seen.is_some_and(|seen| seen != base(&mappings)) {
        return Err(Error::Conflict(format!(
            "the order of {group} has changed since you looked: look at it again and save anew"
        )));
    }
    let now = audiences(&mappings);
    let (mut asked, mut there) = (order.to_vec(), now.clone());
    asked.sort();
    there.sort();
    if asked != there {
        let words = format!("name each audience of {group} once");
        return Err(Error::invalid("order", words));
    }
    let place = |audience: &Key| order.iter().position(|one| one == audience).unwrap_or_default();
    let places: Vec<usize> = mappings.iter().map(|one| place(&one.spec.audience)).collect();
    if places.is_sorted() {
        return Ok(Vec::new());
    }
    let changed = |one: &&Mapping| {
        let step = i64::try_from(place(&one.spec.audience) + 1).unwrap_or(i64::MAX);
        let priority = step.saturating_mul(STEP);
        (one.spec.priority != priority).then(|| MappingSpec { priority, ..one.spec.clone() })
    };
    Ok(mappings.iter().filter_map(changed).collect())
}

/// What these changes of a group would do to each of its mappings.
#[must_use]
pub fn effects(
    configuration: &Configuration,
    group: &Key,
    changes: &[MappingSpec],
    facts: &Facts,
) -> Vec<Reordered> {
    let was = decide(configuration, facts);
    let mut after = configuration.clone();
    for mapping in &mut after.mappings {
        if let Some(change) = changes.iter().find(|change| change.key == mapping.spec.key) {
            mapping.spec = change.clone();
        }
    }
    let will = decide(&after, facts);
    let compare = |one: &&Mapping| {
        let (before, after) = (&was.get(&one.id)?.target, &will.get(&one.id)?.target);
        Some(Reordered {
            mapping: one.spec.key.clone(),
            before: before.len(),
            after: after.len(),
            gains: (after - before).len(),
            loses: (before - after).len(),
        })
    };
    of_group(&after, group).iter().filter_map(compare).collect()
}

#[cfg(test)]
mod tests;
