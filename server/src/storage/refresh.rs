//! Values that change: whoever is where messages carry them is told again, and so is sent as
//! of now. Which messages those are is `domain::delivery::fields::follows`.

use std::collections::BTreeSet;

use domain::{
    Result,
    delivery::{Transition, fields::follows},
    destinations::value::ValueRule,
    people::{Ordinal, PersonSet, chunks},
    sync::diff::apply,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    bitmap,
    configuration::{json, parse},
    delivery::place,
    people::ordinal,
    statement::Statement,
};

/// Whose value of which field.
pub type Changes = BTreeSet<(Ordinal, String)>;

/// Mappings that have told anybody, or are about to, with what their messages carry.
pub const CARRIERS: &str = "SELECT m.id, m.use_case, d.profile, d.fields, d.value
    FROM mapping m JOIN destination d ON d.id = m.destination_id
    WHERE m.retired_at IS NULL AND (m.delivered > 0
        OR EXISTS (SELECT 1 FROM part p WHERE p.mapping_id = m.id AND p.is_open))";

/// Of a mapping's chunk, who is there by folded parts, and of whom nobody knows.
pub const SETTLED: &str = "SELECT d.people AS present, b.people AS doubt FROM mapping m
    LEFT JOIN delivered_chunk d ON d.mapping_id = m.id AND d.chunk = $2
    LEFT JOIN doubt_chunk b ON b.mapping_id = m.id AND b.chunk = $2
    WHERE m.id = $1";

/// Of a mapping's chunk, the parts that aren't folded.
pub const UNFOLDED: &str = "SELECT transition, people, acknowledged, claimed FROM part
    WHERE mapping_id = $1 AND chunk = $2 AND NOT folded ORDER BY generation, lane";

#[derive(FromRow)]
pub struct Carrier {
    pub id: Uuid,
    use_case: String,
    profile: String,
    fields: String,
    value: Option<String>,
}

#[derive(FromRow)]
pub struct Settled {
    present: Option<Vec<u8>>,
    doubt: Option<Vec<u8>>,
}

#[derive(FromRow)]
pub struct Part {
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
}

impl Carrier {
    /// Whom of these its messages would tell anew.
    pub fn concerned(&self, changes: &Changes) -> Result<PersonSet> {
        let fields: Vec<String> = json(&self.fields)?;
        let value: Option<ValueRule> = self.value.as_deref().map(json).transpose()?;
        let reckoned = value.as_ref().map(ValueRule::attributes).unwrap_or_default();
        let is_told = |name: &String| fields.contains(name) || reckoned.contains(&**name);
        if !follows(parse(&self.profile)?, parse(&self.use_case)?) {
            return Ok(PersonSet::new());
        }
        Ok(changes.iter().filter(|(_, name)| is_told(name)).map(|(who, _)| *who).collect())
    }
}

/// Of these people of a chunk, whose entry is on its way as they were; and the statement that
/// has those who are there told again.
pub fn mark(
    (mapping, chunk): (Uuid, u32),
    people: &PersonSet,
    settled: &Settled,
    parts: &[Part],
) -> Result<(PersonSet, Option<Statement>)> {
    let set = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(bitmap::decode).transpose();
    let mut present = set(&settled.present)?.unwrap_or_default();
    let mut entering = PersonSet::new();
    for part in parts {
        let (all, transition) = (bitmap::decode(&part.people)?, parse(&part.transition)?);
        let (answered, claimed) = (place(part.acknowledged)?, place(part.claimed)?);
        apply(&mut present, transition, &chunks::between(&all, 0, answered));
        if transition == Transition::Entered {
            entering |= chunks::between(&all, answered, claimed);
        }
    }
    entering &= people;
    let again = &(people & present) - &entering;
    let doubt = set(&settled.doubt)?.unwrap_or_default();
    let statement = (!again.is_subset(&doubt)).then(|| {
        let upsert = "INSERT INTO doubt_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)
            ON CONFLICT (mapping_id, chunk) DO UPDATE SET people = excluded.people";
        let statement = Statement::new(upsert).with(mapping).with(i64::from(chunk));
        statement.with(bitmap::encode(&(doubt | again)))
    });
    Ok((entering, statement))
}

/// Rows of what has changed.
pub fn changes(rows: Vec<(i64, String)>) -> Result<Changes> {
    rows.into_iter().map(|(number, name)| Ok((ordinal(number)?, name))).collect()
}

/// Has people told again whose values change, before they do; those changes that must come
/// later, because an entry of that person is on its way with the former value.
macro_rules! note_values {
    ($storage:expr, $connection:ident, $changes:expr) => {{
        let changes: &$crate::storage::refresh::Changes = $changes;
        let mut later = domain::people::PersonSet::new();
        let carriers: Vec<$crate::storage::refresh::Carrier> =
            sqlx::query_as($crate::storage::refresh::CARRIERS).fetch_all(&mut *$connection).await?;
        let mut concerned = Vec::new();
        for carrier in carriers {
            let people = carrier.concerned(changes)?;
            if !people.is_empty() {
                concerned.push((carrier, people));
            }
        }
        if !concerned.is_empty() {
            // As when names change: no claim slips in between that was rendered before.
            sqlx::query("UPDATE counter SET value = value + 1 WHERE name = 'identifiers'")
                .execute(&mut *$connection)
                .await?;
        }
        for (carrier, people) in concerned {
            // Whoever orders here now has ordered before, or waits.
            sqlx::query($storage.database.sql("SELECT id FROM mapping WHERE id = $1 {lock}"))
                .bind(carrier.id)
                .execute(&mut *$connection)
                .await?;
            for (chunk, people) in domain::people::chunks::split(&people) {
                let parts: Vec<$crate::storage::refresh::Part> =
                    sqlx::query_as($crate::storage::refresh::UNFOLDED)
                        .bind(carrier.id)
                        .bind(i64::from(chunk))
                        .fetch_all(&mut *$connection)
                        .await?;
                let settled = sqlx::query_as($crate::storage::refresh::SETTLED)
                    .bind(carrier.id)
                    .bind(i64::from(chunk))
                    .fetch_one(&mut *$connection)
                    .await?;
                let place = (carrier.id, chunk);
                let (entering, statement) =
                    $crate::storage::refresh::mark(place, &people, &settled, &parts)?;
                later |= entering;
                if let Some(statement) = statement {
                    $crate::storage::statement::carry_out!($connection, statement);
                }
            }
        }
        later
    }};
}
pub(super) use note_values;
