//! Change requests: read, propose, decide. What each holds is in [`shapes`].

mod shapes;

use axum::{Json, extract::State};
use domain::{
    access::Actor,
    contract::{
        proposal::{Edits, KEY},
        request,
    },
    ids::RequestId,
};
use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};

use super::{
    Api, ROOT,
    body::{Asked, Body, Which},
    caller::Caller,
    problem::Problem,
};
use shapes::{
    ChangeBody, ChangeList, ChangeView, Filter, NewChange, ReplayBody, Title, Verdict, VerdictBody,
    Words,
};

pub(super) use shapes::Made;

/// Change requests, the newest first: all that aren't decided, and the last twenty that are.
#[utoipa::path(
    get, path = "/api/v1/change-requests", tag = "change requests", operation_id = "list_changes",
    params(Filter),
    responses(
        (status = 200, body = ChangeList),
        (status = 422, description = "No state is called so", body = Problem),
    )
)]
pub(super) async fn list(
    _: Caller,
    State(api): State<Api>,
    Asked(Filter { state }): Asked<Filter>,
) -> Result<Json<ChangeList>, Problem> {
    let wanted: Option<request::State> = state
        .map(|state| state.parse())
        .transpose()
        .map_err(|words: String| domain::Error::invalid("state", words))?;
    let requests = api.contract.requests().await?.into_iter();
    let requests = requests.filter(|one| wanted.is_none_or(|wanted| one.state == wanted));
    Ok(Json(ChangeList { change_requests: requests.map(ChangeBody::from).collect() }))
}

/// Proposes events as they shall be, over what is in force. It waits for approval at once. With
/// an `Idempotency-Key` it is filed once, however often it is sent: send it again if no answer
/// came.
#[utoipa::path(
    post, path = "/api/v1/change-requests", tag = "change requests", operation_id = "propose_change",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "1 to 255 visible ASCII characters, such as a UUID: another for each proposal")),
    request_body = NewChange,
    responses(
        (status = 201, description = "It waits for somebody else's approval", body = Made,
            headers(("location" = String, description = "Where it is read"))),
        (status = 403, description = "The role is less than operator", body = Problem),
        (status = 404, description = "An event to remove isn't there", body = Problem),
        (status = 409, description = "It would change nothing", body = Problem),
        (status = 422, description = "A field can't be so", body = Problem),
    )
)]
pub(super) async fn propose(
    Caller(actor): Caller,
    State(api): State<Api>,
    headers: HeaderMap,
    Body(NewChange { title, events, remove }): Body<NewChange>,
) -> Result<(StatusCode, [(http::HeaderName, HeaderValue); 1], Json<Made>), Problem> {
    let edits = Edits { put: events.into_iter().map(Into::into).collect(), remove };
    let id = match headers.get(KEY) {
        None => api.contract.propose_edits(&title, &edits, &actor).await?,
        Some(key) => {
            let key = key.to_str().unwrap_or_default();
            api.contract.propose_edits_once(key, &title, &edits, &actor).await?
        }
    };
    let place = HeaderValue::from_str(&format!("{ROOT}/change-requests/{id}"));
    let place = place.map_err(domain::Error::unexpected)?;
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(Made { id: id.0 })))
}

/// Begins a draft from the rules of a Segment tracking plan: its events take the place of those of
/// their names. What a contract can't say is left out, and told in the draft's first comment.
#[utoipa::path(
    post, path = "/api/v1/change-requests/import", tag = "change requests",
    operation_id = "import_tracking_plan",
    request_body(content = Object, description = "What `GET /tracking-plans/{id}/rules` answers"),
    responses(
        (status = 201, description = "A draft: read it, then submit it", body = Made),
        (status = 403, description = "The role is less than operator", body = Problem),
        (status = 409, description = "It would change nothing", body = Problem),
        (status = 422, description = "It has no list of rules", body = Problem),
    )
)]
pub(super) async fn import(
    Caller(actor): Caller,
    State(api): State<Api>,
    Body(plan): Body<serde_json::Value>,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let id = api.contract.import_plan(&plan, &actor).await?.0;
    Ok((StatusCode::CREATED, Json(Made { id })))
}

/// A change request, with what it changes and whom it concerns.
#[utoipa::path(
    get, path = "/api/v1/change-requests/{id}", tag = "change requests", operation_id = "read_change",
    params(Which),
    responses(
        (status = 200, body = ChangeView),
        (status = 404, description = "There is none", body = Problem),
    )
)]
pub(super) async fn read(
    _: Caller,
    State(api): State<Api>,
    Which(id): Which,
) -> Result<Json<ChangeView>, Problem> {
    viewed(&api, id).await
}

/// What it does to the events of the last seven days: each is held against the contract before and
/// after it.
#[utoipa::path(
    get, path = "/api/v1/change-requests/{id}/replay", tag = "change requests",
    operation_id = "replay_change",
    params(Which),
    responses(
        (status = 200, body = ReplayBody),
        (status = 404, description = "There is none", body = Problem),
    )
)]
pub(super) async fn replay(
    _: Caller,
    State(api): State<Api>,
    Which(id): Which,
) -> Result<Json<ReplayBody>, Problem> {
    Ok(Json(api.contract.replay(id).await?.into()))
}

/// Asks for approval of one's own draft.
#[utoipa::path(
    post, path = "/api/v1/change-requests/{id}/submit", tag = "change requests",
    operation_id = "submit_change",
    params(Which),
    request_body = Title,
    responses(
        (status = 200, body = ChangeView),
        (status = 403, description = "It is somebody else's", body = Problem),
        (status = 404, description = "There is none", body = Problem),
        (status = 409, description = "It isn't a draft, or changes nothing", body = Problem),
        (status = 422, description = "The title is empty or too long", body = Problem),
    )
)]
pub(super) async fn submit(
    Caller(actor): Caller,
    State(api): State<Api>,
    Which(id): Which,
    Body(Title { title }): Body<Title>,
) -> Result<Json<ChangeView>, Problem> {
    api.contract.propose(id, &title, &actor).await?;
    viewed(&api, id).await
}

/// Decides on what somebody else proposes. For approvers.
#[utoipa::path(
    post, path = "/api/v1/change-requests/{id}/decision", tag = "change requests",
    operation_id = "decide_change",
    params(Which),
    request_body = VerdictBody,
    responses(
        (status = 200, body = ChangeView),
        (status = 403, description = "The role is less than approver", body = Problem),
        (status = 404, description = "There is none", body = Problem),
        (status = 409, description = "It is one's own, is decided, or must be rebased", body = Problem),
        (status = 422, description = "A request for changes says nothing", body = Problem),
    )
)]
pub(super) async fn decide(
    Caller(actor): Caller,
    State(api): State<Api>,
    Which(id): Which,
    Body(VerdictBody { verdict, note }): Body<VerdictBody>,
) -> Result<Json<ChangeView>, Problem> {
    decided(&api, id, (verdict, &note), &actor).await?;
    viewed(&api, id).await
}

async fn decided(
    api: &Api,
    id: RequestId,
    (verdict, note): (Verdict, &str),
    actor: &Actor,
) -> domain::Result<()> {
    match verdict {
        Verdict::Approve => api.contract.decide(id, true, note, actor).await,
        Verdict::Reject => api.contract.decide(id, false, note, actor).await,
        Verdict::AskForChanges => api.contract.ask_for_changes(id, note, actor).await,
    }
}

/// Says something to it, without deciding. For operators.
#[utoipa::path(
    post, path = "/api/v1/change-requests/{id}/comments", tag = "change requests",
    operation_id = "comment_change",
    params(Which),
    request_body = Words,
    responses(
        (status = 200, body = ChangeView),
        (status = 403, description = "The role is less than operator", body = Problem),
        (status = 404, description = "There is none", body = Problem),
        (status = 422, description = "Nothing is said, or too much", body = Problem),
    )
)]
pub(super) async fn comment(
    Caller(actor): Caller,
    State(api): State<Api>,
    Which(id): Which,
    Body(Words { words }): Body<Words>,
) -> Result<Json<ChangeView>, Problem> {
    api.contract.comment(id, &words, &actor).await?;
    viewed(&api, id).await
}

/// Makes one's own anew over what is in force; a draft again.
#[utoipa::path(
    post, path = "/api/v1/change-requests/{id}/rebase", tag = "change requests",
    operation_id = "rebase_change",
    params(Which),
    responses(
        (status = 200, body = ChangeView),
        (status = 403, description = "It is somebody else's", body = Problem),
        (status = 404, description = "There is none", body = Problem),
        (status = 409, description = "It is decided, or the contract changed the same event", body = Problem),
    )
)]
pub(super) async fn rebase(
    Caller(actor): Caller,
    State(api): State<Api>,
    Which(id): Which,
) -> Result<Json<ChangeView>, Problem> {
    api.contract.rebase(id, &actor).await?;
    viewed(&api, id).await
}

/// Takes one's own back; an admin may take back anybody's.
#[utoipa::path(
    post, path = "/api/v1/change-requests/{id}/withdraw", tag = "change requests",
    operation_id = "withdraw_change",
    params(Which),
    responses(
        (status = 200, body = ChangeView),
        (status = 403, description = "It is somebody else's", body = Problem),
        (status = 404, description = "There is none", body = Problem),
        (status = 409, description = "It is decided", body = Problem),
    )
)]
pub(super) async fn withdraw(
    Caller(actor): Caller,
    State(api): State<Api>,
    Which(id): Which,
) -> Result<Json<ChangeView>, Problem> {
    api.contract.withdraw(id, &actor).await?;
    viewed(&api, id).await
}

async fn viewed(api: &Api, id: RequestId) -> Result<Json<ChangeView>, Problem> {
    Ok(Json(api.contract.request(id).await?.into()))
}
