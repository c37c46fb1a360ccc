//! Holds events against what is in force, and looks after those that aren't as agreed.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use serde_json::Value;

use super::{
    Contract, Violation,
    check::{self, Checker},
    onward::{Onward, Onwards, echoes},
    port::{Quarantined, Rechecked},
    service::ContractService,
    spec::short,
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    time::{Instant, Span},
};

/// A version that was approved elsewhere counts here after so long.
const KNOWN_FOR: Span = Span::from_seconds(1);

/// Events of one step of the second look.
const STEP: u64 = 500;

/// An event that was held against the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Its canonical name, where that is another; also of one that isn't as agreed, since a rule
    /// that names it holds all the same.
    pub canonical: Option<String>,
    /// Why it isn't as agreed.
    pub violation: Option<Violation>,
    /// What else it is called by the contract: whoever names it so means it too.
    pub also_known_as: Vec<String>,
    /// How it goes on, if it is as agreed.
    pub onward: Onward,
    /// By which version.
    pub version: u64,
}

/// What is in force, in the form that events are held against.
pub struct InForce {
    checker: Checker,
    onwards: Onwards,
    /// Every name of those that have several, by the canonical one.
    names: HashMap<String, Vec<String>>,
}

impl InForce {
    fn new(contract: &Contract) -> Self {
        let names = contract.events.iter().map(|(canonical, event)| {
            (canonical.clone(), event.names(canonical).map(str::to_owned).collect::<Vec<_>>())
        });
        Self {
            checker: Checker::new(contract),
            onwards: Onwards::new(contract),
            names: names.filter(|(_, names)| names.len() > 1).collect(),
        }
    }

    /// What else an event is called that came in by this name.
    fn also_known_as(&self, canonical: &str, name: &str) -> Vec<String> {
        let Some(names) = self.names.get(canonical) else { return Vec::new() };
        names.iter().filter(|one| *one != canonical && *one != name).cloned().collect()
    }

    /// How an event goes on, unless something is wrong with it.
    fn onward(&self, canonical: &str, violation: Option<&Violation>, now: Instant) -> Onward {
        match violation {
            None => self.onwards.of(canonical, now),
            Some(_) => Onward::default(),
        }
    }
}

impl ContractService {
    /// Holds an event against what is in force.
    pub async fn check(&self, name: &str, properties: Option<&Value>) -> Result<Checked> {
        let now = self.clock.now();
        let (version, in_force) = self.in_force(now).await?;
        if version == 0 {
            return Ok(Checked::default());
        }
        let checker = &in_force.checker;
        let (canonical, violation) = match checker.check(name, properties) {
            check::Verdict::Valid => (None, None),
            check::Verdict::Aliased(canonical) => (Some(canonical.to_owned()), None),
            check::Verdict::Violated(violation) => {
                (checker.canonical(name).map(str::to_owned), Some(violation))
            }
        };
        let called = canonical.as_deref().unwrap_or(name);
        let onward = in_force.onward(called, violation.as_ref(), now);
        let also_known_as = in_force.also_known_as(called, name);
        Ok(Checked { canonical, violation, also_known_as, onward, version })
    }

    /// Looks once more at events whose last look was by an older version: those that are as
    /// agreed by now go on. How many were looked at. Where none is left it gives back requests
    /// that wait for too long.
    pub async fn run_once(&self) -> Result<u64> {
        let current = self.store.current().await?;
        let events = self.quarantine.unseen(current.number, STEP).await?;
        if events.is_empty() {
            self.give_back().await?;
            return Ok(0);
        }
        let in_force = InForce::new(&current.contract);
        let is_frozen = !current.contract.events.is_empty();
        let now = self.clock.now();
        let look = |one: &Quarantined| {
            let mut found = recheck(&in_force.checker, one)?;
            found.violation = found.violation.filter(|_| is_frozen);
            let onward = in_force.onward(&found.name, found.violation.as_ref(), now);
            Some(found.going(&one.number, &onward))
        };
        let found: Vec<Rechecked> = events.iter().filter_map(look).collect();
        self.quarantine.rechecked(current.number, &found, now).await?;
        Ok(events.len() as u64)
    }

    async fn in_force(&self, now: Instant) -> Result<(u64, Arc<InForce>)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, version, in_force)) = &known
            && (0..KNOWN_FOR.0).contains(&now.since(*at).0)
        {
            return Ok((*version, in_force.clone()));
        }
        let current = self.store.current().await?;
        // Without an event nothing was agreed on.
        let number = if current.contract.events.is_empty() { 0 } else { current.number };
        let in_force = match known {
            Some((_, version, in_force)) if version == number => in_force,
            _ => Arc::new(InForce::new(&current.contract)),
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            Some((now, number, in_force.clone()));
        Ok((number, in_force))
    }

    /// What the quarantine holds of a group, as it came, as far as it has a text in it.
    pub async fn samples(
        &self,
        name: &str,
        violation: &Violation,
        find: &str,
        actor: &Actor,
    ) -> Result<Vec<String>> {
        // They have people's names in them.
        actor.require(Role::Operator)?;
        let find = short("find", find)?;
        let samples = self.quarantine.samples(name, violation, &find, 3).await?;
        Ok(samples.into_iter().map(|one| one.body).collect())
    }

    /// Lets a group go on as it is, or discards it; how many those were.
    pub async fn settle(
        &self,
        name: &str,
        violation: &Violation,
        release: bool,
        actor: &Actor,
    ) -> Result<u64> {
        actor.require(Role::Approver)?;
        if release && self.is_stopped(name).await? {
            return Err(Error::Conflict(
                "the contract has stopped it: let it go on first, or discard these".to_owned(),
            ));
        }
        let now = self.clock.now();
        self.quarantine.settle(name, violation, release, &actor.name, now).await
    }

    async fn is_stopped(&self, name: &str) -> Result<bool> {
        let contract = self.store.current().await?.contract;
        let event = contract.canonical(name).and_then(|name| contract.events.get(name));
        Ok(event.is_some_and(|event| event.is_stopped))
    }
}

/// An event after a second look.
pub(super) struct Found {
    /// Its canonical name, if it is as agreed.
    name: String,
    /// What is wrong with it.
    pub violation: Option<Violation>,
    body: Value,
}

impl Found {
    /// As it goes on.
    fn going(self, number: &str, onward: &Onward) -> Rechecked {
        Rechecked {
            number: number.to_owned(),
            echoes: echoes(&self.body, number, &onward.also_as),
            body: (!onward.is_stopped).then(|| self.body.to_string()),
            name: self.name,
            violation: self.violation,
        }
    }
}

/// A second look at an event; nothing if it can't be read at all.
pub(super) fn recheck(checker: &Checker, one: &Quarantined) -> Option<Found> {
    let mut body: Value = serde_json::from_str(&one.body).ok()?;
    let name = body.get("event")?.as_str()?.to_owned();
    let (name, violation) = match checker.check(&name, body.get("properties")) {
        check::Verdict::Valid => (name, None),
        check::Verdict::Aliased(canonical) => (canonical.to_owned(), None),
        check::Verdict::Violated(violation) => (name, Some(violation)),
    };
    if violation.is_none() {
        body["event"] = name.clone().into();
    }
    Some(Found { name, violation, body })
}
