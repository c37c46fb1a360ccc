//! Server functions of suppression: read, add.

use domain::{
    audiences::AudienceRow,
    suppression::{SuppressionRow, SuppressionSpec},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionView {
    /// When this was read.
    pub now: Instant,
    /// By key.
    pub rules: Vec<SuppressionRow>,
}

/// What the form of a suppression sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionForm {
    /// Its name in Segue.
    pub key: String,
    /// Why people are kept out.
    pub reason: String,
    /// The audience's key, or empty.
    #[serde(default)]
    pub audience: String,
    /// The event's name, or empty.
    #[serde(default)]
    pub event: String,
    /// How long, such as `24h`, or empty.
    #[serde(default)]
    pub ttl: String,
}

impl SuppressionForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<SuppressionSpec, AppError> {
        let (audience, event) = (self.audience.trim(), self.event.trim());
        let either = "Name an audience or an event: one of the two";
        match (audience, event) {
            ("", "") => return Err(AppError::invalid("audience", either)),
            ("", _) | (_, "") => {}
            _ => return Err(AppError::invalid("event", either)),
        }
        let ttl = match self.ttl.trim() {
            "" => None,
            text => Some(text.parse().map_err(|error| AppError::invalid("ttl", error))?),
        };
        let audience = match audience {
            "" => None,
            text => Some(
                text.parse().map_err(|_| AppError::invalid("audience", "Choose an audience"))?,
            ),
        };
        Ok(SuppressionSpec {
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            reason: self.reason.trim().to_owned(),
            audience,
            event: (!event.is_empty()).then(|| event.to_owned()),
            ttl,
        })
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("key", &self.key),
            ("reason", &self.reason),
            ("audience", &self.audience),
            ("event", &self.event),
            ("ttl", &self.ttl),
        ]
    }
}

/// All rules.
#[server(prefix = "/fn", endpoint = "read_suppressions")]
pub async fn read_suppressions() -> Result<SuppressionView, AppError> {
    let (services, _) = enter()?;
    let rules = services.suppression.list().await?;
    Ok(SuppressionView { now: services.clock.now(), rules })
}

/// The audiences that a rule can be made of.
#[server(prefix = "/fn", endpoint = "read_suppression_choices")]
pub async fn read_suppression_choices() -> Result<Vec<AudienceRow>, AppError> {
    let (services, _) = enter()?;
    Ok(services.audiences.list().await?)
}

/// Adds a rule.
#[server(prefix = "/fn", endpoint = "create_suppression")]
pub async fn create_suppression(
    /// What was entered.
    #[server(flatten)]
    form: SuppressionForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.suppression.create(form.parse()?, &actor).await?;
        Ok("/suppression".to_owned())
    };
    finish::<CreateSuppression>(outcome.await, "/suppression/new", &form.typed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(audience: &str, event: &str) -> SuppressionForm {
        SuppressionForm {
            key: "purchase".to_owned(),
            reason: "purchase".to_owned(),
            audience: audience.to_owned(),
            event: event.to_owned(),
            ttl: "24h".to_owned(),
        }
    }

    #[test]
    fn a_rule_reads_an_audience_or_an_event_and_never_both() {
        assert!(form("purchasers", "").parse().is_ok());
        assert!(form("", "Order Completed").parse().is_ok());
        assert!(
            matches!(form("", "").parse(), Err(AppError::Invalid { field, .. }) if field == "audience")
        );
        assert!(
            matches!(form("a", "b").parse(), Err(AppError::Invalid { field, .. }) if field == "event")
        );
    }
}
