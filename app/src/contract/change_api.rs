//! Server functions of a change of the contract: begin, edit, ask, decide, talk.

use domain::{
    contract::{Event, replay::Replay, request::RequestView},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::api::PAGE;
use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::{access::Role, contract::service::Typed, ids::RequestId};

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
fn id_of(change: &str) -> Result<RequestId, AppError> {
    change.parse().map_err(|_| AppError::NotFound { what: format!("change {change}") })
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
