//! Proposes, decides and holds events against the contract.
//!
//! Nobody approves what they have proposed, and nobody's approval is of anything but what they
//! have seen: a request that was made from another version than the one in force must be made
//! anew first.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::{
    access::{Actor, Role},
    configuration::service::ConfigurationService,
    day::Day,
    error::{Error, Result},
    ids::{Ids, RequestId},
    time::{Clock, Instant},
};

use super::{
    Contract, ContractView, Group,
    blast::over,
    churn,
    fixtures::{Fixture, fixtures},
    gate::InForce,
    port::{ContractStore, PastStore, QuarantineStore, Verdict},
    request::{Decision, Request, State, Version, rebased},
    schema::of_contract,
    spec::{EventSpec, short},
    starter::starter,
    synonyms::standard::standard_names,
};

/// Requests that are shown after they were decided.
const DECIDED: u64 = 20;

/// Groups of the quarantine that are shown.
const GROUPS: u64 = 100;

/// A renamed event goes out under its former name too for so many days, unless its author says
/// otherwise.
const GRACE: i64 = 30;

/// An event as a form has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typed<'a> {
    /// Its canonical name.
    pub name: &'a str,
    /// What has happened.
    pub description: &'a str,
    /// Who answers for it.
    pub owner: &'a str,
    /// Who reads it, one a line or separated by commas.
    pub consumers: &'a str,
    /// Other names, one a line or separated by commas.
    pub aliases: &'a str,
    /// Former names under which it goes out too, one a line or separated by commas.
    pub also_sent_as: &'a str,
    /// Whether it goes nowhere.
    pub stopped: bool,
    /// One a line, see [`super::notation`].
    pub properties: &'a str,
}

/// Compiled, as of a moment.
pub(super) type Known = Option<(Instant, u64, Arc<InForce>)>;

/// The contract and its changes.
pub struct ContractService {
    /// Keeps them.
    pub store: Arc<dyn ContractStore>,
    /// Keeps what isn't as agreed.
    pub quarantine: Arc<dyn QuarantineStore>,
    /// Knows what came in lately.
    pub past: Arc<dyn PastStore>,
    /// What uses the events.
    pub configuration: Arc<ConfigurationService>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What events are held against.
    pub known: RwLock<Known>,
}

impl ContractService {
    /// What is in force.
    pub async fn current(&self) -> Result<Version> {
        self.store.current().await
    }

    /// What is proposed, the newest first, and what was decided lately.
    pub async fn requests(&self) -> Result<Vec<Request>> {
        self.store.requests(DECIDED).await
    }

    /// What the contract's page shows.
    pub async fn view(&self) -> Result<ContractView> {
        let mut versions = self.lately().await?;
        let churn = churn::count(&versions);
        let version = versions.pop().unwrap_or_default();
        let names = version.contract.events.keys();
        Ok(ContractView {
            standard_names: names.map(|name| (name.clone(), standard_names(name))).collect(),
            version,
            churn,
            requests: self.requests().await?,
            quarantine: self.quarantine.groups("", GROUPS).await?,
        })
    }

    /// What stands in quarantine, as far as it has this text in it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever may not read what events say; [`Error::Invalid`] for
    /// `find`.
    pub async fn quarantined(&self, find: &str, actor: &Actor) -> Result<Vec<Group>> {
        let find = short("find", find)?;
        // Whoever may search could find out what a body says.
        if !find.is_empty() {
            actor.require(Role::Operator)?;
        }
        self.quarantine.groups(&find, GROUPS).await
    }

    /// What is in force, as JSON Schema.
    pub async fn schema(&self) -> Result<Value> {
        Ok(of_contract(&self.store.current().await?.contract))
    }

    /// Events that are and that aren't like what is in force.
    pub async fn fixtures(&self) -> Result<Vec<Fixture>> {
        Ok(fixtures(&self.store.current().await?.contract))
    }

    /// The requests that wait for somebody.
    pub async fn waiting(&self) -> Result<Vec<Request>> {
        let mut requests = self.store.requests(0).await?;
        requests.retain(|request| request.state == State::Open);
        Ok(requests)
    }

    /// Begins a request from what is in force, or from the twelve events that most begin with.
    pub async fn draft(&self, from_starter: bool, actor: &Actor) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let current = self.store.current().await?;
        let mut request = self.drafted(&current, actor);
        if from_starter {
            "The first twelve events".clone_into(&mut request.title);
            request.contract = starter();
        }
        self.keep(&request, None).await?;
        Ok(request.id)
    }

    /// Puts an event into a draft, in place of `former` if that is named. Whoever sends or reads
    /// an event that is in force by the name that it loses gets time: it comes in under both, and
    /// goes out under both for 30 days.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the field that can't be.
    pub async fn put_event(
        &self,
        id: RequestId,
        former: Option<&str>,
        typed: &Typed<'_>,
        actor: &Actor,
    ) -> Result<()> {
        let (name, mut event) = spec(typed).read()?;
        if let Some(former) = former.filter(|former| *former != name) {
            let base = self.base(&self.own(id, actor).await?).await?;
            if base.contract.events.contains_key(former) {
                let last = Day::of(self.clock.now()).plus(GRACE);
                event.aliases.insert(former.to_owned());
                event.also_sent_as.entry(former.to_owned()).or_insert(last);
            }
        }
        self.edit(id, actor, |contract| contract.put(former, name, event)).await
    }

    /// Takes an event out of a draft.
    pub async fn remove_event(&self, id: RequestId, name: &str, actor: &Actor) -> Result<()> {
        self.edit(id, actor, |contract| match contract.events.remove(name) {
            Some(_) => Ok(()),
            None => Err(Error::NotFound(format!("event {name}"))),
        })
        .await
    }

    async fn edit(
        &self,
        id: RequestId,
        actor: &Actor,
        change: impl FnOnce(&mut Contract) -> Result<()>,
    ) -> Result<()> {
        let seen = self.own(id, actor).await?;
        if seen.state != State::Draft {
            return Err(Error::Conflict(
                "it waits for approval: take it back to edit it, or begin another".to_owned(),
            ));
        }
        let mut request = seen.clone();
        change(&mut request.contract)?;
        self.keep(&request, Some(&seen)).await
    }

    /// Asks for approval.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `title`; [`Error::Conflict`] where it changes nothing.
    pub async fn propose(&self, id: RequestId, title: &str, actor: &Actor) -> Result<()> {
        let seen = self.own(id, actor).await?;
        let title = titled(title)?;
        if seen.state != State::Draft {
            return Err(Error::Conflict("it was proposed already".to_owned()));
        }
        let base = self.base(&seen).await?;
        if base.contract == seen.contract {
            return Err(Error::Conflict("it changes nothing yet: edit an event first".to_owned()));
        }
        let request = Request { title, state: State::Open, ..seen.clone() };
        self.keep(&request, Some(&seen)).await
    }

    /// Makes a request anew over what is in force; a draft again, since whoever has read it has
    /// read something else.
    pub async fn rebase(&self, id: RequestId, actor: &Actor) -> Result<()> {
        let seen = self.own(id, actor).await?;
        let (base, current) = (self.base(&seen).await?, self.store.current().await?);
        let contract = rebased(&base.contract, &seen.contract, &current.contract)
            .map_err(|both| Error::Conflict(both.to_string()))?;
        let request =
            Request { contract, base: current.number, state: State::Draft, ..seen.clone() };
        self.keep(&request, Some(&seen)).await
    }

    /// Takes a request back.
    pub async fn withdraw(&self, id: RequestId, actor: &Actor) -> Result<()> {
        if actor.role < Role::Admin {
            self.own(id, actor).await?;
        }
        let verdict = Verdict { state: State::Withdrawn, by: &actor.name, note: "" };
        self.store.decide(id, verdict, self.clock.now()).await
    }

    /// Approves a request, or turns it away.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever may not; [`Error::Conflict`] for its author, and where
    /// it is decided, or was made from another version than the one in force;
    /// [`Error::Invalid`] for `note` where it is over a budget and nobody says why it may.
    pub async fn decide(
        &self,
        id: RequestId,
        approve: bool,
        note: &str,
        actor: &Actor,
    ) -> Result<()> {
        actor.require(Role::Approver)?;
        let note = short("note", note)?;
        let request = self.found(id).await?;
        if approve && request.author == actor.name {
            return Err(Error::Conflict(
                "you have proposed it: somebody else approves it".to_owned(),
            ));
        }
        if approve && note.is_empty() {
            let base = self.base(&request).await?.contract;
            let over = over(&base, &request.contract, &self.configuration.load().await?);
            if let Some(one) = over.first() {
                let why = format!("{}: say why it may all the same", one.words());
                return Err(Error::invalid("note", why));
            }
        }
        let state = if approve { State::Approved } else { State::Rejected };
        let verdict = Verdict { state, by: &actor.name, note: &note };
        self.store.decide(id, verdict, self.clock.now()).await?;
        self.forget();
        Ok(())
    }

    /// A request over a version that changes nothing yet.
    pub(super) fn drafted(&self, current: &Version, actor: &Actor) -> Request {
        Request {
            id: RequestId(self.ids.next()),
            title: String::new(),
            base: current.number,
            contract: current.contract.clone(),
            author: actor.name.clone(),
            at: self.clock.now(),
            state: State::Draft,
            decision: None,
        }
    }

    /// Keeps a request, in place of what was seen of it. None makes a name mean two events,
    /// whichever way it was made; what was in force so may be mended step by step.
    pub(super) async fn keep(&self, request: &Request, seen: Option<&Request>) -> Result<()> {
        if let Err(clash) = request.contract.check_names()
            && self.base(request).await?.contract.check_names().is_ok()
        {
            return Err(clash);
        }
        self.store.put_request(request, seen, self.clock.now()).await
    }

    pub(super) fn forget(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(super) async fn found(&self, id: RequestId) -> Result<Request> {
        let request = self.store.request(id).await?;
        request.ok_or_else(|| Error::NotFound("change request of that number".to_owned()))
    }

    async fn own(&self, id: RequestId, actor: &Actor) -> Result<Request> {
        actor.require(Role::Operator)?;
        let request = self.found(id).await?;
        // Nobody else's, whatever their role: or they could approve what they wrote.
        if request.author != actor.name {
            return Err(Error::Forbidden);
        }
        Ok(request)
    }

    pub(super) async fn base(&self, request: &Request) -> Result<Version> {
        Ok(self.store.version(request.base).await?.unwrap_or_default())
    }
}

/// What a request is for.
pub(super) fn titled(text: &str) -> Result<String> {
    let title = short("title", text)?;
    if title.is_empty() {
        return Err(Error::invalid("title", "say what it is for: whoever approves reads it"));
    }
    Ok(title)
}

/// What a form has, as an event is written.
fn spec(typed: &Typed<'_>) -> EventSpec {
    let list = |text: &str| text.split([',', '\n']).map(|part| part.trim().to_owned()).collect();
    EventSpec {
        name: typed.name.to_owned(),
        description: typed.description.to_owned(),
        owner: typed.owner.to_owned(),
        consumers: list(typed.consumers),
        aliases: list(typed.aliases),
        also_sent_as: list(typed.also_sent_as),
        stopped: typed.stopped,
        properties: typed.properties.lines().map(str::to_owned).collect(),
    }
}

/// A decision as it is stored.
impl From<(&Verdict<'_>, Instant)> for Decision {
    fn from((verdict, at): (&Verdict<'_>, Instant)) -> Self {
        Self { by: verdict.by.to_owned(), at, note: verdict.note.to_owned() }
    }
}
