//! Server functions of the timeline: read, state flows, take its advice, mean what meets.

use domain::mappings::timeline::{FlowSpec, FlowView, Meeting};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::key::Key;

/// The page.
#[cfg(feature = "ssr")]
const PAGE: &str = "/timeline";

/// A flow to be changed, or what a new one may be made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowChoices {
    /// The flow; nothing for a new one.
    pub spec: Option<FlowSpec>,
    /// Audiences with their windows, as words.
    pub audiences: Vec<(String, String)>,
}

/// What the form of a flow sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowForm {
    /// Its name in Segue.
    pub key: String,
    /// The audience's key.
    #[serde(default)]
    pub audience: String,
    /// A message a line.
    #[serde(default)]
    pub touches: String,
}

impl FlowForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<FlowSpec, AppError> {
        let lines = self.touches.lines().map(str::trim).filter(|line| !line.is_empty());
        let touches: Result<Vec<_>, _> = lines.map(str::parse).collect();
        Ok(FlowSpec {
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            audience: self
                .audience
                .parse()
                .map_err(|_| AppError::invalid("audience", "Choose an audience"))?,
            touches: touches.map_err(|error| AppError::invalid("touches", error))?,
        })
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 3] {
        [("key", &self.key), ("audience", &self.audience), ("touches", &self.touches)]
    }
}

/// Who meets whom, as a form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingForm {
    /// By which rule.
    pub rule: String,
    /// The mapping, or empty.
    #[serde(default)]
    pub mapping: String,
    /// The message, or empty.
    #[serde(default)]
    pub touch: String,
}

impl MeetingForm {
    /// As a form sends it.
    #[must_use]
    pub fn of(meeting: &Meeting) -> Self {
        let text = |one: Option<String>| one.unwrap_or_default();
        Self {
            rule: meeting.rule.as_str().to_owned(),
            mapping: text(meeting.mapping.as_ref().map(ToString::to_string)),
            touch: text(meeting.touch.map(|touch| touch.to_string())),
        }
    }

    /// Back again.
    pub fn parse(&self) -> Result<Meeting, AppError> {
        let gone = || AppError::NotFound { what: "such conflict on the timeline".to_owned() };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Ok(Meeting {
            rule: self.rule.parse().map_err(|_| gone())?,
            mapping: some(&self.mapping).map(|key| key.parse()).transpose().map_err(|_| gone())?,
            touch: some(&self.touch).map(|one| one.parse()).transpose().map_err(|_| gone())?,
        })
    }
}

#[cfg(feature = "ssr")]
fn named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("flow {text}") })
}

/// Every flow beside its ads.
#[server(prefix = "/fn", endpoint = "read_timeline")]
pub async fn read_timeline() -> Result<Vec<FlowView>, AppError> {
    let (services, _) = enter()?;
    Ok(services.timeline.all().await?)
}

/// A flow, or what a new one may be made of.
#[server(prefix = "/fn", endpoint = "read_flow")]
pub async fn read_flow(
    /// Which; empty for a new one.
    key: String,
) -> Result<FlowChoices, AppError> {
    let (services, _) = enter()?;
    let spec = match key.as_str() {
        "" => None,
        key => Some(services.timeline.one(&named(key)?).await?),
    };
    let audiences = services.configuration.load().await?.audiences.into_iter().map(|one| {
        let window = one.spec.window.map_or("no window stated".to_owned(), |one| one.to_string());
        (one.spec.key.to_string(), format!("{} · {window}", one.spec.key))
    });
    Ok(FlowChoices { spec, audiences: audiences.collect() })
}

/// States a flow.
#[server(prefix = "/fn", endpoint = "create_flow")]
pub async fn create_flow(
    /// What was entered.
    #[server(flatten)]
    form: FlowForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.timeline.save(form.parse()?, true, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<CreateFlow>(outcome.await, "/timeline/new", &form.typed())
}

/// Changes a flow.
#[server(prefix = "/fn", endpoint = "update_flow")]
pub async fn update_flow(
    /// What was entered.
    #[server(flatten)]
    form: FlowForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.timeline.save(form.parse()?, false, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<UpdateFlow>(outcome.await, &format!("/timeline/{}", form.key), &form.typed())
}

/// Takes a flow off the timeline.
#[server(prefix = "/fn", endpoint = "remove_flow")]
pub async fn remove_flow(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.timeline.remove(&named(&key)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<RemoveFlow>(outcome.await, &format!("/timeline/{key}"), &[])
}

/// Holds a mapping's entries for as long as a conflict asks for.
#[server(prefix = "/fn", endpoint = "hold_ads")]
pub async fn hold_ads(
    /// Which mapping.
    mapping: String,
    /// For how long, such as `3h`.
    offset: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let offset = offset.parse().map_err(|error| AppError::invalid("offset", error))?;
        services.timeline.hold(&named(&mapping)?, offset, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<HoldAds>(outcome.await, PAGE, &[])
}

/// Notes that what meets is meant.
#[server(prefix = "/fn", endpoint = "mean_meeting")]
pub async fn mean_meeting(
    /// Who meets whom.
    #[server(flatten)]
    meeting: MeetingForm,
    /// Why.
    #[server(default)]
    reason: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.timeline.mean(meeting.parse()?, &reason, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<MeanMeeting>(outcome.await, PAGE, &[])
}

/// Means it no longer.
#[server(prefix = "/fn", endpoint = "withdraw_meeting")]
pub async fn withdraw_meeting(
    /// Who meets whom.
    #[server(flatten)]
    meeting: MeetingForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.timeline.withdraw(&meeting.parse()?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<WithdrawMeeting>(outcome.await, PAGE, &[])
}
