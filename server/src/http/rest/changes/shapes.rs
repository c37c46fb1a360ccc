//! Change requests as programs write and read them.

use domain::contract::{
    Difference,
    blast::{Field, Flow, Over, Touched},
    replay::{Replay, Replayed},
    request::{Comment, Request, RequestView},
    spec::EventSpec,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::{body::Time, contract::EventBody, quarantine::ViolationBody};

/// Which change requests are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// `draft`, `open`, `approved`, `rejected` or `withdrawn`; all if it isn't given.
    pub state: Option<String>,
}

/// A change as it is proposed. Whatever it doesn't name stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChange {
    /// What it is for: whoever approves reads it.
    pub title: String,
    /// Events as they shall be, new ones too.
    #[serde(default)]
    pub events: Vec<EventBody>,
    /// Names of events that shall go.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// What a draft is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Whoever approves reads it.
    pub title: String,
}

/// What is said to a change request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// At most 2,000 characters.
    pub words: String,
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is in force from now on.
    Approve,
    /// It is turned away.
    Reject,
    /// It is its author's draft again.
    AskForChanges,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    /// What becomes of it.
    pub verdict: Verdict,
    /// What is said to it; needed where changes are asked for.
    #[serde(default)]
    pub note: String,
}

/// What was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Made {
    /// Its number.
    pub id: Uuid,
}

/// Change requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeList {
    /// The newest first.
    pub change_requests: Vec<ChangeBody>,
}

/// A change request.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeBody {
    /// Its number.
    id: Uuid,
    /// What it is for.
    title: String,
    /// `draft`, `open`, `approved`, `rejected` or `withdrawn`.
    #[schema(example = "open")]
    state: &'static str,
    /// Who proposes it.
    author: String,
    /// When it was made.
    made_at: Time,
    /// The version that it was made from; 0 where there was none.
    base: u64,
    /// Who decided, once somebody has.
    decision: Option<DecisionBody>,
}

impl From<Request> for ChangeBody {
    fn from(request: Request) -> Self {
        Self {
            id: request.id.0,
            title: request.title,
            state: request.state.as_str(),
            author: request.author,
            made_at: Time(request.at),
            base: request.base,
            decision: request.decision.map(|one| DecisionBody {
                by: one.by,
                at: Time(one.at),
                note: one.note,
            }),
        }
    }
}

/// What somebody decided.
#[derive(Debug, Serialize, ToSchema)]
struct DecisionBody {
    /// Who.
    by: String,
    /// When.
    at: Time,
    /// What they said to it.
    note: String,
}

/// A change request, and what it does.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeView {
    #[serde(flatten)]
    request: ChangeBody,
    /// The version in force: another than its base means that it must be rebased first.
    current: u64,
    /// The contract as it would be.
    events: Vec<EventBody>,
    /// What it changes of the version that it was made from.
    differences: Vec<DifferenceBody>,
    /// Events in quarantine that would pass.
    releases: u64,
    /// Of the events in quarantine, how many were looked at for that.
    looked_at: u64,
    /// Whom it concerns.
    touched: Vec<TouchedBody>,
    /// Budgets that it breaks, such as `meta would read 9 events, and its budget is 8`: an
    /// approval needs a note then.
    over_budget: Vec<String>,
    /// What was said to it, the oldest first.
    comments: Vec<CommentBody>,
}

impl From<RequestView> for ChangeView {
    fn from(view: RequestView) -> Self {
        let events = view.request.contract.events.iter();
        Self {
            events: events.map(|(name, event)| EventSpec::of(name, event).into()).collect(),
            request: view.request.into(),
            current: view.current,
            differences: view.differences.into_iter().map(Into::into).collect(),
            releases: view.releases,
            looked_at: view.looked_at,
            touched: view.touched.into_iter().map(Into::into).collect(),
            over_budget: view.over.iter().map(Over::words).collect(),
            comments: view.comments.into_iter().map(Into::into).collect(),
        }
    }
}

/// One difference of two contracts.
#[derive(Debug, Serialize, ToSchema)]
struct DifferenceBody {
    /// Of which event.
    event: String,
    /// Where in it, such as `properties.total.required`; empty for the whole event.
    path: String,
    /// What stood there; nothing if it is new.
    before: Option<String>,
    /// What stands there; nothing if it is gone.
    after: Option<String>,
    /// `additive`: every event that passed still passes. `narrowing`: some fail. `breaking`: all
    /// fail, or what they said is gone.
    #[schema(example = "narrowing")]
    compatibility: &'static str,
    /// Why, in a sentence.
    reason: String,
}

impl From<Difference> for DifferenceBody {
    fn from(one: Difference) -> Self {
        Self {
            event: one.event,
            path: one.path,
            before: one.before,
            after: one.after,
            compatibility: one.compatibility.as_str(),
            reason: one.reason,
        }
    }
}

/// What an event that is changed is used for.
#[derive(Debug, Serialize, ToSchema)]
struct TouchedBody {
    /// Its canonical name.
    event: String,
    /// Who reads it.
    consumers: Vec<String>,
    /// Suppressions that hold whom it names.
    suppressions: Vec<ProtectionBody>,
    /// Mappings that send it for each entry.
    mappings: Vec<String>,
    /// What destinations that read it begin or cease to hear.
    flows: Vec<FlowBody>,
}

/// What a destination that reads an event begins or ceases to hear.
#[derive(Debug, Serialize, ToSchema)]
struct FlowBody {
    /// Its key.
    destination: String,
    /// Properties that begin to flow there.
    begins: Vec<FieldBody>,
    /// Properties that cease to.
    ceases: Vec<FieldBody>,
}

/// A property of an event.
#[derive(Debug, Serialize, ToSchema)]
struct FieldBody {
    /// Where it stands, such as `products.price`.
    path: String,
    /// How it must be handled: `identifier`, `commercial`, `behavioural` or `other`.
    class: &'static str,
}

impl From<Flow> for FlowBody {
    fn from(one: Flow) -> Self {
        let field = |Field { path, class }| FieldBody { path, class: class.as_str() };
        Self {
            destination: one.destination.to_string(),
            begins: one.begins.into_iter().map(field).collect(),
            ceases: one.ceases.into_iter().map(field).collect(),
        }
    }
}

/// A suppression, and what it protects.
#[derive(Debug, Serialize, ToSchema)]
struct ProtectionBody {
    /// Its key.
    suppression: String,
    /// The active mappings that it keeps people out of.
    mappings: Vec<String>,
}

impl From<Touched> for TouchedBody {
    fn from(one: Touched) -> Self {
        let words = |keys: Vec<domain::key::Key>| keys.iter().map(ToString::to_string).collect();
        let suppressions = one.suppressions.into_iter();
        Self {
            event: one.event,
            consumers: one.consumers.into_iter().collect(),
            suppressions: suppressions
                .map(|(suppression, mappings)| ProtectionBody {
                    suppression: suppression.to_string(),
                    mappings: words(mappings),
                })
                .collect(),
            mappings: words(one.mappings),
            flows: one.flows.into_iter().map(Into::into).collect(),
        }
    }
}

/// What somebody said.
#[derive(Debug, Serialize, ToSchema)]
struct CommentBody {
    /// Who.
    by: String,
    /// When.
    at: Time,
    /// What.
    words: String,
}

impl From<Comment> for CommentBody {
    fn from(one: Comment) -> Self {
        Self { by: one.by, at: Time(one.at), words: one.words }
    }
}

/// What a change does to the events that came in lately.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayBody {
    /// From when on.
    since: Time,
    /// How many were replayed.
    events: u64,
    /// Pass now, and would fail.
    failing: u64,
    /// Fail now, and would pass.
    passing: u64,
    /// By name, those to which it does most first.
    lines: Vec<ReplayedBody>,
}

/// What a change does to the events of one name.
#[derive(Debug, Serialize, ToSchema)]
struct ReplayedBody {
    /// As they came; empty for names beyond two hundred.
    name: String,
    /// How many came.
    events: u64,
    /// Pass now, and would fail.
    failing: u64,
    /// Fail now, and would pass.
    passing: u64,
    /// What would be wrong with the first that would fail.
    violation: Option<ViolationBody>,
}

impl From<Replay> for ReplayBody {
    fn from(replay: Replay) -> Self {
        let line = |one: Replayed| ReplayedBody {
            name: one.name,
            events: one.events,
            failing: one.failing,
            passing: one.passing,
            violation: one.violation.map(Into::into),
        };
        Self {
            since: Time(replay.since),
            events: replay.events,
            failing: replay.failing(),
            passing: replay.passing(),
            lines: replay.lines.into_iter().map(line).collect(),
        }
    }
}
