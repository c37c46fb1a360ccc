//! What storage and Segment must do for delivery.

use async_trait::async_trait;

use crate::{
    error::Result,
    ids::{MappingId, PartId, RunId},
    people::{Ordinal, PersonSet},
    time::{Instant, Span},
};

use super::{Lane, Transition};

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
}

/// What a mapping's delivery finds.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Something to send.
    Work(Work),
    /// Only parts that must wait for others.
    Blocked,
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
}

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advanced {
    /// People taken out of the new claim at the door: a suppression has come since.
    pub masked: PersonSet,
    /// Nothing new was claimed: the mapping was paused or stopped, or the run cancelled.
    pub held: bool,
}

/// Keeps the orders' parts.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// What to do next for a mapping, lanes in order.
    async fn next(&self, lease: &Lease, mapping: MappingId) -> Result<Next>;

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
pub struct Batch {
    /// The events' JSON, each complete.
    pub events: Vec<String>,
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
    /// Nobody knows: no answer, or a server's error.
    Failed(String),
}

/// Sends to Segment, within the budget of events.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// One try.
    async fn send(&self, batch: &Batch) -> Outcome;
}

/// Waits; `server` has the real one.
#[async_trait]
pub trait Sleep: Send + Sync {
    /// For this long.
    async fn sleep(&self, span: Span);
}
