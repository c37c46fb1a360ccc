//! How complex a plan is, and how complex a first version may be.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{destinations::DestinationSpec, key::Key, mappings::MappingSpec, number::grouped};

/// The most a first version may be: ten audiences at one destination fit, and so do six mappings
/// at two, or four at one that takes two more fields.
pub const CEILING: u64 = 12;

/// What makes a plan complex: each factor multiplies what has to be looked at when something is
/// wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Mappings, paused ones included.
    pub mappings: u64,
    /// Destinations that they send to.
    pub destinations: u64,
    /// Fields beyond identifiers that those destinations take.
    pub fields: u64,
}

impl Scope {
    /// Of these mappings.
    pub fn of<'a>(
        mappings: impl IntoIterator<Item = &'a MappingSpec>,
        destinations: &[&DestinationSpec],
    ) -> Self {
        let mut count = 0;
        let mut used: BTreeSet<&Key> = BTreeSet::new();
        for mapping in mappings {
            count += 1;
            used.insert(&mapping.destination);
        }
        let taken = destinations.iter().filter(|one| used.contains(&one.key));
        let fields = taken.map(|one| one.fields.len() as u64).sum();
        Self { mappings: count, destinations: used.len() as u64, fields }
    }

    /// Mappings, times destinations, times one and the fields.
    #[must_use]
    pub const fn score(self) -> u64 {
        self.mappings
            .saturating_mul(self.destinations)
            .saturating_mul(self.fields.saturating_add(1))
    }

    /// How it comes to its score, as a clause.
    #[must_use]
    pub fn words(self) -> String {
        let many = |count: u64, one: &str, many: &str| {
            format!("{} {}", grouped(count), if count == 1 { one } else { many })
        };
        format!(
            "{} x {} x (1 + {} beyond identifiers) = {}",
            many(self.mappings, "mapping", "mappings"),
            many(self.destinations, "destination", "destinations"),
            many(self.fields, "field", "fields"),
            grouped(self.score())
        )
    }

    /// Whether a first version may become this: what makes it no more complex always may.
    #[must_use]
    pub const fn fits(self, before: Self) -> bool {
        self.score() <= CEILING || self.score() <= before.score()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        destinations::Profile,
        mappings::{HoldoutPercent, UseCase},
        time::Span,
    };

    fn mapping(at: usize, destination: usize) -> MappingSpec {
        MappingSpec {
            key: format!("m{at}").parse().unwrap(),
            audience: "carts".parse().unwrap(),
            destination: format!("d{destination}").parse().unwrap(),
            use_case: UseCase::Retarget,
            exclusivity_group: None,
            priority: 100,
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(0),
            offset: None,
            dwell: None,
            entry_event: None,
            active: true,
        }
    }

    fn destination(at: usize, fields: usize) -> DestinationSpec {
        DestinationSpec {
            key: format!("d{at}").parse().unwrap(),
            profile: Profile::Plain,
            integration: "Plain".to_owned(),
            fields: (0..fields).map(|field| format!("field{field}")).collect(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        }
    }

    #[test]
    fn ten_audiences_at_one_destination_are_a_first_version() {
        let one = destination(0, 0);
        let all: Vec<MappingSpec> = (0..10).map(|at| mapping(at, 0)).collect();
        let scope = Scope::of(&all, &[&one]);
        assert_eq!(scope.score(), 10);
        assert!(scope.fits(Scope::default()));
        let words = scope.words();
        assert_eq!(words, "10 mappings x 1 destination x (1 + 0 fields beyond identifiers) = 10");
        let spread = Scope { destinations: 2, ..scope };
        assert!(!spread.fits(scope));
        assert!(spread.fits(spread), "what is there already may stay");
    }

    proptest! {
        /// Another mapping never makes a plan simpler, and unused destinations don't count.
        #[test]
        fn more_is_never_simpler(
            places in prop::collection::vec(0..3_usize, 0..12), more in 0..3_usize,
            fields in prop::collection::vec(0..4_usize, 3),
        ) {
            let destinations: Vec<DestinationSpec> =
                fields.iter().enumerate().map(|(at, fields)| destination(at, *fields)).collect();
            let known: Vec<&DestinationSpec> = destinations.iter().collect();
            let mut all: Vec<MappingSpec> =
                places.iter().enumerate().map(|(at, place)| mapping(at, *place)).collect();
            let before = Scope::of(&all, &known);
            let used: Vec<&DestinationSpec> =
                known.iter().copied().filter(|one| all.iter().any(|m| m.destination == one.key)).collect();
            prop_assert_eq!(Scope::of(&all, &used), before);
            all.push(mapping(99, more));
            prop_assert!(Scope::of(&all, &known).score() > before.score());
        }
    }
}
