//! Random histories of two installations, one of which forgets: nobody can tell by what is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use domain::{
    Error,
    audiences::port::MirrorStore as _,
    delivery::{
        Transition::{self, Entered},
        letters::{Pick, Verdict},
        port::{Advance, LeaseStore as _, Next, Telling},
        service::LetterStore as _,
    },
    mappings::port::MappingStore as _,
    people::{PersonSet, port::PersonStore as _},
    retention::{HISTORY_DAYS, Record},
    suppression::service::SuppressionStore as _,
    sync::{Cause, decide::Decision, port::SyncStore as _},
    time::Span,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;

use super::{
    forgetting::{DAY, forget, read},
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
    },
    worker::{Worker, end},
};

/// What happens to eight people, one mapping and one suppression.
#[derive(Clone, Debug)]
enum Step {
    /// The audience, or whom the suppression reads, is read: who, and whose address is the
    /// other one.
    Read { suppressed: bool, members: u8, renamed: u8 },
    /// A run decides.
    Order,
    /// The next part is claimed, and perhaps answered; Segment refuses some of those who enter.
    Deliver { answers: bool, refuses: u8 },
    /// Everything is delivered.
    Drain,
    /// Some days pass, and whoever forgets does.
    Wait(i64),
    /// What was told within some days is told again.
    Resync(i64),
    /// Whoever was refused is tried again.
    Retry,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop::bool::weighted(0.2), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(
            |(suppressed, members, other, renamed)| Step::Read {
                suppressed, members: members & other, renamed: renamed & other,
            }),
        3 => Just(Step::Order),
        2 => (any::<bool>(), any::<u8>(), any::<u8>())
            .prop_map(|(answers, a, b)| Step::Deliver { answers, refuses: a & b & (a >> 1) }),
        3 => Just(Step::Drain),
        4 => (1_i64..200).prop_map(Step::Wait),
        1 => (1_i64..HISTORY_DAYS).prop_map(Step::Resync),
        1 => Just(Step::Retry),
    ]
}

/// `cio_id`, e-mail address, transition, generation.
type Message = (String, Option<String>, Transition, i64);

/// One of two installations with the same history; one of them forgets.
struct Side<'a> {
    bench: &'a Bench,
    worker: Worker<'a>,
    case: u32,
    forgets: bool,
    forgotten: u64,
}

impl<'a> Side<'a> {
    async fn new(bench: &'a Bench, case: u32, forgets: bool) -> Self {
        let file = format!(
            "[[destination]]\nkey = \"d\"\nprofile = \"meta-capi\"\nintegration = \"D\"
            [[audience]]\nkey = \"a{case}\"\nsegment = 1
            [[audience]]\nkey = \"s{case}\"\nsegment = 2
            [[suppression]]\nkey = \"s{case}\"\nreason = \"r\"\naudience = \"s{case}\"\nttl = \"240h\"
            [[mapping]]\nkey = \"m{case}\"\naudience = \"a{case}\"\ndestination = \"d\"\nuse_case = \"retarget\""
        );
        bench.apply(&file, true).await;
        let worker = Worker::new(bench, &format!("m{case}")).await;
        Self { bench, worker, case, forgets, forgotten: 0 }
    }

    fn name(&self, number: u8) -> String {
        format!("{}-{number}", self.case)
    }

    async fn step(&mut self, step: &Step) -> BTreeSet<Message> {
        let (mapping, now) = (self.worker.mapping.id, self.bench.now());
        match step {
            Step::Read { suppressed, members, renamed } => {
                let audience = if *suppressed { "s" } else { "a" };
                let lines: Vec<(String, String)> = (0..8_u8)
                    .filter(|number| members & (1 << number) != 0)
                    .map(|number| {
                        let other = if renamed & (1 << number) != 0 { "other-" } else { "" };
                        let name = self.name(number);
                        (name.clone(), format!("{other}{name}@example.com"))
                    })
                    .collect();
                let lines: Vec<_> = lines.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
                read(self.bench, &format!("{audience}{}", self.case), &lines).await;
            }
            Step::Order => self.order().await,
            Step::Deliver { answers, refuses } => return self.deliver(*answers, *refuses).await,
            Step::Drain => {
                let mut all = BTreeSet::new();
                // What is in doubt for too long is decided anew first.
                while matches!(self.worker.next().await, Next::Work(_)) {
                    all.append(&mut self.deliver(true, 0).await);
                }
                return all;
            }
            Step::Wait(days) => {
                let lease = &self.worker.lease.name;
                self.bench.clock.advance(Span(DAY.0 * days));
                if self.forgets {
                    self.forgotten += forget(self.bench).await.count(Record::Person);
                }
                let again = self.bench.storage.acquire(lease, self.bench.now()).await;
                if let Some(lease) = again.unwrap() {
                    self.worker.lease = lease;
                }
            }
            Step::Resync(days) => {
                let since = Some(now.minus(Span(DAY.0 * days)));
                self.bench.storage.resync(mapping, since, "ada", now).await.unwrap();
            }
            Step::Retry => {
                let (key, pick) = (&self.worker.mapping.spec.key, Pick::Open);
                let storage = &self.bench.storage;
                let done = storage.settle(key, &pick, Verdict::Retry, "ada", now).await;
                assert!(matches!(done, Ok(_) | Err(Error::Conflict(_))), "{done:?}");
            }
        }
        BTreeSet::new()
    }

    async fn order(&mut self) {
        let storage = &self.bench.storage;
        let members = storage.members(self.worker.mapping.audience_id).await.unwrap();
        let mut suppressed = PersonSet::new();
        for held in storage.suppressed(self.bench.now()).await.unwrap() {
            let held = held.people;
            suppressed |= held;
        }
        let refused = storage.refused(self.worker.mapping.id).await.unwrap();
        let target = members.unwrap_or_default() - &suppressed;
        let refused = &target & refused;
        let withheld = BTreeMap::from([(Cause::Refused, refused.clone())]);
        let what = Decision { members: target.len(), target: target - refused, withheld };
        self.worker.decide(&what, &suppressed).await;
    }

    async fn deliver(&mut self, answers: bool, refuses: u8) -> BTreeSet<Message> {
        let Next::Work(work) = self.worker.next().await else { return BTreeSet::new() };
        let telling =
            if work.claimed > work.acknowledged { Telling::Again } else { Telling::Fresh };
        let named = self.worker.named(work.transition, telling, &work.people).await;
        assert_eq!(named.people.len() as u64, work.people.len(), "everybody is known");
        let upto = end(&work.people).max(work.claimed);
        let mut masked = PersonSet::new();
        if telling == Telling::Fresh {
            let claim = Advance {
                acknowledged: work.acknowledged,
                claimed: upto,
                as_of: named.as_of,
                without: named.without,
                ..Advance::default()
            };
            masked = self.worker.try_step(&work, &claim).await.unwrap().masked;
        }
        let dead: Vec<u32> = named
            .people
            .iter()
            .filter(|(number, _)| !masked.contains(*number) && work.transition == Entered)
            .filter(|(_, one)| {
                (0..8).any(|n| refuses & (1 << n) != 0 && one.cio_id == self.name(n))
            })
            .map(|(number, _)| *number)
            .collect();
        if answers {
            self.worker.refuse(&work, upto, &dead).await;
        }
        let told = named.people.into_iter().filter(|(number, _)| !masked.contains(*number));
        told.map(|(_, one)| (one.cio_id, one.email, work.transition, work.generation)).collect()
    }

    /// Who is there, by name.
    async fn there(&self) -> BTreeSet<String> {
        let mut there = BTreeSet::new();
        for number in 0..8 {
            for (number, one) in self.bench.storage.find(&self.name(number), 1).await.unwrap() {
                let view =
                    self.bench.storage.explain(number, usize::MAX, self.bench.now()).await.unwrap();
                if view.mappings[0].delivered {
                    there.insert(one.cio_id);
                }
            }
        }
        there
    }
}

async fn play(benches: &[Bench; 2], case: u32, steps: &[Step]) -> u64 {
    let mut forgets = Side::new(&benches[0], case, true).await;
    let mut keeps = Side::new(&benches[1], case, false).await;
    let last = [Step::Order, Step::Drain, Step::Order, Step::Drain];
    for step in steps.iter().chain(&last) {
        let told = forgets.step(step).await;
        assert_eq!(told, keeps.step(step).await, "{step:?}");
    }
    assert_eq!(forgets.there().await, keeps.there().await);
    assert_eq!(
        benches[0].row(&format!("m{case}")).await.delivered,
        benches[1].row(&format!("m{case}")).await.delivered
    );
    forgets.forgotten
}

#[rstest]
#[tokio::test]
async fn an_address_that_changes_after_the_exit_is_no_name_of_anybody_there(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let (Some(one), Some(other)) = (Bench::open(engine).await, Bench::open(engine).await) else {
        return;
    };
    let read = |members, renamed| Step::Read { suppressed: false, members, renamed };
    let steps = [
        read(16, 0),
        Step::Order,
        Step::Deliver { answers: false, refuses: 0 },
        read(0, 0),
        Step::Order,
        // The exit is told under the name of the entry; then the old address comes back.
        read(16, 16),
        Step::Drain,
        read(16, 0),
        Step::Wait(1),
        Step::Resync(2),
    ];
    play(&[one, other], 0, &steps).await;
}

#[rstest]
fn forgetting_changes_nothing_that_is_sent(#[values(Sqlite, Postgres)] engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let open = || runtime.block_on(Bench::open(engine));
    let (Some(one), Some(other)) = (open(), open()) else { return };
    let benches = [one, other];
    let cases = if engine == Sqlite { 48 } else { 12 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let (number, forgotten) = (AtomicU32::new(0), AtomicU64::new(0));
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 10..40), |steps| {
            let case = number.fetch_add(1, Ordering::SeqCst);
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                runtime.block_on(play(&benches, case, &steps))
            }));
            let played = played.map_err(|why| {
                let text = why.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "it panicked".to_owned()))
            })?;
            forgotten.fetch_add(played, Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
    assert!(forgotten.load(Ordering::SeqCst) > u64::from(cases), "hardly anybody was forgotten");
}
