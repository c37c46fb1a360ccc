//! The fields that may flow to a destination: shown as the message that goes there, and
//! changed only after what would begin to flow, to how many people, was told.

#[cfg(feature = "service")]
pub mod example;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
mod weigh;

use serde::{Deserialize, Serialize};

use super::{DestinationRow, DestinationSpec};
use crate::{key::Key, mappings::UseCase};

/// A destination's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationView {
    /// What was decided about it, and what is there.
    pub row: DestinationRow,
    /// Messages as it gets them, of an invented person.
    pub examples: Vec<Example>,
    /// Whether identifiers hash as its platform hashes them; none where nothing is hashed.
    pub vectors: Vec<Vector>,
}

/// A known hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector {
    /// Of what.
    pub input: String,
    /// The hash as it must be.
    pub expected: String,
    /// Whether ours is the same, and is not hashed again.
    pub agrees: bool,
}

/// The messages about an invented person, rendered as production renders them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Whose audience they name; nothing where no mapping sends there yet.
    pub mapping: Option<Key>,
    /// What for.
    pub use_case: UseCase,
    /// Each as JSON for people: one line a value.
    pub messages: Vec<String>,
}

/// What differs in what may flow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Fields that messages would carry from now on.
    pub begins: Vec<String>,
    /// Fields that they would carry no longer.
    pub stops: Vec<String>,
}

/// What a change of the fields would do, told before anything is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldsPreview {
    /// Which fields.
    pub difference: Difference,
    /// By which mappings, to how many people each.
    pub flows: Vec<Flow>,
    /// People whom messages would tell about, each counted once.
    pub people: u64,
    /// The messages as they would be.
    pub examples: Vec<Example>,
}

/// A mapping by which fields flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Which.
    pub mapping: Key,
    /// What for.
    pub use_case: UseCase,
    /// Paused mappings send only what protects.
    pub active: bool,
    /// People who are there or should be: each of their messages would carry the fields.
    pub people: u64,
    /// Whether those who are there are told again once a new field's values are read; else
    /// the field travels with the next message about each.
    pub tells_again: bool,
}

/// The fields that messages would begin and cease to carry. What the profile sends by itself
/// flows whether it is named or not.
#[must_use]
pub fn difference(before: &DestinationSpec, after: &DestinationSpec) -> Difference {
    let only = |some: &DestinationSpec, others: &DestinationSpec| -> Vec<String> {
        some.fields.iter().filter(|field| !others.carries(field)).cloned().collect()
    };
    Difference { begins: only(after, before), stops: only(before, after) }
}

/// The names in a line, each once, separated as people separate them: by commas or spaces.
#[must_use]
pub fn names(line: &str) -> Vec<String> {
    once(line.split(|c: char| c == ',' || c.is_whitespace()).map(str::to_owned))
}

/// Each name once, in the order in which they came; empty ones are none.
#[must_use]
pub fn once(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !name.is_empty() && !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::destinations::Profile;

    fn spec(profile: Profile, fields: Vec<&str>) -> DestinationSpec {
        DestinationSpec {
            key: "meta".parse().unwrap(),
            profile,
            integration: "Meta".to_owned(),
            fields: fields.into_iter().map(str::to_owned).collect(),
            hash: false,
            value: None,
            budget: crate::destinations::budget::Budget::default(),
        }
    }

    fn fields() -> impl Strategy<Value = Vec<&'static str>> {
        vec(select(vec!["email", "phone", "id", "ltv", "tier", "city"]), 0..6)
    }

    proptest! {
        /// What flowed, less what stops, with what begins: what will flow.
        #[test]
        fn a_difference_leads_from_one_to_the_other(
            profile in select(Profile::ALL.to_vec()), before in fields(), after in fields(),
        ) {
            let (before, after) = (spec(profile, before), spec(profile, after));
            let Difference { begins, stops } = difference(&before, &after);
            for field in ["email", "phone", "id", "ltv", "tier", "city", "cio_id"] {
                let named = |list: &[String]| list.iter().any(|one| one == field);
                prop_assert_eq!(named(&begins), after.carries(field) && !before.carries(field));
                prop_assert_eq!(named(&stops), before.carries(field) && !after.carries(field));
            }
            prop_assert_eq!(difference(&after, &before), Difference { begins: stops, stops: begins });
        }
    }

    #[test]
    fn names_are_separated_as_people_separate_them() {
        assert_eq!(names(" first_name, city\nzip ,city,"), ["first_name", "city", "zip"]);
        assert_eq!(names(" , "), Vec::<String>::new());
    }
}
