//! Proposals that come whole: by a program, a file or another plan.

use std::collections::BTreeSet;

use super::{
    request::{Request, State},
    service::ContractService,
    spec::{EventSpec, short},
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RequestId,
};

/// More events than any contract should have at once.
const MOST: usize = 1_000;

/// What a proposal does to what is in force. Whatever it doesn't name stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Events as they shall be, new ones too.
    pub put: Vec<EventSpec>,
    /// Events that shall go.
    pub remove: Vec<String>,
}

impl ContractService {
    /// Proposes this over what is in force: it waits for somebody else's approval at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the field that can't be, with the event that it is of;
    /// [`Error::NotFound`] for an event to remove that isn't there; [`Error::Conflict`] where
    /// nothing would change.
    pub async fn propose_edits(
        &self,
        title: &str,
        edits: &Edits,
        actor: &Actor,
    ) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let title = short("title", title)?;
        if title.is_empty() {
            return Err(Error::invalid("title", "say what it is for: whoever approves reads it"));
        }
        if edits.put.len() > MOST {
            return Err(Error::invalid("events", format!("at most {MOST}")));
        }
        let current = self.store.current().await?;
        let mut request = self.drafted(&current, actor);
        for name in &edits.remove {
            let name = name.trim();
            if request.contract.events.remove(name).is_none() {
                return Err(Error::NotFound(format!("event {name}")));
            }
        }
        let mut named = BTreeSet::new();
        let read: Vec<_> = edits
            .put
            .iter()
            .map(|spec| spec.read().map_err(|error| of(&spec.name, error)))
            .collect::<Result<_>>()?;
        // All of them leave before any comes in: two may change names.
        for (name, _) in &read {
            if !named.insert(name) {
                return Err(Error::invalid("events", format!("{name} stands here twice")));
            }
            request.contract.events.remove(name);
        }
        for (name, event) in read.iter().cloned() {
            let called = name.clone();
            request.contract.put(None, name, event).map_err(|error| of(&called, error))?;
        }
        if request.contract == current.contract {
            return Err(Error::Conflict("it changes nothing: all of it is in force".to_owned()));
        }
        let request = Request { title, state: State::Open, ..request };
        self.store.put_request(&request, None, request.at).await?;
        Ok(request.id)
    }
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
