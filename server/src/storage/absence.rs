//! Who stands nowhere, chunk by chunk, and forgetting them. What "nowhere" and "for long
//! enough" mean is `domain::retention::absence`.

use std::collections::BTreeMap;

use domain::{
    Result,
    delivery::port::Lease,
    people::{Ordinal, PersonSet, chunks::CHUNK},
    retention::{
        Record, Report,
        absence::{Absent, is_over_before},
    },
    sync::diff::apply,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    audiences::text,
    bitmap,
    configuration::parse,
    dictionary::put_identifier,
    erasure, leases,
    macros::{reading, writing},
    people::ordinal,
    statement::{Statement, carry_out},
};

/// Days of absent people that one transaction looks at.
const ROWS: i64 = 16;

/// Of chunk `$1`, members of audiences.
const MIRRORED: &str = "SELECT c.people FROM audience a
    JOIN audience_chunk c ON c.audience_id = a.id AND c.chunk = $1";

/// Of chunk `$1`, whoever a suppression or a decision has.
const LISTED: &str = "SELECT c.people FROM audience a
        JOIN cohort c ON c.audience_id = a.id AND c.chunk = $1
    UNION ALL SELECT c.people FROM mapping m
        JOIN withheld_chunk c ON c.mapping_id = m.id AND c.chunk = $1";

/// Of chunk `$1`, who is at each destination by folded parts, or may be.
const SETTLED: &str = "SELECT m.id AS mapping_id, d.people AS present, b.people AS doubt
    FROM mapping m
    LEFT JOIN delivered_chunk d ON d.mapping_id = m.id AND d.chunk = $1
    LEFT JOIN doubt_chunk b ON b.mapping_id = m.id AND b.chunk = $1
    WHERE m.retired_at IS NULL OR m.owes_exits";

/// Of chunk `$1`, parts that aren't folded, of the same mappings, in their order.
const UNFOLDED: &str = "SELECT p.mapping_id, p.transition, p.people, p.is_open
    FROM mapping m JOIN part p ON p.mapping_id = m.id AND p.chunk = $1
    WHERE NOT p.folded AND (m.retired_at IS NULL OR m.owes_exits)
    ORDER BY p.mapping_id, p.generation, p.lane";

/// People from `$1` up to `$2` whom Segment refused, until somebody changes that.
const REFUSED: &str = "SELECT ordinal FROM dead_letter
    WHERE resolved_at IS NULL AND ordinal >= $1 AND ordinal < $2";

/// People from `$1` up to `$2` who are named otherwise at a destination.
const NAMED: &str = "SELECT n.mapping_id, n.ordinal FROM mapping m
    JOIN named_as n ON n.mapping_id = m.id AND n.ordinal >= $1 AND n.ordinal < $2";

#[derive(FromRow)]
struct SettledRow {
    mapping_id: Uuid,
    present: Option<Vec<u8>>,
    doubt: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct UnfoldedRow {
    mapping_id: Uuid,
    transition: String,
    people: Vec<u8>,
    is_open: bool,
}

/// Everything stored of a chunk that keeps people.
struct Stored {
    mirrored: Vec<Vec<u8>>,
    listed: Vec<Vec<u8>>,
    settled: Vec<SettledRow>,
    unfolded: Vec<UnfoldedRow>,
    refused: Vec<i64>,
}

/// Reads it, inside a `writing!` body.
macro_rules! read_stored {
    ($connection:ident, $chunk:expr) => {{
        let (chunk, (first, end)) = (i64::from($chunk), bounds($chunk));
        Stored {
            mirrored: sqlx::query_scalar(MIRRORED).bind(chunk).fetch_all(&mut *$connection).await?,
            listed: sqlx::query_scalar(LISTED).bind(chunk).fetch_all(&mut *$connection).await?,
            // Before what they are folded into: an order that folds them in between may show
            // its people twice, and never not at all.
            unfolded: sqlx::query_as(UNFOLDED).bind(chunk).fetch_all(&mut *$connection).await?,
            settled: sqlx::query_as(SETTLED).bind(chunk).fetch_all(&mut *$connection).await?,
            refused: sqlx::query_scalar(REFUSED)
                .bind(first)
                .bind(end)
                .fetch_all(&mut *$connection)
                .await?,
        }
    }};
}

/// Waits until nobody learns, notes names or claims, and keeps them from it until the end of
/// the transaction; the number that is given next.
macro_rules! take_turns {
    ($storage:expr, $connection:ident) => {{
        // In the order in which `learn` takes them.
        let next: i64 = sqlx::query_scalar(
            $storage.database.sql("SELECT value FROM counter WHERE name = 'ordinal' {lock}"),
        )
        .fetch_one(&mut *$connection)
        .await?;
        sqlx::query(
            $storage.database.sql("SELECT value FROM counter WHERE name = 'identifiers' {lock}"),
        )
        .execute(&mut *$connection)
        .await?;
        next
    }};
}

/// Those who were seen are absent no longer, in rows that a query has found.
macro_rules! come_back {
    ($connection:ident, $rows:expr, $seen:expr) => {
        let rows: Vec<(i64, i64, Vec<u8>)> = $rows;
        for (chunk, day, bytes) in rows {
            let absent = $crate::storage::bitmap::decode(&bytes)?;
            if !absent.is_disjoint($seen) {
                let left = absent - $seen;
                let statement = $crate::storage::absence::put(chunk, day, &left);
                $crate::storage::statement::carry_out!($connection, statement);
            }
        }
    };
}
pub(super) use come_back;

impl Stored {
    /// Who is, or may be, at each mapping's destination.
    fn places(&self) -> Result<BTreeMap<Uuid, PersonSet>> {
        let (mut present, mut maybe) = (BTreeMap::new(), BTreeMap::new());
        for row in &self.settled {
            let set = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(bitmap::decode).transpose();
            present.insert(row.mapping_id, set(&row.present)?.unwrap_or_default());
            maybe.insert(row.mapping_id, set(&row.doubt)?.unwrap_or_default());
        }
        for part in &self.unfolded {
            let people = bitmap::decode(&part.people)?;
            if part.is_open {
                *maybe.entry(part.mapping_id).or_default() |= people;
            } else {
                let present = present.entry(part.mapping_id).or_default();
                apply(present, parse(&part.transition)?, &people);
            }
        }
        for (mapping, people) in present {
            *maybe.entry(mapping).or_default() |= people;
        }
        Ok(maybe)
    }

    /// Everyone whom Customer.io has, or a destination.
    fn held(&self, places: &BTreeMap<Uuid, PersonSet>) -> Result<PersonSet> {
        let mut held = bitmap::join(&self.mirrored)?;
        for people in places.values() {
            held |= people;
        }
        Ok(held)
    }

    /// Everyone who stands somewhere.
    fn standing(&self, places: &BTreeMap<Uuid, PersonSet>) -> Result<PersonSet> {
        let mut standing = self.held(places)? | bitmap::join(&self.listed)?;
        for number in &self.refused {
            standing.insert(ordinal(*number)?);
        }
        Ok(standing)
    }
}

/// The first number of a chunk, and one past its last.
fn bounds(chunk: u32) -> (i64, i64) {
    let first = i64::from(chunk) * i64::from(CHUNK);
    (first, first + i64::from(CHUNK))
}

/// Numbers of a chunk that were given and not taken back, where `next` is given next.
fn known(chunk: u32, next: i64, tombstones: Option<&[u8]>) -> Result<PersonSet> {
    let (first, end) = bounds(chunk);
    let mut known = PersonSet::new();
    if first < next {
        known.insert_range(ordinal(first)?..=ordinal(end.min(next) - 1)?);
    }
    if let Some(bytes) = tombstones {
        known -= bitmap::decode(bytes)?;
    }
    Ok(known)
}

/// Puts these people in place of a day's absent ones.
pub(super) fn put(chunk: i64, day: i64, people: &PersonSet) -> Statement {
    if people.is_empty() {
        let delete = "DELETE FROM absent_chunk WHERE day = $1 AND chunk = $2";
        return Statement::new(delete).with(day).with(chunk);
    }
    let upsert = "INSERT INTO absent_chunk (day, chunk, people) VALUES ($1, $2, $3)
        ON CONFLICT (day, chunk) DO UPDATE SET people = excluded.people";
    Statement::new(upsert).with(day).with(chunk).with(bitmap::encode(people))
}

fn absent(rows: Vec<(i64, Vec<u8>)>) -> Result<Absent> {
    let mut days = BTreeMap::new();
    for (day, bytes) in rows {
        days.insert(day, bitmap::decode(&bytes)?);
    }
    Ok(Absent::of(days))
}

impl Storage {
    /// See [`domain::retention::RetentionStore::chunks`].
    pub(super) async fn count_chunks(&self) -> Result<u32> {
        let next: i64 = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar("SELECT value FROM counter WHERE name = 'ordinal'")
                .fetch_one(&mut *connection)
                .await?)
        })?;
        Ok(ordinal(next)?.div_ceil(CHUNK))
    }

    /// See [`domain::retention::RetentionStore::look`].
    pub(super) async fn look_at(&self, lease: &Lease, chunk: u32, now: Instant) -> Result<Report> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            let next = take_turns!(self, connection);
            let stored = read_stored!(connection, chunk);
            let (first, end) = bounds(chunk);
            let named: Vec<(Uuid, i64)> =
                sqlx::query_as(NAMED).bind(first).bind(end).fetch_all(&mut *connection).await?;
            let asked: Vec<i64> = sqlx::query_scalar(erasure::NAMED)
                .bind(first)
                .bind(end)
                .fetch_all(&mut *connection)
                .await?;
            let tombstones: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT people FROM tombstone_chunk WHERE chunk = $1")
                    .bind(i64::from(chunk))
                    .fetch_optional(&mut *connection)
                    .await?;
            let rows: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT day, people FROM absent_chunk WHERE chunk = $1")
                    .bind(i64::from(chunk))
                    .fetch_all(&mut *connection)
                    .await?;

            let places = stored.places()?;
            let before = absent(rows)?;
            let mut after = before.clone();
            let known = known(chunk, next, tombstones.as_deref())?;
            after.look(&known, &stored.standing(&places)?, now);
            for (day, people) in after.changes(&before) {
                carry_out!(connection, put(i64::from(chunk), day, &people));
            }
            let mut report = Report::default();
            for (mapping, number) in named {
                let person = ordinal(number)?;
                if places.get(&mapping).is_none_or(|there| !there.contains(person)) {
                    let delete = "DELETE FROM named_as WHERE mapping_id = $1 AND ordinal = $2";
                    let statement = Statement::new(delete).with(mapping).with(number);
                    report.add(Record::Name, carry_out!(connection, statement));
                }
            }
            let asked: PersonSet = asked
                .into_iter()
                .map(ordinal)
                .collect::<Result<Vec<Ordinal>>>()?
                .into_iter()
                .collect();
            let erased = asked - stored.held(&places)?;
            for statement in erasure::erase(&erased, now) {
                carry_out!(connection, statement);
            }
            if !erased.is_empty() {
                for identifier in ["email", "phone", "id"] {
                    put_identifier!(connection, identifier, &PersonSet::new(), &erased);
                }
            }
            report.add(Record::Asked, erased.len());
            Ok(report)
        })
    }

    /// Forgets up to so many people who have stood nowhere for long enough.
    pub(super) async fn forget_people(
        &self,
        lease: &Lease,
        ended_by: Instant,
        at_most: u32,
        now: Instant,
    ) -> Result<u64> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            take_turns!(self, connection);
            let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                "SELECT chunk, people FROM absent_chunk WHERE day < $1 ORDER BY day, chunk LIMIT $2",
            )
            .bind(is_over_before(ended_by))
            .bind(ROWS)
            .fetch_all(&mut *connection)
            .await?;
            let mut due: BTreeMap<u32, PersonSet> = BTreeMap::new();
            for (chunk, bytes) in rows {
                *due.entry(ordinal(chunk)?).or_default() |= bitmap::decode(&bytes)?;
            }
            let mut gone = 0;
            for (chunk, due) in due {
                let stored = read_stored!(connection, chunk);
                // Nobody has come back since the look, or somebody has forgotten to say so.
                let absent = due - stored.standing(&stored.places()?)?;
                let left = usize::try_from(u64::from(at_most) - gone).unwrap_or(usize::MAX);
                let people: PersonSet = absent.iter().take(left).collect();
                if people.is_empty() {
                    continue;
                }
                let numbers = text(&people.iter().collect::<Vec<Ordinal>>())?;
                sqlx::query(self.database.sql(
                    "DELETE FROM person WHERE ordinal IN
                        (SELECT CAST(rows.value AS BIGINT) FROM {rows})",
                ))
                .bind(&numbers)
                .execute(&mut *connection)
                .await?;
                // The names stay on their lists: whoever comes back under one is kept out.
                for delete in [
                    "DELETE FROM listed_person WHERE ordinal IN
                        (SELECT CAST(rows.value AS BIGINT) FROM {rows})",
                    "DELETE FROM held_person WHERE ordinal IN
                        (SELECT CAST(rows.value AS BIGINT) FROM {rows})",
                ] {
                    sqlx::query(self.database.sql(delete))
                        .bind(&numbers)
                        .execute(&mut *connection)
                        .await?;
                }
                gone += people.len();
                for identifier in ["email", "phone", "id"] {
                    put_identifier!(connection, identifier, &PersonSet::new(), &people);
                }
                let rows =
                    sqlx::query_as("SELECT chunk, day, people FROM absent_chunk WHERE chunk = $1")
                        .bind(i64::from(chunk))
                        .fetch_all(&mut *connection)
                        .await?;
                come_back!(connection, rows, &people);
                let before: Option<Vec<u8>> =
                    sqlx::query_scalar("SELECT people FROM tombstone_chunk WHERE chunk = $1")
                        .bind(i64::from(chunk))
                        .fetch_optional(&mut *connection)
                        .await?;
                let before = before.as_deref().map(bitmap::decode).transpose()?.unwrap_or_default();
                sqlx::query(
                    "INSERT INTO tombstone_chunk (chunk, people) VALUES ($1, $2)
                    ON CONFLICT (chunk) DO UPDATE SET people = excluded.people",
                )
                .bind(i64::from(chunk))
                .bind(bitmap::encode(&(before | people)))
                .execute(&mut *connection)
                .await?;
            }
            Ok(gone)
        })
    }
}
