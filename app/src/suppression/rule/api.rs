//! Server functions of one suppression: read it with what a change would do, change, retire.
//!
//! What would change is asked for in the address, so that it is there without JavaScript too.

use domain::{
    key::Key,
    suppression::{SuppressionRow, preview::Effect},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish, suppression::api::keys};
#[cfg(feature = "ssr")]
use domain::suppression::SuppressionSpec;

/// What is asked about a rule, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asked {
    /// `change` or `retire`; anything else asks nothing.
    #[serde(default)]
    pub what: String,
    /// Why people are kept out.
    #[serde(default)]
    pub reason: String,
    /// How long at least, or empty.
    #[serde(default)]
    pub ttl: String,
    /// Who answers for it, or empty.
    #[serde(default)]
    pub owner: String,
    /// Where it holds, separated by spaces; none is everywhere.
    #[serde(default)]
    pub destinations: String,
}

/// What would follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing was asked.
    Nothing,
    /// The change is none.
    Same,
    /// It can't be, because of a field.
    Wrong {
        /// Which.
        field: String,
        /// Why.
        message: String,
    },
    /// This.
    Effect(Effect),
}

/// A rule, and what was asked about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// When this was read.
    pub now: Instant,
    /// The rule.
    pub row: SuppressionRow,
    /// Where it may hold.
    pub destinations: Vec<Key>,
    /// What was asked.
    pub asked: Asked,
    /// What would follow.
    pub answer: Answer,
}

/// The page of a rule.
#[must_use]
pub fn page_of(key: &str) -> String {
    format!("/suppression/rules/{key}")
}

#[cfg(feature = "ssr")]
fn named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("suppression {text}") })
}

#[cfg(feature = "ssr")]
impl Asked {
    /// The rule as it would be.
    fn after(&self, stored: &SuppressionSpec) -> Result<SuppressionSpec, AppError> {
        let ttl = match self.ttl.trim() {
            "" => None,
            text => Some(text.parse().map_err(|error| AppError::invalid("ttl", error))?),
        };
        let owner = self.owner.trim();
        let places: Vec<String> = self.destinations.split_whitespace().map(str::to_owned).collect();
        Ok(SuppressionSpec {
            reason: self.reason.trim().to_owned(),
            ttl,
            owner: (!owner.is_empty()).then(|| owner.to_owned()),
            destinations: keys(&places)?,
            ..stored.clone()
        })
    }

    /// A rule as the form shows it.
    fn of(what: &str, spec: &SuppressionSpec) -> Self {
        let places: Vec<String> = spec.destinations.iter().map(ToString::to_string).collect();
        Self {
            what: what.to_owned(),
            reason: spec.reason.clone(),
            ttl: spec.ttl.map(|ttl| ttl.to_string()).unwrap_or_default(),
            owner: spec.owner.clone().unwrap_or_default(),
            destinations: places.join(" "),
        }
    }
}

/// One rule, and what would follow from what is asked.
#[server(prefix = "/fn", endpoint = "read_rule")]
pub async fn read_rule(
    /// Which.
    key: String,
    /// What is asked.
    asked: Asked,
) -> Result<RuleView, AppError> {
    let (services, _) = enter()?;
    let key = named(&key)?;
    let row = services.rules.rule(&key).await?;
    let answer = match asked.what.as_str() {
        "retire" => Ok(Answer::Effect(services.rules.preview(&key, None).await?)),
        "change" => match asked.after(&row.spec) {
            Ok(after) if after == row.spec => Ok(Answer::Same),
            Ok(after) => services
                .rules
                .preview(&key, Some(&after))
                .await
                .map(Answer::Effect)
                .map_err(AppError::from),
            Err(error) => Err(error),
        },
        _ => Ok(Answer::Nothing),
    };
    let answer = match answer {
        Err(AppError::Invalid { field, message }) => Answer::Wrong { field, message },
        answer => answer?,
    };
    let asked = if asked.what == "change" { asked } else { Asked::of(&asked.what, &row.spec) };
    let places = services.configuration.load().await?.destinations;
    let destinations = places.into_iter().map(|one| one.spec.key).collect();
    Ok(RuleView { now: services.clock.now(), row, destinations, asked, answer })
}

/// Puts what was asked in place of a rule.
#[server(prefix = "/fn", endpoint = "change_rule")]
pub async fn change_rule(
    /// Which.
    key: String,
    /// The rule as it was when somebody looked, as JSON.
    seen: String,
    /// What is asked.
    #[server(flatten)]
    asked: Asked,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let seen: SuppressionSpec = serde_json::from_str(&seen)
            .map_err(|_| AppError::invalid("seen", "Look at what would change again"))?;
        services.rules.change(asked.after(&seen)?, &seen, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<ChangeRule>(outcome.await, &page_of(&key), &[])
}

/// Retires a rule.
#[server(prefix = "/fn", endpoint = "retire_rule")]
pub async fn retire_rule(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.rules.retire(&named(&key)?, &actor).await?;
        Ok("/suppression".to_owned())
    };
    finish::<RetireRule>(outcome.await, &page_of(&key), &[])
}
