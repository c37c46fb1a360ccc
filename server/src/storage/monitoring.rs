//! Reads what was counted: see [`domain::monitoring`]. [`super::monitoring_counts`] writes it.
//!
//! Mappings are few and each has its rows side by side: a range is read mapping by mapping.

use async_trait::async_trait;
use domain::{
    Result,
    key::Key,
    mappings::UseCase,
    monitoring::{
        ChangeMark, Deed, Only,
        port::MonitoringStore,
        report::{CameIn, Moved, Timed, Total},
        window::Window,
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Storage, configuration::parse, dialect::gathered, macros::reading};

/// Rows of `$1` a level, from `$2` to before `$3`, of the mapping `$4` and the destination `$5`
/// unless they are empty.
macro_rules! counted {
    () => {
        " FROM mapping m CROSS JOIN mapping_rollup r CROSS JOIN destination d
        WHERE r.level = $1 AND r.mapping_id = m.id AND r.at >= $2 AND r.at < $3
            AND d.id = m.destination_id AND ($4 = '' OR m.key = $4) AND ($5 = '' OR d.key = $5)"
    };
}

/// By step of `$6` and mapping.
const MOVED: &str = concat!(
    "SELECT CAST({gather}({array}(step, mapping, destination, what, count)) AS TEXT) FROM (
        SELECT (r.at - $2) / $6 AS step, m.key AS mapping, d.key AS destination, r.what AS what,
            CAST(SUM(r.count) AS BIGINT) AS count",
    counted!(),
    " AND r.what <> 'left'
        GROUP BY (r.at - $2) / $6, m.key, d.key, r.what) counted"
);

/// By step of `$6` and bucket.
const TIMED: &str = concat!(
    "SELECT CAST({gather}({array}(step, what, bucket, count)) AS TEXT) FROM (
        SELECT (r.at - $2) / $6 AS step, r.what AS what, r.bucket AS bucket,
            CAST(SUM(r.count) AS BIGINT) AS count",
    counted!(),
    " AND r.what IN ('entered', 'exited', 'left')
        GROUP BY (r.at - $2) / $6, r.what, r.bucket) counted"
);

/// By mapping and bucket.
const TOTALS: &str = concat!(
    "SELECT CAST({gather}({array}(mapping, destination, use_case, what, bucket, count)) AS TEXT)
    FROM (
        SELECT m.key AS mapping, d.key AS destination, MAX(m.use_case) AS use_case,
            r.what AS what, r.bucket AS bucket, CAST(SUM(r.count) AS BIGINT) AS count",
    counted!(),
    " AND $6 > 0 GROUP BY m.key, d.key, r.what, r.bucket) counted"
);

const CAME_IN: &str = "SELECT CAST({gather}({array}(step, name, verdict, count)) AS TEXT) FROM (
        SELECT (at - $2) / $4 AS step, name, verdict, CAST(SUM(count) AS BIGINT) AS count
        FROM event_rollup WHERE level = $1 AND at >= $2 AND at < $3
        GROUP BY (at - $2) / $4, name, verdict) counted";

/// What the trail says from `$1` to before `$2` of the mapping `$3` and those of the destination
/// `$4` unless they are empty, of outages and of the contract: these concern all.
const CHANGES: &str = "SELECT at, actor, action, subject, detail FROM audit
    WHERE at >= $1 AND at < $2 AND (action IN ('hold calls', 'let calls go')
        OR (action = 'approve' AND substr(subject, 1, 7) = 'change ')
        OR (substr(subject, 1, 8) = 'mapping ' AND ($3 = '' OR substr(subject, 9) = $3)
            AND ($4 = '' OR substr(subject, 9) IN (SELECT m.key FROM mapping m
                JOIN destination d ON d.id = m.destination_id WHERE d.key = $4))))
    ORDER BY at DESC, id DESC LIMIT $5";

/// Runs that waited for somebody, begun from `$1` to before `$2`; the rest as above.
const WAITED: &str = "SELECT r.id, r.started_at, m.key FROM run r
    JOIN mapping m ON m.id = r.mapping_id JOIN destination d ON d.id = m.destination_id
    WHERE r.started_at >= $1 AND r.started_at < $2 AND (r.held_entered > 0 OR r.held_exited > 0)
        AND ($3 = '' OR m.key = $3) AND ($4 = '' OR d.key = $4)
    ORDER BY r.started_at DESC, r.id DESC LIMIT $5";

#[derive(FromRow)]
struct ChangeRow {
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

#[derive(FromRow)]
struct WaitedRow {
    id: Uuid,
    started_at: i64,
    key: String,
}

impl ChangeRow {
    fn read(self) -> ChangeMark {
        let of = |kind: &str| self.subject.strip_prefix(kind).unwrap_or_default().to_owned();
        let (deed, subject, id) = match self.action.as_str() {
            "hold calls" => (Deed::Outage, of("connection "), String::new()),
            "let calls go" => (Deed::OutageOver, of("connection "), String::new()),
            "approve" => {
                // A title is what its author called it; without one it is found by its id.
                let detail: serde_json::Value =
                    serde_json::from_str(&self.detail).unwrap_or_default();
                let title = detail["title"].as_str().unwrap_or_default().to_owned();
                (Deed::Contract, title, of("change "))
            }
            _ => (Deed::Mapping, of("mapping "), of("mapping ")),
        };
        ChangeMark { at: Instant(self.at), deed, subject, id, action: self.action, by: self.actor }
    }
}

impl WaitedRow {
    fn read(self) -> ChangeMark {
        ChangeMark {
            at: Instant(self.started_at),
            deed: Deed::Waiting,
            subject: self.key,
            id: self.id.to_string(),
            action: "wait".to_owned(),
            by: String::new(),
        }
    }
}

/// The rows of a query over [`counted`], as one text.
macro_rules! gather {
    ($storage:expr, $query:expr, $window:expr, $only:expr) => {{
        let (window, only): (&Window, &Only) = ($window, $only);
        let text: Option<String> = reading!($storage.database, |connection| {
            Ok(sqlx::query_scalar($storage.database.sql($query))
                .bind(window.level.as_str())
                .bind(window.from.0)
                .bind(window.until().0)
                .bind(&only.mapping)
                .bind(&only.destination)
                .bind(window.step.0)
                .fetch_one(&mut *connection)
                .await?)
        })?;
        gathered(text.as_deref())?
    }};
}

#[async_trait]
impl MonitoringStore for Storage {
    async fn moved(&self, window: &Window, only: &Only) -> Result<Vec<Moved>> {
        let rows: Vec<(u32, Key, Key, String, u64)> = gather!(self, MOVED, window, only);
        let read = |(step, mapping, destination, called, count): (_, _, _, String, _)| {
            Ok(Moved { step, mapping, destination, what: parse(&called)?, count })
        };
        rows.into_iter().map(read).collect()
    }

    async fn timed(&self, window: &Window, only: &Only) -> Result<Vec<Timed>> {
        let rows: Vec<(u32, String, u16, u64)> = gather!(self, TIMED, window, only);
        let read = |(step, called, bucket, count): (_, String, _, _)| {
            Ok(Timed { step, what: parse(&called)?, bucket, count })
        };
        rows.into_iter().map(read).collect()
    }

    async fn totals(&self, window: &Window, only: &Only) -> Result<Vec<Total>> {
        type Row = (Key, Key, UseCase, String, u16, u64);
        let rows: Vec<Row> = gather!(self, TOTALS, window, only);
        let read = |(mapping, destination, use_case, called, bucket, count): Row| {
            Ok(Total { mapping, destination, use_case, what: parse(&called)?, bucket, count })
        };
        rows.into_iter().map(read).collect()
    }

    async fn came_in(&self, window: &Window) -> Result<Vec<CameIn>> {
        let text: Option<String> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(self.database.sql(CAME_IN))
                .bind(window.level.as_str())
                .bind(window.from.0)
                .bind(window.until().0)
                .bind(window.step.0)
                .fetch_one(&mut *connection)
                .await?)
        })?;
        let rows: Vec<(u32, String, String, u64)> = gathered(text.as_deref())?;
        let read = |(step, name, verdict, count): (_, _, String, _)| {
            Ok(CameIn { step, name, verdict: parse(&verdict)?, count })
        };
        rows.into_iter().map(read).collect()
    }

    async fn marks(
        &self,
        from: Instant,
        until: Instant,
        only: &Only,
        at_most: u32,
    ) -> Result<Vec<ChangeMark>> {
        let (changes, waited): (Vec<ChangeRow>, Vec<WaitedRow>) =
            reading!(self.database, |connection| {
                let changes = sqlx::query_as(CHANGES)
                    .bind(from.0)
                    .bind(until.0)
                    .bind(&only.mapping)
                    .bind(&only.destination)
                    .bind(i64::from(at_most))
                    .fetch_all(&mut *connection)
                    .await?;
                let waited = sqlx::query_as(WAITED)
                    .bind(from.0)
                    .bind(until.0)
                    .bind(&only.mapping)
                    .bind(&only.destination)
                    .bind(i64::from(at_most))
                    .fetch_all(&mut *connection)
                    .await?;
                Ok((changes, waited))
            })?;
        let changes = changes.into_iter().rev().map(ChangeRow::read);
        let mut marks: Vec<ChangeMark> =
            changes.chain(waited.into_iter().rev().map(WaitedRow::read)).collect();
        marks.sort_by_key(|mark| mark.at);
        marks.drain(..marks.len().saturating_sub(at_most as usize));
        Ok(marks)
    }

    async fn counted_since(&self) -> Result<Option<Instant>> {
        let since: Option<i64> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(
                "SELECT MIN(at) FROM (
                    SELECT MIN(r.at) AS at FROM mapping m
                        CROSS JOIN mapping_rollup r WHERE r.level = 'day' AND r.mapping_id = m.id
                    UNION ALL SELECT MIN(at) FROM event_rollup WHERE level = 'day') firsts",
            )
            .fetch_one(&mut *connection)
            .await?)
        })?;
        Ok(since.map(Instant))
    }
}
