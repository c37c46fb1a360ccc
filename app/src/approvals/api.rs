//! Server functions of approvals: list, release, discard, accept.

use domain::{approvals::Approvals, contract::request::Request, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::{
    access::{Actor, Role},
    services::Services,
};

/// The page of approvals.
pub const PAGE: &str = "/approvals";

/// Everything that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalsView {
    /// When this was read.
    pub now: Instant,
    /// Runs and readings.
    pub approvals: Approvals,
    /// Changes of the contract.
    pub changes: Vec<Request>,
}

/// Everything that waits.
#[server(prefix = "/fn", endpoint = "read_approvals")]
pub async fn read_approvals() -> Result<ApprovalsView, AppError> {
    let (services, _) = enter()?;
    let approvals = services.approvals.list().await?;
    let changes = services.contract.waiting().await?;
    Ok(ApprovalsView { now: services.clock.now(), approvals, changes })
}

/// How many things wait for somebody who may decide; nothing for those who may not.
#[server(prefix = "/fn", endpoint = "read_waiting")]
pub async fn read_waiting() -> Result<u64, AppError> {
    let (services, actor) = enter()?;
    if actor.role < Role::Approver {
        return Ok(0);
    }
    waiting(&services, &actor).await
}

/// How many things wait for somebody else than their author.
#[cfg(feature = "ssr")]
pub async fn waiting(services: &Services, actor: &Actor) -> Result<u64, AppError> {
    let runs = services.approvals.list().await?.len();
    let changes = services.contract.waiting().await?;
    let others = changes.iter().filter(|change| change.author != actor.name).count();
    Ok((runs + others) as u64)
}

/// Sends what a run held back.
#[server(prefix = "/fn", endpoint = "release_run")]
pub async fn release_run(
    /// Which.
    run: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let missing = |_| AppError::NotFound { what: format!("run {run}") };
        services.approvals.release(run.parse().map_err(missing)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<ReleaseRun>(outcome.await, PAGE, &[])
}

/// Drops what a run held back, and pauses its mapping.
#[server(prefix = "/fn", endpoint = "discard_run")]
pub async fn discard_run(
    /// Which.
    run: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let missing = |_| AppError::NotFound { what: format!("run {run}") };
        services.approvals.discard(run.parse().map_err(missing)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<DiscardRun>(outcome.await, PAGE, &[])
}

/// Takes a small reading of a suppression's audience for true.
#[server(prefix = "/fn", endpoint = "accept_shrunk")]
pub async fn accept_shrunk(
    /// Which.
    audience: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let missing = |_| AppError::NotFound { what: format!("audience {audience}") };
        let key = audience.parse().map_err(missing)?;
        services.approvals.accept_shrunk(&key, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<AcceptShrunk>(outcome.await, PAGE, &[])
}
