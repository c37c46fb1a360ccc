//! What storage and the vendors' clients must do for connections.

use async_trait::async_trait;

use crate::{error::Result, time::Instant};

use super::{ConnectionView, KeySource, TestResult, Vendor, circuit::Outage};

/// Reads connections without their keys and keeps what tests said.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// How one is set up, and how it fares as of `now`.
    async fn view(&self, vendor: Vendor, now: Instant) -> Result<ConnectionView>;

    /// Where the token of Segment's Public API comes from; nothing if none is set.
    async fn public_token(&self) -> Result<Option<KeySource>>;

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

/// Keeps which vendors can't be used, so that every process knows.
#[async_trait]
pub trait OutageStore: Send + Sync {
    /// Tells that a vendor can't be used, or still can't; audited where that is new.
    async fn tell(&self, vendor: Vendor, outage: &Outage, now: Instant) -> Result<()>;

    /// Tells that it can be used again; audited unless it was told before.
    async fn tell_end(&self, vendor: Vendor, now: Instant) -> Result<()>;

    /// Asks whoever tells of an outage to try at once, audited. [`crate::Error::Conflict`] if
    /// there is none.
    async fn want_try(&self, vendor: Vendor, by: &str, now: Instant) -> Result<()>;

    /// Whether somebody has asked; only once for each time.
    async fn take_wanted_try(&self, vendor: Vendor) -> Result<bool>;
}

/// Tries a connection for real.
#[async_trait]
pub trait ConnectionTester: Send + Sync {
    /// One harmless call with the stored key; says what it proves and what it doesn't.
    async fn test(&self, vendor: Vendor, now: Instant) -> TestResult;
}
