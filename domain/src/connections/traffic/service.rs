//! Asks what our source received lately.

use std::sync::Arc;

use crate::{error::Result, time::Clock};

use super::{LOOKS_BACK, SourceTraffic, port::TrafficReader};

/// Reads; nothing is kept.
pub struct TrafficService {
    /// Who counts.
    pub reader: Arc<dyn TrafficReader>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl TrafficService {
    /// What came in the last 24 hours.
    pub async fn lately(&self) -> Result<SourceTraffic> {
        let now = self.clock.now();
        Ok(self.reader.traffic(now.minus(LOOKS_BACK), now).await?)
    }
}
