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
use uuid::Uuid;

use super::{audiences::size, bitmap, configuration::parse, delivery::place, statement::Statement};

/// A part that isn't folded, with what was answered of it.
#[derive(FromRow)]
pub struct AnsweredPart {
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
}

/// A part that isn't folded, with what was claimed of it.
#[derive(FromRow)]
pub struct ClaimedPart {
    transition: String,
    people: Vec<u8>,
    claimed: i64,
}

/// Who is there, everything claimed taken for answered: the folded chunks with every claimed
/// range applied in order.
pub fn claimed(folded: &[Vec<u8>], parts: Vec<ClaimedPart>) -> Result<PersonSet> {
    let mut present = PersonSet::new();
    for bytes in folded {
        present |= bitmap::decode(bytes)?;
    }
    for part in parts {
        let range = chunks::between(&bitmap::decode(&part.people)?, 0, place(part.claimed)?);
        apply(&mut present, parse(&part.transition)?, &range);
    }
    Ok(present)
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

/// By how many these answers change the number of those who are there; `there` where some of
/// them may stand already where the answer brings them.
pub fn change(transition: Transition, answered: &PersonSet, there: Option<&PersonSet>) -> i64 {
    match (transition, there) {
        (Transition::Entered, None) => size(answered.len()),
        (Transition::Entered, Some(there)) => {
            size(answered.len() - answered.intersection_len(there))
        }
        (Transition::Exited, None) => -size(answered.len()),
        (Transition::Exited, Some(there)) => -size(answered.intersection_len(there)),
    }
}

/// Takes those who are answered out of the mapping's doubt.
pub fn settle(
    mapping: Uuid,
    chunk: i64,
    doubt: Option<&[u8]>,
    answered: &PersonSet,
) -> Result<Option<Statement>> {
    let Some(bytes) = doubt.filter(|_| !answered.is_empty()) else { return Ok(None) };
    let left = bitmap::decode(bytes)? - answered;
    let statement = if left.is_empty() {
        Statement::new("DELETE FROM doubt_chunk WHERE mapping_id = $1 AND chunk = $2")
            .with(mapping)
            .with(chunk)
    } else {
        Statement::new("UPDATE doubt_chunk SET people = $3 WHERE mapping_id = $1 AND chunk = $2")
            .with(mapping)
            .with(chunk)
            .with(bitmap::encode(&left))
    };
    Ok(Some(statement))
}
