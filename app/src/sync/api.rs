//! Server functions of runs: read, cancel.

#[cfg(feature = "ssr")]
use domain::ids::RunId;
use domain::{mappings::MappingRow, sync::RunRow, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

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

/// Cancels a running run.
#[server(prefix = "/fn", endpoint = "cancel_run")]
pub async fn cancel_run(
    /// Its id.
    id: String,
) -> Result<(), AppError> {
    let run = id.parse::<RunId>();
    // An address that came back is never followed.
    let page = run.as_ref().map_or_else(|_| "/mappings".to_owned(), |run| format!("/runs/{run}"));
    let outcome = async {
        let (services, actor) = enter()?;
        let run = run.map_err(|_| AppError::NotFound { what: format!("run {id}") })?;
        services.runs.cancel(run, &actor).await?;
        Ok(page.clone())
    };
    finish::<CancelRun>(outcome.await, &page, &[])
}
