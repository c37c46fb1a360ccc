//! Server functions of notices: read, enter the webhook, try it, tell nobody any more.

use domain::{notices::NoticesView, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The page of notices.
pub const PAGE: &str = "/settings/notices";

/// Where notices go and what was told, for whoever looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesRead {
    /// When this was read.
    pub now: Instant,
    /// Where, and what.
    pub view: NoticesView,
    /// Whether whoever looks may change where they go.
    pub may_change: bool,
}

/// Where notices go and what was told.
#[server(prefix = "/fn", endpoint = "read_notices")]
pub async fn read_notices() -> Result<NoticesRead, AppError> {
    let (services, actor) = enter()?;
    Ok(NoticesRead {
        now: services.clock.now(),
        view: services.notices.view().await?,
        may_change: actor.role >= domain::access::Role::Admin,
    })
}

/// Enters where notices go.
#[server(prefix = "/fn", endpoint = "enter_webhook")]
pub async fn enter_webhook(
    /// The address.
    #[server(default)]
    webhook: String,
    /// What is signed with; empty to leave it.
    #[server(default)]
    signing_key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.notices.enter(&webhook, &signing_key, &actor).await?;
        Ok(PAGE.to_owned())
    };
    // Neither is shown again: whoever knows the address can post there.
    finish::<EnterWebhook>(outcome.await, PAGE, &[])
}

/// Posts a test.
#[server(prefix = "/fn", endpoint = "test_webhook")]
pub async fn test_webhook() -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.notices.test(&actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<TestWebhook>(outcome.await, PAGE, &[])
}

/// Tells nobody any more.
#[server(prefix = "/fn", endpoint = "forget_webhook")]
pub async fn forget_webhook() -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.notices.forget(&actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<ForgetWebhook>(outcome.await, PAGE, &[])
}
