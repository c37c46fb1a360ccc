//! What is measured, and how its figures come out of the samples.
#![expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]

use std::time::Instant;

use domain::{
    mappings::UseCase,
    people::{PersonSet, chunks},
    sync::diff::{Standing, diff},
};

use crate::{
    Failure, console,
    contender::{Contender, Ring, Sample, say},
    events,
    people::Segment,
    replay,
    stand_in::Door,
    table::{Figure, Table, number},
};

/// One group of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Measure {
    /// A whole audience for the first time.
    Delivery,
    /// The next sync, after one per cent has changed.
    Resync,
    /// From pages to durable parts.
    Intake,
    /// The same, once, for ten times as many people.
    Large,
    /// The diff alone, in memory.
    Diff,
    /// Segment answers 503 for a while.
    Outage,
    /// The console's widest questions.
    Console,
    /// What a change of the contract does to a week's events.
    Replay,
    /// Events from outside, and who leaves for them. It moves this process to the second core.
    Events,
}

impl Measure {
    /// In the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Delivery,
        Self::Resync,
        Self::Intake,
        Self::Large,
        Self::Diff,
        Self::Outage,
        Self::Console,
        Self::Replay,
        Self::Events,
    ];
}

/// How much of it.
pub struct Plan {
    /// Medians of so many.
    pub rounds: u32,
    /// Members that Segue delivers.
    people: u32,
    /// Members that the SDKs deliver; rates are compared.
    people_of_peers: u32,
    /// Members of the largest segment.
    most_people: u32,
    /// Members of the segment that meets the outage.
    people_in_outage: u32,
    /// How long that is, in milliseconds.
    outage: u64,
    /// Whether the SDKs run too.
    pub peers: bool,
}

impl Plan {
    /// What the documentation shows.
    pub const FULL: Self = Self {
        rounds: 5,
        people: 1_000_000,
        people_of_peers: 200_000,
        most_people: 10_000_000,
        people_in_outage: 20_000,
        outage: 30_000,
        peers: true,
    };

    /// Whether it runs.
    pub const QUICK: Self = Self {
        rounds: 1,
        people: 50_000,
        people_of_peers: 10_000,
        most_people: 200_000,
        people_in_outage: 2_000,
        outage: 3_000,
        peers: true,
    };
}

const SEGUE: Contender = Contender::Segue { on_disk: true };

/// SDKs as they come, and at the batch size that was quickest.
const PEERS: [Contender; 4] = [
    Contender::Node { batch: 15 },
    Contender::Node { batch: 100 },
    Contender::Python { batch: 100, threads: 1 },
    Contender::Python { batch: 500, threads: 1 },
];

/// Measures one group.
pub fn measure(
    what: Measure,
    ring: &mut Ring,
    plan: &Plan,
    table: &mut Table,
) -> Result<(), Failure> {
    match what {
        Measure::Delivery => delivery(ring, plan, table),
        Measure::Resync => resync(ring, plan, table),
        Measure::Intake => intake(ring, plan.people, plan.rounds, table),
        Measure::Large => intake(ring, plan.most_people, 1, table),
        Measure::Diff => resident(plan, table),
        Measure::Outage => outage(ring, plan, table),
        Measure::Console => console::measure(plan.people, &ring.folder, table),
        Measure::Replay => replay::measure(plan.people, &ring.folder, table),
        Measure::Events => events::measure(plan.people, ring, table),
    }
}

/// What a figure is called, and how a sample tells it.
type Row<'a> = (&'a str, &'a dyn Fn(&Sample) -> f64);

/// All samples of a contender, round by round.
struct Column {
    who: Contender,
    samples: Vec<Sample>,
}

impl Column {
    fn figure(&self, value: impl Fn(&Sample) -> f64) -> Figure {
        Figure(self.samples.iter().map(value).collect())
    }
}

/// Contenders in turn, in one order and then in the other. Void rounds are left out, for all.
fn in_turn(
    contenders: &[Contender],
    rounds: u32,
    mut one: impl FnMut(Contender) -> Result<Sample, Failure>,
) -> Result<Vec<Column>, Failure> {
    let mut columns: Vec<Column> =
        contenders.iter().map(|who| Column { who: *who, samples: Vec::new() }).collect();
    for round in 0..rounds {
        let mut turn: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            turn.reverse();
        }
        let mut samples: Vec<(usize, Sample)> = Vec::new();
        for place in turn {
            let who = contenders[place];
            let sample = one(who)?;
            say(&format!("round {}: {who}: {:.1} s", round + 1, sample.cost.wall));
            samples.push((place, sample));
        }
        if samples.iter().all(|(_, sample)| sample.is_valid) {
            for (place, sample) in samples {
                columns[place].samples.push(sample);
            }
        }
    }
    Ok(columns)
}

/// What counts: an event that came twice under one id is one.
fn events(sample: &Sample) -> f64 {
    (sample.report.events - sample.report.doubles) as f64
}

fn delivery(ring: &mut Ring, plan: &Plan, table: &mut Table) -> Result<(), Failure> {
    let mut contenders = vec![SEGUE, Contender::Segue { on_disk: false }];
    contenders.extend(PEERS.iter().filter(|_| plan.peers));
    let columns = in_turn(&contenders, plan.rounds, |who| {
        let is_segue = matches!(who, Contender::Segue { .. });
        let people = if is_segue { plan.people } else { plan.people_of_peers };
        ring.first(who, Segment { people, round: 0 }, Door::Open)
    })?;
    let rate = |sample: &Sample| events(sample) / sample.report.last;
    let cost = |sample: &Sample| sample.cost.cpu / events(sample);
    let rows: [Row<'_>; 7] = [
        ("Events/s, from the start of the process to the last answer", &rate),
        ("CPU µs an event, all of the process", &|one| 1e6 * cost(one)),
        ("Memory at its fullest, MB", &|one| one.cost.peak as f64 / 1e6),
        ("Bytes written to disk an event", &|one| one.cost.written as f64 / events(one)),
        ("Bytes sent an event", &|one| one.report.bytes as f64 / one.report.events as f64),
        ("Events a batch", &|one| one.report.events as f64 / one.report.batches as f64),
        ("Events told twice, under one id", &|one| one.report.doubles as f64),
    ];
    for (what, value) in rows {
        for column in &columns {
            let people = column.samples.first().map_or(0.0, events);
            table.add(
                what,
                format!("{}, {people} people", column.who),
                column.figure(value).show(),
            );
        }
    }
    // Of Segue's time, what is delivery: the SDKs do nothing else.
    let alone = |sample: &Sample| events(sample) / (sample.report.last - sample.report.first);
    let what = "Events/s of Segue's delivery alone, first batch to last";
    let (segues, peers) = columns.split_at(2);
    for column in segues {
        table.add(what, column.who.to_string(), column.figure(alone).show());
    }
    let best = |value: &dyn Fn(&Sample) -> f64| {
        peers.iter().max_by(|a, b| a.figure(value).median().total_cmp(&b.figure(value).median()))
    };
    let (quickest, leanest) = (best(&rate), best(&|one| 1.0 / cost(one)));
    if let (Some(quickest), Some(leanest)) = (quickest, leanest) {
        for column in segues {
            let what = format!("{}, times as much as the better SDK", column.who);
            let times = column.figure(rate).over(&quickest.figure(rate));
            table.add(&what, "events/s, all of the job", times.show());
            let times = column.figure(alone).over(&quickest.figure(rate));
            table.add(&what, "events/s, delivery alone", times.show());
            let times = leanest.figure(cost).over(&column.figure(cost));
            table.add(&what, "events a CPU second, all of the job", times.show());
        }
    }
    Ok(())
}

fn resync(ring: &mut Ring, plan: &Plan, table: &mut Table) -> Result<(), Failure> {
    let segment = |round| Segment { people: plan.people, round };
    ring.first(SEGUE, segment(0), Door::Open)?;
    // Whoever comes in the first round was never seen; later ones only come back.
    let mut round = 0;
    for (who_comes, rounds) in [("by people never seen", 1), ("by people seen before", plan.rounds)]
    {
        let columns = in_turn(&[SEGUE], rounds, |who| {
            round += 1;
            ring.again(who, segment(round), Door::Open, false)
        })?;
        let people = number(plan.people.into());
        let title = format!("Sync again, 1 % of {people} changed, {who_comes}");
        let rows: [Row<'_>; 5] = [
            ("seconds", &|one| one.cost.wall),
            ("CPU seconds", &|one| one.cost.cpu),
            ("transitions delivered", &events),
            ("bytes written to disk a transition", &|one| one.cost.written as f64 / events(one)),
            ("memory at its fullest, MB", &|one| one.cost.peak as f64 / 1e6),
        ];
        for (what, value) in rows {
            for column in &columns {
                table.add(&title, what, column.figure(value).show());
            }
        }
    }
    Ok(())
}

fn intake(ring: &mut Ring, people: u32, rounds: u32, table: &mut Table) -> Result<(), Failure> {
    let columns = in_turn(&[SEGUE], rounds, |who| {
        ring.first(who, Segment { people, round: 0 }, Door::Closed)
    })?;
    let title = format!("Pages to durable parts, {} new people", number(people.into()));
    let rows: [Row<'_>; 4] = [
        ("people/s", &|one| f64::from(people) / one.report.first),
        ("CPU µs a person", &|one| 1e6 * one.cost.cpu / f64::from(people)),
        ("bytes written to disk a person", &|one| one.cost.written as f64 / f64::from(people)),
        ("memory at its fullest, MB", &|one| one.cost.peak as f64 / 1e6),
    ];
    for (what, value) in rows {
        for column in &columns {
            table.add(&title, what, column.figure(value).show());
        }
    }
    Ok(())
}

/// The diff in memory: no process, no database.
fn resident(plan: &Plan, table: &mut Table) -> Result<(), Failure> {
    let members = |round| Segment { people: plan.most_people, round }.members();
    let (present, target) = (members(0), members(1));
    let suppressed: PersonSet = present.iter().step_by(50).collect();
    let standing = Standing { present, ..Standing::default() };
    let (mut alone, mut in_parts) = (Figure::default(), Figure::default());
    for _ in 0..plan.rounds {
        let began = Instant::now();
        let changes = diff(UseCase::Retarget, &target, &standing, &suppressed).changes;
        alone.0.push(1e3 * began.elapsed().as_secs_f64());
        let parts: usize = changes.iter().map(|one| chunks::split(&one.people).len()).sum();
        in_parts.0.push(1e3 * began.elapsed().as_secs_f64());
        if parts == 0 {
            return Err("one per cent has changed, and the diff is empty".into());
        }
    }
    let people = number(plan.most_people.into());
    let title = format!("Diff of {people} people in memory, 1 % changed");
    table.add(&title, "ms", alone.show());
    table.add(&title, "ms, cut into parts", in_parts.show());
    Ok(())
}

fn outage(ring: &mut Ring, plan: &Plan, table: &mut Table) -> Result<(), Failure> {
    let segment = Segment { people: plan.people_in_outage, round: 0 };
    let mut contenders = vec![SEGUE];
    if plan.peers {
        let quickest =
            [Contender::Node { batch: 100 }, Contender::Python { batch: 100, threads: 1 }];
        contenders.extend(quickest);
    }
    let columns = in_turn(&contenders, plan.rounds, |who| {
        ring.first(who, segment, Door::Outage(plan.outage))
    })?;
    let people = number(segment.people.into());
    let title = format!("503 for {} s, {people} people", plan.outage / 1_000);
    let rows: [Row<'_>; 2] = [
        ("all there after its end, seconds", &|one| one.report.last - one.report.recovered),
        ("requests in vain", &|one| one.report.refused as f64),
    ];
    for (what, value) in rows {
        for column in &columns {
            table.add(
                format!("{title}: {what}"),
                column.who.to_string(),
                column.figure(value).show(),
            );
        }
    }
    Ok(())
}
