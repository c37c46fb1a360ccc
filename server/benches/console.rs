//! How long the console's widest questions take over a large installation: one person's page,
//! the overlaps of all audiences, and what names their members.
//!
//! The database is filled through the ports; what ninety days of runs leave behind is written
//! straight into it, since they would take ninety days. Asked in this process: rendering and
//! the network come on top.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, time::Instant as Stopwatch};

use domain::{
    access::Actor,
    audiences::{
        Segment, SegmentState,
        port::{Identifiers, MirrorStore as _},
    },
    configuration::Desired,
    people::{PersonSet, chunks},
    retention::HISTORY_DAYS,
    time::{Instant, Span},
};
use server::{compose::Segue, storage::bitmap};
use sqlx::{Connection as _, SqliteConnection};
use uuid::Uuid;

use crate::{
    Failure,
    contender::say,
    installation,
    people::{cio_id, email, hash, user},
    table::{Figure, Table, number},
};

/// Audiences, each with a mapping.
const AUDIENCES: u32 = 8;

/// One in so many people is in an audience.
const SPARSE: u64 = 3;

/// People of the probe's chunk whom each run moves.
const MOVED: u32 = 10;

/// Runs of one span: eight folds of seventeen parts, see `server/src/storage/spans.rs`.
const SPAN: u32 = 8 * 17;

/// A page of the membership.
const PAGE: u32 = 30_000;

/// Lines of a person's history that their page asks for.
const LINES: usize = 100;

/// How often each question is asked.
const TIMES: u32 = 30;

/// Measures all three.
pub fn measure(people: u32, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    installation::with(folder, "console", async |segue, file| ask(people, segue, file, table).await)
}

async fn ask(people: u32, segue: &Segue, file: &Path, table: &mut Table) -> Result<(), Failure> {
    say("filling a database for the console");
    let probe = fill(segue, people).await?;
    let runs = remember(segue, file, probe).await?;

    let title = format!(
        "Questions of the console, {} people in {AUDIENCES} audiences, {} runs remembered",
        number(people.into()),
        number((runs * AUDIENCES).into())
    );
    let mut figures = [const { Figure(Vec::new()) }; 5];
    for _ in 0..TIMES {
        for (at, (person, lines, told)) in
            [(probe, LINES, true), (quiet(probe, people), LINES, false), (probe, usize::MAX, true)]
                .into_iter()
                .enumerate()
        {
            let name = cio_id(person).to_string();
            let began = Stopwatch::now();
            let view = segue.services.people.explain(&name, lines).await?;
            figures[at].0.push(millis(began));
            if view.mappings.iter().all(|one| one.history.is_empty()) == told {
                return Err("the person asked for has another history".into());
            }
        }
        let began = Stopwatch::now();
        segue.services.exclusivity.read().await?;
        figures[3].0.push(millis(began));
        let began = Stopwatch::now();
        segue.services.coverage.all().await?;
        figures[4].0.push(millis(began));
    }
    let questions = [
        "one person, moved in one run of a hundred",
        "one person, never moved",
        "all of the first one's history",
        "overlaps of all audiences",
        "identifier coverage",
    ];
    for (question, figure) in questions.into_iter().zip(figures) {
        table.add(&title, format!("{question}, ms"), figure.show());
    }
    Ok(())
}

fn millis(began: Stopwatch) -> f64 {
    1e3 * began.elapsed().as_secs_f64()
}

fn is_in(person: u32, audience: u32) -> bool {
    hash(&format!("{person} in {audience}")).is_multiple_of(SPARSE)
}

/// Everybody, audiences of a third of them, and all of those where they should be. Returns
/// somebody who is in one.
async fn fill(segue: &Segue, people: u32) -> Result<u32, Failure> {
    let desired: Desired = toml::from_str(&configuration())?;
    segue.services.configuration.apply(&desired, false, &Actor::host("bench")).await?;
    let now = segue.clock.now();
    let mut numbers = Vec::new();
    for first in (0..people).step_by(PAGE as usize) {
        let page: Vec<Identifiers> = (first..people.min(first + PAGE))
            .map(|person| Identifiers {
                cio_id: cio_id(person).to_string(),
                id: Some(user(person)),
                email: (person % 3 > 0).then(|| email(person).to_string()),
            })
            .collect();
        numbers.extend(segue.storage.learn(&page, now).await?);
    }
    let stored = segue.services.configuration.load().await?;
    for (at, audience) in (0..).zip(&stored.audiences) {
        let members: PersonSet =
            (0..people).filter(|one| is_in(*one, at)).map(|one| numbers[one as usize]).collect();
        let (id, name) = (audience.spec.segment, audience.spec.key.to_string());
        let segment = Segment { id, name, state: SegmentState::Finished, changed_at: None };
        segue.storage.put_mirror(audience.id, &segment, &members, now, now).await?;
    }
    let probe = (0..people).find(|one| (0..AUDIENCES).all(|audience| is_in(*one, audience)));
    probe.ok_or_else(|| "nobody is in all audiences".into())
}

fn configuration() -> String {
    let mut text = String::new();
    for at in 0..AUDIENCES {
        let profile = "meta-custom-audiences";
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "[[audience]]\nkey = \"a{at}\"\nsegment = {}\n\
             [[destination]]\nkey = \"d{at}\"\nprofile = \"{profile}\"\nintegration = \"D{at}\"\n\
             [[mapping]]\nkey = \"m{at}\"\naudience = \"a{at}\"\ndestination = \"d{at}\"\n\
             use_case = \"retarget\"\nexclusivity_group = \"ads\"\npriority = {at}\n",
            at + 1
        );
    }
    text
}

/// What ninety days of runs every five minutes leave in each mapping: how many runs.
async fn remember(segue: &Segue, file: &Path, probe: u32) -> Result<u32, Failure> {
    let stored = segue.services.configuration.load().await?;
    let now = segue.clock.now();
    let every = Span::from_minutes(5);
    let runs = u32::try_from(HISTORY_DAYS * 24 * 60 / 5)?;
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
    for mapping in &stored.mappings {
        let members = segue.storage.members(mapping.audience_id).await?.unwrap_or_default();
        let mut all = connection.begin().await?;
        for (chunk, people) in chunks::split(&members) {
            sqlx::query(
                "INSERT INTO delivered_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)",
            )
            .bind(mapping.id.0)
            .bind(i64::from(chunk))
            .bind(bitmap::encode(&people))
            .execute(&mut *all)
            .await?;
        }
        let mut span = PersonSet::new();
        for run in 0..runs {
            let back = Span(every.0 * i64::from(runs - run));
            let (generation, at) = (i64::from(run) + 1, now.minus(back));
            let moved = moved(&members, probe, run);
            row(&mut all, mapping.id.0, generation, at, &moved).await?;
            span |= &moved;
            if (run + 1).is_multiple_of(SPAN) || run + 1 == runs {
                let first = i64::from(run / SPAN * SPAN) + 1;
                let whose = (mapping.id.0, probe / chunks::CHUNK);
                put_span(&mut all, whose, (first, generation), at, &span).await?;
                span.clear();
            }
        }
        all.commit().await?;
    }
    Ok(runs)
}

/// Who is in the parts between two generations, as folding keeps it.
async fn put_span(
    connection: &mut SqliteConnection,
    (mapping, chunk): (Uuid, u32),
    (first, last): (i64, i64),
    at: Instant,
    people: &PersonSet,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO folded_span (mapping_id, chunk, first, last, folds, decided_at, people)
        VALUES ($1, $2, $3, $4, 8, $5, $6)",
    )
    .bind(mapping)
    .bind(i64::from(chunk))
    .bind(first)
    .bind(last)
    .bind(at.0)
    .bind(bitmap::encode(people))
    .execute(&mut *connection)
    .await?;
    Ok(())
}

/// Somebody near the probe whom [`moved`] never names.
fn quiet(probe: u32, people: u32) -> u32 {
    (probe / chunks::CHUNK * chunks::CHUNK + chunks::CHUNK - 1).min(people - 1)
}

/// Neighbours of the probe; the probe every hundredth time.
fn moved(members: &PersonSet, probe: u32, run: u32) -> PersonSet {
    let chunk = probe / chunks::CHUNK;
    let from = run * 97 % 60_000 + chunk * chunks::CHUNK;
    let near: BTreeSet<u32> = members.range(from..).take(MOVED as usize).collect();
    let mut moved: PersonSet =
        near.into_iter().filter(|one| one / chunks::CHUNK == chunk).collect();
    moved.remove(probe);
    if run.is_multiple_of(100) {
        moved.insert(probe);
    }
    moved
}

/// One run with its order, its part, which was folded in, and its answer.
async fn row(
    connection: &mut SqliteConnection,
    mapping: Uuid,
    generation: i64,
    at: Instant,
    people: &PersonSet,
) -> Result<(), Failure> {
    let [run, order, part] = [0, 1, 2].map(|_| Uuid::now_v7());
    sqlx::query(
        "INSERT INTO run (id, mapping_id, state, started_at, finished_at, generation)
        VALUES ($1, $2, 'done', $3, $3, $4)",
    )
    .bind(run)
    .bind(mapping)
    .bind(at.0)
    .bind(generation)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO sync_order (id, mapping_id, run_id, generation, decided_at)
        VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(order)
    .bind(mapping)
    .bind(run)
    .bind(generation)
    .bind(at.0)
    .execute(&mut *connection)
    .await?;
    let chunk = people.min().unwrap_or(0) / chunks::CHUNK;
    let transition = if generation % 200 < 100 { "entered" } else { "exited" };
    sqlx::query(
        "INSERT INTO part (id, order_id, mapping_id, run_id, generation, decided_at, lane, chunk,
            transition, people, pending, acknowledged, claimed, is_open, folded)
        VALUES ($1, $2, $3, $4, $5, $6, 2, $7, $8, $9, 0, $10, $10, FALSE, TRUE)",
    )
    .bind(part)
    .bind(order)
    .bind(mapping)
    .bind(run)
    .bind(generation)
    .bind(at.0)
    .bind(i64::from(chunk))
    .bind(transition)
    .bind(bitmap::encode(people))
    .bind(i64::from(chunks::CHUNK))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO answer (part_id, first, below, sent_at, at) VALUES ($1, 0, $2, $3, $3)",
    )
    .bind(part)
    .bind(i64::from(chunks::CHUNK))
    .bind(at.0)
    .execute(&mut *connection)
    .await?;
    Ok(())
}
