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

/// Keeps until when a vendor has asked to be left alone. It outlives the process that was told.
#[async_trait]
pub trait WaitStore: Send + Sync {
    /// The latest such moment, past ones too.
    async fn wait(&self, vendor: Vendor) -> Result<Option<Instant>>;

    /// Keeps a moment in place of the former one.
    async fn put_wait(&self, vendor: Vendor, until: Instant) -> Result<()>;
}

/// Tries a connection for real.
#[async_trait]
pub trait ConnectionTester: Send + Sync {
    /// One harmless call with the stored key; says what it proves and what it doesn't.
    async fn test(&self, vendor: Vendor, now: Instant) -> TestResult;
}
