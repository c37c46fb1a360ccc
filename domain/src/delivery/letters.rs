//! Dead letters: transitions that Segment will not take.
//!
//! Whoever has one is withheld as `refused` in that mapping until somebody says otherwise:
//! - **retry**: they are taken into the next run's decision again.
//! - **discard**: they stay refused, and the letter is no longer open.
//!
//! An exit can't wait for somebody: that person is still at the destination. It is tried again
//! by itself, by the first run that begins [`EXIT_AGAIN`] after it was refused.

use serde::{Deserialize, Serialize};

use super::Transition;
use crate::{
    key::Key,
    time::{Instant, Span},
};

/// How long a refused exit rests before it is tried again by itself.
pub const EXIT_AGAIN: Span = Span::from_hours(24);

/// Open dead letters of one mapping that have one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterGroup {
    /// Whose.
    pub mapping: Key,
    /// What didn't happen.
    pub transition: Transition,
    /// Segment's words.
    pub reason: String,
    /// How many people.
    pub people: u64,
    /// One of them, by `cio_id`.
    pub sample: Option<String>,
    /// When the first was refused.
    pub first_at: Instant,
    /// When the last was.
    pub last_at: Instant,
}

/// Everything that was refused and isn't resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letters {
    /// By mapping, those that alarm first, then the most people first.
    pub open: Vec<LetterGroup>,
    /// How many people stay refused by somebody's decision, by mapping.
    pub discarded: Vec<(Key, u64)>,
}

/// How many people are refused, as other pages show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterCount {
    /// Who could not enter.
    pub entered: u64,
    /// Who could not leave and is still there.
    pub exited: u64,
}

impl Letters {
    /// The open ones of one mapping, or of all.
    #[must_use]
    pub fn count(&self, mapping: Option<&Key>) -> LetterCount {
        let mut count = LetterCount::default();
        for group in &self.open {
            if mapping.is_some_and(|mapping| *mapping != group.mapping) {
                continue;
            }
            match group.transition {
                Transition::Entered => count.entered += group.people,
                Transition::Exited => count.exited += group.people,
            }
        }
        count
    }
}

impl LetterCount {
    /// Both.
    #[must_use]
    pub const fn all(self) -> u64 {
        self.entered + self.exited
    }
}

/// Which dead letters of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The open ones with one reason.
    Reason(Transition, String),
    /// All open ones.
    Open,
    /// Those that were discarded.
    Discarded,
}

/// What becomes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Into the next run's decision again.
    Retry,
    /// Refused for good.
    Discard,
}

impl Verdict {
    /// Its name in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Discard => "discard",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_by_what_did_not_happen() {
        let group = |mapping: &str, transition, people| LetterGroup {
            mapping: mapping.parse().expect("a key"),
            transition,
            reason: "400".to_owned(),
            people,
            sample: None,
            first_at: Instant(0),
            last_at: Instant(0),
        };
        let open = vec![
            group("a", Transition::Entered, 3),
            group("a", Transition::Exited, 1),
            group("b", Transition::Entered, 5),
        ];
        let letters = Letters { open, discarded: vec![("a".parse().expect("a key"), 9)] };
        assert_eq!(letters.count(None), LetterCount { entered: 8, exited: 1 });
        let a = "a".parse().expect("a key");
        assert_eq!(letters.count(Some(&a)), LetterCount { entered: 3, exited: 1 });
        assert_eq!(letters.count(Some(&a)).all(), 4);
    }
}
