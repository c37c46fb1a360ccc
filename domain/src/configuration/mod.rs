//! What operators decide, as one value: read whole, checked whole, changed by [`plan::Plan`].
//!
//! `segue apply` and every form of the console go through the same two steps, so that a
//! rule is written once: [`check`] says what can't stand, [`plan`] says what changes.
//! A new table gets a type with a `Spec`, a field in [`Desired`] and [`Configuration`],
//! a line in `plan` and its rules in `check`.

pub mod check;
pub mod plan;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;
pub mod span_text;

use serde::{Deserialize, Serialize};

use crate::{
    audiences::{Audience, AudienceSpec},
    connections::Region,
    contract::spec::EventSpec,
    delivery::route::Route,
    destinations::{Destination, DestinationSpec},
    ids::SourceId,
    key::Key,
    mappings::{
        Mapping, MappingSpec,
        timeline::{Flow, FlowSpec},
    },
    suppression::{Suppression, SuppressionSpec},
};

/// A secret as an operator hands it over: the text itself, or where to find it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a secret is a string or { env = \"NAME\" }")]
pub enum Secret {
    /// Read from this variable by the process that uses it.
    Environment(EnvironmentSecret),
    /// The secret itself.
    Literal(String),
}

/// `{ env = "NAME" }`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSecret {
    /// The variable's name.
    pub env: String,
}

impl std::fmt::Debug for Secret {
    /// Never the secret itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "{{ env = {:?} }}", variable.env),
            Self::Literal(_) => f.write_str("(secret)"),
        }
    }
}

/// One secret, or several of which any is valid while one is being replaced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a secret is a string, { env = \"NAME\" }, or a list of those")]
pub enum SecretList {
    /// Just one.
    One(Secret),
    /// Several, the first is used for sending.
    Several(Vec<Secret>),
}

impl SecretList {
    /// All of them, in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<Secret> {
        match self {
            Self::One(secret) => vec![secret],
            Self::Several(secrets) => secrets,
        }
    }
}

/// The table `[customerio]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerioTable {
    /// Where the workspace lives.
    pub region: Option<Region>,
    /// An App API key.
    pub app_api_key: Option<SecretList>,
    /// Our budget: never more requests than that in any one second.
    pub requests_per_second: Option<i64>,
    /// Signs reporting webhooks.
    pub reporting_signing_key: Option<SecretList>,
    /// Signs a campaign's webhooks.
    pub campaign_signing_key: Option<SecretList>,
}

/// The table `[twilio]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwilioTable {
    /// Where the workspace lives.
    pub region: Option<Region>,
    /// The write key of the source that Segue sends to.
    pub write_key: Option<SecretList>,
    /// A token of the Public API.
    pub public_api_token: Option<SecretList>,
    /// Our budget of events.
    pub events_per_second: Option<i64>,
}

/// The table `[notices]`: who is told what waits for a decision.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticesTable {
    /// The address that it is posted to, such as one of Slack's incoming webhooks.
    pub webhook: Option<SecretList>,
    /// Signs what is posted.
    pub signing_key: Option<SecretList>,
}

/// The table `[approvals]`: who decides.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalsTable {
    /// Whether a second person approves what starts a mapping and what keeps people out.
    pub second_person: Option<bool>,
}

/// The table `[[source]]`: who may send to `/v1`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// Its name.
    pub key: Key,
    /// What it authenticates with.
    pub write_key: SecretList,
}

/// What a file asks for. Every table is optional; what isn't named is left alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Desired {
    /// How to reach Customer.io.
    pub customerio: Option<CustomerioTable>,
    /// How to reach Segment.
    pub twilio: Option<TwilioTable>,
    /// Who is told what waits.
    pub notices: Option<NoticesTable>,
    /// Who decides.
    pub approvals: Option<ApprovalsTable>,
    /// Places behind Segment.
    pub destination: Vec<DestinationSpec>,
    /// Segments promoted for export.
    pub audience: Vec<AudienceSpec>,
    /// What goes where.
    pub mapping: Vec<MappingSpec>,
    /// What keeps people out.
    pub suppression: Vec<SuppressionSpec>,
    /// What people are sent elsewhere.
    pub flow: Vec<FlowSpec>,
    /// Who may send events to us.
    pub source: Vec<SourceTable>,
    /// What everybody means the same by. They are the contract's, see
    /// `contract::proposal::Edits`.
    pub event: Vec<EventSpec>,
}

/// What isn't secret and isn't a row: how to reach both vendors, and who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Customer.io's region.
    pub customerio_region: Region,
    /// Requests a second, at most.
    pub requests_per_second: i64,
    /// Segment's region.
    pub twilio_region: Region,
    /// Events a second, at most.
    pub events_per_second: i64,
    /// Whether a second person approves, see `approvals::proposal::needs_second`.
    pub second_person: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            customerio_region: Region::Us,
            requests_per_second: 10,
            twilio_region: Region::Us,
            events_per_second: 1_000,
            second_person: false,
        }
    }
}

/// A sender that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its identity.
    pub id: SourceId,
    /// Its name.
    pub key: Key,
}

/// A retired mapping whose people have not left their destination yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// The mapping, as it was retired.
    pub mapping: Mapping,
    /// Where its people are; audience and destination may be retired too.
    pub route: Route,
}

/// What is stored and not retired, whole, with every reference resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The settings of both connections that aren't secret.
    pub settings: Settings,
    /// Places behind Segment, by key.
    pub destinations: Vec<Destination>,
    /// Segments promoted for export, by key.
    pub audiences: Vec<Audience>,
    /// What goes where, by key.
    pub mappings: Vec<Mapping>,
    /// What keeps people out, by key.
    pub suppressions: Vec<Suppression>,
    /// What people are sent elsewhere, by key.
    pub flows: Vec<Flow>,
    /// Who may send events to us, by key.
    pub sources: Vec<Source>,
    /// Retired mappings that owe exits.
    pub closing: Vec<Closing>,
}

impl Configuration {
    /// The mapping of that name.
    #[must_use]
    pub fn mapping(&self, key: &Key) -> Option<&Mapping> {
        self.mappings.iter().find(|mapping| mapping.spec.key == *key)
    }

    /// The audience of that name.
    #[must_use]
    pub fn audience(&self, key: &Key) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.spec.key == *key)
    }

    /// The destination of that name.
    #[must_use]
    pub fn destination(&self, key: &Key) -> Option<&Destination> {
        self.destinations.iter().find(|destination| destination.spec.key == *key)
    }

    /// The destination that a mapping sends to; every stored mapping has one.
    #[must_use]
    pub fn destination_of(&self, mapping: &Mapping) -> Option<&Destination> {
        self.destinations.iter().find(|destination| destination.id == mapping.destination_id)
    }

    /// The audience that a mapping sends; every stored mapping has one.
    #[must_use]
    pub fn audience_of(&self, mapping: &Mapping) -> Option<&Audience> {
        self.audiences.iter().find(|audience| audience.id == mapping.audience_id)
    }
}
