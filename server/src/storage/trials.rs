//! Controlled tests: who may be sent by hand, and what became of each sending.

use async_trait::async_trait;
use domain::{
    Result,
    ids::MappingId,
    mappings::trial::{Proof, TestPerson, Trial, port::TrialStore},
    people::{Ordinal, identifiers::masked},
    retention::HISTORY_DAYS,
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    audiences::size,
    macros::{reading, writing},
    people::ordinal,
};

#[derive(FromRow)]
struct PinnedRow {
    ordinal: i64,
    cio_id: String,
    email: Option<String>,
    pinned_by: String,
    pinned_at: i64,
}

#[derive(FromRow)]
struct TrialRow {
    id: Uuid,
    cio_id: String,
    sent_by: String,
    sent_at: i64,
    mark: String,
    messages: i64,
    arrived_at: Option<i64>,
    forwarded_at: Option<i64>,
    looked_at: Option<i64>,
}

impl TrialRow {
    fn read(self) -> Trial {
        Trial {
            id: self.id,
            cio_id: self.cio_id,
            by: self.sent_by,
            sent_at: Instant(self.sent_at),
            mark: self.mark,
            messages: self.messages.unsigned_abs(),
            arrived_at: self.arrived_at.map(Instant),
            forwarded_at: self.forwarded_at.map(Instant),
            looked_at: self.looked_at.map(Instant),
        }
    }
}

/// How the audit trail names somebody: by number, so that nobody is named once forgotten.
fn subject(person: Ordinal) -> String {
    format!("test person {person}")
}

#[async_trait]
impl TrialStore for Storage {
    async fn pinned(&self) -> Result<Vec<(Ordinal, TestPerson)>> {
        let rows: Vec<PinnedRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT t.ordinal, p.cio_id, p.email, t.pinned_by, t.pinned_at
                FROM test_person t JOIN person p ON p.ordinal = t.ordinal
                ORDER BY t.pinned_at, t.ordinal",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |row: PinnedRow| {
            let person = TestPerson {
                cio_id: row.cio_id,
                email: row.email.as_deref().map(masked),
                by: row.pinned_by,
                at: Instant(row.pinned_at),
            };
            Ok((ordinal(row.ordinal)?, person))
        };
        rows.into_iter().map(read).collect()
    }

    async fn pin(&self, person: Ordinal, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let pinned = sqlx::query(
                "INSERT INTO test_person (ordinal, pinned_by, pinned_at) VALUES ($1, $2, $3)
                ON CONFLICT (ordinal) DO NOTHING",
            )
            .bind(i64::from(person))
            .bind(by)
            .bind(now.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if pinned > 0 {
                audit!(self, connection, now, by, "pin", subject(person), "{}");
            }
            Ok(())
        })
    }

    async fn unpin(&self, person: Ordinal, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let gone = sqlx::query("DELETE FROM test_person WHERE ordinal = $1")
                .bind(i64::from(person))
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if gone > 0 {
                audit!(self, connection, now, by, "unpin", subject(person), "{}");
            }
            Ok(())
        })
    }

    async fn trials(&self, mapping: MappingId, limit: i64) -> Result<Vec<Trial>> {
        let rows: Vec<TrialRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT t.id, p.cio_id, t.sent_by, t.sent_at, t.mark, t.messages, t.arrived_at,
                    t.forwarded_at, t.looked_at
                FROM controlled_test t JOIN person p ON p.ordinal = t.ordinal
                WHERE t.mapping_id = $1 ORDER BY t.sent_at DESC, t.id DESC LIMIT $2",
            )
            .bind(mapping.0)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(rows.into_iter().map(TrialRow::read).collect())
    }

    async fn best_proof(&self, mapping: MappingId) -> Result<Option<Proof>> {
        let (sent, arrived, forwarded): (i64, i64, i64) = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT COUNT(*), COUNT(arrived_at), COUNT(forwarded_at) FROM controlled_test
                WHERE mapping_id = $1",
            )
            .bind(mapping.0)
            .fetch_one(&mut *connection)
            .await?)
        })?;
        let proofs =
            [(forwarded, Proof::Forwarded), (arrived, Proof::Arrived), (sent, Proof::Sent)];
        Ok(proofs.into_iter().find(|(count, _)| *count > 0).map(|(_, proof)| proof))
    }

    async fn put_trial(&self, mapping: MappingId, person: Ordinal, trial: &Trial) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO controlled_test (id, mapping_id, ordinal, sent_by, sent_at, mark, messages)
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(trial.id)
            .bind(mapping.0)
            .bind(i64::from(person))
            .bind(&trial.by)
            .bind(trial.sent_at.0)
            .bind(&trial.mark)
            .bind(size(trial.messages))
            .execute(&mut *connection)
            .await?;
            sqlx::query("DELETE FROM controlled_test WHERE mapping_id = $1 AND sent_at < $2")
                .bind(mapping.0)
                .bind(trial.sent_at.minus(Span::from_hours(24 * HISTORY_DAYS)).0)
                .execute(&mut *connection)
                .await?;
            let subject = format!("controlled test {}", trial.mark);
            audit!(self, connection, trial.sent_at, &trial.by, "send test", subject, "{}");
            Ok(())
        })
    }

    async fn put_proof(&self, trial: &Trial) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "UPDATE controlled_test SET arrived_at = COALESCE(arrived_at, $2),
                    forwarded_at = COALESCE(forwarded_at, $3), looked_at = $4
                WHERE id = $1",
            )
            .bind(trial.id)
            .bind(trial.arrived_at.map(|at| at.0))
            .bind(trial.forwarded_at.map(|at| at.0))
            .bind(trial.looked_at.map(|at| at.0))
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }
}
