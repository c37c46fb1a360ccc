//! Which environment a database belongs to: said once, and never another from then on, so that
//! no process of staging works the database of production by mistake.

use domain::Result;

use super::{Storage, macros::writing};

impl Storage {
    /// The environment that the database belongs to: this one, if nobody has said any yet.
    pub async fn belongs_to(&self, environment: &str) -> Result<String> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO setting (name, value) VALUES ('environment', $1)
                ON CONFLICT (name) DO NOTHING",
            )
            .bind(environment)
            .execute(&mut *connection)
            .await?;
            Ok(sqlx::query_scalar("SELECT value FROM setting WHERE name = 'environment'")
                .fetch_one(&mut *connection)
                .await?)
        })
    }
}
