//! What storage must do for events.

use async_trait::async_trait;

use crate::{
    contract::{Violation, onward::Echo},
    error::Result,
    key::Key,
    suppression::listing::Name,
    time::Instant,
};

use super::{Call, Origin, latency::FastExit};

/// An event before it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Where it came in.
    pub origin: Origin,
    /// Its identity with its sender, who may tell it again.
    pub number: String,
    /// What happened, such as `Order Completed` or `customer_unsubscribed`.
    pub name: String,
    /// To whom: every name that it carries, normalised.
    pub names: Vec<Name>,
    /// Names that the same person had before: what holds one of them holds this person too.
    pub former: Vec<Name>,
    /// When it happened, by its sender's clock; never later than it was received.
    pub at: Instant,
    /// When it came in.
    pub received_at: Instant,
    /// Under which name it came, where the contract calls it otherwise.
    pub sent_as: Option<String>,
    /// What else the contract calls it: rules that name it so hear it too.
    pub also_known_as: Vec<String>,
    /// Why it isn't as agreed: then it goes nowhere, but holds whom it names all the same.
    pub violation: Option<Violation>,
    /// By which version of the contract that was seen; 0 where none is in force.
    pub checked_by: u64,
    /// The properties of a track: JSON, kept for replays of changes of the contract.
    pub said: Option<String>,
    /// As it came: JSON.
    pub body: String,
    /// Whether it goes on to Segment.
    pub is_forwarded: bool,
    /// The same under former names: they go on with it.
    pub echoes: Vec<Echo>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is stored now, and holds whom it names.
    New,
    /// It was stored before, and means nothing more.
    Again,
}

/// Keeps events.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Keeps all of these in one transaction, each with the suppressions that name it: whom it
    /// names is kept out from the event's time on. In their order.
    async fn keep_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Kept>>;

    /// Notes the newest calls; what a call doesn't say is left as it is.
    async fn put_calls(&self, calls: &[Call]) -> Result<()>;

    /// The newest call of each entrance that ever was called.
    async fn calls(&self) -> Result<Vec<Call>>;

    /// How many events wait to be sent on, and how many Segment won't take.
    async fn left(&self) -> Result<(u64, u64)>;

    /// What the fast lane has ordered for what happened at `since` or later, answered or not;
    /// without what was taken back.
    async fn fast_exits(&self, since: Instant) -> Result<Vec<FastExit>>;
}

/// What callers sign with.
#[async_trait]
pub trait Keyring: Send + Sync {
    /// The keys of an entrance, any of which is valid; none if none is set.
    async fn signing_keys(&self, origin: Origin) -> Result<Vec<String>>;

    /// The sender that this write key belongs to.
    async fn sender(&self, write_key: &str) -> Result<Option<Key>>;

    /// A key was entered here: it counts from now on. Elsewhere it may take a moment.
    fn forget(&self);
}

/// Takes one event after another and keeps many at once; whoever hears back knows that it is
/// kept.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Answers after the commit of all of them, in their order.
    ///
    /// # Errors
    /// [`crate::Error::Busy`] if more wait already than can be kept soon, and whatever the
    /// database says.
    async fn keep(&self, events: Vec<NewEvent>) -> Result<Vec<Kept>>;
}
