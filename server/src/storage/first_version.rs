//! What was decided about a first version: one row, once somebody has chosen a goal.

use async_trait::async_trait;
use domain::{
    Error, Result,
    first_steps::{FirstVersion, Lifted, port::FirstVersionStore},
    mappings::UseCase,
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

/// What the audit trail calls it.
const SUBJECT: &str = "first version";

#[derive(FromRow)]
struct StoredVersion {
    goal: String,
    begun_by: String,
    begun_at: i64,
    is_capped: bool,
    is_dismissed: bool,
    lifted_reason: Option<String>,
    lifted_by: Option<String>,
    lifted_at: Option<i64>,
}

impl StoredVersion {
    fn read(self) -> Result<FirstVersion> {
        let lifted = match (self.lifted_reason, self.lifted_by, self.lifted_at) {
            (Some(reason), Some(by), Some(at)) => Some(Lifted { reason, by, at: Instant(at) }),
            _ => None,
        };
        Ok(FirstVersion {
            goal: parse(&self.goal)?,
            begun_by: self.begun_by,
            begun_at: Instant(self.begun_at),
            is_capped: self.is_capped,
            is_dismissed: self.is_dismissed,
            lifted,
        })
    }
}

fn missing() -> Failure {
    Failure::Domain(Error::NotFound("a goal: First steps begin with one".to_owned()))
}

#[async_trait]
impl FirstVersionStore for Storage {
    async fn first_version(&self) -> Result<Option<FirstVersion>> {
        let row: Option<StoredVersion> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT goal, begun_by, begun_at, is_capped, is_dismissed, lifted_reason, lifted_by,
                    lifted_at FROM first_version WHERE id = 1",
            )
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(StoredVersion::read).transpose()
    }

    async fn put_goal(&self, goal: UseCase, is_capped: bool, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO first_version (id, goal, begun_by, begun_at, is_capped, is_dismissed)
                VALUES (1, $1, $2, $3, $4, FALSE)
                ON CONFLICT (id) DO UPDATE SET goal = excluded.goal",
            )
            .bind(goal.as_str())
            .bind(by)
            .bind(now.0)
            .bind(is_capped)
            .execute(&mut *connection)
            .await?;
            let detail = serde_json::json!({ "goal": goal.as_str() }).to_string();
            audit!(self, connection, now, by, "choose goal", SUBJECT, detail);
            Ok(())
        })
    }

    async fn put_dismissed(&self, is_dismissed: bool, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let changed = sqlx::query("UPDATE first_version SET is_dismissed = $1 WHERE id = 1")
                .bind(is_dismissed)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if changed == 0 {
                return Err(missing());
            }
            let action = if is_dismissed { "put away" } else { "take out" };
            audit!(self, connection, now, by, action, "first steps", "{}");
            Ok(())
        })
    }

    async fn lift(&self, reason: &str, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let changed = sqlx::query(
                "UPDATE first_version SET lifted_reason = $1, lifted_by = $2, lifted_at = $3
                WHERE id = 1",
            )
            .bind(reason)
            .bind(by)
            .bind(now.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(missing());
            }
            let detail = serde_json::json!({ "reason": reason }).to_string();
            audit!(self, connection, now, by, "lift ceiling", SUBJECT, detail);
            Ok(())
        })
    }
}
