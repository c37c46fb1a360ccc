//! An audience's ledger: every acknowledged entry and exit of its people, as far back as the
//! history is kept.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    delivery::Transition,
    error::{Error, Result},
    ids::{PartId, RunId},
    key::Key,
    time::Instant,
};

/// Parts that are read at a time: at most 65,536 people each, mostly a handful.
const AT_ONCE: usize = 20;

/// One acknowledged transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// When it was decided.
    pub at: Instant,
    /// Who, by Customer.io's id.
    pub cio_id: String,
    /// In or out.
    pub transition: Transition,
    /// By which mapping.
    pub mapping: Key,
    /// Where.
    pub destination: Key,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// The run that decided it.
    pub run: RunId,
    /// An exit because a suppression holds them; other exits left the audience, or are
    /// withheld for another cause.
    pub is_suppressed: bool,
}

/// Reads ledgers.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// The parts in which people of an audience were told of, the oldest first; nothing if
    /// there is no such audience.
    async fn ledger_parts(&self, audience: &Key) -> Result<Option<Vec<PartId>>>;

    /// What was acknowledged in these parts, in their order. Whoever was forgotten since has
    /// no line.
    async fn ledger_lines(&self, parts: &[PartId]) -> Result<Vec<LedgerLine>>;
}

/// Hands a ledger out, some parts at a time.
pub struct LedgerService {
    store: Arc<dyn LedgerStore>,
}

impl LedgerService {
    /// Over this.
    pub fn new(store: Arc<dyn LedgerStore>) -> Self {
        Self { store }
    }

    /// The parts of an audience, to be read slice by slice by [`Self::lines`].
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such audience.
    pub async fn slices(&self, audience: &Key) -> Result<Vec<Vec<PartId>>> {
        let parts = self.store.ledger_parts(audience).await?;
        let parts = parts.ok_or_else(|| Error::NotFound(format!("audience {audience}")))?;
        Ok(parts.chunks(AT_ONCE).map(<[PartId]>::to_vec).collect())
    }

    /// The lines of a slice.
    pub async fn lines(&self, slice: &[PartId]) -> Result<Vec<LedgerLine>> {
        self.store.ledger_lines(slice).await
    }
}
