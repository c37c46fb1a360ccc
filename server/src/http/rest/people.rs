//! Where a person stands: the one call behind "still a member anywhere?".

use axum::{
    Json,
    extract::{Path, State},
};
use domain::{
    delivery::Transition,
    people::{
        PersonView,
        standing::{Keeping, PersonMapping, Underway},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, body::Time, caller::Caller, problem::Problem};

/// A person, and where they stand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonBody {
    /// Customer.io's id.
    cio_id: String,
    /// The id that the brand gave.
    id: Option<String>,
    /// The e-mail address.
    email: Option<String>,
    /// Whether any audience that Segue reads has them.
    is_member_anywhere: bool,
    /// Whether any destination has them, or is being told of them.
    is_there_anywhere: bool,
    /// The audiences that have them, by key.
    audiences: Vec<String>,
    /// What keeps them out now.
    suppressions: Vec<KeepingBody>,
    /// Every mapping, by key.
    mappings: Vec<PlaceBody>,
}

/// A suppression that keeps somebody out.
#[derive(Debug, Serialize, ToSchema)]
struct KeepingBody {
    /// Which.
    suppression: String,
    /// Why, in the operator's words.
    reason: String,
    /// While they are a member of its audience, it doesn't end.
    is_member: bool,
    /// When it ends, if they leave its audience before.
    until: Option<Time>,
}

/// Somebody's place in a mapping.
#[derive(Debug, Serialize, ToSchema)]
struct PlaceBody {
    /// Which.
    mapping: String,
    /// What it reads.
    audience: String,
    /// Where it leads.
    destination: String,
    /// What for.
    use_case: String,
    /// Whether its audience has them.
    is_member: bool,
    /// Whether its destination has them, or is being told of them.
    is_there: bool,
    /// Why they aren't sent although they are a member.
    cause: Option<String>,
    /// When they were last told to enter or leave.
    told_at: Option<Time>,
}

impl From<Keeping> for KeepingBody {
    fn from(one: Keeping) -> Self {
        Self {
            suppression: one.rule.to_string(),
            reason: one.reason,
            is_member: one.is_member,
            until: one.until.map(Time),
        }
    }
}

/// By what Segment acknowledged; whoever is on the way may be there already.
fn is_there(place: &PersonMapping) -> bool {
    let enters = |one: &Underway| one.transition == Transition::Entered;
    place.delivered || place.underway.as_ref().is_some_and(enters)
}

impl From<PersonMapping> for PlaceBody {
    fn from(place: PersonMapping) -> Self {
        Self {
            is_there: is_there(&place),
            told_at: place.history.iter().map(|entry| entry.at).max().map(Time),
            mapping: place.mapping.to_string(),
            audience: place.audience.to_string(),
            destination: place.destination.to_string(),
            use_case: place.use_case.to_string(),
            is_member: place.member,
            cause: place.cause.map(|cause| cause.to_string()),
        }
    }
}

impl From<PersonView> for PersonBody {
    fn from(view: PersonView) -> Self {
        Self {
            is_member_anywhere: !view.audiences.is_empty(),
            is_there_anywhere: view.mappings.iter().any(is_there),
            cio_id: view.person.cio_id,
            id: view.person.id,
            email: view.person.email,
            audiences: view.audiences.iter().map(|one| one.audience.to_string()).collect(),
            suppressions: view.suppressions.into_iter().map(Into::into).collect(),
            mappings: view.mappings.into_iter().map(Into::into).collect(),
        }
    }
}

/// Where somebody stands: in which audiences, at which destinations, and why not.
#[utoipa::path(
    get, path = "/api/v1/people/{name}", tag = "people", operation_id = "read_person",
    params(("name" = String, Path, description = "Customer.io's id, the brand's id or the e-mail address")),
    responses(
        (status = 200, body = PersonBody),
        (status = 404, description = "Nobody is called so, or is forgotten", body = Problem),
        (status = 409, description = "Several people are called so", body = Problem),
    )
)]
pub(super) async fn read(
    _: Caller,
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<PersonBody>, Problem> {
    // Only the newest line of each place is told.
    Ok(Json(api.people.explain(&name, 1).await?.into()))
}
