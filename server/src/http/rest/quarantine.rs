//! Events that aren't as agreed.

use axum::{Json, extract::State};
use domain::{
    access::Actor,
    contract::{Group, Violation},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    Api,
    body::{Asked, Body, Time},
    caller::Caller,
    changes::Made,
    problem::Problem,
};

/// Why an event isn't as agreed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ViolationBody {
    /// Where, such as `products[2].price`; empty for the event itself.
    path: String,
    /// What should stand there.
    expected: String,
    /// What does, without its value.
    found: String,
}

impl From<Violation> for ViolationBody {
    fn from(violation: Violation) -> Self {
        let Violation { path, expected, found } = violation;
        Self { path, expected, found }
    }
}

impl From<ViolationBody> for Violation {
    fn from(body: ViolationBody) -> Self {
        let ViolationBody { path, expected, found } = body;
        Self { path, expected, found }
    }
}

/// Which groups are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Find {
    /// A text that an event of each has in it, its name or what is wrong with it; all groups if
    /// it isn't given. For operators: what events say is found by it.
    #[serde(default)]
    find: String,
}

/// Which events: the name and the violation of a group, as the list has them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupName {
    /// The event, as it came in.
    name: String,
    /// What is wrong.
    violation: ViolationBody,
}

/// Events that have the same wrong with them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GroupBody {
    /// The event, as it came in.
    name: String,
    /// What is wrong.
    violation: ViolationBody,
    /// How many.
    events: u64,
    /// When the first came in.
    first_at: Time,
    /// When the last did.
    last_at: Time,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> Self {
        Self {
            name: group.name,
            violation: group.violation.into(),
            events: group.events,
            first_at: Time(group.first_at),
            last_at: Time(group.last_at),
        }
    }
}

/// What stands in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Groups {
    /// The most frequent first, a hundred at most.
    groups: Vec<GroupBody>,
}

/// Some events as they came.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Samples {
    /// The newest three. They have people's names in them.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Value>,
}

/// What was settled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Settled {
    /// How many events.
    events: u64,
}

/// What stands in quarantine, by what is wrong.
#[utoipa::path(
    get, path = "/api/v1/quarantine", tag = "quarantine", operation_id = "list_quarantine",
    params(Find),
    responses((status = 200, body = Groups))
)]
pub(super) async fn list(
    Caller(actor): Caller,
    State(api): State<Api>,
    Asked(Find { find }): Asked<Find>,
) -> Result<Json<Groups>, Problem> {
    let groups = api.contract.quarantined(&find, &actor).await?;
    Ok(Json(Groups { groups: groups.into_iter().map(Into::into).collect() }))
}

/// The newest events of a group, as they came. For operators: they name people.
#[utoipa::path(
    post, path = "/api/v1/quarantine/samples", tag = "quarantine", operation_id = "sample_quarantine",
    request_body = GroupName,
    responses(
        (status = 200, body = Samples),
        (status = 403, description = "The role is less than operator", body = Problem),
    )
)]
pub(super) async fn samples(
    Caller(actor): Caller,
    State(api): State<Api>,
    Body(GroupName { name, violation }): Body<GroupName>,
) -> Result<Json<Samples>, Problem> {
    let bodies = api.contract.samples(&name, &violation.into(), "", &actor).await?;
    let events = bodies.iter().filter_map(|body| serde_json::from_str(body).ok()).collect();
    Ok(Json(Samples { events }))
}

/// Lets a group go on as it is. For approvers.
#[utoipa::path(
    post, path = "/api/v1/quarantine/release", tag = "quarantine", operation_id = "release_quarantine",
    request_body = GroupName,
    responses(
        (status = 200, body = Settled),
        (status = 403, description = "The role is less than approver", body = Problem),
    )
)]
pub(super) async fn release(
    Caller(actor): Caller,
    State(api): State<Api>,
    Body(group): Body<GroupName>,
) -> Result<Json<Settled>, Problem> {
    settled(&api, group, true, &actor).await
}

/// Discards a group: nobody ever gets it. For approvers.
#[utoipa::path(
    post, path = "/api/v1/quarantine/discard", tag = "quarantine", operation_id = "discard_quarantine",
    request_body = GroupName,
    responses(
        (status = 200, body = Settled),
        (status = 403, description = "The role is less than approver", body = Problem),
    )
)]
pub(super) async fn discard(
    Caller(actor): Caller,
    State(api): State<Api>,
    Body(group): Body<GroupName>,
) -> Result<Json<Settled>, Problem> {
    settled(&api, group, false, &actor).await
}

async fn settled(
    api: &Api,
    GroupName { name, violation }: GroupName,
    release: bool,
    actor: &Actor,
) -> Result<Json<Settled>, Problem> {
    let events = api.contract.settle(&name, &violation.into(), release, actor).await?;
    Ok(Json(Settled { events }))
}

/// Drafts a change request under which a group would be as agreed. For operators.
#[utoipa::path(
    post, path = "/api/v1/quarantine/propose", tag = "quarantine", operation_id = "propose_quarantine",
    request_body = GroupName,
    responses(
        (status = 201, description = "A draft: read it, then submit it", body = Made),
        (status = 403, description = "The role is less than operator", body = Problem),
        (status = 404, description = "Nothing of that group stands there", body = Problem),
        (status = 409, description = "No wider contract takes them", body = Problem),
    )
)]
pub(super) async fn propose(
    Caller(actor): Caller,
    State(api): State<Api>,
    Body(GroupName { name, violation }): Body<GroupName>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let id: Uuid = api.contract.propose_from(&name, &violation.into(), &actor).await?.0;
    Ok((StatusCode::CREATED, Json(Made { id })))
}
