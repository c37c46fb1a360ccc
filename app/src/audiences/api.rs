//! Server functions of audiences: read, promote.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use domain::{
    access::trail::Entry,
    audiences::{
        AudienceRow, AudienceSpec, SegmentRow,
        coverage::{AudienceCoverage, CoverageDay},
    },
    key::Key,
    mappings::{MappingRow, lately::Lately},
    suppression::SuppressionRow,
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
use crate::{error::AppError, vendor_answer::VendorAnswer};

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
    /// How each went, the oldest day first.
    pub trends: BTreeMap<Key, Vec<CoverageDay>>,
}

/// One audience with everything around it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneAudience {
    /// When this was read.
    pub now: Instant,
    /// The audience.
    pub row: AudienceRow,
    /// The mappings that send it.
    pub mappings: Vec<MappingRow>,
    /// The suppressions that keep its members out of others.
    pub rules: Vec<SuppressionRow>,
    /// The newest changes of it.
    pub changes: Vec<Entry>,
    /// How often it was made or changed.
    pub version: u64,
    /// How its mappings did in the last 30 days.
    pub lately: Lately,
    /// What controlled tests have proven of each mapping.
    pub tests: BTreeMap<Key, String>,
}

/// What can be promoted.
pub type Segments = VendorAnswer<Vec<SegmentRow>>;

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
    /// What it is for, or empty.
    #[serde(default)]
    pub purpose: String,
    /// The day of its review, or empty.
    #[serde(default)]
    pub review_on: String,
}

impl AudienceForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<AudienceSpec, AppError> {
        Ok(AudienceSpec {
            segment: self
                .segment
                .trim()
                .parse()
                .map_err(|_| AppError::invalid("segment", "Choose a segment"))?,
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            owner: filled(&self.owner),
            window: parsed("window", &self.window)?,
            purpose: filled(&self.purpose),
            review_on: parsed("review_on", &self.review_on)?,
        })
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 6] {
        [
            ("key", &self.key),
            ("segment", &self.segment),
            ("owner", &self.owner),
            ("window", &self.window),
            ("purpose", &self.purpose),
            ("review_on", &self.review_on),
        ]
    }
}

/// A text, if one was entered.
fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What was entered, if anything; the field is named if it can't be read.
fn parsed<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<Option<T>, AppError> {
    filled(text)
        .map(|text| text.parse().map_err(|error| AppError::invalid(field, error)))
        .transpose()
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
    let trends = services.coverage.trends().await?;
    Ok(CoverageView { now: services.clock.now(), audiences, trends })
}

/// All segments of the workspace, or why they can't be read.
#[server(prefix = "/fn", endpoint = "read_segments")]
pub async fn read_segments() -> Result<Segments, AppError> {
    let (services, _) = enter()?;
    VendorAnswer::of(services.audiences.segments().await)
}

/// One audience, where it flows and what was changed of it.
#[server(prefix = "/fn", endpoint = "read_audience")]
pub async fn read_audience(
    /// Its key.
    key: String,
) -> Result<OneAudience, AppError> {
    let (services, _) = enter()?;
    let row = services.audiences.get(&key).await?;
    let mut mappings = services.mappings.list().await?;
    mappings.retain(|mapping| mapping.spec.audience == row.spec.key);
    let mut rules = services.suppression.list().await?;
    rules.retain(|rule| rule.spec.audience.as_ref() == Some(&row.spec.key));
    let about = format!("audience {}", row.spec.key);
    let changes = services.trail.newest(&about).await?;
    let version = services.trail.versions(&about).await?;
    let lately = services.mappings.lately(&row.spec.key).await?;
    let tests = services.gates.tests(&mappings).await?;
    let now = services.clock.now();
    Ok(OneAudience { now, row, mappings, rules, changes, version, lately, tests })
}

/// Changes what is said of an audience.
#[server(prefix = "/fn", endpoint = "edit_audience")]
pub async fn edit_audience(
    /// What was entered.
    #[server(flatten)]
    form: AudienceForm,
) -> Result<(), AppError> {
    // An address that came back is never followed.
    let page = format!("/audiences/{}", crate::format::in_address(form.key.trim()));
    let outcome = async {
        let (services, actor) = enter()?;
        services.audiences.update(form.parse()?, &actor).await?;
        Ok(page.clone())
    };
    finish::<EditAudience>(outcome.await, &format!("{page}/edit"), &form.typed())
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
        Ok(format!("/audiences/{}", form.key.trim()))
    };
    finish::<PromoteAudience>(outcome.await, "/audiences/new", &form.typed())
}
