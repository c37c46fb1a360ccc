//! The wall clock is set, between runs and inside of one: nothing is lost, nobody is told of
//! under two ids, and nothing waits for a moment that is over.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use domain::{
    delivery::retry::Patience,
    sync::{RunRow, RunState, service::Outcome},
    time::Span,
};
use rstest::rstest;
use server::{
    compose::{Purpose, Segue},
    sandbox::fault::{Fault, FaultKind, Vendor},
};

use super::{
    kill::{META, Truth, assert_turns, file, world},
    *,
};

/// The machine's clock, set by hand.
#[derive(Default)]
struct SetClock(AtomicI64);

impl SetClock {
    fn set(&self, by: Span) {
        self.0.fetch_add(by.0, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        SystemClock.now().plus(Span(self.0.load(Ordering::SeqCst)))
    }
}

/// A process that goes by that clock.
struct Process {
    sync: domain::sync::service::SyncService,
    clock: Arc<SetClock>,
    /// Its right to work goes with it.
    _storage: server::storage::Storage,
}

impl Process {
    async fn start(bench: &Bench, clock: &Arc<SetClock>) -> Self {
        let tries_for = Span::from_minutes(2);
        let segue = Segue::open(&bench.config(), Purpose::Work { tries_for }).await.unwrap();
        assert!(segue.works);
        let Segue { sync, storage, watch, .. } = segue;
        drop(watch);
        let mut sync = Arc::into_inner(sync).expect("nobody else runs passes");
        for place in [
            &mut sync.clock,
            &mut sync.mirrorer.clock,
            &mut sync.attributes.clock,
            &mut sync.drain.clock,
        ] {
            *place = clock.clone();
        }
        Self { sync, clock: clock.clone(), _storage: storage }
    }

    /// One pass over everything, from the membership as it is now.
    async fn run(&self, patience: Span) -> Vec<RunRow> {
        loop {
            let now = self.clock.now();
            let outcomes = self.sync.sync(&[], now, Patience::until(now.plus(patience))).await;
            let runs: Vec<Option<RunRow>> = outcomes.unwrap().into_iter().map(ran).collect();
            // Who was killed is known to be dead as soon as the server has seen it.
            if let Some(runs) = runs.into_iter().collect() {
                return runs;
            }
        }
    }

    async fn run_well(&self) {
        for run in self.run(Span::from_minutes(1)).await {
            assert_eq!((run.state, run.error), (RunState::Done, None), "{}", run.mapping);
        }
    }
}

fn ran(outcome: Outcome) -> Option<RunRow> {
    match outcome {
        Outcome::Ran(run) => Some(run),
        Outcome::Busy(_) => None,
        other => panic!("{other:?}"),
    }
}

struct Scene {
    bench: Bench,
    random: StdRng,
    truth: Truth,
    clock: Arc<SetClock>,
}

impl Scene {
    async fn new(engine: Engine, seed: u64) -> Self {
        let bench = Bench::new(engine).await;
        let mut random = seeded(seed);
        let truth = world(&bench, &mut random).await;
        bench.apply(&file()).await;
        Self { bench, random, truth, clock: Arc::default() }
    }

    fn change(&mut self) {
        self.truth.change(&mut self.random, 0.01);
        self.truth.write(&self.bench);
    }

    fn assert_truth(&self) {
        let told = |key| self.bench.platform(META, key);
        assert_eq!(told("cart_abandoners"), platform_names(&self.truth.cart()));
        assert_eq!(told("browsed"), platform_names(&self.truth.browsed()));
        assert_eq!(self.bench.sandbox.platform.counts().differing, 0);
    }

    /// Every batch from now on is taken, and its answer is lost.
    fn lose_answers(&self) {
        let lost = Fault::new(Vendor::Tracking, FaultKind::Reset).after();
        self.bench.sandbox.faults.inject(lost, now());
    }
}

const JUMPS: [i64; 5] = [-1, 1, 30, -30, 24];

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn between_runs_a_jump_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut scene = Scene::new(engine, 51).await;
    let process = Process::start(&scene.bench, &scene.clock).await;
    process.run_well().await;
    for hours in JUMPS {
        scene.clock.set(Span::from_hours(hours));
        scene.change();
        process.run_well().await;
        scene.assert_truth();
    }
    assert_turns(&scene.bench);
    assert_eq!(scene.bench.sandbox.platform.counts().duplicate, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn inside_a_run_a_jump_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut scene = Scene::new(engine, 52).await;
    let process = Arc::new(Process::start(&scene.bench, &scene.clock).await);
    for hours in JUMPS {
        scene.change();
        let faults = &scene.bench.sandbox.faults;
        // While one request of each vendor is on its way.
        for vendor in [Vendor::Customerio, Vendor::Tracking] {
            let hits = faults.hits();
            faults.inject(Fault::new(vendor, FaultKind::Hold).times(1), now());
            let running = process.clone();
            let running = tokio::spawn(async move { running.run(Span::from_minutes(1)).await });
            while faults.hits() == hits {
                assert!(!running.is_finished(), "nothing was sent");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            scene.clock.set(Span::from_hours(hours));
            faults.clear();
            // It may give up, because its time seems to be over.
            running.await.unwrap();
            scene.truth.change(&mut scene.random, 0.01);
            scene.truth.write(&scene.bench);
        }
        process.run_well().await;
        scene.assert_truth();
    }
    assert_turns(&scene.bench);
    assert_eq!(scene.bench.sandbox.platform.counts().duplicate, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_goes_under_its_id_an_hour_off_and_another_process_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut scene = Scene::new(engine, 53).await;
    let mut duplicates = 0;
    for hours in [-1, 1] {
        let process = Process::start(&scene.bench, &scene.clock).await;
        scene.change();
        scene.lose_answers();
        for run in process.run(Span(0)).await {
            assert_eq!(run.state, RunState::Failed, "{run:?}");
        }
        drop(process);
        scene.clock.set(Span::from_hours(hours));
        scene.bench.sandbox.faults.clear();
        scene.change();
        let heir = Process::start(&scene.bench, &scene.clock).await;
        heir.run_well().await;
        scene.assert_truth();
        let counts = scene.bench.sandbox.platform.counts();
        assert!(counts.duplicate > duplicates, "nothing was in doubt");
        duplicates = counts.duplicate;
    }
    assert_turns(&scene.bench);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_for_30_hours_by_the_clock_is_told_anew_and_nobody_else_is(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::new(engine, 54).await;
    let process = Process::start(&scene.bench, &scene.clock).await;
    scene.lose_answers();
    process.run(Span(0)).await;
    scene.bench.sandbox.faults.clear();
    let before = scene.bench.sandbox.platform.messages(0, usize::MAX);
    assert!(!before.is_empty());
    scene.clock.set(Span::from_hours(30));
    process.run_well().await;
    scene.assert_truth();
    // Whoever was in doubt is told once more, under another id; nobody can know better.
    let after = scene.bench.sandbox.platform.messages(0, usize::MAX);
    let doubtful = before.len();
    let told: BTreeSet<(&Option<String>, &str)> =
        after.iter().map(|one| (&one.key, one.person.as_str())).collect();
    assert_eq!(after.len() - told.len(), doubtful);
    assert_eq!(scene.bench.sandbox.platform.counts().duplicate, 0);
    // The clock is put right: nothing is told again.
    scene.clock.set(Span::from_hours(-30));
    process.run_well().await;
    assert_eq!(scene.bench.sandbox.platform.messages(0, usize::MAX).len(), after.len());
}
