//! What an order writes: from what is stored and what was decided, without a database.
//!
//! What an older order hasn't claimed is replaced, the difference to what is present becomes
//! parts, and what pages show follows. All of it is one transaction, see [`super::orders`].

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Error, Result,
    delivery::{Transition, stop::may_go},
    ids::Ids,
    people::{PersonSet, chunks, chunks::CHUNK},
    sync::{
        Cause,
        diff::{Change, apply, diff},
        port::{OrderRequest, Ordered},
    },
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{audiences::size, bitmap, configuration::parse, statement::Statement};

/// Closed parts that may lie beside the folded set before they are folded in: small changes
/// write small rows, and reading what is present stays quick.
const UNFOLDED: usize = 16;

/// A part that isn't folded, as stored.
#[derive(FromRow)]
pub struct StoredPart {
    id: Uuid,
    chunk: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    is_open: bool,
}

/// The same part as a new decision leaves it: only what was claimed stays.
struct Kept {
    id: Uuid,
    chunk: u32,
    transition: Transition,
    people: PersonSet,
    in_doubt: u64,
    dropped: u64,
    has_changed: bool,
}

impl StoredPart {
    fn keep(self) -> Result<Kept> {
        let place = |number: i64| u32::try_from(number).map_err(Error::unexpected);
        let all = bitmap::decode(&self.people)?;
        let people =
            if self.is_open { chunks::between(&all, 0, place(self.claimed)?) } else { all.clone() };
        let doubt = chunks::between(&people, place(self.acknowledged)?, CHUNK).len();
        let in_doubt = if self.is_open { doubt } else { 0 };
        Ok(Kept {
            id: self.id,
            chunk: place(self.chunk)?,
            transition: parse(&self.transition)?,
            has_changed: self.is_open && (people.len() < all.len() || in_doubt == 0),
            in_doubt,
            dropped: all.len() - people.len(),
            people,
        })
    }
}

/// The statements of an order, and what it holds. `generation` is the mapping's newest;
/// `is_held` while a stop holds the mapping.
pub fn write_order(
    request: &OrderRequest<'_>,
    is_held: bool,
    folded: Vec<(i64, Vec<u8>)>,
    parts: Vec<StoredPart>,
    generation: i64,
    ids: &dyn Ids,
) -> Result<(Ordered, Vec<Statement>)> {
    let mapping = request.mapping;
    let mut chunks_before: BTreeMap<u32, PersonSet> = BTreeMap::new();
    for (chunk, bytes) in folded {
        let chunk = u32::try_from(chunk).map_err(Error::unexpected)?;
        chunks_before.insert(chunk, bitmap::decode(&bytes)?);
    }
    let kept: Vec<Kept> = parts.into_iter().map(StoredPart::keep).collect::<Result<_>>()?;

    let mut present: PersonSet =
        chunks_before.values().fold(PersonSet::new(), |all, one| all | one);
    for part in &kept {
        apply(&mut present, part.transition, &part.people);
    }
    let use_case = mapping.spec.use_case;
    // Whoever was refused is outside the diff: a member who is there is not sent away for it.
    let mut target = request.decision.target.clone();
    if let Some(refused) = request.decision.withheld.get(&Cause::Refused) {
        target |= refused & &present;
    }
    let mut changes = diff(use_case, &target, &present, request.suppressed);
    // A paused or stopped mapping sends only what protects.
    changes.retain(|change| may_go(change.lane, false, is_held || !mapping.spec.active));
    let ordered = Ordered {
        entered: count(&changes, Transition::Entered),
        exited: count(&changes, Transition::Exited),
    };

    let mut statements: Vec<Statement> = kept.iter().filter_map(replace).collect();
    if kept.iter().filter(|part| part.in_doubt == 0).count() > UNFOLDED {
        statements.extend(fold(mapping.id.0, &chunks_before, &kept));
    }
    let raised = (!changes.is_empty()).then_some(generation + 1);
    if let Some(generation) = raised {
        statements.extend(write_parts(request, &changes, generation, ids));
    }
    statements.extend(write_withheld(request));
    statements.extend(write_counts(request, ordered, raised));
    Ok((ordered, statements))
}

/// What is left when nobody claims any more of these parts: how many people are dropped, and
/// the statements.
pub fn drop_unclaimed(parts: Vec<StoredPart>) -> Result<(u64, Vec<Statement>)> {
    let kept: Vec<Kept> = parts.into_iter().map(StoredPart::keep).collect::<Result<_>>()?;
    let dropped = kept.iter().map(|part| part.dropped).sum();
    Ok((dropped, kept.iter().filter_map(replace).collect()))
}

fn count(changes: &[Change], transition: Transition) -> u64 {
    let these = changes.iter().filter(|change| change.transition == transition);
    these.map(|change| change.people.len()).sum()
}

/// An open part loses what it hadn't claimed, and closes if nothing of it is in doubt.
fn replace(part: &Kept) -> Option<Statement> {
    part.has_changed.then(|| {
        Statement::new("UPDATE part SET people = $1, pending = $2, is_open = $3 WHERE id = $4")
            .with(bitmap::encode(&part.people))
            .with(size(part.in_doubt))
            .with(part.in_doubt > 0)
            .with(part.id)
    })
}

/// Folds closed parts into the chunks. A chunk with a part in doubt is left as it is: what
/// was closed after it would be applied too early.
fn fold(mapping: Uuid, before: &BTreeMap<u32, PersonSet>, parts: &[Kept]) -> Vec<Statement> {
    let in_doubt: BTreeSet<u32> =
        parts.iter().filter(|part| part.in_doubt > 0).map(|part| part.chunk).collect();
    let mut after: BTreeMap<u32, PersonSet> = BTreeMap::new();
    let mut statements = Vec::new();
    for part in parts.iter().filter(|part| !in_doubt.contains(&part.chunk)) {
        let people = after
            .entry(part.chunk)
            .or_insert_with(|| before.get(&part.chunk).cloned().unwrap_or_default());
        apply(people, part.transition, &part.people);
        statements.push(
            Statement::new("UPDATE part SET folded = $1 WHERE id = $2").with(true).with(part.id),
        );
    }
    for (chunk, people) in after {
        statements.push(
            Statement::new(
                "INSERT INTO delivered_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)
                ON CONFLICT (mapping_id, chunk) DO UPDATE SET people = excluded.people",
            )
            .with(mapping)
            .with(i64::from(chunk))
            .with(bitmap::encode(&people)),
        );
    }
    statements
}

fn write_parts(
    request: &OrderRequest<'_>,
    changes: &[Change],
    generation: i64,
    ids: &dyn Ids,
) -> Vec<Statement> {
    let (mapping, run, now) = (request.mapping.id.0, request.run.0, request.now.0);
    let mut statements = vec![
        Statement::new("UPDATE mapping SET generation = $1 WHERE id = $2")
            .with(generation)
            .with(mapping),
        Statement::new(
            "INSERT INTO sync_order (id, mapping_id, run_id, generation, decided_at)
            VALUES ($1, $2, $3, $4, $5)",
        )
        .with(request.order.0)
        .with(mapping)
        .with(run)
        .with(generation)
        .with(now),
    ];
    for change in changes {
        for (chunk, people) in chunks::split(&change.people) {
            statements.push(
                Statement::new(
                    "INSERT INTO part (id, order_id, mapping_id, run_id, generation, decided_at,
                        lane, chunk, transition, people, pending, is_open)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                )
                .with(ids.next())
                .with(request.order.0)
                .with(mapping)
                .with(run)
                .with(generation)
                .with(now)
                .with(change.lane as i64)
                .with(i64::from(chunk))
                .with(change.transition.as_str())
                .with(bitmap::encode(&people))
                .with(size(people.len()))
                .with(true),
            );
        }
    }
    statements
}

fn write_withheld(request: &OrderRequest<'_>) -> Vec<Statement> {
    let mapping = request.mapping.id.0;
    let mut statements =
        vec![Statement::new("DELETE FROM withheld_chunk WHERE mapping_id = $1").with(mapping)];
    for (cause, set) in &request.decision.withheld {
        for (chunk, people) in chunks::split(set) {
            statements.push(
                Statement::new(
                    "INSERT INTO withheld_chunk (mapping_id, cause, chunk, people)
                    VALUES ($1, $2, $3, $4)",
                )
                .with(mapping)
                .with(cause.as_str())
                .with(i64::from(chunk))
                .with(bitmap::encode(&people)),
            );
        }
    }
    statements
}

/// What pages show of the mapping and the run.
fn write_counts(
    request: &OrderRequest<'_>,
    ordered: Ordered,
    generation: Option<i64>,
) -> [Statement; 2] {
    let decision = request.decision;
    let withheld = serde_json::to_string(&decision.counts()).unwrap_or_default();
    [
        Statement::new("UPDATE mapping SET members = $1, target = $2, withheld = $3 WHERE id = $4")
            .with(size(decision.members))
            .with(size(decision.target.len()))
            .with(withheld.as_str())
            .with(request.mapping.id.0),
        Statement::new(
            "UPDATE run SET state = 'delivering', fetched = $1, target = $2, entered = $3,
                exited = $4, withheld = $5, generation = $6 WHERE id = $7",
        )
        .with(size(decision.members))
        .with(size(decision.target.len()))
        .with(size(ordered.entered))
        .with(size(ordered.exited))
        .with(withheld)
        .with(generation)
        .with(request.run.0),
    ]
}
