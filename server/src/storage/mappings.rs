//! Mappings as their pages show them, and wishes to run them.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::Transition,
    ids::MappingId,
    key::Key,
    mappings::{
        ClosingRow, HoldoutPercent, MappingRow, MappingSpec,
        gates::Override,
        health::{Signs, health},
        lately::Lately,
        port::MappingStore,
    },
    people::{PersonSet, chunks},
    sync::RunRow,
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    bitmap,
    configuration::parse,
    delivery::place,
    gates::{OVERRIDES, StoredOverride},
    macros::{Failure, reading, writing},
    people::ordinal,
    runs::{StoredRun, columns},
    stops::goes,
};

#[derive(FromRow)]
struct ListRow {
    key: String,
    audience: String,
    destination: String,
    use_case: String,
    exclusivity_group: Option<String>,
    priority: i64,
    every: i64,
    holdout: i64,
    hold_for: Option<i64>,
    stay_out: Option<i64>,
    entry_event: Option<String>,
    active: bool,
    segment_name: Option<String>,
    profile: String,
    members: i64,
    target: i64,
    delivered: i64,
    pending: i64,
    withheld: String,
    last_done_at: Option<i64>,
    next_run_at: Option<i64>,
}

impl ListRow {
    fn read(self, beside: &mut Beside, now: Instant) -> Result<MappingRow> {
        let key: Key = parse(&self.key)?;
        let last_run = beside.runs.remove(&key);
        let passed = beside.passed.remove(&key).unwrap_or_default();
        let every = Span(self.every);
        let last_done_at = self.last_done_at.map(Instant);
        let signs = Signs {
            active: self.active,
            last_run: last_run.as_ref().map(|run| run.state),
            last_done_at,
            every,
        };
        Ok(MappingRow {
            health: health(signs, now),
            spec: MappingSpec {
                key,
                audience: parse(&self.audience)?,
                destination: parse(&self.destination)?,
                use_case: parse(&self.use_case)?,
                exclusivity_group: self.exclusivity_group.as_deref().map(parse).transpose()?,
                priority: self.priority,
                every,
                holdout_percent: HoldoutPercent(self.holdout),
                offset: self.hold_for.map(Span),
                dwell: self.stay_out.map(Span),
                entry_event: self.entry_event,
                active: self.active,
            },
            segment_name: self.segment_name,
            profile: parse(&self.profile)?,
            members: self.members.unsigned_abs(),
            target: self.target.unsigned_abs(),
            delivered: self.delivered.max(0).unsigned_abs(),
            pending: self.pending.unsigned_abs(),
            withheld: serde_json::from_str(&self.withheld).map_err(Error::unexpected)?,
            last_run,
            last_done_at,
            next_run_at: self.next_run_at.filter(|_| self.active).map(Instant),
            passed,
        })
    }
}

/// What rows of other tables say of mappings, by key.
#[derive(Default)]
struct Beside {
    /// The newest run.
    runs: HashMap<Key, RunRow>,
    /// Gates that it passes.
    passed: HashMap<Key, Vec<Override>>,
}

#[derive(FromRow)]
struct StoredClosing {
    id: Uuid,
    key: String,
    destination: String,
    profile: String,
    retired_at: i64,
    delivered: i64,
    goes: bool,
    next_run_at: Option<i64>,
}

impl StoredClosing {
    fn read(self, last_run: Option<StoredRun>) -> Result<ClosingRow> {
        Ok(ClosingRow {
            key: parse(&self.key)?,
            destination: parse(&self.destination)?,
            profile: parse(&self.profile)?,
            retired_at: Instant(self.retired_at),
            owed: self.delivered.max(0).unsigned_abs(),
            is_stopped: !self.goes,
            last_run: last_run.map(StoredRun::read).transpose()?,
            next_run_at: self.next_run_at.map(Instant),
        })
    }
}

#[async_trait]
impl MappingStore for Storage {
    async fn mapping_rows(&self, now: Instant) -> Result<Vec<MappingRow>> {
        type Read = (Vec<ListRow>, Vec<StoredRun>, Vec<StoredOverride>);
        let (rows, runs, passed): Read = reading!(self.database, |connection| {
            let rows = sqlx::query_as(
                "SELECT m.key, a.key AS audience, d.key AS destination, m.use_case, m.exclusivity_group,
                    m.priority, m.every, m.holdout, m.hold_for, m.stay_out, m.entry_event, m.active, a.segment_name, d.profile,
                    m.members, m.target, m.delivered,
                    CAST((SELECT COALESCE(SUM(p.pending), 0) FROM part p WHERE p.mapping_id = m.id AND p.is_open) AS BIGINT) AS pending,
                    m.withheld, m.last_done_at, m.next_run_at
                FROM mapping m
                JOIN audience a ON a.id = m.audience_id
                JOIN destination d ON d.id = m.destination_id
                WHERE m.retired_at IS NULL ORDER BY m.key",
            )
            .fetch_all(&mut *connection)
            .await?;
            let runs = sqlx::query_as(concat!(
                "SELECT ", columns!(), " FROM mapping m
                JOIN audience a ON a.id = m.audience_id
                JOIN run r ON r.id = (SELECT newest.id FROM run newest WHERE newest.mapping_id = m.id AND newest.kind = 'pass'
                    ORDER BY newest.started_at DESC, newest.id DESC LIMIT 1)
                WHERE m.retired_at IS NULL"
            ))
            .fetch_all(&mut *connection)
            .await?;
            let passed = sqlx::query_as(OVERRIDES).fetch_all(&mut *connection).await?;
            Ok((rows, runs, passed))
        })?;
        let mut beside = Beside::default();
        for run in runs {
            let run = run.read()?;
            beside.runs.insert(run.mapping.clone(), run);
        }
        for one in passed {
            beside.passed.entry(parse(&one.key)?).or_default().push(one.read()?);
        }
        rows.into_iter().map(|row| row.read(&mut beside, now)).collect()
    }

    async fn closing_rows(&self) -> Result<Vec<ClosingRow>> {
        reading!(self.database, |connection| {
            let rows: Vec<StoredClosing> = sqlx::query_as(concat!(
                "SELECT m.id, m.key, d.key AS destination, d.profile, m.retired_at, m.delivered,
                    m.next_run_at, ",
                goes!(),
                " AS goes
                FROM mapping m JOIN destination d ON d.id = m.destination_id
                WHERE m.retired_at IS NOT NULL AND m.owes_exits ORDER BY m.retired_at, m.id"
            ))
            .fetch_all(&mut *connection)
            .await?;
            let mut closing = Vec::new();
            for row in rows {
                let newest: Option<StoredRun> = sqlx::query_as(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM run r JOIN mapping m ON m.id = r.mapping_id
                    JOIN audience a ON a.id = m.audience_id
                    WHERE m.id = $1 AND r.kind = 'pass' ORDER BY r.started_at DESC, r.id DESC LIMIT 1"
                ))
                .bind(row.id)
                .fetch_optional(&mut *connection)
                .await?;
                closing.push(row.read(newest)?);
            }
            Ok(closing)
        })
    }

    async fn request_run(&self, mapping: MappingId, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("INSERT INTO run_request (mapping_id, requested_by, requested_at) VALUES ($1, $2, $3) ON CONFLICT (mapping_id) DO NOTHING")
                .bind(mapping.0)
                .bind(by)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    async fn due(&self, now: Instant) -> Result<Vec<Key>> {
        let keys: Vec<String> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(
                "SELECT m.key FROM mapping m LEFT JOIN run_request w ON w.mapping_id = m.id
                WHERE m.retired_at IS NULL AND (w.mapping_id IS NOT NULL OR m.next_run_at IS NULL
                    OR m.next_run_at <= $1 OR (m.next_run_at - $1) / 2 > m.every)
                ORDER BY m.key",
            )
            .bind(now.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        keys.iter().map(|key| parse(key)).collect()
    }

    async fn resync(
        &self,
        mapping: MappingId,
        since: Option<Instant>,
        by: &str,
        now: Instant,
    ) -> Result<u64> {
        let marked = writing!(self.database, |connection| {
            // Takes turns with whoever works on it.
            sqlx::query(self.database.sql("SELECT epoch FROM lease WHERE name = $1 {lock}"))
                .bind(format!("mapping:{mapping}"))
                .execute(&mut *connection)
                .await?;
            let mut marked = PersonSet::new();
            if since.is_none() {
                let folded: Vec<Vec<u8>> =
                    sqlx::query_scalar("SELECT people FROM delivered_chunk WHERE mapping_id = $1")
                        .bind(mapping.0)
                        .fetch_all(&mut *connection)
                        .await?;
                marked |= bitmap::join(&folded)?;
            }
            // Whoever was told something: an exit may have been lost as well as an entry.
            let parts: Vec<(Vec<u8>, i64)> = sqlx::query_as(
                "SELECT people, acknowledged FROM part
                WHERE mapping_id = $1 AND acknowledged > 0 AND (decided_at >= $2 OR claimed_at >= $2)",
            )
            .bind(mapping.0)
            .bind(since.map_or(0, |since| since.0))
            .fetch_all(&mut *connection)
            .await?;
            for (people, acknowledged) in parts {
                marked |= chunks::between(&bitmap::decode(&people)?, 0, place(acknowledged)?);
            }
            // Nobody is forgotten meanwhile, and whoever was can't be named any more.
            sqlx::query(
                self.database.sql("SELECT value FROM counter WHERE name = 'ordinal' {share}"),
            )
            .execute(&mut *connection)
            .await?;
            let forgotten: Vec<Vec<u8>> = sqlx::query_scalar("SELECT people FROM tombstone_chunk")
                .fetch_all(&mut *connection)
                .await?;
            marked -= bitmap::join(&forgotten)?;
            let nameless: Vec<i64> =
                sqlx::query_scalar("SELECT ordinal FROM forgetting WHERE erased_at IS NOT NULL")
                    .fetch_all(&mut *connection)
                    .await?;
            for number in nameless {
                marked.remove(ordinal(number)?);
            }
            for (chunk, people) in chunks::split(&marked) {
                let before: Option<Vec<u8>> = sqlx::query_scalar(
                    "SELECT people FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2",
                )
                .bind(mapping.0)
                .bind(i64::from(chunk))
                .fetch_optional(&mut *connection)
                .await?;
                let before = before.map(|bytes| bitmap::decode(&bytes)).transpose()?;
                sqlx::query(
                    "INSERT INTO doubt_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)
                    ON CONFLICT (mapping_id, chunk) DO UPDATE SET people = excluded.people",
                )
                .bind(mapping.0)
                .bind(i64::from(chunk))
                .bind(bitmap::encode(&(people | before.unwrap_or_default())))
                .execute(&mut *connection)
                .await?;
            }
            sqlx::query("UPDATE mapping SET next_run_at = $1 WHERE id = $2")
                .bind(now.0)
                .bind(mapping.0)
                .execute(&mut *connection)
                .await?;
            let key: String = sqlx::query_scalar("SELECT key FROM mapping WHERE id = $1")
                .bind(mapping.0)
                .fetch_one(&mut *connection)
                .await?;
            let detail = format!("{{\"people\":{}}}", marked.len());
            audit!(self, connection, now, by, "resync", format!("mapping {key}"), detail);
            Ok(marked.len())
        })?;
        Ok(marked)
    }

    async fn lately(&self, audience: &Key, since: Instant) -> Result<Lately> {
        let (ended, well, told): (i64, i64, i64) = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT COUNT(CASE WHEN r.kind = 'pass' THEN r.finished_at END),
                    COUNT(CASE WHEN r.kind = 'pass' AND r.state = 'done' THEN 1 END),
                    CAST(COALESCE(SUM(r.delivered), 0) AS BIGINT)
                FROM audience a
                JOIN mapping m ON m.audience_id = a.id AND m.retired_at IS NULL
                JOIN run r ON r.mapping_id = m.id AND r.started_at >= $2
                WHERE a.key = $1 AND a.retired_at IS NULL",
            )
            .bind(audience.as_str())
            .bind(since.0)
            .fetch_one(&mut *connection)
            .await?)
        })?;
        let [ended, well, told] = [ended, well, told].map(i64::unsigned_abs);
        Ok(Lately { ended, well, told })
    }

    async fn told_since(
        &self,
        mapping: MappingId,
        since: Instant,
    ) -> Result<(PersonSet, PersonSet)> {
        let parts: Vec<(String, Vec<u8>, i64)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT transition, people, acknowledged FROM part
                WHERE mapping_id = $1 AND acknowledged > 0 AND decided_at >= $2",
            )
            .bind(mapping.0)
            .bind(since.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let (mut entered, mut exited) = (PersonSet::new(), PersonSet::new());
        for (transition, people, acknowledged) in parts {
            let told = chunks::between(&bitmap::decode(&people)?, 0, place(acknowledged)?);
            match parse(&transition)? {
                Transition::Entered => entered |= told,
                Transition::Exited => exited |= told,
            }
        }
        Ok((entered, exited))
    }

    async fn adopt(&self, mapping: MappingId, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let adopted = sqlx::query(
                "UPDATE mapping SET adopts = TRUE WHERE id = $1 AND generation = 0 AND delivered = 0",
            )
            .bind(mapping.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if adopted == 0 {
                return Err(Failure::Domain(Error::Conflict(
                    "the mapping has sent people already: only one that has never sent can adopt"
                        .to_owned(),
                )));
            }
            let key: String = sqlx::query_scalar("SELECT key FROM mapping WHERE id = $1")
                .bind(mapping.0)
                .fetch_one(&mut *connection)
                .await?;
            audit!(self, connection, now, by, "adopt", format!("mapping {key}"), "{}");
            Ok(())
        })
    }

    async fn closing_due(&self, now: Instant) -> Result<Vec<MappingId>> {
        let ids: Vec<Uuid> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(
                "SELECT id FROM mapping
                WHERE retired_at IS NOT NULL AND owes_exits
                    AND (next_run_at <= $1 OR (next_run_at - $1) / 2 > every) ORDER BY id",
            )
            .bind(now.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(ids.into_iter().map(MappingId).collect())
    }
}
