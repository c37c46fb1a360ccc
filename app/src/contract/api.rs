//! Server functions of the contract: read, propose from what came in, let go. Those of a change
//! are in `change_api.rs`.

use domain::{
    contract::{ContractView, Group, Violation, noise::Noise, plans::PlansView, synonyms::Names},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::change_api::{DraftChange, page_of};
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
use crate::{error::AppError, vendor_answer::VendorAnswer};
#[cfg(feature = "ssr")]
use domain::access::Role;

/// The contract's page.
pub const PAGE: &str = "/contract";

/// The page of what isn't as agreed.
pub const QUARANTINE: &str = "/contract/quarantine";

/// The page of the names under which events come in.
pub const NAMES: &str = "/contract/names";

/// The page of the events that nobody reads.
pub const NOISE: &str = "/contract/noise";

/// The page of Segment's tracking plans.
pub const PLANS: &str = "/contract/plans";

/// Where a file with the rules of a tracking plan is posted to.
pub const IMPORT: &str = "/contract/tracking-plan/file";

/// Where a refused file leads: the contract, with why.
#[cfg(feature = "ssr")]
#[must_use]
pub fn back_to_contract(error: AppError) -> String {
    crate::form::back_with::<DraftChange>(error, PAGE, &[]).unwrap_or_else(|_| PAGE.to_owned())
}

/// What the contract's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRead {
    /// When this was read.
    pub now: Instant,
    /// The contract.
    pub view: ContractView,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// What the quarantine's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRead {
    /// When this was read.
    pub now: Instant,
    /// What stands there.
    pub groups: Vec<Group>,
    /// The text that they have in them; empty for all of them.
    pub find: String,
    /// Whether whoever looks may propose a change, and read what events say.
    pub may_propose: bool,
    /// Whether they may decide.
    pub may_decide: bool,
}

/// The names under which events come in, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesRead {
    /// The names.
    pub names: Names,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// The events that nobody reads, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoiseRead {
    /// When this was read.
    pub now: Instant,
    /// The events.
    pub noise: Noise,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// Segment's tracking plans, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlansRead {
    /// They, or why they can't be read.
    pub plans: VendorAnswer<PlansView>,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
    /// Whether they may change a plan.
    pub may_push: bool,
}

/// The page of the tracking plans with one of them open.
#[must_use]
pub fn page_of_plan(plan: &str) -> String {
    format!("{PLANS}?plan={}", crate::format::in_address(plan))
}

/// What is in force, proposed, and not as agreed.
#[server(prefix = "/fn", endpoint = "read_contract")]
pub async fn read_contract() -> Result<ContractRead, AppError> {
    let (services, actor) = enter()?;
    Ok(ContractRead {
        now: services.clock.now(),
        view: services.contract.view().await?,
        may_propose: actor.role >= Role::Operator,
    })
}

/// What stands in quarantine.
#[server(prefix = "/fn", endpoint = "read_quarantine")]
pub async fn read_quarantine(
    /// A text that each shown group has in it.
    find: String,
) -> Result<QuarantineRead, AppError> {
    let (services, actor) = enter()?;
    Ok(QuarantineRead {
        now: services.clock.now(),
        groups: services.contract.quarantined(&find, &actor).await?,
        find: find.trim().to_owned(),
        may_propose: actor.role >= Role::Operator,
        may_decide: actor.role >= Role::Approver,
    })
}

/// The names under which events came in lately.
#[server(prefix = "/fn", endpoint = "read_names")]
pub async fn read_names() -> Result<NamesRead, AppError> {
    let (services, actor) = enter()?;
    let names = services.contract.names().await?;
    Ok(NamesRead { names, may_propose: actor.role >= Role::Operator })
}

/// Segment's tracking plans.
#[server(prefix = "/fn", endpoint = "read_plans")]
pub async fn read_plans(
    /// The one that is held against the contract; empty for none.
    plan: String,
) -> Result<PlansRead, AppError> {
    let (services, actor) = enter()?;
    Ok(PlansRead {
        plans: VendorAnswer::of(services.plans.view(&plan).await)?,
        may_propose: actor.role >= Role::Operator,
        may_push: actor.role >= Role::Approver,
    })
}

/// Begins a change from a tracking plan.
#[server(prefix = "/fn", endpoint = "pull_plan")]
pub async fn pull_plan(
    /// Which.
    plan: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.plans.pull(&plan, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<PullPlan>(outcome.await, &page_of_plan(&plan), &[])
}

/// Makes a tracking plan as the contract says.
#[server(prefix = "/fn", endpoint = "push_plan")]
pub async fn push_plan(
    /// Which.
    plan: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.plans.push(&plan, &actor).await?;
        Ok(page_of_plan(&plan))
    };
    finish::<PushPlan>(outcome.await, &page_of_plan(&plan), &[])
}

/// The events that nobody reads.
#[server(prefix = "/fn", endpoint = "read_noise")]
pub async fn read_noise() -> Result<NoiseRead, AppError> {
    let (services, actor) = enter()?;
    Ok(NoiseRead {
        now: services.clock.now(),
        noise: services.contract.noise().await?,
        may_propose: actor.role >= Role::Operator,
    })
}

/// Asks for approval that an event goes nowhere, or on again.
#[server(prefix = "/fn", endpoint = "stop_event")]
pub async fn stop_event(
    /// Which.
    name: String,
    /// `true` to stop it.
    #[server(default)]
    stop: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.contract.stop_event(&name, stop == "true", &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<StopEvent>(outcome.await, NOISE, &[])
}

/// Puts a name as an alias into a draft.
#[server(prefix = "/fn", endpoint = "propose_alias")]
pub async fn propose_alias(
    /// As it comes in.
    name: String,
    /// The event that it stands for.
    canonical: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.contract.propose_alias(&name, &canonical, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<ProposeAlias>(outcome.await, NAMES, &[])
}

/// Begins a change under which a group in quarantine would be as agreed.
#[server(prefix = "/fn", endpoint = "propose_group")]
pub async fn propose_group(
    /// The event.
    name: String,
    /// What is wrong, as JSON.
    violation: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let again = |_| AppError::invalid("violation", "Load the page again");
        let violation: Violation = serde_json::from_str(&violation).map_err(again)?;
        let id = services.contract.propose_from(&name, &violation, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<ProposeGroup>(outcome.await, QUARANTINE, &[])
}

/// Events of a group in quarantine, as they came.
#[server(prefix = "/fn", endpoint = "read_samples")]
pub async fn read_samples(
    /// The event.
    name: String,
    /// What is wrong.
    violation: Violation,
    /// A text that they have in them.
    find: String,
) -> Result<Vec<String>, AppError> {
    let (services, actor) = enter()?;
    Ok(services.contract.samples(&name, &violation, &find, &actor).await?)
}

/// Lets a group go on as it is, or discards it.
#[server(prefix = "/fn", endpoint = "settle_quarantine")]
pub async fn settle_quarantine(
    /// The event.
    name: String,
    /// What is wrong, as JSON.
    violation: String,
    /// `release` or `discard`.
    what: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let again = |_| AppError::invalid("violation", "Load the page again");
        let violation: Violation = serde_json::from_str(&violation).map_err(again)?;
        let release = match what.as_str() {
            "release" => true,
            "discard" => false,
            _ => return Err(AppError::invalid("what", "Release or discard them")),
        };
        services.contract.settle(&name, &violation, release, &actor).await?;
        Ok(QUARANTINE.to_owned())
    };
    finish::<SettleQuarantine>(outcome.await, QUARANTINE, &[])
}
