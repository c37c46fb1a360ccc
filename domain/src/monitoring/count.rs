//! What one commit counts.
//!
//! Of a mapping: how many entered or exited, each in the bucket of how long that took, so that
//! a count and its latencies are the same rows and can't disagree. Of events: how many came in
//! under each name, passed or quarantined.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    delivery::Transition,
    time::{Instant, Span},
};

use super::latency::bucket;

/// What is counted of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum What {
    /// Entries that Segment answered, by the time since they were decided.
    Entered,
    /// The same of exits.
    Exited,
    /// Those of the exits that an event has ordered, by the time since the event.
    Left,
    /// Entries that Segment refused.
    EntryRefused,
    /// Exits that Segment refused.
    ExitRefused,
}

impl What {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Entered, Self::Exited, Self::Left, Self::EntryRefused, Self::ExitRefused];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Exited => "exited",
            Self::Left => "left",
            Self::EntryRefused => "entry_refused",
            Self::ExitRefused => "exit_refused",
        }
    }

    const fn answered(transition: Transition) -> Self {
        match transition {
            Transition::Entered => Self::Entered,
            Transition::Exited => Self::Exited,
        }
    }

    const fn refused(transition: Transition) -> Self {
        match transition {
            Transition::Entered => Self::EntryRefused,
            Transition::Exited => Self::ExitRefused,
        }
    }
}

impl std::str::FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|what| what.as_str() == text);
        named.ok_or_else(|| format!("nothing that is counted is called {text}"))
    }
}

/// So many of something, in a bucket of [`super::latency`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Of what.
    pub what: What,
    /// In which bucket; 0 where no time is told.
    pub bucket: u16,
    /// How many.
    pub count: u64,
}

/// An answer of Segment about people of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// In or out.
    pub transition: Transition,
    /// How many it took.
    pub taken: u64,
    /// How many it refused.
    pub refused: u64,
    /// When they were decided.
    pub decided_at: Instant,
    /// When the event happened that ordered them; nothing where none did.
    pub caused_at: Option<Instant>,
}

impl Answered {
    /// What an answer at `now` counts; some of it may be nothing.
    #[must_use]
    pub fn amounts(&self, now: Instant) -> [Amount; 3] {
        let caused_at = self.caused_at.filter(|_| self.transition == Transition::Exited);
        let amount = |what, span: Span, count| Amount { what, bucket: bucket(span), count };
        [
            amount(What::answered(self.transition), now.since(self.decided_at), self.taken),
            match caused_at {
                Some(at) => amount(What::Left, now.since(at), self.taken),
                None => amount(What::Left, Span(0), 0),
            },
            amount(What::refused(self.transition), Span(0), self.refused),
        ]
    }
}

/// Whether an event went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// It did, or nobody asked it to.
    Passed,
    /// It isn't as agreed.
    Quarantined,
}

impl Verdict {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Passed, Self::Quarantined];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Quarantined => "quarantined",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|verdict| verdict.as_str() == text);
        named.ok_or_else(|| format!("no verdict is called {text}"))
    }
}

/// How many events of each name came in together: one line a name and verdict, in their order,
/// so that two who count at once never wait for each other crosswise.
#[must_use]
pub fn by_name<'a>(
    events: impl IntoIterator<Item = (&'a str, Verdict)>,
) -> BTreeMap<(&'a str, Verdict), u64> {
    let mut counts = BTreeMap::new();
    for one in events {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(transition: Transition, caused_at: Option<Instant>) -> Answered {
        let decided_at = Instant::from_seconds(100);
        Answered { transition, taken: 3, refused: 1, decided_at, caused_at }
    }

    fn told(answered: Answered, now: i64) -> Vec<(What, i64, u64)> {
        let amounts = answered.amounts(Instant::from_seconds(now));
        let some = amounts.into_iter().filter(|one| one.count > 0);
        let millis = |one: &Amount| super::super::latency::middle(one.bucket).millis();
        some.map(|one| (one.what, millis(&one), one.count)).collect()
    }

    #[test]
    fn an_answer_counts_whom_it_took_and_whom_it_refused() {
        use What::{Entered, EntryRefused, ExitRefused, Exited, Left};
        let entered = answered(Transition::Entered, None);
        assert_eq!(told(entered, 102), [(Entered, 2_016, 3), (EntryRefused, 0, 1)]);
        let exited = answered(Transition::Exited, Some(Instant::from_seconds(92)));
        assert_eq!(told(exited, 100), [(Exited, 0, 3), (Left, 8_064, 3), (ExitRefused, 0, 1)]);
        // A clock that was set back makes no negative time.
        assert_eq!(told(entered, 7)[0], (Entered, 0, 3));
        // An entry that an event has caused keeps nobody waiting to leave.
        assert_eq!(told(answered(Transition::Entered, Some(Instant(0))), 100).len(), 2);
        let nobody = Answered { taken: 0, refused: 0, ..exited };
        assert!(told(nobody, 100).is_empty());
    }

    #[test]
    fn each_name_is_one_line_in_order() {
        use Verdict::{Passed, Quarantined};
        let counts = by_name([("b", Passed), ("a", Quarantined), ("b", Passed), ("a", Passed)]);
        let lines: Vec<_> = counts.into_iter().collect();
        assert_eq!(lines, [(("a", Passed), 1), (("a", Quarantined), 1), (("b", Passed), 2)]);
    }

    #[test]
    fn what_is_stored_is_read() {
        for what in What::ALL {
            assert_eq!(what.as_str().parse(), Ok(what));
        }
        assert!("".parse::<What>().is_err());
        for verdict in Verdict::ALL {
            assert_eq!(verdict.as_str().parse(), Ok(verdict));
        }
        assert!("".parse::<Verdict>().is_err());
    }
}
