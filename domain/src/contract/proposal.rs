//! Proposals that come whole: by a program, a file or another plan.

use std::collections::BTreeSet;

use super::{
    Contract, Difference,
    change::effects,
    port::Verdict,
    request::{Request, State},
    service::{ContractService, titled},
    spec::EventSpec,
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::{RequestId, derived},
};

/// More events than any contract should have at once.
const MOST: usize = 1_000;

/// The header that keeps a proposal from being filed twice.
pub const KEY: &str = "Idempotency-Key";

/// Longest of them.
const LONGEST_KEY: usize = 255;

/// Who approves what a command enacts.
const HOST: &str = "host";

/// What a proposal does to what is in force. Whatever it doesn't name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Events as they shall be, new ones too.
    pub put: Vec<EventSpec>,
    /// Events that shall go.
    pub remove: Vec<String>,
}

impl Edits {
    /// A contract with these edits done.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the field that can't be, with the event that it is of;
    /// [`Error::NotFound`] for an event to remove that isn't there.
    pub fn done_to(&self, contract: &Contract) -> Result<Contract> {
        if self.put.len() > MOST {
            return Err(Error::invalid("events", format!("at most {MOST}")));
        }
        let mut edited = contract.clone();
        for name in &self.remove {
            let name = name.trim();
            if edited.events.remove(name).is_none() {
                return Err(Error::NotFound(format!("event {name}")));
            }
        }
        let read: Vec<_> = self
            .put
            .iter()
            .map(|spec| spec.read().map_err(|error| of(&spec.name, error)))
            .collect::<Result<_>>()?;
        // All of them leave before any comes in: two may change names.
        let mut named = BTreeSet::new();
        for (name, _) in &read {
            if !named.insert(name.as_str()) {
                return Err(Error::invalid("events", format!("{name} stands here twice")));
            }
            edited.events.remove(name);
        }
        for (name, event) in read {
            edited.put(None, name.clone(), event).map_err(|error| of(&name, error))?;
        }
        Ok(edited)
    }
}

impl ContractService {
    /// What these edits would change of what is in force.
    ///
    /// # Errors
    /// As [`Edits::done_to`].
    pub async fn preview_edits(&self, edits: &Edits) -> Result<Vec<Difference>> {
        let current = self.store.current().await?.contract;
        Ok(effects(&current, &edits.done_to(&current)?))
    }

    /// Proposes edits over what is in force: they wait for somebody else's approval at once.
    ///
    /// # Errors
    /// As [`Edits::done_to`]; [`Error::Conflict`] where nothing would change.
    pub async fn propose_edits(
        &self,
        title: &str,
        edits: &Edits,
        actor: &Actor,
    ) -> Result<RequestId> {
        self.file(title, edits, None, actor).await?.ok_or_else(changes_nothing)
    }

    /// The same, once for each key of the actor's, however often it is asked: a program that got
    /// no answer asks again.
    ///
    /// # Errors
    /// As [`Self::propose_edits`]; [`Error::Invalid`] for a key that was used for something else.
    pub async fn propose_edits_once(
        &self,
        key: &str,
        title: &str,
        edits: &Edits,
        actor: &Actor,
    ) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let id = number_of(key, actor)?;
        if let Some(filed) = self.store.request(id).await? {
            return self.same(&filed, title, edits).await;
        }
        let filed = self.file(title, edits, Some(id), actor).await;
        match filed.and_then(|filed| filed.ok_or_else(changes_nothing)) {
            Ok(id) => Ok(id),
            // Of two that came at once one was first.
            Err(error) => match self.store.request(id).await? {
                Some(filed) => self.same(&filed, title, edits).await,
                None => Err(error),
            },
        }
    }

    /// What was filed under a key, if it is what is asked for now.
    async fn same(&self, filed: &Request, title: &str, edits: &Edits) -> Result<RequestId> {
        let base = self.base(filed).await?.contract;
        let is_same = edits.done_to(&base).is_ok_and(|contract| contract == filed.contract);
        if is_same && filed.title == titled(title)? {
            return Ok(filed.id);
        }
        Err(Error::invalid(KEY, "it was used for another proposal: take a new one for each"))
    }

    /// Proposes and approves edits in one go, for whoever runs the host: nobody else may. The
    /// trail has both. Nothing is filed where nothing would change.
    ///
    /// # Errors
    /// As [`Edits::done_to`]; [`Error::Conflict`] if another version was approved meanwhile.
    pub async fn enact_edits(&self, edits: &Edits, host: &Actor) -> Result<()> {
        host.require(Role::Admin)?;
        let Some(id) = self.file(&host.name, edits, None, host).await? else { return Ok(()) };
        // The command proposes, and whoever runs the host stands for it.
        let verdict = Verdict { state: State::Approved, by: HOST, note: "" };
        self.store.decide(id, verdict, self.clock.now()).await?;
        self.forget();
        Ok(())
    }

    /// A request that waits, under this number if one is given, unless it would change nothing.
    async fn file(
        &self,
        title: &str,
        edits: &Edits,
        id: Option<RequestId>,
        actor: &Actor,
    ) -> Result<Option<RequestId>> {
        actor.require(Role::Operator)?;
        let title = titled(title)?;
        let current = self.store.current().await?;
        let contract = edits.done_to(&current.contract)?;
        if contract == current.contract {
            return Ok(None);
        }
        let drafted = self.drafted(&current, actor);
        let id = id.unwrap_or(drafted.id);
        let request = Request { id, title, contract, state: State::Open, ..drafted };
        self.keep(&request, None).await?;
        Ok(Some(request.id))
    }
}

fn changes_nothing() -> Error {
    Error::Conflict("it changes nothing: all of it is in force".to_owned())
}

/// The number that follows from somebody's key.
fn number_of(key: &str, actor: &Actor) -> Result<RequestId> {
    let fits =
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|one| one.is_ascii_graphic());
    if !fits {
        let why = format!("1 to {LONGEST_KEY} visible ASCII characters, such as a UUID");
        return Err(Error::invalid(KEY, why));
    }
    Ok(RequestId(derived(&[&actor.name, key])))
}

/// A refusal with the event that it is about.
fn of(event: &str, error: Error) -> Error {
    match error {
        Error::Invalid { field, message } => {
            Error::invalid("events", format!("{}: {field}: {message}", event.trim()))
        }
        other => other,
    }
}
