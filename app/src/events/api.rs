//! Server functions of events: how the entrances fare.

use domain::{events::Entrances, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::error::AppError;

/// The page of the entrances.
pub const PAGE: &str = "/settings/connections/events";

/// How the entrances fare, and when this was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrancesView {
    /// When this was read.
    pub now: Instant,
    /// How they fare.
    pub entrances: Entrances,
}

/// How the entrances fare.
#[server(prefix = "/fn", endpoint = "read_entrances")]
pub async fn read_entrances() -> Result<EntrancesView, AppError> {
    let (services, _) = enter()?;
    let entrances = services.events.entrances().await?;
    Ok(EntrancesView { now: services.clock.now(), entrances })
}
