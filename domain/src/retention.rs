//! Retention: how long rows are kept that nothing depends on any more.
//!
//! Whatever isn't a [`Record`] is kept for as long as what it belongs to;
//! `docs/operations.md` says it of every table. To let go of another: a line here, and its
//! statement in `server/src/storage/retention.rs`.

#[cfg(feature = "service")]
pub mod absence;

use std::{collections::BTreeMap, fmt};

use crate::{
    monitoring::Level,
    time::{Instant, Span},
};

/// How many days the console can tell what was decided, sent and refused.
///
/// A quarter: figures of a campaign are compared with those of the platform after it has
/// ended, and whoever asks "why did this person get it" asks within weeks.
pub const HISTORY_DAYS: i64 = 90;

/// The same as a length of time.
const HISTORY: Span = Span::from_hours(24 * HISTORY_DAYS);

/// How long a wish to run a mapping waits for somebody to take it. Whoever made it has looked
/// elsewhere by then, and the mapping is due by itself.
const WISH: Span = Span::from_hours(24);

/// Customer.io tells an event again for seven days, source: its Reporting Webhooks OpenAPI.
const TOLD_AGAIN: Span = Span::from_hours(24 * 8);

/// A year and a month, so that a season can be compared with the last one.
const SEASON: Span = Span::from_hours(24 * 400);

/// Rows that go once they are old enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    /// A session that has ended. One that was closed is gone already.
    Session,
    /// A one-time link that has expired. One that was used is gone already.
    Link,
    /// A wish to run a mapping that nobody took.
    Wish,
    /// A dead letter that was resolved. An open one keeps its person out, and so does a
    /// discarded one that nobody has taken back; both end with their mapping.
    Letter,
    /// A part of an order that was folded in. One that isn't is read as who is present, for as
    /// long as its mapping has people at its destination.
    Part,
    /// A span of folded parts.
    Span,
    /// An order without parts.
    Order,
    /// A run that has ended and has no orders. A mapping's newest one stays, because the
    /// mapping's page shows it, and so does one that waits for an operator.
    Run,
    /// Members of a retired audience that nothing reads.
    Mirror,
    /// Who was first seen in an audience by one reading, once no suppression and no offset holds
    /// them for it.
    Cohort,
    /// Who was ordered out of a destination, once they may come back.
    Departure,
    /// What named an audience's members on a day.
    Coverage,
    /// What a mapping moved in a minute, an hour or a day.
    Moved(Level),
    /// How many events of a name came in in one.
    CameIn(Level),
    /// Whom a retired mapping withheld.
    Withheld,
    /// Who is where a retired mapping sent to, once everybody has left or was left there.
    Delivered,
    /// Of whom nobody knows whether they are there: the same.
    Doubt,
    /// An event that has gone on, or goes nowhere: it is known as long as its sender may tell it
    /// again.
    Event,
    /// An event that Segment won't take, or that nobody has let out of quarantine.
    Refused,
    /// A name that an event keeps out, once its time is over.
    HeldName,
    /// The person who bears it.
    HeldPerson,
    /// How somebody is named at a destination where they aren't: gone by a look.
    Name,
    /// The name of somebody whom we were asked to forget: gone by a look too.
    Asked,
    /// A value of a field that no destination names.
    Field,
    /// A phone number that no message can carry.
    Phone,
    /// A person who stands nowhere: see [`absence`].
    Person,
}

impl Record {
    /// All that go by a statement of their own; each before what it refers to.
    pub const ALL: [Self; 28] = [
        Self::Session,
        Self::Link,
        Self::Wish,
        Self::Letter,
        Self::Part,
        Self::Span,
        Self::Order,
        Self::Run,
        Self::Mirror,
        Self::Cohort,
        Self::Departure,
        Self::Coverage,
        Self::Moved(Level::Minute),
        Self::Moved(Level::Hour),
        Self::Moved(Level::Day),
        Self::CameIn(Level::Minute),
        Self::CameIn(Level::Hour),
        Self::CameIn(Level::Day),
        Self::Withheld,
        Self::Delivered,
        Self::Doubt,
        Self::Event,
        Self::Refused,
        Self::HeldName,
        Self::HeldPerson,
        Self::Field,
        Self::Phone,
        Self::Person,
    ];

    /// How long it is kept after its end.
    #[must_use]
    pub const fn kept_for(self) -> Span {
        match self {
            // Nobody comes in by the first two, nothing asks for the others, and nothing sends
            // the last ones any more.
            Self::Session
            | Self::Link
            | Self::Mirror
            | Self::Cohort
            | Self::Departure
            | Self::Withheld
            | Self::Delivered
            | Self::Doubt
            | Self::HeldName
            | Self::HeldPerson
            | Self::Name
            | Self::Asked
            | Self::Field
            | Self::Phone => Span(0),
            Self::Wish => WISH,
            Self::Event => TOLD_AGAIN,
            Self::Coverage => SEASON,
            Self::Moved(level) | Self::CameIn(level) => level.kept_for(),
            // A person for as long as what was sent about them can be looked up.
            Self::Letter
            | Self::Part
            | Self::Span
            | Self::Order
            | Self::Run
            | Self::Refused
            | Self::Person => HISTORY,
        }
    }

    /// Whatever ended at this moment or earlier may go.
    #[must_use]
    pub const fn ended_by(self, now: Instant) -> Instant {
        now.minus(self.kept_for())
    }

    /// What one of them is called, and what several are.
    const fn nouns(self) -> [&'static str; 2] {
        match self {
            Self::Session => ["session", "sessions"],
            Self::Link => ["link", "links"],
            Self::Wish => ["wish to run", "wishes to run"],
            Self::Letter => ["dead letter", "dead letters"],
            Self::Part => ["part", "parts"],
            Self::Span => ["span of parts", "spans of parts"],
            Self::Order => ["order", "orders"],
            Self::Run => ["run", "runs"],
            Self::Mirror => ["chunk of a mirror", "chunks of mirrors"],
            Self::Cohort => ["chunk of a cohort", "chunks of cohorts"],
            Self::Departure => ["chunk of people who left", "chunks of people who left"],
            Self::Coverage => ["day of coverage", "days of coverage"],
            Self::Moved(_) => ["figure of a mapping", "figures of mappings"],
            Self::CameIn(_) => ["figure of events", "figures of events"],
            Self::Withheld => ["chunk of withheld people", "chunks of withheld people"],
            Self::Delivered => ["chunk of delivered people", "chunks of delivered people"],
            Self::Doubt => ["chunk of people in doubt", "chunks of people in doubt"],
            Self::Event => ["event", "events"],
            Self::Refused => ["refused event", "refused events"],
            Self::HeldName => ["name of an event", "names of events"],
            Self::HeldPerson => ["person of an event", "people of events"],
            Self::Name => ["former name", "former names"],
            Self::Asked => ["person as asked", "people as asked"],
            Self::Field => ["value", "values"],
            Self::Phone => ["phone number", "phone numbers"],
            Self::Person => ["person", "people"],
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

    /// Counts all of these too.
    pub fn extend(&mut self, other: Self) {
        for (record, rows) in other.0 {
            self.add(record, rows);
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
            let ([one, several], comma) = (record.nouns(), if at > 0 { ", " } else { "" });
            write!(f, "{comma}{rows} {}", if *rows == 1 { one } else { several })?;
        }
        Ok(())
    }
}

/// Lets go of rows.
#[cfg(feature = "service")]
#[async_trait::async_trait]
pub trait RetentionStore: Send + Sync {
    /// How many chunks of people there are, see [`crate::people::chunks`].
    async fn chunks(&self) -> crate::Result<u32>;

    /// Looks who of a chunk stands nowhere, and keeps since when. Whoever is named otherwise at
    /// a destination where they aren't is so no longer, and whoever is to be forgotten and is
    /// nowhere loses their name: how many of each that were.
    async fn look(
        &self,
        lease: &crate::delivery::port::Lease,
        chunk: u32,
        now: Instant,
    ) -> crate::Result<Report>;

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
    fn what_opens_a_door_goes_at_its_end_history_after_a_quarter_and_a_trend_after_a_season() {
        let now = Instant::from_seconds(100 * 86_400);
        for record in Record::ALL {
            let days = match record {
                Record::Letter
                | Record::Part
                | Record::Span
                | Record::Order
                | Record::Run
                | Record::Refused
                | Record::Person => 10,
                Record::Event => 92,
                Record::Wish => 99,
                Record::Coverage => -300,
                Record::Moved(level) | Record::CameIn(level) => match level {
                    Level::Minute => 92,
                    Level::Hour => 0,
                    Level::Day => 100 - 3 * 366,
                },
                _ => 100,
            };
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
        report.add(Record::Person, 3);
        assert_eq!(report.to_string(), "502 dead letters, 1 run, 3 people");
        assert_eq!((report.count(Record::Letter), report.count(Record::Part)), (502, 0));
    }
}
