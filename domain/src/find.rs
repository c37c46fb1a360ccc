//! Finds anything by a part of its name: what Ctrl-K asks. People are found by a whole
//! identifier only, as everywhere.
//!
//! A new kind of thing gets a [`Kind`] and its lines in [`FindService::find`].

use serde::{Deserialize, Serialize};

#[cfg(feature = "service")]
pub use service::FindService;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A mapping.
    Mapping,
    /// An audience.
    Audience,
    /// A destination.
    Destination,
    /// A suppression.
    Suppression,
    /// A person.
    Person,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// What it is known by: its key, or a person's `cio_id`.
    pub name: String,
    /// What else it is called.
    pub hint: String,
}

/// How well a text names something; the lower the better, nothing if not at all. Each word of
/// the text must stand somewhere in the name or the hint.
#[must_use]
pub fn rank(text: &str, name: &str, hint: &str) -> Option<u32> {
    let (text, name, hint) = (text.trim().to_lowercase(), name.to_lowercase(), hint.to_lowercase());
    if text.is_empty() || name == text {
        return Some(0);
    }
    if name.starts_with(&text) {
        return Some(1);
    }
    let mut worst = 2;
    for word in text.split_whitespace() {
        let place = if begins_word(&name, word) {
            2
        } else if name.contains(word) {
            3
        } else if begins_word(&hint, word) {
            4
        } else if hint.contains(word) {
            5
        } else {
            return None;
        };
        worst = worst.max(place);
    }
    Some(worst)
}

fn begins_word(text: &str, word: &str) -> bool {
    let is_break = |before: Option<char>| before.is_none_or(|letter| !letter.is_alphanumeric());
    text.match_indices(word).any(|(at, _)| is_break(text[..at].chars().next_back()))
}

#[cfg(feature = "service")]
mod service {
    use std::sync::Arc;

    use futures::future::try_join5;

    use super::{Found, Kind, rank};
    use crate::{
        audiences::service::AudienceService, destinations::service::DestinationService,
        error::Result, mappings::service::MappingService, people::service::PeopleService,
        suppression::service::SuppressionService,
    };

    /// Of each answer, no more than anybody reads.
    const MOST: usize = 20;

    /// Looks through everything that has a name.
    pub struct FindService {
        /// Mappings.
        pub mappings: Arc<MappingService>,
        /// Audiences.
        pub audiences: Arc<AudienceService>,
        /// Destinations.
        pub destinations: Arc<DestinationService>,
        /// Suppressions.
        pub suppression: Arc<SuppressionService>,
        /// People.
        pub people: Arc<PeopleService>,
    }

    impl FindService {
        /// What a text names, the best first. An empty text names nothing.
        pub async fn find(&self, text: &str) -> Result<Vec<Found>> {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let (mappings, audiences, destinations, rules, people) = try_join5(
                self.mappings.list(),
                self.audiences.list(),
                self.destinations.list(),
                self.suppression.list(),
                self.people.find(text),
            )
            .await?;
            let mut named = Vec::new();
            for row in mappings {
                let spec = row.spec;
                let hint = format!("{} to {}, {}", spec.audience, spec.destination, spec.use_case);
                named.push(Found { kind: Kind::Mapping, name: spec.key.to_string(), hint });
            }
            for row in audiences {
                let hint = row.segment_name.unwrap_or_default();
                named.push(Found { kind: Kind::Audience, name: row.spec.key.to_string(), hint });
            }
            for row in destinations {
                let (name, hint) = (row.spec.key.to_string(), row.spec.integration);
                named.push(Found { kind: Kind::Destination, name, hint });
            }
            for row in rules {
                let (name, hint) = (row.spec.key.to_string(), row.spec.reason);
                named.push(Found { kind: Kind::Suppression, name, hint });
            }
            let mut ranked: Vec<(u32, Found)> = named
                .into_iter()
                .filter_map(|found| Some((rank(text, &found.name, &found.hint)?, found)))
                .collect();
            ranked.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.name.cmp(&other.name)));
            // Whoever is named whole is meant.
            let people = people.into_iter().map(|person| Found {
                kind: Kind::Person,
                hint: person.email.or(person.id).unwrap_or_default(),
                name: person.cio_id,
            });
            Ok(people.chain(ranked.into_iter().map(|(_, found)| found)).take(MOST).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_nearer_the_name_the_better() {
        let rank = |text| rank(text, "cart-to-meta", "carts to meta, retarget");
        assert_eq!(rank("cart-to-meta"), Some(0));
        assert_eq!(rank("CART"), Some(1));
        assert_eq!(rank("meta cart"), Some(2));
        assert_eq!(rank("eta"), Some(3));
        assert_eq!(rank("retarget"), Some(4));
        assert_eq!(rank("meta target"), Some(5));
        assert_eq!(rank("tiktok meta"), None);
        assert_eq!(rank("  "), Some(0));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,12}", name in ".{0,12}", hint in ".{0,12}") {
            let (low_name, low_hint) = (name.to_lowercase(), hint.to_lowercase());
            let all_words = text
                .to_lowercase()
                .split_whitespace()
                .all(|word| low_name.contains(word) || low_hint.contains(word));
            prop_assert_eq!(rank(&text, &name, &hint).is_some(), all_words);
        }
    }
}
