//! The person dictionary, and where a person stands.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Error, Result,
    ids::RunId,
    people::{
        HistoryEntry, Ordinal, Person, PersonMapping, PersonSet, PersonView, chunks, chunks::CHUNK,
        port::PersonStore,
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage, audiences::text, bitmap, configuration::parse, dialect::gathered, macros::reading,
};

#[derive(FromRow)]
struct PersonRow {
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
    fn read(self) -> Result<(Ordinal, Person)> {
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

/// How a mapping stands for one person.
#[derive(FromRow)]
struct PlaceRow {
    id: Uuid,
    key: String,
    audience: String,
    destination: String,
    use_case: String,
    members: Option<Vec<u8>>,
    delivered: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct PartRow {
    mapping_id: Uuid,
    run_id: Uuid,
    generation: i64,
    decided_at: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    folded: bool,
}

#[derive(FromRow)]
struct WithheldRow {
    mapping_id: Uuid,
    cause: String,
    people: Vec<u8>,
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

    async fn explain(&self, number: Ordinal) -> Result<PersonView> {
        let chunk = i64::from(number / CHUNK);
        reading!(self.database, |connection| {
            let person: Option<PersonRow> = sqlx::query_as(
                "SELECT ordinal, cio_id, person_id, email, phone FROM person WHERE ordinal = $1",
            )
            .bind(i64::from(number))
            .fetch_optional(&mut *connection)
            .await?;
            let person =
                person.ok_or_else(|| Error::NotFound("person of that number".to_owned()))?;
            let places: Vec<PlaceRow> = sqlx::query_as(
                "SELECT m.id, m.key, a.key AS audience, d.key AS destination, m.use_case,
                    c.people AS members, b.people AS delivered
                FROM mapping m
                JOIN audience a ON a.id = m.audience_id
                JOIN destination d ON d.id = m.destination_id
                LEFT JOIN audience_chunk c ON c.audience_id = m.audience_id AND c.chunk = $1
                LEFT JOIN delivered_chunk b ON b.mapping_id = m.id AND b.chunk = $1
                WHERE m.retired_at IS NULL ORDER BY m.key",
            )
            .bind(chunk)
            .fetch_all(&mut *connection)
            .await?;
            let parts: Vec<PartRow> = sqlx::query_as(
                "SELECT mapping_id, run_id, generation, decided_at, transition, people, acknowledged, folded
                FROM part WHERE chunk = $1 AND acknowledged > $2 ORDER BY mapping_id, generation",
            )
            .bind(chunk)
            .bind(i64::from(number % CHUNK))
            .fetch_all(&mut *connection)
            .await?;
            let withheld: Vec<WithheldRow> = sqlx::query_as(
                "SELECT mapping_id, cause, people FROM withheld_chunk WHERE chunk = $1",
            )
            .bind(chunk)
            .fetch_all(&mut *connection)
            .await?;
            let mappings: Result<Vec<PersonMapping>> =
                places.into_iter().map(|place| stand(number, place, &parts, &withheld)).collect();
            Ok(PersonView { person: person.read()?.1, mappings: mappings? })
        })
    }
}

fn stand(
    number: Ordinal,
    place: PlaceRow,
    parts: &[PartRow],
    withheld: &[WithheldRow],
) -> Result<PersonMapping> {
    let holds = |bytes: &Option<Vec<u8>>| -> Result<bool> {
        Ok(match bytes {
            Some(bytes) => bitmap::decode(bytes)?.contains(number),
            None => false,
        })
    };
    let member = holds(&place.members)?;
    let mut delivered = holds(&place.delivered)?;
    let mut history = Vec::new();
    for part in parts.iter().filter(|part| part.mapping_id == place.id) {
        let below = u32::try_from(part.acknowledged).map_err(Error::unexpected)?;
        if !chunks::between(&bitmap::decode(&part.people)?, 0, below).contains(number) {
            continue;
        }
        let transition = parse(&part.transition)?;
        if !part.folded {
            delivered = transition == domain::delivery::Transition::Entered;
        }
        history.push(HistoryEntry {
            at: Instant(part.decided_at),
            transition,
            generation: part.generation,
            run: RunId(part.run_id),
        });
    }
    let mut cause = None;
    for row in withheld.iter().filter(|row| row.mapping_id == place.id) {
        if member && bitmap::decode(&row.people)?.contains(number) {
            cause = Some(parse(&row.cause)?);
        }
    }
    Ok(PersonMapping {
        mapping: parse(&place.key)?,
        audience: parse(&place.audience)?,
        destination: parse(&place.destination)?,
        use_case: parse(&place.use_case)?,
        member,
        delivered,
        cause,
        history,
    })
}
