//! Whom the rules keep out now, by where.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{ids::SuppressionId, key::Key, people::PersonSet};

/// Whom one rule keeps out.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The rule.
    pub rule: SuppressionId,
    /// Where; nowhere named is everywhere.
    pub destinations: Vec<Key>,
    /// Who.
    pub people: PersonSet,
}

/// Whom all rules together keep out, by where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suppressed {
    everywhere: PersonSet,
    only_at: BTreeMap<Key, PersonSet>,
}

impl Suppressed {
    /// Of these rules.
    #[must_use]
    pub fn of(rules: impl IntoIterator<Item = Held>) -> Self {
        let mut all = Self::default();
        for rule in rules {
            if rule.destinations.is_empty() {
                all.everywhere |= rule.people;
                continue;
            }
            for destination in rule.destinations {
                *all.only_at.entry(destination).or_default() |= &rule.people;
            }
        }
        all
    }

    /// Whom they keep out of this destination.
    #[must_use]
    pub fn at(&self, destination: &Key) -> Cow<'_, PersonSet> {
        match self.only_at.get(destination) {
            Some(only) => Cow::Owned(&self.everywhere | only),
            None => Cow::Borrowed(&self.everywhere),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::suppression::scope::holds_at;

    const PLACES: [&str; 3] = ["meta", "tiktok", "google"];

    fn rules() -> impl Strategy<Value = Vec<Held>> {
        let places = prop::sample::subsequence(PLACES.to_vec(), 0..=3);
        let people = prop::collection::btree_set(0..40_u32, 0..20);
        prop::collection::vec((places, people), 0..6).prop_map(|rules| {
            rules
                .into_iter()
                .map(|(places, people)| Held {
                    rule: SuppressionId(uuid::Uuid::nil()),
                    destinations: places.iter().map(|place| place.parse().unwrap()).collect(),
                    people: people.into_iter().collect(),
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn a_person_is_kept_out_where_a_rule_that_has_them_holds(rules in rules()) {
            let all = Suppressed::of(rules.clone());
            for place in PLACES.iter().chain(&["warehouse"]) {
                let place: Key = place.parse().unwrap();
                let expected: PersonSet = rules
                    .iter()
                    .filter(|rule| holds_at(&rule.destinations, &place))
                    .flat_map(|rule| rule.people.iter())
                    .collect();
                prop_assert_eq!(all.at(&place).into_owned(), expected);
            }
        }
    }
}
