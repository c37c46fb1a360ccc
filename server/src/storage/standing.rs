//! Where one person stands: see [`domain::people::standing`].
//!
//! Everything is asked of the person's chunk, through an index that begins with the mapping
//! or the audience, so that it is as quick in a large database as in a small one.

use domain::{
    Error, Result,
    delivery::{
        Transition,
        message::{Identity, Installation, Kind},
    },
    ids::{MappingId, RunId},
    people::{
        Ordinal, Person, PersonMapping, PersonView,
        chunks::CHUNK,
        standing::{HistoryEntry, Keeping, Letter, Listed, Membership, Rule},
    },
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage, bitmap,
    configuration::parse,
    history::{self, History, PartRow, Step},
    macros::snapshot,
    people::PersonRow,
    spans::{self, SpanRow},
    suppression::read_scope,
};

/// An audience's members, in the person's chunk.
#[derive(FromRow)]
struct AudienceRow {
    key: String,
    segment_name: Option<String>,
    mirrored_at: Option<i64>,
    is_stale: bool,
    people: Vec<u8>,
}

/// Who was first seen in an audience by one reading, in the person's chunk.
#[derive(FromRow)]
struct CohortRow {
    key: String,
    seen_at: i64,
    people: Vec<u8>,
}

/// A rule's audience, in the person's chunk: its members, or one of its cohorts.
#[derive(FromRow)]
struct RuleRow {
    key: String,
    reason: String,
    destinations: String,
    ttl: Option<i64>,
    seen_at: Option<i64>,
    people: Vec<u8>,
}

/// A rule's list that has the person.
#[derive(FromRow)]
struct ListedRow {
    key: String,
    reason: String,
    destinations: String,
    ttl: Option<i64>,
    actor: String,
    note: String,
    held_since: i64,
}

/// A rule whose event the person did.
#[derive(FromRow)]
struct DoneRow {
    key: String,
    reason: String,
    destinations: String,
    ttl: Option<i64>,
    since: i64,
}

/// A mapping with who is in its audience and at its destination, in the person's chunk.
#[derive(FromRow)]
struct PlaceRow {
    id: Uuid,
    key: String,
    audience: String,
    destination: String,
    use_case: String,
    exclusivity_group: Option<String>,
    priority: i64,
    active: bool,
    members: Option<Vec<u8>>,
    delivered: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct WithheldRow {
    mapping_id: Uuid,
    cause: String,
    people: Vec<u8>,
}

#[derive(FromRow)]
struct LetterRow {
    mapping_id: Uuid,
    at: i64,
    transition: String,
    reason: String,
}

/// In the chunk `$1`, but for letters.
const AUDIENCES: &str =
    "SELECT a.key, a.segment_name, a.mirrored_at, a.stale_reason IS NOT NULL AS is_stale,
    c.people
    FROM audience a JOIN audience_chunk c ON c.audience_id = a.id AND c.chunk = $1
    WHERE a.retired_at IS NULL ORDER BY a.key";

const COHORTS: &str = "SELECT a.key, c.seen_at, c.people
    FROM audience a JOIN cohort c ON c.audience_id = a.id AND c.chunk = $1
    WHERE a.retired_at IS NULL ORDER BY c.seen_at DESC";

const RULES: &str = "SELECT s.key, s.reason, s.destinations, s.ttl,
        CAST(NULL AS BIGINT) AS seen_at, c.people
    FROM suppression s
    JOIN audience_chunk c ON c.audience_id = s.audience_id AND c.chunk = $1
    WHERE s.retired_at IS NULL
    UNION ALL
    SELECT s.key, s.reason, s.destinations, s.ttl, c.seen_at, c.people FROM suppression s
    JOIN cohort c ON c.audience_id = s.audience_id AND c.chunk = $1
    AND c.seen_at > $2 - s.ttl
    WHERE s.retired_at IS NULL AND s.ttl IS NOT NULL";

/// Lists that have person `$1` at `$2`.
const LISTED: &str = "SELECT s.key, s.reason, s.destinations, s.ttl, l.actor, l.note, l.held_since
    FROM suppression s JOIN listing l ON l.suppression_id = s.id
    WHERE s.retired_at IS NULL AND s.list AND l.held_since IS NOT NULL AND l.ended_at IS NULL
        AND (s.ttl IS NULL OR l.held_since + s.ttl > $2)
        AND EXISTS (SELECT 1 FROM listed_person p WHERE p.ordinal = $1 AND p.listing_id = l.id)
    ORDER BY l.held_since";

/// Events that keep person `$1` out at `$2`.
const DONE: &str = "SELECT s.key, s.reason, s.destinations, s.ttl, h.since
    FROM held_person h JOIN suppression s ON s.id = h.suppression_id
    WHERE h.ordinal = $1 AND s.retired_at IS NULL AND s.event IS NOT NULL
        AND (s.ttl IS NULL OR h.since + s.ttl > $2)";

const PLACES: &str = "SELECT m.id, m.key, a.key AS audience, d.key AS destination, m.use_case,
    m.exclusivity_group, m.priority, m.active,
    c.people AS members, b.people AS delivered
    FROM mapping m
    JOIN audience a ON a.id = m.audience_id
    JOIN destination d ON d.id = m.destination_id
    LEFT JOIN audience_chunk c ON c.audience_id = m.audience_id AND c.chunk = $1
    LEFT JOIN delivered_chunk b ON b.mapping_id = m.id AND b.chunk = $1
    WHERE m.retired_at IS NULL ORDER BY m.key";

const WITHHELD: &str = "SELECT w.mapping_id, w.cause, w.people FROM mapping m
    JOIN withheld_chunk w ON w.mapping_id = m.id AND w.chunk = $1
    WHERE m.retired_at IS NULL";

const LETTERS: &str = "SELECT l.mapping_id, l.at, l.transition, l.reason FROM mapping m
    JOIN dead_letter l ON l.mapping_id = m.id AND l.ordinal = $1
    WHERE m.retired_at IS NULL AND l.resolved_at IS NULL ORDER BY l.at";

impl Storage {
    /// See [`domain::people::port::PersonStore::explain`].
    pub(super) async fn standing(
        &self,
        number: Ordinal,
        lines: usize,
        now: Instant,
    ) -> Result<PersonView> {
        let chunk = i64::from(number / CHUNK);
        snapshot!(self.database, |connection| {
            let person: Option<PersonRow> = sqlx::query_as(
                "SELECT ordinal, cio_id, person_id, email, phone FROM person WHERE ordinal = $1",
            )
            .bind(i64::from(number))
            .fetch_optional(&mut *connection)
            .await?;
            let (_, person) = person
                .ok_or_else(|| Error::NotFound("person of that number".to_owned()))?
                .read()?;
            let installation: (Uuid, i64) = sqlx::query_as("SELECT key, number FROM installation")
                .fetch_one(&mut *connection)
                .await?;
            let installation = Installation { key: installation.0, number: installation.1 };
            let audiences: Vec<AudienceRow> =
                sqlx::query_as(AUDIENCES).bind(chunk).fetch_all(&mut *connection).await?;
            let cohorts: Vec<CohortRow> =
                sqlx::query_as(COHORTS).bind(chunk).fetch_all(&mut *connection).await?;
            let rules: Vec<RuleRow> =
                sqlx::query_as(RULES).bind(chunk).bind(now.0).fetch_all(&mut *connection).await?;
            let listed: Vec<ListedRow> = sqlx::query_as(LISTED)
                .bind(i64::from(number))
                .bind(now.0)
                .fetch_all(&mut *connection)
                .await?;
            let done: Vec<DoneRow> = sqlx::query_as(DONE)
                .bind(i64::from(number))
                .bind(now.0)
                .fetch_all(&mut *connection)
                .await?;
            let places: Vec<PlaceRow> =
                sqlx::query_as(PLACES).bind(chunk).fetch_all(&mut *connection).await?;
            let mut history = History::of(number, lines);
            let spans: Vec<SpanRow> =
                sqlx::query_as(spans::OF_CHUNK).bind(chunk).fetch_all(&mut *connection).await?;
            let stretches = spans::stretches(places.iter().map(|place| place.id), &spans, number)?;
            for stretch in stretches {
                if !history.wants(&stretch) {
                    continue;
                }
                let parts: Vec<PartRow> = sqlx::query_as(history::PARTS)
                    .bind(stretch.mapping)
                    .bind(chunk)
                    .bind(stretch.from)
                    .bind(stretch.to)
                    .bind(i64::from(number % CHUNK))
                    .fetch_all(&mut *connection)
                    .await?;
                history.read(parts)?;
            }
            let mut steps = history.steps();
            for step in &mut steps {
                step.answer = sqlx::query_as(history::ANSWER)
                    .bind(step.part.id)
                    .bind(i64::from(number % CHUNK))
                    .fetch_optional(&mut *connection)
                    .await?;
            }
            let withheld: Vec<WithheldRow> =
                sqlx::query_as(WITHHELD).bind(chunk).fetch_all(&mut *connection).await?;
            let letters: Vec<LetterRow> =
                sqlx::query_as(LETTERS).bind(i64::from(number)).fetch_all(&mut *connection).await?;
            let about = About { number, person: &person, installation };
            let mappings: Result<Vec<PersonMapping>> = places
                .into_iter()
                .map(|place| about.stand(place, &steps, &withheld, &letters))
                .collect();
            Ok(PersonView {
                audiences: memberships(audiences, &cohorts, number)?,
                suppressions: keeping(rules, listed, done, number, now)?,
                mappings: mappings?,
                person,
            })
        })
    }
}

fn memberships(
    rows: Vec<AudienceRow>,
    cohorts: &[CohortRow],
    number: Ordinal,
) -> Result<Vec<Membership>> {
    let mut memberships = Vec::new();
    for row in rows {
        if bitmap::holds(&row.people, number)? {
            memberships.push(Membership {
                since: since(&row.key, cohorts, number)?,
                audience: parse(&row.key)?,
                segment_name: row.segment_name,
                read_at: row.mirrored_at.map(Instant),
                is_stale: row.is_stale,
            });
        }
    }
    Ok(memberships)
}

/// When the newest reading that first had the person was, of those that are kept.
fn since(audience: &str, cohorts: &[CohortRow], number: Ordinal) -> Result<Option<Instant>> {
    for cohort in cohorts.iter().filter(|one| one.key == audience) {
        if bitmap::holds(&cohort.people, number)? {
            return Ok(Some(Instant(cohort.seen_at)));
        }
    }
    Ok(None)
}

fn keeping(
    mut rows: Vec<RuleRow>,
    listed: Vec<ListedRow>,
    done: Vec<DoneRow>,
    number: Ordinal,
    now: Instant,
) -> Result<Vec<Keeping>> {
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    let mut kept = Vec::new();
    for rule in rows.chunk_by(|a, b| a.key == b.key) {
        let Some(first) = rule.first() else { continue };
        let (mut is_member, mut seen) = (false, Vec::new());
        for row in rule {
            if bitmap::holds(&row.people, number)? {
                match row.seen_at {
                    Some(at) => seen.push(Instant(at)),
                    None => is_member = true,
                }
            }
        }
        let rule = read_rule(&first.key, &first.reason, &first.destinations, first.ttl)?;
        kept.extend(Keeping::by_audience(rule, is_member, &seen, now));
    }
    for row in listed {
        let rule = read_rule(&row.key, &row.reason, &row.destinations, row.ttl)?;
        let since = Instant(row.held_since);
        kept.push(Keeping::by_list(rule, Listed { by: row.actor, since, note: row.note }));
    }
    for row in done {
        let rule = read_rule(&row.key, &row.reason, &row.destinations, row.ttl)?;
        kept.push(Keeping::by_event(rule, Instant(row.since)));
    }
    kept.sort_by(|a, b| a.rule.cmp(&b.rule));
    Ok(kept)
}

fn read_rule(key: &str, reason: &str, destinations: &str, ttl: Option<i64>) -> Result<Rule> {
    Ok(Rule {
        key: parse(key)?,
        reason: reason.to_owned(),
        destinations: read_scope(destinations)?,
        ttl: ttl.map(Span),
    })
}

/// Whom it is about, and who tells.
struct About<'a> {
    number: Ordinal,
    person: &'a Person,
    installation: Installation,
}

impl About<'_> {
    fn stand(
        &self,
        row: PlaceRow,
        steps: &[Step],
        withheld: &[WithheldRow],
        letters: &[LetterRow],
    ) -> Result<PersonMapping> {
        let number = self.number;
        let holds = |bytes: &Option<Vec<u8>>| -> Result<bool> {
            Ok(match bytes {
                Some(bytes) => bitmap::holds(bytes, number)?,
                None => false,
            })
        };
        let member = holds(&row.members)?;
        let mut delivered = holds(&row.delivered)?;
        let (mut history, mut underway) = (Vec::new(), None);
        for step in steps.iter().filter(|step| step.part.mapping_id == row.id) {
            if !step.is_answered()? {
                underway = Some(step.underway()?);
                continue;
            }
            if !step.part.folded {
                delivered = step.transition == Transition::Entered;
            }
            history.push(self.entry(step)?);
        }
        let mut cause = None;
        for one in withheld.iter().filter(|one| one.mapping_id == row.id) {
            if member && bitmap::holds(&one.people, number)? {
                cause = Some(parse(&one.cause)?);
            }
        }
        let letters = letters.iter().filter(|letter| letter.mapping_id == row.id);
        let letters: Result<Vec<Letter>> = letters.map(LetterRow::read).collect();
        Ok(PersonMapping {
            mapping: parse(&row.key)?,
            audience: parse(&row.audience)?,
            destination: parse(&row.destination)?,
            use_case: parse(&row.use_case)?,
            group: row.exclusivity_group,
            priority: row.priority,
            is_active: row.active,
            member,
            delivered,
            cause,
            underway,
            letters: letters?,
            history,
        })
    }

    fn entry(&self, step: &Step) -> Result<HistoryEntry> {
        let part = &step.part;
        let identity = Identity {
            installation: self.installation,
            mapping: MappingId(part.mapping_id),
            generation: part.generation,
            transition: step.transition,
        };
        Ok(HistoryEntry {
            at: Instant(part.decided_at),
            transition: step.transition,
            generation: part.generation,
            run: RunId(part.run_id),
            message_id: identity.message_id(&self.person.cio_id, Kind::Track),
            answer: step.answer()?,
        })
    }
}

impl LetterRow {
    fn read(&self) -> Result<Letter> {
        Ok(Letter {
            at: Instant(self.at),
            transition: parse(&self.transition)?,
            reason: self.reason.clone(),
        })
    }
}
