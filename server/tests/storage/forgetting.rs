//! Who is forgotten, and that nobody can tell by what is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use domain::{
    Error,
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{
        Transition::{self, Entered},
        letters::{Pick, Verdict},
        port::{Advance, LeaseStore as _, Next, Telling},
        service::LetterStore as _,
    },
    mappings::port::MappingStore as _,
    people::{PersonSet, port::PersonStore as _, service::PeopleService},
    retention::{HISTORY_DAYS, Record, Report, RetentionStore as _},
    suppression::service::SuppressionStore as _,
    sync::{Cause, decide::Decision, port::SyncStore as _},
    time::Span,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;
use server::worker::RetentionWorker;
use tokio_util::sync::CancellationToken;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, key, people, shop,
    },
    worker::{Worker, decision, end},
};

const DAY: Span = Span::from_hours(24);

/// Whole days of absence until somebody is forgotten, whatever hour they began at.
const LONG: Span = Span::from_hours(24 * (HISTORY_DAYS + 1));

async fn forget(bench: &Bench) -> Report {
    let store = Arc::new(bench.storage.clone());
    let worker = RetentionWorker::new(store, bench.clock.clone(), CancellationToken::new());
    worker.run_once().await.unwrap()
}

fn page(names: &[(&str, &str)]) -> Vec<Identifiers> {
    let email = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let line = |(name, mail): &(&str, &str)| Identifiers {
        cio_id: (*name).to_owned(),
        id: None,
        email: email(mail),
    };
    names.iter().map(line).collect()
}

async fn learn(bench: &Bench, names: &[(&str, &str)]) -> PersonSet {
    let numbers = bench.storage.learn(&page(names), bench.now()).await.unwrap();
    people(numbers)
}

/// A whole reading of an audience.
async fn read(bench: &Bench, audience: &str, names: &[(&str, &str)]) -> PersonSet {
    let members = learn(bench, names).await;
    bench.mirror(audience, &members).await;
    members
}

/// Who is known, by number.
async fn known(bench: &Bench) -> Vec<String> {
    bench.texts("SELECT cio_id FROM person ORDER BY ordinal").await
}

#[rstest]
#[tokio::test]
async fn whoever_stands_nowhere_is_forgotten_after_a_quarter(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mail = "jane@example.com";
    read(&bench, "carts", &[("a", mail), ("b", mail), ("c", "")]).await;
    assert_eq!(forget(&bench).await, Report::default());
    read(&bench, "carts", &[("a", mail)]).await;
    forget(&bench).await;
    // Back within the time: it counts anew from the day on which they leave.
    bench.clock.advance(Span(LONG.0 - DAY.0));
    read(&bench, "carts", &[("a", mail), ("b", mail)]).await;
    forget(&bench).await;
    read(&bench, "carts", &[("a", mail)]).await;
    bench.clock.advance(DAY);
    let report = forget(&bench).await;
    assert_eq!((report.count(Record::Person), report.to_string().as_str()), (1, "1 person"));
    assert_eq!(known(&bench).await, ["a", "b"]);
    bench.clock.advance(Span(LONG.0 - DAY.0));
    assert_eq!(forget(&bench).await, Report::default());
    bench.clock.advance(DAY);
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    assert_eq!(known(&bench).await, ["a"]);
    assert_eq!(bench.storage.identifier_sets().await.unwrap().email, people([0]));
    assert_eq!(bench.texts("SELECT CAST(COUNT(*) AS TEXT) FROM absent_chunk").await, ["0"]);

    // Nothing tells who they were; a number is not given again, and stands for nobody.
    let service = PeopleService::new(Arc::new(bench.storage.clone()));
    let said = service.explain("b").await.unwrap_err().to_string();
    assert!(said.contains("no person by that name") && said.contains("90 days"), "{said}");
    assert!(bench.storage.explain(1).await.is_err());
    assert_eq!(
        read(&bench, "carts", &[("b", mail), ("a", mail), ("d", "")]).await,
        people([0, 3, 4])
    );
    assert_eq!(bench.storage.find(mail, 9).await.unwrap().len(), 2);
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await, Report::default());
}

#[rstest]
#[tokio::test]
async fn whoever_stands_somewhere_stays(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(&SHOP.replace("24h", "9000h"), false).await;
    let all = [
        "member", "there", "ordered", "claimed", "doubt", "withheld", "dead", "settled", "held",
        "gone",
    ];
    learn(&bench, &all.map(|name| (name, ""))).await;
    bench.mirror("viewers", &people([0])).await;
    bench.mirror("buyers", &people([8])).await;
    bench.mirror("buyers", &people([])).await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    carts.bring(&people([1])).await;
    let mut decided = decision(&people([1, 2]));
    decided.withheld.insert(Cause::Holdout, people([5]));
    carts.decide(&decided, &PersonSet::new()).await;
    let mut google = Worker::new(&bench, "viewers-google").await;
    google.order(&people([3])).await;
    google.step(&google.work().await, 0, 4).await;
    let mut buyers = Worker::new(&bench, "buyers-meta").await;
    buyers.bring(&people([4])).await;
    buyers.bring(&people([])).await;
    bench.storage.resync(buyers.mapping.id, None, "ada", bench.now()).await.unwrap();
    let mut viewers = Worker::new(&bench, "viewers-meta").await;
    viewers.order(&people([6, 7])).await;
    let work = viewers.work().await;
    viewers.step(&work, 0, 8).await;
    viewers.refuse(&work, 8, &[6, 7]).await;
    let shop = key("viewers-meta");
    let one = Pick::Reason(Entered, "no 7".to_owned());
    bench.storage.settle(&shop, &one, Verdict::Discard, "ada", bench.now()).await.unwrap();

    forget(&bench).await;
    for _ in 0..2 {
        bench.clock.advance(LONG);
        forget(&bench).await;
    }
    assert_eq!(known(&bench).await, all[..9]);

    // Each of them ends, but for the one who is there and the one who is a member.
    carts.bring(&people([1])).await;
    google.order(&people([])).await;
    google.drain().await;
    buyers.bring(&people([])).await;
    bench.storage.settle(&shop, &Pick::Open, Verdict::Retry, "ada", bench.now()).await.unwrap();
    bench
        .storage
        .settle(&shop, &Pick::Discarded, Verdict::Retry, "ada", bench.now())
        .await
        .unwrap();
    bench.clock.advance(Span::from_hours(9000));
    forget(&bench).await;
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await.count(Record::Person), 7);
    assert_eq!(known(&bench).await, all[..2]);
    assert_eq!(carts.bring(&people([])).await.len(), 1, "whoever is there can leave");
}

#[rstest]
#[tokio::test]
async fn a_reading_under_way_keeps_whoever_it_names(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    read(&bench, "carts", &[("a", ""), ("b", "")]).await;
    read(&bench, "carts", &[]).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    let members = learn(&bench, &[("a", "")]).await;
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    bench.mirror("carts", &members).await;
    forget(&bench).await;
    assert_eq!(known(&bench).await, ["a"]);
    // And so does one that takes a few hours.
    bench.mirror("carts", &people([])).await;
    forget(&bench).await;
    bench.clock.advance(Span(LONG.0 - Span::from_hours(3).0));
    let members = learn(&bench, &[("a", "")]).await;
    bench.clock.advance(Span::from_hours(5));
    assert_eq!(forget(&bench).await, Report::default());
    assert_eq!(members, people([0]));
}

#[rstest]
#[tokio::test]
async fn a_name_goes_where_nobody_bears_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[("a", "a@example.com"), ("b", "b@example.com")]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([0, 1])).await;
    worker.bring(&people([1])).await;
    learn(&bench, &[("a", "new@example.com"), ("b", "")]).await;
    let names = async || bench.texts("SELECT email FROM named_as").await;
    assert_eq!(names().await.len(), 2, "whoever may be there");
    assert_eq!(forget(&bench).await.to_string(), "1 former name");
    assert_eq!(names().await, ["b@example.com"]);
    assert_eq!(worker.bring(&people([0, 1])).await, [(Entered, 3, people([0]))]);
}

#[rstest]
#[tokio::test]
async fn nobody_is_told_again_who_was_forgotten(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[("a", ""), ("b", "")]).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([0, 1])).await;
    worker.bring(&people([1])).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    assert_eq!(forget(&bench).await.count(Record::Person), 1);
    // The parts that brought 0 in and out aren't folded yet.
    assert_eq!(bench.storage.resync(worker.mapping.id, None, "ada", bench.now()).await.unwrap(), 1);
    assert_eq!(worker.bring(&people([1])).await, [(Entered, 3, people([1]))]);
}

#[rstest]
#[tokio::test]
async fn many_are_forgotten_in_slices(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let names: Vec<String> = (0..1_300).map(|number| format!("cio-{number}")).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    learn(&bench, &names).await;
    // The numbers in between belong to nobody.
    bench.execute("UPDATE counter SET value = 65540 WHERE name = 'ordinal'").await;
    learn(&bench, &[("far", "")]).await;
    forget(&bench).await;
    bench.clock.advance(LONG);
    let lease = bench.storage.acquire("retention", bench.now()).await.unwrap().unwrap();
    let (now, by) = (bench.now(), Record::Person.ended_by(bench.now()));
    let slice = bench.storage.forget(&lease, Record::Person, by, 34, now).await;
    assert_eq!(slice.unwrap(), 34);
    bench.storage.release(&lease).await.unwrap();
    let late = bench.storage.look(&lease, 0, now).await;
    assert!(matches!(late, Err(Error::Fenced)), "{late:?}");
    assert_eq!(forget(&bench).await.count(Record::Person), 65_541 - 34);
    assert_eq!(known(&bench).await, [""; 0]);
}

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
        for (_, held) in storage.suppressed(self.bench.now()).await.unwrap() {
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
                let view = self.bench.storage.explain(number).await.unwrap();
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
