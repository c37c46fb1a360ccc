//! Spans: who is in the folded parts of a chunk, several folds together, so that one person's
//! history is found without reading every part of ninety days.
//!
//! A span holds for the generations from its first to its last. What lies before the first span
//! or after the last one is read part by part; between two spans of a chunk nothing lies.

use std::collections::BTreeMap;

use domain::{
    Result,
    people::{Ordinal, PersonSet},
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{bitmap, order::Kept, statement::Statement};

/// Folds that one span holds: more are fewer rows to read, and more bytes to write again.
pub const FOLDS: i64 = 8;

/// A span as stored, of a mapping that is known.
#[derive(FromRow)]
pub struct StoredSpan {
    chunk: i64,
    first: i64,
    last: i64,
    folds: i64,
    people: Vec<u8>,
}

/// A span in the chunk of the person asked for.
#[derive(FromRow)]
pub struct SpanRow {
    mapping_id: Uuid,
    first: i64,
    last: i64,
    decided_at: i64,
    people: Vec<u8>,
}

/// Spans of a mapping that take more; none is open in a chunk where the newest one is full.
pub const OPEN: &str = "SELECT chunk, first, last, folds, people FROM folded_span
    WHERE mapping_id = $1 AND folds < $2";

/// Spans of chunk `$1`.
pub const OF_CHUNK: &str = "SELECT s.mapping_id, s.first, s.last, s.decided_at, s.people
    FROM mapping m JOIN folded_span s ON s.mapping_id = m.id AND s.chunk = $1
    WHERE m.retired_at IS NULL ORDER BY s.mapping_id, s.first";

/// Takes these parts, which are folded now, into their chunks' spans.
pub fn take(
    mapping: Uuid,
    open: Vec<StoredSpan>,
    folded: &[&Kept],
    now: Instant,
) -> Result<Vec<Statement>> {
    let mut spans: BTreeMap<i64, Span> = BTreeMap::new();
    for span in open {
        spans.insert(span.chunk, Span::read(span)?);
    }
    let mut touched: BTreeMap<i64, Span> = BTreeMap::new();
    for part in folded {
        let chunk = i64::from(part.chunk);
        let span = touched.entry(chunk).or_insert_with(|| {
            let begun = spans.remove(&chunk).unwrap_or_else(|| Span::at(part.generation));
            Span { folds: begun.folds + 1, ..begun }
        });
        span.last = span.last.max(part.generation);
        span.people |= &part.people;
    }
    let upsert = "INSERT INTO folded_span
            (mapping_id, chunk, first, last, folds, decided_at, people)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (mapping_id, chunk, first) DO UPDATE SET last = excluded.last,
            folds = excluded.folds, decided_at = excluded.decided_at, people = excluded.people";
    let statement = |(chunk, span): (i64, Span)| {
        Statement::new(upsert)
            .with(mapping)
            .with(chunk)
            .with(span.first)
            .with(span.last)
            .with(span.folds)
            .with(now.0)
            .with(bitmap::encode(&span.people))
    };
    Ok(touched.into_iter().map(statement).collect())
}

struct Span {
    first: i64,
    last: i64,
    folds: i64,
    people: PersonSet,
}

impl Span {
    fn at(generation: i64) -> Self {
        Self { first: generation, last: generation, folds: 0, people: PersonSet::new() }
    }

    fn read(row: StoredSpan) -> Result<Self> {
        let StoredSpan { first, last, folds, people, .. } = row;
        Ok(Self { first, last, folds, people: bitmap::decode(&people)? })
    }
}

/// Where a person's parts may be: from one generation to another, of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Whose.
    pub mapping: Uuid,
    /// From which on.
    pub from: i64,
    /// Up to which.
    pub to: i64,
    /// When its newest part was decided, or later.
    pub until: Instant,
    /// Whether nothing of its mapping comes after it: what isn't folded lies here.
    pub is_newest: bool,
}

/// The stretches of these mappings where the person's parts may be, the newest first. Those of
/// a mapping may lie over each other.
pub fn stretches(
    mappings: impl IntoIterator<Item = Uuid>,
    spans: &[SpanRow],
    person: Ordinal,
) -> Result<Vec<Stretch>> {
    let mut all = Vec::new();
    for mapping in mappings {
        let stretch =
            |from, to, until| Stretch { mapping, from, to, until, is_newest: to == i64::MAX };
        let own = || spans.iter().filter(|span| span.mapping_id == mapping);
        for span in own() {
            // Nothing is known of who is in an empty one.
            if span.people.is_empty() || bitmap::holds(&span.people, person)? {
                all.push(stretch(span.first, span.last, Instant(span.decided_at)));
            }
        }
        let before = own().min_by_key(|span| span.first);
        if let Some(SpanRow { first, decided_at, .. }) = before {
            all.push(stretch(i64::MIN, first.saturating_sub(1), Instant(*decided_at)));
        }
        let after = own().map(|span| span.last.saturating_add(1)).max();
        all.push(stretch(after.unwrap_or(i64::MIN), i64::MAX, Instant(i64::MAX)));
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.until));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: Uuid = Uuid::nil();

    fn row(first: i64, last: i64, people: Option<&[u32]>) -> SpanRow {
        let encode = |people: &[u32]| bitmap::encode(&people.iter().copied().collect());
        let people = people.map_or_else(Vec::new, encode);
        SpanRow { mapping_id: MAPPING, first, last, decided_at: last, people }
    }

    fn read(spans: &[SpanRow]) -> Vec<(i64, i64)> {
        let stretches = stretches([MAPPING], spans, 7).unwrap();
        stretches.iter().map(|one| (one.from, one.to)).collect()
    }

    #[test]
    fn only_spans_with_the_person_and_what_no_span_holds_are_read_from_the_newest_back() {
        assert_eq!(read(&[]), [(i64::MIN, i64::MAX)]);
        let spans = [row(10, 20, Some(&[7])), row(23, 30, Some(&[8])), row(31, 40, Some(&[7]))];
        assert_eq!(read(&spans), [(41, i64::MAX), (31, 40), (10, 20), (i64::MIN, 9)]);
        assert_eq!(read(&[row(10, 20, Some(&[8]))]), [(21, i64::MAX), (i64::MIN, 9)]);
    }

    #[test]
    fn a_span_of_whoever_is_always_read() {
        // It lies inside the one that goes on after it.
        let spans = [row(10, 40, Some(&[8])), row(20, 25, None)];
        assert_eq!(read(&spans), [(41, i64::MAX), (i64::MIN, 9), (20, 25)]);
    }
}
