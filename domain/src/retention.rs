//! Retention: how long rows are kept that nothing depends on any more.
//!
//! Whatever isn't a [`Record`] is kept for as long as what it belongs to;
//! `docs/operations.md` says it of every table. To let go of another: a line here, and its
//! statement in `server/src/storage/retention.rs`.

use std::{collections::BTreeMap, fmt};

use crate::time::{Instant, Span};

/// How many days the console can tell what was decided, sent and refused.
///
/// A quarter: figures of a campaign are compared with those of the platform after it has
/// ended, and whoever asks "why did this person get it" asks within weeks.
pub const HISTORY_DAYS: i64 = 90;

/// The same as a length of time.
const HISTORY: Span = Span::from_hours(24 * HISTORY_DAYS);

/// Rows that go once they are old enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    /// A session that has ended. One that was closed is gone already.
    Session,
    /// A one-time link that has expired. One that was used is gone already.
    Link,
    /// A dead letter that was resolved. An open one keeps its person out, and so does a
    /// discarded one that nobody has taken back.
    Letter,
    /// A part of an order that was folded in. One that isn't is read as who is present.
    Part,
    /// An order without parts.
    Order,
    /// A run that has ended and has no orders. A mapping's newest one stays, because the
    /// mapping's page shows it, and so does one that waits for an operator.
    Run,
}

impl Record {
    /// All of them; each goes before what it refers to.
    pub const ALL: [Self; 6] =
        [Self::Session, Self::Link, Self::Letter, Self::Part, Self::Order, Self::Run];

    /// How long it is kept after its end.
    #[must_use]
    pub const fn kept_for(self) -> Span {
        match self {
            // Nobody comes in by them any more.
            Self::Session | Self::Link => Span(0),
            Self::Letter | Self::Part | Self::Order | Self::Run => HISTORY,
        }
    }

    /// Whatever ended at this moment or earlier may go.
    #[must_use]
    pub const fn ended_by(self, now: Instant) -> Instant {
        now.minus(self.kept_for())
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Letter => "dead letter",
            Self::Part => "part",
            Self::Order => "order",
            Self::Run => "run",
        }
    }
}

/// Since when what was told to a destination can be looked up, if somebody asks for `since`:
/// nothing where that is further back than the records, and so everybody is meant who is there.
#[must_use]
pub fn on_record(since: Option<Instant>, now: Instant) -> Option<Instant> {
    since.filter(|since| *since > Record::Part.ended_by(now))
}

/// How many rows went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(BTreeMap<Record, u64>);

impl Report {
    /// Counts some more.
    pub fn add(&mut self, record: Record, rows: u64) {
        if rows > 0 {
            *self.0.entry(record).or_default() += rows;
        }
    }

    /// Of one kind.
    #[must_use]
    pub fn count(&self, record: Record) -> u64 {
        self.0.get(&record).copied().unwrap_or(0)
    }

    /// Nothing was old enough.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Report {
    /// `2 sessions, 1 run`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (record, rows)) in self.0.iter().enumerate() {
            let (comma, plural) =
                (if at > 0 { ", " } else { "" }, if *rows == 1 { "" } else { "s" });
            write!(f, "{comma}{rows} {}{plural}", record.noun())?;
        }
        Ok(())
    }
}

/// Lets go of rows.
#[cfg(feature = "service")]
#[async_trait::async_trait]
pub trait RetentionStore: Send + Sync {
    /// Deletes up to `at_most` rows of a kind that ended at `ended_by` or earlier and that
    /// nothing depends on; how many that were.
    async fn forget(
        &self,
        lease: &crate::delivery::port::Lease,
        record: Record,
        ended_by: Instant,
        at_most: u32,
        now: Instant,
    ) -> crate::Result<u64>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_door_goes_at_its_end_and_history_after_a_quarter() {
        let now = Instant::from_seconds(100 * 86_400);
        for record in Record::ALL {
            let days = if matches!(record, Record::Session | Record::Link) { 100 } else { 10 };
            assert_eq!(record.ended_by(now), Instant::from_seconds(days * 86_400), "{record:?}");
        }
    }

    #[test]
    fn further_back_than_the_records_means_everybody() {
        let now = Instant::from_seconds(100 * 86_400);
        let day = |day: i64| Some(Instant::from_seconds(day * 86_400));
        assert_eq!(on_record(None, now), None);
        assert_eq!(on_record(day(99), now), day(99));
        assert_eq!(on_record(day(11), now), day(11));
        assert_eq!(on_record(day(10), now), None, "a part of that moment may be gone");
        assert_eq!(on_record(day(1), now), None);
    }

    #[test]
    fn a_report_reads_as_a_line() {
        let mut report = Report::default();
        report.add(Record::Run, 0);
        assert!(report.is_empty());
        report.add(Record::Run, 1);
        report.add(Record::Letter, 500);
        report.add(Record::Letter, 2);
        assert_eq!(report.to_string(), "502 dead letters, 1 run");
        assert_eq!((report.count(Record::Letter), report.count(Record::Part)), (502, 0));
    }
}
