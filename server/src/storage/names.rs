//! How people are named at a destination: by the dictionary, but for those whose identifiers
//! have changed since they came in. What a change means is `domain::people::renaming`.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Result,
    delivery::{
        Transition,
        port::{Named, Telling},
    },
    ids::MappingId,
    people::{
        Ordinal, PersonSet, chunks,
        chunks::CHUNK,
        port::PersonStore as _,
        renaming::{Names, Without},
    },
    sync::diff::apply,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage, bitmap,
    configuration::parse,
    delivery::place,
    macros::reading,
    people::ordinal,
    presence::{ClaimedPart, claimed},
    statement::Statement,
};

/// Somebody who is named otherwise there.
#[derive(FromRow)]
struct NamedRow {
    ordinal: i64,
    person_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    without: Option<String>,
}

/// How somebody was named before a change.
pub struct Former {
    pub person: Ordinal,
    pub id: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// A step towards who may be at a mapping's destination, in one chunk: those whose place lies
/// below `below` come in, or leave.
#[derive(FromRow)]
pub struct MaybeThere {
    mapping_id: Uuid,
    people: Vec<u8>,
    transition: String,
    below: i64,
}

/// Of one chunk, `$1`, in their order: whoever was sent, or may have been, is there until their
/// exit was answered.
pub const MAYBE_THERE: &str = "SELECT mapping_id, people, 'entered' AS transition,
        CAST(65536 AS BIGINT) AS below, CAST(-1 AS BIGINT) AS generation, CAST(0 AS BIGINT) AS lane
    FROM delivered_chunk WHERE chunk = $1
    UNION ALL SELECT mapping_id, people, transition,
        CASE transition WHEN 'entered' THEN claimed ELSE acknowledged END, generation, lane
    FROM part WHERE chunk = $1 AND NOT folded AND claimed > 0
    UNION ALL SELECT mapping_id, people, 'entered', 65536, 9223372036854775807, 0
    FROM doubt_chunk WHERE chunk = $1
    ORDER BY generation, lane";

/// Keeps the names under which people stand at destinations, before the dictionary forgets
/// them. Once a transaction, before what is stored of these people changes.
macro_rules! note {
    ($connection:ident, $former:expr) => {{
        let former: &[$crate::storage::names::Former] = $former;
        // First, so that no claim slips in between: see `Named::as_of`.
        sqlx::query("UPDATE counter SET value = value + 1 WHERE name = 'identifiers'")
            .execute(&mut *$connection)
            .await?;
        for (chunk, former) in $crate::storage::names::by_chunk(former) {
            let there: Vec<$crate::storage::names::MaybeThere> =
                sqlx::query_as($crate::storage::names::MAYBE_THERE)
                    .bind(i64::from(chunk))
                    .fetch_all(&mut *$connection)
                    .await?;
            for statement in $crate::storage::names::keep(&former, there)? {
                $crate::storage::statement::carry_out!($connection, statement);
            }
        }
    }};
}
pub(super) use note;

/// Cut into the chunks in which their numbers lie.
pub fn by_chunk(former: &[Former]) -> BTreeMap<u32, Vec<&Former>> {
    let mut chunks: BTreeMap<u32, Vec<&Former>> = BTreeMap::new();
    for one in former {
        chunks.entry(one.person / CHUNK).or_default().push(one);
    }
    chunks
}

/// What keeps their names; the name that they came in under stays.
pub fn keep(former: &[&Former], there: Vec<MaybeThere>) -> Result<Vec<Statement>> {
    let mut sets: BTreeMap<Uuid, PersonSet> = BTreeMap::new();
    for row in there {
        let told = chunks::between(&bitmap::decode(&row.people)?, 0, place(row.below)?);
        let present = sets.entry(row.mapping_id).or_default();
        apply(present, parse(&row.transition)?, &told);
    }
    let insert = "INSERT INTO named_as (mapping_id, ordinal, person_id, email, phone)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mapping_id, ordinal) DO NOTHING";
    let mut statements = Vec::new();
    for (mapping, people) in sets {
        for one in former.iter().filter(|one| people.contains(one.person)) {
            statements.push(
                Statement::new(insert)
                    .with(mapping)
                    .with(i64::from(one.person))
                    .with(one.id.as_deref())
                    .with(one.email.as_deref())
                    .with(one.phone.as_deref()),
            );
        }
    }
    Ok(statements)
}

/// What a step of a part changes in how its people are named: whoever has left, or comes in
/// anew, goes by the dictionary again. `named` are those of the chunk who don't.
pub fn settle(
    mapping: Uuid,
    transition: Transition,
    named: &[i64],
    answered: &PersonSet,
    claim: &PersonSet,
    without: &[(Ordinal, Without)],
) -> Result<Vec<Statement>> {
    let mut statements = Vec::new();
    let gone = match transition {
        Transition::Entered => claim,
        Transition::Exited => answered,
    };
    for number in named {
        let person = ordinal(*number)?;
        if gone.contains(person) {
            let delete = "DELETE FROM named_as WHERE mapping_id = $1 AND ordinal = $2";
            statements.push(Statement::new(delete).with(mapping).with(*number));
        } else if claim.contains(person) {
            let whole = "UPDATE named_as SET without = NULL WHERE mapping_id = $1 AND ordinal = $2";
            statements.push(Statement::new(whole).with(mapping).with(*number));
        }
    }
    let leave_out = "INSERT INTO named_as (mapping_id, ordinal, person_id, email, phone, without)
        SELECT $1, ordinal, person_id, email, phone, $3 FROM person WHERE ordinal = $2
        ON CONFLICT (mapping_id, ordinal) DO UPDATE SET without = excluded.without";
    for (person, without) in without.iter().filter(|(person, _)| claim.contains(*person)) {
        let statement = Statement::new(leave_out).with(mapping).with(i64::from(*person));
        statements.push(statement.with(without.as_str()));
    }
    Ok(statements)
}

impl NamedRow {
    fn names(&self) -> Names {
        Names { id: self.person_id.clone(), email: self.email.clone(), phone: self.phone.clone() }
    }
}

impl Storage {
    /// See [`domain::delivery::port::DeliveryStore::named`].
    pub(super) async fn names(
        &self,
        mapping: MappingId,
        transition: Transition,
        telling: Telling,
        who: &PersonSet,
    ) -> Result<Named> {
        let is_new = transition == Transition::Entered && telling == Telling::Fresh;
        let is_exit = transition == Transition::Exited && telling == Telling::Fresh;
        // A new exit asks who else is there, however they are named.
        let (first, last) = match (who.min(), who.max()) {
            (Some(first), Some(last)) if !is_exit => (i64::from(first), i64::from(last)),
            _ => (0, i64::MAX),
        };
        let (as_of, rows): (i64, Vec<NamedRow>) = reading!(self.database, |connection| {
            // Before anything else is read: what changes later makes the claim outdated.
            let as_of = sqlx::query_scalar("SELECT value FROM counter WHERE name = 'identifiers'")
                .fetch_one(&mut *connection)
                .await?;
            // Who comes in goes by the dictionary.
            if is_new {
                return Ok((as_of, Vec::new()));
            }
            let rows = sqlx::query_as(
                "SELECT ordinal, person_id, email, phone, without FROM named_as
                WHERE mapping_id = $1 AND ordinal BETWEEN $2 AND $3",
            )
            .bind(mapping.0)
            .bind(first)
            .bind(last)
            .fetch_all(&mut *connection)
            .await?;
            Ok((as_of, rows))
        })?;
        let mut named: BTreeMap<Ordinal, NamedRow> = BTreeMap::new();
        for row in rows {
            named.insert(ordinal(row.ordinal)?, row);
        }
        let mut people = self.people(who).await?;
        for (number, person) in &mut people {
            if let Some(row) = named.get(number) {
                let without = match telling {
                    Telling::Fresh => Without::default(),
                    Telling::Again => Without::from(row.without.as_deref().unwrap_or_default()),
                };
                *person = without.of(&row.names()).name(person);
            }
        }
        let mut without = Vec::new();
        if is_exit {
            let taken = self.taken(mapping, who, &named, &people).await?;
            for (number, person) in &mut people {
                let has = |value: &Option<String>, all: &BTreeSet<String>| {
                    value.as_ref().is_some_and(|value| all.contains(value))
                };
                let one = Without {
                    email: has(&person.email, &taken.emails),
                    phone: has(&person.phone, &taken.phones),
                };
                if one.is_some() {
                    *person = one.of(&Names::of(person)).name(person);
                    without.push((*number, one));
                }
            }
        }
        Ok(Named { people, without, as_of })
    }

    /// Names of these people that somebody else has who stays at the destination.
    async fn taken(
        &self,
        mapping: MappingId,
        leaving: &PersonSet,
        named: &BTreeMap<Ordinal, NamedRow>,
        people: &[(Ordinal, domain::people::Person)],
    ) -> Result<Taken> {
        let emails: Vec<&str> = people.iter().filter_map(|(_, one)| one.email.as_deref()).collect();
        let phones: Vec<&str> = people.iter().filter_map(|(_, one)| one.phone.as_deref()).collect();
        let ask =
            |values: &[&str]| serde_json::to_string(values).map_err(domain::Error::unexpected);
        let (emails, phones) = (ask(&emails)?, ask(&phones)?);
        let found: Vec<(i64, Option<String>, Option<String>)> = reading!(
            self.database,
            |connection| {
                let mut found = Vec::new();
                for (values, text) in [
                    (
                        &emails,
                        "SELECT p.ordinal, p.email, p.phone FROM (SELECT {value} AS name FROM {rows}) asked JOIN person p ON p.email = asked.name",
                    ),
                    (
                        &phones,
                        "SELECT p.ordinal, p.email, p.phone FROM (SELECT {value} AS name FROM {rows}) asked JOIN person p ON p.phone = asked.name",
                    ),
                ] {
                    if values != "[]" {
                        let rows: Vec<(i64, Option<String>, Option<String>)> =
                            sqlx::query_as(self.database.sql(text))
                                .bind(values)
                                .fetch_all(&mut *connection)
                                .await?;
                        found.extend(rows);
                    }
                }
                Ok(found)
            }
        )?;
        let mut others: Vec<(Ordinal, Option<String>, Option<String>)> = Vec::new();
        for (number, email, phone) in found {
            let number = ordinal(number)?;
            // Whoever is named otherwise there doesn't have the dictionary's names there.
            if !named.contains_key(&number) {
                others.push((number, email, phone));
            }
        }
        others.extend(named.iter().map(|(number, row)| {
            let Names { email, phone, .. } = row.names();
            (*number, email, phone)
        }));
        others.retain(|(number, ..)| !leaving.contains(*number));
        let mut taken = Taken::default();
        let chunks: BTreeSet<u32> = others.iter().map(|(number, ..)| number / CHUNK).collect();
        for chunk in chunks {
            let present = self.present_in(mapping, chunk).await?;
            for (_, email, phone) in others.iter().filter(|(number, ..)| present.contains(*number))
            {
                taken.emails.extend(email.clone());
                taken.phones.extend(phone.clone());
            }
        }
        Ok(taken)
    }

    /// Who is at a mapping's destination in one chunk, everything claimed taken for answered.
    async fn present_in(&self, mapping: MappingId, chunk: u32) -> Result<PersonSet> {
        let (folded, parts): (Option<Vec<u8>>, Vec<ClaimedPart>) =
            reading!(self.database, |connection| {
                let folded = sqlx::query_scalar(
                    "SELECT people FROM delivered_chunk WHERE mapping_id = $1 AND chunk = $2",
                )
                .bind(mapping.0)
                .bind(i64::from(chunk))
                .fetch_optional(&mut *connection)
                .await?;
                let parts = sqlx::query_as(
                    "SELECT transition, people, claimed FROM part
                    WHERE mapping_id = $1 AND chunk = $2 AND NOT folded ORDER BY generation, lane",
                )
                .bind(mapping.0)
                .bind(i64::from(chunk))
                .fetch_all(&mut *connection)
                .await?;
                Ok((folded, parts))
            })?;
        claimed(folded.as_slice(), parts)
    }
}

/// Names that others have.
#[derive(Default)]
struct Taken {
    emails: BTreeSet<String>,
    phones: BTreeSet<String>,
}
