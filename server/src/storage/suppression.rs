//! Whom the rules keep out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Result,
    ids::SuppressionId,
    people::PersonSet,
    suppression::{SuppressionRow, SuppressionSpec, service::SuppressionStore},
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Storage, bitmap, configuration::parse, macros::reading};

#[derive(FromRow)]
struct ListRow {
    id: Uuid,
    key: String,
    reason: String,
    audience: Option<String>,
    event: Option<String>,
    ttl: Option<i64>,
    owner: Option<String>,
    mirrored_at: Option<i64>,
    stale_reason: Option<String>,
}

/// The members of each rule's audience, and those who were first seen there within its ttl.
pub(super) const HELD: &str = "SELECT s.id, c.people FROM suppression s
        JOIN audience_chunk c ON c.audience_id = s.audience_id
        WHERE s.retired_at IS NULL AND ($2 < 0 OR c.chunk = $2)
    UNION ALL
    SELECT s.id, c.people FROM suppression s
        JOIN cohort c ON c.audience_id = s.audience_id
        WHERE s.retired_at IS NULL AND s.ttl IS NOT NULL AND c.seen_at + s.ttl > $1 AND ($2 < 0 OR c.chunk = $2)";

#[async_trait]
impl SuppressionStore for Storage {
    async fn suppressed(&self, now: Instant) -> Result<Vec<(SuppressionId, PersonSet)>> {
        reading!(self.database, |connection| {
            let rows: Vec<(Uuid, Vec<u8>)> =
                sqlx::query_as(HELD).bind(now.0).bind(-1_i64).fetch_all(&mut *connection).await?;
            let mut held: BTreeMap<Uuid, PersonSet> = BTreeMap::new();
            for (id, bytes) in rows {
                *held.entry(id).or_default() |= bitmap::decode(&bytes)?;
            }
            Ok(held.into_iter().map(|(id, people)| (SuppressionId(id), people)).collect())
        })
    }

    async fn suppression_rows(&self, now: Instant) -> Result<Vec<SuppressionRow>> {
        let held: BTreeMap<Uuid, u64> = self
            .suppressed(now)
            .await?
            .into_iter()
            .map(|(id, people)| (id.0, people.len()))
            .collect();
        let rows: Vec<ListRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT s.id, s.key, s.reason, a.key AS audience, s.event, s.ttl, s.owner, a.mirrored_at, a.stale_reason
                FROM suppression s LEFT JOIN audience a ON a.id = s.audience_id
                WHERE s.retired_at IS NULL ORDER BY s.key",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter()
            .map(|row| {
                Ok(SuppressionRow {
                    spec: SuppressionSpec {
                        key: parse(&row.key)?,
                        reason: row.reason,
                        audience: row.audience.as_deref().map(parse).transpose()?,
                        event: row.event,
                        ttl: row.ttl.map(Span),
                        owner: row.owner,
                    },
                    people: held.get(&row.id).copied().unwrap_or(0),
                    mirrored_at: row.mirrored_at.map(Instant),
                    stale: row.stale_reason,
                })
            })
            .collect()
    }
}
