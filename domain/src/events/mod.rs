//! Events: what people did, as Customer.io's webhooks and Segment-compatible senders tell it.
//!
//! Each is kept before its sender hears 2xx. A suppression that names it keeps its person out
//! from then on; who is at a destination leaves by the fast lane, see
//! [`crate::delivery::fast`]. How a body is read has a file for each sender; a new one is an
//! [`Origin`] and a reader.

#[cfg(feature = "service")]
pub mod campaign;
pub mod canary;
#[cfg(feature = "service")]
pub mod forward;
#[cfg(feature = "service")]
pub mod ingest;
pub mod latency;
pub mod live;
pub mod objective;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod report;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod signature;

use serde::{Deserialize, Serialize};

use self::{latency::Latency, objective::Standing};
use crate::{
    key::Key,
    sync::{Spending, Watched},
    time::Instant,
    workspace::AdCost,
};

/// The longest name of an event that is kept, in bytes: longer ones are nobody's rule.
pub const LONGEST_NAME: usize = 256;

/// What to paste into a campaign's webhook; the segment's number stands for `SEGMENT`.
pub const SNIPPET: &str = r#"{"segment_id": SEGMENT}"#;

/// An entrance for events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Customer.io's reporting webhooks: what became of messages, and who unsubscribed.
    Reporting,
    /// Webhooks that a campaign of Customer.io's sends: hints to look at a segment.
    Campaign,
    /// `/v1`, where Segment's libraries send to.
    Source,
}

impl Origin {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 3] = [Self::Source, Self::Reporting, Self::Campaign];

    /// Its path; that of sources ends with what a call is.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Reporting => "/hooks/customerio/reporting",
            Self::Campaign => "/hooks/customerio/campaign",
            Self::Source => "/v1",
        }
    }

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reporting => "reporting",
            Self::Campaign => "campaign",
            Self::Source => "source",
        }
    }
}

impl std::str::FromStr for Origin {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let is_it = |origin: &Self| origin.as_str() == text;
        Self::ALL.into_iter().find(is_it).ok_or_else(|| format!("no entrance is called {text}"))
    }
}

/// The newest call of an entrance, and the newest that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Which entrance.
    pub origin: Origin,
    /// When it was last called with success.
    pub taken_at: Option<Instant>,
    /// When a call was last refused.
    pub refused_at: Option<Instant>,
    /// Why.
    pub refusal: Option<String>,
}

/// What the page of the entrances shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrances {
    /// Those of Customer.io's whose calls can be checked: a key is set.
    pub keyed: Vec<Origin>,
    /// Who may send to `/v1`.
    pub sources: Vec<Key>,
    /// A write key that nobody has, for the next of them.
    pub fresh_key: String,
    /// The newest call of each that ever was called.
    pub calls: Vec<Call>,
    /// Events that wait to be sent on.
    pub waiting: u64,
    /// Events that Segment won't take.
    pub refused: u64,
    /// How soon people left by the fast lane lately, by destination.
    pub latencies: Vec<Latency>,
    /// How each use case fares against its objective.
    pub standings: Vec<Standing>,
    /// What ads cost, if anybody said.
    pub ads: Option<AdCost>,
    /// Rules that name an event.
    pub rules: u64,
    /// Audiences that keep people out, and how often they are read.
    pub watched: Vec<Watched>,
    /// How Customer.io's budget is spent.
    pub spending: Spending,
}

/// Where a body stops being what it should be, without a word of what it says: pages show it.
#[cfg(feature = "service")]
fn place_of(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "a field is missing or of the wrong type",
        Category::Eof => "it ends too early",
        Category::Syntax | Category::Io => "it is no JSON",
    };
    format!("{what}, at line {} column {}", error.line(), error.column())
}
