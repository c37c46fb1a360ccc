//! One step of a part: from what is stored and what was answered, without a database.
//!
//! [`super::delivery`] reads what a step depends on, and writes what comes out of it, in one
//! transaction.

use domain::{
    Error, Result,
    delivery::{
        Lane, Transition,
        batch::Rendered,
        port::{Advance, Advanced},
        stop::may_go,
    },
    ids::{PartId, RunId},
    mappings::UseCase,
    monitoring::count::Answered,
    people::{Ordinal, PersonSet, chunks},
    suppression::held::Suppressed,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    audiences::size, bitmap, configuration::parse, delivery::place, monitoring_counts, names,
    presence, statement::Statement,
};

/// The part, with what decides whether it may go on.
#[derive(FromRow)]
pub struct StoredPart {
    pub mapping_id: Uuid,
    destination: String,
    use_case: String,
    goes: bool,
    lane: i64,
    pub generation: i64,
    transition: String,
    pub chunk: i64,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    claimed_at: Option<i64>,
    decided_at: i64,
    caused_at: Option<i64>,
    pending: i64,
    pub repeats: bool,
    is_open: bool,
}

impl StoredPart {
    /// Whether suppressed people are turned away from its new claim.
    pub fn has_a_door(&self) -> Result<bool> {
        let use_case: UseCase = parse(&self.use_case)?;
        let transition: Transition = parse(&self.transition)?;
        Ok(transition == Transition::Entered && use_case.is_suppressed())
    }
}

/// Everything stored that a step depends on; of the part's own chunk where it is a set.
pub struct Before {
    pub part: StoredPart,
    /// How often anybody's identifiers have changed.
    pub changes: i64,
    /// Unclaimed parts of newer orders, read only where somebody was refused.
    pub newer: Vec<(Uuid, Vec<u8>)>,
    /// Whom suppressions hold, read only at a door.
    pub suppressed: Suppressed,
    /// Who is named otherwise there than in the dictionary.
    pub named: Vec<i64>,
    /// Of whom nobody knows whether they are there.
    pub doubt: Option<Vec<u8>>,
    /// Who is there by what was answered, read only where the part repeats.
    pub there: PersonSet,
}

/// What a step does, and the statements.
pub fn advance(
    before: Before,
    step: &Advance,
    part: PartId,
    run: RunId,
    now: Instant,
) -> Result<(Advanced, Vec<Statement>)> {
    let row = &before.part;
    let (acknowledged, claimed) = (place(row.acknowledged)?, place(row.claimed)?);
    if !row.is_open {
        // Somebody has taken its people out of the outbox: nobody waits for this answer.
        return Err(Error::Fenced);
    }
    if step.acknowledged < acknowledged || step.acknowledged > claimed || step.claimed < claimed {
        return Err(Error::unexpected("a part's cursor would go back or jump"));
    }
    let transition: Transition = parse(&row.transition)?;
    let is_claiming = step.claimed > claimed;
    // A pause, a stop, a cancelled run: what doesn't protect is claimed no further.
    let lane = Lane::try_from(row.lane).map_err(Error::unexpected)?;
    let held = is_claiming && !may_go(lane, false, !row.goes);
    let is_outdated = is_claiming && before.changes != step.as_of;
    let upto = if held || is_outdated { claimed } else { step.claimed };

    // Who has been answered for, without those whom Segment refused.
    let dead: PersonSet = step.dead.iter().map(|(person, _)| *person).collect();
    let mut people = bitmap::decode(&row.people)? - &dead;
    let answered = chunks::between(&people, acknowledged, step.acknowledged);
    let mut statements = dead_letters(row, step, now);
    // A newer order may undo what didn't happen: it waits for this answer, unclaimed.
    for (id, bytes) in &before.newer {
        statements.push(leave_out(*id, &bitmap::decode(bytes)?, &dead));
    }

    // The door: whoever was suppressed since the decision doesn't go in any more. Who was
    // claimed before has passed it.
    let mut claim = chunks::between(&people, claimed, upto);
    let masked = &claim & &*before.suppressed.at(&parse(&row.destination)?);
    people -= &masked;
    claim -= &masked;

    let (mapping, named) = (row.mapping_id, &before.named);
    statements.extend(names::settle(mapping, transition, named, &answered, &claim, &step.without)?);
    statements.extend(presence::settle(mapping, row.chunk, before.doubt.as_deref(), &answered)?);
    let gone = size(step.dead.len() as u64) + size(masked.len()) + size(answered.len());
    let is_open =
        upto > step.acknowledged || !chunks::between(&people, upto, chunks::CHUNK).is_empty();
    let rendered = step.rendered.as_ref().filter(|_| !claim.is_empty()).map(as_json).transpose()?;
    statements.push(
        Statement::new(
            "UPDATE part SET people = $1, acknowledged = $2, claimed = $3, pending = $4,
                is_open = $5, rendered = $6, reasons = CASE WHEN $5 THEN reasons END,
                claimed_at = COALESCE($7, claimed_at) WHERE id = $8",
        )
        .with(bitmap::encode(&people))
        .with(i64::from(step.acknowledged))
        .with(i64::from(upto))
        .with((row.pending - gone).max(0))
        .with(is_open)
        .with(rendered)
        .with((!claim.is_empty()).then_some(now.0))
        .with(part.0),
    );
    statements.extend(answer(row, part, step, now));
    statements.extend(count(row, transition, &answered, &before.there, step.dead.len(), run));
    let counted = Answered {
        transition,
        taken: answered.len(),
        refused: step.dead.len() as u64,
        decided_at: Instant(row.decided_at),
        caused_at: row.caused_at.map(Instant),
    };
    statements.extend(monitoring_counts::count(mapping, &counted, now));
    Ok((Advanced { masked, claim, is_outdated, held }, statements))
}

/// Which places were answered for, and when: what a person's page shows of the batch.
fn answer(row: &StoredPart, part: PartId, step: &Advance, now: Instant) -> Option<Statement> {
    let insert =
        "INSERT INTO answer (part_id, first, below, sent_at, at) VALUES ($1, $2, $3, $4, $5)";
    (i64::from(step.acknowledged) > row.acknowledged).then(|| {
        Statement::new(insert)
            .with(part.0)
            .with(row.acknowledged)
            .with(i64::from(step.acknowledged))
            .with(row.claimed_at.unwrap_or(now.0))
            .with(now.0)
    })
}

/// What pages show of the mapping and the run.
fn count(
    part: &StoredPart,
    transition: Transition,
    answered: &PersonSet,
    there: &PersonSet,
    dead: usize,
    run: RunId,
) -> Vec<Statement> {
    let mut statements = Vec::new();
    let change = presence::change(transition, answered, part.repeats.then_some(there));
    if change != 0 {
        let update = "UPDATE mapping SET delivered = delivered + $1 WHERE id = $2";
        statements.push(Statement::new(update).with(change).with(part.mapping_id));
    }
    if !answered.is_empty() || dead > 0 {
        let update = "UPDATE run SET delivered = delivered + $1, dead = dead + $2 WHERE id = $3";
        let statement = Statement::new(update).with(size(answered.len()));
        statements.push(statement.with(size(dead as u64)).with(run.0));
    }
    statements
}

fn as_json(value: &Vec<Rendered>) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::unexpected)
}

/// Whom Segment refused, and why.
fn dead_letters(part: &StoredPart, step: &Advance, now: Instant) -> Vec<Statement> {
    let insert = "INSERT INTO dead_letter (mapping_id, ordinal, generation, transition, reason, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (mapping_id, ordinal, generation) DO NOTHING";
    let letter = |(person, reason): &(Ordinal, String)| {
        Statement::new(insert)
            .with(part.mapping_id)
            .with(i64::from(*person))
            .with(part.generation)
            .with(part.transition.as_str())
            .with(reason.as_str())
            .with(now.0)
    };
    step.dead.iter().map(letter).collect()
}

/// An unclaimed part without these people; closed if nobody else is in it.
fn leave_out(part: Uuid, people: &PersonSet, these: &PersonSet) -> Statement {
    let left = people - these;
    Statement::new("UPDATE part SET people = $1, pending = $2, is_open = $3 WHERE id = $4")
        .with(bitmap::encode(&left))
        .with(size(left.len()))
        .with(!left.is_empty())
        .with(part)
}
