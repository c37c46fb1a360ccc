//! The destinations that Segment has behind our source: to choose from, never made by itself.

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::key::Key;

/// A destination as Segment's Public API lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// Segment's id of it.
    pub id: String,
    /// What the workspace calls it.
    pub name: String,
    /// Its name in Segment's catalogue: the one that `integrations` takes.
    pub catalog: String,
    /// Whether Segment forwards anything to it.
    pub enabled: bool,
}

/// Everything behind the source that Segue sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// What the workspace calls the source.
    pub source: String,
    /// By their names.
    pub destinations: Vec<OfferedRow>,
}

/// A destination that can be taken into Segue, or is there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedRow {
    /// As Segment lists it.
    pub offered: Offered,
    /// The profile that its catalogue name suggests, if any does.
    pub profile: Option<Profile>,
    /// A key that is free, made of its name.
    pub key: Option<Key>,
    /// What it is in Segue, if it is there: destinations of the same catalogue name.
    pub known_as: Vec<Key>,
}

/// The profile that a catalogue name suggests. Segment renames its destinations now and then,
/// so words decide, not the whole name; an unknown one is for the operator to say.
#[must_use]
pub fn suggest(catalog: &str) -> Option<Profile> {
    let name = catalog.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let (meta, tiktok) = (has(&["facebook", "meta "]), has(&["tiktok"]));
    if meta && has(&["custom audience"]) {
        Some(Profile::MetaCustomAudiences)
    } else if meta && has(&["conversions"]) {
        Some(Profile::MetaCapi)
    } else if tiktok && has(&["audience"]) {
        Some(Profile::TiktokAudiences)
    } else if tiktok && has(&["conversions", "events", "pixel"]) {
        Some(Profile::TiktokEvents)
    } else if has(&["customer match", "google ads conversions", "google enhanced conversions"]) {
        // Segment's customer match is an action of its conversions destination.
        Some(Profile::GoogleCustomerMatch)
    } else if has(&["google analytics 4"]) {
        Some(Profile::Ga4)
    } else if has(&["bigquery", "snowflake", "redshift", "postgres", "databricks", "warehouse"]) {
        Some(Profile::Warehouse)
    } else {
        None
    }
}

/// A key made of a name: its words in lower case, joined by hyphens, with a number where it is
/// taken.
#[must_use]
pub fn key_of(name: &str, taken: &[Key]) -> Option<Key> {
    let lower = name.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let joined: String = words.join("-").chars().take(60).collect();
    let base = joined.trim_end_matches('-');
    (1..100)
        .filter_map(|n| {
            let text = if n == 1 { base.to_owned() } else { format!("{base}-{n}") };
            text.parse::<Key>().ok()
        })
        .find(|key| !taken.contains(key))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_catalogues_names_suggest_their_profiles() {
        for (name, profile) in [
            ("Facebook Custom Audiences", Some(Profile::MetaCustomAudiences)),
            ("Facebook Custom Audiences (Actions)", Some(Profile::MetaCustomAudiences)),
            ("Facebook Conversions API (Actions)", Some(Profile::MetaCapi)),
            ("TikTok Audiences", Some(Profile::TiktokAudiences)),
            ("TikTok Conversions", Some(Profile::TiktokEvents)),
            ("Google Ads Customer Match", Some(Profile::GoogleCustomerMatch)),
            ("Google Ads Conversions", Some(Profile::GoogleCustomerMatch)),
            ("Google Analytics 4 Web", Some(Profile::Ga4)),
            ("Snowflake", Some(Profile::Warehouse)),
            ("Braze", None),
            ("", None),
        ] {
            assert_eq!(suggest(name), profile, "{name}");
        }
    }

    #[test]
    fn a_key_is_made_of_the_name_and_is_free() {
        let key = |text: &str| text.parse::<Key>().unwrap();
        assert_eq!(key_of("Meta (US), main", &[]), Some(key("meta-us-main")));
        assert_eq!(key_of("Meta", &[key("meta"), key("meta-2")]), Some(key("meta-3")));
        assert_eq!(key_of("4 walls", &[]), None, "a key begins with a letter");
        assert_eq!(key_of("", &[]), None);
    }

    proptest! {
        #[test]
        fn whatever_a_name_is_the_key_is_one(name in "\\PC{0,90}") {
            if let Some(key) = key_of(&name, &[]) {
                prop_assert_eq!(key.as_str().parse::<Key>(), Ok(key.clone()));
                prop_assert_ne!(key_of(&name, std::slice::from_ref(&key)), Some(key));
            }
        }
    }
}
