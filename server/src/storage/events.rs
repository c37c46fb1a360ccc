//! Events, and whom they keep out: see [`domain::events`].
//!
//! A group is one transaction: the events, whom they name where a suppression names them, and
//! who is called so. Somebody who is known later is found by `learn`, through `hold_named!`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    Error, Result,
    contract::onward::Echo,
    delivery::port::Lease,
    events::{
        Call, Origin,
        forward::{ForwardStore, Waiting},
        latency::FastExit,
        port::{EventStore, Kept, NewEvent},
    },
    monitoring::count::Verdict,
    suppression::listing::Name,
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    audiences::text,
    bitmap,
    configuration::parse,
    leases,
    macros::{reading, writing},
    monitoring_counts::{COUNT_EVENTS, lines_of_events},
};

/// Notes who bears the names that rules hold: `$from` joins `n`, names with their rule and
/// times, and `p`, the people; `$2` is now.
macro_rules! hold_named {
    ($from:literal) => {
        concat!(
            "INSERT INTO held_person (ordinal, suppression_id, since, received_at, noted_at)
            SELECT ordinal, suppression_id, MAX(since), MAX(received_at), $2 FROM (
                SELECT p.ordinal, n.suppression_id, n.since, n.received_at FROM ",
            $from,
            " AND n.kind = 'email' AND n.name = p.email UNION ALL
                SELECT p.ordinal, n.suppression_id, n.since, n.received_at FROM ",
            $from,
            " AND n.kind = 'id' AND n.name = p.person_id UNION ALL
                SELECT p.ordinal, n.suppression_id, n.since, n.received_at FROM ",
            $from,
            " AND n.kind = 'cio_id' AND n.name = p.cio_id
            ) found WHERE TRUE GROUP BY ordinal, suppression_id
            ON CONFLICT (ordinal, suppression_id) DO UPDATE SET since = excluded.since,
                received_at = excluded.received_at, noted_at = excluded.noted_at
            WHERE excluded.since > held_person.since"
        )
    };
}
pub(super) use hold_named;

/// The names of `$1`, each with the rules that its event is named in.
const NAMES: &str = "INSERT INTO held_name (kind, name, suppression_id, since, received_at)
    SELECT rows.value ->> 0, rows.value ->> 1, s.id, MAX(CAST(rows.value ->> 3 AS BIGINT)),
        MAX(CAST(rows.value ->> 4 AS BIGINT))
    FROM {rows} JOIN suppression s ON s.event = rows.value ->> 2 AND s.retired_at IS NULL
    WHERE TRUE GROUP BY rows.value ->> 0, rows.value ->> 1, s.id
    ON CONFLICT (kind, name, suppression_id) DO UPDATE SET since = excluded.since,
        received_at = excluded.received_at
    WHERE excluded.since > held_name.since";

/// What holds a former name of `$1` holds the name that its person has now.
const FORMER: &str = "INSERT INTO held_name (kind, name, suppression_id, since, received_at)
    SELECT rows.value ->> 2, rows.value ->> 3, n.suppression_id, MAX(n.since), MAX(n.received_at)
    FROM {rows} CROSS JOIN held_name n
    WHERE n.kind = rows.value ->> 0 AND n.name = rows.value ->> 1
    GROUP BY rows.value ->> 2, rows.value ->> 3, n.suppression_id
    ON CONFLICT (kind, name, suppression_id) DO UPDATE SET since = excluded.since,
        received_at = excluded.received_at
    WHERE excluded.since > held_name.since";

const EVENTS: &str =
    "INSERT INTO event (origin, number, name, at, received_at, kept_at, place, body, sent_as,
        violation, checked_by, said)
    SELECT rows.value ->> 0, rows.value ->> 1, rows.value ->> 2,
        CAST(rows.value ->> 3 AS BIGINT), CAST(rows.value ->> 4 AS BIGINT), $2,
        CAST(rows.value ->> 5 AS BIGINT), rows.value ->> 6, rows.value ->> 7,
        rows.value ->> 8, CAST(rows.value ->> 9 AS BIGINT), rows.value ->> 10
    FROM {rows} WHERE TRUE
    ON CONFLICT (origin, number) DO NOTHING RETURNING origin, number";

#[derive(FromRow)]
struct CallRow {
    origin: String,
    taken_at: Option<i64>,
    refused_at: Option<i64>,
    refusal: Option<String>,
}

#[derive(FromRow)]
struct ExitRow {
    key: String,
    use_case: String,
    people: Vec<u8>,
    is_open: bool,
    refused: i64,
    caused_at: i64,
    received_at: i64,
    decided_at: i64,
    answered_at: Option<i64>,
}

/// An event as a row of [`EVENTS`].
fn row(place: usize, event: &NewEvent) -> Result<impl serde::Serialize> {
    let violation = event.violation.as_ref().map(text).transpose()?;
    Ok((
        event.origin.as_str(),
        &event.number,
        &event.name,
        event.at.0,
        event.received_at.0,
        place,
        // What goes nowhere is read no more.
        event.is_forwarded.then_some(&event.body),
        &event.sent_as,
        violation,
        event.checked_by,
        &event.said,
    ))
}

/// The echo of an event as a row of [`EVENTS`]: it holds nobody, and no replay reads it.
fn echo(place: usize, event: &NewEvent, echo: &Echo) -> impl serde::Serialize {
    let nothing = None::<&str>;
    (
        event.origin.as_str(),
        echo.number.clone(),
        echo.name.clone(),
        event.at.0,
        event.received_at.0,
        place,
        echo.body.clone(),
        nothing,
        nothing,
        event.checked_by,
        nothing,
    )
}

/// Which of these are new, by what was inserted: of several alike the first.
fn kept(events: &[NewEvent], new: Vec<(String, String)>) -> Vec<Kept> {
    let mut new: BTreeSet<(String, String)> = new.into_iter().collect();
    let is_new =
        |event: &NewEvent| new.remove(&(event.origin.as_str().to_owned(), event.number.clone()));
    events.iter().map(is_new).map(|is_new| if is_new { Kept::New } else { Kept::Again }).collect()
}

/// Each former name with each name that its person has now.
fn former<'a>(
    events: impl Iterator<Item = &'a NewEvent>,
) -> Vec<(&'static str, &'a str, &'static str, &'a str)> {
    let pairs = events.flat_map(|event| {
        event.former.iter().flat_map(|former| event.names.iter().map(move |name| (former, name)))
    });
    let row = |(former, name): (&'a Name, &'a Name)| {
        (former.kind.as_str(), &*former.text, name.kind.as_str(), &*name.text)
    };
    pairs.map(row).collect()
}

/// Holds whom events name, inside a `writing!` body.
macro_rules! hold_names {
    ($storage:expr, $connection:ident, $names:expr, $former:expr, $now:expr) => {{
        let names = text($names)?;
        // Whoever learns people meanwhile comes before this or after it.
        sqlx::query(
            $storage.database.sql("SELECT value FROM counter WHERE name = 'ordinal' {share}"),
        )
        .execute(&mut *$connection)
        .await?;
        let mut held = sqlx::query($storage.database.sql(NAMES))
            .bind(&names)
            .execute(&mut *$connection)
            .await?
            .rows_affected();
        if !$former.is_empty() {
            held += sqlx::query($storage.database.sql(FORMER))
                .bind(text($former)?)
                .execute(&mut *$connection)
                .await?
                .rows_affected();
        }
        if held > 0 {
            sqlx::query($storage.database.sql(hold_named!(
                // In this order: SQLite would read all the names for each of these.
                "{rows} CROSS JOIN held_name n CROSS JOIN person p
                    WHERE n.kind = rows.value ->> 0 AND n.name = rows.value ->> 1"
            )))
            .bind(&names)
            .bind($now.0)
            .execute(&mut *$connection)
            .await?;
        }
    }};
}

/// What events that are new count.
fn counted(new: &[(usize, &NewEvent)], now: Instant) -> Result<String> {
    let verdict = |event: &NewEvent| match event.violation {
        Some(_) => Verdict::Quarantined,
        None => Verdict::Passed,
    };
    lines_of_events(new.iter().map(|(_, event)| (event.name.as_str(), verdict(event))), now)
}

/// Under which names an event holds whom it names: a rule may name it as it came, as the
/// contract calls it, or by any other name that it has there.
fn called(event: &NewEvent) -> impl Iterator<Item = &String> {
    std::iter::once(&event.name).chain(&event.sent_as).chain(&event.also_known_as)
}

#[async_trait]
impl EventStore for Storage {
    async fn keep_events(&self, events: &[NewEvent], now: Instant) -> Result<Vec<Kept>> {
        let rows = events.iter().enumerate().map(|(place, one)| row(place, one));
        let rows = text(&rows.collect::<Result<Vec<_>>>()?)?;
        writing!(self.database, |connection| {
            let new: Vec<(String, String)> = sqlx::query_as(self.database.sql(EVENTS))
                .bind(&rows)
                .bind(now.0)
                .fetch_all(&mut *connection)
                .await?;
            let kept = kept(events, new);
            let is_new = |((_, _), kept): &((usize, &NewEvent), &Kept)| **kept == Kept::New;
            let new: Vec<_> =
                events.iter().enumerate().zip(&kept).filter(is_new).map(|(one, _)| one).collect();
            if new.is_empty() {
                return Ok(kept);
            }
            let echoes = new
                .iter()
                .flat_map(|(place, event)| event.echoes.iter().map(|one| echo(*place, event, one)));
            let echoes: Vec<_> = echoes.collect();
            if !echoes.is_empty() {
                sqlx::query(self.database.sql(EVENTS))
                    .bind(text(&echoes)?)
                    .bind(now.0)
                    .execute(&mut *connection)
                    .await?;
            }
            let former = former(new.iter().map(|(_, event)| *event));
            let of_new = new
                .iter()
                .flat_map(|(_, event)| event.names.iter().map(move |name| (*event, name)));
            let names: Vec<_> = of_new
                .flat_map(|(event, name)| {
                    let (at, received_at) = (event.at.0, event.received_at.0);
                    called(event).map(move |called| {
                        (name.kind.as_str(), &name.text, called, at, received_at)
                    })
                })
                .collect();
            if !names.is_empty() {
                hold_names!(self, connection, &names, &former, now);
            }
            // Last: whoever else counts the same names waits from here on.
            sqlx::query(self.database.sql(COUNT_EVENTS))
                .bind(counted(&new, now)?)
                .execute(&mut *connection)
                .await?;
            Ok(kept)
        })
    }

    async fn put_calls(&self, calls: &[Call]) -> Result<()> {
        writing!(self.database, |connection| {
            for call in calls {
                sqlx::query(
                    "INSERT INTO call (origin, taken_at, refused_at, refusal)
                    VALUES ($1, $2, $3, $4)
                    ON CONFLICT (origin) DO UPDATE SET
                        taken_at = COALESCE(excluded.taken_at, call.taken_at),
                        refused_at = COALESCE(excluded.refused_at, call.refused_at),
                        refusal = COALESCE(excluded.refusal, call.refusal)",
                )
                .bind(call.origin.as_str())
                .bind(call.taken_at.map(|at| at.0))
                .bind(call.refused_at.map(|at| at.0))
                .bind(call.refusal.as_deref())
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        })
    }

    async fn calls(&self) -> Result<Vec<Call>> {
        let rows: Vec<CallRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT origin, taken_at, refused_at, refusal FROM call")
                .fetch_all(&mut *connection)
                .await?)
        })?;
        let read = |row: CallRow| {
            Ok(Call {
                origin: parse::<Origin>(&row.origin)?,
                taken_at: row.taken_at.map(Instant),
                refused_at: row.refused_at.map(Instant),
                refusal: row.refusal,
            })
        };
        rows.into_iter().map(read).collect::<Result<_, Error>>()
    }

    async fn left(&self) -> Result<(u64, u64)> {
        let (waiting, refused): (i64, i64) = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT (SELECT COUNT(*) FROM event WHERE body IS NOT NULL AND refusal IS NULL
                        AND violation IS NULL),
                    (SELECT COUNT(*) FROM event WHERE refusal IS NOT NULL)",
            )
            .fetch_one(&mut *connection)
            .await?)
        })?;
        Ok((waiting.unsigned_abs(), refused.unsigned_abs()))
    }

    async fn fast_exits(&self, since: Instant) -> Result<Vec<FastExit>> {
        let rows: Vec<ExitRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT d.key, m.use_case, p.people, p.is_open, p.caused_at, p.received_at,
                    p.decided_at, (SELECT MAX(a.at) FROM answer a WHERE a.part_id = p.id)
                        AS answered_at,
                    (SELECT COUNT(*) FROM dead_letter l WHERE l.mapping_id = p.mapping_id
                        AND l.generation = p.generation AND l.resolved_at IS NULL
                        AND l.ordinal BETWEEN p.chunk * 65536 AND p.chunk * 65536 + 65535)
                        AS refused
                FROM mapping m JOIN destination d ON d.id = m.destination_id
                JOIN part p ON p.mapping_id = m.id AND p.caused_at >= $1
                WHERE p.is_open OR p.acknowledged > 0",
            )
            .bind(since.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |row: ExitRow| {
            let refused = row.refused.unsigned_abs();
            Ok(FastExit {
                destination: parse(&row.key)?,
                use_case: parse(&row.use_case)?,
                people: bitmap::decode(&row.people)?.len().saturating_sub(refused),
                refused,
                at: Instant(row.caused_at),
                received_at: Instant(row.received_at),
                decided_at: Instant(row.decided_at),
                answered_at: row.answered_at.filter(|_| !row.is_open).map(Instant),
            })
        };
        rows.into_iter().map(read).collect()
    }
}

#[async_trait]
impl ForwardStore for Storage {
    async fn waiting(&self, at_most: usize) -> Result<Vec<Waiting>> {
        let rows: Vec<(String, String)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT number, body FROM event
                WHERE body IS NOT NULL AND refusal IS NULL AND violation IS NULL ORDER BY kept_at, place LIMIT $1",
            )
            .bind(i64::try_from(at_most).map_err(Error::unexpected)?)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(rows.into_iter().map(|(number, body)| Waiting { number, body }).collect())
    }

    async fn forwarded(&self, lease: &Lease, numbers: &[&str], now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query(self.database.sql(
                "UPDATE event SET body = NULL WHERE origin = 'source' AND number IN
                    (SELECT {value} FROM {rows})",
            ))
            .bind(text(&numbers)?)
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }

    async fn refused(&self, lease: &Lease, number: &str, why: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            sqlx::query("UPDATE event SET refusal = $1 WHERE origin = 'source' AND number = $2")
                .bind(why)
                .bind(number)
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }
}
