use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures::executor::block_on;
use uuid::Uuid;

use super::*;
use crate::{
    delivery::{
        Transition,
        drain::Jitter,
        message::Installation,
        port::{
            Advance, Advanced, DeliveryStore, EventSink, Lease, LeaseStore, Named, Next, Sleep,
            Telling,
        },
        retry::Patience,
        route::Route,
    },
    destinations::{DestinationSpec, Profile},
    error::{Error, Result},
    events::live::Unwatched,
    ids::{AudienceId, DestinationId, MappingId, PartId, RunId},
    mappings::{Mapping, MappingSpec, UseCase},
    people::PersonSet,
    time::Clock,
};

/// Answers with one outcome after the other.
struct Script(Mutex<VecDeque<Outcome>>, AtomicUsize);

#[async_trait]
impl EventSink for Script {
    async fn send(&self, _batch: &Batch<'_>) -> Outcome {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.lock().unwrap().pop_front().expect("nobody sends more")
    }
}

/// Leases that are renewed so often, and then somebody else's.
struct Leases(AtomicUsize);

#[async_trait]
impl LeaseStore for Leases {
    async fn acquire(&self, _name: &str, _now: Instant) -> Result<Option<Lease>> {
        Ok(None)
    }

    async fn renew(&self, _lease: &Lease, _now: Instant) -> Result<()> {
        let left = self.0.load(Ordering::SeqCst);
        self.0.store(left.saturating_sub(1), Ordering::SeqCst);
        if left == 0 { Err(Error::Fenced) } else { Ok(()) }
    }

    async fn release(&self, _lease: &Lease) -> Result<()> {
        Ok(())
    }
}

/// No parts: only sending is looked at.
pub(crate) struct Nothing;

#[async_trait]
impl DeliveryStore for Nothing {
    async fn next(
        &self,
        _lease: &Lease,
        _mapping: MappingId,
        _is_fast: bool,
        _now: Instant,
    ) -> Result<Next> {
        Ok(Next::Nothing)
    }

    async fn named(
        &self,
        _mapping: MappingId,
        _transition: Transition,
        _telling: Telling,
        _people: &PersonSet,
    ) -> Result<Named> {
        Ok(Named::default())
    }

    async fn advance(
        &self,
        _lease: &Lease,
        _run: RunId,
        _part: PartId,
        _step: &Advance,
        _now: Instant,
    ) -> Result<Advanced> {
        Ok(Advanced::default())
    }
}

/// Stands still, counts how long others slept, draws the longest waits.
#[derive(Default)]
struct Still(Mutex<Vec<Span>>);

impl Clock for Still {
    fn now(&self) -> Instant {
        Instant::from_seconds(1_000)
    }
}

#[async_trait]
impl Sleep for Still {
    async fn sleep(&self, span: Span) {
        self.0.lock().unwrap().push(span);
    }
}

impl Jitter for Still {
    fn next(&self) -> f64 {
        1.0
    }
}

fn held() -> Outcome {
    Outcome::Held("Segment answers 503".to_owned())
}

/// Sends one batch by a script, with a lease that can be renewed so often; what came of it, how
/// often it went out, and the waits.
fn send(script: Vec<Outcome>, renewals: usize, patience: Patience) -> (Answer, usize, Vec<Span>) {
    let sink = Arc::new(Script(Mutex::new(script.into()), AtomicUsize::new(0)));
    let still = Arc::new(Still::default());
    let drain = Drain {
        store: Arc::new(Nothing),
        leases: Arc::new(Leases(AtomicUsize::new(renewals))),
        sink: sink.clone(),
        clock: still.clone(),
        sleep: still.clone(),
        jitter: still.clone(),
        live: Arc::new(Unwatched),
    };
    let key = |text: &str| text.parse().expect("a key");
    let spec = MappingSpec {
        key: key("carts-meta"),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        exclusivity_group: None,
        priority: 100,
        every: Span::from_minutes(5),
        holdout_percent: crate::mappings::HoldoutPercent(0),
        offset: None,
        dwell: None,
        entry_event: None,
        active: true,
    };
    let destination = DestinationSpec {
        key: key("meta"),
        profile: Profile::Plain,
        integration: "Plain".to_owned(),
        fields: Vec::new(),
        hash: false,
        value: None,
        budget: crate::destinations::budget::Budget::default(),
    };
    let audience = AudienceId(Uuid::nil());
    let mapping = Mapping {
        id: MappingId(Uuid::nil()),
        audience_id: audience,
        destination_id: DestinationId(Uuid::nil()),
        spec,
    };
    let job = Job {
        lease: &Lease { name: "mapping".to_owned(), epoch: 1 },
        run: RunId(Uuid::nil()),
        installation: Installation { key: Uuid::nil(), number: 1 },
        mapping: &mapping,
        route: &Route { audience, audience_key: key("carts"), destination, entry: None },
        patience,
        requests: 1,
        is_alone: &|| true,
        is_fast: false,
    };
    let batch = [Rendered { ordinal: 1, messages: vec!["{}".to_owned()], left_out: Vec::new() }];
    let answer = block_on(drain.send_range(&job, Lane::Enter, &batch));
    let waits = still.0.lock().unwrap().clone();
    (answer, sink.1.load(Ordering::SeqCst), waits)
}

#[test]
fn whoever_waited_for_segment_asks_for_the_lease_before_it_sends() {
    let (answer, sent, _) = send(vec![held(), Outcome::Accepted], 1, Patience::endless());
    assert_eq!((answer, sent), (Ok(Vec::new()), 2));
    // Somebody else has it by now: nothing goes out any more.
    let (answer, sent, _) = send(vec![held()], 0, Patience::endless());
    assert_eq!((answer, sent), (Err(Error::Fenced.to_string()), 1));
}

#[test]
fn what_was_held_counts_as_no_try_of_its_own() {
    let failed = || Outcome::Failed("no answer".to_owned());
    let script = [vec![failed(), failed()], vec![held(); 30], vec![failed(), Outcome::Accepted]];
    let (answer, _, waits) = send(script.concat(), usize::MAX, Patience::endless());
    assert_eq!(answer, Ok(Vec::new()));
    assert_eq!(waits[..2], [Span::from_millis(500), Span::from_seconds(1)]);
    assert!(waits[2..32].iter().all(|wait| *wait == Span(0)), "the sink has waited already");
    // As after one failure, not after thirty.
    assert_eq!(waits[32..], [Span::from_seconds(1)]);
}

#[test]
fn what_is_held_ends_with_the_patience_and_says_why() {
    let over = Patience::until(Instant::from_seconds(999));
    let (answer, sent, _) = send(vec![held()], usize::MAX, over);
    assert_eq!((answer, sent), (Err("Segment answers 503".to_owned()), 1));
}
