//! What storage and the vendors' clients must do for connections.

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{ConnectionView, TestResult, Vendor};

/// Reads connections without their keys and keeps what tests said.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// How one is set up.
    async fn view(&self, vendor: Vendor) -> Result<ConnectionView>;

    /// Keeps the newest test.
    async fn put_test(&self, vendor: Vendor, result: &TestResult) -> Result<()>;
}

/// Tries a connection for real.
#[async_trait]
pub trait ConnectionTester: Send + Sync {
    /// One harmless call with the stored key; says what it proves and what it doesn't.
    async fn test(&self, vendor: Vendor, now: Instant) -> TestResult;
}
