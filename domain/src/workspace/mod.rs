//! The workspace: in which time zone its times are shown and its days begin, in which currency
//! its amounts are, and what ads cost it.
//!
//! Everything is stored and compared in UTC. A [`Zone`] only shifts what people read; it holds
//! the few shifts around now, so that the browser needs no table of time zones.

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{
    day::Day,
    number::Hundredths,
    time::{Instant, Span},
};

/// What an admin decided about the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    pub time_zone: String,
    /// What amounts of money are in.
    pub currency: Currency,
    /// What ads cost; nobody has said so far.
    pub ads: Option<AdCost>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self { time_zone: Zone::UTC.to_owned(), currency: Currency::default(), ads: None }
    }
}

/// What ads cost, for estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdCost {
    /// What 1,000 impressions cost, in the workspace's currency.
    pub per_thousand: Hundredths,
    /// How many impressions a day one person of an audience is shown.
    pub impressions_a_day: Hundredths,
}

/// A currency by its code of ISO 4217, such as `USD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Why a text is no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a currency as its three letters, such as USD")]
pub struct CurrencyError;

impl Default for Currency {
    fn default() -> Self {
        Self(*b"USD")
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl std::str::FromStr for Currency {
    type Err = CurrencyError;
    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let letters: [u8; 3] = text.trim().as_bytes().try_into().map_err(|_| CurrencyError)?;
        let is_code = letters.iter().all(u8::is_ascii_alphabetic);
        is_code.then(|| Self(letters.map(|one| one.to_ascii_uppercase()))).ok_or(CurrencyError)
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;
    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

/// From a moment on, how far a zone is ahead of UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// From when.
    pub from: Instant,
    /// How far ahead; behind where it is negative.
    pub ahead: Span,
    /// What the zone is called then, such as `CEST`.
    pub abbreviation: String,
}

/// A time zone around now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// How it is shifted, the earliest first. Earlier moments are shifted as by the first.
    pub shifts: Vec<Shift>,
}

impl Default for Zone {
    fn default() -> Self {
        Self { name: Self::UTC.to_owned(), shifts: Vec::new() }
    }
}

/// How a document shows times and amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Times are shown in it.
    pub zone: Zone,
    /// Amounts are in it.
    pub currency: Currency,
}

impl Zone {
    /// The one that isn't shifted.
    pub const UTC: &'static str = "UTC";

    /// A moment as clocks there show it, and what they call their time.
    #[must_use]
    pub fn local(&self, at: Instant) -> (Instant, &str) {
        let later = self.shifts.partition_point(|shift| shift.from <= at);
        match self.shifts.get(later.saturating_sub(1)) {
            Some(shift) => (at.plus(shift.ahead), &shift.abbreviation),
            None => (at, Self::UTC),
        }
    }

    /// The day that it is there.
    #[must_use]
    pub fn day(&self, at: Instant) -> Day {
        Day::of(self.local(at).0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> Zone {
        let shift = |from: i64, hours: i64, abbreviation: &str| Shift {
            from: Instant::from_seconds(from),
            ahead: Span::from_hours(hours),
            abbreviation: abbreviation.to_owned(),
        };
        // 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
        let shifts = vec![
            shift(0, 1, "CET"),
            shift(1_774_746_000, 2, "CEST"),
            shift(1_792_890_000, 1, "CET"),
        ];
        Zone { name: "Europe/Berlin".to_owned(), shifts }
    }

    #[test]
    fn clocks_are_put_forward_and_back() {
        let told = |seconds: i64| {
            let zone = berlin();
            let (local, name) = zone.local(Instant::from_seconds(seconds));
            format!("{} {name}", &local.to_iso()[..16])
        };
        assert_eq!(told(1_774_745_940), "2026-03-29T01:59 CET");
        assert_eq!(told(1_774_746_000), "2026-03-29T03:00 CEST");
        assert_eq!(told(1_792_889_940), "2026-10-25T02:59 CEST");
        assert_eq!(told(1_792_890_000), "2026-10-25T02:00 CET");
        assert_eq!(told(-86_400), "1969-12-31T01:00 CET", "before the first shift");
        let evening = Instant::from_seconds(1_792_965_600);
        assert_eq!(berlin().day(evening).to_string(), "2026-10-25");
        assert_eq!(berlin().day(evening.plus(Span::from_hours(1))).to_string(), "2026-10-26");
        assert_eq!(Zone::default().local(evening), (evening, "UTC"));
    }

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!(" eur ".parse::<Currency>().unwrap().to_string(), "EUR");
        for text in ["", "EU", "EURO", "E1R", "€", "éa"] {
            assert_eq!(text.parse::<Currency>(), Err(CurrencyError), "{text}");
        }
    }

    proptest! {
        /// Later is never shown as more than a shift's step earlier.
        #[test]
        fn a_shift_moves_by_its_hours_alone(seconds in 0_i64..2_000_000_000) {
            let (zone, at) = (berlin(), Instant::from_seconds(seconds));
            let ahead = zone.local(at).0.since(at);
            prop_assert!(ahead == Span::from_hours(1) || ahead == Span::from_hours(2));
        }
    }
}
