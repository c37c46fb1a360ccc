//! Server functions of first steps: read them, choose the goal, promote, make and start the first
//! mapping, lift the ceiling, put them away.

#[cfg(feature = "ssr")]
use domain::audiences::{
    AudienceSpec,
    coverage::AudienceCoverage,
    readiness::{ReadyFacts, key_of, readiness},
};
#[cfg(feature = "ssr")]
use domain::{
    access::Role,
    connections::{ConnectionView, Vendor},
    first_steps::{
        Connected, StepFacts, steps,
        verdict::{WorthFacts, verdict},
    },
    mappings::{MappingRow, MappingSpec, UseCase},
    services::Services,
    suppression::Kind,
};
use domain::{
    audiences::readiness::Readiness,
    destinations::DestinationSpec,
    first_steps::{FirstVersion, Step, scope::Scope, verdict::Verdict},
    key::Key,
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish, vendor_answer::VendorAnswer};

/// The page of first steps.
pub const PAGE: &str = "/first-steps";

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstStepsView {
    /// When this was read.
    pub now: Instant,
    /// What is done.
    pub steps: Vec<(Step, bool)>,
    /// What was decided; nothing before a goal.
    pub version: Option<FirstVersion>,
    /// Whether it is worth it; nothing before a goal.
    pub verdict: Option<Verdict>,
    /// How complex the plan is.
    pub scope: Scope,
    /// Whether the ceiling stands.
    pub has_ceiling: bool,
    /// Whether whoever reads this may lift it.
    pub may_lift: bool,
    /// Where it may go.
    pub destinations: Vec<DestinationSpec>,
    /// Who may go, the readiest first.
    pub segments: RankedSegments,
    /// The mapping that goes first, once there is one.
    pub mapping: Option<FirstMapping>,
}

/// Segments by how ready they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RankedSegments {
    /// Customer.io isn't connected yet.
    NotConnected,
    /// It could not be asked.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
    /// The readiest first.
    Known(Vec<RankedSegment>),
}

/// A segment with its readiness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedSegment {
    /// Its number.
    pub segment: i64,
    /// Its name in Customer.io.
    pub name: String,
    /// The key that it has or would get.
    pub key: String,
    /// Whether it is an audience already.
    pub is_promoted: bool,
    /// How ready it is.
    pub readiness: Readiness,
}

/// How the first mapping stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstMapping {
    /// Which.
    pub key: Key,
    /// Whether it runs.
    pub is_active: bool,
    /// Whether it has run to its end.
    pub has_run: bool,
    /// What keeps it from being signed off.
    pub unready: Option<String>,
    /// Whether it is signed off.
    pub is_signed_off: bool,
}

/// Everything about first steps.
#[server(prefix = "/fn", endpoint = "read_first_steps")]
pub async fn read_first_steps() -> Result<FirstStepsView, AppError> {
    let (services, actor) = enter()?;
    let standing = services.first_steps.standing().await?;
    let (mappings, facts) = facts(&services, standing.version.as_ref()).await?;
    let destinations: Vec<DestinationSpec> =
        services.destinations.list().await?.into_iter().map(|row| row.spec).collect();
    let covered = services.coverage.all().await?;
    let segments = ranked(&services, &facts, &destinations, &covered).await?;
    Ok(FirstStepsView {
        now: services.clock.now(),
        steps: steps(&facts).to_vec(),
        verdict: weighed(&facts, &segments, &destinations, &covered),
        destinations,
        segments,
        mapping: first_mapping(&services, mappings).await?,
        version: standing.version,
        scope: standing.scope,
        has_ceiling: standing.has_ceiling,
        may_lift: actor.require(Role::Admin).is_ok(),
    })
}

/// How many steps are done, for the overview: nothing before a goal, and none once a mapping
/// lives or somebody has put them away.
#[cfg(feature = "ssr")]
pub(crate) async fn progress(services: &Services) -> Result<Option<(u64, u64)>, AppError> {
    let Some(version) = services.first_steps.standing().await?.version else { return Ok(None) };
    let (_, facts) = facts(services, Some(&version)).await?;
    let steps = steps(&facts);
    let done = steps.iter().filter(|(_, done)| *done).count() as u64;
    Ok((!facts.is_live && !version.is_dismissed).then_some((done, steps.len() as u64)))
}

#[cfg(feature = "ssr")]
async fn facts(
    services: &Services,
    version: Option<&FirstVersion>,
) -> Result<(Vec<MappingRow>, StepFacts), AppError> {
    let connections = services.connections.list().await?;
    let rules = services.suppression.list().await?;
    let mappings = services.mappings.list().await?;
    let facts = StepFacts {
        goal: version.map(|version| version.goal),
        customerio: connected(&connections, Vendor::Customerio),
        twilio: connected(&connections, Vendor::Twilio),
        destinations: services.destinations.list().await?.len() as u64,
        audiences: services.audiences.list().await?.len() as u64,
        keeps_out_buyers: rules.iter().any(|rule| rule.spec.kind() == Kind::Purchase),
        is_live: mappings.iter().any(|row| row.spec.active && row.last_done_at.is_some()),
    };
    Ok((mappings, facts))
}

/// Whether it is worth it, for the goal that was chosen.
#[cfg(feature = "ssr")]
fn weighed(
    facts: &StepFacts,
    segments: &RankedSegments,
    destinations: &[DestinationSpec],
    covered: &[AudienceCoverage],
) -> Option<Verdict> {
    let goal = facts.goal?;
    let known = match segments {
        RankedSegments::Known(all) => Some(all.len() as u64),
        RankedSegments::NotConnected | RankedSegments::Unknown { .. } => None,
    };
    let mut profiles: Vec<_> = destinations.iter().map(|one| one.profile).collect();
    profiles.sort_by_key(|one| one.as_str());
    profiles.dedup();
    Some(verdict(&WorthFacts {
        goal,
        segments: known,
        profiles: &profiles,
        audiences: facts.audiences,
        largest: covered.iter().filter_map(|one| one.coverage).max_by_key(|one| one.members),
    }))
}

#[cfg(feature = "ssr")]
fn connected(connections: &[ConnectionView], vendor: Vendor) -> Connected {
    let of = connections.iter().find(|one| one.vendor == vendor && one.key.is_some());
    match of {
        None => Connected::No,
        Some(one) if one.tested.as_ref().is_some_and(|test| !test.ok) => Connected::Failing,
        Some(_) => Connected::Yes,
    }
}

#[cfg(feature = "ssr")]
async fn ranked(
    services: &Services,
    facts: &StepFacts,
    destinations: &[DestinationSpec],
    covered: &[AudienceCoverage],
) -> Result<RankedSegments, AppError> {
    if facts.customerio == Connected::No {
        return Ok(RankedSegments::NotConnected);
    }
    let segments = match VendorAnswer::of(services.audiences.segments().await)? {
        VendorAnswer::Known(segments) => segments,
        VendorAnswer::Unknown { reason } => return Ok(RankedSegments::Unknown { reason }),
    };
    let profile = destinations.first().map(|one| one.profile);
    let rank = |row: domain::audiences::SegmentRow| {
        let has =
            |one: &&AudienceCoverage| Some(&one.audience.spec.key) == row.promoted_as.as_ref();
        let known = covered.iter().find(has);
        RankedSegment {
            segment: row.segment.id,
            is_promoted: row.promoted_as.is_some(),
            key: row
                .promoted_as
                .map_or_else(|| key_of(&row.segment.name, row.segment.id), |key| key.to_string()),
            readiness: readiness(&ReadyFacts {
                state: &row.segment.state,
                coverage: known.and_then(|one| one.coverage),
                profile,
                window: known.and_then(|one| one.audience.spec.window),
                goal: facts.goal.unwrap_or(UseCase::Retarget),
                keeps_out_buyers: facts.keeps_out_buyers,
            }),
            name: row.segment.name,
        }
    };
    let mut ranked: Vec<RankedSegment> = segments.into_iter().map(rank).collect();
    ranked.sort_by(|a, b| {
        a.readiness.rank().cmp(&b.readiness.rank()).then_with(|| a.name.cmp(&b.name))
    });
    Ok(RankedSegments::Known(ranked))
}

/// The one that lives, else the one that runs, else any.
#[cfg(feature = "ssr")]
async fn first_mapping(
    services: &Services,
    mut rows: Vec<MappingRow>,
) -> Result<Option<FirstMapping>, AppError> {
    rows.sort_by_key(|row| (!row.spec.active, row.last_done_at.is_none(), row.spec.key.clone()));
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let found = services.gates.checklist(&row).await?;
    Ok(Some(FirstMapping {
        key: row.spec.key,
        is_active: row.spec.active,
        has_run: row.last_done_at.is_some(),
        unready: found.unready.map(str::to_owned),
        is_signed_off: found.sign_off.is_some(),
    }))
}

/// Keeps what it is all for.
#[server(prefix = "/fn", endpoint = "choose_goal")]
pub async fn choose_goal(
    /// A use case.
    #[server(default)]
    goal: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let chosen = goal.parse().map_err(|_| AppError::invalid("goal", "Choose a goal"))?;
        services.first_steps.choose(chosen, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<ChooseGoal>(outcome.await, PAGE, &[])
}

/// Promotes a segment under the key that its name makes.
#[server(prefix = "/fn", endpoint = "promote_first")]
pub async fn promote_first(
    /// Its number.
    segment: i64,
    /// The key.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let key = key.parse().map_err(|error| AppError::invalid("key", error))?;
        let (owner, window, purpose, review_on) = (None, None, None, None);
        let spec = AudienceSpec { key, segment, owner, window, purpose, review_on };
        services.audiences.promote(spec, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<PromoteFirst>(outcome.await, PAGE, &[])
}

/// Makes the first mapping, paused.
#[server(prefix = "/fn", endpoint = "make_first_mapping")]
pub async fn make_first_mapping(
    /// Who.
    #[server(default)]
    audience: String,
    /// Where to.
    #[server(default)]
    destination: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let goal = services.first_steps.standing().await?.version.map(|version| version.goal);
        let spec = paused(&audience, &destination, goal.unwrap_or(UseCase::Retarget))?;
        services.mappings.create(spec, None, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<MakeFirstMapping>(outcome.await, PAGE, &[("audience", &audience)])
}

/// A mapping that doesn't run yet.
#[cfg(feature = "ssr")]
fn paused(audience: &str, destination: &str, use_case: UseCase) -> Result<MappingSpec, AppError> {
    let wrong =
        |field: &'static str| move |_| AppError::invalid(field, format!("Choose the {field}"));
    let mapping = MappingSpec {
        key: format!("{audience}-to-{destination}")
            .parse()
            .map_err(|error| AppError::invalid("audience", error))?,
        audience: audience.parse().map_err(wrong("audience"))?,
        destination: destination.parse().map_err(wrong("destination"))?,
        use_case,
        exclusivity_group: None,
        priority: 100,
        every: domain::time::Span::from_minutes(5),
        holdout_percent: domain::mappings::HoldoutPercent(0),
        offset: None,
        dwell: None,
        entry_event: None,
        active: false,
    };
    Ok(mapping)
}

/// Starts the first mapping.
#[server(prefix = "/fn", endpoint = "start_first_mapping")]
pub async fn start_first_mapping(
    /// Which.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.mappings.resume(&crate::mappings::api::named(&key)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<StartFirstMapping>(outcome.await, PAGE, &[])
}

/// Lifts the ceiling of the first version.
#[server(prefix = "/fn", endpoint = "lift_ceiling")]
pub async fn lift_ceiling(
    /// Why.
    #[server(default)]
    reason: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.first_steps.lift(&reason, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<LiftCeiling>(outcome.await, PAGE, &[])
}

/// Puts first steps away.
#[server(prefix = "/fn", endpoint = "dismiss_first_steps")]
pub async fn dismiss_first_steps() -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.first_steps.dismiss(true, &actor).await?;
        Ok("/".to_owned())
    };
    finish::<DismissFirstSteps>(outcome.await, PAGE, &[])
}
