//! The outbox: parts with their cursors.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::{
        Lane, Transition,
        choose::{Choice, OpenPart, choose},
        port::{Advance, Advanced, DeliveryStore, Lease, Named, Next, Telling, Work},
        reason::Reasons,
        retry::SENT_AGAIN_FOR,
        stop::may_go,
    },
    ids::{MappingId, PartId, RunId},
    mappings::UseCase,
    people::{PersonSet, chunks},
    suppression::held::Suppressed,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    advance::{Before, StoredPart, advance},
    bitmap,
    configuration::{json, parse},
    leases,
    macros::{Failure, reading, writing},
    presence,
    statement::carry_out,
    stops::goes,
    suppression::{IN_AUDIENCES, InAudience, ONE_BY_ONE, OneByOne, held},
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
    claimed_at: Option<i64>,
    /// Of a part in the fast lane: there it has few.
    fast_people: Option<Vec<u8>>,
}

/// What a part carries beside its cursors.
#[derive(FromRow)]
struct ContentRow {
    people: Vec<u8>,
    decided_at: i64,
    rendered: Option<Vec<u8>>,
    reasons: Option<String>,
    route: Option<String>,
}

/// Who comes in for which reason, as [`super::order_rows`] stores it.
fn read_reasons(text: &str) -> Result<Reasons> {
    let stored: BTreeMap<String, Vec<u8>> = json(text)?;
    let read = |(reason, bytes): (String, Vec<u8>)| Ok((parse(&reason)?, bitmap::decode(&bytes)?));
    stored.into_iter().map(read).collect()
}

fn read_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::unexpected)
}

pub(super) fn place(number: i64) -> Result<u32> {
    u32::try_from(number).map_err(Error::unexpected)
}

fn places(people: &[u8]) -> Result<Vec<u32>> {
    Ok(bitmap::decode(people)?.iter().map(|person| person % chunks::CHUNK).collect())
}

impl OpenRow {
    fn is_in_doubt(&self) -> bool {
        self.acknowledged < self.claimed
    }

    /// In doubt for longer than Segment remembers its ids.
    fn is_too_old(&self, now: Instant) -> bool {
        let is_old = |at: i64| now.since(Instant(at)) >= SENT_AGAIN_FOR;
        self.is_in_doubt() && self.claimed_at.is_some_and(is_old)
    }

    fn read(&self, now: Instant) -> Result<OpenPart> {
        Ok(OpenPart {
            lane: Lane::try_from(self.lane).map_err(Error::unexpected)?,
            generation: self.generation,
            chunk: place(self.chunk)?,
            transition: parse(&self.transition)?,
            in_doubt: self.is_in_doubt(),
            doubt: place(self.acknowledged)?..place(self.claimed)?,
            fast: self.fast_people.as_deref().map(places).transpose()?,
            is_expired: self.is_too_old(now),
        })
    }
}

/// What a step depends on beside its part, inside a `writing!` body.
macro_rules! read_before {
    ($storage:expr, $connection:ident, $part:expr, $step:expr, $now:expr) => {{
        let part: StoredPart = $part;
        let (mapping, chunk) = (part.mapping_id, part.chunk);
        let changes = sqlx::query_scalar(
            $storage.database.sql("SELECT value FROM counter WHERE name = 'identifiers' {share}"),
        )
        .fetch_one(&mut *$connection)
        .await?;
        let mut newer = Vec::new();
        if !$step.dead.is_empty() {
            newer = sqlx::query_as(
                "SELECT id, people FROM part WHERE mapping_id = $1 AND chunk = $2
                    AND generation > $3 AND is_open AND claimed = 0",
            )
            .bind(mapping)
            .bind(chunk)
            .bind(part.generation)
            .fetch_all(&mut *$connection)
            .await?;
        }
        let mut suppressed = Suppressed::default();
        if part.has_a_door()? {
            let audiences: Vec<InAudience> = sqlx::query_as(IN_AUDIENCES)
                .bind($now.0)
                .bind(chunk)
                .fetch_all(&mut *$connection)
                .await?;
            let others: Vec<OneByOne> = sqlx::query_as(ONE_BY_ONE)
                .bind($now.0)
                .bind(chunk * 65_536)
                .bind((chunk + 1) * 65_536)
                .fetch_all(&mut *$connection)
                .await?;
            suppressed = Suppressed::of(held(audiences, others)?);
        }
        let named = sqlx::query_scalar(
            "SELECT ordinal FROM named_as
            WHERE mapping_id = $1 AND ordinal >= $2 * 65536 AND ordinal < ($2 + 1) * 65536",
        )
        .bind(mapping)
        .bind(chunk)
        .fetch_all(&mut *$connection)
        .await?;
        let doubt = sqlx::query_scalar(
            "SELECT people FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2",
        )
        .bind(mapping)
        .bind(chunk)
        .fetch_optional(&mut *$connection)
        .await?;
        let mut there = PersonSet::new();
        if part.repeats {
            let folded = sqlx::query_scalar(
                "SELECT people FROM delivered_chunk WHERE mapping_id = $1 AND chunk = $2",
            )
            .bind(mapping)
            .bind(chunk)
            .fetch_optional(&mut *$connection)
            .await?;
            let parts = sqlx::query_as(
                "SELECT transition, people, acknowledged FROM part
                WHERE mapping_id = $1 AND chunk = $2 AND NOT folded ORDER BY generation, lane",
            )
            .bind(mapping)
            .bind(chunk)
            .fetch_all(&mut *$connection)
            .await?;
            there = presence::answered(folded, parts)?;
        }
        Before { part, changes, newer, suppressed, named, doubt, there }
    }};
}

#[async_trait]
impl DeliveryStore for Storage {
    async fn next(
        &self,
        lease: &Lease,
        mapping: MappingId,
        is_fast: bool,
        now: Instant,
    ) -> Result<Next> {
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
                "SELECT id, lane, generation, chunk, transition, acknowledged, claimed, claimed_at,
                    CASE WHEN fast THEN people END AS fast_people
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
                WHERE ours.id = $1 AND (other.retired_at IS NULL OR other.owes_exits)
                    AND p.is_open AND p.transition = 'exited'
                UNION
                SELECT there.chunk FROM mapping ours
                JOIN mapping other ON ours.exclusivity_group = other.exclusivity_group
                    AND ours.destination_id = other.destination_id AND ours.id <> other.id
                JOIN run r ON r.mapping_id = other.id AND r.held_exited > 0
                    AND (r.state IN ('waiting', 'delivering') OR (r.state = 'failed'
                        AND NOT EXISTS (SELECT 1 FROM run later WHERE later.mapping_id = other.id
                            AND later.started_at > r.started_at
                            AND later.state IN ('waiting', 'delivering', 'done'))))
                JOIN (SELECT mapping_id, chunk FROM delivered_chunk
                    UNION SELECT mapping_id, chunk FROM part WHERE NOT folded) there
                    ON there.mapping_id = other.id
                WHERE ours.id = $1 AND other.retired_at IS NULL",
            )
            .bind(mapping.0)
            .fetch_all(&mut *connection)
            .await?;
            let exits: BTreeSet<u32> = exits.into_iter().map(place).collect::<Result<_>>()?;
            // What a pause or a stop holds isn't in the queue.
            let mut open: Vec<OpenPart> = Vec::new();
            let mut queue: Vec<OpenRow> = Vec::new();
            for row in rows {
                let part = row.read(now)?;
                if may_go(part.lane, part.in_doubt, !goes) {
                    open.push(part);
                    queue.push(row);
                }
            }
            let suppressing = parse::<UseCase>(&use_case)? == UseCase::Suppress;
            let row = match choose(&open, &exits, suppressing, is_fast) {
                Choice::Nothing => return Ok(Next::Nothing),
                Choice::Wait { soon } => return Ok(Next::Blocked { soon }),
                Choice::Part(position) => &queue[position],
            };
            let content: ContentRow = sqlx::query_as(
                "SELECT p.people, p.decided_at, p.rendered, p.reasons, o.route
                FROM part p JOIN sync_order o ON o.id = p.order_id WHERE p.id = $1",
            )
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
                decided_at: Instant(content.decided_at),
                people: chunks::between(
                    &bitmap::decode(&content.people)?,
                    acknowledged,
                    chunks::CHUNK,
                ),
                acknowledged,
                claimed,
                claimed_at: row.claimed_at.map(Instant),
                rendered: content.rendered.as_deref().map(read_json).transpose()?,
                reasons: content.reasons.as_deref().map_or(Ok(Reasons::new()), read_reasons)?,
                route: content
                    .route
                    .as_deref()
                    .map(|text| read_json(text.as_bytes()))
                    .transpose()?,
            }))
        })
    }

    async fn named(
        &self,
        mapping: MappingId,
        transition: Transition,
        telling: Telling,
        people: &PersonSet,
    ) -> Result<Named> {
        self.names(mapping, transition, telling, people).await
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
            // The fast lane has a lease of its own: both take turns here.
            sqlx::query(self.database.sql(
                "SELECT id FROM mapping WHERE id = (SELECT mapping_id FROM part WHERE id = $1) {lock}",
            ))
            .bind(part.0)
            .execute(&mut *connection)
            .await?;
            let stored: StoredPart = sqlx::query_as(concat!(
                "SELECT p.mapping_id, d.key AS destination, m.use_case, ",
                goes!(),
                " AND NOT EXISTS (
                        SELECT 1 FROM run r WHERE r.id = $2 AND r.finished_at IS NOT NULL) AS goes,
                        p.lane, p.generation, p.transition, p.chunk, p.people, p.acknowledged,
                        p.claimed, p.claimed_at, p.decided_at, p.caused_at, p.pending, p.repeats,
                        p.is_open
                    FROM part p JOIN mapping m ON m.id = p.mapping_id
                    JOIN destination d ON d.id = m.destination_id WHERE p.id = $1"
            ))
            .bind(part.0)
            .bind(run.0)
            .fetch_one(&mut *connection)
            .await?;
            let before = read_before!(self, connection, stored, step, now);
            let (done, statements) = advance(before, step, part, run, now)?;
            for statement in statements {
                carry_out!(connection, statement);
            }
            Ok(done)
        })
    }
}
