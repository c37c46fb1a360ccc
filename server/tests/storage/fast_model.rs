//! Random sequences of purchases, runs and the fast lane beside each other, against a platform
//! that believes what it is told when it is told.
//!
//! Nobody is told to come in who is there, or to leave who isn't; no two messages about one
//! person are on their way; and in the end whoever bought is gone, whatever a run had decided
//! before.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    delivery::{
        Transition,
        Transition::{Entered, Exited},
        fast::{Cause, FastOrder, FastStore as _},
        port::{Advance, DeliveryStore as _, Lease, LeaseStore as _, Next, Work},
    },
    events::port::EventStore as _,
    people::{PersonSet, chunks, chunks::CHUNK},
    time::Span,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;

use super::{
    events::purchase,
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
    },
    worker::{Worker, decision, doubt, end},
};

/// People on both sides of a chunk's edge.
const FIRST: u32 = CHUNK - 6;
const COUNT: u32 = 12;

#[derive(Clone, Debug)]
enum Step {
    /// A run wants these people, and has seen all purchases but so many of the last ones.
    Order { wanted: u16, unseen: usize },
    /// The next part of the run or of the fast lane: an answer, or a claim of so many people.
    Deliver { is_fast: bool, most: usize },
    /// The fast lane orders what is new.
    FastOrder,
    /// Somebody buys.
    Buy(u8),
    /// The process with the fast lane dies, and the run takes what it has left.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u16..1 << COUNT, 0..3_usize)
            .prop_map(|(wanted, unseen)| Step::Order { wanted, unseen }),
        8 => (any::<bool>(), 1..5_usize)
            .prop_map(|(is_fast, most)| Step::Deliver { is_fast, most }),
        3 => Just(Step::FastOrder),
        2 => any::<u8>().prop_map(Step::Buy),
        1 => Just(Step::Crash),
    ]
}

fn chosen(bits: u16) -> PersonSet {
    (0..COUNT).filter(|n| bits & (1 << n) != 0).map(|n| FIRST + n).collect()
}

struct Play<'a> {
    worker: Worker<'a>,
    fast: Lease,
    /// Who is there, by what was sent.
    there: PersonSet,
    /// Whose message has no answer yet.
    on_the_way: PersonSet,
    /// In their order.
    bought: Vec<u32>,
    /// How many of them the fast lane has seen: it looks at each once.
    looked_at: usize,
    sent: BTreeSet<(u32, i64)>,
    /// How many purchases runs have seen.
    seen: usize,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) {
        match step {
            Step::Order { wanted, unseen } => {
                // No run knows less than the one before.
                self.seen = self.bought.len().saturating_sub(*unseen).max(self.seen);
                self.order(&chosen(*wanted), self.seen).await;
            }
            Step::Deliver { is_fast, most } => {
                self.deliver(*is_fast, *most).await;
            }
            Step::FastOrder => self.order_fast().await,
            Step::Buy(which) => self.buy(FIRST + u32::from(*which) % COUNT).await,
            Step::Crash => {
                self.worker.bench.clock.advance(Span::from_seconds(121));
                let (bench, name) = (self.worker.bench, self.fast.name.clone());
                let storage = &self.worker.storage;
                self.fast = storage.acquire(&name, bench.now()).await.unwrap().unwrap();
                // The next one looks back.
                self.looked_at = 0;
                let mapping = self.worker.mapping.id;
                storage.leave_fast(&self.fast, mapping, bench.now()).await.unwrap();
                let name = self.worker.lease.name.clone();
                self.worker.lease = storage.acquire(&name, bench.now()).await.unwrap().unwrap();
            }
        }
    }

    async fn order(&mut self, wanted: &PersonSet, seen: usize) {
        let suppressed: PersonSet = self.bought[..seen].iter().copied().collect();
        self.worker.decide(&decision(&(wanted - &suppressed)), &suppressed).await;
    }

    async fn buy(&mut self, person: u32) {
        let bench = self.worker.bench;
        let number = format!("{}-{}", self.worker.mapping.id, self.bought.len());
        let event = purchase(bench, &number, &format!("cio-{person}"));
        bench.storage.keep_events(&[event], bench.now()).await.unwrap();
        self.bought.push(person);
    }

    async fn order_fast(&mut self) {
        let (bench, mapping) = (self.worker.bench, self.worker.mapping.id);
        let since = bench.now().minus(Span::from_hours(1));
        let held = bench.storage.newly_held(since, bench.now()).await.unwrap();
        let new: BTreeSet<u32> = self.bought[self.looked_at..].iter().copied().collect();
        self.looked_at = self.bought.len();
        let people: BTreeMap<u32, Option<Cause>> = held
            .into_iter()
            .filter(|one| new.contains(&one.person))
            .map(|one| (one.person, one.cause))
            .collect();
        let order = FastOrder { lease: self.fast.clone(), mapping, people };
        bench.storage.order_fast(&[order], bench.now()).await.unwrap();
    }

    /// Whether anything could be done.
    async fn deliver(&mut self, is_fast: bool, most: usize) -> bool {
        let (bench, mapping) = (self.worker.bench, self.worker.mapping.id);
        let lease = if is_fast { &self.fast } else { &self.worker.lease };
        let next = bench.storage.next(lease, mapping, is_fast, bench.now()).await.unwrap();
        let work = match next {
            Next::Work(work) => work,
            Next::Nothing | Next::Blocked { soon: true } => return false,
            Next::Blocked { soon: false } => panic!("nobody else is there"),
        };
        let (mut upto, mut claimed, mut range) = (work.claimed, work.claimed, PersonSet::new());
        if work.claimed > work.acknowledged {
            self.on_the_way -= &doubt(&work);
        } else {
            upto = work.acknowledged;
            range = chunks::between(&work.people, work.claimed, CHUNK).iter().take(most).collect();
            claimed = end(&range);
        }
        let as_of = self.worker.as_of().await;
        let step = Advance { acknowledged: upto, claimed, as_of, ..Advance::default() };
        let run = self.worker.run;
        let done = bench.storage.advance(lease, run, work.part, &step, bench.now()).await.unwrap();
        if !range.is_empty() {
            assert!(!done.held && !done.is_outdated, "{done:?}");
            self.send(&work, &done.claim);
        }
        true
    }

    fn send(&mut self, work: &Work, people: &PersonSet) {
        let Work { transition, generation, .. } = *work;
        assert!(people.is_disjoint(&self.on_the_way), "two at once: {people:?} {transition:?}");
        for person in people {
            assert!(self.sent.insert((person, generation)), "{person} under one id again");
            let is_there = self.there.contains(person);
            assert_eq!(is_there, transition == Exited, "{person} {transition:?}");
            let bought = self.bought.contains(&person);
            assert!(!(bought && transition == Transition::Entered), "{person} passed the door");
        }
        match transition {
            Entered => self.there |= people,
            Exited => self.there -= people,
        }
        self.on_the_way |= people;
    }

    /// Both lanes until nothing is left in either.
    async fn drain(&mut self) {
        while self.deliver(true, 3).await || self.deliver(false, 3).await {}
    }

    async fn settle(&mut self, wanted: &PersonSet) {
        self.order_fast().await;
        self.drain().await;
        let bought: PersonSet = self.bought.iter().copied().collect();
        assert!(self.there.is_disjoint(&bought), "the fast lane leaves nobody");
        self.order(wanted, self.bought.len()).await;
        self.drain().await;
        assert_eq!(self.there, wanted - &bought);
        let row = self.worker.bench.row(self.worker.mapping.spec.key.as_str()).await;
        assert_eq!((row.delivered, row.pending), (self.there.len(), 0));
    }
}

/// A mapping of its own for each case.
async fn play(bench: &Bench, case: u32, steps: &[Step], last: u16) {
    let file = format!(
        "[[destination]]\nkey = \"d\"\nprofile = \"plain\"\nintegration = \"D\"
        [[audience]]\nkey = \"a{case}\"\nsegment = 1
        [[suppression]]\nkey = \"s{case}\"\nreason = \"r\"\nevent = \"Order Completed\"\nttl = \"24h\"
        [[mapping]]\nkey = \"m{case}\"\naudience = \"a{case}\"\ndestination = \"d\"\nuse_case = \"retarget\""
    );
    bench.apply(&file, true).await;
    let worker = Worker::new(bench, &format!("m{case}")).await;
    let name = format!("fast:{}", worker.mapping.id);
    let fast = bench.storage.acquire(&name, bench.now()).await.unwrap().unwrap();
    let mut play = Play {
        worker,
        fast,
        there: PersonSet::new(),
        on_the_way: PersonSet::new(),
        bought: Vec::new(),
        looked_at: 0,
        sent: BTreeSet::new(),
        seen: 0,
    };
    for step in steps {
        play.step(step).await;
    }
    play.settle(&chosen(last)).await;
}

#[rstest]
fn runs_and_the_fast_lane_get_along(#[values(Sqlite, Postgres)] engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(bench) = runtime.block_on(Bench::open(engine)) else { return };
    runtime.block_on(bench.execute(
        "INSERT INTO person (ordinal, cio_id, learned_at)
        WITH RECURSIVE n (i) AS (SELECT 65530 UNION ALL SELECT i + 1 FROM n WHERE i < 65541)
        SELECT i, 'cio-' || i, 0 FROM n",
    ));
    let cases = if engine == Sqlite { 96 } else { 16 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let number = std::sync::atomic::AtomicU32::new(0);
    let strategy = (prop::collection::vec(step(), 1..40), 0_u16..1 << COUNT);
    TestRunner::new(config)
        .run(&strategy, |(steps, last)| {
            let case = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                runtime.block_on(play(&bench, case, &steps, last));
            }));
            played.map_err(|why| {
                let text = why.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "it panicked".to_owned()))
            })
        })
        .unwrap();
}
