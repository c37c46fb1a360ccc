//! Server functions of events: how the entrances fare, who may call, and who is the canary.

#[cfg(feature = "ssr")]
use domain::{access::Role, events::Origin};
use domain::{
    events::{Entrances, canary::Canary},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The page of the entrances.
pub const PAGE: &str = "/settings/connections/events";

/// How the entrances fare, and when this was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrancesView {
    /// When this was read.
    pub now: Instant,
    /// How they fare.
    pub entrances: Entrances,
    /// Who proves that purchasers leave.
    pub canary: Canary,
    /// Whether whoever reads this may choose another.
    pub may_change: bool,
    /// Whether they may enter keys.
    pub may_connect: bool,
}

/// How the entrances fare.
#[server(prefix = "/fn", endpoint = "read_entrances")]
pub async fn read_entrances() -> Result<EntrancesView, AppError> {
    let (services, actor) = enter()?;
    Ok(EntrancesView {
        entrances: services.events.entrances().await?,
        canary: services.canary.read().await?,
        may_change: actor.role >= Role::Operator,
        may_connect: actor.role >= Role::Admin,
        now: services.clock.now(),
    })
}

/// Enters what Customer.io signs reports with.
#[server(prefix = "/fn", endpoint = "save_reporting_key")]
pub async fn save_reporting_key(
    /// Never shown again.
    #[server(default)]
    reporting_signing_key: String,
) -> Result<(), AppError> {
    let saved = enter_key(Origin::Reporting, &reporting_signing_key).await;
    finish::<SaveReportingKey>(saved, PAGE, &[])
}

/// Enters what Customer.io signs a campaign's calls with.
#[server(prefix = "/fn", endpoint = "save_campaign_key")]
pub async fn save_campaign_key(
    /// Never shown again.
    #[server(default)]
    campaign_signing_key: String,
) -> Result<(), AppError> {
    let saved = enter_key(Origin::Campaign, &campaign_signing_key).await;
    finish::<SaveCampaignKey>(saved, PAGE, &[])
}

#[cfg(feature = "ssr")]
async fn enter_key(origin: Origin, key: &str) -> Result<String, AppError> {
    let (services, actor) = enter()?;
    services.events.enter_key(origin, key, &actor).await?;
    Ok(PAGE.to_owned())
}

/// Lets somebody send to `/v1`.
#[server(prefix = "/fn", endpoint = "add_source")]
pub async fn add_source(
    /// Their name.
    #[server(default)]
    source: String,
    /// Never shown again.
    #[server(default)]
    write_key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.events.add_source(&source, &write_key, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<AddSource>(outcome.await, PAGE, &[("source", &source)])
}

/// Lets nobody send to `/v1` under a source's key any more.
#[server(prefix = "/fn", endpoint = "retire_source")]
pub async fn retire_source(
    /// Its name.
    source: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.events.retire_source(&source, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<RetireSource>(outcome.await, PAGE, &[])
}

/// Makes somebody the canary, and a pinned test person.
#[server(prefix = "/fn", endpoint = "choose_canary")]
pub async fn choose_canary(
    /// A Customer.io id, an id or an e-mail address.
    #[server(default)]
    person: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.canary.choose(&person, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<ChooseCanary>(outcome.await, PAGE, &[])
}

/// From now on nobody is the canary.
#[server(prefix = "/fn", endpoint = "dismiss_canary")]
pub async fn dismiss_canary() -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.canary.dismiss(&actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<DismissCanary>(outcome.await, PAGE, &[])
}
