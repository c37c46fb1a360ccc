//! Runs begin, decide and end here. An order is written in one transaction: what an older
//! one hasn't claimed is replaced, and the difference to what is present becomes parts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::{Lane, Transition, message::Installation, port::Lease},
    ids::{MappingId, RunId},
    mappings::Mapping,
    people::{Ordinal, PersonSet, chunks, chunks::CHUNK},
    sync::{
        Cause, RunState,
        diff::{apply, diff},
        port::{IdentifierSets, OrderRequest, Ordered, SyncStore},
    },
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
    people::ordinal,
};

/// Closed parts that may lie beside the folded set before they are folded in.
const UNFOLDED: usize = 16;

#[derive(FromRow)]
struct PartRow {
    id: Uuid,
    chunk: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    is_open: bool,
}

/// An older part as a new decision finds it.
struct OldPart {
    id: Uuid,
    chunk: u32,
    transition: Transition,
    /// Those claimed: sent, or perhaps sent.
    kept: PersonSet,
    /// Those not claimed: replaced by the new decision.
    dropped: bool,
    pending: u64,
    is_open: bool,
    was_open: bool,
}

impl PartRow {
    fn read(self) -> Result<OldPart> {
        let place = |number: i64| u32::try_from(number).map_err(Error::unexpected);
        let (acknowledged, claimed) = (place(self.acknowledged)?, place(self.claimed)?);
        let people = bitmap::decode(&self.people)?;
        let kept = if self.is_open { chunks::between(&people, 0, claimed) } else { people.clone() };
        let in_doubt = chunks::between(&kept, acknowledged, CHUNK).len();
        Ok(OldPart {
            id: self.id,
            chunk: place(self.chunk)?,
            transition: parse(&self.transition)?,
            dropped: kept.len() < people.len(),
            pending: if self.is_open { in_doubt } else { 0 },
            is_open: self.is_open && in_doubt > 0,
            was_open: self.is_open,
            kept,
        })
    }
}

#[async_trait]
impl SyncStore for Storage {
    async fn installation(&self) -> Result<Installation> {
        reading!(self.database, |connection| {
            let (key, number): (Uuid, i64) = sqlx::query_as("SELECT key, number FROM installation")
                .fetch_one(&mut *connection)
                .await?;
            Ok(Installation { key, number })
        })
    }

    async fn begin(
        &self,
        lease: &Lease,
        run: RunId,
        mapping: &Mapping,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query("UPDATE run SET state = 'failed', finished_at = $1, error = 'the process ended before the run did'
                    WHERE mapping_id = $2 AND state IN ('mirroring', 'delivering')")
                .bind(now.0)
                .bind(mapping.id.0)
                .execute(&mut *connection)
                .await?;
            sqlx::query("INSERT INTO run (id, mapping_id, state, started_at) VALUES ($1, $2, 'mirroring', $3)")
                .bind(run.0)
                .bind(mapping.id.0)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            sqlx::query("UPDATE mapping SET next_run_at = $1 WHERE id = $2")
                .bind(now.plus(mapping.spec.every).0)
                .bind(mapping.id.0)
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM run_request WHERE mapping_id = $1")
                .bind(mapping.id.0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    async fn identifier_sets(&self) -> Result<IdentifierSets> {
        let rows: Vec<(String, Vec<u8>)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT identifier, people FROM identifier_chunk")
                .fetch_all(&mut *connection)
                .await?)
        })?;
        let mut sets = IdentifierSets::default();
        for (identifier, bytes) in rows {
            let people = bitmap::decode(&bytes)?;
            match identifier.as_str() {
                "email" => sets.email |= people,
                "phone" => sets.phone |= people,
                _ => sets.id |= people,
            }
        }
        Ok(sets)
    }

    async fn cio_ids(&self, people: &PersonSet) -> Result<Vec<(Ordinal, String)>> {
        let (Some(first), Some(last)) = (people.min(), people.max()) else {
            return Ok(Vec::new());
        };
        let rows: Vec<(i64, String)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT ordinal, cio_id FROM person WHERE ordinal BETWEEN $1 AND $2")
                .bind(i64::from(first))
                .bind(i64::from(last))
                .fetch_all(&mut *connection)
                .await?)
        })?;
        let mut ids = Vec::new();
        for (number, cio_id) in rows {
            let number = ordinal(number)?;
            if people.contains(number) {
                ids.push((number, cio_id));
            }
        }
        Ok(ids)
    }

    async fn refused(&self, mapping: MappingId) -> Result<PersonSet> {
        let rows: Vec<i64> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(
                "SELECT ordinal FROM dead_letter WHERE mapping_id = $1 AND resolved_at IS NULL",
            )
            .bind(mapping.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(ordinal).collect()
    }

    async fn order(&self, lease: &Lease, request: &OrderRequest<'_>) -> Result<Ordered> {
        let OrderRequest { mapping, decision, now, .. } = *request;
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);

            // 1. What is present: folded chunks, then every part that isn't, oldest first.
            let folded: Vec<Vec<u8>> =
                sqlx::query_scalar("SELECT people FROM delivered_chunk WHERE mapping_id = $1")
                    .bind(mapping.id.0)
                    .fetch_all(&mut *connection)
                    .await?;
            let mut present = bitmap::join(&folded)?;
            let rows: Vec<PartRow> = sqlx::query_as(
                "SELECT id, chunk, transition, people, acknowledged, claimed, is_open FROM part
                WHERE mapping_id = $1 AND NOT folded ORDER BY generation, lane",
            )
            .bind(mapping.id.0)
            .fetch_all(&mut *connection)
            .await?;
            let parts: Vec<OldPart> = rows.into_iter().map(PartRow::read).collect::<Result<_>>()?;
            for part in &parts {
                apply(&mut present, part.transition, &part.kept);
                if part.was_open && (part.dropped || !part.is_open) {
                    sqlx::query(
                        "UPDATE part SET people = $1, pending = $2, is_open = $3 WHERE id = $4",
                    )
                    .bind(bitmap::encode(&part.kept))
                    .bind(size(part.pending))
                    .bind(part.is_open)
                    .bind(part.id)
                    .execute(&mut *connection)
                    .await?;
                }
            }

            // 2. Fold what is closed, unless something older of its chunk is still open.
            let closed = parts.iter().filter(|part| !part.is_open).count();
            if closed > UNFOLDED {
                let stored: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                    "SELECT chunk, people FROM delivered_chunk WHERE mapping_id = $1",
                )
                .bind(mapping.id.0)
                .fetch_all(&mut *connection)
                .await?;
                let (chunks, done) = fold(stored, &parts)?;
                for (chunk, people) in chunks {
                    sqlx::query("INSERT INTO delivered_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)
                            ON CONFLICT (mapping_id, chunk) DO UPDATE SET people = excluded.people")
                        .bind(mapping.id.0)
                        .bind(i64::from(chunk))
                        .bind(bitmap::encode(&people))
                        .execute(&mut *connection)
                        .await?;
                }
                for id in done {
                    sqlx::query("UPDATE part SET folded = $1 WHERE id = $2")
                        .bind(true)
                        .bind(id)
                        .execute(&mut *connection)
                        .await?;
                }
            }

            // 3. The difference, in lanes and chunks.
            let mut changes =
                diff(mapping.spec.use_case, &decision.target, &present, request.suppressed);
            if !mapping.spec.active {
                // A paused mapping sends only what protects.
                changes.retain(|change| change.lane == Lane::Protect);
            }
            let count = |wanted: Transition| -> u64 {
                changes
                    .iter()
                    .filter(|change| change.transition == wanted)
                    .map(|change| change.people.len())
                    .sum()
            };
            let ordered =
                Ordered { entered: count(Transition::Entered), exited: count(Transition::Exited) };
            let mut generation: Option<i64> = None;
            if !changes.is_empty() {
                let raised: i64 = sqlx::query_scalar("UPDATE mapping SET generation = generation + 1 WHERE id = $1 RETURNING generation")
                    .bind(mapping.id.0)
                    .fetch_one(&mut *connection)
                    .await?;
                generation = Some(raised);
                sqlx::query("INSERT INTO sync_order (id, mapping_id, run_id, generation, decided_at) VALUES ($1, $2, $3, $4, $5)")
                    .bind(request.order.0)
                    .bind(mapping.id.0)
                    .bind(request.run.0)
                    .bind(raised)
                    .bind(now.0)
                    .execute(&mut *connection)
                    .await?;
                for change in &changes {
                    for (chunk, people) in chunks::split(&change.people) {
                        sqlx::query("INSERT INTO part (id, order_id, mapping_id, run_id, generation, decided_at, lane, chunk, transition, people, pending, is_open)
                                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")
                            .bind(self.ids.next())
                            .bind(request.order.0)
                            .bind(mapping.id.0)
                            .bind(request.run.0)
                            .bind(raised)
                            .bind(now.0)
                            .bind(change.lane as i64)
                            .bind(i64::from(chunk))
                            .bind(change.transition.as_str())
                            .bind(bitmap::encode(&people))
                            .bind(size(people.len()))
                            .bind(true)
                            .execute(&mut *connection)
                            .await?;
                    }
                }
            }

            // 4. What pages show: the withheld sets and the counts.
            sqlx::query("DELETE FROM withheld_chunk WHERE mapping_id = $1")
                .bind(mapping.id.0)
                .execute(&mut *connection)
                .await?;
            for (cause, set) in &decision.withheld {
                for (chunk, people) in chunks::split(set) {
                    sqlx::query("INSERT INTO withheld_chunk (mapping_id, cause, chunk, people) VALUES ($1, $2, $3, $4)")
                        .bind(mapping.id.0)
                        .bind(cause.as_str())
                        .bind(i64::from(chunk))
                        .bind(bitmap::encode(&people))
                        .execute(&mut *connection)
                        .await?;
                }
            }
            let withheld = counts_text(&decision.counts());
            sqlx::query(
                "UPDATE mapping SET members = $1, target = $2, withheld = $3 WHERE id = $4",
            )
            .bind(size(decision.members))
            .bind(size(decision.target.len()))
            .bind(&withheld)
            .bind(mapping.id.0)
            .execute(&mut *connection)
            .await?;
            sqlx::query("UPDATE run SET state = 'delivering', fetched = $1, target = $2, entered = $3, exited = $4, withheld = $5, generation = $6 WHERE id = $7")
                .bind(size(decision.members))
                .bind(size(decision.target.len()))
                .bind(size(ordered.entered))
                .bind(size(ordered.exited))
                .bind(&withheld)
                .bind(generation)
                .bind(request.run.0)
                .execute(&mut *connection)
                .await?;
            Ok(ordered)
        })
    }

    async fn finish(
        &self,
        run: RunId,
        state: RunState,
        error: Option<&str>,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            // Not if another process has closed it meanwhile.
            sqlx::query("UPDATE run SET state = $1, error = $2, finished_at = $3 WHERE id = $4 AND finished_at IS NULL")
                .bind(state.as_str())
                .bind(error)
                .bind(now.0)
                .bind(run.0)
                .execute(&mut *connection)
                .await?;
            if state == RunState::Done {
                sqlx::query("UPDATE mapping SET last_done_at = $1 WHERE id = (SELECT mapping_id FROM run WHERE id = $2)")
                    .bind(now.0)
                    .bind(run.0)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        })
    }
}

/// Counts by cause as stored.
fn counts_text(counts: &BTreeMap<Cause, u64>) -> String {
    serde_json::to_string(counts).unwrap_or_default()
}

/// The folded chunks after closed parts, and which parts those are. A chunk with an open
/// part is left as it is: what was closed after it would be applied too early.
fn fold(
    stored: Vec<(i64, Vec<u8>)>,
    parts: &[OldPart],
) -> std::result::Result<(BTreeMap<u32, PersonSet>, Vec<Uuid>), Failure> {
    let open: Vec<u32> = parts.iter().filter(|part| part.is_open).map(|part| part.chunk).collect();
    let mut before: BTreeMap<u32, PersonSet> = BTreeMap::new();
    for (chunk, bytes) in stored {
        before.insert(u32::try_from(chunk).map_err(Error::unexpected)?, bitmap::decode(&bytes)?);
    }
    let mut chunks: BTreeMap<u32, PersonSet> = BTreeMap::new();
    let mut done = Vec::new();
    for part in parts.iter().filter(|part| !part.is_open && !open.contains(&part.chunk)) {
        let people = chunks
            .entry(part.chunk)
            .or_insert_with(|| before.get(&part.chunk).cloned().unwrap_or_default());
        apply(people, part.transition, &part.kept);
        done.push(part.id);
    }
    Ok((chunks, done))
}
