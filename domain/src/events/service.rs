//! What the entrances for events do with a call: believe it, read it, keep it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use crate::{
    access::{Actor, Role},
    audiences::{SegmentId, port::MirrorStore},
    configuration::{
        CustomerioTable, Desired, Secret, SecretList, SourceTable, service::ConfigurationService,
    },
    contract::{gate::Checked, onward::echoes, service::ContractService},
    error::{Error, Result},
    ids::Ids,
    suppression::service::SuppressionStore,
    sync::{
        Wake,
        candidates::audiences_behind,
        watch::{plan, spending},
    },
    time::{Clock, Instant, Span},
    workspace::service::WorkspaceService,
};

use super::{
    Call, Entrances, Origin, campaign, ingest, latency,
    live::{Filter, Frame, Live},
    objective,
    port::{EventStore, Intake, Kept, Keyring, NewEvent},
    report,
    signature::{Disbelief, verify},
};

/// Hints about one segment within this time have it read once: a campaign sends hundreds.
const HINTS: Span = Span::from_seconds(15);

/// The shortest write key that can be entered by hand.
const SHORTEST_KEY: usize = 16;

/// What the key of an entrance is called in `segue.toml`.
const fn signing_key(origin: Origin) -> &'static str {
    match origin {
        Origin::Campaign => "campaign_signing_key",
        Origin::Reporting | Origin::Source => "reporting_signing_key",
    }
}

/// Why a call isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody has entered a key to check it with.
    #[error("no {0} is set: enter it under Connections, What comes in, or in segue.toml")]
    NoKey(&'static str),
    /// It isn't from whom it says.
    #[error(transparent)]
    Disbelieved(#[from] Disbelief),
    /// It carries no write key that Segue has given out.
    #[error("its write key belongs to no source: add one under Connections, What comes in")]
    Stranger,
    /// It can't be read, or breaks a limit.
    #[error("{0}")]
    Unreadable(String),
    /// Some of a batch can't be taken; the rest is kept.
    #[error("{} of its events were refused, the others are kept: {}", .0.rejected.len(), .0.first())]
    Partly(Box<ingest::Partly>),
    /// It could not be kept now.
    #[error(transparent)]
    NotKept(#[from] Error),
}

/// The headers that make a webhook believed.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `X-CIO-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-CIO-Signature`.
    pub signature: Option<&'a str>,
}

/// Takes events in.
pub struct EventService {
    /// Keeps them.
    pub intake: Arc<dyn Intake>,
    /// What is stored.
    pub store: Arc<dyn EventStore>,
    /// Who may call.
    pub keyring: Arc<dyn Keyring>,
    /// Which mappings read a segment.
    pub configuration: Arc<ConfigurationService>,
    /// Has them run soon.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// What was read of audiences.
    pub mirrors: Arc<dyn MirrorStore>,
    /// What ads cost.
    pub workspace: Arc<WorkspaceService>,
    /// What events are held against.
    pub contract: Arc<ContractService>,
    /// Whoever watches.
    pub live: Arc<dyn Live>,
    /// The worker.
    pub wake: Arc<dyn Wake>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What was called since it was last written down.
    pub calls: Mutex<BTreeMap<Origin, Call>>,
    /// Until when a segment's hints are heard already.
    pub hinted: Mutex<BTreeMap<SegmentId, Instant>>,
}

impl EventService {
    /// Takes a reporting webhook. What was kept before is taken again, and means nothing more.
    pub async fn take_report(&self, signed: Signed<'_>, body: &[u8]) -> Result<Kept, Refusal> {
        let taken = self.report(signed, body).await;
        self.note(Origin::Reporting, &taken);
        taken
    }

    async fn report(&self, signed: Signed<'_>, body: &[u8]) -> Result<Kept, Refusal> {
        let now = self.believe(Origin::Reporting, signed, body).await?;
        let report = report::read(body).map_err(Refusal::Unreadable)?;
        let event = NewEvent {
            origin: Origin::Reporting,
            number: report.number,
            name: report.name,
            names: report.names,
            former: Vec::new(),
            sent_as: None,
            also_known_as: Vec::new(),
            violation: None,
            checked_by: 0,
            at: report.at.min(now),
            received_at: now,
            said: None,
            body: String::from_utf8_lossy(body).into_owned(),
            is_forwarded: false,
            echoes: Vec::new(),
        };
        let kept = self.keep(vec![event]).await?;
        Ok(kept.first().copied().unwrap_or(Kept::Again))
    }

    /// Keeps events, and shows those that are new to whoever watches.
    async fn keep(&self, events: Vec<NewEvent>) -> Result<Vec<Kept>> {
        let frames: Vec<Frame> = events.iter().map(Frame::taken).collect();
        let kept = self.intake.keep(events).await?;
        for (frame, kept) in frames.into_iter().zip(&kept) {
            if *kept == Kept::New {
                self.live.tell(frame);
            }
        }
        Ok(kept)
    }

    /// The newest of what came in and went out, the oldest first.
    pub fn recent(&self, filter: &Filter, actor: &Actor) -> Result<Vec<Frame>> {
        // They name people.
        actor.require(Role::Operator)?;
        Ok(self.live.recent(filter))
    }

    /// Takes a campaign's webhook: has its segment read soon, once for many calls.
    pub async fn take_hint(&self, signed: Signed<'_>, body: &[u8]) -> Result<(), Refusal> {
        let taken = self.hint(signed, body).await;
        self.note(Origin::Campaign, &taken);
        taken
    }

    async fn hint(&self, signed: Signed<'_>, body: &[u8]) -> Result<(), Refusal> {
        let now = self.believe(Origin::Campaign, signed, body).await?;
        let segment = campaign::read(body).map_err(Refusal::Unreadable)?;
        let at = {
            let hinted = self.hinted.lock().unwrap_or_else(PoisonError::into_inner);
            match hinted.get(&segment) {
                // The reading that is coming sees this one too.
                Some(until) if *until > now => return Ok(()),
                Some(until) if now.since(*until) < HINTS => until.plus(HINTS),
                _ => now,
            }
        };
        let configuration = self.configuration.load().await?;
        let Some(audience) = configuration.audiences.iter().find(|one| one.spec.segment == segment)
        else {
            return Err(Refusal::Unreadable(format!("no audience is segment {segment}")));
        };
        let reads = |mapping: &&_| audiences_behind(&configuration, mapping).contains(&audience.id);
        let mappings: Vec<_> =
            configuration.mappings.iter().filter(|one| one.spec.active).filter(reads).collect();
        let ids: Vec<_> = mappings.iter().map(|mapping| mapping.id).collect();
        self.suppressions.make_due(&ids, at).await?;
        self.hinted.lock().unwrap_or_else(PoisonError::into_inner).insert(segment, at);
        self.wake.wake();
        Ok(())
    }

    /// Takes what a Segment library sends: one call of `kind`, or a batch.
    pub async fn take_sent(
        &self,
        kind: ingest::Kind,
        basic: Option<&str>,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let taken = self.sent(kind, basic, body).await;
        self.note(Origin::Source, &taken);
        taken
    }

    async fn sent(
        &self,
        kind: ingest::Kind,
        basic: Option<&str>,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        let call = ingest::read(kind, body, now).map_err(Refusal::Unreadable)?;
        let write_key = basic.or(call.write_key.as_deref()).unwrap_or_default();
        if self.keyring.sender(write_key).await?.is_none() {
            return Err(Refusal::Stranger);
        }
        let mut events = Vec::with_capacity(call.events.len());
        for one in call.events {
            let number = one.number.clone().unwrap_or_else(|| self.ids.next().to_string());
            let (checked, said) = match one.track() {
                Some((name, properties)) => {
                    let said = properties.map_or_else(|| "{}".to_owned(), Value::to_string);
                    (self.contract.check(name, properties).await?, Some(said))
                }
                None => (Checked::default(), None),
            };
            let (name, sent_as) = match checked.canonical {
                Some(canonical) => (canonical, Some(one.name.clone())),
                None => (one.name.clone(), None),
            };
            // What isn't as agreed stays as it came, but holds by either name.
            let renamed = sent_as.as_ref().filter(|_| checked.violation.is_none()).map(|_| &*name);
            let body = one.body(&number, renamed);
            events.push(NewEvent {
                origin: Origin::Source,
                echoes: echoes(&body, &number, &checked.onward.also_as),
                body: body.to_string(),
                number,
                name,
                sent_as,
                also_known_as: checked.also_known_as,
                violation: checked.violation,
                checked_by: checked.version,
                said,
                names: one.names,
                former: one.former,
                at: one.at,
                received_at: now,
                is_forwarded: !checked.onward.is_stopped,
            });
        }
        let accepted = events.len();
        if accepted > 0 {
            self.keep(events).await?;
        }
        if call.rejected.is_empty() {
            return Ok(());
        }
        Err(Refusal::Partly(Box::new(ingest::Partly { accepted, rejected: call.rejected })))
    }

    /// Enters what an entrance's callers sign with, in place of what was there.
    ///
    /// # Errors
    /// [`Error::Invalid`] for the name that the key has in `segue.toml`.
    pub async fn enter_key(&self, origin: Origin, key: &str, actor: &Actor) -> Result<()> {
        let field = signing_key(origin);
        let key = key.trim();
        if key.is_empty() {
            return Err(Error::invalid(field, "write the key that Customer.io shows"));
        }
        let key = Some(SecretList::One(Secret::Literal(key.to_owned())));
        let customerio = match origin {
            Origin::Campaign => {
                CustomerioTable { campaign_signing_key: key, ..CustomerioTable::default() }
            }
            _ => CustomerioTable { reporting_signing_key: key, ..CustomerioTable::default() },
        };
        self.enter(Desired { customerio: Some(customerio), ..Desired::default() }, actor).await
    }

    /// Lets somebody send to `/v1`, or gives them another write key.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `source` or `write_key`.
    pub async fn add_source(&self, name: &str, write_key: &str, actor: &Actor) -> Result<()> {
        let key = name.trim().parse().map_err(|error| Error::invalid("source", error))?;
        let write_key = write_key.trim();
        if write_key.len() < SHORTEST_KEY {
            let why = "write at least 16 characters that nobody guesses: whoever knows it can keep people out";
            return Err(Error::invalid("write_key", why));
        }
        let write_key = SecretList::One(Secret::Literal(write_key.to_owned()));
        let source = vec![SourceTable { key, write_key }];
        self.enter(Desired { source, ..Desired::default() }, actor).await
    }

    /// Lets nobody send to `/v1` under this source's key any more. What came in stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of that name.
    pub async fn retire_source(&self, name: &str, actor: &Actor) -> Result<()> {
        let missing = || Error::NotFound(format!("source {}", name.trim()));
        let key = name.trim().parse().map_err(|_| missing())?;
        self.configuration.retire_source(&key, actor).await?;
        self.keyring.forget();
        Ok(())
    }

    async fn enter(&self, desired: Desired, actor: &Actor) -> Result<()> {
        self.configuration.apply(&desired, false, actor).await?;
        self.keyring.forget();
        Ok(())
    }

    /// What the page of the entrances shows.
    pub async fn entrances(&self) -> Result<Entrances> {
        let mut keyed = Vec::new();
        for origin in [Origin::Reporting, Origin::Campaign] {
            if !self.keyring.signing_keys(origin).await?.is_empty() {
                keyed.push(origin);
            }
        }
        let configuration = self.configuration.load().await?;
        let rules = configuration.suppressions.iter().filter(|rule| rule.spec.event.is_some());
        let rows = self.mirrors.audience_rows().await?;
        let watched = plan(&configuration, &rows);
        let (waiting, refused) = self.store.left().await?;
        let now = self.clock.now();
        let exits = self.store.fast_exits(now.minus(latency::WINDOW)).await?;
        Ok(Entrances {
            keyed,
            rules: rules.count() as u64,
            fresh_key: format!("{}{}", self.ids.next().simple(), self.ids.next().simple()),
            spending: spending(&configuration, &rows, &watched),
            watched,
            sources: configuration.sources.into_iter().map(|source| source.key).collect(),
            calls: self.store.calls().await?,
            waiting,
            refused,
            latencies: latency::latencies(&exits),
            standings: objective::standings(&exits, now),
            ads: self.workspace.read().await?.ads,
        })
    }

    /// Writes down what was called since the last time.
    pub async fn write_calls(&self) -> Result<()> {
        let calls: Vec<Call> = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *calls).into_values().collect()
        };
        if calls.is_empty() { Ok(()) } else { self.store.put_calls(&calls).await }
    }

    /// The moment of a call that its sender has signed.
    async fn believe(
        &self,
        origin: Origin,
        signed: Signed<'_>,
        body: &[u8],
    ) -> Result<Instant, Refusal> {
        let keys = self.keyring.signing_keys(origin).await?;
        if keys.is_empty() {
            return Err(Refusal::NoKey(signing_key(origin)));
        }
        let now = self.clock.now();
        verify(&keys, signed.timestamp, signed.signature, body, now)?;
        Ok(now)
    }

    /// Remembers the call for its page; nothing that the caller sent is in it.
    fn note<T>(&self, origin: Origin, taken: &Result<T, Refusal>) {
        let now = self.clock.now();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = calls.entry(origin).or_insert_with(|| Call {
            origin,
            taken_at: None,
            refused_at: None,
            refusal: None,
        });
        match taken {
            Ok(_) => call.taken_at = Some(now),
            Err(refusal) => {
                call.refused_at = Some(now);
                call.refusal = Some(refusal.to_string());
            }
        }
    }
}
