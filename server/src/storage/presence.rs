//! Who is at a destination by what was answered, chunk by chunk.
//!
//! Most answers change the count by their own number. Only where an order repeats what may
//! be true already (a resync, an entry that brings a new name) is it counted person by person.

use domain::{
    Result,
    delivery::Transition,
    people::{PersonSet, chunks},
    sync::diff::apply,
};
use sqlx::FromRow;

use super::{bitmap, configuration::parse, delivery::place};

/// A part that isn't folded, with what was answered of it.
#[derive(FromRow)]
pub struct AnsweredPart {
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
}

/// Who is there: the folded chunk with every answered range applied in order.
pub fn answered(folded: Option<Vec<u8>>, parts: Vec<AnsweredPart>) -> Result<PersonSet> {
    let mut present = folded.map(|bytes| bitmap::decode(&bytes)).transpose()?.unwrap_or_default();
    for part in parts {
        let range = chunks::between(&bitmap::decode(&part.people)?, 0, place(part.acknowledged)?);
        apply(&mut present, parse(&part.transition)?, &range);
    }
    Ok(present)
}

/// By how many these answers change the number of those who are there.
pub fn change(transition: Transition, answered: &PersonSet, present: &PersonSet) -> i64 {
    let already = answered.intersection_len(present);
    match transition {
        Transition::Entered => super::audiences::size(answered.len() - already),
        Transition::Exited => -super::audiences::size(already),
    }
}

/// Before a part's cursor moves: takes those who are answered out of the mapping's doubt, and
/// says by how many the number of those who are there changes.
macro_rules! settle {
    ($connection:ident, $part:expr, $transition:expr, $answered:expr) => {{
        let part: &PartRow = $part;
        let answered: &PersonSet = $answered;
        let doubt: Option<Vec<u8>> = sqlx::query_scalar(
            "SELECT people FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2",
        )
        .bind(part.mapping_id)
        .bind(part.chunk)
        .fetch_optional(&mut *$connection)
        .await?;
        if let Some(bytes) = doubt {
            let left = bitmap::decode(&bytes)? - answered;
            let statement = if left.is_empty() {
                Statement::new("DELETE FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2")
            } else {
                Statement::new(
                    "UPDATE doubt_chunk SET people = $3 WHERE mapping_id = $1 AND chunk = $2",
                )
            };
            let statement = statement.with(part.mapping_id).with(part.chunk);
            carry_out!(
                $connection,
                if left.is_empty() { statement } else { statement.with(bitmap::encode(&left)) }
            );
        }
        if part.repeats {
            let folded: Option<Vec<u8>> = sqlx::query_scalar(
                "SELECT people FROM delivered_chunk WHERE mapping_id = $1 AND chunk = $2",
            )
            .bind(part.mapping_id)
            .bind(part.chunk)
            .fetch_optional(&mut *$connection)
            .await?;
            let parts: Vec<presence::AnsweredPart> = sqlx::query_as(
                "SELECT transition, people, acknowledged FROM part
                WHERE mapping_id = $1 AND chunk = $2 AND NOT folded ORDER BY generation, lane",
            )
            .bind(part.mapping_id)
            .bind(part.chunk)
            .fetch_all(&mut *$connection)
            .await?;
            presence::change($transition, answered, &presence::answered(folded, parts)?)
        } else {
            presence::change(
                $transition,
                answered,
                &match $transition {
                    Transition::Entered => PersonSet::new(),
                    Transition::Exited => answered.clone(),
                },
            )
        }
    }};
}
pub(super) use settle;
