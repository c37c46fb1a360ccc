//! Server functions of controlled tests: read, pin, send.

#[cfg(feature = "ssr")]
use domain::key::Key;
use domain::{
    mappings::trial::{TestPerson, Trial, TrialPreview},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The controlled tests of a mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialView {
    /// When this was read.
    pub now: Instant,
    /// The mapping.
    pub mapping: String,
    /// Where to.
    pub destination: String,
    /// Everybody who may be sent.
    pub pinned: Vec<TestPerson>,
    /// What would be sent about the one who was chosen.
    pub preview: Option<TrialPreview>,
    /// What was sent, the newest first.
    pub trials: Vec<Trial>,
    /// Why Segment could not be asked for proofs.
    pub trouble: Option<String>,
}

/// The controlled tests of a mapping, with what Segment says of the open ones now.
#[server(prefix = "/fn", endpoint = "read_trials")]
pub async fn read_trials(
    /// Which mapping.
    key: String,
    /// About whom a test would be, or empty.
    person: String,
) -> Result<TrialView, AppError> {
    let (services, _) = enter()?;
    let mapping = services.mappings.get(&named(&key)?).await?.spec;
    let (trials, trouble) = services.trials.look(&mapping.key).await?;
    let preview = match person.trim() {
        "" => None,
        person => Some(services.trials.preview(&mapping.key, person).await?),
    };
    Ok(TrialView {
        now: services.clock.now(),
        mapping: mapping.key.to_string(),
        destination: mapping.destination.to_string(),
        pinned: services.trials.pinned().await?,
        preview,
        trials,
        trouble,
    })
}

/// Pins somebody as a test person.
#[server(prefix = "/fn", endpoint = "pin_test_person")]
pub async fn pin_test_person(
    /// On which mapping's page.
    key: String,
    /// A Customer.io id, an id or an e-mail address.
    #[server(default)]
    person: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.trials.pin(&person, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<PinTestPerson>(outcome.await, &page_of(&key), &[])
}

/// Lets go of a test person.
#[server(prefix = "/fn", endpoint = "unpin_test_person")]
pub async fn unpin_test_person(
    /// On which mapping's page.
    key: String,
    /// Whom.
    person: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.trials.unpin(&person, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<UnpinTestPerson>(outcome.await, &page_of(&key), &[])
}

/// Sends a test about a pinned person.
#[server(prefix = "/fn", endpoint = "send_test")]
pub async fn send_test(
    /// Through which mapping.
    key: String,
    /// About whom.
    person: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.trials.send(&named(&key)?, &person, &actor).await?;
        Ok(page_of(&key))
    };
    // What is wrong comes back to the preview.
    finish::<SendTest>(outcome.await, &page_of(&key), &[("person", &person)])
}

/// A key in an address: what is none names nothing.
#[cfg(feature = "ssr")]
fn named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("mapping {text}") })
}

/// The page of a mapping's tests, if its key is one: an address that came back is never followed.
#[cfg(feature = "ssr")]
fn page_of(key: &str) -> String {
    key.parse::<Key>()
        .map_or_else(|_| "/mappings".to_owned(), |key| format!("/mappings/{key}/test"))
}
