//! Decide: who should be at each destination, and why everyone else is not.
//!
//! Pure set algebra, in priority order of the mappings. A new cause goes into
//! [`super::Cause`] at its place in the order and into [`decide`] at the same place.

use std::collections::BTreeMap;

use crate::{
    configuration::Configuration,
    destinations::profile::Identifiable,
    ids::{AudienceId, MappingId},
    mappings::{HoldoutPercent, Mapping},
    people::{Ordinal, PersonSet},
    suppression::held::Suppressed,
};

use super::Cause;

/// Everything that a decision depends on. The same facts give the same decision.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Members of every audience that a mapping, a suppression or a group reads.
    pub members: BTreeMap<AudienceId, PersonSet>,
    /// Everyone whom a suppression keeps out now, by where.
    pub suppressed: Suppressed,
    /// Who has an e-mail address.
    pub with_email: PersonSet,
    /// Who has a phone number.
    pub with_phone: PersonSet,
    /// Who has an id of the workspace's own.
    pub with_id: PersonSet,
    /// Who is left out to measure the effect, by mapping.
    pub holdout: BTreeMap<MappingId, PersonSet>,
    /// Whose entry waits for its time, by mapping: nobody who is there.
    pub held: BTreeMap<MappingId, PersonSet>,
    /// Whom Segment refused, by mapping.
    pub refused: BTreeMap<MappingId, PersonSet>,
}

/// What was decided about one mapping. Target and withheld sets partition the members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// How many members there are.
    pub members: u64,
    /// Who should be at the destination.
    pub target: PersonSet,
    /// Who should not, each under exactly one cause; no empty sets.
    pub withheld: BTreeMap<Cause, PersonSet>,
}

/// Decides every mapping of the configuration, because a group's order needs all of its
/// mappings, whichever of them are to run. A paused one claims nobody.
#[must_use]
pub fn decide(configuration: &Configuration, facts: &Facts) -> BTreeMap<MappingId, Decision> {
    let mut in_order: Vec<&Mapping> = configuration.mappings.iter().collect();
    in_order.sort_by(|a, b| (a.spec.priority, &a.spec.key).cmp(&(b.spec.priority, &b.spec.key)));

    let mut decisions = BTreeMap::new();
    let mut claims: Vec<(&Mapping, PersonSet)> = Vec::new();
    for mapping in in_order {
        let outranked = outranked(mapping, &claims);
        let identifiable =
            configuration.destination_of(mapping).map_or_else(PersonSet::new, |destination| {
                let members = facts.members.get(&mapping.audience_id);
                identifiable(destination.spec.profile.identifiable(), members, facts)
            });
        let decision = decide_one(mapping, facts, &outranked, &identifiable);
        if mapping.spec.active && mapping.spec.exclusivity_group.is_some() {
            claims.push((mapping, claim(&decision, &identifiable)));
        }
        decisions.insert(mapping.id, decision);
    }
    decisions
}

fn decide_one(
    mapping: &Mapping,
    facts: &Facts,
    outranked: &PersonSet,
    identifiable: &PersonSet,
) -> Decision {
    let empty = PersonSet::new();
    let members = facts.members.get(&mapping.audience_id).unwrap_or(&empty);
    let use_case = mapping.spec.use_case;
    let mut decision =
        Decision { members: members.len(), target: members.clone(), withheld: BTreeMap::new() };
    if use_case.is_suppressed() {
        decision.withhold(Cause::Suppressed, &facts.suppressed.at(&mapping.spec.destination));
    }
    if use_case.is_addressed() {
        decision.withhold(Cause::Holdout, facts.holdout.get(&mapping.id).unwrap_or(&empty));
        decision.withhold(Cause::Outranked, outranked);
        decision.withhold(Cause::Held, facts.held.get(&mapping.id).unwrap_or(&empty));
    }
    decision.withhold(Cause::Unidentifiable, &(members - identifiable));
    decision.withhold(Cause::Refused, facts.refused.get(&mapping.id).unwrap_or(&empty));
    decision
}

impl Decision {
    /// Moves those of `set` who are still in the target under `cause`.
    fn withhold(&mut self, cause: Cause, set: &PersonSet) {
        let these = &self.target & set;
        if !these.is_empty() {
            self.target -= &these;
            self.withheld.insert(cause, these);
        }
    }

    /// How many are withheld, by cause.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Cause, u64> {
        self.withheld.iter().map(|(cause, set)| (*cause, set.len())).collect()
    }
}

/// Members who can be found by any one of the identifiers that the profile takes.
pub(crate) fn identifiable(
    by: Identifiable,
    members: Option<&PersonSet>,
    facts: &Facts,
) -> PersonSet {
    let Some(members) = members else { return PersonSet::new() };
    if by.cio_id {
        return members.clone();
    }
    let mut found = PersonSet::new();
    for (counts, set) in
        [(by.email, &facts.with_email), (by.phone, &facts.with_phone), (by.id, &facts.with_id)]
    {
        if counts {
            found |= members & set;
        }
    }
    found
}

/// Whom a mapping claims for its audience within its group: its target, and those whom only
/// a holdout or a timing hold keeps out. Who can't be found there is free for the next.
fn claim(decision: &Decision, identifiable: &PersonSet) -> PersonSet {
    let mut claim = decision.target.clone();
    for cause in [Cause::Holdout, Cause::Held] {
        if let Some(set) = decision.withheld.get(&cause) {
            claim |= set & identifiable;
        }
    }
    claim
}

/// Whom mappings of other audiences of the same group, which go first, have claimed.
fn outranked(mapping: &Mapping, claims: &[(&Mapping, PersonSet)]) -> PersonSet {
    let mut outranked = PersonSet::new();
    for (other, claim) in claims {
        let same_group = other.spec.exclusivity_group == mapping.spec.exclusivity_group;
        let goes_first = other.spec.priority < mapping.spec.priority;
        if same_group && goes_first && other.audience_id != mapping.audience_id {
            outranked |= claim;
        }
    }
    outranked
}

/// Whether a person is left out of a mapping with this salt.
///
/// Salted by the experiment's key, by default the mapping's, so that one experiment's
/// holdout isn't the next one's.
#[must_use]
pub fn is_held_out(salt: &str, cio_id: &str, percent: HoldoutPercent) -> bool {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    hasher.update(salt.as_bytes());
    hasher.update(&[0]);
    hasher.update(cio_id.as_bytes());
    let bucket = hasher.digest() % 10_000;
    i64::try_from(bucket).is_ok_and(|bucket| bucket < percent.0)
}

/// Of these people, who is left out.
#[must_use]
pub fn held_out<'a>(
    salt: &str,
    percent: HoldoutPercent,
    people: impl Iterator<Item = (Ordinal, &'a str)>,
) -> PersonSet {
    people
        .filter(|(_, cio_id)| is_held_out(salt, cio_id, percent))
        .map(|(ordinal, _)| ordinal)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
