//! Server functions of the workspace: read and save.

use domain::workspace::Workspace;
#[cfg(feature = "ssr")]
use domain::workspace::service::Typed;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The page of the workspace.
pub const PAGE: &str = "/settings/workspace";

/// What was decided, and what can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceView {
    /// What was decided.
    pub workspace: Workspace,
    /// Names of time zones.
    pub zones: Vec<String>,
    /// Whether whoever reads this may change it.
    pub may_change: bool,
}

/// What was decided.
#[server(prefix = "/fn", endpoint = "read_workspace")]
pub async fn read_workspace() -> Result<WorkspaceView, AppError> {
    let (services, actor) = enter()?;
    Ok(WorkspaceView {
        workspace: services.workspace.read().await?,
        zones: services.workspace.zones(),
        may_change: actor.require(domain::access::Role::Admin).is_ok(),
    })
}

/// Changes it. The document is loaded anew: every time on it is shown in the new zone.
#[server(prefix = "/fn", endpoint = "save_workspace")]
pub async fn save_workspace(
    /// A name of the IANA database.
    #[server(default)]
    time_zone: String,
    /// Three letters.
    #[server(default)]
    currency: String,
    /// What 1,000 impressions cost.
    #[server(default)]
    cost_per_thousand: String,
    /// How many of them a person sees in a day.
    #[server(default)]
    impressions_a_day: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let typed = Typed {
            time_zone: &time_zone,
            currency: &currency,
            cost_per_thousand: &cost_per_thousand,
            impressions_a_day: &impressions_a_day,
        };
        services.workspace.save(&typed, &actor).await?;
        Ok(PAGE.to_owned())
    };
    let typed = [
        ("time_zone", &*time_zone),
        ("currency", &*currency),
        ("cost_per_thousand", &*cost_per_thousand),
        ("impressions_a_day", &*impressions_a_day),
    ];
    finish::<SaveWorkspace>(outcome.await, PAGE, &typed)
}
