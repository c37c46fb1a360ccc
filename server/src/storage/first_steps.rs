//! What the installation is for: see [`domain::first_steps`].

use async_trait::async_trait;
use domain::{Result, first_steps::GoalStore, mappings::UseCase, time::Instant};

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{reading, writing},
};

#[async_trait]
impl GoalStore for Storage {
    async fn goal(&self) -> Result<Option<UseCase>> {
        let goal: Option<String> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar("SELECT value FROM setting WHERE name = 'goal'")
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        goal.as_deref().map(parse).transpose()
    }

    async fn put_goal(&self, goal: UseCase, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO setting (name, value) VALUES ('goal', $1)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind(goal.as_str())
            .execute(&mut *connection)
            .await?;
            let detail = serde_json::json!({ "goal": goal }).to_string();
            audit!(self, connection, now, by, "set", "goal", detail);
            Ok(())
        })
    }
}
