//! Has the canary buy, and looks whether everything lets it go.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    access::{Actor, Role},
    configuration::{Configuration, service::ConfigurationService},
    delivery::port::{Lease, LeaseStore},
    error::{Error, Result},
    events::{
        Origin, objective,
        port::{Intake, NewEvent},
        report::names,
    },
    ids::Ids,
    key::Key,
    mappings::trial::port::TrialStore,
    people::{port::PersonStore, service::PeopleService, standing::PersonView},
    suppression::{registry::Kind, scope::holds_at},
    time::{Clock, Instant, Span},
};

use super::{
    Canary, EVERY, Round,
    port::{CanaryStore, Chosen},
    word,
};

/// Rounds that a page shows.
const SHOWN: i64 = 14;

/// The right to have it buy.
const LEASE: &str = "canary";

/// The canary.
pub struct CanaryService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who it is, and its rounds.
    pub store: Arc<dyn CanaryStore>,
    /// Whoever is the canary is a pinned test person.
    pub pins: Arc<dyn TrialStore>,
    /// Finds people.
    pub people: Arc<PeopleService>,
    /// Where they stand.
    pub standing: Arc<dyn PersonStore>,
    /// Takes its purchases, as everybody's.
    pub intake: Arc<dyn Intake>,
    /// The right to work.
    pub leases: Arc<dyn LeaseStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names rounds.
    pub ids: Arc<dyn Ids>,
}

/// A round as it is to be kept, and the purchase that begins it.
struct Step {
    id: Uuid,
    round: Round,
    purchase: Option<NewEvent>,
}

/// The event that a canary does: that of a rule for purchases, else of any.
fn event(configuration: &Configuration) -> Option<String> {
    let rules = || configuration.suppressions.iter().map(|rule| &rule.spec);
    let mut bought = rules().filter(|rule| rule.kind() == Kind::Purchase);
    bought
        .find_map(|rule| rule.event.clone())
        .or_else(|| rules().find_map(|rule| rule.event.clone()))
}

/// How long an event keeps whoever did it out.
fn held(configuration: &Configuration, event: &str) -> Span {
    let rules = configuration.suppressions.iter().map(|rule| &rule.spec);
    let named = rules.filter(|rule| rule.event.as_deref() == Some(event));
    named.filter_map(|rule| rule.ttl).max().unwrap_or(Span(0))
}

/// The mappings that hold a person and must let them go for that event, and by when.
fn holding(
    configuration: &Configuration,
    view: &PersonView,
    event: &str,
    now: Instant,
) -> (Vec<Key>, Instant) {
    let rules: Vec<_> = configuration
        .suppressions
        .iter()
        .filter(|rule| rule.spec.event.as_deref() == Some(event))
        .collect();
    let mut due_at = now;
    let mut keys = Vec::new();
    for mapping in view.mappings.iter().filter(|mapping| mapping.delivered) {
        let Some(within) = objective::objective(mapping.use_case) else { continue };
        if rules.iter().any(|rule| holds_at(&rule.spec.destinations, &mapping.destination)) {
            keys.push(mapping.mapping.clone());
            due_at = due_at.max(now.plus(within));
        }
    }
    (keys, due_at)
}

impl CanaryService {
    /// The canary as its page shows it.
    pub async fn read(&self) -> Result<Canary> {
        let chosen = self.store.canary().await?;
        let rounds = self.store.rounds(SHOWN).await?;
        let rounds: Vec<Round> = rounds.into_iter().map(|(_, round)| round).collect();
        let configuration = self.configuration.load().await?;
        let event = event(&configuration);
        let held = event.as_deref().map(|event| held(&configuration, event));
        let chosen_at = chosen.as_ref().map(|chosen| chosen.at);
        let word = word(chosen_at, held, &rounds, self.clock.now());
        Ok(Canary { cio_id: chosen.map(|chosen| chosen.cio_id), chosen_at, event, rounds, word })
    }

    /// Makes somebody the canary, named by their `cio_id`, an id or an e-mail address, and pins
    /// them as a test person.
    ///
    /// # Errors
    /// As [`PeopleService::one`].
    pub async fn choose(&self, text: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        if text.trim().is_empty() {
            return Err(Error::invalid("person", "write a Customer.io id, an id or an e-mail"));
        }
        let person = self.people.one(text).await?;
        let now = self.clock.now();
        self.pins.pin(person, &actor.name, now).await?;
        self.store.choose(Some(person), &actor.name, now).await
    }

    /// From now on nobody is the canary.
    pub async fn dismiss(&self, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.store.choose(None, &actor.name, self.clock.now()).await
    }

    /// Looks after the round that is under way, or begins one if it is time: the round that has
    /// ended, if one did. Nothing where another process does.
    pub async fn run_once(&self) -> Result<Option<Round>> {
        let Some(chosen) = self.store.canary().await? else { return Ok(None) };
        let (now, newest) = (self.clock.now(), self.newest().await?);
        let Some(step) = self.step(&chosen, newest.clone(), now).await? else { return Ok(None) };
        let Some(lease) = self.leases.acquire(LEASE, now).await? else { return Ok(None) };
        // Another process may have been quicker.
        let ended = if self.newest().await? == newest {
            self.take(&lease, &chosen, step, now).await
        } else {
            Ok(None)
        };
        self.leases.release(&lease).await?;
        ended
    }

    async fn newest(&self) -> Result<Option<(Uuid, Round)>> {
        Ok(self.store.rounds(1).await?.into_iter().next())
    }

    /// What there is to do: nothing most of the time.
    async fn step(
        &self,
        chosen: &Chosen,
        newest: Option<(Uuid, Round)>,
        now: Instant,
    ) -> Result<Option<Step>> {
        match newest {
            Some((id, round)) if round.ended_at.is_none() => {
                let view = self.view(chosen, now).await?;
                let there = view.mappings.iter().filter(|mapping| mapping.delivered);
                let there: Vec<Key> = there.map(|mapping| mapping.mapping.clone()).collect();
                let seen = round.clone().seen(&there, now);
                Ok((seen != round).then_some(Step { id, round: seen, purchase: None }))
            }
            Some((_, round)) if now.since(round.began_at) < EVERY => Ok(None),
            _ => self.beginning(chosen, now).await,
        }
    }

    /// A new round, if something holds it: otherwise there is nothing to leave, and to prove.
    async fn beginning(&self, chosen: &Chosen, now: Instant) -> Result<Option<Step>> {
        let configuration = self.configuration.load().await?;
        let Some(event) = event(&configuration) else { return Ok(None) };
        let view = self.view(chosen, now).await?;
        let (stood, due_at) = holding(&configuration, &view, &event, now);
        if stood.is_empty() {
            return Ok(None);
        }
        let id = self.ids.next();
        let round = Round { began_at: now, due_at, there: stood.clone(), stood, ended_at: None };
        Ok(Some(Step { id, round, purchase: Some(purchase(id, &view, event, now)) }))
    }

    async fn take(
        &self,
        lease: &Lease,
        chosen: &Chosen,
        step: Step,
        now: Instant,
    ) -> Result<Option<Round>> {
        let Step { id, round, purchase } = step;
        self.store.put_round(lease, chosen.person, id, &round, now).await?;
        if let Some(purchase) = purchase {
            // After the round: one whose purchase is lost by a crash fails, and doesn't pass unseen.
            self.intake.keep(vec![purchase]).await?;
        }
        Ok(round.ended_at.is_some().then_some(round))
    }

    async fn view(&self, chosen: &Chosen, now: Instant) -> Result<PersonView> {
        self.standing.explain(chosen.person, 0, now).await
    }
}

/// The purchase: kept like any, and sent on to nobody.
fn purchase(id: Uuid, view: &PersonView, event: String, now: Instant) -> NewEvent {
    NewEvent {
        former: Vec::new(),
        sent_as: None,
        also_known_as: Vec::new(),
        violation: None,
        checked_by: 0,
        origin: Origin::Source,
        number: format!("segue-canary-{}", id.simple()),
        name: event,
        names: names(Some(&view.person.cio_id), None, None),
        at: now,
        received_at: now,
        said: None,
        body: String::new(),
        is_forwarded: false,
        echoes: Vec::new(),
    }
}
