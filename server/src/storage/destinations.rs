//! Destinations as their page shows them.

use async_trait::async_trait;
use domain::{
    Result,
    destinations::{DestinationRow, DestinationSpec, service::DestinationStore},
};
use sqlx::FromRow;

use super::{
    Storage,
    configuration::{json, parse},
    macros::reading,
};

#[derive(FromRow)]
struct ListRow {
    key: String,
    profile: String,
    integration: String,
    fields: String,
    hash: bool,
    value: Option<String>,
    budget: Option<String>,
    mappings: i64,
    delivered: i64,
}

#[async_trait]
impl DestinationStore for Storage {
    async fn destination_rows(&self) -> Result<Vec<DestinationRow>> {
        let rows: Vec<ListRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT d.key, d.profile, d.integration, d.fields, d.hash, d.value, d.budget, COUNT(m.id) AS mappings,
                    CAST(COALESCE(SUM(m.delivered), 0) AS BIGINT) AS delivered
                FROM destination d LEFT JOIN mapping m ON m.destination_id = d.id AND m.retired_at IS NULL
                WHERE d.retired_at IS NULL
                GROUP BY d.id, d.key, d.profile, d.integration, d.fields, d.hash, d.value, d.budget ORDER BY d.key",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(DestinationRow {
                    spec: DestinationSpec {
                        key: parse(&row.key)?,
                        profile: parse(&row.profile)?,
                        integration: row.integration,
                        fields: json(&row.fields)?,
                        hash: row.hash,
                        value: row.value.as_deref().map(json).transpose()?,
                        budget: row.budget.as_deref().map(json).transpose()?.unwrap_or_default(),
                    },
                    mappings: row.mappings.unsigned_abs(),
                    delivered: row.delivered.max(0).unsigned_abs(),
                })
            })
            .collect()
    }
}
