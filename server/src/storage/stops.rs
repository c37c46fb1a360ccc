//! Emergency stops: who holds what, and what that means for a mapping.

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::{
        service::StopStore,
        stop::{Scope, Stop},
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

/// Whether mapping `m` may send what doesn't protect, as a condition.
macro_rules! goes {
    () => {
        "((m.active OR m.owes_exits) AND NOT EXISTS (SELECT 1 FROM delivery_stop held
            WHERE held.everywhere OR held.destination_id = m.destination_id))"
    };
}
pub(super) use goes;

#[derive(FromRow)]
struct StopRow {
    destination: Option<String>,
    stopped_by: String,
    stopped_at: i64,
}

impl StopRow {
    fn read(self) -> Result<Stop> {
        let scope = match self.destination.as_deref() {
            Some(key) => Scope::Destination(parse(key)?),
            None => Scope::Everything,
        };
        Ok(Stop { scope, by: self.stopped_by, since: Instant(self.stopped_at) })
    }
}

/// The id of the destination that a scope names, inside a body.
macro_rules! destination {
    ($connection:ident, $scope:expr) => {
        match $scope {
            Scope::Everything => None,
            Scope::Destination(key) => {
                let id: Option<Uuid> = sqlx::query_scalar(
                    "SELECT id FROM destination WHERE key = $1 AND retired_at IS NULL",
                )
                .bind(key.as_str())
                .fetch_optional(&mut *$connection)
                .await?;
                let missing = || Failure::Domain(Error::NotFound(format!("destination {key}")));
                Some(id.ok_or_else(missing)?)
            }
        }
    };
}

#[async_trait]
impl StopStore for Storage {
    async fn stops(&self) -> Result<Vec<Stop>> {
        let rows: Vec<StopRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT d.key AS destination, s.stopped_by, s.stopped_at
                FROM delivery_stop s LEFT JOIN destination d ON d.id = s.destination_id
                WHERE s.everywhere OR d.retired_at IS NULL
                ORDER BY s.everywhere DESC, d.key",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(StopRow::read).collect()
    }

    async fn stop(&self, scope: &Scope, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let destination = destination!(connection, scope);
            let stopped = sqlx::query(
                "INSERT INTO delivery_stop (id, destination_id, everywhere, stopped_by, stopped_at)
                VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            )
            .bind(self.ids.next())
            .bind(destination)
            .bind(destination.is_none())
            .bind(by)
            .bind(now.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if stopped == 1 {
                audit!(self, connection, now, by, "stop", scope.to_string(), "{}");
            }
            Ok(())
        })
    }

    async fn resume(&self, scope: &Scope, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let destination = destination!(connection, scope);
            let ended = sqlx::query(
                "DELETE FROM delivery_stop WHERE everywhere = $1 AND ($1 OR destination_id = $2)",
            )
            .bind(destination.is_none())
            .bind(destination)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if ended == 0 {
                return Ok(());
            }
            audit!(self, connection, now, by, "resume", scope.to_string(), "{}");
            sqlx::query(
                "UPDATE mapping SET next_run_at = $1
                WHERE active AND retired_at IS NULL AND ($2 OR destination_id = $3)",
            )
            .bind(now.0)
            .bind(destination.is_none())
            .bind(destination)
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }
}
