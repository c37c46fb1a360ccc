//! Random sequences of orders, claims, answers, crashes and suppressions, against a model
//! that knows only what the platform was told.
//!
//! The model keeps who is there by acknowledged messages, which ranges were claimed and not
//! answered, and who is ordered and not claimed. Storage must agree after every step.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    delivery::{
        Transition,
        Transition::{Entered, Exited},
        port::{Advance, LeaseStore as _, Next, Work},
    },
    ids::PartId,
    people::{PersonSet, chunks, chunks::CHUNK, port::PersonStore as _},
    sync::{diff::apply, port::SyncStore as _},
    time::Span,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        people,
    },
    worker::{Worker, decision, doubt, end},
};

/// People on both sides of a chunk's edge, so that parts of two chunks go on side by side.
const FIRST: u32 = CHUNK - 6;
const COUNT: u32 = 12;

#[derive(Clone, Debug)]
enum Step {
    /// A run wants these people.
    Order(u16),
    /// The next part: claim up to so many people, or answer what is claimed.
    Deliver { most: usize, ahead: usize, refuse: Option<u8>, partly: bool },
    /// The process dies; the next one has a new epoch.
    Crash,
    /// A suppression audience is read.
    Suppress(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let deliver = (1..5_usize, 0..4_usize, prop::option::weighted(0.2, any::<u8>()), any::<bool>())
        .prop_map(|(most, ahead, refuse, partly)| Step::Deliver { most, ahead, refuse, partly });
    prop_oneof![
        3 => (0_u16..1 << COUNT).prop_map(Step::Order),
        6 => deliver,
        1 => Just(Step::Crash),
        1 => (0_u16..1 << COUNT).prop_map(|bits| Step::Suppress(bits & bits.rotate_left(3))),
    ]
}

fn chosen(bits: u16) -> PersonSet {
    (0..COUNT).filter(|n| bits & (1 << n) != 0).map(|n| FIRST + n).collect()
}

/// What the platform and the outbox must look like.
#[derive(Default)]
struct Model {
    /// Who is there.
    there: PersonSet,
    /// Claimed and not answered.
    doubt: BTreeMap<PartId, (Transition, PersonSet)>,
    /// Ordered and not claimed.
    entering: PersonSet,
    exiting: PersonSet,
    /// Whom Segment refused.
    refused: PersonSet,
    /// Of those, whose exit it refused: they stay there.
    stuck: PersonSet,
    /// Whom a suppression holds.
    suppressed: PersonSet,
    /// Which message each (person, generation) was: at most one, acknowledged once.
    messages: BTreeMap<(u32, i64), Transition>,
    acknowledged: BTreeSet<(u32, i64)>,
    generation: i64,
}

impl Model {
    fn pending(&self) -> u64 {
        let doubt: u64 = self.doubt.values().map(|(_, people)| people.len()).sum();
        doubt + self.entering.len() + self.exiting.len()
    }

    fn target(&self, wanted: &PersonSet) -> PersonSet {
        wanted - &self.suppressed - &self.refused
    }

    /// What an order comes to.
    fn order(&mut self, target: &PersonSet) -> (u64, u64) {
        let mut present = self.there.clone();
        for (transition, people) in self.doubt.values() {
            apply(&mut present, *transition, people);
        }
        self.entering = target - &present;
        self.exiting = &present - target - &self.stuck;
        (self.entering.len(), self.exiting.len())
    }

    /// The range becomes sent, perhaps.
    fn claim(&mut self, work: &Work, range: &PersonSet) {
        let open = match work.transition {
            Entered => &mut self.entering,
            Exited => &mut self.exiting,
        };
        assert!(range.is_subset(open), "{range:?} isn't ordered: {open:?}");
        *open -= range;
        for person in range {
            let message = self.messages.insert((person, work.generation), work.transition);
            assert_eq!(message, None, "{person} has that message id already");
        }
        let claimed = self.doubt.entry(work.part).or_insert((work.transition, people([])));
        claimed.1 |= range;
    }

    fn answer(&mut self, work: &Work, range: &PersonSet, dead: &PersonSet) {
        for person in range {
            assert!(self.acknowledged.insert((person, work.generation)), "{person} sent twice");
            let is_there = self.there.contains(person);
            assert_eq!(is_there, work.transition == Exited, "{person} {:?}", work.transition);
        }
        apply(&mut self.there, work.transition, &(range - dead));
        self.refused |= dead;
        if work.transition == Exited {
            self.stuck |= dead;
        }
        // What was decided on it is void.
        self.entering -= dead;
        self.exiting -= dead;
        if let Some((_, left)) = self.doubt.get_mut(&work.part) {
            *left -= range;
            if left.is_empty() {
                self.doubt.remove(&work.part);
            }
        }
    }
}

struct Play<'a> {
    model: Model,
    worker: Worker<'a>,
    suppression: String,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) {
        match step {
            Step::Order(bits) => self.order(&chosen(*bits)).await,
            Step::Deliver { most, ahead, refuse, partly } => {
                self.deliver(*most, *ahead, *refuse, *partly).await;
            }
            Step::Crash => {
                self.worker.bench.clock.advance(Span::from_seconds(121));
                let (name, now) = (self.worker.lease.name.clone(), self.worker.bench.now());
                let lease = self.worker.storage.acquire(&name, now).await.unwrap().unwrap();
                assert_eq!(lease.epoch, self.worker.lease.epoch + 1);
                self.worker.lease = lease;
            }
            Step::Suppress(bits) => {
                self.model.suppressed = chosen(*bits);
                self.worker.bench.mirror(&self.suppression, &chosen(*bits)).await;
            }
        }
    }

    async fn order(&mut self, wanted: &PersonSet) {
        let target = self.model.target(wanted);
        let expected = self.model.order(&target);
        let ordered = self.worker.decide(&decision(&target), &self.model.suppressed).await;
        assert_eq!((ordered.entered, ordered.exited), expected);
        if expected != (0, 0) {
            self.model.generation += 1;
        }
    }

    async fn deliver(&mut self, most: usize, ahead: usize, refuse: Option<u8>, partly: bool) {
        let work = match self.worker.next().await {
            Next::Work(work) => work,
            Next::Nothing => return assert_eq!(self.model.pending(), 0, "something is left"),
            Next::Blocked { .. } => panic!("a mapping by itself waits for nobody"),
        };
        let doubtful = doubt(&work);
        let known = self.model.doubt.get(&work.part).map_or(PersonSet::new(), |(_, s)| s.clone());
        assert_eq!(doubtful, known, "what is in doubt is offered as it was");
        assert!(work.generation <= self.model.generation);

        // Answer what is claimed, perhaps only its first half; then claim further.
        let answered = if partly && doubtful.len() > 1 { doubtful.len() / 2 } else { u64::MAX };
        let answered: PersonSet =
            doubtful.iter().take(usize::try_from(answered).unwrap_or(usize::MAX)).collect();
        let upto = if answered == doubtful { work.claimed } else { end(&answered) };
        let dead: PersonSet = match refuse {
            Some(which) if !answered.is_empty() => {
                answered.iter().nth(usize::from(which) % usize::try_from(answered.len()).unwrap())
            }
            _ => None,
        }
        .into_iter()
        .collect();
        let rest = chunks::between(&work.people, work.claimed, CHUNK);
        // A fresh part must be claimed; an answer may stand by itself.
        let size = if work.claimed == work.acknowledged { most } else { ahead };
        let range: PersonSet = rest.iter().take(size).collect();
        let claimed = if range.is_empty() { work.claimed } else { end(&range) };
        let reasons = dead.iter().map(|person| (person, "no".to_owned())).collect();
        let as_of = self.worker.as_of().await;
        let step =
            Advance { acknowledged: upto, dead: reasons, claimed, as_of, ..Advance::default() };
        let masked = self.worker.try_step(&work, &step).await.unwrap().masked;

        self.model.answer(&work, &answered, &dead);
        let turned_away = match work.transition {
            Entered => &range & &self.model.suppressed,
            Exited => PersonSet::new(),
        };
        assert_eq!(masked, turned_away);
        self.model.entering -= &masked;
        self.model.claim(&work, &(&range - &masked));
        if self.model.doubt.get(&work.part).is_some_and(|(_, people)| people.is_empty()) {
            self.model.doubt.remove(&work.part);
        }
    }

    async fn agree(&self) {
        let key = &self.worker.mapping.spec.key;
        let row = self.worker.bench.row(key.as_str()).await;
        assert_eq!(row.delivered, self.model.there.len(), "delivered");
        assert_eq!(row.pending, self.model.pending(), "pending");
        let refused = self.worker.storage.refused(self.worker.mapping.id).await.unwrap();
        assert_eq!(refused, self.model.refused, "refused");
    }

    /// Everything is sent; then one more decision brings the platform to its target.
    async fn settle(&mut self, wanted: &PersonSet) {
        for _ in 0..2 {
            self.order(wanted).await;
            while self.worker.next().await != Next::Nothing {
                self.deliver(3, 3, None, false).await;
                self.agree().await;
            }
        }
        // Nobody is refused in here; whose exit was refused before is still there.
        assert_eq!(self.model.there, self.model.target(wanted) | &self.model.stuck);
        self.order(wanted).await;
        assert_eq!((self.model.pending(), self.worker.next().await), (0, Next::Nothing));
    }

    /// Person by person, as the person page has it.
    async fn explain(&self) {
        for number in FIRST..FIRST + COUNT {
            let view = self
                .worker
                .storage
                .explain(number, usize::MAX, self.worker.bench.now())
                .await
                .unwrap();
            let place = view
                .mappings
                .iter()
                .find(|place| place.mapping == self.worker.mapping.spec.key)
                .unwrap();
            assert_eq!(place.delivered, self.model.there.contains(number), "{number}");
            assert_eq!(
                place.history.last().is_some_and(|e| e.transition == Entered),
                place.delivered
            );
            let mut before = (0, Exited);
            for entry in &place.history {
                assert!(entry.generation > before.0 && entry.transition != before.1, "{place:?}");
                before = (entry.generation, entry.transition);
            }
        }
    }
}

/// A mapping of its own for each case, and nothing else that could reach in.
async fn play(bench: &Bench, case: u32, steps: &[Step], last: u16) {
    let file = format!(
        "[[destination]]\nkey = \"d\"\nprofile = \"plain\"\nintegration = \"D\"
        [[audience]]\nkey = \"a{case}\"\nsegment = 1
        [[audience]]\nkey = \"s{case}\"\nsegment = 2
        [[suppression]]\nkey = \"s{case}\"\nreason = \"r\"\naudience = \"s{case}\"
        [[mapping]]\nkey = \"m{case}\"\naudience = \"a{case}\"\ndestination = \"d\"\nuse_case = \"retarget\""
    );
    bench.apply(&file, true).await;
    let worker = Worker::new(bench, &format!("m{case}")).await;
    let mut play = Play { model: Model::default(), worker, suppression: format!("s{case}") };
    for step in steps {
        play.step(step).await;
        play.agree().await;
    }
    play.settle(&chosen(last)).await;
    play.explain().await;
}

#[rstest]
fn storage_agrees_with_the_platform(#[values(Sqlite, Postgres)] engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(bench) = runtime.block_on(Bench::open(engine)) else { return };
    // The person page needs to know them; nobody else asks.
    runtime.block_on(bench.execute(
        "INSERT INTO person (ordinal, cio_id, learned_at)
        WITH RECURSIVE n (i) AS (SELECT 65530 UNION ALL SELECT i + 1 FROM n WHERE i < 65541)
        SELECT i, 'cio-' || i, 0 FROM n",
    ));
    let cases = if engine == Sqlite { 64 } else { 16 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let number = std::sync::atomic::AtomicU32::new(0);
    let strategy = (prop::collection::vec(step(), 1..30), 0_u16..1 << COUNT);
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
