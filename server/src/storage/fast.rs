//! Parts of the fast lane: see [`domain::delivery::fast`].
//!
//! They lie among a mapping's other parts, so that every order counts on them, and are told
//! apart by `fast`. What an order writes is in [`super::order_rows`]; this writes less: no
//! decision, only exits.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{
    Result,
    delivery::{
        Lane, Transition,
        fast::{Cause, FastOrder, FastStore, NewlyHeld},
        port::Lease,
    },
    ids::{MappingId, RunId},
    people::{PersonSet, chunks, chunks::CHUNK},
    sync::diff::apply,
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    audiences::size,
    bitmap,
    configuration::parse,
    delivery::place,
    leases,
    macros::{reading, writing},
    order::Kept,
    order_rows,
    people::ordinal,
    spans::{self, StoredSpan},
    statement::{Statement, carry_out},
    suppression::read_scope,
};

#[derive(FromRow)]
struct HeldRow {
    ordinal: i64,
    destinations: String,
    since: i64,
    received_at: i64,
    noted_at: i64,
}

/// A part of the chunk, with how far it has come.
#[derive(FromRow)]
struct PartRow {
    id: Uuid,
    run_id: Uuid,
    generation: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    is_open: bool,
    fast: bool,
}

/// The mapping as it is now; retired ones are left to their runs.
#[derive(FromRow)]
struct MappingRow {
    generation: i64,
    route: Option<String>,
    stay_out: Option<i64>,
}

/// What is known of a chunk of a mapping.
struct Chunk {
    delivered: Option<Vec<u8>>,
    doubt: Option<Vec<u8>>,
    parts: Vec<PartRow>,
}

/// Who is to leave a chunk, and what is taken out of runs for it.
struct Leaving {
    people: PersonSet,
    taken_over: Vec<Statement>,
}

impl PartRow {
    /// Takes these people out of what isn't claimed: the run that ordered it may decide anew,
    /// from facts that are older than the event.
    fn without(&self, all: &PersonSet, these: &PersonSet) -> Result<[Statement; 2]> {
        let left = all - these;
        let is_open = !chunks::between(&left, place(self.acknowledged)?, CHUNK).is_empty();
        let update = "UPDATE part SET people = $1, pending = pending - $2, is_open = $3
            WHERE id = $4";
        let part = Statement::new(update).with(bitmap::encode(&left)).with(size(these.len()));
        let run = Statement::new("UPDATE run SET exited = exited - $1 WHERE id = $2");
        Ok([part.with(is_open).with(self.id), run.with(size(these.len())).with(self.run_id)])
    }
}

impl Chunk {
    /// Those of these people who are there, or may be, and don't leave by the fast lane already.
    fn leaving(&self, people: &PersonSet) -> Result<Leaving> {
        let read = |bytes: &Option<Vec<u8>>| {
            bytes.as_deref().map_or_else(|| Ok(PersonSet::new()), bitmap::decode)
        };
        let mut there = read(&self.delivered)?;
        let mut told = PersonSet::new();
        // What a run has ordered and not claimed.
        let mut coming = Vec::new();
        for part in &self.parts {
            let all = bitmap::decode(&part.people)?;
            let transition: Transition = parse(&part.transition)?;
            let claimed = if part.is_open { place(part.claimed)? } else { CHUNK };
            apply(&mut there, transition, &chunks::between(&all, 0, claimed));
            let unclaimed = chunks::between(&all, claimed, CHUNK);
            match transition {
                Transition::Exited if part.fast => told |= unclaimed,
                Transition::Exited => coming.push((part, all, unclaimed)),
                Transition::Entered => {}
            }
        }
        let people = ((there | read(&self.doubt)?) & people) - told;
        let mut taken_over = Vec::new();
        for (part, all, unclaimed) in coming {
            let leaving = unclaimed & &people;
            if !leaving.is_empty() {
                taken_over.extend(part.without(&all, &leaving)?);
            }
        }
        Ok(Leaving { people, taken_over })
    }

    /// Once there are many: the parts that have closed before every open one was ordered. They
    /// are folded in, so that reading who is there stays quick however many buy between two runs.
    fn settled(&self, number: u32) -> Result<Vec<Kept>> {
        let open = self.parts.iter().filter(|part| part.is_open).map(|part| part.generation).min();
        let settled = |part: &&PartRow| open.is_none_or(|open| part.generation < open);
        let settled: Vec<_> = self.parts.iter().filter(settled).collect();
        if settled.len() <= order_rows::UNFOLDED {
            return Ok(Vec::new());
        }
        let keep = |part: &PartRow| {
            Ok(Kept::closed(
                (part.id, number, part.generation),
                parse(&part.transition)?,
                bitmap::decode(&part.people)?,
            ))
        };
        settled.into_iter().map(keep).collect()
    }

    /// Folds these parts in.
    fn fold(
        &self,
        mapping: Uuid,
        number: u32,
        settled: &[Kept],
        spans: Vec<StoredSpan>,
        now: Instant,
    ) -> Result<Vec<Statement>> {
        let delivered = self.delivered.as_deref().map(bitmap::decode).transpose()?;
        let before = BTreeMap::from([(number, delivered.unwrap_or_default())]);
        let settled: Vec<&Kept> = settled.iter().collect();
        let mut statements = order_rows::fold(mapping, &before, &settled);
        statements.extend(spans::take(mapping, spans, &settled, now)?);
        Ok(statements)
    }
}

/// The parts of a chunk as they stand: `$mapping` and `$number` name it.
macro_rules! read_chunk {
    ($connection:ident, $mapping:expr, $number:expr) => {{
        let set = |text| sqlx::query_scalar(text).bind($mapping).bind(i64::from($number));
        Chunk {
            delivered: set(
                "SELECT people FROM delivered_chunk WHERE mapping_id = $1 AND chunk = $2",
            )
            .fetch_optional(&mut *$connection)
            .await?,
            doubt: set("SELECT people FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2")
                .fetch_optional(&mut *$connection)
                .await?,
            parts: sqlx::query_as(UNFOLDED)
                .bind($mapping)
                .bind(i64::from($number))
                .fetch_all(&mut *$connection)
                .await?,
        }
    }};
}

/// Exits of one mapping as parts, each with the earliest of its causes.
struct Parts<'a> {
    order: &'a FastOrder,
    mapping: &'a MappingRow,
    run: Uuid,
    now: Instant,
}

impl Parts<'_> {
    fn write(&self, exits: &[PersonSet], ids: &dyn domain::ids::Ids) -> Vec<Statement> {
        let (id, generation) = (ids.next(), self.mapping.generation + 1);
        let mapping = self.order.mapping.0;
        let route = self.mapping.route.clone().unwrap_or_default();
        let mut statements = vec![
            order_rows::put_order(id, mapping, self.run, generation, self.now, route),
            Statement::new("UPDATE mapping SET generation = $1 WHERE id = $2")
                .with(generation)
                .with(mapping),
        ];
        for people in exits {
            let causes = people.iter().filter_map(|person| self.order.people.get(&person));
            let cause = causes.copied().flatten().min();
            let chunk = i64::from(people.min().unwrap_or(0) / CHUNK);
            let insert = "INSERT INTO part (id, order_id, mapping_id, run_id, generation,
                    decided_at, lane, chunk, transition, people, pending, is_open, repeats, fast,
                    caused_at, received_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'exited', $9, $10, TRUE, FALSE, TRUE,
                    $11, $12)";
            let part = Statement::new(insert).with(ids.next()).with(id).with(mapping);
            let part = part.with(self.run).with(generation).with(self.now.0);
            let part = part.with(Lane::Protect as i64).with(chunk).with(bitmap::encode(people));
            let part = part.with(size(people.len()));
            let part = part.with(cause.map(|cause| cause.at.0));
            statements.push(part.with(cause.map(|cause| cause.received_at.0)));
            // Where whoever left stays out for a time, these do.
            if self.mapping.stay_out.is_some() {
                statements.push(order_rows::put_departure(mapping, self.now, chunk, people));
            }
        }
        statements
    }
}

/// Whose exit Segment has refused: it stays until it is tried again.
const STUCK: &str = "SELECT ordinal FROM dead_letter WHERE mapping_id = $1
    AND transition = 'exited' AND resolved_at IS NULL";

/// The parts that the base of a chunk doesn't hold yet.
const UNFOLDED: &str = "SELECT id, run_id, generation, transition, people, acknowledged, claimed,
        is_open, fast
    FROM part WHERE mapping_id = $1 AND chunk = $2 AND NOT folded ORDER BY generation, lane";

#[async_trait]
impl FastStore for Storage {
    async fn newly_held(&self, since: Instant, now: Instant) -> Result<Vec<NewlyHeld>> {
        let rows: Vec<HeldRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT h.ordinal, s.destinations, h.since, h.received_at, h.noted_at
                FROM held_person h JOIN suppression s ON s.id = h.suppression_id
                WHERE h.noted_at >= $1 AND s.retired_at IS NULL AND s.event IS NOT NULL
                    AND (s.ttl IS NULL OR h.since + s.ttl > $2)",
            )
            .bind(since.0)
            .bind(now.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |row: HeldRow| {
            Ok(NewlyHeld {
                person: ordinal(row.ordinal)?,
                destinations: read_scope(&row.destinations)?,
                cause: Some(Cause {
                    at: Instant(row.since),
                    received_at: Instant(row.received_at),
                }),
                noted_at: Instant(row.noted_at),
            })
        };
        rows.into_iter().map(read).collect()
    }

    async fn order_fast(&self, orders: &[FastOrder], now: Instant) -> Result<u64> {
        if orders.is_empty() {
            return Ok(0);
        }
        writing!(self.database, |connection| {
            let mut ordered = 0;
            for order in orders {
                leases::hold!(self, connection, order.lease, now);
                let mapping: Option<MappingRow> = sqlx::query_as(self.database.sql(
                    "SELECT generation, route, stay_out FROM mapping
                    WHERE id = $1 AND retired_at IS NULL {lock}",
                ))
                .bind(order.mapping.0)
                .fetch_optional(&mut *connection)
                .await?;
                // Without a route nobody ever was there.
                let Some(mapping) = mapping.filter(|mapping| mapping.route.is_some()) else {
                    continue;
                };
                let stuck: Vec<i64> = sqlx::query_scalar(STUCK)
                    .bind(order.mapping.0)
                    .fetch_all(&mut *connection)
                    .await?;
                let stuck: PersonSet = stuck.into_iter().map(ordinal).collect::<Result<_>>()?;
                let named: PersonSet = order.people.keys().copied().collect();
                let mut exits = Vec::new();
                for (number, people) in chunks::split(&(named - stuck)) {
                    let chunk = read_chunk!(connection, order.mapping.0, number);
                    let leaving = chunk.leaving(&people)?;
                    exits.push(leaving.people);
                    for statement in leaving.taken_over {
                        carry_out!(connection, statement);
                    }
                    let settled = chunk.settled(number)?;
                    if !settled.is_empty() {
                        let spans = sqlx::query_as(spans::OPEN)
                            .bind(order.mapping.0)
                            .bind(spans::FOLDS)
                            .fetch_all(&mut *connection)
                            .await?;
                        let mapping = order.mapping.0;
                        for statement in chunk.fold(mapping, number, &settled, spans, now)? {
                            carry_out!(connection, statement);
                        }
                    }
                }
                exits.retain(|people| !people.is_empty());
                let count: u64 = exits.iter().map(PersonSet::len).sum();
                if count == 0 {
                    continue;
                }
                ordered += count;
                // One run an hour counts them: a run for each would bury the others.
                let hour = now.0 - now.0.rem_euclid(Span::from_hours(1).0);
                let run: Option<Uuid> = sqlx::query_scalar(
                    "SELECT id FROM run WHERE mapping_id = $1 AND kind = 'events'
                        AND started_at >= $2 ORDER BY started_at DESC LIMIT 1",
                )
                .bind(order.mapping.0)
                .bind(hour)
                .fetch_optional(&mut *connection)
                .await?;
                let id = run.unwrap_or_else(|| self.ids.next());
                if run.is_none() {
                    sqlx::query(
                        "INSERT INTO run (id, mapping_id, state, started_at, kind)
                        VALUES ($1, $2, 'done', $3, 'events')",
                    )
                    .bind(id)
                    .bind(order.mapping.0)
                    .bind(now.0)
                    .execute(&mut *connection)
                    .await?;
                }
                sqlx::query(
                    "UPDATE run SET exited = exited + $1, finished_at = $2, generation = $3
                    WHERE id = $4",
                )
                .bind(size(count))
                .bind(now.0)
                .bind(mapping.generation + 1)
                .bind(id)
                .execute(&mut *connection)
                .await?;
                let parts = Parts { order, mapping: &mapping, run: id, now };
                for statement in parts.write(&exits, self.ids.as_ref()) {
                    carry_out!(connection, statement);
                }
            }
            Ok(ordered)
        })
    }

    async fn open_fast(&self) -> Result<Vec<(MappingId, RunId)>> {
        let rows: Vec<(Uuid, Uuid)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT m.id, p.run_id FROM mapping m
                JOIN part p ON p.mapping_id = m.id AND p.is_open AND p.lane = 1 AND p.fast
                ORDER BY p.generation DESC",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let mut seen = BTreeSet::new();
        let newest = rows.into_iter().filter(|(mapping, _)| seen.insert(*mapping));
        Ok(newest.map(|(mapping, run)| (MappingId(mapping), RunId(run))).collect())
    }

    async fn leave_fast(&self, lease: &Lease, mapping: MappingId, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query("UPDATE part SET fast = FALSE WHERE mapping_id = $1 AND is_open AND fast")
                .bind(mapping.0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }
}
