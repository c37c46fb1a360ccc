//! Server functions of the first steps.

use domain::{audiences::readiness::Ranked, first_steps::Progress};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::mappings::UseCase;

/// How far it has come, and the segments to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstStepsView {
    /// What is done.
    pub progress: Progress,
    /// The readiest first; nothing before there is a goal and a key.
    pub segments: Vec<Ranked>,
    /// Why they can't be read, if so.
    pub unread: Option<String>,
}

/// How far it has come.
#[server(prefix = "/fn", endpoint = "read_first_steps")]
pub async fn read_first_steps() -> Result<FirstStepsView, AppError> {
    let (services, _) = enter()?;
    let progress = services.first_steps.progress().await?;
    let (segments, unread) = match progress.goal.filter(|_| progress.customerio) {
        None => (Vec::new(), None),
        Some(goal) => match services.first_steps.ranked(goal).await.map_err(AppError::from) {
            Ok(segments) => (segments, None),
            Err(AppError::Vendor { message }) => (Vec::new(), Some(message)),
            Err(error) => return Err(error),
        },
    };
    Ok(FirstStepsView { progress, segments, unread })
}

/// Says what for.
#[server(prefix = "/fn", endpoint = "choose_goal")]
pub async fn choose_goal(
    /// The name of a use case.
    #[server(default)]
    goal: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let goal: UseCase =
            goal.parse().map_err(|_| AppError::invalid("goal", "Choose what it is for"))?;
        services.first_steps.choose(goal, &actor).await?;
        Ok("/first-steps".to_owned())
    };
    finish::<ChooseGoal>(outcome.await, "/first-steps", &[("goal", &goal)])
}
