//! What an entry is called as an event of its own, and what can't be a name for it. What it
//! says is in [`super::message`].

use serde::{Deserialize, Serialize};

use super::Transition;
use crate::connections::traffic::CONNECTION_TESTED;

/// Characters of an event's name.
pub const LONGEST_NAME: usize = 100;

/// The event as a mapping's order was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryEvent {
    /// What it is called.
    pub name: String,
    /// How often the audience had been made or changed by then.
    pub audience_version: u64,
}

/// What is wrong with a name for it.
#[must_use]
pub fn wrong_name(name: &str) -> Option<String> {
    let taken = [Transition::Entered.event(), Transition::Exited.event(), CONNECTION_TESTED];
    if name.chars().count() > LONGEST_NAME {
        return Some(format!("at most {LONGEST_NAME} characters"));
    }
    let name = name.trim();
    taken.contains(&name).then(|| format!("{name} means something else already: call it otherwise"))
}

/// What it is usually called: `Entered Cart Abandoners`.
#[must_use]
pub fn usual_name(audience: &crate::key::Key) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    let words: Vec<String> = audience.as_str().split('-').map(word).collect();
    format!("Entered {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_its_own() {
        assert_eq!(usual_name(&"cart-abandoners".parse().unwrap()), "Entered Cart Abandoners");
        assert_eq!(wrong_name("Entered Cart Abandoners"), None);
        for name in ["Audience Entered", " Audience Exited ", CONNECTION_TESTED] {
            assert!(wrong_name(name).is_some(), "{name}");
        }
        assert!(wrong_name(&"é".repeat(LONGEST_NAME)).is_none());
        assert!(wrong_name(&"é".repeat(LONGEST_NAME + 1)).is_some());
    }
}
