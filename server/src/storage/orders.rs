//! Runs begin, order and end here. What an order writes is computed in [`super::order`].

use async_trait::async_trait;
use domain::{
    Result,
    delivery::{letters::EXIT_AGAIN, message::Installation, port::Lease},
    ids::{MappingId, RunId},
    mappings::Mapping,
    people::{Ordinal, PersonSet},
    sync::{
        RunState,
        port::{IdentifierSets, OrderRequest, Ordered, SyncStore},
    },
    time::{Instant, Span},
};
use uuid::Uuid;

use super::{
    Storage,
    audiences::text,
    bitmap, leases,
    macros::{reading, writing},
    order::{Before, StoredMapping, StoredPart, write_order},
    order_rows::UNFOLDED,
    people::ordinal,
    presence::{ClaimedPart, claimed},
    spans,
    statement::carry_out,
    stops::goes,
    trail,
};

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
            // Whatever waited is decided anew; what is released is kept with the mapping.
            sqlx::query("UPDATE run SET state = 'done', error = 'a newer run has decided anew' WHERE mapping_id = $1 AND state = 'waiting'")
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
            // A refused exit is tried again by itself: that person is still there.
            sqlx::query(
                "UPDATE dead_letter SET resolved_at = $1 WHERE mapping_id = $2 AND at <= $3
                    AND transition = 'exited' AND resolved_at IS NULL AND discarded_at IS NULL",
            )
            .bind(now.0)
            .bind(mapping.id.0)
            .bind(now.minus(EXIT_AGAIN).0)
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
        // As in `people`: dense sets by their range, sparse ones by their numbers.
        let dense = u64::from(last - first) < 4 * people.len();
        let rows: Vec<(i64, String)> = reading!(self.database, |connection| {
            if dense {
                let query = sqlx::query_as(
                    "SELECT ordinal, cio_id FROM person WHERE ordinal BETWEEN $1 AND $2",
                );
                let query = query.bind(i64::from(first)).bind(i64::from(last));
                Ok(query.fetch_all(&mut *connection).await?)
            } else {
                let query = sqlx::query_as(self.database.sql(
                    "SELECT p.ordinal, p.cio_id FROM {rows}
                    JOIN person p ON p.ordinal = CAST(rows.value AS BIGINT)",
                ));
                let numbers = text(&people.iter().collect::<Vec<Ordinal>>())?;
                Ok(query.bind(numbers).fetch_all(&mut *connection).await?)
            }
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

    async fn present(&self, mapping: MappingId) -> Result<PersonSet> {
        let (folded, parts): (Vec<Vec<u8>>, Vec<ClaimedPart>) =
            reading!(self.database, |connection| {
                let folded =
                    sqlx::query_scalar("SELECT people FROM delivered_chunk WHERE mapping_id = $1")
                        .bind(mapping.0)
                        .fetch_all(&mut *connection)
                        .await?;
                let parts = sqlx::query_as(
                    "SELECT transition, people, claimed FROM part
                    WHERE mapping_id = $1 AND NOT folded ORDER BY generation, lane",
                )
                .bind(mapping.0)
                .fetch_all(&mut *connection)
                .await?;
                Ok((folded, parts))
            })?;
        claimed(&folded, parts)
    }

    async fn waiting(&self, mapping: &Mapping, now: Instant) -> Result<PersonSet> {
        let since = |span: Option<Span>| span.map(|span| now.minus(span).0);
        reading!(self.database, |connection| {
            let blobs: Vec<Vec<u8>> = sqlx::query_scalar(
                "SELECT people FROM cohort WHERE audience_id = $1 AND seen_at > $2
                UNION ALL SELECT people FROM departure WHERE mapping_id = $3 AND left_at > $4",
            )
            .bind(mapping.audience_id.0)
            .bind(since(mapping.spec.offset))
            .bind(mapping.id.0)
            .bind(since(mapping.spec.dwell))
            .fetch_all(&mut *connection)
            .await?;
            Ok(bitmap::join(&blobs)?)
        })
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
        let (mapping, now) = (request.mapping.id.0, request.now);
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            // Whoever retires it or sends it elsewhere now waits until the order is written.
            sqlx::query(self.database.sql("SELECT id FROM mapping WHERE id = $1 {lock}"))
                .bind(mapping)
                .execute(&mut *connection)
                .await?;
            let stored: StoredMapping = sqlx::query_as(concat!(
                "SELECT r.finished_at IS NOT NULL AS has_ended, ",
                goes!(),
                " AS goes, m.retired_at IS NOT NULL AS is_retired, m.owes_exits, d.integration,
                    d.profile, m.generation, m.route, m.last_done_at, m.adopts,
                    m.released_entered, m.released_exited
                FROM run r JOIN mapping m ON m.id = r.mapping_id
                JOIN destination d ON d.id = m.destination_id WHERE r.id = $1"
            ))
            .bind(request.run.0)
            .fetch_one(&mut *connection)
            .await?;
            if stored.is_void(request) {
                return Ok(Ordered::default());
            }
            let parts: Vec<StoredPart> = sqlx::query_as(
                "SELECT id, chunk, generation, transition, people, acknowledged, claimed,
                    claimed_at, is_open, fast
                FROM part WHERE mapping_id = $1 AND NOT folded ORDER BY generation, lane",
            )
            .bind(mapping)
            .fetch_all(&mut *connection)
            .await?;
            let spans = if parts.len() > UNFOLDED {
                sqlx::query_as(spans::OPEN)
                    .bind(mapping)
                    .bind(spans::FOLDS)
                    .fetch_all(&mut *connection)
                    .await?
            } else {
                Vec::new()
            };
            let tells = request.route.entry.is_some();
            let withheld = if tells {
                sqlx::query_as("SELECT cause, people FROM withheld_chunk WHERE mapping_id = $1")
                    .bind(mapping)
                    .fetch_all(&mut *connection)
                    .await?
            } else {
                Vec::new()
            };
            let audience_version = if tells {
                sqlx::query_scalar(trail::VERSIONS)
                    .bind(format!("audience {}", request.route.audience_key))
                    .fetch_one(&mut *connection)
                    .await?
            } else {
                0
            };
            let before = Before {
                audience_version,
                withheld,
                mapping: stored,
                folded: sqlx::query_as(
                    "SELECT chunk, people FROM delivered_chunk WHERE mapping_id = $1",
                )
                .bind(mapping)
                .fetch_all(&mut *connection)
                .await?,
                parts,
                spans,
                doubt: sqlx::query_as(
                    "SELECT chunk, people FROM doubt_chunk WHERE mapping_id = $1",
                )
                .bind(mapping)
                .fetch_all(&mut *connection)
                .await?,
                names: sqlx::query_as(
                    "SELECT n.ordinal, n.person_id AS there_id, n.email AS there_email,
                        n.phone AS there_phone, p.person_id, p.email, p.phone
                    FROM named_as n JOIN person p ON p.ordinal = n.ordinal WHERE n.mapping_id = $1",
                )
                .bind(mapping)
                .fetch_all(&mut *connection)
                .await?,
                stuck: sqlx::query_as(
                    "SELECT ordinal, discarded_at IS NOT NULL FROM dead_letter
                    WHERE mapping_id = $1 AND transition = 'exited' AND resolved_at IS NULL",
                )
                .bind(mapping)
                .fetch_all(&mut *connection)
                .await?,
            };
            let (ordered, statements) = write_order(request, before, self.ids.as_ref())?;
            for statement in statements {
                carry_out!(connection, statement);
            }
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
            let ended = sqlx::query("UPDATE run SET state = $1, error = $2, finished_at = $3 WHERE id = $4 AND finished_at IS NULL")
                .bind(state.as_str())
                .bind(error)
                .bind(now.0)
                .bind(run.0)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if state == RunState::Done && ended == 1 {
                // What was released has been done, unless a pause or a stop held it.
                sqlx::query(concat!(
                    "UPDATE mapping AS m SET last_done_at = $1, released_entered = NULL,
                        released_exited = NULL
                    WHERE m.id = (SELECT mapping_id FROM run WHERE id = $2) AND ",
                    goes!()
                ))
                .bind(now.0)
                .bind(run.0)
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        })
    }
}
