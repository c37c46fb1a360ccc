//! What each platform behind Segment needs. Sources: Segment's destination catalogue and
//! the platforms' help pages, as of November 2026.

use serde::{Deserialize, Serialize};

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
