//! Mirrors: who is in an audience, and the dictionary that gives people their numbers.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use domain::{
    Error, Result,
    audiences::{
        AudienceRow, AudienceSpec, Mirror,
        port::{Identifiers, MirrorStore},
    },
    ids::AudienceId,
    people::{Ordinal, PersonSet, chunks},
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage, bitmap,
    configuration::parse,
    dialect::gathered,
    macros::{reading, writing},
    people::ordinal,
};

/// `[ordinal, cio_id, id, email]`
type Entry<'a> = (Ordinal, &'a str, Option<&'a str>, Option<&'a str>);

/// The same, as gathered from what is stored.
type Known = (Ordinal, String, Option<String>, Option<String>);

#[derive(FromRow)]
struct ListRow {
    key: String,
    segment: i64,
    owner: Option<String>,
    segment_name: Option<String>,
    members: i64,
    with_email: i64,
    with_id: i64,
    mirrored_at: Option<i64>,
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
            spec: AudienceSpec { key: parse(&self.key)?, segment: self.segment, owner: self.owner },
            segment_name: self.segment_name,
            members: self.members.unsigned_abs(),
            with_email: self.with_email.unsigned_abs(),
            with_id: self.with_id.unsigned_abs(),
            mirror,
            mirrored_at: self.mirrored_at.map(Instant),
            mappings: self.mappings.unsigned_abs(),
        })
    }
}

/// What one reading teaches the dictionary.
#[derive(Default)]
struct Lesson<'a> {
    /// Who wasn't known.
    new: Vec<Entry<'a>>,
    /// Id and e-mail as the last line about a person has them.
    changed: BTreeMap<Ordinal, (Option<&'a str>, Option<&'a str>)>,
    /// The numbers asked for, in order.
    ordinals: Vec<Ordinal>,
}

/// Compares what was read with what is known; `next` is the first number not yet given.
fn learn<'a>(
    people: &'a [Identifiers],
    known: &'a [Known],
    mut next: Ordinal,
) -> Result<Lesson<'a>> {
    let mut numbers: HashMap<&str, (Ordinal, Option<&str>, Option<&str>)> =
        HashMap::with_capacity(people.len());
    for (number, cio_id, id, email) in known {
        numbers.insert(cio_id, (*number, id.as_deref(), email.as_deref()));
    }
    let mut lesson = Lesson::default();
    for person in people {
        let (cio_id, id, email) =
            (person.cio_id.as_str(), person.id.as_deref(), person.email.as_deref());
        let known = numbers.get(cio_id).copied();
        let number = known.map_or(next, |(number, ..)| number);
        if known.is_none() {
            next = next.checked_add(1).ok_or_else(|| Error::unexpected("no numbers are left"))?;
            lesson.new.push((number, cio_id, id, email));
        } else if known != Some((number, id, email)) {
            lesson.changed.insert(number, (id, email));
        }
        numbers.insert(cio_id, (number, id, email));
        lesson.ordinals.push(number);
    }
    Ok(lesson)
}

impl Lesson<'_> {
    /// Who has, and who hasn't, an e-mail address (first) and an id (second) now.
    fn identifiers(&self) -> [(&'static str, PersonSet, PersonSet); 2] {
        let mut sets = [
            ("email", PersonSet::new(), PersonSet::new()),
            ("id", PersonSet::new(), PersonSet::new()),
        ];
        let new = self.new.iter().map(|(number, _, id, email)| (*number, id, email));
        let changed = self.changed.iter().map(|(number, (id, email))| (*number, id, email));
        // Somebody new may be among the changed too, if a page names them twice.
        for (number, id, email) in new.chain(changed) {
            for ((_, with, without), value) in sets.iter_mut().zip([email, id]) {
                let (into, out_of) =
                    if value.is_some() { (with, without) } else { (without, with) };
                into.insert(number);
                out_of.remove(number);
            }
        }
        sets
    }
}

fn text(rows: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(rows).map_err(Error::unexpected)
}

#[async_trait]
impl MirrorStore for Storage {
    async fn learn(&self, people: &[Identifiers], now: Instant) -> Result<Vec<Ordinal>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<&str> = people.iter().map(|person| person.cio_id.as_str()).collect();
        let asked = text(&asked)?;
        writing!(self.database, |connection| {
            // The counter's row is the turn-taking of everyone who learns.
            let next: i64 = sqlx::query_scalar(
                self.database.sql("SELECT value FROM counter WHERE name = 'ordinal' {lock}"),
            )
            .fetch_one(&mut *connection)
            .await?;
            let known: Option<String> = sqlx::query_scalar(self.database.sql(
                "SELECT CAST({gather}({array}(p.ordinal, p.cio_id, p.person_id, p.email)) AS TEXT)
                FROM (SELECT {value} AS cio_id FROM {rows}) asked JOIN person p ON p.cio_id = asked.cio_id",
            ))
            .bind(&asked)
            .fetch_one(&mut *connection)
            .await?;
            let known: Vec<Known> = gathered(known.as_deref())?;
            let lesson = learn(people, &known, ordinal(next)?)?;
            if !lesson.new.is_empty() {
                sqlx::query(self.database.sql(
                    "INSERT INTO person (ordinal, cio_id, person_id, email, learned_at)
                    SELECT CAST(rows.value ->> 0 AS BIGINT), rows.value ->> 1, rows.value ->> 2, rows.value ->> 3, $2
                    FROM {rows}",
                ))
                .bind(text(&lesson.new)?)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
                sqlx::query("UPDATE counter SET value = value + $1 WHERE name = 'ordinal'")
                    .bind(i64::try_from(lesson.new.len()).map_err(Error::unexpected)?)
                    .execute(&mut *connection)
                    .await?;
            }
            if !lesson.changed.is_empty() {
                let changed: Vec<_> = lesson
                    .changed
                    .iter()
                    .map(|(number, (id, email))| (*number, *id, *email))
                    .collect();
                sqlx::query(self.database.sql(
                    "UPDATE person SET person_id = rows.value ->> 1, email = rows.value ->> 2, learned_at = $2
                    FROM {rows} WHERE person.ordinal = CAST(rows.value ->> 0 AS BIGINT)",
                ))
                .bind(text(&changed)?)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            }
            for (identifier, with, without) in lesson.identifiers() {
                for (chunk, touched) in chunks::split(&(&with | &without)) {
                    let before: Option<Vec<u8>> = sqlx::query_scalar(
                        "SELECT people FROM identifier_chunk WHERE identifier = $1 AND chunk = $2",
                    )
                    .bind(identifier)
                    .bind(i64::from(chunk))
                    .fetch_optional(&mut *connection)
                    .await?;
                    let before =
                        before.map(|bytes| bitmap::decode(&bytes)).transpose()?.unwrap_or_default();
                    let after = (&before - &without) | (&touched & &with);
                    sqlx::query(
                        "INSERT INTO identifier_chunk (identifier, chunk, people) VALUES ($1, $2, $3)
                        ON CONFLICT (identifier, chunk) DO UPDATE SET people = excluded.people",
                    )
                    .bind(identifier)
                    .bind(i64::from(chunk))
                    .bind(bitmap::encode(&after))
                    .execute(&mut *connection)
                    .await?;
                }
            }
            Ok(lesson.ordinals)
        })
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
        segment_name: &str,
        members: &PersonSet,
        began_at: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            let is_newest = sqlx::query(
                "UPDATE audience SET segment_name = $1, mirrored_at = $2, stale_reason = NULL, stale_at = NULL, reading = NULL
                WHERE id = $3 AND (mirrored_at IS NULL OR mirrored_at < $2)",
            )
            .bind(segment_name)
            .bind(began_at.0)
            .bind(audience.0)
            .execute(&mut *connection)
            .await?
            .rows_affected()
                == 1;
            if !is_newest {
                return Ok(());
            }
            let stored: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT chunk, people FROM audience_chunk WHERE audience_id = $1")
                    .bind(audience.0)
                    .fetch_all(&mut *connection)
                    .await?;
            let mut before: BTreeMap<i64, PersonSet> = BTreeMap::new();
            for (chunk, bytes) in stored {
                before.insert(chunk, bitmap::decode(&bytes)?);
            }
            let longest: Option<i64> = sqlx::query_scalar(
                "SELECT MAX(ttl) FROM suppression WHERE audience_id = $1 AND retired_at IS NULL",
            )
            .bind(audience.0)
            .fetch_one(&mut *connection)
            .await?;
            for (chunk, people) in chunks::split(members) {
                let chunk = i64::from(chunk);
                let was = before.remove(&chunk).unwrap_or_default();
                let newcomers = &people - &was;
                if people != was {
                    sqlx::query(
                        "INSERT INTO audience_chunk (audience_id, chunk, people) VALUES ($1, $2, $3)
                        ON CONFLICT (audience_id, chunk) DO UPDATE SET people = excluded.people",
                    )
                    .bind(audience.0)
                    .bind(chunk)
                    .bind(bitmap::encode(&people))
                    .execute(&mut *connection)
                    .await?;
                }
                if longest.is_some() && !newcomers.is_empty() {
                    sqlx::query("INSERT INTO cohort (audience_id, seen_at, chunk, people) VALUES ($1, $2, $3, $4)")
                        .bind(audience.0)
                        .bind(began_at.0)
                        .bind(chunk)
                        .bind(bitmap::encode(&newcomers))
                        .execute(&mut *connection)
                        .await?;
                }
            }
            for chunk in before.keys() {
                sqlx::query("DELETE FROM audience_chunk WHERE audience_id = $1 AND chunk = $2")
                    .bind(audience.0)
                    .bind(chunk)
                    .execute(&mut *connection)
                    .await?;
            }
            if let Some(longest) = longest {
                sqlx::query("DELETE FROM cohort WHERE audience_id = $1 AND seen_at <= $2")
                    .bind(audience.0)
                    .bind(began_at.0.saturating_sub(longest))
                    .execute(&mut *connection)
                    .await?;
            }
            let mut counts = [0_i64; 2];
            for (count, identifier) in counts.iter_mut().zip(["email", "id"]) {
                let blobs: Vec<Vec<u8>> =
                    sqlx::query_scalar("SELECT people FROM identifier_chunk WHERE identifier = $1")
                        .bind(identifier)
                        .fetch_all(&mut *connection)
                        .await?;
                *count = size(bitmap::join(&blobs)?.intersection_len(members));
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
            Ok(())
        })
    }

    async fn mark_stale(&self, audience: AudienceId, reason: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "UPDATE audience SET stale_reason = $1, stale_at = COALESCE(stale_at, $2), reading = NULL WHERE id = $3",
            )
            .bind(reason)
            .bind(now.0)
            .bind(audience.0)
            .execute(&mut *connection)
            .await?;
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
            Ok(Some(bitmap::join(&blobs)?))
        })
    }

    async fn audience_rows(&self) -> Result<Vec<AudienceRow>> {
        let rows: Vec<ListRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT a.key, a.segment, a.owner, a.segment_name, a.members, a.with_email, a.with_id,
                    a.mirrored_at, a.stale_reason,
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
