//! Server functions of approvals: list, release, discard, accept.

use domain::{access::Actor, approvals::Approvals, contract::request::Request, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::{access::Role, services::Services};

/// The page of approvals.
pub const PAGE: &str = "/approvals";

/// Everything that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalsView {
    /// When this was read.
    pub now: Instant,
    /// Who reads it.
    pub actor: Actor,
    /// Whether a second person is asked.
    pub second_person: bool,
    /// Runs, readings and changes of the configuration.
    pub approvals: Approvals,
    /// Changes of the contract.
    pub changes: Vec<Request>,
}

/// Everything that waits.
#[server(prefix = "/fn", endpoint = "read_approvals")]
pub async fn read_approvals() -> Result<ApprovalsView, AppError> {
    let (services, actor) = enter()?;
    Ok(ApprovalsView {
        now: services.clock.now(),
        actor,
        second_person: services.configuration.load().await?.settings.second_person,
        approvals: services.approvals.list().await?,
        changes: services.contract.waiting().await?,
    })
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
    let Approvals { runs, shrunk, proposals } = services.approvals.list().await?;
    let changes = services.contract.waiting().await?;
    let changes = changes.iter().filter(|change| change.author != actor.name).count();
    let proposals = proposals.iter().filter(|one| one.may_be_approved_by(actor)).count();
    Ok((runs.len() + shrunk.len() + changes + proposals) as u64)
}

/// Where a change of the configuration waits.
#[must_use]
pub fn waiting_at(proposal: &str) -> String {
    format!("{PAGE}#{proposal}")
}

/// Approves what somebody else proposes.
#[server(prefix = "/fn", endpoint = "approve_proposal")]
pub async fn approve_proposal(
    /// Which.
    proposal: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.approvals.approve(id_of(&proposal)?, "", &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<ApproveProposal>(outcome.await, PAGE, &[])
}

/// Turns it away.
#[server(prefix = "/fn", endpoint = "reject_proposal")]
pub async fn reject_proposal(
    /// Which.
    proposal: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.approvals.reject(id_of(&proposal)?, "", &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<RejectProposal>(outcome.await, PAGE, &[])
}

/// Takes it back.
#[server(prefix = "/fn", endpoint = "withdraw_proposal")]
pub async fn withdraw_proposal(
    /// Which.
    proposal: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.approvals.withdraw(id_of(&proposal)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<WithdrawProposal>(outcome.await, PAGE, &[])
}

/// Asks a second person from now on, or no more.
#[server(prefix = "/fn", endpoint = "ask_second_person")]
pub async fn ask_second_person(
    /// `yes` or nothing.
    #[server(default)]
    asked: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.approvals.ask_second_person(asked == "yes", &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<AskSecondPerson>(outcome.await, PAGE, &[])
}

#[cfg(feature = "ssr")]
fn id_of(proposal: &str) -> Result<domain::ids::ProposalId, AppError> {
    let missing = |_| AppError::NotFound { what: format!("proposal {proposal}") };
    proposal.parse().map_err(missing)
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
