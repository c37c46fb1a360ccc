//! How coverage went, day by day.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Result,
    audiences::coverage::{port::TrendStore, trend::CoverageDay},
    day::Day,
    ids::AudienceId,
    key::Key,
    time::Instant,
};

use super::{
    Storage,
    configuration::parse,
    macros::{reading, writing},
};

#[async_trait]
impl TrendStore for Storage {
    async fn put_coverage(&self, days: &[(AudienceId, CoverageDay)], now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            for (audience, one) in days {
                sqlx::query(
                    "INSERT INTO coverage_day (audience_id, day, members, contact, counted_at)
                    VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (audience_id, day) DO UPDATE SET members = excluded.members,
                        contact = excluded.contact, counted_at = excluded.counted_at",
                )
                .bind(audience.0)
                .bind(one.day.to_string())
                .bind(one.members.cast_signed())
                .bind(one.contact.cast_signed())
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        })
    }

    async fn coverage_days(&self, since: Day) -> Result<BTreeMap<Key, Vec<CoverageDay>>> {
        let rows: Vec<(String, String, i64, i64)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT a.key, c.day, c.members, c.contact FROM coverage_day c
                JOIN audience a ON a.id = c.audience_id AND a.retired_at IS NULL
                WHERE c.day >= $1 ORDER BY c.day",
            )
            .bind(since.to_string())
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let mut days: BTreeMap<Key, Vec<CoverageDay>> = BTreeMap::new();
        for (audience, day, members, contact) in rows {
            let (members, contact) = (members.cast_unsigned(), contact.cast_unsigned());
            let one = CoverageDay { day: parse(&day)?, members, contact };
            days.entry(parse(&audience)?).or_default().push(one);
        }
        Ok(days)
    }
}
