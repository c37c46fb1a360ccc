//! What is counted equals what was done, at every level, whatever the clock does.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    contract::Violation,
    delivery::{
        Transition,
        port::{Advance, LeaseStore as _, Next},
    },
    monitoring::{
        Deed, Level, Only,
        count::What,
        latency::bucket,
        port::MonitoringStore as _,
        report::{is_leaving, sums},
        window::{Range, Window},
    },
    people::{PersonSet, chunks, chunks::CHUNK},
    retention::{Record, RetentionStore as _},
    suppression::listing::NameKind,
    sync::RunState,
    time::{Instant, Span},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;

use super::{
    events::{event, keep},
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        people, shop,
    },
    worker::{Worker, doubt, end},
};

const NAMES: [&str; 3] = ["Order Completed", "Product Viewed", "checkout \"complete\""];

#[derive(Clone, Debug)]
enum Step {
    /// A run wants these people.
    Order(u8),
    /// Claims so many people, or answers for those who are claimed; one of them may be refused.
    Deliver { most: usize, refuse: bool },
    /// Events come in together: which name, whether as agreed, which number, how long ago it was.
    Events(Vec<(usize, bool, u8, i64)>),
    /// So many seconds pass. A clock that is set goes back.
    Clock(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let events =
        prop::collection::vec((0..3_usize, any::<bool>(), 0..40_u8, 0..9_000_000_i64), 0..6);
    prop_oneof![
        2 => any::<u8>().prop_map(Step::Order),
        6 => (1..5_usize, any::<bool>()).prop_map(|(most, refuse)| Step::Deliver { most, refuse }),
        2 => events.prop_map(Step::Events),
        2 => prop_oneof![0..90_i64, -200_000..400_000_i64].prop_map(Step::Clock),
    ]
}

/// Moment, what, bucket, how many.
type Line = (Instant, What, u16, u64);

/// What was done, written down beside storage.
struct Play<'a> {
    worker: Worker<'a>,
    is_caused: bool,
    lines: Vec<Line>,
    events: Vec<(Instant, String, bool)>,
    numbers: BTreeSet<String>,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) {
        match step {
            Step::Order(bits) => {
                let target: PersonSet =
                    (0..8_u32).filter(|n| bits & (1 << n) != 0).map(|n| CHUNK - 4 + n).collect();
                self.worker.order(&target).await;
                if self.is_caused {
                    let causes = "UPDATE part SET caused_at = decided_at - 5000000
                        WHERE transition = 'exited'";
                    self.worker.bench.execute(causes).await;
                }
            }
            Step::Deliver { most, refuse } => self.deliver(*most, *refuse).await,
            Step::Events(events) => self.keep(events).await,
            Step::Clock(seconds) => {
                let bench = self.worker.bench;
                self.worker.release().await;
                bench.clock.advance(Span::from_seconds(*seconds));
                let name = self.worker.lease.name.clone();
                self.worker.lease =
                    bench.storage.acquire(&name, bench.now()).await.unwrap().unwrap();
            }
        }
    }

    async fn deliver(&mut self, most: usize, refuse: bool) {
        let Next::Work(work) = self.worker.next().await else { return };
        if work.claimed == work.acknowledged {
            let open = chunks::between(&work.people, work.claimed, CHUNK);
            let range: PersonSet = open.iter().take(most).collect();
            self.worker.step(&work, work.acknowledged, end(&range)).await;
            return;
        }
        let told = doubt(&work);
        let dead: PersonSet = told.iter().take(usize::from(refuse)).collect();
        let reasons = dead.iter().map(|person| (person, "no".to_owned())).collect();
        let (acknowledged, claimed) = (work.claimed, work.claimed);
        let step = Advance { acknowledged, claimed, dead: reasons, ..Advance::default() };
        self.worker.try_step(&work, &step).await.unwrap();
        let (now, taken) = (self.worker.bench.now(), told.len() - dead.len());
        let took = now.since(work.decided_at);
        let (answered, refused) = match work.transition {
            Transition::Entered => (What::Entered, What::EntryRefused),
            Transition::Exited => (What::Exited, What::ExitRefused),
        };
        self.lines.push((now, answered, bucket(took), taken));
        self.lines.push((now, refused, 0, dead.len()));
        if self.is_caused && work.transition == Transition::Exited {
            let since_event = Span(took.0 + 5_000_000);
            self.lines.push((now, What::Left, bucket(since_event), taken));
        }
    }

    async fn keep(&mut self, events: &[(usize, bool, u8, i64)]) {
        let bench = self.worker.bench;
        let mut kept = Vec::new();
        for (name, is_agreed, number, ago) in events {
            let number = format!("{}-{number}", self.worker.mapping.spec.key);
            let at = bench.now().minus(Span::from_seconds(*ago));
            let mut one = event(&number, NAMES[*name], (NameKind::CioId, "cio-1"), at);
            if !is_agreed {
                one.violation = Some(Violation {
                    path: "total".to_owned(),
                    expected: "a number".to_owned(),
                    found: "a text".to_owned(),
                });
            }
            kept.push(one);
            // One that is told again counts once.
            if self.numbers.insert(number) {
                self.events.push((bench.now(), NAMES[*name].to_owned(), *is_agreed));
            }
        }
        keep(bench, &kept).await;
    }

    async fn agree(&self) {
        let bench = self.worker.bench;
        let mut expected = BTreeMap::new();
        for level in Level::ALL {
            for (at, what, bucket, count) in self.lines.iter().filter(|line| line.3 > 0) {
                let of = (level.as_str(), level.begins(*at).0, what.as_str(), *bucket);
                *expected.entry(of).or_insert(0) += count;
            }
        }
        let expected: BTreeSet<String> = expected
            .into_iter()
            .map(|((level, at, what, bucket), count)| {
                format!("{level} {at} {what} {bucket} {count}")
            })
            .collect();
        let id = self.worker.mapping.id.0;
        let stored: Vec<String> = rollups(bench, id).await;
        assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), expected);

        // The ledger's own sums.
        let row = |what: &[What]| -> u64 {
            self.lines.iter().filter(|line| what.contains(&line.1)).map(|line| line.3).sum()
        };
        let runs = run_sums(bench, id).await;
        let answered = row(&[What::Entered, What::Exited]);
        assert_eq!(runs, (answered, row(&[What::EntryRefused, What::ExitRefused])));
    }

    async fn events_agree(&self, before: &BTreeMap<String, i64>) {
        let mut expected = before.clone();
        for level in Level::ALL {
            for (at, name, is_agreed) in &self.events {
                let verdict = if *is_agreed { "passed" } else { "quarantined" };
                let of = format!("{} {} {name} {verdict}", level.as_str(), level.begins(*at).0);
                *expected.entry(of).or_insert(0) += 1;
            }
        }
        assert_eq!(event_rollups(self.worker.bench).await, expected);
    }
}

async fn rollups(bench: &Bench, mapping: uuid::Uuid) -> Vec<String> {
    let lines = "SELECT level || ' ' || at || ' ' || what || ' ' || bucket || ' ' || count
        FROM mapping_rollup WHERE mapping_id = $1";
    match bench.storage.database() {
        server::storage::Database::Sqlite { readers, .. } => {
            sqlx::query_scalar(lines).bind(mapping).fetch_all(readers).await
        }
        server::storage::Database::Postgres(pool) => {
            sqlx::query_scalar(lines).bind(mapping).fetch_all(pool).await
        }
    }
    .unwrap()
}

/// Delivered and dead, of all runs of a mapping.
async fn run_sums(bench: &Bench, mapping: uuid::Uuid) -> (u64, u64) {
    let sums = "SELECT CAST(SUM(delivered) AS BIGINT), CAST(SUM(dead) AS BIGINT) FROM run
        WHERE mapping_id = $1";
    let (delivered, dead): (i64, i64) = match bench.storage.database() {
        server::storage::Database::Sqlite { readers, .. } => {
            sqlx::query_as(sums).bind(mapping).fetch_one(readers).await
        }
        server::storage::Database::Postgres(pool) => {
            sqlx::query_as(sums).bind(mapping).fetch_one(pool).await
        }
    }
    .unwrap();
    (delivered.unsigned_abs(), dead.unsigned_abs())
}

async fn event_rollups(bench: &Bench) -> BTreeMap<String, i64> {
    let lines = "SELECT level || ' ' || at || ' ' || name || ' ' || verdict || '|' || count
        FROM event_rollup";
    let read = |line: String| {
        let (of, count) = line.rsplit_once('|').unwrap();
        (of.to_owned(), count.parse().unwrap())
    };
    bench.texts(lines).await.into_iter().map(read).collect()
}

/// A mapping of its own for each case.
async fn play(bench: &Bench, case: u32, steps: &[Step], is_caused: bool) {
    let file = format!(
        "[[destination]]\nkey = \"d\"\nprofile = \"plain\"\nintegration = \"D\"
        [[audience]]\nkey = \"a{case}\"\nsegment = 1
        [[mapping]]\nkey = \"m{case}\"\naudience = \"a{case}\"\ndestination = \"d\"\nuse_case = \"retarget\""
    );
    bench.apply(&file, true).await;
    let worker = Worker::new(bench, &format!("m{case}")).await;
    let before = event_rollups(bench).await;
    let (lines, events, numbers) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut play = Play { worker, is_caused, lines, events, numbers };
    for step in steps {
        play.step(step).await;
    }
    play.agree().await;
    play.events_agree(&before).await;
}

#[rstest]
fn figures_equal_the_ledger_at_every_level(#[values(Sqlite, Postgres)] engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(bench) = runtime.block_on(Bench::open(engine)) else { return };
    let cases = if engine == Sqlite { 48 } else { 16 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let number = std::sync::atomic::AtomicU32::new(0);
    let strategy = (prop::collection::vec(step(), 1..40), any::<bool>());
    TestRunner::new(config)
        .run(&strategy, |(steps, is_caused)| {
            let case = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                runtime.block_on(play(&bench, case, &steps, is_caused));
            }));
            played.map_err(|why| {
                let text = why.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "it panicked".to_owned()))
            })
        })
        .unwrap();
}

fn only(mapping: &str, destination: &str) -> Only {
    Only { mapping: mapping.to_owned(), destination: destination.to_owned() }
}

/// Brings 1 and 2 to Meta and, an hour later, 1 out of it and 3 to Google.
async fn moves(bench: &Bench) {
    let mut meta = Worker::new(bench, "carts-meta").await;
    let mut google = Worker::new(bench, "viewers-google").await;
    meta.bring(&people([1, 2])).await;
    meta.finish(RunState::Done, None).await;
    meta.release().await;
    google.release().await;
    bench.clock.advance(Span::from_hours(1));
    let lease = meta.lease.name.clone();
    meta.lease = bench.storage.acquire(&lease, bench.now()).await.unwrap().unwrap();
    let lease = google.lease.name.clone();
    google.lease = bench.storage.acquire(&lease, bench.now()).await.unwrap().unwrap();
    meta.bring(&people([2])).await;
    google.order(&people([3, 4])).await;
    bench.clock.advance(Span::from_seconds(3));
    let work = google.work().await;
    google.step(&work, 0, 5).await;
    google.refuse(&work, 5, &[4]).await;
}

#[rstest]
#[tokio::test]
async fn a_window_tells_what_moved_by_step_and_mapping(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    assert_eq!(bench.storage.counted_since().await.unwrap(), None);
    moves(&bench).await;
    let window = Window::of(Span::from_hours(7 * 24), bench.now());
    assert_eq!((window.level, window.steps), (Level::Hour, 168));
    let told = async |asked: &Only| {
        let rows = bench.storage.moved(&window, asked).await.unwrap();
        let mut told: Vec<_> = rows
            .into_iter()
            .map(|row| format!("{} {} {} {}", row.step, row.mapping, row.what.as_str(), row.count))
            .collect();
        told.sort();
        told
    };
    let meta = ["166 carts-meta entered 2", "167 carts-meta exited 1"];
    let google = ["167 viewers-google entered 1", "167 viewers-google entry_refused 1"];
    assert_eq!(told(&only("", "")).await, [meta, google].concat());
    assert_eq!(told(&only("carts-meta", "")).await, meta);
    assert_eq!(told(&only("", "google")).await, google);
    assert!(told(&only("carts-meta", "google")).await.is_empty());
    // What is older or newer is outside.
    assert!(bench.storage.moved(&window.before(), &only("", "")).await.unwrap().is_empty());

    let totals = bench.storage.totals(&window, &only("", "google")).await.unwrap();
    let sums = sums(&totals);
    assert_eq!((sums.entered, sums.exited, sums.refused), (1, 0, 1));
    let within = sums.sending.unwrap();
    assert!((within.half.millis() - 3_000).abs() <= 3_000 / 32, "{within:?}");
    let timed = bench.storage.timed(&window, &only("", "")).await.unwrap();
    assert_eq!(timed.iter().map(|row| row.count).sum::<u64>(), 4);
    assert!(timed.iter().all(|row| !is_leaving(row.what)));
    let today = Level::Day.begins(bench.now());
    assert!(bench.storage.counted_since().await.unwrap().is_some_and(|since| since <= today));
}

#[rstest]
#[tokio::test]
async fn events_are_told_by_step_and_name(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let one = event("1", NAMES[2], (NameKind::CioId, "nobody"), Instant(0));
    let two = event("2", NAMES[2], (NameKind::CioId, "nobody"), bench.now());
    keep(&bench, &[one.clone(), two, one]).await;
    let window = Range::Hour.window(bench.now());
    let rows = bench.storage.came_in(&window).await.unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.step, row.name.as_str(), row.count), (59, NAMES[2], 2));
    let events = async |window: Window| {
        let rows = bench.storage.came_in(&window).await.unwrap();
        rows.iter().map(|row| row.count).sum::<u64>()
    };
    assert_eq!(events(window).await, 2);
    assert_eq!(events(window.before()).await, 0);
}

#[rstest]
#[tokio::test]
async fn marks_tell_what_was_changed_meanwhile(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let from = bench.now();
    bench.execute(
        "INSERT INTO audit (id, at, actor, action, subject, detail)
        SELECT m.id, 1795464000000000 + 5, 'ada@example.com', 'update', 'mapping ' || m.key, '[]'
        FROM mapping m WHERE m.key = 'carts-meta'
        UNION ALL SELECT d.id, 1795464000000000 + 3, 'segue', 'hold calls', 'connection twilio', '{}'
        FROM destination d WHERE d.key = 'meta'
        UNION ALL SELECT d.id, 1795464000000000 + 4, 'bo', 'approve', 'change 7', '{\"title\":\"Margin\"}'
        FROM destination d WHERE d.key = 'google'
        UNION ALL SELECT a.id, 1795464000000000 + 4, 'bo', 'update', 'audience carts', '[]'
        FROM audience a WHERE a.key = 'carts'",
    )
    .await;
    let worker = Worker::new(&bench, "viewers-google").await;
    bench.execute("UPDATE run SET held_exited = 7").await;
    let told = async |asked: &Only, from, at_most| {
        let until = bench.now().plus(Span(9));
        let marks = bench.storage.marks(from, until, asked, at_most).await.unwrap();
        marks.into_iter().map(|mark| (mark.deed, mark.subject, mark.id)).collect::<Vec<_>>()
    };
    let later = Instant(from.0 + 1);
    let mark = |deed, subject: &str, id: &str| (deed, subject.to_owned(), id.to_owned());
    let all = [
        mark(Deed::Outage, "twilio", ""),
        mark(Deed::Contract, "Margin", "7"),
        mark(Deed::Mapping, "carts-meta", "carts-meta"),
    ];
    assert_eq!(told(&only("", ""), later, 9).await, all);
    assert_eq!(told(&only("", ""), later, 1).await, all[2..], "the newest stay");
    assert_eq!(told(&only("", "google"), later, 9).await, all[..2]);
    // A run that waited is told by its beginning, with the mapping's making.
    let run = worker.run.to_string();
    let made = mark(Deed::Mapping, "viewers-google", "viewers-google");
    let google = told(&only("viewers-google", ""), from, 9).await;
    assert!(google.contains(&mark(Deed::Waiting, "viewers-google", &run)), "{google:?}");
    assert!(google.contains(&made), "{google:?}");
}

#[rstest]
#[tokio::test]
async fn minutes_go_before_hours_and_hours_before_days(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    moves(&bench).await;
    keep(&bench, &[event("1", NAMES[0], (NameKind::CioId, "nobody"), bench.now())]).await;
    let left = async || {
        let mut levels = bench.texts("SELECT DISTINCT level FROM mapping_rollup").await;
        let events = bench.texts("SELECT DISTINCT level FROM event_rollup").await;
        levels.sort();
        assert_eq!(levels.len(), events.len());
        levels
    };
    assert_eq!(left().await, ["day", "hour", "minute"]);
    let mut levels = vec!["day", "hour", "minute"];
    for level in Level::ALL {
        // What is as old as that, and not what is younger.
        for (more, is_gone) in [(Span(-level.span().0), false), (Span::from_hours(48), true)] {
            let now = bench.now().plus(level.kept_for()).plus(more);
            let lease = bench.storage.acquire("retention", now).await.unwrap().unwrap();
            for record in [Record::Moved(level), Record::CameIn(level)] {
                let by = record.ended_by(now);
                // In slices of one row each.
                while bench.storage.forget(&lease, record, by, 1, now).await.unwrap() > 0 {}
            }
            bench.storage.release(&lease).await.unwrap();
            if is_gone {
                levels.pop();
            }
            assert_eq!(left().await, levels, "{level:?}");
        }
    }
}
