//! How events that are as agreed go on: whether at all, and under which former names too.
//!
//! Whoever reads an event by a name that it has no more gets time: until the end of a day each
//! goes out twice, the second time as its *echo*, under the former name and a number of its own
//! that follows from both. An event that is told again therefore has the same echo again.

use std::collections::BTreeMap;

use crate::{
    day::{Day, DayError},
    error::{Error, Result},
    time::Instant,
};

/// What stands between a name and its last day.
const UNTIL: &str = " until ";

/// An event under a former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Its `messageId`.
    pub number: String,
    /// The former name.
    pub name: String,
    /// As it goes on: JSON.
    pub body: String,
}

/// Former names as they are written, such as `Purchase until 2026-12-31`, that day included.
#[must_use]
pub fn write(also: &BTreeMap<String, Day>) -> Vec<String> {
    let written = |(name, last): (&String, &Day)| format!("{name}{UNTIL}{last}");
    also.iter().map(written).collect()
}

/// Days that follow today up to the last one; nothing if that is over.
#[must_use]
pub fn days_left(last: Day, now: Instant) -> Option<u64> {
    u64::try_from(last.since(Day::of(now))).ok()
}

/// Reads former names.
///
/// # Errors
/// [`Error::Invalid`] for `also_sent_as`.
pub fn read<'a>(items: impl IntoIterator<Item = &'a String>) -> Result<BTreeMap<String, Day>> {
    let wrong = |why: &str| Error::invalid("also_sent_as", why);
    let mut all = BTreeMap::new();
    for item in items {
        // A name may have the word in it: the day stands last.
        let parts = item.rsplit_once(UNTIL).map(|(name, day)| (name.trim(), day.trim()));
        let (name, day) = parts.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            wrong("write a name and its last day, such as Purchase until 2026-12-31")
        })?;
        let last: Day = day.parse().map_err(|error: DayError| wrong(&error.to_string()))?;
        if all.insert(name.to_owned(), last).is_some() {
            return Err(wrong("one of them stands there twice"));
        }
    }
    Ok(all)
}

#[cfg(feature = "service")]
mod rule;

#[cfg(feature = "service")]
pub use rule::{Onward, Onwards, echoes};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|&line| line.to_owned()).collect()
    }

    #[test]
    fn former_names_read_back_as_they_are_written() {
        let written = lines(&["Bought until Monday until 2026-12-31", "Purchase until 2027-01-01"]);
        let read = read(&written).unwrap();
        assert_eq!(read["Purchase"].to_string(), "2027-01-01");
        assert_eq!(write(&read), written);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let refused = [
            &["Purchase"][..],
            &["Purchase until"],
            &[" until 2026-12-31"],
            &["Purchase until 2026-12-32"],
            &["A until 2026-12-31", "A until 2026-12-30"],
        ];
        for items in refused {
            let error = read(&lines(items)).unwrap_err();
            assert!(matches!(error, Error::Invalid { ref field, .. } if field == "also_sent_as"));
        }
    }

    #[test]
    fn days_are_counted_until_the_last_is_over() {
        let last: Day = "2026-12-31".parse().unwrap();
        let left = |hours| days_left(last, last.begins().plus(Span::from_hours(hours)));
        assert_eq!([left(-25), left(-1), left(0), left(23)], [Some(2), Some(1), Some(0), Some(0)]);
        assert_eq!(left(24), None);
    }
}
