//! What storage must do for gates.

use async_trait::async_trait;

use crate::{error::Result, key::Key, time::Instant};

use super::{Gate, Pass, SignOff};

/// Keeps who went through a gate that blocks, and whose QA is signed off. Overrides that hold come
/// with the mapping's row. Each change is in the audit trail under `by`.
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

    /// The sign-offs of all mappings that aren't retired, by mapping.
    async fn sign_offs(&self) -> Result<Vec<(Key, SignOff)>>;

    /// Keeps one in place of the one before. [`crate::Error::NotFound`] if there is no such
    /// mapping.
    async fn put_sign_off(&self, mapping: &Key, sign_off: &SignOff) -> Result<()>;

    /// Takes one back. [`crate::Error::NotFound`] if there is none.
    async fn withdraw_sign_off(&self, mapping: &Key, by: &str, now: Instant) -> Result<()>;
}
