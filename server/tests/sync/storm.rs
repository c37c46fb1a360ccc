//! Everything that can go wrong, in an order that a seed draws: each fault of both vendors,
//! before and after the request is carried out, kills and operators' acts in between, while
//! the membership changes. The end is the truth, and no vendor was asked more than it allows.
//!
//! `SEGUE_TEST_STORM_SEED` replays a seed that a failure has printed.

use std::{collections::VecDeque, time::Duration};

use domain::delivery::{
    letters::{Pick, Verdict},
    stop::Scope,
};
use rand::seq::SliceRandom as _;
use server::{
    compose::Segue,
    sandbox::fault::{Fault, FaultKind, Vendor},
};

use super::{
    kill::{PEOPLE, Truth, assert_truth, file, world},
    trust::{console, operator},
    *,
};

/// How many runs there are, and more until each fault has hit.
const RUNS: u32 = 20;
const MOST_RUNS: u32 = 80;

/// Faults in force together.
const SIDE_BY_SIDE: usize = 4;

/// What Customer.io takes in any one second, as it really does.
const REQUESTS_PER_SECOND: u32 = 10;

const EVENTS_PER_SECOND: usize = 5_000;

/// Whole batches go at once: one for each share of the budget.
const MOST_EVENTS: usize = EVENTS_PER_SECOND + 2 * domain::delivery::batch::MOST_EVENTS;

/// Every fault that there is, once. A request that isn't carried out and an answer that is
/// spoiled afterwards are two faults.
fn every_fault(random: &mut StdRng) -> Vec<Fault> {
    let mut faults = Vec::new();
    for vendor in [Vendor::Customerio, Vendor::Tracking] {
        let new = |kind| Fault::new(vendor, kind).times(1);
        let status = |status| new(FaultKind::Status).status(status);
        for kind in [
            FaultKind::Html,
            FaultKind::Reset,
            FaultKind::HalfClosed,
            FaultKind::CutHead,
            FaultKind::CutBody,
            FaultKind::Hang,
            FaultKind::Hold,
        ] {
            faults.extend([new(kind), new(kind).after()]);
        }
        for after in [false, true] {
            let millis = Some(random.random_range(30..150));
            faults.push(Fault { millis, after, ..new(FaultKind::Delay) });
            let asks = Some("1".to_owned());
            faults.push(Fault { retry_after: asks, after, ..status(429) });
            for number in [429, 500, 502, 503] {
                let times = Some(random.random_range(1..3));
                faults.push(Fault { times, after, ..status(number) });
            }
        }
        faults.push(new(FaultKind::ClosedBetween));
        faults.extend([status(401), status(403)]);
        match vendor {
            Vendor::Customerio => faults.push(status(404)),
            Vendor::Tracking => faults.extend([status(400), status(413), poison(random)]),
            // Nothing that is sent asks it.
            Vendor::Public => {}
        }
    }
    faults.shuffle(random);
    faults
}

/// Somebody whose event Segment never takes.
fn poison(random: &mut StdRng) -> Fault {
    let number = random.random_range(0..PEOPLE);
    let containing = Some(format!("person{number}@example.com"));
    Fault { containing, ..Fault::new(Vendor::Tracking, FaultKind::Status).status(400) }
}

/// What an operator does, and takes back later.
#[derive(Clone, Copy, Debug)]
enum Act {
    Pause(&'static str),
    StopEverything,
    StopDestination,
    Cancel,
}

const ACTS: [Act; 5] = [
    Act::Pause("cart"),
    Act::Pause("browsed"),
    Act::StopEverything,
    Act::StopDestination,
    Act::Cancel,
];

/// One run: what goes wrong in it, and after how many answers somebody acts or kills it.
#[derive(Debug)]
struct Plan {
    faults: Vec<Fault>,
    act: Option<(Act, u64)>,
    kill: Option<u64>,
    timeout: &'static str,
}

impl Plan {
    fn draw(random: &mut StdRng, left: &mut VecDeque<Fault>) -> Self {
        let dies = random.random_bool(0.25);
        let mut faults: Vec<Fault> = Vec::new();
        for _ in 0..left.len() {
            let Some(fault) = left.pop_front().filter(|_| faults.len() < SIDE_BY_SIDE) else {
                break;
            };
            // Whoever is killed has no chance to tell its heir what it was asked for.
            let asks = |fault: &Fault| fault.retry_after.is_some();
            let kills = |fault: &Fault| fault.kind == FaultKind::Hang;
            let clash = asks(&fault) && (dies || faults.iter().any(kills))
                || kills(&fault) && faults.iter().any(asks);
            if clash {
                left.push_back(fault);
            } else {
                faults.push(fault);
            }
        }
        let act = random.random_bool(0.4).then(|| ACTS[random.random_range(0..ACTS.len())]);
        Self {
            faults,
            act: act.map(|act| (act, random.random_range(0..9))),
            kill: dies.then(|| random.random_range(0..12)),
            // Some give up in the middle, inside a wait too.
            timeout: if random.random_bool(0.25) { "1" } else { "20" },
        }
    }
}

struct Storm {
    bench: Bench,
    console: Segue,
    random: StdRng,
    truth: Truth,
    /// What hasn't hit yet.
    left: VecDeque<Fault>,
}

impl Storm {
    async fn new(engine: Engine, seed: u64) -> Self {
        let bench = Bench::with_budget(engine, REQUESTS_PER_SECOND).await;
        let mut random = seeded(seed);
        let truth = world(&bench, &mut random).await;
        let real = file()
            .replace("= 500\n", &format!("= {REQUESTS_PER_SECOND}\n"))
            .replace("= 100000\n", &format!("= {EVENTS_PER_SECOND}\n"));
        bench.apply(&real).await;
        let console = console(&bench).await;
        let left = every_fault(&mut random).into();
        Self { bench, console, random, truth, left }
    }

    /// Requests that have an answer, whatever it was.
    fn answered(&self) -> u64 {
        self.bench.sandbox.counters.requests().iter().map(|row| row.count).sum()
    }

    /// Those of these faults that have hit nobody, or not as often as they should.
    fn unspent(&self, faults: &[Fault]) -> Vec<Fault> {
        let listed = self.bench.sandbox.faults.list();
        let is_left = |fault: &&Fault| {
            listed.iter().any(|one| {
                one.times.is_some_and(|times| times > 0)
                    && Fault { times: fault.times, ..one.clone() } == **fault
            })
        };
        faults.iter().filter(is_left).cloned().collect()
    }

    async fn act(&self, act: Act) {
        let (services, actor) = (&self.console.services, operator());
        match act {
            Act::Pause(key) => services.mappings.pause(&key.parse().unwrap(), &actor).await,
            Act::StopEverything => services.delivery.stop(&Scope::Everything, &actor).await,
            Act::StopDestination => services.delivery.stop(&destination(), &actor).await,
            Act::Cancel => {
                let runs = services.runs.recent(None, None).await.unwrap();
                for run in runs.iter().filter(|run| run.finished_at.is_none()) {
                    // It may end at the same moment.
                    let _ = services.runs.cancel(run.id, &actor).await;
                }
                Ok(())
            }
        }
        .unwrap();
    }

    /// Everything that somebody has stopped goes on.
    async fn resume(&self) {
        let (services, actor) = (&self.console.services, operator());
        for scope in [Scope::Everything, destination()] {
            services.delivery.resume(&scope, &actor).await.unwrap();
        }
        for key in ["cart", "browsed"] {
            services.mappings.resume(&key.parse().unwrap(), &actor).await.unwrap();
        }
    }

    async fn run(&mut self) {
        let plan = Plan::draw(&mut self.random, &mut self.left);
        eprintln!("{plan:?}");
        let sandbox = &self.bench.sandbox;
        for fault in &plan.faults {
            sandbox.faults.inject(fault.clone(), now());
        }
        let before = self.answered();
        let arguments = ["sync", "--once", "--json", "--timeout", plan.timeout];
        let mut child = self.bench.start(&arguments);
        let mut act = plan.act;
        let mut released = Vec::new();
        while child.try_wait().unwrap().is_none() {
            let answered = self.answered() - before;
            if let Some((what, _)) = act.take_if(|(_, after)| answered >= *after) {
                self.act(what).await;
            }
            let unspent = self.unspent(&plan.faults);
            let has_hit =
                |kind| plan.faults.iter().any(|one| one.kind == kind && !unspent.contains(one));
            if plan.kill.is_some_and(|after| answered >= after) || has_hit(FaultKind::Hang) {
                child.kill().unwrap();
                break;
            }
            if released.is_empty() && has_hit(FaultKind::Hold) {
                // Ends the others too: those come again.
                released = unspent;
                sandbox.faults.clear();
                continue;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let said = told(&output.await.unwrap());
        assert!(!said.contains("panicked") && !said.contains(WRITE_KEY), "{said}");
        self.left.extend(released);
        self.left.extend(self.unspent(&plan.faults));
        sandbox.faults.clear();
        if self.random.random_bool(0.6) {
            self.resume().await;
        }
    }

    /// Faults end, operators take back what they did, and whom Segment refused goes again.
    async fn calm(&self) {
        self.bench.sandbox.faults.clear();
        self.resume().await;
        let delivery = &self.console.services.delivery;
        for group in delivery.letters().await.unwrap().open {
            // The first group of a mapping takes the others along.
            let _ = delivery.settle(&group.mapping, &Pick::Open, Verdict::Retry, &operator()).await;
        }
    }
}

fn destination() -> Scope {
    Scope::Destination("meta".parse().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn seed(usual: u64) -> u64 {
    let given = std::env::var("SEGUE_TEST_STORM_SEED").ok();
    given.map_or(usual, |text| text.parse().expect("SEGUE_TEST_STORM_SEED is a number"))
}

async fn weathers(engine: Engine, seed: u64) {
    eprintln!("SEGUE_TEST_STORM_SEED={seed}");
    let mut storm = Storm::new(engine, seed).await;
    for number in 0..MOST_RUNS {
        if number >= RUNS && storm.left.is_empty() {
            break;
        }
        storm.truth.change(&mut storm.random, 0.01);
        storm.truth.write(&storm.bench);
        storm.run().await;
    }
    assert!(storm.left.is_empty(), "never hit: {:?}", storm.left);
    storm.calm().await;
    assert_truth(&storm.bench, &storm.truth).await;

    let sandbox = &storm.bench.sandbox;
    for vendor in [Vendor::Customerio, Vendor::Tracking] {
        assert_eq!(sandbox.unheeded_waits(vendor), 0, "{vendor:?} had asked for a wait");
    }
    let most = sandbox.most_requests_in_a_second(Vendor::Customerio);
    assert!(most <= REQUESTS_PER_SECOND as usize, "{most} requests in a second");
    let most = sandbox.most_events_in_a_second();
    assert!(most <= MOST_EVENTS, "{most} events in a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn weathers_everything_on_sqlite() {
    weathers(Engine::Sqlite, seed(41)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn weathers_everything_on_postgres() {
    weathers(Engine::Postgres, seed(42)).await;
}
