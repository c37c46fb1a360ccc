//! Server functions of suppression: read, add.

use domain::{
    audiences::AudienceRow,
    key::Key,
    suppression::{Kind, SuppressionRow, SuppressionSpec},
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
    /// In the order of the registry.
    pub rules: Vec<SuppressionRow>,
}

/// What the form of a suppression sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionForm {
    /// Its name in Segue.
    pub key: String,
    /// Why people are kept out: the name of a kind.
    #[serde(default)]
    pub reason: String,
    /// The same in words, where it is none of the kinds.
    #[serde(default)]
    pub words: String,
    /// The audience's key, or empty.
    #[serde(default)]
    pub audience: String,
    /// The event's name, or empty.
    #[serde(default)]
    pub event: String,
    /// Whether it is a list that operators keep: `true`, or empty.
    #[serde(default)]
    pub list: String,
    /// How long, such as `24h`, or empty.
    #[serde(default)]
    pub ttl: String,
    /// Who answers for it, or empty.
    #[serde(default)]
    pub owner: String,
}

impl SuppressionForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<SuppressionSpec, AppError> {
        let (audience, event, list) =
            (self.audience.trim(), self.event.trim(), !self.list.is_empty());
        let one_of = "Choose an audience, name an event or keep a list: one of the three";
        match (audience, event, list) {
            ("", "", false) => return Err(AppError::invalid("audience", one_of)),
            (_, "", false) | ("", _, false) | ("", "", true) => {}
            (_, "", true) => return Err(AppError::invalid("audience", one_of)),
            _ => return Err(AppError::invalid("event", one_of)),
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
        let owner = self.owner.trim();
        Ok(SuppressionSpec {
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            reason: self.reason()?,
            owner: (!owner.is_empty()).then(|| owner.to_owned()),
            audience,
            event: (!event.is_empty()).then(|| event.to_owned()),
            list,
            destinations: Vec::new(),
            ttl,
        })
    }

    fn reason(&self) -> Result<String, AppError> {
        let words = self.words.trim();
        match Kind::ALL.into_iter().find(|kind| kind.as_str() == self.reason.trim()) {
            None => Err(AppError::invalid("reason", "Choose why people are kept out")),
            Some(Kind::Other) if words.is_empty() => {
                Err(AppError::invalid("words", "Say why people are kept out"))
            }
            Some(Kind::Other) => Ok(words.to_owned()),
            Some(kind) => Ok(kind.as_str().to_owned()),
        }
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 8] {
        [
            ("key", &self.key),
            ("reason", &self.reason),
            ("words", &self.words),
            ("owner", &self.owner),
            ("audience", &self.audience),
            ("event", &self.event),
            ("list", &self.list),
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

/// What a rule can be made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressionChoices {
    /// Whose members it may keep out.
    pub audiences: Vec<AudienceRow>,
    /// Where it may hold.
    pub destinations: Vec<Key>,
}

/// What a rule can be made of.
#[server(prefix = "/fn", endpoint = "read_suppression_choices")]
pub async fn read_suppression_choices() -> Result<SuppressionChoices, AppError> {
    let (services, _) = enter()?;
    let audiences = services.audiences.list().await?;
    let destinations = services.configuration.load().await?.destinations;
    let destinations = destinations.into_iter().map(|one| one.spec.key).collect();
    Ok(SuppressionChoices { audiences, destinations })
}

/// Destinations by their names.
#[cfg(feature = "ssr")]
pub fn keys(texts: &[String]) -> Result<Vec<Key>, AppError> {
    let parse = |text: &String| {
        text.parse().map_err(|_| AppError::invalid("destinations", "Choose destinations"))
    };
    texts.iter().map(parse).collect()
}

/// Adds a rule.
#[server(prefix = "/fn", endpoint = "create_suppression")]
pub async fn create_suppression(
    /// What was entered.
    #[server(flatten)]
    form: SuppressionForm,
    /// Where it holds; none is everywhere.
    #[server(default)]
    destinations: Vec<String>,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let spec = SuppressionSpec { destinations: keys(&destinations)?, ..form.parse()? };
        services.suppression.create(spec, &actor).await?;
        Ok("/suppression".to_owned())
    };
    let chosen = destinations.join(" ");
    let typed: Vec<_> = form.typed().into_iter().chain([("chosen", chosen.as_str())]).collect();
    finish::<CreateSuppression>(outcome.await, "/suppression/new", &typed)
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
            ..SuppressionForm::default()
        }
    }

    #[test]
    fn a_rule_keeps_a_list_or_reads_something() {
        let list = |audience, event| {
            SuppressionForm { list: "true".to_owned(), ..form(audience, event) }.parse()
        };
        assert!(list("", "").is_ok_and(|spec| spec.list));
        assert!(
            matches!(list("a", ""), Err(AppError::Invalid { field, .. }) if field == "audience")
        );
        assert!(matches!(list("", "b"), Err(AppError::Invalid { field, .. }) if field == "event"));
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

    #[test]
    fn a_reason_is_one_of_the_kinds_or_said_in_words() {
        let with = |reason: &str, words: &str| {
            let (reason, words) = (reason.to_owned(), words.to_owned());
            SuppressionForm { reason, words, ..form("a", "") }.parse().map(|spec| spec.reason)
        };
        assert_eq!(with("refund", "whatever"), Ok("refund".to_owned()));
        assert_eq!(with("other", " Staff "), Ok("Staff".to_owned()));
        let field = |outcome| match outcome {
            Err(AppError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(with("other", " ")), "words");
        assert_eq!(field(with("", "Staff")), "reason");
    }
}
