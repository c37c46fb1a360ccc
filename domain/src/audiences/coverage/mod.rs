//! Coverage: how many members of an audience can be named at all, and how many of them a
//! platform may know.
//!
//! What is counted is counted; what a platform will match is nobody's to know beforehand, so
//! it is a band under an assumption that is shown beside it.

#[cfg(feature = "service")]
mod count;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;
pub mod trend;

use serde::{Deserialize, Serialize};

use super::AudienceRow;
use crate::{destinations::Profile, key::Key};

#[cfg(feature = "service")]
pub use count::{Sets, cover, lost};
pub use trend::CoverageDay;

/// Percent of members without contact from which on it is an alarm.
pub const IDENTITY_GAP: u64 = 40;

/// Members by what names them. A phone number counts once it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Members by the last whole reading.
    pub members: u64,
    /// With an e-mail address.
    pub email: u64,
    /// With a phone number.
    pub phone: u64,
    /// With an id of the workspace's own.
    pub id: u64,
    /// With any of the three.
    pub any: u64,
    /// With an e-mail address and a phone number.
    pub both: u64,
    /// With an e-mail address or a phone number.
    pub contact: u64,
    /// With neither, though their phone number was read: they have none.
    pub gap: u64,
    /// With neither, because nobody has read their phone number yet.
    pub unread: u64,
}

impl Coverage {
    /// Whether so many can't be found that matching will be poor.
    #[must_use]
    pub const fn is_gap(&self) -> bool {
        self.members > 0 && self.gap * 100 >= self.members * IDENTITY_GAP
    }
}

/// Members who can't be found at a platform, each under exactly one cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// They may have a phone number, which nobody has read yet.
    pub unread: u64,
    /// They have an id, which this platform can't use.
    pub id_only: u64,
    /// Nothing but Customer.io's own id names them.
    pub nameless: u64,
}

impl Lost {
    /// All of them.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.unread + self.id_only + self.nameless
    }
}

/// What a platform may know of those who can be named to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumption {
    /// Percent at the low end.
    pub low: u64,
    /// Percent at the high end.
    pub high: u64,
}

/// So many people, at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// At least.
    pub low: u64,
    /// At most.
    pub high: u64,
}

impl Assumption {
    /// Of the share of people that a platform finds in a list of customers. None of them
    /// publishes a figure for others' lists; one that sends such lists says "between 20% and
    /// 60%" of all of them (Wondaris, "Understanding Customer Match", read in November 2026).
    #[must_use]
    pub const fn of(profile: Profile) -> Option<Self> {
        match profile {
            Profile::MetaCustomAudiences
            | Profile::GoogleCustomerMatch
            | Profile::TiktokAudiences => Some(Self { low: 20, high: 60 }),
            // Events are matched one by one, and reports on them have no such share; elsewhere
            // nothing is matched: whoever is sent is there.
            _ => None,
        }
    }

    /// Of so many people. Two digits are all that an assumption bears.
    #[must_use]
    pub const fn band(self, people: u64) -> Band {
        let low = rounded(people * self.low / 100);
        let high = people * self.high / 100;
        Band { low, high: if rounded(high) < high { step_up(high) } else { high } }
    }
}

/// To two digits, downwards.
const fn rounded(people: u64) -> u64 {
    people - people % step(people)
}

/// To two digits, upwards.
const fn step_up(people: u64) -> u64 {
    rounded(people) + step(people)
}

/// What the second digit counts.
const fn step(people: u64) -> u64 {
    let mut step = 1;
    while people / step >= 100 {
        step *= 10;
    }
    step
}

/// What an audience comes to at one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// Where.
    pub destination: Key,
    /// The platform.
    pub profile: Profile,
    /// Members who can be named there.
    pub findable: u64,
    /// Those who can't.
    pub lost: Lost,
    /// Of those who can, how many the platform may know; nothing where nothing is assumed.
    pub band: Option<Band>,
}

/// An audience with what names its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceCoverage {
    /// Which.
    pub audience: AudienceRow,
    /// Its members by what names them; nothing if they were never read.
    pub coverage: Option<Coverage>,
    /// At each destination that it is sent to, by key.
    pub forecasts: Vec<Forecast>,
}

impl AudienceCoverage {
    /// Whether the gap matters: it is sent where people are found by contact.
    #[must_use]
    pub fn alarms(&self) -> bool {
        let by_contact = |one: &Forecast| one.profile.sends_contact();
        self.coverage.is_some_and(|coverage| coverage.is_gap())
            && self.forecasts.iter().any(by_contact)
    }

    /// People whom the gap costs at the platforms by the assumption: matched, had they contact.
    #[must_use]
    pub fn costs(&self) -> Option<Band> {
        let gap = self.coverage?.gap;
        self.forecasts.iter().find_map(|one| Some(Assumption::of(one.profile)?.band(gap)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forty_in_a_hundred_is_an_alarm_and_fewer_is_none() {
        let of = |gap, members| Coverage { members, gap, ..Coverage::default() }.is_gap();
        assert!(of(40, 100) && of(2, 5) && of(1, 1));
        assert!(!of(39, 100) && !of(0, 0) && !of(399, 1_000));
    }

    #[test]
    fn a_band_has_two_digits() {
        let list = Assumption::of(Profile::MetaCustomAudiences).unwrap();
        assert_eq!(list.band(14_008), Band { low: 2_800, high: 8_500 });
        assert_eq!(list.band(100), Band { low: 20, high: 60 });
        assert_eq!(list.band(0), Band { low: 0, high: 0 });
        assert_eq!(Assumption::of(Profile::MetaCapi), None);
    }

    proptest! {
        #[test]
        fn a_band_holds_what_is_assumed(people in 0..2_000_000_u64, low in 0..=60_u64, more in 0..=40_u64) {
            let assumption = Assumption { low, high: low + more };
            let band = assumption.band(people);
            prop_assert!(band.low <= people * low / 100);
            prop_assert!(band.high >= people * (low + more) / 100);
            prop_assert!(band.low <= band.high);
            // Never further off than a tenth.
            prop_assert!(band.high <= people * (low + more) / 100 + people / 10 + 1);
        }
    }
}
