//! What each platform behind Segment needs. Sources: Segment's destination catalogue and
//! the platforms' help pages, as of November 2026.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// A platform's rules. The names are fixed: files and scripts use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Meta Custom Audiences, a list destination.
    MetaCustomAudiences,
    /// Meta Conversions API, an event destination.
    MetaCapi,
    /// Google Ads Customer Match, a list destination.
    GoogleCustomerMatch,
    /// TikTok Audiences, a list destination.
    TiktokAudiences,
    /// TikTok Events API, an event destination.
    TiktokEvents,
    /// Google Analytics 4.
    Ga4,
    /// A warehouse such as BigQuery or Snowflake.
    Warehouse,
    /// Anything else that reads Segment's plain calls.
    Plain,
}

/// Which identifiers make a person reachable; any one of them is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one for each identifier")]
pub struct Identifiable {
    /// An e-mail address does.
    pub email: bool,
    /// A phone number does.
    pub phone: bool,
    /// The workspace's own id does.
    pub id: bool,
    /// Customer.io's id does, which everyone has.
    pub cio_id: bool,
}

/// The form in which a platform hashes an e-mail address, trimmed and lower-cased in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailForm {
    /// As it is: dots and `+tags` stay.
    Whole,
    /// Without the dots that Google ignores in its own addresses.
    WithoutGmailDots,
}

/// The form in which a platform hashes a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneForm {
    /// E.164 with its `+`.
    E164,
    /// The digits alone.
    Digits,
}

/// What a platform asks about consent before it uses somebody's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentRule {
    /// Google: since 6 March 2024 people in the European Economic Area must have agreed to
    /// their data being sent for ads and to personalised ads.
    AdsAndPersonalisation,
    /// Its terms make the sender answer for a legal basis; the platform checks nothing.
    LegalBasis,
    /// The data stays with the sender.
    Own,
}

impl Profile {
    /// All of them, in the order that pickers show.
    pub const ALL: [Self; 8] = [
        Self::MetaCustomAudiences,
        Self::MetaCapi,
        Self::GoogleCustomerMatch,
        Self::TiktokAudiences,
        Self::TiktokEvents,
        Self::Ga4,
        Self::Warehouse,
        Self::Plain,
    ];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MetaCustomAudiences => "meta-custom-audiences",
            Self::MetaCapi => "meta-capi",
            Self::GoogleCustomerMatch => "google-customer-match",
            Self::TiktokAudiences => "tiktok-audiences",
            Self::TiktokEvents => "tiktok-events",
            Self::Ga4 => "ga4",
            Self::Warehouse => "warehouse",
            Self::Plain => "plain",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::MetaCustomAudiences => "Meta Custom Audiences",
            Self::MetaCapi => "Meta Conversions API",
            Self::GoogleCustomerMatch => "Google Customer Match",
            Self::TiktokAudiences => "TikTok Audiences",
            Self::TiktokEvents => "TikTok Events API",
            Self::Ga4 => "Google Analytics 4",
            Self::Warehouse => "Warehouse",
            Self::Plain => "Plain Segment calls",
        }
    }

    /// Who can be found there.
    #[must_use]
    pub const fn identifiable(self) -> Identifiable {
        match self {
            Self::MetaCustomAudiences | Self::GoogleCustomerMatch | Self::TiktokAudiences => {
                Identifiable { email: true, phone: true, id: false, cio_id: false }
            }
            Self::MetaCapi | Self::TiktokEvents => {
                Identifiable { email: true, phone: true, id: true, cio_id: false }
            }
            Self::Ga4 | Self::Warehouse | Self::Plain => {
                Identifiable { email: false, phone: false, id: true, cio_id: true }
            }
        }
    }

    /// Whether a membership is also written as a trait by an identify call.
    #[must_use]
    pub const fn identifies(self) -> bool {
        matches!(self, Self::Warehouse | Self::Plain)
    }

    /// Whether it is a list of people: it reads memberships, and no other event.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(
            self,
            Self::MetaCustomAudiences | Self::GoogleCustomerMatch | Self::TiktokAudiences
        )
    }

    /// Whether it belongs to somebody who sells ads.
    #[must_use]
    pub const fn is_for_ads(self) -> bool {
        !matches!(self, Self::Warehouse | Self::Plain)
    }

    /// Whether e-mail and phone travel there at all: analytics needs neither.
    #[must_use]
    pub const fn sends_contact(self) -> bool {
        let needs = self.identifiable();
        needs.email || needs.phone
    }

    /// The smallest audience the platform will use, where it says one.
    #[must_use]
    pub const fn minimum_size(self) -> Option<u64> {
        match self {
            Self::MetaCustomAudiences | Self::GoogleCustomerMatch => Some(100),
            Self::TiktokAudiences => Some(1_000),
            _ => None,
        }
    }

    /// How often the list of a list destination changes at most, whatever is sent: Segment
    /// passes lists on about hourly, and to Google's at least six hours apart.
    #[must_use]
    pub const fn refresh_floor(self) -> Option<Span> {
        match self {
            Self::MetaCustomAudiences | Self::TiktokAudiences => Some(Span::from_hours(1)),
            Self::GoogleCustomerMatch => Some(Span::from_hours(6)),
            _ => None,
        }
    }

    /// The floor, where a mapping that runs so often runs more often than that.
    #[must_use]
    pub fn floor_above(self, every: Span) -> Option<Span> {
        self.refresh_floor().filter(|floor| every < *floor)
    }

    /// People whom Segment hands to the platform in one request, where it says how many.
    #[must_use]
    pub const fn batch(self) -> Option<u64> {
        match self {
            Self::MetaCustomAudiences | Self::GoogleCustomerMatch => Some(10_000),
            _ => None,
        }
    }

    /// What it asks about consent.
    #[must_use]
    pub const fn consent_rule(self) -> ConsentRule {
        match self {
            Self::GoogleCustomerMatch => ConsentRule::AdsAndPersonalisation,
            Self::Warehouse | Self::Plain => ConsentRule::Own,
            _ => ConsentRule::LegalBasis,
        }
    }

    /// How the platform hashes e-mail addresses.
    #[must_use]
    pub const fn email_form(self) -> EmailForm {
        match self {
            Self::GoogleCustomerMatch => EmailForm::WithoutGmailDots,
            _ => EmailForm::Whole,
        }
    }

    /// How the platform hashes phone numbers.
    #[must_use]
    pub const fn phone_form(self) -> PhoneForm {
        match self {
            Self::MetaCustomAudiences | Self::MetaCapi => PhoneForm::Digits,
            _ => PhoneForm::E164,
        }
    }
}

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Profile {
    type Err = UnknownProfile;
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == text).ok_or(UnknownProfile)
    }
}

/// No profile has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "choose one of meta-custom-audiences, meta-capi, google-customer-match, tiktok-audiences, tiktok-events, ga4, warehouse, plain"
)]
pub struct UnknownProfile;

#[cfg(test)]
mod tests {
    use super::*;

    /// Identifiable by e-mail, phone, id, `cio_id`; identify; least people; hours between
    /// two lists; people of a request; how e-mail and phone are hashed.
    type Row = (&'static str, [bool; 4], bool, u64, i64, u64, EmailForm, PhoneForm);

    #[test]
    fn each_platform_has_its_rules() {
        use {EmailForm::*, PhoneForm::*};
        let contact = [true, true, false, false];
        let contact_or_id = [true, true, true, false];
        let any_id = [false, false, true, true];
        let table: [Row; 8] = [
            ("meta-custom-audiences", contact, false, 100, 1, 10_000, Whole, Digits),
            ("meta-capi", contact_or_id, false, 0, 0, 0, Whole, Digits),
            ("google-customer-match", contact, false, 100, 6, 10_000, WithoutGmailDots, E164),
            ("tiktok-audiences", contact, false, 1_000, 1, 0, Whole, E164),
            ("tiktok-events", contact_or_id, false, 0, 0, 0, Whole, E164),
            ("ga4", any_id, false, 0, 0, 0, Whole, E164),
            ("warehouse", any_id, true, 0, 0, 0, Whole, E164),
            ("plain", any_id, true, 0, 0, 0, Whole, E164),
        ];
        for ((name, by, identifies, least, hours, batch, email, phone), profile) in
            table.into_iter().zip(Profile::ALL)
        {
            assert_eq!(name.parse(), Ok(profile));
            assert_eq!(profile.to_string(), name);
            assert_eq!(serde_json::to_value(profile).unwrap(), name);
            let Identifiable { email: e, phone: p, id, cio_id } = profile.identifiable();
            assert_eq!([e, p, id, cio_id], by, "{name}");
            assert_eq!(profile.sends_contact(), by[0], "{name}");
            assert_eq!(profile.identifies(), identifies, "{name}");
            assert_eq!(profile.minimum_size().unwrap_or(0), least, "{name}");
            let floor = profile.refresh_floor().unwrap_or_default();
            assert_eq!(floor, Span::from_hours(hours), "{name}");
            let shortly_before = Span(floor.0 - 1);
            assert_eq!(profile.floor_above(shortly_before), profile.refresh_floor(), "{name}");
            assert_eq!(profile.floor_above(floor), None, "{name}");
            assert_eq!(profile.batch().unwrap_or(0), batch, "{name}");
            assert_eq!((profile.email_form(), profile.phone_form()), (email, phone), "{name}");
        }
        assert_eq!("facebook".parse::<Profile>(), Err(UnknownProfile));
    }
}
