//! Calendar days, for what people decide by the day.

use serde::{Deserialize, Serialize};

use crate::time::Instant;

const MICROS: i64 = 86_400_000_000;

/// A day in UTC, written `2026-12-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    /// Days since 1970-01-01.
    number: i64,
}

/// Why a text is no day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a day as year, month and day, such as 2026-12-31")]
pub struct DayError;

impl Day {
    /// The day on which a moment lies.
    #[must_use]
    pub const fn of(at: Instant) -> Self {
        Self { number: at.0.div_euclid(MICROS) }
    }

    /// So many days later.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self { number: self.number + days }
    }

    /// How many days this is after `other`.
    #[must_use]
    pub const fn since(self, other: Self) -> i64 {
        self.number - other.number
    }

    /// When it begins.
    #[must_use]
    pub const fn begins(self) -> Instant {
        Instant(self.number * MICROS)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.begins().to_iso().get(..10).unwrap_or_default())
    }
}

impl std::str::FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return Err(DayError) };
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return Err(DayError);
        }
        let number = |part: &str| part.parse::<u16>().map(i64::from).map_err(|_| DayError);
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        // Days from the first of March on: leap days come last.
        let (from_march, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
        let day_of_year = (153 * from_march + 2) / 5 + day - 1;
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let found = Self { number: days + day_of_year - 719_468 };
        // What no calendar has, such as the 30th of February, is written otherwise.
        if found.to_string() == text { Ok(found) } else { Err(DayError) }
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number in -100_000_i64..200_000) {
            let day = Day { number };
            prop_assume!(!day.to_string().starts_with('-'));
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(Day::of(day.begins()), day);
            prop_assert_eq!(Day::of(Instant(day.begins().0 - 1)), day.plus(-1));
            prop_assert_eq!(day.plus(7).since(day), 7);
        }

        #[test]
        fn no_text_is_read_otherwise_than_written(text in ".{0,12}") {
            if let Ok(day) = text.parse::<Day>() {
                prop_assert_eq!(day.to_string(), text.trim());
            }
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_day() {
        assert_eq!(
            "2024-02-29".parse::<Day>().map(|day| day.to_string()),
            Ok("2024-02-29".to_owned())
        );
        for text in [
            "",
            "2023-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "26-01-01",
            "tomorrow",
            "2026-04-31",
            "2026-01-00",
            "+026-01-01",
            "2026-01-01-",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
