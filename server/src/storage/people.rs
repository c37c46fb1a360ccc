//! The person dictionary.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    people::{Ordinal, Person, PersonSet, PersonView, port::PersonStore},
    time::Instant,
};
use sqlx::FromRow;

use super::{Storage, audiences::text, dialect::gathered, macros::reading};

#[derive(FromRow)]
pub(super) struct PersonRow {
    ordinal: i64,
    cio_id: String,
    person_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// The same, as gathered where there are many.
type GatheredPerson = (Ordinal, String, Option<String>, Option<String>, Option<String>);

/// Ordinal, name, value.
type FieldRow = (i64, String, String);

impl PersonRow {
    pub(super) fn read(self) -> Result<(Ordinal, Person)> {
        let person = Person {
            cio_id: self.cio_id,
            id: self.person_id,
            email: self.email,
            phone: self.phone,
            fields: BTreeMap::new(),
        };
        Ok((ordinal(self.ordinal)?, person))
    }
}

/// A stored number as an ordinal.
pub(super) fn ordinal(number: i64) -> Result<Ordinal> {
    Ordinal::try_from(number).map_err(Error::unexpected)
}

#[async_trait]
impl PersonStore for Storage {
    async fn people(&self, ordinals: &PersonSet) -> Result<Vec<(Ordinal, Person)>> {
        let (Some(first), Some(last)) = (ordinals.min(), ordinals.max()) else {
            return Ok(Vec::new());
        };
        let numbers: Vec<Ordinal> = ordinals.iter().collect();
        // Dense sets are read by their range: the rows lie side by side.
        let dense = u64::from(last - first) < 4 * ordinals.len();
        // Few destinations name fields: mostly the second query finds nothing.
        let (rows, fields): (Option<String>, Vec<FieldRow>) = reading!(
            self.database,
            |connection| {
                if dense {
                    let people = self.database.sql(
                        "SELECT CAST({gather}({array}(ordinal, cio_id, person_id, email, phone)) AS TEXT)
                        FROM person WHERE ordinal BETWEEN $1 AND $2",
                    );
                    let fields = "SELECT ordinal, name, value FROM person_field
                        WHERE ordinal BETWEEN $1 AND $2";
                    let (first, last) = (i64::from(first), i64::from(last));
                    let people = sqlx::query_scalar(people).bind(first).bind(last);
                    let people = people.fetch_one(&mut *connection).await?;
                    let fields = sqlx::query_as(fields).bind(first).bind(last);
                    Ok((people, fields.fetch_all(&mut *connection).await?))
                } else {
                    let people = self.database.sql(
                        "SELECT CAST({gather}({array}(p.ordinal, p.cio_id, p.person_id, p.email, p.phone)) AS TEXT)
                        FROM {rows} JOIN person p ON p.ordinal = CAST(rows.value AS BIGINT)",
                    );
                    let fields = self.database.sql(
                        "SELECT f.ordinal, f.name, f.value FROM {rows}
                        JOIN person_field f ON f.ordinal = CAST(rows.value AS BIGINT)",
                    );
                    let numbers = text(&numbers)?;
                    let people = sqlx::query_scalar(people).bind(&numbers);
                    let people = people.fetch_one(&mut *connection).await?;
                    let fields = sqlx::query_as(fields).bind(&numbers);
                    Ok((people, fields.fetch_all(&mut *connection).await?))
                }
            }
        )?;
        let rows: Vec<GatheredPerson> = gathered(rows.as_deref())?;
        let mut people: BTreeMap<Ordinal, Person> = rows
            .into_iter()
            .filter(|(number, ..)| ordinals.contains(*number))
            .map(|(number, cio_id, id, email, phone)| {
                (number, Person { cio_id, id, email, phone, fields: BTreeMap::new() })
            })
            .collect();
        for (number, name, value) in fields {
            if let Some(person) = people.get_mut(&ordinal(number)?) {
                person.fields.insert(name, value);
            }
        }
        Ok(people.into_iter().collect())
    }

    async fn find(&self, text: &str, limit: i64) -> Result<Vec<(Ordinal, Person)>> {
        let rows: Vec<PersonRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT ordinal, cio_id, person_id, email, phone FROM person
                    WHERE cio_id = $1 OR person_id = $1 OR email = $1 ORDER BY ordinal LIMIT $2",
            )
            .bind(text)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(PersonRow::read).collect()
    }

    async fn ask_to_forget(&self, person: Ordinal, by: &str, now: Instant) -> Result<()> {
        self.begin_forgetting(person, by, now).await
    }

    async fn explain(&self, number: Ordinal, lines: usize, now: Instant) -> Result<PersonView> {
        self.standing(number, lines, now).await
    }
}
