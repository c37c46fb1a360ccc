//! The timeline: when a flow's messages reach somebody, and when ads do, on one axis that begins
//! with what brought them into the audience.
//!
//! A flow is what an audience's people are sent in Customer.io, as an operator states it: the
//! App API doesn't tell when a campaign's messages go out. [`judge()`] names where ads and messages
//! meet; a new rule is a name in [`Rule`] and a case there.

mod judge;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{
    destinations::Profile,
    ids::FlowId,
    key::Key,
    time::{Instant, Span},
};

pub use judge::{Facts, judge};

/// Messages of a flow that one axis can show.
pub const MOST_TOUCHES: usize = 20;

/// By what a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
    /// A push notification.
    Push,
    /// A message inside an app.
    InApp,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Email, Self::Sms, Self::Push, Self::InApp];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::InApp => "in_app",
        }
    }

    /// What people call one of its messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Sms => "SMS",
            Self::Push => "push",
            Self::InApp => "in-app message",
        }
    }

    /// Whether it reaches somebody at once: what comes before it has taken its place.
    #[must_use]
    pub const fn is_direct(self) -> bool {
        matches!(self, Self::Sms | Self::Push)
    }
}

/// One message of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// How long after the beginning.
    #[serde(with = "crate::configuration::span_text")]
    pub at: Span,
    /// By what.
    pub channel: Channel,
}

impl std::fmt::Display for Touch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.channel.as_str(), self.at)
    }
}

impl std::str::FromStr for Touch {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{text:?} is no message: write one of email, sms, push, in_app and a time, such as sms 4h"
            )
        };
        let (channel, at) = text.trim().split_once(char::is_whitespace).ok_or_else(refused)?;
        let channel = Channel::ALL.into_iter().find(|one| one.as_str() == channel);
        let at = at.trim().parse().map_err(|_| refused())?;
        Ok(Self { channel: channel.ok_or_else(refused)?, at })
    }
}

/// What an operator states about a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSpec {
    /// Its name in Segue.
    pub key: Key,
    /// Whose people it is for.
    pub audience: Key,
    /// Its messages.
    #[serde(default)]
    pub touches: Vec<Touch>,
}

/// A flow that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Its identity.
    pub id: FlowId,
    /// What was stated.
    pub spec: FlowSpec,
}

/// When a mapping's ads can reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// Which mapping.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// The platform.
    pub profile: Profile,
    /// Whether it runs.
    pub is_active: bool,
    /// When Segue sends the entry: when people come into the segment, and the mapping's offset.
    pub sent_at: Span,
    /// When the platform uses it at the soonest.
    pub begins_at: Span,
    /// When people fall out of the audience's window; nothing where nobody stated one.
    pub ends_at: Option<Span>,
}

/// What two things on one axis do to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Ads run before an SMS or a push that would have come for next to nothing.
    AdsBeforeMessage,
    /// Ads begin within an hour of a message: nobody can tell which of them worked.
    AdsBesideMessage,
    /// Ads would begin when everybody has left the audience.
    AdsAfterWindow,
    /// Two messages come within an hour.
    MessagesClose,
    /// Nothing ends the ads when somebody buys.
    NoPurchaseEnd,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::AdsBeforeMessage,
        Self::AdsBesideMessage,
        Self::AdsAfterWindow,
        Self::MessagesClose,
        Self::NoPurchaseEnd,
    ];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdsBeforeMessage => "ads-before-message",
            Self::AdsBesideMessage => "ads-beside-message",
            Self::AdsAfterWindow => "ads-after-window",
            Self::MessagesClose => "messages-close",
            Self::NoPurchaseEnd => "no-purchase-end",
        }
    }

    /// Whether somebody may want it so. Money that is lost for nothing nobody wants.
    #[must_use]
    pub const fn can_be_meant(self) -> bool {
        matches!(self, Self::AdsBeforeMessage | Self::AdsBesideMessage | Self::MessagesClose)
    }
}

impl std::str::FromStr for Rule {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|rule| rule.as_str() == text);
        found.ok_or_else(|| format!("no rule of the timeline is called {text}"))
    }
}

/// Who meets whom: what somebody who means it says yes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Meeting {
    /// By which rule.
    pub rule: Rule,
    /// The mapping, or nothing where two messages meet.
    pub mapping: Option<Key>,
    /// The message, or nothing where none is part of it.
    pub touch: Option<Touch>,
}

/// Somebody's decision that a meeting is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stacking {
    /// What.
    pub meeting: Meeting,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// A stretch of the axis where things meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Who meets whom.
    pub meeting: Meeting,
    /// From when.
    pub from: Span,
    /// To when; the end of the axis where nothing ends it.
    pub to: Option<Span>,
    /// The mapping's offset that would end it.
    pub offset: Option<Span>,
    /// Who means it, if somebody does.
    pub meant: Option<Stacking>,
}

/// A flow beside the ads for the same people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowView {
    /// Its name and messages, the first one first.
    pub spec: FlowSpec,
    /// How long after the beginning people come into the audience.
    pub joins_at: Span,
    /// Mappings that show ads to the same people.
    pub paid: Vec<Paid>,
    /// Where they meet, the first first.
    pub conflicts: Vec<Conflict>,
}

impl FlowView {
    /// Conflicts that nobody means.
    pub fn open(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|one| one.meant.is_none())
    }
}
