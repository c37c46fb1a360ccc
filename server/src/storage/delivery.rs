//! The outbox: parts with their cursors.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::{
        Lane, Transition,
        choose::{OpenPart, choose},
        port::{Advance, Advanced, DeliveryStore, Lease, Next, Work},
        stop::may_go,
    },
    ids::{MappingId, PartId, RunId},
    mappings::UseCase,
    people::{Ordinal, PersonSet, chunks},
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    audiences::size,
    bitmap,
    configuration::parse,
    leases,
    macros::{Failure, reading, writing},
    statement::{Statement, carry_out},
    stops::goes,
    suppression::HELD,
};

#[derive(FromRow)]
struct OpenRow {
    id: Uuid,
    lane: i64,
    generation: i64,
    chunk: i64,
    transition: String,
    acknowledged: i64,
    claimed: i64,
}

#[derive(FromRow)]
struct PartRow {
    mapping_id: Uuid,
    use_case: String,
    goes: bool,
    lane: i64,
    generation: i64,
    transition: String,
    chunk: i64,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    pending: i64,
}

fn place(number: i64) -> Result<u32> {
    u32::try_from(number).map_err(Error::unexpected)
}

impl OpenRow {
    fn read(&self) -> Result<OpenPart> {
        Ok(OpenPart {
            lane: Lane::try_from(self.lane).map_err(Error::unexpected)?,
            generation: self.generation,
            chunk: place(self.chunk)?,
            transition: parse(&self.transition)?,
            in_doubt: self.acknowledged < self.claimed,
        })
    }
}

#[async_trait]
impl DeliveryStore for Storage {
    async fn next(&self, lease: &Lease, mapping: MappingId) -> Result<Next> {
        reading!(self.database, |connection| {
            let epoch: Option<i64> =
                sqlx::query_scalar("SELECT epoch FROM lease WHERE name = $1 AND holder = $2")
                    .bind(&lease.name)
                    .bind(self.holder)
                    .fetch_optional(&mut *connection)
                    .await?;
            if epoch != Some(lease.epoch) {
                return Err(Failure::Domain(Error::Fenced));
            }
            let rows: Vec<OpenRow> = sqlx::query_as(
                "SELECT id, lane, generation, chunk, transition, acknowledged, claimed
                FROM part WHERE mapping_id = $1 AND is_open",
            )
            .bind(mapping.0)
            .fetch_all(&mut *connection)
            .await?;
            let stored: Option<(String, bool)> = sqlx::query_as(concat!(
                "SELECT m.use_case, ",
                goes!(),
                " FROM mapping m WHERE m.id = $1"
            ))
            .bind(mapping.0)
            .fetch_optional(&mut *connection)
            .await?;
            let Some((use_case, goes)) = stored else { return Ok(Next::Nothing) };
            let exits: Vec<i64> = sqlx::query_scalar(
                "SELECT DISTINCT p.chunk FROM part p
                JOIN mapping other ON other.id = p.mapping_id
                JOIN mapping ours ON ours.exclusivity_group = other.exclusivity_group
                    AND ours.destination_id = other.destination_id AND ours.id <> other.id
                WHERE ours.id = $1 AND other.retired_at IS NULL AND p.is_open AND p.transition = 'exited'",
            )
            .bind(mapping.0)
            .fetch_all(&mut *connection)
            .await?;
            let exits: BTreeSet<u32> = exits.into_iter().map(place).collect::<Result<_>>()?;
            // What a pause or a stop holds isn't in the queue.
            let mut open: Vec<OpenPart> = Vec::new();
            let mut queue: Vec<OpenRow> = Vec::new();
            for row in rows {
                let part = row.read()?;
                if may_go(part.lane, part.in_doubt, !goes) {
                    open.push(part);
                    queue.push(row);
                }
            }
            if open.is_empty() {
                return Ok(Next::Nothing);
            }
            let suppressing = parse::<UseCase>(&use_case)? == UseCase::Suppress;
            let Some(row) = choose(&open, &exits, suppressing).and_then(|chosen| queue.get(chosen))
            else {
                return Ok(Next::Blocked);
            };
            let (people, decided_at): (Vec<u8>, i64) =
                sqlx::query_as("SELECT people, decided_at FROM part WHERE id = $1")
                    .bind(row.id)
                    .fetch_one(&mut *connection)
                    .await?;
            let (acknowledged, claimed) = (place(row.acknowledged)?, place(row.claimed)?);
            Ok(Next::Work(Work {
                part: PartId(row.id),
                chunk: place(row.chunk)?,
                lane: Lane::try_from(row.lane).map_err(Error::unexpected)?,
                transition: parse(&row.transition)?,
                generation: row.generation,
                decided_at: Instant(decided_at),
                people: chunks::between(&bitmap::decode(&people)?, acknowledged, chunks::CHUNK),
                acknowledged,
                claimed,
            }))
        })
    }

    async fn advance(
        &self,
        lease: &Lease,
        run: RunId,
        part: PartId,
        step: &Advance,
        now: Instant,
    ) -> Result<Advanced> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            let row: PartRow = sqlx::query_as(
                concat!("SELECT p.mapping_id, m.use_case, ", goes!(), " AND NOT EXISTS (
                        SELECT 1 FROM run r WHERE r.id = $2 AND r.finished_at IS NOT NULL) AS goes,
                    p.lane, p.generation, p.transition, p.chunk, p.people, p.acknowledged, p.claimed, p.pending
                FROM part p JOIN mapping m ON m.id = p.mapping_id WHERE p.id = $1"),
            )
            .bind(part.0)
            .bind(run.0)
            .fetch_one(&mut *connection)
            .await?;
            let transition: Transition = parse(&row.transition)?;
            let mut people = bitmap::decode(&row.people)?;
            if step.acknowledged < place(row.acknowledged)?
                || step.claimed < place(row.claimed)?
                || step.acknowledged > place(row.claimed)?.max(place(row.acknowledged)?)
            {
                return Err(Failure::Domain(Error::unexpected(
                    "a part's cursor would go back or jump",
                )));
            }

            // A pause, a stop, a cancelled run: what doesn't protect is claimed no further.
            let before = place(row.claimed)?;
            let lane = Lane::try_from(row.lane).map_err(Error::unexpected)?;
            let held = step.claimed > before && !may_go(lane, false, !row.goes);
            let claimed = if held { before } else { step.claimed };

            // Who has been answered for, without those whom Segment refused.
            let dead: PersonSet = step.dead.iter().map(|(person, _)| *person).collect();
            people -= &dead;
            for letter in dead_letters(&row, step, now) {
                carry_out!(connection, letter);
            }
            let answered = chunks::between(&people, place(row.acknowledged)?, step.acknowledged);

            // A newer order may undo what didn't happen: it waits for this answer, unclaimed.
            if !dead.is_empty() {
                let newer: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(
                    "SELECT id, people FROM part WHERE mapping_id = $1 AND chunk = $2
                        AND generation > $3 AND is_open AND claimed = 0",
                )
                .bind(row.mapping_id)
                .bind(row.chunk)
                .bind(row.generation)
                .fetch_all(&mut *connection)
                .await?;
                for (id, bytes) in newer {
                    carry_out!(connection, leave_out(id, &bitmap::decode(&bytes)?, &dead));
                }
            }

            // The door: whoever was suppressed since the decision doesn't go in any more. Who
            // was claimed before has passed it.
            let mut masked = PersonSet::new();
            let use_case: UseCase = parse(&row.use_case)?;
            if transition == Transition::Entered && use_case.is_suppressed() && claimed > before {
                let held: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(HELD)
                    .bind(now.0)
                    .bind(row.chunk)
                    .fetch_all(&mut *connection)
                    .await?;
                let claim = chunks::between(&people, before, claimed);
                for (_, bytes) in &held {
                    masked |= &claim & bitmap::decode(bytes)?;
                }
                people -= &masked;
            }

            let gone = size(step.dead.len() as u64) + size(masked.len()) + size(answered.len());
            let is_open = claimed > step.acknowledged
                || !chunks::between(&people, claimed, chunks::CHUNK).is_empty();
            sqlx::query("UPDATE part SET people = $1, acknowledged = $2, claimed = $3, pending = $4, is_open = $5 WHERE id = $6")
                .bind(bitmap::encode(&people))
                .bind(i64::from(step.acknowledged))
                .bind(i64::from(claimed))
                .bind((row.pending - gone).max(0))
                .bind(is_open)
                .bind(part.0)
                .execute(&mut *connection)
                .await?;
            let delivered = size(answered.len());
            let change = match transition {
                Transition::Entered => delivered,
                Transition::Exited => -delivered,
            };
            if delivered != 0 {
                sqlx::query("UPDATE mapping SET delivered = delivered + $1 WHERE id = $2")
                    .bind(change)
                    .bind(row.mapping_id)
                    .execute(&mut *connection)
                    .await?;
            }
            if delivered != 0 || !step.dead.is_empty() {
                sqlx::query(
                    "UPDATE run SET delivered = delivered + $1, dead = dead + $2 WHERE id = $3",
                )
                .bind(delivered)
                .bind(size(step.dead.len() as u64))
                .bind(run.0)
                .execute(&mut *connection)
                .await?;
            }
            Ok(Advanced { masked, held })
        })
    }
}

/// Whom Segment refused, and why.
fn dead_letters(part: &PartRow, step: &Advance, now: Instant) -> Vec<Statement> {
    let insert = "INSERT INTO dead_letter (mapping_id, ordinal, generation, transition, reason, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (mapping_id, ordinal, generation) DO NOTHING";
    let letter = |(person, reason): &(Ordinal, String)| {
        Statement::new(insert)
            .with(part.mapping_id)
            .with(i64::from(*person))
            .with(part.generation)
            .with(part.transition.as_str())
            .with(reason.as_str())
            .with(now.0)
    };
    step.dead.iter().map(letter).collect()
}

/// An unclaimed part without these people; closed if nobody else is in it.
fn leave_out(part: Uuid, people: &PersonSet, these: &PersonSet) -> Statement {
    let left = people - these;
    Statement::new("UPDATE part SET people = $1, pending = $2, is_open = $3 WHERE id = $4")
        .with(bitmap::encode(&left))
        .with(size(left.len()))
        .with(!left.is_empty())
        .with(part)
}
