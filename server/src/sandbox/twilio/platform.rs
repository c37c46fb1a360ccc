//! What arrived behind the edge: every message once, and the members of each audience at
//! each destination.
//!
//! Records are compact (texts that repeat are kept once), so that hundreds of thousands of
//! messages fit. A `messageId` seen in the last 24 hours is counted and changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::{Instant, Span};
use roaring::RoaringBitmap;
use serde::Serialize;

use super::message::{DropReason, Kind, Message};

/// How long a `messageId` is remembered.
pub const DEDUPLICATION: Span = Span::from_hours(24);

/// The latest drops that are kept one by one.
const KEPT_DROPS: usize = 10_000;

/// A message as it arrived, for tests and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// Its place in the order of arrival, from 0.
    pub sequence: u32,
    /// Its id.
    pub message_id: String,
    /// Its type.
    pub kind: Kind,
    /// Name of the event.
    pub event: Option<String>,
    /// `userId`, else `anonymousId`.
    pub person: String,
    /// Destinations that it named.
    pub integrations: Vec<String>,
    /// The audience's key.
    pub key: Option<String>,
    /// What a destination decides by it.
    pub entered: Option<bool>,
    /// How many times the same id came.
    pub times: u32,
    /// How many of those had other bytes than the first.
    pub differing: u32,
    /// When it came first, in microseconds.
    pub received_at: Instant,
    /// The corrected time of the message, in microseconds.
    pub timestamp: Instant,
}

/// Numbers of everything that came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlatformCounts {
    /// Messages in all requests that were answered 200.
    pub received: u64,
    /// Those that counted.
    pub unique: u64,
    /// Those whose id was known.
    pub duplicate: u64,
    /// Duplicates whose bytes were not those of the first.
    pub differing: u64,
    /// Those that named an audience and decided nothing.
    pub undecided: u64,
    /// Those that went to every destination, because `All` wasn't false.
    pub everywhere: u64,
    /// Those with an external id that lacks a field.
    pub incomplete_external_ids: u64,
    /// Those that were dropped, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
}

/// A message that was dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Why.
    pub reason: DropReason,
    /// The message as it came, cut to 300 characters.
    pub message: String,
}

#[derive(Debug)]
struct Record {
    message_id: Arc<str>,
    event: Option<u32>,
    person: u32,
    key: Option<u32>,
    app_version: Option<u32>,
    integrations: Box<[u32]>,
    kind: Kind,
    entered: Option<bool>,
    times: u32,
    differing: u32,
    content: u64,
    received_at: Instant,
    timestamp: Instant,
}

/// Texts that repeat, by number.
#[derive(Debug, Default)]
struct Texts {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    fn text(&self, number: u32) -> String {
        self.texts.get(number as usize).map(ToString::to_string).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct State {
    words: Texts,
    people: Texts,
    records: Vec<Record>,
    by_id: HashMap<Arc<str>, u32>,
    members: BTreeMap<(u32, u32), RoaringBitmap>,
    payloads: VecDeque<(u32, Box<str>)>,
    dropped: VecDeque<Dropped>,
    counts: PlatformCounts,
    made_ids: u64,
}

/// What lies behind the edge.
#[derive(Debug)]
pub struct Platform {
    keep_payloads: usize,
    state: Mutex<State>,
}

impl Platform {
    /// An empty platform that keeps the bytes of the latest `keep_payloads` messages.
    pub fn new(keep_payloads: usize) -> Self {
        Self { keep_payloads, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the messages of one request, each with its bytes.
    pub fn take<'a>(
        &self,
        now: Instant,
        messages: impl IntoIterator<Item = (&'a str, Result<Message, DropReason>)>,
    ) {
        let mut state = self.lock();
        for (raw, message) in messages {
            match message {
                Ok(message) => state.arrive(now, raw, message, self.keep_payloads),
                Err(reason) => state.lose(reason, raw),
            }
        }
    }

    /// People who are in an audience at a destination.
    pub fn members(&self, integration: &str, audience_key: &str) -> BTreeSet<String> {
        let state = self.lock();
        let audience = (state.words.find(integration), state.words.find(audience_key));
        let (Some(integration), Some(key)) = audience else { return BTreeSet::new() };
        let Some(members) = state.members.get(&(integration, key)) else { return BTreeSet::new() };
        members.iter().map(|person| state.people.text(person)).collect()
    }

    /// Every destination and audience with its number of members.
    pub fn audiences(&self) -> Vec<(String, String, u64)> {
        let state = self.lock();
        let mut all: Vec<_> = state
            .members
            .iter()
            .map(|((integration, key), members)| {
                (state.words.text(*integration), state.words.text(*key), members.len())
            })
            .collect();
        all.sort();
        all
    }

    /// Messages in order of arrival, from number `since`.
    pub fn messages(&self, since: u32, limit: usize) -> Vec<Arrival> {
        let state = self.lock();
        (since..).map_while(|sequence| state.arrival(sequence)).take(limit).collect()
    }

    /// Every version of an app that a message named.
    pub fn app_versions(&self) -> Vec<String> {
        let state = self.lock();
        let numbers: BTreeSet<u32> =
            state.records.iter().filter_map(|record| record.app_version).collect();
        numbers.into_iter().map(|number| state.words.text(number)).collect()
    }

    /// How many messages of an app's version came between two moments; of those that named a
    /// destination, if one is given.
    pub fn count(
        &self,
        app_version: &str,
        integration: Option<&str>,
        from: Instant,
        until: Instant,
    ) -> u64 {
        let state = self.lock();
        let Some(version) = state.words.find(app_version) else { return 0 };
        let place = match integration.map(|name| state.words.find(name)) {
            // Nobody ever named it.
            Some(None) => return 0,
            place => place.flatten(),
        };
        let counts = |record: &&Record| {
            record.app_version == Some(version)
                && place.is_none_or(|place| record.integrations.contains(&place))
                && (from..until).contains(&record.received_at)
        };
        state.records.iter().filter(counts).count() as u64
    }

    /// How many messages came between two moments, by type and event.
    pub fn kinds(&self, from: Instant, until: Instant) -> BTreeMap<(Kind, Option<String>), u64> {
        let state = self.lock();
        let mut kinds: BTreeMap<(Kind, Option<u32>), u64> = BTreeMap::new();
        for record in state.records.iter().filter(|one| (from..until).contains(&one.received_at)) {
            *kinds.entry((record.kind, record.event)).or_default() += 1;
        }
        let named = |event: Option<u32>| event.map(|number| state.words.text(number));
        kinds.into_iter().map(|((kind, event), total)| ((kind, named(event)), total)).collect()
    }

    /// The message with that id; the latest, if it came again after the window.
    pub fn message(&self, message_id: &str) -> Option<Arrival> {
        let state = self.lock();
        state.arrival(*state.by_id.get(message_id)?)
    }

    /// The bytes of a message as they came first, while they are kept.
    pub fn payload(&self, message_id: &str) -> Option<String> {
        let state = self.lock();
        let sequence = *state.by_id.get(message_id)?;
        let found = state.payloads.iter().find(|(number, _)| *number == sequence);
        found.map(|(_, raw)| raw.to_string())
    }

    /// The latest messages that were dropped, oldest first.
    pub fn dropped(&self) -> Vec<Dropped> {
        self.lock().dropped.iter().cloned().collect()
    }

    /// Numbers of everything that came.
    pub fn counts(&self) -> PlatformCounts {
        self.lock().counts.clone()
    }
}

impl State {
    fn arrive(&mut self, now: Instant, raw: &str, message: Message, keep_payloads: usize) {
        self.counts.received += 1;
        let content = fingerprint(raw);
        let message_id: Arc<str> = if let Some(id) = &message.message_id {
            id.as_str().into()
        } else {
            self.made_ids += 1;
            format!("api-{}", self.made_ids).into()
        };
        if let Some(sequence) = self.by_id.get(&message_id)
            && let Some(first) = self.records.get_mut(*sequence as usize)
            && now.since(first.received_at) < DEDUPLICATION
        {
            first.times = first.times.saturating_add(1);
            self.counts.duplicate += 1;
            if first.content != content {
                first.differing = first.differing.saturating_add(1);
                self.counts.differing += 1;
            }
            return;
        }
        self.counts.unique += 1;
        self.counts.everywhere += u64::from(message.everywhere);
        self.counts.incomplete_external_ids += u64::from(message.incomplete_external_ids);
        let person = self.people.number(&message.person);
        let key = message.key.as_deref().map(|key| self.words.number(key));
        let integrations: Box<[u32]> =
            message.integrations.iter().map(|name| self.words.number(name)).collect();
        match (key, message.entered) {
            (Some(key), Some(entered)) => {
                self.decide(key, &integrations, &message, person, entered);
            }
            (Some(_), None) => self.counts.undecided += 1,
            (None, _) => {}
        }
        let sequence = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        if keep_payloads > 0 {
            if self.payloads.len() >= keep_payloads {
                self.payloads.pop_front();
            }
            self.payloads.push_back((sequence, raw.into()));
        }
        self.by_id.insert(message_id.clone(), sequence);
        self.records.push(Record {
            message_id,
            event: message.event.as_deref().map(|event| self.words.number(event)),
            person,
            key,
            app_version: message.app_version.as_deref().map(|text| self.words.number(text)),
            integrations,
            kind: message.kind,
            entered: message.entered,
            times: 1,
            differing: 0,
            content,
            received_at: now,
            timestamp: message.timestamp,
        });
    }

    fn decide(&mut self, key: u32, named: &[u32], message: &Message, person: u32, entered: bool) {
        let mut destinations: BTreeSet<u32> = named.iter().copied().collect();
        if message.everywhere {
            // Every destination that was ever named here, less those switched off.
            let excluded: BTreeSet<u32> =
                message.excluded.iter().filter_map(|name| self.words.find(name)).collect();
            let known = self.members.keys().map(|(integration, _)| *integration);
            destinations.extend(known.filter(|name| !excluded.contains(name)));
        }
        for integration in destinations {
            let members = self.members.entry((integration, key)).or_default();
            if entered {
                members.insert(person);
            } else {
                members.remove(person);
            }
        }
    }

    fn lose(&mut self, reason: DropReason, raw: &str) {
        self.counts.received += 1;
        *self.counts.dropped.entry(reason).or_default() += 1;
        if self.dropped.len() >= KEPT_DROPS {
            self.dropped.pop_front();
        }
        self.dropped.push_back(Dropped { reason, message: raw.chars().take(300).collect() });
    }

    fn arrival(&self, sequence: u32) -> Option<Arrival> {
        let record = self.records.get(sequence as usize)?;
        Some(Arrival {
            sequence,
            message_id: record.message_id.to_string(),
            kind: record.kind,
            event: record.event.map(|event| self.words.text(event)),
            person: self.people.text(record.person),
            integrations: record.integrations.iter().map(|name| self.words.text(*name)).collect(),
            key: record.key.map(|key| self.words.text(key)),
            entered: record.entered,
            times: record.times,
            differing: record.differing,
            received_at: record.received_at,
            timestamp: record.timestamp,
        })
    }
}

fn fingerprint(raw: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    raw.hash(&mut hasher);
    hasher.finish()
}
