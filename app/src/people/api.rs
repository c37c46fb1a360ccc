//! Server functions of people: find, explain.

#[cfg(feature = "ssr")]
use domain::people::planned::planned;
use domain::{
    people::{Person, PersonView, planned::Planned},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::standing::LINES;
#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::error::AppError;

/// A person and when this was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// When this was read.
    pub now: Instant,
    /// Where they stand.
    pub view: PersonView,
    /// What is to reach them soon, the soonest first.
    pub planned: Vec<Planned>,
}

/// Everyone whom the text names.
#[server(prefix = "/fn", endpoint = "find_people")]
pub async fn find_people(
    /// A `cio_id`, an id or an e-mail address.
    find: String,
) -> Result<Vec<Person>, AppError> {
    let (services, _) = enter()?;
    Ok(services.people.find(&find).await?)
}

/// Where one person stands.
#[server(prefix = "/fn", endpoint = "read_person")]
pub async fn read_person(
    /// Customer.io's id.
    cio_id: String,
) -> Result<Explained, AppError> {
    let (services, _) = enter()?;
    let view = services.people.explain(&cio_id, LINES).await?;
    let now = services.clock.now();
    let planned = planned(&view, &services.timeline.all().await?, now);
    Ok(Explained { now, view, planned })
}
