//! Whom the rules keep out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    ids::{MappingId, SuppressionId},
    key::Key,
    people::PersonSet,
    suppression::{SuppressionRow, SuppressionSpec, held::Held, service::SuppressionStore},
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage, bitmap,
    configuration::parse,
    macros::{reading, writing},
    people::ordinal,
};

#[derive(FromRow)]
struct ListRow {
    id: Uuid,
    key: String,
    reason: String,
    audience: Option<String>,
    event: Option<String>,
    list: bool,
    destinations: String,
    ttl: Option<i64>,
    owner: Option<String>,
    mirrored_at: Option<i64>,
    stale_reason: Option<String>,
}

/// The destinations of a rule, as stored.
pub(super) fn read_scope(text: &str) -> Result<Vec<Key>> {
    serde_json::from_str(text).map_err(Error::unexpected)
}

/// The members of each rule's audience, and those who were first seen there within its ttl: at
/// `$1`, of chunk `$2`, or all where that is negative.
pub(super) const IN_AUDIENCES: &str = "SELECT s.id, s.destinations, c.people FROM suppression s
        JOIN audience_chunk c ON c.audience_id = s.audience_id
        WHERE s.retired_at IS NULL AND ($2 < 0 OR c.chunk = $2)
    UNION ALL
    SELECT s.id, s.destinations, c.people FROM suppression s
        JOIN cohort c ON c.audience_id = s.audience_id
        WHERE s.retired_at IS NULL AND s.ttl IS NOT NULL AND c.seen_at + s.ttl > $1 AND ($2 < 0 OR c.chunk = $2)";

/// Whom lists and events hold at `$1`, one by one, of people from `$2` up to `$3`.
pub(super) const ONE_BY_ONE: &str = "SELECT s.id, s.destinations, p.ordinal FROM suppression s
        JOIN listing l ON l.suppression_id = s.id
        JOIN listed_person p ON p.listing_id = l.id AND p.ordinal >= $2 AND p.ordinal < $3
        WHERE s.retired_at IS NULL AND s.list AND l.held_since IS NOT NULL AND l.ended_at IS NULL
            AND (s.ttl IS NULL OR l.held_since + s.ttl > $1)
    UNION ALL
    SELECT s.id, s.destinations, h.ordinal FROM suppression s
        JOIN held_person h ON h.suppression_id = s.id AND h.ordinal >= $2 AND h.ordinal < $3
        WHERE s.retired_at IS NULL AND s.event IS NOT NULL
            AND (s.ttl IS NULL OR h.since + s.ttl > $1)";

/// Has mappings run soon.
macro_rules! make_due {
    ($connection:ident, $mappings:expr, $now:expr) => {
        for mapping in $mappings {
            sqlx::query(
                "UPDATE mapping SET next_run_at = $1 WHERE id = $2 AND retired_at IS NULL
                    AND (next_run_at IS NULL OR next_run_at > $1)",
            )
            .bind($now.0)
            .bind(mapping.0)
            .execute(&mut *$connection)
            .await?;
        }
    };
}
pub(super) use make_due;

/// A row of [`IN_AUDIENCES`].
pub(super) type InAudience = (Uuid, String, Vec<u8>);

/// A row of [`ONE_BY_ONE`].
pub(super) type OneByOne = (Uuid, String, i64);

/// Puts together what both say, a rule once.
pub(super) fn held(audiences: Vec<InAudience>, others: Vec<OneByOne>) -> Result<Vec<Held>> {
    let mut rules: BTreeMap<Uuid, (String, PersonSet)> = BTreeMap::new();
    for (id, scope, bytes) in audiences {
        rules.entry(id).or_insert_with(|| (scope, PersonSet::new())).1 |= bitmap::decode(&bytes)?;
    }
    for (id, scope, number) in others {
        let rule = rules.entry(id).or_insert_with(|| (scope, PersonSet::new()));
        rule.1.insert(ordinal(number)?);
    }
    let rules = rules.into_iter().map(|(id, (scope, people))| {
        Ok(Held { rule: SuppressionId(id), destinations: read_scope(&scope)?, people })
    });
    rules.collect()
}

#[async_trait]
impl SuppressionStore for Storage {
    async fn suppressed(&self, now: Instant) -> Result<Vec<Held>> {
        reading!(self.database, |connection| {
            let audiences: Vec<InAudience> = sqlx::query_as(IN_AUDIENCES)
                .bind(now.0)
                .bind(-1_i64)
                .fetch_all(&mut *connection)
                .await?;
            let others: Vec<OneByOne> = sqlx::query_as(ONE_BY_ONE)
                .bind(now.0)
                .bind(0_i64)
                .bind(i64::MAX)
                .fetch_all(&mut *connection)
                .await?;
            Ok(held(audiences, others)?)
        })
    }

    async fn would_hold(&self, spec: &SuppressionSpec, now: Instant) -> Result<PersonSet> {
        let ttl = spec.ttl.map(|ttl| ttl.0);
        reading!(self.database, |connection| {
            if let Some(audience) = &spec.audience {
                let blobs: Vec<Vec<u8>> = sqlx::query_scalar(
                    "SELECT c.people FROM audience a JOIN audience_chunk c ON c.audience_id = a.id
                        WHERE a.key = $1 AND a.retired_at IS NULL
                    UNION ALL
                    SELECT c.people FROM audience a JOIN cohort c ON c.audience_id = a.id
                        WHERE a.key = $1 AND a.retired_at IS NULL AND c.seen_at + $2 > $3",
                )
                .bind(audience.as_str())
                .bind(ttl)
                .bind(now.0)
                .fetch_all(&mut *connection)
                .await?;
                return Ok(bitmap::join(&blobs)?);
            }
            if spec.event.is_some() {
                let numbers: Vec<i64> = sqlx::query_scalar(
                    "SELECT h.ordinal FROM suppression s
                    JOIN held_person h ON h.suppression_id = s.id
                    WHERE s.key = $1 AND s.retired_at IS NULL AND s.event = $4
                        AND (CAST($2 AS BIGINT) IS NULL OR h.since + $2 > $3)",
                )
                .bind(spec.key.as_str())
                .bind(ttl)
                .bind(now.0)
                .bind(spec.event.as_deref())
                .fetch_all(&mut *connection)
                .await?;
                return Ok(numbers.into_iter().map(ordinal).collect::<Result<PersonSet>>()?);
            }
            let numbers: Vec<i64> = sqlx::query_scalar(
                "SELECT DISTINCT p.ordinal FROM suppression s
                JOIN listing l ON l.suppression_id = s.id
                JOIN listed_person p ON p.listing_id = l.id
                WHERE s.key = $1 AND s.retired_at IS NULL AND s.list AND l.held_since IS NOT NULL
                    AND l.ended_at IS NULL
                    AND (CAST($2 AS BIGINT) IS NULL OR l.held_since + $2 > $3)",
            )
            .bind(spec.key.as_str())
            .bind(ttl)
            .bind(now.0)
            .fetch_all(&mut *connection)
            .await?;
            Ok(numbers.into_iter().map(ordinal).collect::<Result<PersonSet>>()?)
        })
    }

    async fn make_due(&self, mappings: &[MappingId], now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            make_due!(connection, mappings, now);
            Ok(())
        })
    }

    async fn suppression_rows(&self, now: Instant) -> Result<Vec<SuppressionRow>> {
        let held: BTreeMap<Uuid, u64> = self
            .suppressed(now)
            .await?
            .into_iter()
            .map(|held| (held.rule.0, held.people.len()))
            .collect();
        let rows: Vec<ListRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT s.id, s.key, s.reason, a.key AS audience, s.event, s.list, s.destinations,
                    s.ttl, s.owner, a.mirrored_at, a.stale_reason
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
                        list: row.list,
                        destinations: read_scope(&row.destinations)?,
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
