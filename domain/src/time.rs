//! Instants and spans as whole microseconds, and the clock as a port.
//!
//! Nothing in this crate asks the machine for the time: a caller passes an [`Instant`],
//! so that rules, tests and replays give the same answer every time. The real clock
//! lives in `server`.

use serde::{Deserialize, Serialize};

/// A moment, in microseconds since 1970-01-01T00:00:00Z. Sorts alike in both databases.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A length of time in microseconds; never negative when parsed from text.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(pub i64);

impl Instant {
    /// The moment `span` later; saturates at the ends of time.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment `span` earlier; saturates at the ends of time.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// From whole seconds since 1970, as both vendors write them.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Year, month, day, hour, minute, second, millisecond in UTC.
    #[must_use]
    pub const fn civil(self) -> (i64, i64, i64, i64, i64, i64, i64) {
        let seconds = self.0.div_euclid(1_000_000);
        let millis = self.0.rem_euclid(1_000_000) / 1_000;
        let days = seconds.div_euclid(86_400);
        let second_of_day = seconds.rem_euclid(86_400);
        // Howard Hinnant's civil_from_days: eras of 400 years starting on 0000-03-01.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (
            year,
            month,
            day,
            second_of_day / 3_600,
            second_of_day / 60 % 60,
            second_of_day % 60,
            millis,
        )
    }

    /// ISO 8601 in UTC with milliseconds, the form both vendors read.
    #[must_use]
    pub fn to_iso(self) -> String {
        let (year, month, day, hour, minute, second, millis) = self.civil();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

impl Span {
    /// Whole milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0 / 1_000
    }

    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// From whole seconds.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// From whole minutes.
    #[must_use]
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_seconds(minutes.saturating_mul(60))
    }

    /// From whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_minutes(hours.saturating_mul(60))
    }
}

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a length of time as a whole number and a unit, such as 30s, 5m, 24h or 14d")]
pub struct SpanError;

const UNITS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl std::str::FromStr for Span {
    type Err = SpanError;

    /// Reads `30s`, `5m`, `24h`, `14d`: a whole number above zero and one unit.
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let text = text.trim();
        for (unit, seconds) in UNITS {
            if let Some(number) = text.strip_suffix(unit) {
                let number: i64 = number.parse().map_err(|_| SpanError)?;
                return match number.checked_mul(seconds).and_then(|all| all.checked_mul(1_000_000))
                {
                    Some(micros) if micros > 0 => Ok(Self(micros)),
                    _ => Err(SpanError),
                };
            }
        }
        Err(SpanError)
    }
}

impl std::fmt::Display for Span {
    /// The largest unit that divides it: `24h` is written `1d`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0 / 1_000_000;
        if seconds == 0 {
            return write!(f, "{} ms", self.millis());
        }
        for (unit, size) in UNITS {
            if seconds % size == 0 {
                return write!(f, "{}{unit}", seconds / size);
            }
        }
        Ok(())
    }
}

/// Tells the time. `server` has the real one, tests have one that they turn by hand.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iso_of_known_moments() {
        assert_eq!(Instant(0).to_iso(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Instant(1_792_785_600_123_000).to_iso(), "2026-10-23T20:00:00.123Z");
        assert_eq!(Instant(951_782_400_000_000).to_iso(), "2000-02-29T00:00:00.000Z");
        assert_eq!(Instant(-1_000).to_iso(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn refuses_what_is_no_length_of_time() {
        for text in ["", "5", "m", "-5m", "0m", "1.5h", "5 m m", "9223372036854775807d", "5w"] {
            assert_eq!(text.parse::<Span>(), Err(SpanError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_span_reads_back_what_it_writes(seconds in 1_i64..100_000_000) {
            let span = Span::from_seconds(seconds);
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }
    }
}
