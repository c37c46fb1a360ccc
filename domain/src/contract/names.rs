//! Under which names events come in lately, and which of those are one of the contract's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Contract,
    port::Past,
    replay::LOOKED_BACK,
    request::{Request, State},
    service::ContractService,
    synonyms::{Names, Seen, inconsistent, synonyms},
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RequestId,
};

/// Events that are looked at; names show themselves early.
const LOOKED_AT: u64 = 50_000;

/// Names that are told apart, and of each the properties: anybody can send any.
const MOST: usize = 500;

impl ContractService {
    /// The names of the last seven days.
    pub async fn names(&self) -> Result<Names> {
        let since = self.clock.now().minus(LOOKED_BACK);
        let mut seen = BTreeMap::new();
        let events = self.each_past(since, LOOKED_AT, |one| look(&mut seen, one)).await?;
        let contract = self.store.current().await?.contract;
        let seen: Vec<Seen> = seen.into_values().collect();
        let synonyms = synonyms(&contract, &seen);
        let spellings = inconsistent(&contract, &seen);
        let is_told: BTreeSet<&str> = synonyms.iter().map(|one| &*one.name).collect();
        let mut unknown: Vec<Seen> = seen
            .into_iter()
            .filter(|one| contract.canonical(&one.name).is_none() && !is_told.contains(&*one.name))
            .collect();
        unknown.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
        Ok(Names { since, events, is_all: events < LOOKED_AT, synonyms, spellings, unknown })
    }

    /// Puts a name as an alias into the actor's newest draft over what is in force, or into a new
    /// one: a report often suggests several at once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an event that isn't in it; [`Error::Conflict`] for a name that
    /// stands for one already.
    pub async fn propose_alias(
        &self,
        name: &str,
        canonical: &str,
        actor: &Actor,
    ) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let current = self.store.current().await?;
        let own = |one: &Request| {
            one.state == State::Draft && one.author == actor.name && one.base == current.number
        };
        let seen = self.store.requests(0).await?.into_iter().find(own);
        let mut request = seen.clone().unwrap_or_else(|| Request {
            title: "Other names of events".to_owned(),
            ..self.drafted(&current, actor)
        });
        add_alias(&mut request.contract, name, canonical)?;
        self.keep(&request, seen.as_ref()).await?;
        Ok(request.id)
    }
}

fn look(seen: &mut BTreeMap<String, Seen>, one: &Past) {
    if seen.len() >= MOST && !seen.contains_key(&one.name) {
        return;
    }
    let of_name = seen.entry(one.name.clone()).or_insert_with(|| Seen {
        name: one.name.clone(),
        properties: BTreeSet::new(),
        events: 0,
    });
    of_name.events += 1;
    let properties: Map<String, Value> = serde_json::from_str(&one.properties).unwrap_or_default();
    let room = MOST.saturating_sub(of_name.properties.len());
    of_name.properties.extend(properties.into_iter().map(|(name, _)| name).take(room));
}

fn add_alias(contract: &mut Contract, name: &str, canonical: &str) -> Result<()> {
    if let Some(taken) = contract.canonical(name) {
        return Err(Error::Conflict(format!("\"{name}\" stands for {taken} already")));
    }
    let event = contract.events.get_mut(canonical);
    let event = event.ok_or_else(|| Error::NotFound(format!("event {canonical}")))?;
    event.aliases.insert(name.to_owned());
    Ok(())
}
