//! The server function of the overview.

use domain::{
    audiences::{AudienceRow, coverage::AudienceCoverage},
    connections::ConnectionView,
    delivery::letters::LetterCount,
    events::canary::Canary,
    mappings::MappingRow,
    suppression::SuppressionRow,
    sync::RunRow,
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{approvals::api::waiting, context::enter};

/// Newest runs that the overview shows.
#[cfg(feature = "ssr")]
const RUNS: usize = 8;

/// Everything at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// When this was read.
    pub now: Instant,
    /// Keys and regions.
    pub connections: Vec<ConnectionView>,
    /// Promoted segments.
    pub audiences: Vec<AudienceRow>,
    /// Audiences too many of whose members can't be found.
    pub gaps: Vec<AudienceCoverage>,
    /// How many destinations there are.
    pub destinations: u64,
    /// Those that need somebody first.
    pub mappings: Vec<MappingRow>,
    /// What keeps people out.
    pub suppressions: Vec<SuppressionRow>,
    /// The newest first.
    pub runs: Vec<RunRow>,
    /// Whom Segment refused.
    pub letters: LetterCount,
    /// Decisions that wait for somebody.
    pub waiting: u64,
    /// Whether purchasers are proven to leave.
    pub canary: Canary,
    /// First steps that are done, and all of them, while they go on.
    pub first_steps: Option<(u64, u64)>,
}

/// What the overview shows.
#[server(prefix = "/fn", endpoint = "read_overview")]
pub async fn read_overview() -> Result<Overview, AppError> {
    let (services, actor) = enter()?;
    let mut runs = services.runs.recent(None, None).await?;
    runs.truncate(RUNS);
    Ok(Overview {
        runs,
        connections: services.connections.list().await?,
        audiences: services.audiences.list().await?,
        gaps: services.coverage.alarms().await?,
        destinations: services.destinations.list().await?.len() as u64,
        mappings: services.mappings.list().await?,
        suppressions: services.suppression.list().await?,
        canary: services.canary.read().await?,
        waiting: waiting(&services, &actor).await?,
        first_steps: crate::first_steps::api::progress(&services).await?,
        letters: services.delivery.letters().await?.count(None),
        now: services.clock.now(),
    })
}
