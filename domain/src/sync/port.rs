//! What storage must do for runs and orders.

use async_trait::async_trait;

use crate::{
    delivery::{message::Installation, port::Lease, route::Route},
    error::Result,
    ids::{MappingId, OrderId, RunId},
    mappings::Mapping,
    people::{Ordinal, PersonSet},
    time::Instant,
};

use super::{RunState, decide::Decision, gate};

/// Everything that an order is made from.
#[derive(Clone, Copy, Debug)]
pub struct OrderRequest<'a> {
    /// The run that decided it.
    pub run: RunId,
    /// The order's identity.
    pub order: OrderId,
    /// Whose.
    pub mapping: &'a Mapping,
    /// Under which names its messages go.
    pub route: &'a Route,
    /// It is retired: whoever is there leaves.
    pub is_closing: bool,
    /// What was decided.
    pub decision: &'a Decision,
    /// Whom a suppression keeps out: their exits go first.
    pub suppressed: &'a PersonSet,
    /// The decision's moment.
    pub now: Instant,
}

/// What an order holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ordered {
    /// Transitions in.
    pub entered: u64,
    /// Transitions out.
    pub exited: u64,
    /// Of those who come in, how many are there already, and don't leave before.
    pub repeated: u64,
    /// What waits for an operator, and isn't in the order.
    pub held: Option<gate::Change>,
    /// Once this is drained, there is more to order: people leave a place before they come
    /// into another one.
    pub again: bool,
}

/// Who has which identifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IdentifierSets {
    /// An e-mail address.
    pub email: PersonSet,
    /// A phone number.
    pub phone: PersonSet,
    /// An id of the workspace's own.
    pub id: PersonSet,
}

/// Keeps runs and orders.
#[async_trait]
pub trait SyncStore: Send + Sync {
    /// Who we are in message ids.
    async fn installation(&self) -> Result<Installation>;

    /// Begins a run, takes the wish for it if there was one, and closes runs of the mapping
    /// whose process died.
    async fn begin(&self, lease: &Lease, run: RunId, mapping: &Mapping, now: Instant)
    -> Result<()>;

    /// Who has which identifier.
    async fn identifier_sets(&self) -> Result<IdentifierSets>;

    /// The people's ids in Customer.io.
    async fn cio_ids(&self, people: &PersonSet) -> Result<Vec<(Ordinal, String)>>;

    /// Who is at a mapping's destination, everything claimed taken for answered.
    async fn present(&self, mapping: MappingId) -> Result<PersonSet>;

    /// Who has been in the mapping's audience for less than its offset, and who was ordered out
    /// of its destination less than its dwell ago.
    async fn waiting(&self, mapping: &Mapping, now: Instant) -> Result<PersonSet>;

    /// Whom Segment refused in a mapping, until somebody changes that.
    async fn refused(&self, mapping: MappingId) -> Result<PersonSet>;

    /// Diffs the decision against what is present and writes the difference as parts, all
    /// in one transaction. What an older order hasn't claimed is replaced. Nothing changed,
    /// nothing ordered.
    async fn order(&self, lease: &Lease, request: &OrderRequest<'_>) -> Result<Ordered>;

    /// Ends a run.
    async fn finish(
        &self,
        run: RunId,
        state: RunState,
        error: Option<&str>,
        now: Instant,
    ) -> Result<()>;
}
