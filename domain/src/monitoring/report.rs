//! What the page shows, made of what storage counted: series over the steps of a window, and
//! figures of each mapping.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    delivery::Transition,
    key::Key,
    mappings::UseCase,
    time::{Instant, Span},
};

use super::{
    ChangeMark, Only,
    count::{Verdict, What},
    latency::Histogram,
    window::{Range, Window},
};

/// A chart has at most so many series; what is smaller goes together.
pub const SERIES: usize = 5;

/// What the smaller ones are called together.
pub const OTHERS: &str = "all others";

/// How many of something a mapping moved in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Which step of the window.
    pub step: u32,
    /// Whose.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// What.
    pub what: What,
    /// How many.
    pub count: u64,
}

/// How many took how long in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Which step of the window.
    pub step: u32,
    /// What.
    pub what: What,
    /// In which bucket of [`super::latency`].
    pub bucket: u16,
    /// How many.
    pub count: u64,
}

/// How many of something a mapping moved in the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Whose.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
    /// What.
    pub what: What,
    /// In which bucket of [`super::latency`].
    pub bucket: u16,
    /// How many.
    pub count: u64,
}

/// How many events of a name came in in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameIn {
    /// Which step of the window.
    pub step: u32,
    /// Its name.
    pub name: String,
    /// Whether they went on.
    pub verdict: Verdict,
    /// How many.
    pub count: u64,
}

/// One line or layer of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its value in each step: a count, or milliseconds. Nothing where nothing was measured.
    pub values: Vec<Option<u64>>,
}

/// Within what time people's transitions were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// Half of them.
    pub half: Span,
    /// 95 of 100.
    pub most: Span,
    /// 99 of 100.
    pub nearly_all: Span,
}

/// What is added up over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Entries that were answered.
    pub entered: u64,
    /// Exits that were.
    pub exited: u64,
    /// Transitions that Segment refused.
    pub refused: u64,
    /// From the decision to the answer; nothing of nobody.
    pub sending: Option<Within>,
    /// From the event to the answer, of exits that an event has ordered.
    pub leaving: Option<Within>,
}

/// A mapping's figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Whose.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
    /// In the window.
    pub sums: Sums,
    /// In the period before.
    pub before: Sums,
}

/// Why something fails, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// People whom Segment refused, of one mapping for one reason.
    Refused {
        /// Whose.
        mapping: Key,
        /// What didn't happen.
        transition: Transition,
        /// Segment's words.
        reason: String,
        /// How many people.
        people: u64,
        /// When the last was refused.
        last_at: Instant,
    },
    /// Events of one name that aren't as agreed, for one reason.
    Quarantined {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
        /// How many.
        events: u64,
        /// When the last came in.
        last_at: Instant,
    },
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When it was made.
    pub now: Instant,
    /// How far back.
    pub range: Range,
    /// Its steps.
    pub window: Window,
    /// Whose figures.
    pub only: Only,
    /// Mappings that can be asked for.
    pub mappings: Vec<Key>,
    /// Destinations that can be.
    pub destinations: Vec<Key>,
    /// When the first figure was counted; nothing before.
    pub since: Option<Instant>,
    /// Entered and exited; then both of the period before, if it is compared.
    pub moved: Vec<Series>,
    /// Both together, by mapping.
    pub by_mapping: Vec<Series>,
    /// The same by destination.
    pub by_destination: Vec<Series>,
    /// Events that came in, by name.
    pub events: Vec<Series>,
    /// Refused entries, refused exits, quarantined events.
    pub failures: Vec<Series>,
    /// From the decision to the answer: half, 95 and 99 of 100, in milliseconds.
    pub sending: Vec<Series>,
    /// From the event to the answer: the same.
    pub leaving: Vec<Series>,
    /// By mapping.
    pub figures: Vec<Figures>,
    /// Of all of them.
    pub sums: Sums,
    /// Of all of them in the period before.
    pub before: Sums,
    /// Why things fail now.
    pub causes: Vec<Failure>,
    /// What was changed meanwhile.
    pub marks: Vec<ChangeMark>,
    /// Whether the period before is drawn too.
    pub compares: bool,
}

/// A series of counts: nothing counted is 0.
fn counts(name: &str, steps: u32, rows: impl IntoIterator<Item = (u32, u64)>) -> Series {
    let mut values = vec![Some(0_u64); steps as usize];
    for (step, count) in rows {
        if let Some(Some(value)) = values.get_mut(step as usize) {
            *value = value.saturating_add(count);
        }
    }
    Series { name: name.to_owned(), values }
}

/// What was counted of one thing.
fn counts_of(name: &str, what: What, rows: &[Moved], steps: u32) -> Series {
    let rows = rows.iter().filter(|row| row.what == what);
    counts(name, steps, rows.map(|row| (row.step, row.count)))
}

/// How many people moved, in and out.
#[must_use]
pub fn moved(rows: &[Moved], steps: u32) -> Vec<Series> {
    let of = |name, what| counts_of(name, what, rows, steps);
    vec![of("Entered", What::Entered), of("Exited", What::Exited)]
}

/// The people who moved, by what `name` says of a row: the largest first.
#[must_use]
pub fn moved_by(rows: &[Moved], steps: u32, name: fn(&Moved) -> &Key) -> Vec<Series> {
    let rows = rows.iter().filter(|row| matches!(row.what, What::Entered | What::Exited));
    leading(rows.map(|row| (name(row).as_str(), row.step, row.count)), steps)
}

/// Events that came in, by name: the most first.
#[must_use]
pub fn came_in(rows: &[CameIn], steps: u32) -> Vec<Series> {
    leading(rows.iter().map(|row| (row.name.as_str(), row.step, row.count)), steps)
}

/// What failed. Events belong to no mapping: they are left out where one is asked for.
#[must_use]
pub fn failures(rows: &[Moved], events: &[CameIn], steps: u32) -> Vec<Series> {
    let of = |name, what| counts_of(name, what, rows, steps);
    let quarantined = events.iter().filter(|row| row.verdict == Verdict::Quarantined);
    vec![
        of("Entries refused", What::EntryRefused),
        of("Exits refused", What::ExitRefused),
        counts("Events quarantined", steps, quarantined.map(|row| (row.step, row.count))),
    ]
}

/// A sum, and what it is of: steps and counts.
type Summed = (u64, Vec<(u32, u64)>);

/// The largest by their sum, the rest together.
fn leading<'a>(rows: impl Iterator<Item = (&'a str, u32, u64)>, steps: u32) -> Vec<Series> {
    let mut named: BTreeMap<&str, Summed> = BTreeMap::new();
    for (name, step, count) in rows {
        let (all, of_name) = named.entry(name).or_default();
        *all = all.saturating_add(count);
        of_name.push((step, count));
    }
    let mut named: Vec<_> = named.into_iter().collect();
    // By name where they are alike, so that a page that renews itself doesn't jump.
    named.sort_by(|(a, (most, _)), (b, (other, _))| other.cmp(most).then(a.cmp(b)));
    let kept = if named.len() > SERIES { SERIES - 1 } else { SERIES };
    let rest = named.split_off(kept.min(named.len()));
    let mut series: Vec<Series> =
        named.into_iter().map(|(name, (_, rows))| counts(name, steps, rows)).collect();
    if !rest.is_empty() {
        series.push(counts(OTHERS, steps, rest.into_iter().flat_map(|(_, (_, rows))| rows)));
    }
    series
}

/// Half, 95 and 99 of 100, step by step; nothing where nobody was answered.
#[must_use]
pub fn delays(rows: &[Timed], steps: u32, is_shown: fn(What) -> bool) -> Vec<Series> {
    let mut histograms = vec![Histogram::default(); steps as usize];
    for row in rows.iter().filter(|row| is_shown(row.what)) {
        if let Some(histogram) = histograms.get_mut(row.step as usize) {
            histogram.add(row.bucket, row.count);
        }
    }
    let millis = |span: Span| u64::try_from(span.millis()).unwrap_or(0);
    let of = |name: &str, of_100| Series {
        name: name.to_owned(),
        values: histograms.iter().map(|one| one.within(of_100).map(millis)).collect(),
    };
    vec![of("Half", 50), of("95 of 100", 95), of("99 of 100", 99)]
}

/// Whether it tells how long a decision took to be answered.
#[must_use]
pub const fn is_sending(what: What) -> bool {
    matches!(what, What::Entered | What::Exited)
}

/// Whether it tells how long people stayed after their event.
#[must_use]
pub const fn is_leaving(what: What) -> bool {
    matches!(what, What::Left)
}

/// Adds up; what is asked for by quantile is merged first.
#[derive(Default)]
struct Adding {
    sums: Sums,
    sending: Histogram,
    leaving: Histogram,
}

impl Adding {
    fn add(&mut self, row: &Total) {
        let sum = match row.what {
            What::Entered => &mut self.sums.entered,
            What::Exited => &mut self.sums.exited,
            What::EntryRefused | What::ExitRefused => &mut self.sums.refused,
            What::Left => return self.leaving.add(row.bucket, row.count),
        };
        *sum = sum.saturating_add(row.count);
        if is_sending(row.what) {
            self.sending.add(row.bucket, row.count);
        }
    }

    fn sums(&self) -> Sums {
        let within = |histogram: &Histogram| {
            Some(Within {
                half: histogram.within(50)?,
                most: histogram.within(95)?,
                nearly_all: histogram.within(99)?,
            })
        };
        Sums { sending: within(&self.sending), leaving: within(&self.leaving), ..self.sums }
    }
}

/// All of it together.
#[must_use]
pub fn sums(rows: &[Total]) -> Sums {
    let mut adding = Adding::default();
    for row in rows {
        adding.add(row);
    }
    adding.sums()
}

/// Each mapping's figures beside those of the period before: who moved the most people first.
#[must_use]
pub fn figures(rows: &[Total], before: &[Total]) -> Vec<Figures> {
    let mut of: BTreeMap<&Key, (&Total, Adding, Adding)> = BTreeMap::new();
    let empty = |row| (row, Adding::default(), Adding::default());
    for row in before {
        of.entry(&row.mapping).or_insert_with(|| empty(row)).2.add(row);
    }
    for row in rows {
        let one = of.entry(&row.mapping).or_insert_with(|| empty(row));
        one.0 = row;
        one.1.add(row);
    }
    let read = |(mapping, (row, sums, before)): (&Key, (&Total, Adding, Adding))| Figures {
        mapping: mapping.clone(),
        destination: row.destination.clone(),
        use_case: row.use_case,
        sums: sums.sums(),
        before: before.sums(),
    };
    let mut figures: Vec<Figures> = of.into_iter().map(read).collect();
    figures.sort_by_key(|one| std::cmp::Reverse(one.sums.entered + one.sums.exited));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitoring::latency::bucket;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn row(mapping: &str, step: u32, what: What, count: u64) -> Moved {
        Moved { step, mapping: key(mapping), destination: key("meta"), what, count }
    }

    fn total(mapping: &str, what: What, millis: i64, count: u64) -> Total {
        Total {
            mapping: key(mapping),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            what,
            bucket: bucket(Span::from_millis(millis)),
            count,
        }
    }

    fn values(series: &Series) -> Vec<u64> {
        series.values.iter().map(|value| value.unwrap()).collect()
    }

    #[test]
    fn what_nothing_was_counted_of_is_zero() {
        let rows = [row("a", 0, What::Entered, 2), row("b", 0, What::Entered, 3)];
        let [entered, exited] = &moved(&rows, 3)[..] else { panic!() };
        assert_eq!((values(entered), values(exited)), (vec![5, 0, 0], vec![0, 0, 0]));
        // A row outside of the window, of a clock that went on meanwhile, breaks nothing.
        assert_eq!(values(&moved(&[row("a", 3, What::Entered, 2)], 3)[0]), [0, 0, 0]);
    }

    #[test]
    fn beyond_five_the_smaller_ones_go_together() {
        let rows: Vec<Moved> = (1..=6).map(|n| row(&format!("m{n}"), 0, What::Exited, n)).collect();
        let by = |rows: &[Moved]| {
            let series = moved_by(rows, 1, |row| &row.mapping);
            series.iter().map(|one| (one.name.clone(), values(one)[0])).collect::<Vec<_>>()
        };
        let told = |text: &str, value| (text.to_owned(), value);
        let five = [told("m5", 5), told("m4", 4), told("m3", 3), told("m2", 2), told("m1", 1)];
        assert_eq!(by(&rows[..5]), five);
        let six = [told("m6", 6), told("m5", 5), told("m4", 4), told("m3", 3), told(OTHERS, 3)];
        assert_eq!(by(&rows), six);
        // Who was refused hasn't moved.
        assert!(by(&[row("a", 0, What::EntryRefused, 9)]).is_empty());
    }

    #[test]
    fn delays_are_those_of_the_people_of_a_step() {
        let timed = |step, millis, count| Timed {
            step,
            what: What::Exited,
            bucket: bucket(Span::from_millis(millis)),
            count,
        };
        let rows = [timed(0, 10, 98), timed(0, 1_000, 1), timed(0, 9_000, 1)];
        let series = delays(&rows, 2, is_sending);
        let told: Vec<_> = series.iter().map(|one| one.values.clone()).collect();
        assert_eq!(told, [[Some(10), None], [Some(10), None], [Some(1_008), None]]);
        assert_eq!(delays(&rows, 2, is_leaving)[0].values, [None, None]);
    }

    #[test]
    fn a_mapping_that_did_nothing_this_time_is_shown_by_what_it_did_before() {
        let rows = [
            total("new", What::Entered, 10, 3),
            total("new", What::ExitRefused, 0, 2),
            total("new", What::Left, 7, 1),
        ];
        let before = [total("old", What::Exited, 20, 8), total("new", What::Entered, 30, 1)];
        let figures = figures(&rows, &before);
        let [new, old] = &figures[..] else { panic!("{figures:?}") };
        assert_eq!((new.sums.entered, new.sums.exited, new.sums.refused), (3, 0, 2));
        assert_eq!(new.sums.sending.unwrap().most.millis(), 10);
        assert_eq!(new.sums.leaving.unwrap().half.millis(), 7);
        assert_eq!((new.before.entered, new.before.sending.unwrap().half.millis()), (1, 30));
        assert_eq!((old.sums, old.before.exited), (Sums::default(), 8));
        assert_eq!(sums(&rows), new.sums);
    }

    #[test]
    fn quarantined_events_are_failures_and_others_are_not() {
        let event = |verdict, count| CameIn { step: 0, name: "Order".to_owned(), verdict, count };
        let rows = [event(Verdict::Passed, 5), event(Verdict::Quarantined, 2)];
        let failures = failures(&[row("a", 0, What::ExitRefused, 1)], &rows, 1);
        let told: Vec<_> = failures.iter().map(|one| values(one)[0]).collect();
        assert_eq!(told, [0, 1, 2]);
        assert_eq!(values(&came_in(&rows, 1)[0]), [7]);
    }
}
