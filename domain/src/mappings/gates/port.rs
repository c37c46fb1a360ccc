//! What storage must do for gates.

use async_trait::async_trait;

use crate::{error::Result, key::Key, time::Instant};

use super::{Gate, Pass};

/// Keeps who went through a gate that blocks; those that hold come with the mapping's row. Each
/// change is in the audit trail under `by`.
#[async_trait]
pub trait GateStore: Send + Sync {
    /// Records one in place of the one before. [`crate::Error::NotFound`] if there is no such
    /// mapping.
    async fn put_override(&self, pass: &Pass, by: &str, now: Instant) -> Result<()>;

    /// Ends one. [`crate::Error::NotFound`] if there is none.
    async fn withdraw_override(
        &self,
        mapping: &Key,
        gate: Gate,
        by: &str,
        now: Instant,
    ) -> Result<()>;
}
