//! Events that aren't as agreed, until somebody or a newer version lets them go on: rows of
//! `event` with a violation. And what came in lately, for replays. See [`domain::contract`].

use async_trait::async_trait;
use domain::{
    Result,
    contract::{
        Group, Violation,
        port::{Past, PastStore, QuarantineStore, Quarantined, Rechecked},
    },
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    audiences::text,
    configuration::json,
    macros::{reading, writing},
};

#[derive(FromRow)]
struct GroupRow {
    name: String,
    violation: String,
    events: i64,
    first_at: i64,
    last_at: i64,
}

#[derive(FromRow)]
struct EventRow {
    number: String,
    body: String,
    violation: String,
}

impl EventRow {
    fn read(self) -> Result<Quarantined> {
        let violation = json(&self.violation)?;
        Ok(Quarantined { number: self.number, body: self.body, violation })
    }
}

/// Whether an event, its name or what is wrong with it is like a pattern.
macro_rules! has {
    ($pattern:literal) => {
        concat!(
            "(LOWER(name) LIKE ",
            $pattern,
            " ESCAPE '!' OR LOWER(violation) LIKE ",
            $pattern,
            " ESCAPE '!' OR LOWER(body) LIKE ",
            $pattern,
            " ESCAPE '!')"
        )
    };
}

/// What has this text in it, as SQL has it.
fn pattern(find: &str) -> String {
    let mut pattern = String::from("%");
    for letter in find.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn limit(at_most: u64) -> i64 {
    i64::try_from(at_most).unwrap_or(i64::MAX)
}

#[async_trait]
impl QuarantineStore for Storage {
    async fn groups(&self, find: &str, at_most: u64) -> Result<Vec<Group>> {
        let rows: Vec<GroupRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(concat!(
                "SELECT name, violation, COUNT(*) AS events, MIN(received_at) AS first_at,
                    MAX(received_at) AS last_at
                FROM event WHERE body IS NOT NULL AND violation IS NOT NULL
                GROUP BY name, violation
                HAVING MAX(CASE WHEN $1 = '' OR ",
                has!("$2"),
                " THEN 1 ELSE 0 END) = 1
                ORDER BY COUNT(*) DESC, name, violation LIMIT $3",
            ))
            .bind(find)
            .bind(pattern(find))
            .bind(limit(at_most))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |row: GroupRow| {
            Ok(Group {
                name: row.name,
                violation: json(&row.violation)?,
                events: row.events.unsigned_abs(),
                first_at: Instant(row.first_at),
                last_at: Instant(row.last_at),
            })
        };
        rows.into_iter().map(read).collect()
    }

    async fn samples(
        &self,
        name: &str,
        violation: &Violation,
        find: &str,
        at_most: u64,
    ) -> Result<Vec<Quarantined>> {
        let violation = text(violation)?;
        let rows: Vec<EventRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(concat!(
                "SELECT number, body, violation FROM event
                WHERE body IS NOT NULL AND violation IS NOT NULL AND name = $1 AND violation = $2
                    AND ($3 = '' OR ",
                has!("$4"),
                ") ORDER BY kept_at DESC, place DESC LIMIT $5",
            ))
            .bind(name)
            .bind(&violation)
            .bind(find)
            .bind(pattern(find))
            .bind(limit(at_most))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(EventRow::read).collect()
    }

    async fn unseen(&self, version: u64, at_most: u64) -> Result<Vec<Quarantined>> {
        let rows: Vec<EventRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT number, body, violation FROM event
                WHERE body IS NOT NULL AND violation IS NOT NULL AND checked_by < $1
                ORDER BY kept_at, place LIMIT $2",
            )
            .bind(limit(version))
            .bind(limit(at_most))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(EventRow::read).collect()
    }

    async fn rechecked(&self, version: u64, found: &[Rechecked], _now: Instant) -> Result<()> {
        let rows = found.iter().map(|one| {
            let violation = one.violation.as_ref().map(text).transpose()?;
            Ok((&one.number, violation, &one.body, &one.name))
        });
        let rows = text(&rows.collect::<Result<Vec<_>>>()?)?;
        let echoes: Vec<_> = found
            .iter()
            .flat_map(|one| one.echoes.iter().map(|echo| (&one.number, echo)))
            .map(|(number, echo)| (number, &echo.number, &echo.name, &echo.body))
            .collect();
        let echoes = if echoes.is_empty() { None } else { Some(text(&echoes)?) };
        writing!(self.database, |connection| {
            sqlx::query(self.database.sql(
                "UPDATE event SET violation = rows.value ->> 1, body = rows.value ->> 2,
                    sent_as = CASE WHEN name <> rows.value ->> 3 THEN name ELSE sent_as END,
                    name = rows.value ->> 3, checked_by = $2
                FROM {rows}
                WHERE event.origin = 'source' AND event.number = rows.value ->> 0
                    AND event.body IS NOT NULL AND event.violation IS NOT NULL",
            ))
            .bind(&rows)
            .bind(limit(version))
            .execute(&mut *connection)
            .await?;
            if let Some(echoes) = &echoes {
                // Only of those that this look has let go: they carry its version.
                sqlx::query(self.database.sql(
                    "INSERT INTO event (origin, number, name, at, received_at, kept_at, place,
                        body, checked_by)
                    SELECT e.origin, rows.value ->> 1, rows.value ->> 2, e.at, e.received_at,
                        e.kept_at, e.place, rows.value ->> 3, e.checked_by
                    FROM {rows} CROSS JOIN event e
                    WHERE e.origin = 'source' AND e.number = rows.value ->> 0
                        AND e.checked_by = $2 AND e.violation IS NULL AND e.body IS NOT NULL
                    ON CONFLICT (origin, number) DO NOTHING",
                ))
                .bind(echoes)
                .bind(limit(version))
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        })
    }

    async fn settle(
        &self,
        name: &str,
        violation: &Violation,
        release: bool,
        by: &str,
        now: Instant,
    ) -> Result<u64> {
        let stored = text(violation)?;
        let update = if release {
            "UPDATE event SET violation = NULL
            WHERE body IS NOT NULL AND violation = $2 AND name = $1"
        } else {
            "UPDATE event SET body = NULL
            WHERE body IS NOT NULL AND violation = $2 AND name = $1"
        };
        writing!(self.database, |connection| {
            let settled = sqlx::query(update)
                .bind(name)
                .bind(&stored)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if settled > 0 {
                let detail = serde_json::json!({
                    "events": settled, "violation": violation.to_string(),
                })
                .to_string();
                let action = if release { "release" } else { "discard" };
                audit!(self, connection, now, by, action, format!("quarantine {name}"), detail);
            }
            Ok(settled)
        })
    }
}

#[async_trait]
impl PastStore for Storage {
    async fn counts(&self, since: Instant) -> Result<Vec<(String, u64)>> {
        let rows: Vec<(String, i64)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT name, COUNT(*) FROM event
                WHERE origin = 'source' AND kept_at >= $1 AND said IS NOT NULL
                GROUP BY name",
            )
            .bind(since.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(rows.into_iter().map(|(name, events)| (name, events.unsigned_abs())).collect())
    }

    async fn past(&self, since: Instant, after: &str, at_most: u64) -> Result<Vec<Past>> {
        let rows: Vec<(String, String, String)> = reading!(self.database, |connection| {
            // By the numbers: events that come in meanwhile move nothing.
            Ok(sqlx::query_as(
                "SELECT number, COALESCE(sent_as, name), said FROM event
                WHERE origin = 'source' AND number > $1 AND kept_at >= $2 AND said IS NOT NULL
                ORDER BY number LIMIT $3",
            )
            .bind(after)
            .bind(since.0)
            .bind(limit(at_most))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |(number, name, properties)| Past { number, name, properties };
        Ok(rows.into_iter().map(read).collect())
    }
}
