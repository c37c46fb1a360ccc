//! The canary purchaser and its rounds: see [`domain::events::canary`].

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::port::Lease,
    events::canary::{
        Round,
        port::{CanaryStore, Chosen},
    },
    people::Ordinal,
    retention::HISTORY_DAYS,
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    audiences::text,
    leases,
    macros::{Failure, reading, writing},
    people::ordinal,
};

#[derive(FromRow)]
struct ChosenRow {
    ordinal: i64,
    cio_id: String,
    chosen_at: i64,
}

#[derive(FromRow)]
struct RoundRow {
    id: Uuid,
    began_at: i64,
    due_at: i64,
    ended_at: Option<i64>,
    stood: String,
    there: String,
}

impl RoundRow {
    fn read(self) -> Result<(Uuid, Round)> {
        let keys = |text: &str| serde_json::from_str(text).map_err(Error::unexpected);
        let round = Round {
            began_at: Instant(self.began_at),
            due_at: Instant(self.due_at),
            ended_at: self.ended_at.map(Instant),
            stood: keys(&self.stood)?,
            there: keys(&self.there)?,
        };
        Ok((self.id, round))
    }
}

#[async_trait]
impl CanaryStore for Storage {
    async fn canary(&self) -> Result<Option<Chosen>> {
        let row: Option<ChosenRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT c.ordinal, p.cio_id, c.chosen_at FROM canary c
                JOIN person p ON p.ordinal = c.ordinal",
            )
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        let read = |row: ChosenRow| {
            Ok(Chosen {
                person: ordinal(row.ordinal)?,
                cio_id: row.cio_id,
                at: Instant(row.chosen_at),
            })
        };
        row.map(read).transpose()
    }

    async fn choose(&self, person: Option<Ordinal>, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let before: Option<i64> = sqlx::query_scalar("SELECT ordinal FROM canary")
                .fetch_optional(&mut *connection)
                .await?;
            let after = person.map(i64::from);
            if before == after {
                return Ok(());
            }
            sqlx::query("DELETE FROM canary").execute(&mut *connection).await?;
            if let Some(person) = after {
                let chosen = sqlx::query(
                    "INSERT INTO canary (ordinal, chosen_at)
                    SELECT ordinal, $2 FROM test_person WHERE ordinal = $1",
                )
                .bind(person)
                .bind(now.0)
                .execute(&mut *connection)
                .await?
                .rows_affected();
                if chosen == 0 {
                    let what = "pinned test person by that name: pin them on a mapping's page";
                    return Err(Failure::Domain(Error::NotFound(what.to_owned())));
                }
            }
            let detail = serde_json::json!({ "before": before, "after": after }).to_string();
            let action = if after.is_some() { "choose" } else { "dismiss" };
            audit!(self, connection, now, by, action, "canary", detail);
            Ok(())
        })
    }

    async fn rounds(&self, limit: i64) -> Result<Vec<(Uuid, Round)>> {
        let rows: Vec<RoundRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT id, began_at, due_at, ended_at, stood, there FROM canary_round
                ORDER BY began_at DESC LIMIT $1",
            )
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(RoundRow::read).collect()
    }

    async fn put_round(
        &self,
        lease: &Lease,
        person: Ordinal,
        id: Uuid,
        round: &Round,
        now: Instant,
    ) -> Result<()> {
        let (stood, there) = (text(&round.stood)?, text(&round.there)?);
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            // Whoever was let go of meanwhile has no rounds.
            sqlx::query(
                "INSERT INTO canary_round (id, ordinal, began_at, due_at, ended_at, stood, there)
                SELECT $1, ordinal, $3, $4, $5, $6, $7 FROM canary WHERE ordinal = $2
                ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at,
                    there = excluded.there",
            )
            .bind(id)
            .bind(i64::from(person))
            .bind(round.began_at.0)
            .bind(round.due_at.0)
            .bind(round.ended_at.map(|at| at.0))
            .bind(&stood)
            .bind(&there)
            .execute(&mut *connection)
            .await?;
            sqlx::query("DELETE FROM canary_round WHERE began_at <= $1")
                .bind(now.minus(Span::from_hours(24 * HISTORY_DAYS)).0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }
}
