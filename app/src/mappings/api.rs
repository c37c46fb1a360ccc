//! Server functions of mappings: read, create, change, run.

use domain::{
    access::trail::Entry,
    audiences::AudienceRow,
    connections::ConnectionView,
    delivery::letters::LetterCount,
    destinations::DestinationRow,
    mappings::{
        ClosingRow, MappingRow, MappingSpec, flapping::Flapping, gates::Checked, matrix::Matrix,
        preview::Preview,
    },
    sync::RunRow,
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::entered::MappingForm;
use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::{configuration::plan::Leaving, key::Key, time::Span};

/// Rows of a page of runs.
#[cfg(feature = "ssr")]
const RUNS: usize = 20;

/// The page of the matrix.
#[cfg(feature = "ssr")]
const MATRIX: &str = "/mappings?view=matrix";

/// The list of mappings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingsView {
    /// When this was read.
    pub now: Instant,
    /// Those that need somebody first.
    pub mappings: Vec<MappingRow>,
    /// Retired ones whose people have not all left.
    pub closing: Vec<ClosingRow>,
    /// Whether the vendors can be used.
    pub connections: Vec<ConnectionView>,
}

/// Every audience against every destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixView {
    /// When this was read.
    pub now: Instant,
    /// What is sent where.
    pub matrix: Matrix,
}

/// What a form that may not be whole yet would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// This.
    Preview(Box<Preview>),
    /// Nothing can be said before that is put right.
    NotYet {
        /// What is wrong or missing.
        message: String,
    },
}

/// One mapping and a page of its runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingView {
    /// When this was read.
    pub now: Instant,
    /// The mapping.
    pub mapping: MappingRow,
    /// Its runs, the newest first.
    pub runs: Vec<RunRow>,
    /// Where older runs begin, if there are any.
    pub older: Option<Instant>,
    /// Whether these are not the newest.
    pub is_older_page: bool,
    /// Whom Segment refused here.
    pub letters: LetterCount,
    /// Whether the vendors can be used.
    pub connections: Vec<ConnectionView>,
    /// What must hold before it starts.
    pub gates: Vec<Checked>,
    /// The newest changes of it.
    pub changes: Vec<Entry>,
}

/// What a mapping can be made of, and the one that is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappingChoices {
    /// Promoted segments.
    pub audiences: Vec<AudienceRow>,
    /// Places behind Segment.
    pub destinations: Vec<DestinationRow>,
    /// The mapping that is changed.
    pub spec: Option<MappingSpec>,
    /// How many of its people go in and out.
    pub flapping: Option<Flapping>,
}

/// A key in an address: what is none names nothing.
#[cfg(feature = "ssr")]
pub(crate) fn named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("mapping {text}") })
}

/// The page of a mapping, if its key is one: an address that came back is never followed.
#[cfg(feature = "ssr")]
pub(super) fn page_of(key: &str) -> String {
    key.parse::<Key>().map_or_else(|_| "/mappings".to_owned(), |key| format!("/mappings/{key}"))
}

/// The page of what is seldom done with it.
#[cfg(feature = "ssr")]
fn manage_of(key: &str) -> String {
    format!("{}/manage", page_of(key))
}

/// All mappings.
#[server(prefix = "/fn", endpoint = "read_mappings")]
pub async fn read_mappings() -> Result<MappingsView, AppError> {
    let (services, _) = enter()?;
    Ok(MappingsView {
        mappings: services.mappings.list().await?,
        closing: services.mappings.closing().await?,
        connections: services.connections.list().await?,
        now: services.clock.now(),
    })
}

/// All mappings, where their audiences and destinations meet.
#[server(prefix = "/fn", endpoint = "read_matrix")]
pub async fn read_matrix() -> Result<MatrixView, AppError> {
    let (services, _) = enter()?;
    let mappings = services.mappings.list().await?;
    let (audiences, destinations) =
        (services.audiences.list().await?, services.destinations.list().await?);
    let matrix = Matrix::of(audiences, destinations, &mappings);
    Ok(MatrixView { now: services.clock.now(), matrix })
}

/// One mapping and its runs that began before `before`.
#[server(prefix = "/fn", endpoint = "read_mapping")]
pub async fn read_mapping(
    /// Which.
    key: String,
    /// Where the page of runs begins.
    before: Option<Instant>,
) -> Result<MappingView, AppError> {
    let (services, _) = enter()?;
    let mapping = services.mappings.get(&named(&key)?).await?;
    let mut runs = services.runs.recent(Some(&mapping.spec.key), before).await?;
    let more = runs.len() > RUNS;
    runs.truncate(RUNS);
    let older = if more { runs.last().map(|run| run.started_at) } else { None };
    let is_older_page = before.is_some();
    let letters = services.delivery.letters().await?.count(Some(&mapping.spec.key));
    let (connections, now) = (services.connections.list().await?, services.clock.now());
    let gates = services.gates.checked(&mapping).await?;
    let changes = services.trail.newest(&format!("mapping {}", mapping.spec.key)).await?;
    Ok(MappingView {
        now,
        mapping,
        runs,
        older,
        is_older_page,
        letters,
        connections,
        gates,
        changes,
    })
}

/// What a mapping can be made of, and the one of this key.
#[server(prefix = "/fn", endpoint = "read_mapping_choices")]
pub async fn read_mapping_choices(
    /// The mapping that is changed.
    key: Option<String>,
) -> Result<MappingChoices, AppError> {
    let (services, _) = enter()?;
    let audiences = services.audiences.list().await?;
    let destinations = services.destinations.list().await?;
    let Some(key) = key else {
        return Ok(MappingChoices { audiences, destinations, spec: None, flapping: None });
    };
    let key = named(&key)?;
    let spec = Some(services.mappings.get(&key).await?.spec);
    let flapping = Some(services.mappings.flapping(&key).await?);
    Ok(MappingChoices { audiences, destinations, spec, flapping })
}

/// Stores a new mapping.
#[server(prefix = "/fn", endpoint = "create_mapping")]
pub async fn create_mapping(
    /// What was entered.
    #[server(flatten)]
    form: MappingForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.create(form.parse()?, form.reason(), &actor).await?;
        Ok(page_of(&form.key))
    };
    finish::<CreateMapping>(outcome.await, "/mappings/new", &form.typed())
}

/// What saving it would do. Nothing is stored.
#[server(prefix = "/fn", endpoint = "preview_mapping")]
pub async fn preview_mapping(
    /// What was entered so far.
    #[server(flatten)]
    form: MappingForm,
) -> Result<Told, AppError> {
    let (services, actor) = enter()?;
    // A name comes last to most people, and changes nothing of what would be sent.
    let named = MappingForm {
        key: if form.key.trim().is_empty() { "unnamed".to_owned() } else { form.key.clone() },
        ..form
    };
    let told = async { Ok(services.previews.preview(named.parse()?, &actor).await?) };
    match told.await {
        Ok(preview) => Ok(Told::Preview(Box::new(preview))),
        Err(AppError::Invalid { message, .. }) => Ok(Told::NotYet { message }),
        Err(error) => Err(error),
    }
}

/// Changes a mapping.
#[server(prefix = "/fn", endpoint = "update_mapping")]
pub async fn update_mapping(
    /// What was entered.
    #[server(flatten)]
    form: MappingForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.update(form.parse()?, form.reason(), &actor).await?;
        Ok(page_of(&form.key))
    };
    finish::<UpdateMapping>(outcome.await, &format!("{}/edit", page_of(&form.key)), &form.typed())
}

/// Runs a mapping as soon as somebody can.
#[server(prefix = "/fn", endpoint = "run_mapping")]
pub async fn run_mapping(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.run_now(&named(&key)?, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<RunMapping>(outcome.await, &page_of(&key), &[])
}

/// Pauses a mapping.
#[server(prefix = "/fn", endpoint = "pause_mapping")]
pub async fn pause_mapping(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.pause(&named(&key)?, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<PauseMapping>(outcome.await, &page_of(&key), &[])
}

/// Resumes a mapping.
#[server(prefix = "/fn", endpoint = "resume_mapping")]
pub async fn resume_mapping(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.resume(&named(&key)?, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<ResumeMapping>(outcome.await, &page_of(&key), &[])
}

/// Pauses or resumes several mappings at once.
#[server(prefix = "/fn", endpoint = "switch_mappings")]
pub async fn switch_mappings(
    /// Which.
    #[server(default)]
    keys: Vec<String>,
    /// `pause` or `resume`.
    to: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let active = match &*to {
            "pause" => false,
            "resume" => true,
            _ => return Err(AppError::invalid("to", "choose pause or resume")),
        };
        if keys.is_empty() {
            return Err(AppError::invalid("keys", "Choose one mapping or more in the matrix"));
        }
        let keys: Vec<Key> = keys.iter().map(|key| named(key)).collect::<Result<_, _>>()?;
        let switched = services.mappings.switch(&keys, active, &actor).await?;
        let switched: Vec<&str> = switched.iter().map(Key::as_str).collect();
        Ok(format!("{MATRIX}&done={to}&keys={}", switched.join(",")))
    };
    finish::<SwitchMappings>(outcome.await, MATRIX, &[])
}

/// Sends people again who were told anything since a length of time, or everybody.
#[server(prefix = "/fn", endpoint = "resync_mapping")]
pub async fn resync_mapping(
    /// Which.
    key: String,
    /// How long ago, such as `24h`; empty for everybody who is there.
    #[server(default)]
    since: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let span: Option<Span> = match since.trim() {
            "" => None,
            text => Some(text.parse().map_err(|error| AppError::invalid("since", error))?),
        };
        let since = span.map(|span| services.clock.now().minus(span));
        services.mappings.resync(&named(&key)?, since, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<ResyncMapping>(outcome.await, &manage_of(&key), &[("since", &since)])
}

/// Takes whoever should be there for there already.
#[server(prefix = "/fn", endpoint = "adopt_mapping")]
pub async fn adopt_mapping(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.adopt(&named(&key)?, &actor).await?;
        Ok(page_of(&key))
    };
    finish::<AdoptMapping>(outcome.await, &manage_of(&key), &[])
}

/// Retires a mapping.
#[server(prefix = "/fn", endpoint = "retire_mapping")]
pub async fn retire_mapping(
    /// Which.
    key: String,
    /// `send` their exits, or `abandon` them there.
    people: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let leaving = match &*people {
            "send" => Leaving::Sent,
            "abandon" => Leaving::Abandoned,
            _ => return Err(AppError::invalid("people", "choose send or abandon")),
        };
        services.mappings.retire(&named(&key)?, leaving, &actor).await?;
        Ok("/mappings".to_owned())
    };
    finish::<RetireMapping>(outcome.await, &manage_of(&key), &[])
}
