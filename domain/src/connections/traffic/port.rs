//! What Segment's Public API must do to tell what a source received.

use async_trait::async_trait;

use crate::{error::VendorError, time::Instant};

use super::SourceTraffic;

/// Counts what our source received. It is asked once; whoever asked may ask again.
#[async_trait]
pub trait TrafficReader: Send + Sync {
    /// Between two moments, as far as Segment has counted.
    async fn traffic(&self, from: Instant, to: Instant) -> Result<SourceTraffic, VendorError>;
}
