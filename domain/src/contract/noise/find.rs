//! Finds the events that nobody reads, and asks that they be stopped.

use std::collections::BTreeMap;

use super::{Noise, Unread};
use crate::{
    access::Actor,
    configuration::Configuration,
    contract::{
        Contract, Event, proposal::Edits, replay::LOOKED_BACK, request::Version,
        service::ContractService, spec::EventSpec,
    },
    error::{Error, Result},
    ids::RequestId,
    time::{Instant, Span},
};

/// How far back versions are asked since when nobody reads an event.
const YEAR: Span = Span::from_hours(365 * 24);

impl ContractService {
    /// The events that nobody reads.
    pub async fn noise(&self) -> Result<Noise> {
        let now = self.clock.now();
        let versions = self.store.versions(now.minus(YEAR)).await?;
        let counts = self.past.counts(now.minus(LOOKED_BACK)).await?;
        Ok(noise(&versions, &counts, &self.configuration.load().await?))
    }

    /// Asks for approval that an event goes nowhere, or goes on again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an event that isn't in force; [`Error::Conflict`] if it is so.
    pub async fn stop_event(&self, name: &str, stop: bool, actor: &Actor) -> Result<RequestId> {
        let contract = self.current().await?.contract;
        let event = contract.events.get(name);
        let event = event.ok_or_else(|| Error::NotFound(format!("event {name}")))?;
        let spec = EventSpec { stopped: stop, ..EventSpec::of(name, event) };
        let title = if stop {
            format!("{name} goes nowhere: nobody reads it")
        } else {
            format!("{name} goes on again")
        };
        let edits = Edits { put: vec![spec], remove: Vec::new() };
        self.propose_edits(&title, &edits, actor).await
    }
}

/// Of versions in their order, the last of which is in force, and of what came in by name.
fn noise(versions: &[Version], counts: &[(String, u64)], configuration: &Configuration) -> Noise {
    let Some(current) = versions.last().map(|version| &version.contract) else {
        return Noise::default();
    };
    let mut by_event: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, events) in counts {
        *by_event.entry(current.canonical(name).unwrap_or_default()).or_default() += events;
    }
    let is_unread = |(name, event): &(&String, &Event)| {
        event.consumers.is_empty() && !is_heard(name, event, configuration)
    };
    let mut unread: Vec<Unread> = current
        .events
        .iter()
        .filter(is_unread)
        .map(|(name, event)| Unread {
            name: name.clone(),
            owner: event.owner.clone(),
            since: unread_since(name, versions),
            events: by_event.get(name.as_str()).copied().unwrap_or(0),
            is_stopped: event.is_stopped,
        })
        .collect();
    unread.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    Noise {
        read: (current.events.len() - unread.len()) as u64,
        events: counts.iter().map(|(_, events)| events).sum(),
        unread,
    }
}

/// Whether a suppression or a mapping hears it, by any of its names.
fn is_heard(name: &str, event: &Event, configuration: &Configuration) -> bool {
    let is_it = |heard: &Option<String>| {
        heard.as_ref().is_some_and(|heard| event.names(name).any(|name| name == heard))
    };
    configuration.suppressions.iter().any(|rule| is_it(&rule.spec.event))
        || configuration.mappings.iter().any(|mapping| is_it(&mapping.spec.entry_event))
}

/// When the first of those versions was approved that, up to the last, name no reader of it.
fn unread_since(name: &str, versions: &[Version]) -> Option<Instant> {
    let has_none = |contract: &Contract| {
        contract.events.get(name).is_some_and(|event| event.consumers.is_empty())
    };
    versions.iter().rev().take_while(|version| has_none(&version.contract)).last()?.at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mappings::UseCase;
    use crate::sync::decide::tests::{configuration, mapping};

    fn version(at: i64, events: &[(&str, &str)]) -> Version {
        let event = |&(name, consumer): &(&str, &str)| {
            let consumers = [consumer.to_owned()].into_iter().filter(|one| !one.is_empty());
            let aliases = [format!("{name} once")].into();
            (name.to_owned(), Event { consumers: consumers.collect(), aliases, ..Event::default() })
        };
        let contract = Contract { events: events.iter().map(event).collect() };
        Version { contract, at: Some(Instant(at)), ..Version::default() }
    }

    #[test]
    fn what_is_read_or_heard_is_no_noise() {
        let versions = [
            version(1, &[("A", ""), ("B", "meta")]),
            version(2, &[("A", ""), ("B", ""), ("C", "meta"), ("D", "")]),
            version(3, &[("A", ""), ("B", ""), ("C", "meta"), ("D", "")]),
        ];
        let mut sending = mapping(1, 0, UseCase::Retarget, None);
        sending.spec.entry_event = Some("D once".to_owned());
        let counts = [("A", 3), ("B once", 5), ("B", 1), ("stranger", 7)];
        let counts = counts.map(|(name, events)| (name.to_owned(), events));
        let found = noise(&versions, &counts, &configuration(vec![sending]));
        let told: Vec<_> =
            found.unread.iter().map(|one| (&*one.name, one.since, one.events)).collect();
        assert_eq!(told, [("B", Some(Instant(2)), 6), ("A", Some(Instant(1)), 3)]);
        assert_eq!((found.read, found.events), (2, 16));
        let (begin, end) = (found.unread[1].since.unwrap(), Span::from_hours(30 * 24));
        assert!(found.unread[1].is_long(begin.plus(end)));
        assert!(!found.unread[1].is_long(begin.plus(end).minus(Span(1))));
        assert_eq!(noise(&[], &counts, &configuration(vec![])), Noise::default());
    }
}
