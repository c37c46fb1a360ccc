//! What is in force.

use axum::{Json, extract::State};
use domain::contract::{request::Version, spec::EventSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Api, body::Time, caller::Caller, problem::Problem};

/// An event of the contract.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EventBody {
    /// Its canonical name.
    #[schema(example = "Order Completed")]
    pub name: String,
    /// What has happened when it is sent.
    #[serde(default)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: String,
    /// Who reads it, such as a destination or a report.
    #[serde(default)]
    pub consumers: Vec<String>,
    /// Other names under which it comes in: they are renamed.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Former names under which it goes out too, each with its last day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["Purchase until 2026-12-31"]))]
    pub also_sent_as: Vec<String>,
    /// Whether it goes nowhere: it is kept, and holds whom it names.
    #[serde(default)]
    pub stopped: bool,
    /// What it says, one property an item, in the notation of the console and of `segue.toml`.
    #[serde(default)]
    #[schema(example = json!(["order_id: text, required", "total: number, required, in USD"]))]
    pub properties: Vec<String>,
}

impl From<EventSpec> for EventBody {
    fn from(spec: EventSpec) -> Self {
        let EventSpec {
            name,
            description,
            owner,
            consumers,
            aliases,
            also_sent_as,
            stopped,
            properties,
        } = spec;
        Self { name, description, owner, consumers, aliases, also_sent_as, stopped, properties }
    }
}

impl From<EventBody> for EventSpec {
    fn from(body: EventBody) -> Self {
        let EventBody {
            name,
            description,
            owner,
            consumers,
            aliases,
            also_sent_as,
            stopped,
            properties,
        } = body;
        Self { name, description, owner, consumers, aliases, also_sent_as, stopped, properties }
    }
}

/// A contract that was approved.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContractBody {
    /// Counted from 1; 0 before there is any.
    version: u64,
    /// Since when.
    approved_at: Option<Time>,
    /// The change request that it was.
    change_request: Option<Uuid>,
    /// What was agreed on.
    events: Vec<EventBody>,
}

impl From<Version> for ContractBody {
    fn from(version: Version) -> Self {
        let events = version.contract.events.iter();
        Self {
            version: version.number,
            approved_at: version.at.map(Time),
            change_request: version.request.map(|id| id.0),
            events: events.map(|(name, event)| EventSpec::of(name, event).into()).collect(),
        }
    }
}

/// The contract that is in force.
#[utoipa::path(
    get, path = "/api/v1/contract", tag = "contract", operation_id = "read_contract",
    responses((status = 200, body = ContractBody))
)]
pub(super) async fn read(_: Caller, State(api): State<Api>) -> Result<Json<ContractBody>, Problem> {
    Ok(Json(api.contract.current().await?.into()))
}

/// The same as JSON Schema (2020-12).
#[utoipa::path(
    get, path = "/api/v1/contract/schema", tag = "contract", operation_id = "read_schema",
    responses((status = 200, body = Object))
)]
pub(super) async fn schema(_: Caller, State(api): State<Api>) -> Result<Json<Value>, Problem> {
    Ok(Json(api.contract.schema().await?))
}

/// The same as rules of a Segment tracking plan, as `PUT /tracking-plans/{id}/rules` of Segment's
/// Public API takes them.
#[utoipa::path(
    get, path = "/api/v1/contract/tracking-plan", tag = "contract", operation_id = "read_tracking_plan",
    responses((status = 200, body = Object))
)]
pub(super) async fn tracking_plan(
    _: Caller,
    State(api): State<Api>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(api.contract.tracking_plan().await?))
}
