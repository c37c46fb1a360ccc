//! The server function of finding.

use domain::find::Found;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::error::AppError;

/// An answer that says what was asked: a slow one must not show under a newer question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub text: String,
    /// What it names, the best first.
    pub found: Vec<Found>,
}

/// What a text names.
#[server(prefix = "/fn", endpoint = "find_anything")]
pub async fn find_anything(
    /// A part of a name, or somebody's whole identifier.
    text: String,
) -> Result<Answer, AppError> {
    let (services, _) = enter()?;
    let found = services.find.find(&text).await?;
    Ok(Answer { text, found })
}
