//! Server functions of delivery: stop, resume.

use domain::{
    delivery::stop::{Scope, Stop},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopsView {
    /// When this was read.
    pub now: Instant,
    /// Of everything first, then by destination.
    pub stops: Vec<Stop>,
}

/// The destination's key as the forms send it; empty for everything.
pub fn scope_value(scope: &Scope) -> String {
    match scope {
        Scope::Everything => String::new(),
        Scope::Destination(key) => key.to_string(),
    }
}

#[cfg(feature = "ssr")]
fn scope(destination: &str) -> Result<Scope, AppError> {
    match destination {
        "" => Ok(Scope::Everything),
        key => key
            .parse()
            .map(Scope::Destination)
            .map_err(|_| AppError::NotFound { what: format!("destination {key}") }),
    }
}

/// The stops in force.
#[server(prefix = "/fn", endpoint = "read_stops")]
pub async fn read_stops() -> Result<StopsView, AppError> {
    let (services, _) = enter()?;
    let stops = services.delivery.stops().await?;
    Ok(StopsView { now: services.clock.now(), stops })
}

/// Stops what doesn't protect.
#[server(prefix = "/fn", endpoint = "stop_delivery")]
pub async fn stop_delivery(
    /// Empty for everything.
    #[server(default)]
    destination: String,
    /// The page to go on with.
    back: String,
) -> Result<(), AppError> {
    let back = domain::access::local_path(&back);
    let outcome = async {
        let (services, actor) = enter()?;
        services.delivery.stop(&scope(&destination)?, &actor).await?;
        Ok(back.to_owned())
    };
    finish::<StopDelivery>(outcome.await, back, &[])
}

/// Ends a stop.
#[server(prefix = "/fn", endpoint = "resume_delivery")]
pub async fn resume_delivery(
    /// Empty for everything.
    #[server(default)]
    destination: String,
    /// The page to go on with.
    back: String,
) -> Result<(), AppError> {
    let back = domain::access::local_path(&back);
    let outcome = async {
        let (services, actor) = enter()?;
        services.delivery.resume(&scope(&destination)?, &actor).await?;
        Ok(back.to_owned())
    };
    finish::<ResumeDelivery>(outcome.await, back, &[])
}
