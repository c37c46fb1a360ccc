//! Attributes of people, and who was read when.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Result,
    destinations::needs::Covered,
    people::{
        Ordinal, PersonSet,
        attributes::{DAYS, Learned, PHONE, Wanted, day},
        chunks,
        port::AttributeStore,
    },
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    audiences::text,
    bitmap,
    dictionary::put_identifier,
    macros::{reading, writing},
    names::{self, Former},
    people::ordinal,
    refresh,
};

/// Of whom an attribute was read on a day, as stored.
pub(super) type ReadingRow = (String, i64, Vec<u8>);

/// Takes people of a chunk out of all readings: what is known of them counts as unread.
macro_rules! forget_readings {
    ($connection:ident, $chunk:expr, $people:expr) => {
        // Takes turns with `put_attributes`.
        sqlx::query("UPDATE counter SET value = value WHERE name = 'ordinal'")
            .execute(&mut *$connection)
            .await?;
        let rows: Vec<$crate::storage::attributes::ReadingRow> =
            sqlx::query_as("SELECT name, day, people FROM attribute_reading WHERE chunk = $1")
                .bind($chunk)
                .fetch_all(&mut *$connection)
                .await?;
        for (name, day, bytes) in rows {
            let read = $crate::storage::bitmap::decode(&bytes)?;
            if read.is_disjoint($people) {
                continue;
            }
            sqlx::query(
                "UPDATE attribute_reading SET people = $1 WHERE name = $2 AND day = $3 AND chunk = $4",
            )
            .bind($crate::storage::bitmap::encode(&(read - $people)))
            .bind(name)
            .bind(day)
            .bind($chunk)
            .execute(&mut *$connection)
            .await?;
        }
    };
}
pub(super) use forget_readings;

/// Whose phone number changes, as they were.
#[derive(FromRow)]
struct FormerRow {
    ordinal: i64,
    person_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

impl FormerRow {
    fn read(self) -> Result<Former> {
        let person = ordinal(self.ordinal)?;
        Ok(Former { person, id: self.person_id, email: self.email, phone: self.phone })
    }
}

/// What a slice of answers writes.
#[derive(Default)]
struct Lesson<'a> {
    /// `[ordinal, phone]`
    phones: Vec<(Ordinal, Option<&'a str>)>,
    with_phone: PersonSet,
    without_phone: PersonSet,
    /// `[ordinal, name, value]`
    fields: Vec<(Ordinal, &'a str, &'a str)>,
    /// `[ordinal, name]`
    gone: Vec<(Ordinal, &'a str)>,
}

impl<'a> Lesson<'a> {
    fn of(learned: &'a [Learned]) -> Self {
        let mut lesson = Self::default();
        for one in learned {
            for (name, value) in &one.values {
                match (name.as_str(), value.as_deref()) {
                    (PHONE, phone) => {
                        lesson.phones.push((one.ordinal, phone));
                        let (into, out_of) = if phone.is_some() {
                            (&mut lesson.with_phone, &mut lesson.without_phone)
                        } else {
                            (&mut lesson.without_phone, &mut lesson.with_phone)
                        };
                        into.insert(one.ordinal);
                        out_of.remove(one.ordinal);
                    }
                    (name, Some(value)) => lesson.fields.push((one.ordinal, name, value)),
                    (name, None) => lesson.gone.push((one.ordinal, name)),
                }
            }
        }
        lesson
    }
}

#[async_trait]
impl AttributeStore for Storage {
    async fn readings(&self, now: Instant) -> Result<Wanted> {
        let rows: Vec<(String, Vec<u8>)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT name, people FROM attribute_reading WHERE day > $1")
                .bind(day(now) - DAYS)
                .fetch_all(&mut *connection)
                .await?)
        })?;
        let mut readings = Wanted::new();
        for (name, bytes) in rows {
            *readings.entry(name).or_default() |= bitmap::decode(&bytes)?;
        }
        Ok(readings)
    }

    async fn filled(&self, now: Instant) -> Result<BTreeMap<String, Covered>> {
        let counts: Vec<(String, i64)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT name, COUNT(*) FROM person_field GROUP BY name")
                .fetch_all(&mut *connection)
                .await?)
        })?;
        let counts: BTreeMap<String, i64> = counts.into_iter().collect();
        let mut readings = self.readings(now).await?;
        readings.remove(PHONE);
        let covered = |(name, read): (String, PersonSet)| {
            let with = counts.get(&name).copied().unwrap_or(0).unsigned_abs();
            // A value stays known when its reading has grown old.
            (name, Covered { with, of: read.len().max(with) })
        };
        Ok(readings.into_iter().map(covered).collect())
    }

    async fn put_attributes(&self, read: &Wanted, learned: &[Learned], now: Instant) -> Result<()> {
        let today = day(now);
        writing!(self.database, |connection| {
            let (mut lesson, mut read) = (Lesson::of(learned), read.clone());
            // The same turn-taking as in `learn`: readings, numbers and identifiers are
            // written by one at a time.
            sqlx::query("UPDATE counter SET value = value WHERE name = 'ordinal'")
                .execute(&mut *connection)
                .await?;
            let phones = text(&lesson.phones)?;
            let changed: Vec<FormerRow> = sqlx::query_as(self.database.sql(
                "SELECT p.ordinal, p.person_id, p.email, p.phone
                FROM {rows} JOIN person p ON p.ordinal = CAST(rows.value ->> 0 AS BIGINT)
                WHERE p.phone IS DISTINCT FROM rows.value ->> 1",
            ))
            .bind(&phones)
            .fetch_all(&mut *connection)
            .await?;
            if !changed.is_empty() {
                let former: Vec<Former> =
                    changed.into_iter().map(FormerRow::read).collect::<Result<_>>()?;
                names::note!(connection, &former);
                sqlx::query(self.database.sql(
                    "UPDATE person SET phone = rows.value ->> 1, learned_at = $2 FROM {rows}
                    WHERE person.ordinal = CAST(rows.value ->> 0 AS BIGINT)
                        AND person.phone IS DISTINCT FROM rows.value ->> 1",
                ))
                .bind(&phones)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
                put_identifier!(connection, "phone", &lesson.with_phone, &lesson.without_phone);
            }
            if !lesson.fields.is_empty() {
                let differ: Vec<(i64, String)> = sqlx::query_as(self.database.sql(
                    "SELECT CAST(rows.value ->> 0 AS BIGINT), rows.value ->> 1 FROM {rows}
                    LEFT JOIN person_field f ON f.ordinal = CAST(rows.value ->> 0 AS BIGINT)
                        AND f.name = rows.value ->> 1
                    WHERE f.value IS DISTINCT FROM rows.value ->> 2",
                ))
                .bind(text(&lesson.fields)?)
                .fetch_all(&mut *connection)
                .await?;
                if !differ.is_empty() {
                    let differ = refresh::changes(differ)?;
                    let later = refresh::note_values!(self, connection, &differ);
                    // Unread, they are read again at the next run.
                    lesson.fields.retain(|(who, _, _)| !later.contains(*who));
                    for (who, name) in differ.iter().filter(|(who, _)| later.contains(*who)) {
                        if let Some(people) = read.get_mut(name) {
                            people.remove(*who);
                        }
                    }
                }
                sqlx::query(self.database.sql(
                    "INSERT INTO person_field (ordinal, name, value)
                    SELECT CAST(rows.value ->> 0 AS BIGINT), rows.value ->> 1, rows.value ->> 2
                    FROM {rows} WHERE TRUE
                    ON CONFLICT (ordinal, name) DO UPDATE SET value = excluded.value",
                ))
                .bind(text(&lesson.fields)?)
                .execute(&mut *connection)
                .await?;
            }
            if !lesson.gone.is_empty() {
                sqlx::query(self.database.sql(
                    "DELETE FROM person_field WHERE (ordinal, name) IN
                        (SELECT CAST(rows.value ->> 0 AS BIGINT), rows.value ->> 1 FROM {rows})",
                ))
                .bind(text(&lesson.gone)?)
                .execute(&mut *connection)
                .await?;
            }
            for (name, people) in &read {
                for (chunk, people) in chunks::split(people) {
                    let before: Option<Vec<u8>> = sqlx::query_scalar(
                        "SELECT people FROM attribute_reading WHERE name = $1 AND day = $2 AND chunk = $3",
                    )
                    .bind(name)
                    .bind(today)
                    .bind(i64::from(chunk))
                    .fetch_optional(&mut *connection)
                    .await?;
                    let before =
                        before.map(|bytes| bitmap::decode(&bytes)).transpose()?.unwrap_or_default();
                    sqlx::query(
                        "INSERT INTO attribute_reading (name, day, chunk, people) VALUES ($1, $2, $3, $4)
                        ON CONFLICT (name, day, chunk) DO UPDATE SET people = excluded.people",
                    )
                    .bind(name)
                    .bind(today)
                    .bind(i64::from(chunk))
                    .bind(bitmap::encode(&(before | people)))
                    .execute(&mut *connection)
                    .await?;
                }
            }
            sqlx::query("DELETE FROM attribute_reading WHERE day <= $1")
                .bind(today - DAYS)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }
}
