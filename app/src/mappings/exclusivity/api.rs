//! Server functions of exclusivity: read, weigh another order, save it.

use domain::{
    key::Key,
    mappings::exclusivity::{Exclusivity, Reordered},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// Where it is shown.
pub const PAGE: &str = "/exclusivity";

/// Groups, overlaps and who stands in two ad sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusivityView {
    /// When this was read.
    pub now: Instant,
    /// All of it.
    pub exclusivity: Exclusivity,
}

/// What another order would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weighed {
    /// This, to each mapping of the group.
    Effects(Vec<Reordered>),
    /// It is no order of this group.
    NotYet {
        /// What is wrong with it.
        message: String,
    },
}

/// The keys of an order as an address has them.
#[must_use]
pub fn read_order(text: &str) -> Vec<Key> {
    text.split(',').filter_map(|key| key.parse().ok()).collect()
}

/// An order as an address has it.
#[must_use]
pub fn write_order(order: &[Key]) -> String {
    order.iter().map(Key::as_str).collect::<Vec<_>>().join(",")
}

#[cfg(feature = "ssr")]
fn group_named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("group {text}") })
}

/// Everything that the page shows.
#[server(prefix = "/fn", endpoint = "read_exclusivity")]
pub async fn read_exclusivity() -> Result<ExclusivityView, AppError> {
    let (services, _) = enter()?;
    let exclusivity = services.exclusivity.read().await?;
    Ok(ExclusivityView { now: services.clock.now(), exclusivity })
}

/// What another order of a group would do. Nothing is stored.
#[server(prefix = "/fn", endpoint = "weigh_order")]
pub async fn weigh_order(
    /// Which group.
    group: String,
    /// Its audiences, the first wins, joined by commas.
    order: String,
) -> Result<Weighed, AppError> {
    let (services, _) = enter()?;
    let group = group_named(&group)?;
    let told = services.exclusivity.weigh(&group, &read_order(&order)).await;
    match told.map_err(AppError::from) {
        Ok(effects) => Ok(Weighed::Effects(effects)),
        Err(AppError::Invalid { message, .. }) => Ok(Weighed::NotYet { message }),
        Err(AppError::NotFound { what }) => {
            Ok(Weighed::NotYet { message: format!("There is no {what}.") })
        }
        Err(error) => Err(error),
    }
}

/// Puts a group's audiences in this order.
#[server(prefix = "/fn", endpoint = "save_order")]
pub async fn save_order(
    /// Which group.
    group: String,
    /// Its audiences, the first wins, joined by commas.
    order: String,
    /// The order that it was when somebody looked.
    base: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let key = group_named(&group)?;
        services.exclusivity.save(&key, &read_order(&order), &base, &actor).await?;
        Ok(format!("{PAGE}#{key}"))
    };
    finish::<SaveOrder>(outcome.await, PAGE, &[("group", &group), ("order", &order)])
}
