//! Server functions of the contract: read, draft, propose, decide, let go.

use domain::{
    contract::{
        ContractView, Event, Group, Violation, noise::Noise, plans::PlansView, replay::Replay,
        request::RequestView, synonyms::Names,
    },
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
use crate::{error::AppError, vendor_answer::VendorAnswer};
#[cfg(feature = "ssr")]
use domain::{access::Role, contract::service::Typed, ids::RequestId};

/// The contract's page.
pub const PAGE: &str = "/contract";

/// The page of what isn't as agreed.
pub const QUARANTINE: &str = "/contract/quarantine";

/// The page of the names under which events come in.
pub const NAMES: &str = "/contract/names";

/// The page of the events that nobody reads.
pub const NOISE: &str = "/contract/noise";

/// The page of Segment's tracking plans.
pub const PLANS: &str = "/contract/plans";

/// Where a file with the rules of a tracking plan is posted to.
pub const IMPORT: &str = "/contract/tracking-plan/file";

/// Where a refused file leads: the contract, with why.
#[cfg(feature = "ssr")]
#[must_use]
pub fn back_to_contract(error: AppError) -> String {
    crate::form::back_with::<DraftChange>(error, PAGE, &[]).unwrap_or_else(|_| PAGE.to_owned())
}

/// What the contract's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRead {
    /// When this was read.
    pub now: Instant,
    /// The contract.
    pub view: ContractView,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// What the quarantine's page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRead {
    /// When this was read.
    pub now: Instant,
    /// What stands there.
    pub groups: Vec<Group>,
    /// The text that they have in them; empty for all of them.
    pub find: String,
    /// Whether whoever looks may propose a change, and read what events say.
    pub may_propose: bool,
    /// Whether they may decide.
    pub may_decide: bool,
}

/// A change, for whoever looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRead {
    /// When this was read.
    pub now: Instant,
    /// The change.
    pub view: RequestView,
    /// Whether it is their own.
    pub is_own: bool,
    /// Whether they may say something to it.
    pub may_comment: bool,
    /// Whether they may decide on what others propose.
    pub may_decide: bool,
}

/// The names under which events come in, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesRead {
    /// The names.
    pub names: Names,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// The events that nobody reads, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoiseRead {
    /// When this was read.
    pub now: Instant,
    /// The events.
    pub noise: Noise,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
}

/// Segment's tracking plans, for whoever looks at them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlansRead {
    /// They, or why they can't be read.
    pub plans: VendorAnswer<PlansView>,
    /// Whether whoever looks may propose a change.
    pub may_propose: bool,
    /// Whether they may change a plan.
    pub may_push: bool,
}

/// An event as its form begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRead {
    /// Its canonical name; empty for a new one.
    pub name: String,
    /// What is said of it.
    pub event: Event,
}

/// The page of a change.
#[must_use]
pub fn page_of(change: &str) -> String {
    format!("/contract/changes/{}", crate::format::in_address(change))
}

#[cfg(feature = "ssr")]
fn page_of_plan(plan: &str) -> String {
    format!("{PLANS}?plan={}", crate::format::in_address(plan))
}

#[cfg(feature = "ssr")]
fn id_of(change: &str) -> Result<RequestId, AppError> {
    change.parse().map_err(|_| AppError::NotFound { what: format!("change {change}") })
}

/// What is in force, proposed, and not as agreed.
#[server(prefix = "/fn", endpoint = "read_contract")]
pub async fn read_contract() -> Result<ContractRead, AppError> {
    let (services, actor) = enter()?;
    Ok(ContractRead {
        now: services.clock.now(),
        view: services.contract.view().await?,
        may_propose: actor.role >= Role::Operator,
    })
}

/// What stands in quarantine.
#[server(prefix = "/fn", endpoint = "read_quarantine")]
pub async fn read_quarantine(
    /// A text that each shown group has in it.
    find: String,
) -> Result<QuarantineRead, AppError> {
    let (services, actor) = enter()?;
    Ok(QuarantineRead {
        now: services.clock.now(),
        groups: services.contract.quarantined(&find, &actor).await?,
        find: find.trim().to_owned(),
        may_propose: actor.role >= Role::Operator,
        may_decide: actor.role >= Role::Approver,
    })
}

/// One change.
#[server(prefix = "/fn", endpoint = "read_change")]
pub async fn read_change(
    /// Which.
    change: String,
) -> Result<ChangeRead, AppError> {
    let (services, actor) = enter()?;
    let view = services.contract.request(id_of(&change)?).await?;
    Ok(ChangeRead {
        now: services.clock.now(),
        is_own: view.request.author == actor.name,
        may_comment: actor.role >= Role::Operator,
        may_decide: actor.role >= Role::Approver,
        view,
    })
}

/// What a change does to what came in lately.
#[server(prefix = "/fn", endpoint = "read_replay")]
pub async fn read_replay(
    /// Which.
    change: String,
) -> Result<Replay, AppError> {
    let (services, _) = enter()?;
    Ok(services.contract.replay(id_of(&change)?).await?)
}

/// The names under which events came in lately.
#[server(prefix = "/fn", endpoint = "read_names")]
pub async fn read_names() -> Result<NamesRead, AppError> {
    let (services, actor) = enter()?;
    let names = services.contract.names().await?;
    Ok(NamesRead { names, may_propose: actor.role >= Role::Operator })
}

/// Segment's tracking plans.
#[server(prefix = "/fn", endpoint = "read_plans")]
pub async fn read_plans(
    /// The one that is held against the contract; empty for none.
    plan: String,
) -> Result<PlansRead, AppError> {
    let (services, actor) = enter()?;
    Ok(PlansRead {
        plans: VendorAnswer::of(services.plans.view(&plan).await)?,
        may_propose: actor.role >= Role::Operator,
        may_push: actor.role >= Role::Approver,
    })
}

/// Begins a change from a tracking plan.
#[server(prefix = "/fn", endpoint = "pull_plan")]
pub async fn pull_plan(
    /// Which.
    plan: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.plans.pull(&plan, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<PullPlan>(outcome.await, &page_of_plan(&plan), &[])
}

/// Makes a tracking plan as the contract says.
#[server(prefix = "/fn", endpoint = "push_plan")]
pub async fn push_plan(
    /// Which.
    plan: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.plans.push(&plan, &actor).await?;
        Ok(page_of_plan(&plan))
    };
    finish::<PushPlan>(outcome.await, &page_of_plan(&plan), &[])
}

/// The events that nobody reads.
#[server(prefix = "/fn", endpoint = "read_noise")]
pub async fn read_noise() -> Result<NoiseRead, AppError> {
    let (services, actor) = enter()?;
    Ok(NoiseRead {
        now: services.clock.now(),
        noise: services.contract.noise().await?,
        may_propose: actor.role >= Role::Operator,
    })
}

/// Asks for approval that an event goes nowhere, or on again.
#[server(prefix = "/fn", endpoint = "stop_event")]
pub async fn stop_event(
    /// Which.
    name: String,
    /// `true` to stop it.
    #[server(default)]
    stop: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.contract.stop_event(&name, stop == "true", &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<StopEvent>(outcome.await, NOISE, &[])
}

/// Puts a name as an alias into a draft.
#[server(prefix = "/fn", endpoint = "propose_alias")]
pub async fn propose_alias(
    /// As it comes in.
    name: String,
    /// The event that it stands for.
    canonical: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.contract.propose_alias(&name, &canonical, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<ProposeAlias>(outcome.await, NAMES, &[])
}

/// Begins a change under which a group in quarantine would be as agreed.
#[server(prefix = "/fn", endpoint = "propose_group")]
pub async fn propose_group(
    /// The event.
    name: String,
    /// What is wrong, as JSON.
    violation: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let again = |_| AppError::invalid("violation", "Load the page again");
        let violation: Violation = serde_json::from_str(&violation).map_err(again)?;
        let id = services.contract.propose_from(&name, &violation, &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<ProposeGroup>(outcome.await, QUARANTINE, &[])
}

/// An event of a change, as it would be.
#[server(prefix = "/fn", endpoint = "read_change_event")]
pub async fn read_change_event(
    /// Which change.
    change: String,
    /// Which event; empty for a new one.
    name: String,
) -> Result<EventRead, AppError> {
    let (services, _) = enter()?;
    let view = services.contract.request(id_of(&change)?).await?;
    match view.request.contract.events.get(&name) {
        Some(event) => Ok(EventRead { event: event.clone(), name }),
        None if name.is_empty() => Ok(EventRead::default()),
        None => Err(AppError::NotFound { what: format!("event {name}") }),
    }
}

/// Begins a change.
#[server(prefix = "/fn", endpoint = "draft_change")]
pub async fn draft_change(
    /// `true` for the events that most begin with.
    #[server(default)]
    starter: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let id = services.contract.draft(starter == "true", &actor).await?;
        Ok(page_of(&id.to_string()))
    };
    finish::<DraftChange>(outcome.await, PAGE, &[])
}

/// What the form of an event sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventForm {
    /// Which change.
    pub change: String,
    /// What it was called when the form was opened; empty for a new one.
    #[serde(default)]
    pub former: String,
    /// Its canonical name.
    #[serde(default)]
    pub name: String,
    /// What has happened.
    #[serde(default)]
    pub description: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: String,
    /// Who reads it.
    #[serde(default)]
    pub consumers: String,
    /// Other names.
    #[serde(default)]
    pub aliases: String,
    /// Former names, each with its last day.
    #[serde(default)]
    pub also_sent_as: String,
    /// `true` if it goes nowhere.
    #[serde(default)]
    pub stopped: String,
    /// One a line.
    #[serde(default)]
    pub properties: String,
}

impl EventForm {
    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 8] {
        [
            ("name", &self.name),
            ("description", &self.description),
            ("owner", &self.owner),
            ("consumers", &self.consumers),
            ("aliases", &self.aliases),
            ("also_sent_as", &self.also_sent_as),
            ("stopped", &self.stopped),
            ("properties", &self.properties),
        ]
    }

    #[cfg(feature = "ssr")]
    fn read(&self) -> Typed<'_> {
        Typed {
            name: &self.name,
            description: &self.description,
            owner: &self.owner,
            consumers: &self.consumers,
            aliases: &self.aliases,
            also_sent_as: &self.also_sent_as,
            stopped: self.stopped == "true",
            properties: &self.properties,
        }
    }
}

/// Puts an event into a change.
#[server(prefix = "/fn", endpoint = "put_change_event")]
pub async fn put_change_event(
    /// What was entered.
    #[server(flatten)]
    form: EventForm,
) -> Result<(), AppError> {
    let page = page_of(&form.change);
    let outcome = async {
        let (services, actor) = enter()?;
        let former = Some(&*form.former).filter(|former| !former.is_empty());
        let contract = &services.contract;
        contract.put_event(id_of(&form.change)?, former, &form.read(), &actor).await?;
        Ok(page.clone())
    };
    let back = format!("{page}/event?former={}", crate::format::in_address(&form.former));
    finish::<PutChangeEvent>(outcome.await, &back, &form.typed())
}

/// Takes an event out of a change.
#[server(prefix = "/fn", endpoint = "remove_change_event")]
pub async fn remove_change_event(
    /// Which change.
    change: String,
    /// Which event.
    name: String,
) -> Result<(), AppError> {
    let page = page_of(&change);
    let outcome = async {
        let (services, actor) = enter()?;
        services.contract.remove_event(id_of(&change)?, &name, &actor).await?;
        Ok(page.clone())
    };
    finish::<RemoveChangeEvent>(outcome.await, &page, &[])
}

/// What an author does with a change: asks for approval, makes it anew, takes it back.
#[server(prefix = "/fn", endpoint = "move_change")]
pub async fn move_change(
    /// Which.
    change: String,
    /// `propose`, `rebase` or `withdraw`.
    what: String,
    /// What it is for.
    #[server(default)]
    title: String,
) -> Result<(), AppError> {
    let page = page_of(&change);
    let outcome = async {
        let (services, actor) = enter()?;
        let (contract, id) = (&services.contract, id_of(&change)?);
        match what.as_str() {
            "propose" => contract.propose(id, &title, &actor).await?,
            "rebase" => contract.rebase(id, &actor).await?,
            "withdraw" => contract.withdraw(id, &actor).await?,
            _ => return Err(AppError::invalid("what", "Load the page again")),
        }
        Ok(page.clone())
    };
    finish::<MoveChange>(outcome.await, &page, &[("title", &title)])
}

/// Approves a change, or turns it away.
#[server(prefix = "/fn", endpoint = "decide_change")]
pub async fn decide_change(
    /// Which.
    change: String,
    /// `approve`, `reject` or `changes`.
    verdict: String,
    /// What is said to it.
    #[server(default)]
    note: String,
) -> Result<(), AppError> {
    let page = page_of(&change);
    let outcome = async {
        let (services, actor) = enter()?;
        let (contract, id) = (&services.contract, id_of(&change)?);
        match verdict.as_str() {
            "approve" => contract.decide(id, true, &note, &actor).await?,
            "reject" => contract.decide(id, false, &note, &actor).await?,
            "changes" => contract.ask_for_changes(id, &note, &actor).await?,
            _ => return Err(AppError::invalid("verdict", "Load the page again")),
        }
        Ok(page.clone())
    };
    finish::<DecideChange>(outcome.await, &page, &[("note", &note)])
}

/// Says something to a change.
#[server(prefix = "/fn", endpoint = "comment_change")]
pub async fn comment_change(
    /// Which.
    change: String,
    /// What.
    #[server(default)]
    words: String,
) -> Result<(), AppError> {
    let page = page_of(&change);
    let outcome = async {
        let (services, actor) = enter()?;
        services.contract.comment(id_of(&change)?, &words, &actor).await?;
        Ok(page.clone())
    };
    finish::<CommentChange>(outcome.await, &page, &[("words", &words)])
}

/// Events of a group in quarantine, as they came.
#[server(prefix = "/fn", endpoint = "read_samples")]
pub async fn read_samples(
    /// The event.
    name: String,
    /// What is wrong.
    violation: Violation,
    /// A text that they have in them.
    find: String,
) -> Result<Vec<String>, AppError> {
    let (services, actor) = enter()?;
    Ok(services.contract.samples(&name, &violation, &find, &actor).await?)
}

/// Lets a group go on as it is, or discards it.
#[server(prefix = "/fn", endpoint = "settle_quarantine")]
pub async fn settle_quarantine(
    /// The event.
    name: String,
    /// What is wrong, as JSON.
    violation: String,
    /// `release` or `discard`.
    what: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let again = |_| AppError::invalid("violation", "Load the page again");
        let violation: Violation = serde_json::from_str(&violation).map_err(again)?;
        let release = match what.as_str() {
            "release" => true,
            "discard" => false,
            _ => return Err(AppError::invalid("what", "Release or discard them")),
        };
        services.contract.settle(&name, &violation, release, &actor).await?;
        Ok(QUARANTINE.to_owned())
    };
    finish::<SettleQuarantine>(outcome.await, QUARANTINE, &[])
}
