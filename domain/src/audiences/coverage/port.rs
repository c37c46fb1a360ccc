//! What storage must do for the trend of coverage.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::trend::CoverageDay;
use crate::{day::Day, error::Result, ids::AudienceId, key::Key, time::Instant};

/// Keeps one count a day and audience.
#[async_trait]
pub trait TrendStore: Send + Sync {
    /// Keeps these, in place of what was counted earlier that day.
    async fn put_coverage(&self, days: &[(AudienceId, CoverageDay)], now: Instant) -> Result<()>;

    /// Each audience's days since then, the oldest first.
    async fn coverage_days(&self, since: Day) -> Result<BTreeMap<Key, Vec<CoverageDay>>>;
}
