//! Server functions of runs.

use domain::{mappings::MappingRow, sync::RunRow, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::error::AppError;

/// A run and the mapping it is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunView {
    /// When this was read.
    pub now: Instant,
    /// The run.
    pub run: RunRow,
    /// Its mapping, unless it was retired.
    pub mapping: Option<MappingRow>,
}

/// One run.
#[server(prefix = "/fn", endpoint = "read_run")]
pub async fn read_run(
    /// Its id.
    id: String,
) -> Result<RunView, AppError> {
    let (services, _) = enter()?;
    let id = id.parse().map_err(|_| AppError::NotFound { what: format!("run {id}") })?;
    let run = services.runs.get(id).await?;
    let mapping = services.mappings.get(&run.mapping).await.ok();
    Ok(RunView { now: services.clock.now(), run, mapping })
}
