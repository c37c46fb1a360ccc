//! Server functions of audiences: read, promote.

use domain::{
    audiences::{AudienceRow, AudienceSpec, SegmentRow, coverage::AudienceCoverage},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The list of audiences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudiencesView {
    /// When this was read.
    pub now: Instant,
    /// By key.
    pub audiences: Vec<AudienceRow>,
}

/// What names the members of each audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageView {
    /// When this was read.
    pub now: Instant,
    /// By key.
    pub audiences: Vec<AudienceCoverage>,
}

/// What can be promoted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Segments {
    /// Asked of Customer.io now.
    Known(Vec<SegmentRow>),
    /// Customer.io could not be asked.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
}

/// What the form of an audience sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceForm {
    /// Its name in Segue.
    pub key: String,
    /// The segment's number.
    #[serde(default)]
    pub segment: String,
    /// Who answers for it, or empty.
    #[serde(default)]
    pub owner: String,
    /// How long ago its people did what brought them in, or empty.
    #[serde(default)]
    pub window: String,
}

impl AudienceForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<AudienceSpec, AppError> {
        let owner = self.owner.trim();
        let window = match self.window.trim() {
            "" => None,
            text => Some(text.parse().map_err(|error| AppError::invalid("window", error))?),
        };
        Ok(AudienceSpec {
            segment: self
                .segment
                .trim()
                .parse()
                .map_err(|_| AppError::invalid("segment", "Choose a segment"))?,
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            owner: (!owner.is_empty()).then(|| owner.to_owned()),
            window,
        })
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 4] {
        [
            ("key", &self.key),
            ("segment", &self.segment),
            ("owner", &self.owner),
            ("window", &self.window),
        ]
    }
}

/// All audiences.
#[server(prefix = "/fn", endpoint = "read_audiences")]
pub async fn read_audiences() -> Result<AudiencesView, AppError> {
    let (services, _) = enter()?;
    let audiences = services.audiences.list().await?;
    Ok(AudiencesView { now: services.clock.now(), audiences })
}

/// What names the members of each audience.
#[server(prefix = "/fn", endpoint = "read_coverage")]
pub async fn read_coverage() -> Result<CoverageView, AppError> {
    let (services, _) = enter()?;
    let audiences = services.coverage.all().await?;
    Ok(CoverageView { now: services.clock.now(), audiences })
}

/// All segments of the workspace, or why they can't be read.
#[server(prefix = "/fn", endpoint = "read_segments")]
pub async fn read_segments() -> Result<Segments, AppError> {
    let (services, _) = enter()?;
    match services.audiences.segments().await.map_err(AppError::from) {
        Ok(segments) => Ok(Segments::Known(segments)),
        Err(AppError::Vendor { message }) => Ok(Segments::Unknown { reason: message }),
        Err(error) => Err(error),
    }
}

/// Promotes a segment for export.
#[server(prefix = "/fn", endpoint = "promote_audience")]
pub async fn promote_audience(
    /// What was entered.
    #[server(flatten)]
    form: AudienceForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.audiences.promote(form.parse()?, &actor).await?;
        Ok(format!("/audiences#{}", form.key.trim()))
    };
    finish::<PromoteAudience>(outcome.await, "/audiences/new", &form.typed())
}
