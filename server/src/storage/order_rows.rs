//! The statements of an order. What it decides is in [`super::order`].

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    delivery::{Transition, reason::reasons},
    ids::Ids,
    people::{PersonSet, chunks},
    sync::{
        diff::{Change, apply},
        port::{OrderRequest, Ordered},
    },
    time::Instant,
};
use uuid::Uuid;

use super::{
    audiences::size,
    bitmap,
    order::{Decided, Kept},
    statement::Statement,
};

/// Closed parts that may lie beside the folded set before they are folded in: small changes
/// write small rows, and reading what is present stays quick.
pub const UNFOLDED: usize = 16;

/// Open parts lose what they hadn't claimed, and close if nothing of them is in doubt.
pub fn replace(kept: &[Kept]) -> Vec<Statement> {
    // What is not sent again is not kept.
    let update = "UPDATE part SET people = $1, pending = $2, is_open = $3,
            rendered = CASE WHEN $3 THEN rendered END, reasons = CASE WHEN $3 THEN reasons END
        WHERE id = $4";
    kept.iter()
        .filter(|part| part.has_changed)
        .map(|part| {
            Statement::new(update)
                .with(bitmap::encode(&part.people))
                .with(size(part.in_doubt))
                .with(part.in_doubt > 0)
                .with(part.id)
        })
        .collect()
}

/// Puts these people in place of the mapping's doubt.
pub fn write_doubt(mapping: Uuid, people: &PersonSet) -> Vec<Statement> {
    let mut statements =
        vec![Statement::new("DELETE FROM doubt_chunk WHERE mapping_id = $1").with(mapping)];
    let insert = "INSERT INTO doubt_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)";
    statements.extend(chunks::split(people).into_iter().map(|(chunk, people)| {
        let statement = Statement::new(insert).with(mapping).with(i64::from(chunk));
        statement.with(bitmap::encode(&people))
    }));
    statements
}

/// Closed parts, once there are enough of them to be folded in. A chunk with a part in doubt is
/// left as it is: what was closed after it would be applied too early.
pub fn foldable(parts: &[Kept]) -> Vec<&Kept> {
    if parts.iter().filter(|part| part.in_doubt == 0).count() <= UNFOLDED {
        return Vec::new();
    }
    let in_doubt: BTreeSet<u32> =
        parts.iter().filter(|part| part.in_doubt > 0).map(|part| part.chunk).collect();
    parts.iter().filter(|part| !in_doubt.contains(&part.chunk)).collect()
}

/// Folds closed parts into the chunks.
pub fn fold(mapping: Uuid, before: &BTreeMap<u32, PersonSet>, parts: &[&Kept]) -> Vec<Statement> {
    let mut after: BTreeMap<u32, PersonSet> = BTreeMap::new();
    let mut statements = Vec::new();
    for part in parts {
        let people = after
            .entry(part.chunk)
            .or_insert_with(|| before.get(&part.chunk).cloned().unwrap_or_default());
        apply(people, part.transition, &part.people);
        statements.push(
            Statement::new("UPDATE part SET folded = $1 WHERE id = $2").with(true).with(part.id),
        );
    }
    statements.extend(after.into_iter().map(|(chunk, people)| deliver(mapping, chunk, &people)));
    statements
}

/// Who is there in a chunk.
fn deliver(mapping: Uuid, chunk: u32, people: &PersonSet) -> Statement {
    let upsert = "INSERT INTO delivered_chunk (mapping_id, chunk, people) VALUES ($1, $2, $3)
        ON CONFLICT (mapping_id, chunk) DO UPDATE SET people = excluded.people";
    Statement::new(upsert).with(mapping).with(i64::from(chunk)).with(bitmap::encode(people))
}

/// The order with its parts, and what pages show. `generation` is the mapping's newest.
pub fn write(
    request: &OrderRequest<'_>,
    decided: &Decided,
    ordered: Ordered,
    generation: i64,
    ids: &dyn Ids,
) -> Vec<Statement> {
    let mapping = request.mapping.id.0;
    let mut statements = Vec::new();
    let mut newest = generation;
    for changes in [&decided.diff.renames, &decided.diff.changes] {
        if !changes.is_empty() {
            newest += 1;
            let order = if newest == generation + 1 { request.order.0 } else { ids.next() };
            statements.extend(write_parts(request, decided, order, changes, newest, ids));
        }
    }
    let raised = (newest > generation).then_some(newest);
    if let Some(people) = &decided.adopted {
        let chunks = chunks::split(people);
        statements.extend(chunks.iter().map(|(chunk, people)| deliver(mapping, *chunk, people)));
        let adopt = "UPDATE mapping SET delivered = $1, adopts = $2, route = $3 WHERE id = $4";
        let statement = Statement::new(adopt).with(size(people.len())).with(false);
        statements.push(statement.with(json(&decided.route)).with(mapping));
    }
    if let Some(newest) = raised {
        let raise = "UPDATE mapping SET generation = $1, route = $2 WHERE id = $3";
        statements
            .push(Statement::new(raise).with(newest).with(json(&decided.route)).with(mapping));
    }
    statements.extend(write_departure(request, decided));
    if request.is_closing && decided.is_over {
        let close = "UPDATE mapping SET owes_exits = $1, delivered = 0 WHERE id = $2";
        statements.push(Statement::new(close).with(false).with(mapping));
    }
    statements.extend(write_withheld(request));
    statements.extend(write_counts(request, decided, ordered, raised));
    statements
}

/// Notes who is told to leave, where whoever left stays out for a time. Whoever leaves only to
/// come back under another name or to another place may come at once.
fn write_departure(request: &OrderRequest<'_>, decided: &Decided) -> Vec<Statement> {
    let Some(dwell) = request.mapping.spec.dwell else { return Vec::new() };
    let is_moving = !decided.route.is_same_place(request.route);
    if request.is_closing || is_moving {
        return Vec::new();
    }
    let (mapping, now) = (request.mapping.id.0, request.now);
    let forget = "DELETE FROM departure WHERE mapping_id = $1 AND left_at <= $2";
    let mut statements = vec![Statement::new(forget).with(mapping).with(now.minus(dwell).0)];
    let exits =
        decided.diff.changes.iter().filter(|change| change.transition == Transition::Exited);
    let left = exits.fold(PersonSet::new(), |all, change| all | &change.people);
    let left = chunks::split(&left).into_iter();
    statements
        .extend(left.map(|(chunk, people)| put_departure(mapping, now, chunk.into(), &people)));
    statements
}

/// Notes who of a chunk is told to leave.
pub fn put_departure(mapping: Uuid, now: Instant, chunk: i64, people: &PersonSet) -> Statement {
    let insert =
        "INSERT INTO departure (mapping_id, left_at, chunk, people) VALUES ($1, $2, $3, $4)
        ON CONFLICT (mapping_id, left_at, chunk) DO UPDATE SET people = excluded.people";
    let statement = Statement::new(insert).with(mapping).with(now.0).with(chunk);
    statement.with(bitmap::encode(people))
}

/// The order itself.
pub fn put_order(
    order: Uuid,
    mapping: Uuid,
    run: Uuid,
    generation: i64,
    now: Instant,
    route: String,
) -> Statement {
    let insert = "INSERT INTO sync_order (id, mapping_id, run_id, generation, decided_at, route)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let statement = Statement::new(insert).with(order).with(mapping).with(run);
    statement.with(generation).with(now.0).with(route)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn write_parts(
    request: &OrderRequest<'_>,
    decided: &Decided,
    order: Uuid,
    changes: &[Change],
    generation: i64,
    ids: &dyn Ids,
) -> Vec<Statement> {
    let (mapping, run, now) = (request.mapping.id.0, request.run.0, request.now.0);
    let route = json(&decided.route);
    let mut statements = vec![put_order(order, mapping, run, generation, request.now, route)];
    for change in changes {
        for (chunk, people) in chunks::split(&change.people) {
            let repeats = match change.transition {
                Transition::Entered => !people.is_disjoint(&decided.present),
                Transition::Exited => !people.is_subset(&decided.present),
            };
            statements.push(
                Statement::new(
                    "INSERT INTO part (id, order_id, mapping_id, run_id, generation, decided_at,
                        lane, chunk, transition, people, pending, is_open, repeats, reasons)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                )
                .with(ids.next())
                .with(order)
                .with(mapping)
                .with(run)
                .with(generation)
                .with(now)
                .with(change.lane as i64)
                .with(i64::from(chunk))
                .with(change.transition.as_str())
                .with(bitmap::encode(&people))
                .with(size(people.len()))
                .with(true)
                .with(repeats)
                .with(entry_reasons(decided, change.transition, &people)),
            );
        }
    }
    statements
}

/// Why those of a part come in who haven't just joined, where their entry is told as an event.
fn entry_reasons(decided: &Decided, transition: Transition, people: &PersonSet) -> Option<String> {
    if decided.route.entry.is_none() || transition == Transition::Exited {
        return None;
    }
    let reasons = reasons(people, &decided.present, &decided.withheld);
    let stored: BTreeMap<&str, Vec<u8>> =
        reasons.iter().map(|(reason, who)| (reason.as_str(), bitmap::encode(who))).collect();
    (!stored.is_empty()).then(|| json(&stored))
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

/// What pages show of the mapping and the run. A run may order twice.
fn write_counts(
    request: &OrderRequest<'_>,
    decided: &Decided,
    ordered: Ordered,
    generation: Option<i64>,
) -> [Statement; 2] {
    let decision = request.decision;
    let withheld = json(&decision.counts());
    let held = ordered.held.unwrap_or_default();
    [
        Statement::new("UPDATE mapping SET members = $1, target = $2, withheld = $3 WHERE id = $4")
            .with(size(decision.members))
            .with(size(decision.target.len()))
            .with(withheld.as_str())
            .with(request.mapping.id.0),
        Statement::new(
            "UPDATE run SET state = 'delivering', fetched = $1, target = $2,
                entered = entered + $3, exited = exited + $4, withheld = $5,
                generation = COALESCE($6, generation), held_entered = $7, held_exited = $8,
                present = $9, repeated = repeated + $10
            WHERE id = $11",
        )
        .with(size(decision.members))
        .with(size(decision.target.len()))
        .with(size(ordered.entered))
        .with(size(ordered.exited))
        .with(withheld)
        .with(generation)
        .with(size(held.entered))
        .with(size(held.exited))
        .with(size(decided.present.len()))
        .with(size(ordered.repeated))
        .with(request.run.0),
    ]
}
