//! Holds events against what is in force, and looks after those that aren't as agreed.

use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::{
    Violation,
    check::{self, Checker},
    port::{Quarantined, Rechecked},
    service::ContractService,
    spec::short,
};
use crate::{
    access::{Actor, Role},
    error::Result,
    time::Span,
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
    /// By which version.
    pub version: u64,
}

impl ContractService {
    /// Holds an event against what is in force.
    pub async fn check(&self, name: &str, properties: Option<&Value>) -> Result<Checked> {
        let (version, checker) = self.checker().await?;
        if version == 0 {
            return Ok(Checked::default());
        }
        Ok(match checker.check(name, properties) {
            check::Verdict::Valid => Checked { version, ..Checked::default() },
            check::Verdict::Aliased(canonical) => {
                Checked { canonical: Some(canonical.to_owned()), violation: None, version }
            }
            check::Verdict::Violated(violation) => {
                let canonical = checker.canonical(name).map(str::to_owned);
                Checked { canonical, violation: Some(violation), version }
            }
        })
    }

    /// Looks once more at events whose last look was by an older version: those that are as
    /// agreed by now go on. How many were looked at.
    pub async fn run_once(&self) -> Result<u64> {
        let current = self.store.current().await?;
        let events = self.quarantine.unseen(current.number, STEP).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let checker = Checker::new(&current.contract);
        let is_frozen = !current.contract.events.is_empty();
        let look = |one: &Quarantined| {
            recheck(&checker, one).map(|found| Rechecked {
                violation: found.violation.filter(|_| is_frozen),
                ..found
            })
        };
        let found: Vec<Rechecked> = events.iter().filter_map(look).collect();
        self.quarantine.rechecked(current.number, &found, self.clock.now()).await?;
        Ok(events.len() as u64)
    }

    async fn checker(&self) -> Result<(u64, Arc<Checker>)> {
        let now = self.clock.now();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, version, checker)) = &known
            && (0..KNOWN_FOR.0).contains(&now.since(*at).0)
        {
            return Ok((*version, checker.clone()));
        }
        let current = self.store.current().await?;
        // Without an event nothing was agreed on.
        let number = if current.contract.events.is_empty() { 0 } else { current.number };
        let checker = match known {
            Some((_, version, checker)) if version == number => checker,
            _ => Arc::new(Checker::new(&current.contract)),
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            Some((now, number, checker.clone()));
        Ok((number, checker))
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
        let now = self.clock.now();
        self.quarantine.settle(name, violation, release, &actor.name, now).await
    }
}

/// A second look at an event; nothing if it can't be read at all.
pub(super) fn recheck(checker: &Checker, one: &Quarantined) -> Option<Rechecked> {
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
    Some(Rechecked { number: one.number.clone(), violation, body: body.to_string(), name })
}
