//! The server function of the design review.

use domain::{day::Day, review::Remark};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::error::AppError;

/// The review of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewView {
    /// Of which.
    pub today: Day,
    /// The heaviest first.
    pub remarks: Vec<Remark>,
}

/// The plan's review, now.
#[server(prefix = "/fn", endpoint = "read_review")]
pub async fn read_review() -> Result<ReviewView, AppError> {
    let (services, _) = enter()?;
    let remarks = services.review.remarks().await?;
    Ok(ReviewView { today: services.review.today(), remarks })
}
