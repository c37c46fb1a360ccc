//! Server functions of lists: read, add names, let a file hold, take it off; and of one person.
//!
//! A file comes by a route of its own (`server::http::uploads`), because it is larger than any
//! form; what it is refused for comes back the same way: [`back_to_list`].

use domain::{
    suppression::listing::{List, Review},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish, format};
#[cfg(feature = "ssr")]
use domain::{ids::ListingId, key::Key};

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// When this was read.
    pub now: Instant,
    /// The rule with what was put on it.
    pub list: List,
}

/// A listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    /// When this was read.
    pub now: Instant,
    /// What it says and does.
    pub review: Review,
}

/// The page of a list.
#[must_use]
pub fn page_of(rule: &str) -> String {
    format!("/suppression/lists/{rule}")
}

#[cfg(feature = "ssr")]
fn rule_named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("list {text}") })
}

#[cfg(feature = "ssr")]
fn listing_named(text: &str) -> Result<ListingId, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: "listing of that number".to_owned() })
}

#[cfg(feature = "ssr")]
fn person_page(cio_id: &str) -> String {
    format!("/people/{}", format::in_address(cio_id))
}

/// A list with what was put on it.
#[server(prefix = "/fn", endpoint = "read_list")]
pub async fn read_list(
    /// Which suppression.
    rule: String,
) -> Result<ListView, AppError> {
    let (services, _) = enter()?;
    let list = services.listings.list(&rule_named(&rule)?).await?;
    Ok(ListView { now: services.clock.now(), list })
}

/// A listing, and what follows from it.
#[server(prefix = "/fn", endpoint = "read_listing")]
pub async fn read_listing(
    /// Which.
    listing: String,
) -> Result<ReviewView, AppError> {
    let (services, _) = enter()?;
    let review = services.listings.review(listing_named(&listing)?).await?;
    Ok(ReviewView { now: services.clock.now(), review })
}

/// Takes typed names in, to be looked at.
#[server(prefix = "/fn", endpoint = "add_names")]
pub async fn add_names(
    /// Which list.
    rule: String,
    /// One a line.
    #[server(default)]
    names: String,
    /// Why.
    #[server(default)]
    note: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let key = rule_named(&rule)?;
        let listing = services.listings.draft(&key, "typed names", &note, &names, &actor).await?;
        Ok(format!("{}/{listing}", page_of(&rule)))
    };
    finish::<AddNames>(outcome.await, &page_of(&rule), &[("names", &names), ("note", &note)])
}

/// Where a refused file leads: its list, with why.
#[cfg(feature = "ssr")]
#[must_use]
pub fn back_to_list(rule: &str, note: &str, error: AppError) -> String {
    let page = page_of(rule);
    crate::form::back_with::<AddNames>(error, &page, &[("note", note)]).unwrap_or(page)
}

/// Lets a listing hold.
#[server(prefix = "/fn", endpoint = "hold_listing")]
pub async fn hold_listing(
    /// Of which list.
    rule: String,
    /// Which.
    listing: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.listings.hold(listing_named(&listing)?, &actor).await?;
        Ok(page_of(&rule))
    };
    finish::<HoldListing>(outcome.await, &format!("{}/{listing}", page_of(&rule)), &[])
}

/// Throws a draft away, or takes a listing off.
#[server(prefix = "/fn", endpoint = "end_listing")]
pub async fn end_listing(
    /// Of which list.
    rule: String,
    /// Which.
    listing: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.listings.end(listing_named(&listing)?, &actor).await?;
        Ok(page_of(&rule))
    };
    finish::<EndListing>(outcome.await, &format!("{}/{listing}", page_of(&rule)), &[])
}

/// Keeps one person out of everything, from now on.
#[server(prefix = "/fn", endpoint = "stop_targeting")]
pub async fn stop_targeting(
    /// Customer.io's id.
    cio_id: String,
    /// Why.
    #[server(default)]
    note: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.listings.stop(&cio_id, &note, &actor).await?;
        Ok(person_page(&cio_id))
    };
    finish::<StopTargeting>(outcome.await, &person_page(&cio_id), &[("note", &note)])
}

/// Takes one person off every list.
#[server(prefix = "/fn", endpoint = "target_again")]
pub async fn target_again(
    /// Customer.io's id.
    cio_id: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.listings.resume(&cio_id, &actor).await?;
        Ok(person_page(&cio_id))
    };
    finish::<TargetAgain>(outcome.await, &person_page(&cio_id), &[])
}
