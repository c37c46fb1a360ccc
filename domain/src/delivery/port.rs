//! What storage and Segment must do for delivery.

use async_trait::async_trait;

use crate::{
    error::Result,
    ids::{MappingId, PartId, RunId},
    people::{Ordinal, Person, PersonSet, renaming::Without},
    time::{Instant, Span},
};

use super::{Lane, Transition, batch::Rendered, reason::Reasons, route::Route};

/// The right to work on something, until another process takes over.
///
/// Every write under a lease fails with [`crate::Error::Fenced`] once its epoch isn't the
/// stored one any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Raised by each change of hands.
    pub epoch: i64,
}

/// Hands out leases. A dead holder's lease passes on at once, a silent one's when it ends.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes the lease unless another living process has it.
    async fn acquire(&self, name: &str, now: Instant) -> Result<Option<Lease>>;

    /// Keeps it for longer; [`crate::Error::Fenced`] if another process has it.
    async fn renew(&self, lease: &Lease, now: Instant) -> Result<()>;

    /// Gives it back, so that the next process needn't wait.
    async fn release(&self, lease: &Lease) -> Result<()>;
}

/// A part with something to do, as its cursors stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Its identity.
    pub part: PartId,
    /// Which chunk of people.
    pub chunk: u32,
    /// What goes first.
    pub lane: Lane,
    /// In or out.
    pub transition: Transition,
    /// The mapping's counter of orders; part of every message id.
    pub generation: i64,
    /// When it was decided: the messages' timestamp.
    pub decided_at: Instant,
    /// Everyone in the part who isn't acknowledged yet.
    pub people: PersonSet,
    /// Places below are acknowledged.
    pub acknowledged: u32,
    /// Places below are claimed: those between were sent, or may have been.
    pub claimed: u32,
    /// When the newest claim was made.
    pub claimed_at: Option<Instant>,
    /// What it sent, where messages carry more than identifiers.
    pub rendered: Option<Vec<Rendered>>,
    /// Why those come in who haven't just joined; kept where an entry is told as an event.
    pub reasons: Reasons,
    /// Under which names; nothing in orders from before there were routes.
    pub route: Option<Route>,
}

impl Work {
    /// Whether what it sends is stored with the claim: fields may change before a resend.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.route.as_ref().is_some_and(Route::carries_more)
    }
}

/// People with the names under which a message tells about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Named {
    /// In the order of their numbers.
    pub people: Vec<(Ordinal, Person)>,
    /// Names that a new claim leaves out of exits, because somebody who stays has them.
    pub without: Vec<(Ordinal, Without)>,
    /// How often anybody's identifiers had changed before this was read.
    pub as_of: i64,
}

/// Why people are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// They are about to be claimed.
    Fresh,
    /// They were claimed, and are sent again as they were.
    Again,
}

/// What a mapping's delivery finds.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time, never in a list")]
pub enum Next {
    /// Something to send.
    Work(Work),
    /// Only parts that must wait for others.
    Blocked {
        /// For an answer that another drain of the mapping waits for now.
        soon: bool,
    },
    /// Nothing is left.
    Nothing,
}

/// One step of a part: what has been answered, and what will be sent next. One commit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advance {
    /// Places below are acknowledged now.
    pub acknowledged: u32,
    /// Of those, whom Segment refused, and why.
    pub dead: Vec<(Ordinal, String)>,
    /// Places below are claimed now.
    pub claimed: u32,
    /// What the claim was rendered from, see [`Named::as_of`].
    pub as_of: i64,
    /// Names that the claim's exits leave out.
    pub without: Vec<(Ordinal, Without)>,
    /// What the claim sends, if it must be kept.
    pub rendered: Option<Vec<Rendered>>,
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advanced {
    /// People taken out of the new claim at the door: a suppression has come since.
    pub masked: PersonSet,
    /// Who is claimed by it: nobody else is sent. The fast lane may have taken somebody over.
    pub claim: PersonSet,
    /// Nothing was claimed, because somebody's identifiers have changed since the claim was
    /// rendered. What was answered is kept.
    pub is_outdated: bool,
    /// Nothing new was claimed: the mapping was paused or stopped, or the run cancelled.
    pub held: bool,
}

/// Keeps the orders' parts.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// What to do next for a mapping, of its fast lane or of everything else, lanes in order.
    /// What is in doubt for too long isn't offered again, see
    /// [`super::retry::SENT_AGAIN_FOR`].
    async fn next(
        &self,
        lease: &Lease,
        mapping: MappingId,
        is_fast: bool,
        now: Instant,
    ) -> Result<Next>;

    /// These people with the names under which a mapping's messages tell about them: an entry
    /// by today's names, an exit by those of the entry.
    async fn named(
        &self,
        mapping: MappingId,
        transition: Transition,
        telling: Telling,
        people: &PersonSet,
    ) -> Result<Named>;

    /// Moves a part's cursors, counts for the run, and closes the part at its end.
    async fn advance(
        &self,
        lease: &Lease,
        run: RunId,
        part: PartId,
        step: &Advance,
        now: Instant,
    ) -> Result<Advanced>;
}

/// A batch as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// The events' JSON, each complete.
    pub events: Vec<&'a str>,
    /// Which lane pays for it.
    pub lane: Lane,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Segment's edge took the bytes.
    Accepted,
    /// It will never take them as they are.
    Refused(String),
    /// It won't take anything from us now: the key, the address.
    Unauthorized(String),
    /// It asks us to slow down.
    Limited(Option<Span>),
    /// It wasn't asked: Segment is in trouble. That was waited for; it may be over now.
    Held(String),
    /// Nobody knows: no answer, or a server's error.
    Failed(String),
}

/// Sends to Segment, within the budget of events.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// One try.
    async fn send(&self, batch: &Batch<'_>) -> Outcome;
}

/// Waits; `server` has the real one.
#[async_trait]
pub trait Sleep: Send + Sync {
    /// For this long.
    async fn sleep(&self, span: Span);
}
