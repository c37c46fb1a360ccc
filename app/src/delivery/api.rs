//! Server functions of delivery: stop, resume, dead letters.

use domain::{
    delivery::{
        letters::Letters,
        stop::{Scope, Stop},
    },
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::delivery::letters::{Pick, Verdict};

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopsView {
    /// When this was read.
    pub now: Instant,
    /// Of everything first, then by destination.
    pub stops: Vec<Stop>,
}

/// Whom Segment refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LettersView {
    /// When this was read.
    pub now: Instant,
    /// Open and discarded.
    pub letters: Letters,
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

#[cfg(feature = "ssr")]
fn pick(pick: &str, reason: &str) -> Result<Pick, AppError> {
    match pick {
        "open" => Ok(Pick::Open),
        "discarded" => Ok(Pick::Discarded),
        transition => {
            let transition =
                transition.parse().map_err(|words| AppError::invalid("pick", words))?;
            Ok(Pick::Reason(transition, reason.to_owned()))
        }
    }
}

#[cfg(feature = "ssr")]
fn verdict(verdict: &str) -> Result<Verdict, AppError> {
    match verdict {
        "retry" => Ok(Verdict::Retry),
        "discard" => Ok(Verdict::Discard),
        _ => Err(AppError::invalid("verdict", "choose retry or discard")),
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

/// Whom Segment refused.
#[server(prefix = "/fn", endpoint = "read_letters")]
pub async fn read_letters() -> Result<LettersView, AppError> {
    let (services, _) = enter()?;
    let letters = services.delivery.letters().await?;
    Ok(LettersView { now: services.clock.now(), letters })
}

/// Retries or discards dead letters of a mapping.
#[server(prefix = "/fn", endpoint = "settle_letters")]
pub async fn settle_letters(
    /// Whose.
    mapping: String,
    /// `open`, `discarded`, or the transition of those with this reason.
    pick: String,
    /// Segment's reason; only beside a transition.
    #[server(default)]
    reason: String,
    /// `retry` or `discard`.
    verdict: String,
) -> Result<(), AppError> {
    const PAGE: &str = "/dead-letters";
    let outcome = async {
        let (services, actor) = enter()?;
        let missing = |_| AppError::NotFound { what: format!("mapping {mapping}") };
        let (key, verdict) = (mapping.parse().map_err(missing)?, self::verdict(&verdict)?);
        services.delivery.settle(&key, &self::pick(&pick, &reason)?, verdict, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<SettleLetters>(outcome.await, PAGE, &[])
}
