//! What waits for a decision, and what was told of it: see [`domain::notices`].

use async_trait::async_trait;
use domain::{
    Result,
    delivery::port::Lease,
    notices::{
        Notice, Told,
        port::{NoticeStore, Waiting},
    },
    retention::HISTORY_DAYS,
    time::{Instant, Span},
};
use sqlx::FromRow;

use super::{
    Storage,
    audiences::text,
    leases,
    macros::{reading, writing},
};

#[derive(FromRow)]
struct NoticeRow {
    subject: String,
    words: String,
    page: String,
    since: i64,
    told_at: Option<i64>,
    ended_at: Option<i64>,
    tried_at: Option<i64>,
    failures: i64,
    failure: Option<String>,
}

impl NoticeRow {
    fn read(self) -> Told {
        Told {
            notice: Notice { subject: self.subject, words: self.words, page: self.page },
            since: Instant(self.since),
            told_at: self.told_at.map(Instant),
            ended_at: self.ended_at.map(Instant),
            tried_at: self.tried_at.map(Instant),
            failures: u32::try_from(self.failures).unwrap_or(u32::MAX),
            failure: self.failure,
        }
    }
}

macro_rules! notices {
    ($rest:literal) => {
        concat!(
            "SELECT subject, words, page, since, told_at, ended_at, tried_at, failures, failure
            FROM notice ",
            $rest
        )
    };
}

#[async_trait]
impl NoticeStore for Storage {
    async fn open_notices(&self) -> Result<Vec<Told>> {
        let rows: Vec<NoticeRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(notices!("WHERE ended_at IS NULL ORDER BY since, subject"))
                .fetch_all(&mut *connection)
                .await?)
        })?;
        Ok(rows.into_iter().map(NoticeRow::read).collect())
    }

    async fn notices(&self, at_most: u64) -> Result<Vec<Told>> {
        let rows: Vec<NoticeRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(notices!(
                "ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, since DESC, subject
                LIMIT $1"
            ))
            .bind(i64::try_from(at_most).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(rows.into_iter().map(NoticeRow::read).collect())
    }

    async fn note_notices(
        &self,
        lease: &Lease,
        begun: &[Waiting],
        ended: &[&str],
        now: Instant,
    ) -> Result<()> {
        let rows = begun.iter().map(|Waiting { notice, lull }| {
            // Who has ceased to wait since then has not.
            let ceased = lull.map_or(i64::MAX, |lull| now.minus(lull).0);
            (&notice.subject, &notice.words, &notice.page, ceased)
        });
        let rows: Vec<_> = rows.collect();
        let (rows, ended) = (text(&rows)?, text(&ended)?);
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query(self.database.sql(
                "UPDATE notice SET ended_at = $2 WHERE ended_at IS NULL AND subject IN
                    (SELECT {value} FROM {rows})",
            ))
            .bind(&ended)
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
            sqlx::query(self.database.sql(
                "UPDATE notice SET ended_at = NULL, words = rows.value ->> 1
                FROM {rows} WHERE notice.subject = rows.value ->> 0
                    AND notice.ended_at >= CAST(rows.value ->> 3 AS BIGINT)",
            ))
            .bind(&rows)
            .execute(&mut *connection)
            .await?;
            // What waits once more is told once more.
            sqlx::query(self.database.sql(
                "INSERT INTO notice (subject, words, page, since, failures)
                SELECT rows.value ->> 0, rows.value ->> 1, rows.value ->> 2, $2, 0
                FROM {rows} WHERE TRUE
                ON CONFLICT (subject) DO UPDATE SET words = excluded.words, page = excluded.page,
                    since = excluded.since, told_at = NULL, ended_at = NULL, tried_at = NULL,
                    failures = 0, failure = NULL
                WHERE notice.ended_at IS NOT NULL",
            ))
            .bind(&rows)
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
            sqlx::query("DELETE FROM notice WHERE ended_at < $1")
                .bind(now.minus(Span::from_hours(HISTORY_DAYS * 24)).0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    async fn tell_notices(
        &self,
        lease: &Lease,
        subjects: &[&str],
        failure: Option<&str>,
        now: Instant,
    ) -> Result<()> {
        let rows = text(&subjects)?;
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query(self.database.sql(
                "UPDATE notice SET tried_at = $2, failure = $3,
                    told_at = CASE WHEN $3 IS NULL THEN $2 ELSE told_at END,
                    failures = CASE WHEN $3 IS NULL THEN failures ELSE failures + 1 END
                WHERE subject IN (SELECT {value} FROM {rows})",
            ))
            .bind(&rows)
            .bind(now.0)
            .bind(failure)
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }
}
