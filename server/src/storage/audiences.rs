//! Mirrors: who is in an audience.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    audiences::{
        AudienceRow, AudienceSpec, Mirror, Segment,
        port::{Identifiers, Kept, MirrorStore},
    },
    ids::AudienceId,
    people::{Ordinal, PersonSet, chunks},
    sync::gate::is_abnormal_shrinking,
    time::Instant,
};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    absence::come_back,
    access::audit,
    attributes::forget_readings,
    bitmap,
    configuration::parse,
    erasure,
    macros::{reading, writing},
    people::ordinal,
    statement::{Statement, carry_out},
};

/// Who did it, in the audit trail, where a segment was changed over there.
const CUSTOMERIO: &str = "Customer.io";

/// What was known before a reading. Locked, so that two processes never note one change twice.
const BEFORE: &str = "SELECT key, segment_name, stale_reason FROM audience WHERE id = $1 {lock}";

/// Says that the last reading failed.
fn stale(audience: AudienceId, reason: &str, now: Instant) -> Statement {
    Statement::new(
        "UPDATE audience
        SET stale_reason = $1, stale_at = COALESCE(stale_at, $2), reading = NULL WHERE id = $3",
    )
    .with(reason)
    .with(now.0)
    .with(audience.0)
}

#[derive(FromRow)]
struct BeforeRow {
    key: String,
    segment_name: Option<String>,
    stale_reason: Option<String>,
}

impl BeforeRow {
    fn subject(&self) -> String {
        format!("audience {}", self.key)
    }

    /// The detail for the trail, if the segment is called otherwise now.
    fn renamed(&self, now: &str) -> Option<String> {
        let before = self.segment_name.as_deref().filter(|before| *before != now)?;
        Some(json!({"field": "segment name", "before": before, "after": now}).to_string())
    }
}

#[derive(FromRow)]
struct ListRow {
    key: String,
    segment: i64,
    owner: Option<String>,
    time_window: Option<String>,
    purpose: Option<String>,
    review_on: Option<String>,
    segment_name: Option<String>,
    members: i64,
    with_email: i64,
    with_id: i64,
    mirrored_at: Option<i64>,
    segment_changed_at: Option<i64>,
    stale_reason: Option<String>,
    mappings: i64,
}

impl ListRow {
    fn read(self) -> Result<AudienceRow> {
        let mirror = match (self.stale_reason, self.mirrored_at) {
            (Some(reason), _) => Mirror::Stale { reason },
            (None, Some(_)) => Mirror::Fresh,
            (None, None) => Mirror::Never,
        };
        Ok(AudienceRow {
            spec: AudienceSpec {
                key: parse(&self.key)?,
                segment: self.segment,
                owner: self.owner,
                window: self.time_window.as_deref().map(parse).transpose()?,
                purpose: self.purpose,
                review_on: self.review_on.as_deref().map(parse).transpose()?,
            },
            segment_name: self.segment_name,
            members: self.members.unsigned_abs(),
            with_email: self.with_email.unsigned_abs(),
            with_id: self.with_id.unsigned_abs(),
            mirror,
            mirrored_at: self.mirrored_at.map(Instant),
            segment_changed_at: self.segment_changed_at.map(Instant),
            mappings: self.mappings.unsigned_abs(),
        })
    }
}

/// Whether a reading is taken as it is. An operator who accepted one of `accepted` people
/// accepts the next one too, if it isn't much smaller.
fn keep(before: &PersonSet, read: &PersonSet, suppresses: bool, accepted: Option<i64>) -> Kept {
    let lost = before.len() - before.intersection_len(read);
    let is_accepted = accepted.is_some_and(|least| size(read.len()) >= least - least / 10);
    if suppresses && !is_accepted && is_abnormal_shrinking(before.len(), lost) {
        return Kept::Shrunk { before: before.len(), read: read.len() };
    }
    Kept::Whole
}

/// People by the chunk that they are stored in.
type Chunks = BTreeMap<i64, PersonSet>;

/// A reading that becomes the mirror.
struct Changed {
    audience: Uuid,
    began_at: Instant,
    kept: Kept,
    /// How long a suppression or a mapping's offset asks who was first seen in it, if any does.
    longest: Option<i64>,
}

impl Changed {
    /// Who is new, by chunk, and the statements that put `members` in place of those before.
    fn write(&self, mut before: Chunks, members: &PersonSet) -> (Chunks, Vec<Statement>) {
        let (audience, began_at) = (self.audience, self.began_at.0);
        let shrunk_to = match self.kept {
            Kept::Whole => None,
            Kept::Shrunk { read, .. } => Some(size(read)),
        };
        // What waits keeps its reason; a whole reading ends it, accepted or grown again.
        let wait = "UPDATE audience SET shrunk_to = $1, accepts_down_to = NULL,
                stale_reason = CASE WHEN $1 IS NULL THEN NULL ELSE stale_reason END,
                stale_at = CASE WHEN $1 IS NULL THEN NULL ELSE stale_at END
            WHERE id = $2";
        let mut statements = vec![Statement::new(wait).with(shrunk_to).with(audience)];
        let mut newcomers = Chunks::new();
        for (chunk, people) in chunks::split(members) {
            let chunk = i64::from(chunk);
            let was = before.remove(&chunk).unwrap_or_default();
            let new = &people - &was;
            if people != was {
                let put = "INSERT INTO audience_chunk (audience_id, chunk, people)
                    VALUES ($1, $2, $3)
                    ON CONFLICT (audience_id, chunk) DO UPDATE SET people = excluded.people";
                let statement = Statement::new(put).with(audience).with(chunk);
                statements.push(statement.with(bitmap::encode(&people)));
            }
            if self.longest.is_some() && !new.is_empty() {
                let seen = "INSERT INTO cohort (audience_id, seen_at, chunk, people)
                    VALUES ($1, $2, $3, $4)";
                let statement = Statement::new(seen).with(audience).with(began_at).with(chunk);
                statements.push(statement.with(bitmap::encode(&new)));
            }
            if !new.is_empty() {
                newcomers.insert(chunk, new);
            }
        }
        for chunk in before.keys() {
            let delete = "DELETE FROM audience_chunk WHERE audience_id = $1 AND chunk = $2";
            statements.push(Statement::new(delete).with(audience).with(*chunk));
        }
        if let Some(longest) = self.longest {
            let forget = "DELETE FROM cohort WHERE audience_id = $1 AND seen_at <= $2";
            let statement = Statement::new(forget).with(audience);
            statements.push(statement.with(began_at.saturating_sub(longest)));
        }
        (newcomers, statements)
    }
}

/// Rows for `{rows}`.
pub(super) fn text(rows: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(rows).map_err(Error::unexpected)
}

#[async_trait]
impl MirrorStore for Storage {
    async fn learn(&self, people: &[Identifiers], now: Instant) -> Result<Vec<Ordinal>> {
        self.learn_people(people, now).await
    }

    async fn put_progress(&self, audience: AudienceId, seen: u64) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("UPDATE audience SET reading = $1 WHERE id = $2")
                .bind(i64::try_from(seen).unwrap_or(i64::MAX))
                .bind(audience.0)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    async fn put_mirror(
        &self,
        audience: AudienceId,
        segment: &Segment,
        members: &PersonSet,
        began_at: Instant,
        now: Instant,
    ) -> Result<Kept> {
        writing!(self.database, |connection| {
            let before: BeforeRow = sqlx::query_as(self.database.sql(BEFORE))
                .bind(audience.0)
                .fetch_one(&mut *connection)
                .await?;
            let is_newest = sqlx::query(
                "UPDATE audience SET segment_name = $1, mirrored_at = $2, reading = NULL,
                    segment_changed_at = $5
                WHERE id = $3 AND (mirrored_at IS NULL OR mirrored_at < $2 OR mirrored_at > $4)",
            )
            .bind(&segment.name)
            .bind(began_at.0)
            .bind(audience.0)
            .bind(now.0)
            .bind(segment.changed_at.map(|at| at.0))
            .execute(&mut *connection)
            .await?
            .rows_affected()
                == 1;
            if !is_newest {
                return Ok(Kept::Whole);
            }
            if let Some(detail) = before.renamed(&segment.name) {
                let subject = before.subject();
                audit!(self, connection, now, CUSTOMERIO, "rename segment", subject, detail);
            }
            let stored: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT chunk, people FROM audience_chunk WHERE audience_id = $1")
                    .bind(audience.0)
                    .fetch_all(&mut *connection)
                    .await?;
            let mut before: Chunks = BTreeMap::new();
            for (chunk, bytes) in stored {
                before.insert(chunk, bitmap::decode(&bytes)?);
            }
            let (rules, longest): (i64, Option<i64>) = sqlx::query_as(
                "SELECT COUNT(*), MAX(ttl) FROM suppression WHERE audience_id = $1 AND retired_at IS NULL",
            )
            .bind(audience.0)
            .fetch_one(&mut *connection)
            .await?;
            let (mappings, offset): (i64, Option<i64>) = sqlx::query_as(
                "SELECT COUNT(*), MAX(hold_for) FROM mapping
                WHERE audience_id = $1 AND retired_at IS NULL",
            )
            .bind(audience.0)
            .fetch_one(&mut *connection)
            .await?;
            let accepted: Option<i64> =
                sqlx::query_scalar("SELECT accepts_down_to FROM audience WHERE id = $1")
                    .bind(audience.0)
                    .fetch_one(&mut *connection)
                    .await?;
            let all = before.values().fold(PersonSet::new(), |all, chunk| all | chunk);
            let kept = keep(&all, members, rules > 0, accepted);
            // Those whom a mistake may have lost stay beside those whom it brought.
            let members = match kept {
                Kept::Whole => members.clone(),
                Kept::Shrunk { .. } => &all | members,
            };
            let longest = longest.max(offset);
            let changed = Changed { audience: audience.0, began_at, kept, longest };
            let (newcomers, statements) = changed.write(before, &members);
            for statement in statements {
                carry_out!(connection, statement);
            }
            for (chunk, people) in &newcomers {
                let rows =
                    sqlx::query_as("SELECT chunk, day, people FROM absent_chunk WHERE chunk = $1")
                        .bind(*chunk)
                        .fetch_all(&mut *connection)
                        .await?;
                come_back!(connection, rows, people);
                if mappings > 0 {
                    forget_readings!(connection, *chunk, people);
                }
            }
            let mut counts = [0_i64; 2];
            for (count, identifier) in counts.iter_mut().zip(["email", "id"]) {
                let blobs: Vec<Vec<u8>> =
                    sqlx::query_scalar("SELECT people FROM identifier_chunk WHERE identifier = $1")
                        .bind(identifier)
                        .fetch_all(&mut *connection)
                        .await?;
                *count = size(bitmap::join(&blobs)?.intersection_len(&members));
            }
            sqlx::query(
                "UPDATE audience SET members = $1, with_email = $2, with_id = $3 WHERE id = $4",
            )
            .bind(size(members.len()))
            .bind(counts[0])
            .bind(counts[1])
            .bind(audience.0)
            .execute(&mut *connection)
            .await?;
            Ok(kept)
        })
    }

    async fn mark_stale(&self, audience: AudienceId, reason: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            carry_out!(connection, stale(audience, reason, now));
            Ok(())
        })
    }

    async fn mark_gone(&self, audience: AudienceId, reason: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let before: BeforeRow = sqlx::query_as(self.database.sql(BEFORE))
                .bind(audience.0)
                .fetch_one(&mut *connection)
                .await?;
            carry_out!(connection, stale(audience, reason, now));
            if before.stale_reason.as_deref() != Some(reason) {
                let detail = json!({ "segment": before.segment_name }).to_string();
                let subject = before.subject();
                audit!(self, connection, now, CUSTOMERIO, "delete segment", subject, detail);
            }
            Ok(())
        })
    }

    async fn members(&self, audience: AudienceId) -> Result<Option<PersonSet>> {
        reading!(self.database, |connection| {
            let mirrored: Option<i64> = sqlx::query_scalar::<_, Option<i64>>(
                "SELECT mirrored_at FROM audience WHERE id = $1",
            )
            .bind(audience.0)
            .fetch_optional(&mut *connection)
            .await?
            .flatten();
            if mirrored.is_none() {
                return Ok(None);
            }
            let blobs: Vec<Vec<u8>> =
                sqlx::query_scalar("SELECT people FROM audience_chunk WHERE audience_id = $1")
                    .bind(audience.0)
                    .fetch_all(&mut *connection)
                    .await?;
            let mut members = bitmap::join(&blobs)?;
            let leaving: Vec<i64> =
                sqlx::query_scalar(erasure::ASKED).fetch_all(&mut *connection).await?;
            for number in leaving {
                members.remove(ordinal(number)?);
            }
            Ok(Some(members))
        })
    }

    async fn audience_rows(&self) -> Result<Vec<AudienceRow>> {
        let rows: Vec<ListRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT a.key, a.segment, a.owner, a.time_window, a.purpose, a.review_on, a.segment_name, a.members, a.with_email, a.with_id,
                    a.mirrored_at, a.segment_changed_at, a.stale_reason,
                    (SELECT COUNT(*) FROM mapping m WHERE m.audience_id = a.id AND m.retired_at IS NULL) AS mappings
                FROM audience a WHERE a.retired_at IS NULL ORDER BY a.key",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(ListRow::read).collect()
    }
}

/// A count as stored.
pub(super) fn size(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
