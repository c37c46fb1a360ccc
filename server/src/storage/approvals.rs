//! What waits for an operator, and what becomes of it.

use async_trait::async_trait;
use domain::{
    Error, Result,
    approvals::{ShrunkAudience, WaitingRun, port::ApprovalStore},
    ids::RunId,
    key::Key,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
    statement::{Statement, carry_out},
};

#[derive(FromRow)]
struct WaitingRow {
    id: Uuid,
    mapping: String,
    audience: String,
    destination: String,
    use_case: String,
    finished_at: i64,
    held_entered: i64,
    held_exited: i64,
    present: i64,
}

#[derive(FromRow)]
struct ShrunkRow {
    key: String,
    segment_name: Option<String>,
    stale_at: Option<i64>,
    members: i64,
    shrunk_to: i64,
    suppression: String,
}

impl WaitingRow {
    fn read(self) -> Result<WaitingRun> {
        Ok(WaitingRun {
            run: RunId(self.id),
            mapping: parse(&self.mapping)?,
            audience: parse(&self.audience)?,
            destination: parse(&self.destination)?,
            use_case: parse(&self.use_case)?,
            at: Instant(self.finished_at),
            entered: self.held_entered.unsigned_abs(),
            exited: self.held_exited.unsigned_abs(),
            present: self.present.unsigned_abs(),
        })
    }
}

/// Rows come one for each suppression, by audience.
fn shrunk(rows: Vec<ShrunkRow>) -> Result<Vec<ShrunkAudience>> {
    let mut all: Vec<ShrunkAudience> = Vec::new();
    for row in rows {
        let (audience, suppression): (Key, Key) = (parse(&row.key)?, parse(&row.suppression)?);
        match all.last_mut() {
            Some(last) if last.audience == audience => last.suppressions.push(suppression),
            _ => all.push(ShrunkAudience {
                audience,
                segment_name: row.segment_name,
                at: Instant(row.stale_at.unwrap_or(0)),
                kept: row.members.unsigned_abs(),
                read: row.shrunk_to.unsigned_abs(),
                suppressions: vec![suppression],
            }),
        }
    }
    Ok(all)
}

fn not_waiting(what: &str) -> Failure {
    Failure::Domain(Error::Conflict(format!(
        "{what} doesn't wait any more: load the page again to see what does"
    )))
}

/// Ends a run that waits, and no other.
fn end_waiting(run: RunId, words: String) -> Statement {
    let end = "UPDATE run SET state = 'done', error = $1 WHERE id = $2 AND state = 'waiting'";
    Statement::new(end).with(words).with(run.0)
}

#[async_trait]
impl ApprovalStore for Storage {
    async fn held_back(&self) -> Result<(Vec<WaitingRun>, Vec<ShrunkAudience>)> {
        let (runs, readings): (Vec<WaitingRow>, Vec<ShrunkRow>) =
            reading!(self.database, |connection| {
                let runs = sqlx::query_as(
                    "SELECT r.id, m.key AS mapping, a.key AS audience, d.key AS destination,
                        m.use_case, r.finished_at, r.held_entered, r.held_exited, r.present
                    FROM run r JOIN mapping m ON m.id = r.mapping_id
                    JOIN audience a ON a.id = m.audience_id
                    JOIN destination d ON d.id = m.destination_id
                    WHERE r.state = 'waiting' AND m.retired_at IS NULL AND r.finished_at IS NOT NULL
                    ORDER BY r.finished_at, m.key",
                )
                .fetch_all(&mut *connection)
                .await?;
                let readings = sqlx::query_as(
                    "SELECT a.key, a.segment_name, a.stale_at, a.members, a.shrunk_to,
                        s.key AS suppression
                    FROM audience a JOIN suppression s ON s.audience_id = a.id
                    WHERE a.retired_at IS NULL AND s.retired_at IS NULL AND a.shrunk_to IS NOT NULL
                        AND a.accepts_down_to IS NULL
                    ORDER BY a.key, s.key",
                )
                .fetch_all(&mut *connection)
                .await?;
                Ok((runs, readings))
            })?;
        let runs = runs.into_iter().map(WaitingRow::read).collect::<Result<_>>()?;
        Ok((runs, shrunk(readings)?))
    }

    async fn release(&self, run: RunId, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let ended = end_waiting(run, format!("released by {by}: the next run sends it"));
            if carry_out!(connection, ended) == 0 {
                return Err(not_waiting("the run"));
            }
            let release = Statement::new(
                "UPDATE mapping SET next_run_at = $1,
                    released_entered = (SELECT held_entered FROM run WHERE id = $2),
                    released_exited = (SELECT held_exited FROM run WHERE id = $2)
                WHERE id = (SELECT mapping_id FROM run WHERE id = $2)",
            )
            .with(now.0)
            .with(run.0);
            carry_out!(connection, release);
            audit!(self, connection, now, by, "release", format!("run {run}"), "{}");
            Ok(())
        })
    }

    async fn discard(&self, run: RunId, by: &str, now: Instant) -> Result<Key> {
        let key: String = writing!(self.database, |connection| {
            let ended = end_waiting(run, format!("discarded by {by}, who paused the mapping"));
            if carry_out!(connection, ended) == 0 {
                return Err(not_waiting("the run"));
            }
            audit!(self, connection, now, by, "discard", format!("run {run}"), "{}");
            Ok(sqlx::query_scalar(
                "SELECT m.key FROM mapping m JOIN run r ON r.mapping_id = m.id WHERE r.id = $1",
            )
            .bind(run.0)
            .fetch_one(&mut *connection)
            .await?)
        })?;
        parse(&key)
    }

    async fn accept_shrunk(&self, audience: &Key, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let accept = Statement::new(
                "UPDATE audience SET accepts_down_to = shrunk_to
                WHERE key = $1 AND retired_at IS NULL AND shrunk_to IS NOT NULL",
            )
            .with(audience.as_str());
            if carry_out!(connection, accept) == 0 {
                return Err(not_waiting("the audience"));
            }
            let again = Statement::new("UPDATE mapping SET next_run_at = $1 WHERE active");
            carry_out!(connection, again.with(now.0));
            let subject = format!("audience {audience}");
            audit!(self, connection, now, by, "accept smaller reading", subject, "{}");
            Ok(())
        })
    }
}
