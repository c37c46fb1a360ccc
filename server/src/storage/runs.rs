//! Runs as pages and commands read them, and how one is cancelled.

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::Lane,
    ids::RunId,
    key::Key,
    sync::{
        RunRow,
        runs::{RunControl, RunReads},
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    audiences::size,
    configuration::parse,
    macros::{Failure, reading, writing},
    order::{StoredPart, drop_unclaimed},
    statement::carry_out,
};

/// A stored run. While it mirrors, `fetched` is what its audience's reading has seen so far.
#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "the columns of joins need a prefix")]
pub(super) struct StoredRun {
    run_id: Uuid,
    run_mapping: String,
    run_state: String,
    run_started_at: i64,
    run_finished_at: Option<i64>,
    run_fetched: i64,
    run_target: i64,
    run_entered: i64,
    run_repeated: i64,
    run_exited: i64,
    run_withheld: String,
    run_delivered: i64,
    run_dead: i64,
    run_generation: Option<i64>,
    run_error: Option<String>,
    run_by_events: bool,
}

/// The columns of [`StoredRun`], from `run r JOIN mapping m JOIN audience a`.
macro_rules! columns {
    () => {
        "r.id AS run_id, m.key AS run_mapping, r.state AS run_state, r.started_at AS run_started_at,
        r.finished_at AS run_finished_at,
        CASE WHEN r.state = 'mirroring' THEN COALESCE(a.reading, 0) ELSE r.fetched END AS run_fetched,
        r.target AS run_target, r.entered AS run_entered, r.repeated AS run_repeated, r.exited AS run_exited,
        r.withheld AS run_withheld, r.delivered AS run_delivered, r.dead AS run_dead,
        r.generation AS run_generation, r.error AS run_error, r.kind = 'events' AS run_by_events"
    };
}
pub(super) use columns;

impl StoredRun {
    pub(super) fn read(self) -> Result<RunRow> {
        Ok(RunRow {
            id: RunId(self.run_id),
            mapping: parse(&self.run_mapping)?,
            state: parse(&self.run_state)?,
            started_at: Instant(self.run_started_at),
            finished_at: self.run_finished_at.map(Instant),
            fetched: self.run_fetched.unsigned_abs(),
            target: self.run_target.unsigned_abs(),
            entered: self.run_entered.unsigned_abs(),
            repeated: self.run_repeated.unsigned_abs(),
            exited: self.run_exited.unsigned_abs(),
            withheld: serde_json::from_str(&self.run_withheld).map_err(Error::unexpected)?,
            delivered: self.run_delivered.unsigned_abs(),
            dead: self.run_dead.unsigned_abs(),
            generation: self.run_generation,
            error: self.run_error,
            by_events: self.run_by_events,
        })
    }
}

#[async_trait]
impl RunReads for Storage {
    async fn recent(
        &self,
        mapping: Option<&Key>,
        before: Option<Instant>,
        limit: i64,
    ) -> Result<Vec<RunRow>> {
        let rows: Vec<StoredRun> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM run r JOIN mapping m ON m.id = r.mapping_id
                JOIN audience a ON a.id = m.audience_id
                WHERE ($1 = '' OR (m.key = $1 AND m.retired_at IS NULL)) AND r.started_at < $2
                ORDER BY r.started_at DESC, r.id DESC LIMIT $3"
            ))
            .bind(mapping.map_or("", Key::as_str))
            .bind(before.map_or(i64::MAX, |before| before.0))
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(StoredRun::read).collect()
    }

    async fn run(&self, id: RunId) -> Result<Option<RunRow>> {
        let row: Option<StoredRun> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM run r JOIN mapping m ON m.id = r.mapping_id
                JOIN audience a ON a.id = m.audience_id WHERE r.id = $1"
            ))
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(StoredRun::read).transpose()
    }

    async fn newest_pass(&self, mapping: &Key, since: Instant) -> Result<Option<RunRow>> {
        let row: Option<StoredRun> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(concat!(
                "SELECT ",
                columns!(),
                " FROM run r JOIN mapping m ON m.id = r.mapping_id
                JOIN audience a ON a.id = m.audience_id
                WHERE m.key = $1 AND m.retired_at IS NULL AND r.kind = 'pass'
                    AND r.started_at >= $2 AND r.finished_at IS NOT NULL
                ORDER BY r.started_at DESC, r.id DESC LIMIT 1"
            ))
            .bind(mapping.as_str())
            .bind(since.0)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(StoredRun::read).transpose()
    }
}

#[async_trait]
impl RunControl for Storage {
    async fn cancel(&self, run: RunId, by: &str, now: Instant) -> Result<u64> {
        writing!(self.database, |connection| {
            let found: Option<(Uuid, String)> = sqlx::query_as(
                "SELECT m.id, m.key FROM run r JOIN mapping m ON m.id = r.mapping_id WHERE r.id = $1",
            )
            .bind(run.0)
            .fetch_optional(&mut *connection)
            .await?;
            let missing = || Failure::Domain(Error::NotFound(format!("run {run}")));
            let (mapping, key) = found.ok_or_else(missing)?;
            // Whoever works on the mapping locks this row first: no claim comes in between.
            let lock = self.database.sql("SELECT epoch FROM lease WHERE name = $1 {lock}");
            let _: Option<i64> = sqlx::query_scalar(lock)
                .bind(format!("mapping:{mapping}"))
                .fetch_optional(&mut *connection)
                .await?;
            let ended = sqlx::query(
                "UPDATE run SET state = 'failed', error = $1, finished_at = $2
                WHERE id = $3 AND finished_at IS NULL",
            )
            .bind(format!("cancelled by {by}"))
            .bind(now.0)
            .bind(run.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if ended == 0 {
                return Err(Failure::Domain(Error::Conflict(
                    "the run has ended: there is nothing to cancel any more".to_owned(),
                )));
            }
            let open: Vec<StoredPart> = sqlx::query_as(
                "SELECT id, chunk, generation, transition, people, acknowledged, claimed,
                    claimed_at, is_open, fast FROM part
                WHERE mapping_id = $1 AND is_open AND lane <> $2",
            )
            .bind(mapping)
            .bind(Lane::Protect as i64)
            .fetch_all(&mut *connection)
            .await?;
            let (dropped, statements) = drop_unclaimed(open)?;
            for statement in statements {
                carry_out!(connection, statement);
            }
            // Whoever should have left is still there: others of the group wait for that.
            sqlx::query("UPDATE run SET held_exited = held_exited + $1 WHERE id = $2")
                .bind(size(dropped.exits))
                .bind(run.0)
                .execute(&mut *connection)
                .await?;
            let detail = serde_json::json!({ "mapping": key, "dropped": dropped.people });
            audit!(self, connection, now, by, "cancel", format!("run {run}"), detail.to_string());
            Ok(dropped.people)
        })
    }
}
