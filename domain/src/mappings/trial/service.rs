//! Pins people, sends tests, and looks for their proofs.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    access::{Actor, Role},
    audiences::port::MirrorStore,
    configuration::{Configuration, service::ConfigurationService},
    delivery::{
        Lane, Transition,
        message::{Envelope, readable},
        port::{Batch, EventSink, Outcome},
        reason::Reason,
        service::StopStore,
        stop::Scope,
    },
    error::{Error, Result, VendorError},
    ids::Ids,
    key::Key,
    mappings::Mapping,
    people::{Ordinal, Person, PersonSet, identifiers, port::PersonStore, service::PeopleService},
    suppression::service::SuppressionStore,
    sync::{decide::decide, facts::read_facts, port::SyncStore},
    time::{Clock, Span},
};

use super::{
    Place, TestPerson, Trial, TrialPreview, mark,
    port::{TrialStore, Witness},
};

/// Tests that a page shows.
const SHOWN: i64 = 20;

/// Segment's Public API allows 60 questions a minute: nobody asks about one test more often.
const PATIENCE: Span = Span::from_seconds(5);

/// How far a moment of Segment's may lie before ours.
const SLACK: Span = Span::from_minutes(2);

/// Controlled tests.
pub struct TrialService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// What else decides.
    pub store: Arc<dyn SyncStore>,
    /// Finds people.
    pub people: Arc<PeopleService>,
    /// Their names.
    pub names: Arc<dyn PersonStore>,
    /// Pinned people and tests.
    pub trials: Arc<dyn TrialStore>,
    /// Emergency stops.
    pub stops: Arc<dyn StopStore>,
    /// Sends, as production does.
    pub sink: Arc<dyn EventSink>,
    /// Sees what arrived.
    pub witness: Arc<dyn Witness>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names tests.
    pub ids: Arc<dyn Ids>,
}

/// A test that could be sent.
struct Ready {
    mapping: Mapping,
    destination: Key,
    person: Ordinal,
    cio_id: String,
    place: Place,
    id: Uuid,
    messages: Vec<String>,
}

impl TrialService {
    /// Everybody who is pinned, the oldest first.
    pub async fn pinned(&self) -> Result<Vec<TestPerson>> {
        Ok(self.trials.pinned().await?.into_iter().map(|(_, person)| person).collect())
    }

    /// Pins whom the text names: a `cio_id`, an id or an e-mail address.
    pub async fn pin(&self, text: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        if text.trim().is_empty() {
            return Err(Error::invalid("person", "Write a Customer.io id, an id or an e-mail"));
        }
        let person = self.people.one(text).await?;
        self.trials.pin(person, &actor.name, self.clock.now()).await
    }

    /// Lets go of somebody.
    pub async fn unpin(&self, text: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let person = self.people.one(text).await?;
        self.trials.unpin(person, &actor.name, self.clock.now()).await
    }

    /// What a test would send about a person. Nothing is sent.
    pub async fn preview(&self, mapping: &Key, text: &str) -> Result<TrialPreview> {
        let ready = self.prepare(mapping, text).await?;
        let pinned = self.trials.pinned().await?;
        Ok(TrialPreview {
            is_pinned: pinned.iter().any(|(one, _)| *one == ready.person),
            cio_id: ready.cio_id,
            place: ready.place,
            messages: ready.messages.iter().map(|message| readable(message)).collect(),
        })
    }

    /// Sends a test about a pinned person whom a run would send.
    ///
    /// # Errors
    /// [`Error::Conflict`] if they aren't pinned, wouldn't be sent, or delivery is stopped.
    pub async fn send(&self, mapping: &Key, text: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let ready = self.prepare(mapping, text).await?;
        let who = &ready.cio_id;
        let refuse = |why: String| Err(Error::Conflict(why));
        if !self.trials.pinned().await?.iter().any(|(one, _)| *one == ready.person) {
            return refuse(format!("{who} is no test person: pin them first"));
        }
        match ready.place {
            Place::Goes => {}
            Place::NoMember => return refuse(format!("{who} is no member of its audience")),
            Place::Withheld(cause) => {
                return refuse(format!("a run would not send {who}: {}", cause.as_str()));
            }
        }
        let stops = self.stops.stops().await?;
        let held = |scope: &Scope| match scope {
            Scope::Everything => true,
            Scope::Destination(key) => *key == ready.destination,
        };
        if stops.iter().any(|stop| held(&stop.scope)) {
            return refuse("delivery there is stopped: resume it first".to_owned());
        }
        let events = ready.messages.iter().map(String::as_str).collect();
        taken(self.sink.send(&Batch { events, lane: Lane::Enter }).await)?;
        let trial = Trial {
            id: ready.id,
            cio_id: ready.cio_id,
            by: actor.name.clone(),
            sent_at: self.clock.now(),
            mark: mark(ready.id),
            messages: ready.messages.len() as u64,
            arrived_at: None,
            forwarded_at: None,
            looked_at: None,
        };
        self.trials.put_trial(ready.mapping.id, ready.person, &trial).await
    }

    /// A mapping's newest tests, with what Segment says of the open ones now; and why it could
    /// not be asked, if it couldn't.
    pub async fn look(&self, mapping: &Key) -> Result<(Vec<Trial>, Option<String>)> {
        let configuration = self.configuration.load().await?;
        let found = found(&configuration, mapping)?;
        let destination = configuration.destination_of(found);
        let integration = destination.map(|one| one.spec.integration.clone()).unwrap_or_default();
        let (mut trials, now) = (self.trials.trials(found.id, SHOWN).await?, self.clock.now());
        let waits = |trial: &Trial| {
            let rests = trial.looked_at.is_some_and(|at| now.since(at) < PATIENCE);
            trial.is_open(now) && !rests
        };
        let mut trouble = None;
        for trial in trials.iter_mut().filter(|trial| waits(trial)) {
            let from = trial.sent_at.minus(SLACK);
            match self.witness.seen(&trial.mark, &integration, from, now).await {
                Ok(seen) => {
                    *trial = trial.clone().seen(seen, now);
                    self.trials.put_proof(trial).await?;
                }
                Err(error) => {
                    trouble = Some(error.to_string());
                    break;
                }
            }
        }
        Ok((trials, trouble))
    }

    async fn prepare(&self, key: &Key, text: &str) -> Result<Ready> {
        let person = self.people.one(text).await?;
        let configuration = self.configuration.load().await?;
        let mapping = found(&configuration, key)?.clone();
        let missing = || Error::unexpected("a mapping without its ends");
        let destination = configuration.destination_of(&mapping).ok_or_else(missing)?;
        let audience = configuration.audience_of(&mapping).ok_or_else(missing)?;
        let now = self.clock.now();
        let facts =
            read_facts(&configuration, &*self.mirrors, &*self.suppressions, &*self.store, now)
                .await?;
        let decision = decide(&configuration, &facts).remove(&mapping.id).unwrap_or_default();
        let withheld = decision.withheld.iter().find(|(_, people)| people.contains(person));
        let place = match withheld {
            Some((cause, _)) => Place::Withheld(*cause),
            None if decision.target.contains(person) => Place::Goes,
            None => Place::NoMember,
        };
        let named = self.named(person).await?;
        let id = self.ids.next();
        let envelope = Envelope {
            installation: self.store.installation().await?,
            mapping: mapping.id,
            audience: audience.id,
            audience_key: &audience.spec.key,
            destination: &destination.spec,
            use_case: mapping.spec.use_case,
            transition: Transition::Entered,
            // No order has such a number: no run ever sends under this message's id.
            generation: now.0.saturating_neg(),
            decided_at: now,
            entry: None,
        };
        let messages = envelope.sheet().marked(&mark(id)).render(&named, Reason::Joined).messages;
        let destination = destination.spec.key.clone();
        Ok(Ready { cio_id: named.cio_id, mapping, destination, person, place, id, messages })
    }

    async fn named(&self, ordinal: Ordinal) -> Result<Person> {
        let people = self.names.people(&PersonSet::from_iter([ordinal])).await?;
        let (_, person) = people.into_iter().next().ok_or_else(|| {
            Error::NotFound("person by that name any more: they were forgotten".to_owned())
        })?;
        Ok(person)
    }
}

impl TestPerson {
    /// Of a person, who chose them and when; their address is hidden.
    #[must_use]
    pub fn of(person: &Person, by: String, at: crate::time::Instant) -> Self {
        let email = person.email.as_deref().map(identifiers::masked);
        Self { cio_id: person.cio_id.clone(), email, by, at }
    }
}

fn found<'a>(configuration: &'a Configuration, key: &Key) -> Result<&'a Mapping> {
    configuration.mapping(key).ok_or_else(|| Error::NotFound(format!("mapping {key}")))
}

/// Whether the edge took it; else why not, and that nothing was sent.
fn taken(outcome: Outcome) -> Result<()> {
    let why = match outcome {
        Outcome::Accepted => return Ok(()),
        Outcome::Refused(why) => format!("Segment refused the test ({why})"),
        Outcome::Unauthorized(why) | Outcome::Held(why) | Outcome::Failed(why) => why,
        Outcome::Limited(_) => "Segment asks us to slow down (429): try again".to_owned(),
    };
    Err(Error::Vendor(VendorError::Refused(why)))
}
