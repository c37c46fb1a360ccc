//! What Segment's Public API must do for destinations.

use async_trait::async_trait;

use crate::error::VendorError;

use super::Offered;

/// A source in Segment with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// What the workspace calls the source.
    pub source: String,
    /// The destinations that are connected to it.
    pub destinations: Vec<Offered>,
}

/// Reads the workspace in Segment. It is asked once; whoever asked may ask again.
#[async_trait]
pub trait PublicApi: Send + Sync {
    /// The source that our write key belongs to, and its destinations.
    async fn behind_our_source(&self) -> Result<Behind, VendorError>;
}
