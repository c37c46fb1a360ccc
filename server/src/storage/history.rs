//! What one person's mappings were told, the newest first, from the parts that have them.
//!
//! Ninety days of runs are many parts: they are read a [`Stretch`] at a time, and no further
//! back than is asked for.

use std::collections::BTreeSet;

use domain::{
    Result,
    delivery::Transition,
    ids::RunId,
    people::{
        Ordinal, PersonSet, chunks,
        chunks::CHUNK,
        standing::{Answer, Underway},
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{bitmap, configuration::parse, delivery::place, spans::Stretch};

/// An order's part, in the person's chunk.
#[derive(FromRow)]
pub struct PartRow {
    pub id: Uuid,
    pub mapping_id: Uuid,
    pub run_id: Uuid,
    pub generation: i64,
    pub decided_at: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    claimed_at: Option<i64>,
    is_open: bool,
    pub folded: bool,
}

/// The batch that told a part's person.
#[derive(FromRow)]
pub struct AnswerRow {
    first: i64,
    below: i64,
    sent_at: i64,
    at: i64,
}

/// Of mapping `$1` in chunk `$2`, from generation `$3` to `$4`, where place `$5` was answered
/// for or may be.
pub const PARTS: &str = "SELECT p.id, p.mapping_id, p.run_id, p.generation, p.decided_at,
    p.transition, p.people, p.acknowledged, p.claimed, p.claimed_at, p.is_open, p.folded
    FROM part p WHERE p.mapping_id = $1 AND p.chunk = $2 AND p.generation BETWEEN $3 AND $4
        AND (p.is_open OR p.acknowledged > $5)";

/// Of part `$1` at place `$2`.
pub const ANSWER: &str = "SELECT first, below, sent_at, at FROM answer
    WHERE part_id = $1 AND first <= $2 AND below > $2";

/// A part that the person is in.
pub struct Step {
    pub part: PartRow,
    pub transition: Transition,
    pub answer: Option<AnswerRow>,
    people: PersonSet,
    person: Ordinal,
}

impl Step {
    /// Nothing if the person isn't in the part, or was answered for in no way.
    fn of(part: PartRow, person: Ordinal) -> Result<Option<Self>> {
        if !bitmap::holds(&part.people, person)? {
            return Ok(None);
        }
        let (people, transition) = (bitmap::decode(&part.people)?, parse(&part.transition)?);
        let step = Self { part, transition, answer: None, people, person };
        Ok((step.part.is_open || step.is_answered()?).then_some(step))
    }

    /// Whether Segment took it.
    pub fn is_answered(&self) -> Result<bool> {
        Ok(self.person % CHUNK < place(self.part.acknowledged)?)
    }

    /// How far it is, without an answer.
    pub fn underway(&self) -> Result<Underway> {
        let is_claimed = self.person % CHUNK < place(self.part.claimed)?;
        Ok(Underway {
            at: Instant(self.part.decided_at),
            transition: self.transition,
            run: RunId(self.part.run_id),
            sent_at: self.part.claimed_at.filter(|_| is_claimed).map(Instant),
        })
    }

    /// How the batch with it was answered.
    pub fn answer(&self) -> Result<Option<Answer>> {
        let Some(row) = &self.answer else { return Ok(None) };
        let told = chunks::between(&self.people, place(row.first)?, place(row.below)?);
        Ok(Some(Answer { sent_at: Instant(row.sent_at), at: Instant(row.at), people: told.len() }))
    }
}

/// What is found of a person's history, stretch by stretch, the newest first.
pub struct History {
    person: Ordinal,
    lines: usize,
    steps: Vec<Step>,
    /// Stretches may lie over each other.
    seen: BTreeSet<Uuid>,
    told: BTreeSet<Uuid>,
}

impl History {
    /// So many lines at least, and each mapping's last one.
    pub fn of(person: Ordinal, lines: usize) -> Self {
        Self { person, lines, steps: Vec::new(), seen: BTreeSet::new(), told: BTreeSet::new() }
    }

    /// Whether what this stretch may hold is still asked for.
    pub fn wants(&self, stretch: &Stretch) -> bool {
        let newer = self.steps.iter().filter(|one| one.part.decided_at > stretch.until.0);
        stretch.is_newest || !self.told.contains(&stretch.mapping) || newer.count() < self.lines
    }

    /// Takes a stretch's parts.
    pub fn read(&mut self, parts: Vec<PartRow>) -> Result<()> {
        for part in parts {
            let Some(step) = Step::of(part, self.person)? else { continue };
            if self.seen.insert(step.part.id) {
                if step.is_answered()? {
                    self.told.insert(step.part.mapping_id);
                }
                self.steps.push(step);
            }
        }
        Ok(())
    }

    /// All that was found, each mapping's oldest first.
    pub fn steps(mut self) -> Vec<Step> {
        self.steps.sort_by_key(|one| one.part.generation);
        self.steps
    }
}
