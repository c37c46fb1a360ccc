//! What each change of the configuration writes, and what the audit trail says of it.

use domain::{
    approvals::proposal::SECOND_PERSON,
    audiences::AudienceSpec,
    configuration::{
        Settings,
        plan::{Change, FieldChange, Row, Table, moves},
    },
    destinations::{DestinationSpec, budget::Budget},
    key::Key,
    mappings::{MappingSpec, timeline::FlowSpec},
    suppression::SuppressionSpec,
    time::Instant,
};
use uuid::Uuid;

use super::{spans, statement::Statement};

/// Keeps a setting, in place of its former value.
pub const PUT_SETTING: &str = "INSERT INTO setting (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/// What isn't secret and isn't a row.
pub fn write_settings(settings: &Settings) -> Vec<Statement> {
    setting_rows(settings)
        .into_iter()
        .map(|(name, value)| Statement::new(PUT_SETTING).with(name).with(value))
        .collect()
}

/// What follows from a change beside its own row.
pub fn follow(change: &Change) -> Vec<Statement> {
    let touches = |fields: &[FieldChange], names: &[&str]| {
        fields.iter().any(|change| names.contains(&change.field.as_str()))
    };
    match change {
        // Another segment: whoever was read from the former one isn't known to be in it.
        Change::Update(Row::Audience(spec), fields) if touches(fields, &["segment"]) => vec![
            Statement::new(
                "DELETE FROM audience_chunk WHERE audience_id =
                    (SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL)",
            )
            .with(spec.key.as_str()),
            Statement::new(
                "UPDATE audience SET mirrored_at = NULL, segment_name = NULL, members = 0,
                    with_email = 0, with_id = 0, stale_reason = NULL, stale_at = NULL
                WHERE key = $1 AND retired_at IS NULL",
            )
            .with(spec.key.as_str()),
        ],
        // Whoever did what it meant before isn't meant any more.
        Change::Update(Row::Suppression(spec), fields) if touches(fields, &["event"]) => {
            forget_held(spec)
        }
        Change::Create(Row::Suppression(spec)) => hold_present(spec),
        Change::Update(Row::Suppression(spec), fields) if touches(fields, &["audience", "ttl"]) => {
            hold_present(spec)
        }
        _ => Vec::new(),
    }
}

/// What forgets who is at the destination of the mappings that a subquery over `$1` names, and
/// what says before that nobody keeps a union of the parts that are let go: they are all read.
macro_rules! forget {
    ($mappings:literal) => {
        (
            [
                // First, so that nobody orders meanwhile.
                concat!("UPDATE mapping SET delivered = 0 WHERE id IN (", $mappings, ")"),
                concat!("DELETE FROM delivered_chunk WHERE mapping_id IN (", $mappings, ")"),
                concat!("DELETE FROM doubt_chunk WHERE mapping_id IN (", $mappings, ")"),
                concat!("DELETE FROM named_as WHERE mapping_id IN (", $mappings, ")"),
                // A claimed range loses its part: its answer is waited for no longer.
                concat!(
                    "UPDATE part SET folded = TRUE, is_open = FALSE, pending = 0, rendered = NULL, reasons = NULL
                    WHERE NOT folded AND mapping_id IN (",
                    $mappings,
                    ")"
                ),
                concat!(
                    "UPDATE mapping SET route = NULL, owes_exits = FALSE WHERE id IN (",
                    $mappings,
                    ")"
                ),
            ],
            // `$2` is full, `$3` is empty.
            concat!(
                "INSERT INTO folded_span
                    (mapping_id, chunk, first, last, folds, decided_at, people)
                SELECT mapping_id, chunk, MIN(generation), MAX(generation), $2, MAX(decided_at), $3
                FROM part WHERE NOT folded AND mapping_id IN (",
                $mappings,
                ") GROUP BY mapping_id, chunk ON CONFLICT (mapping_id, chunk, first) DO NOTHING"
            ),
        )
    };
}

/// The mappings that a change lets go of with [`abandon`], as they are before it: a query of
/// their ids, and its key.
pub fn abandoned(change: &Change) -> Option<(&'static str, &Key)> {
    match change {
        Change::Retire(Table::Mapping, key) => Some((
            "SELECT id FROM mapping WHERE key = $1 AND (owes_exits OR retired_at IS NULL)",
            key,
        )),
        Change::Update(Row::Destination(spec), fields) if moves(fields) => Some((
            "SELECT m.id FROM mapping m JOIN destination d ON d.id = m.destination_id
            WHERE d.key = $1 AND d.retired_at IS NULL AND m.retired_at IS NULL",
            &spec.key,
        )),
        _ => None,
    }
}

/// Forgets who is where nobody will send to any more.
pub fn abandon(change: &Change) -> Vec<Statement> {
    let (key, (texts, unknown)) = match change {
        Change::Retire(Table::Mapping, key) => {
            (key, forget!("SELECT id FROM mapping WHERE key = $1 AND owes_exits"))
        }
        Change::Update(Row::Destination(spec), fields) if moves(fields) => (
            &spec.key,
            forget!(
                "SELECT m.id FROM mapping m JOIN destination d ON d.id = m.destination_id
                WHERE d.key = $1 AND d.retired_at IS NULL AND m.retired_at IS NULL"
            ),
        ),
        _ => return Vec::new(),
    };
    let mut statements: Vec<Statement> =
        texts.into_iter().map(|text| Statement::new(text).with(key.as_str())).collect();
    // After the lock of the first, before parts are let go.
    let unknown = Statement::new(unknown).with(key.as_str()).with(spans::FOLDS).with(Vec::new());
    statements.insert(1, unknown);
    statements
}

/// Nobody knows when those who are in an audience already were first seen there: a new ttl
/// holds them from the last reading on, rather too long than too short.
fn hold_present(spec: &SuppressionSpec) -> Vec<Statement> {
    let (Some(audience), Some(_)) = (&spec.audience, spec.ttl) else { return Vec::new() };
    vec![
        Statement::new(
            "INSERT INTO cohort (audience_id, seen_at, chunk, people)
            SELECT a.id, a.mirrored_at, c.chunk, c.people
            FROM audience a JOIN audience_chunk c ON c.audience_id = a.id
            WHERE a.key = $1 AND a.retired_at IS NULL AND a.mirrored_at IS NOT NULL
            ON CONFLICT (audience_id, seen_at, chunk) DO UPDATE SET people = excluded.people",
        )
        .with(audience.as_str()),
    ]
}

/// Nobody is kept out by a rule for what another event said.
fn forget_held(spec: &SuppressionSpec) -> Vec<Statement> {
    let delete = [
        "DELETE FROM held_name WHERE suppression_id =
            (SELECT id FROM suppression WHERE key = $1 AND retired_at IS NULL)",
        "DELETE FROM held_person WHERE suppression_id =
            (SELECT id FROM suppression WHERE key = $1 AND retired_at IS NULL)",
    ];
    let mut statements: Vec<Statement> =
        delete.into_iter().map(|text| Statement::new(text).with(spec.key.as_str())).collect();
    statements.extend(hold_present(spec));
    statements
}

/// What a change writes; settings and secrets are written apart from it.
pub fn write(change: &Change, id: Uuid, now: Instant) -> Option<Statement> {
    match change {
        Change::Create(Row::Destination(spec)) => Some(write_destination(spec, Some((id, now)))),
        Change::Update(Row::Destination(spec), _) => Some(write_destination(spec, None)),
        Change::Create(Row::Audience(spec)) => Some(write_audience(spec, Some((id, now)))),
        Change::Update(Row::Audience(spec), _) => Some(write_audience(spec, None)),
        Change::Create(Row::Suppression(spec)) => Some(write_suppression(spec, Some((id, now)))),
        Change::Update(Row::Suppression(spec), _) => Some(write_suppression(spec, None)),
        Change::Create(Row::Mapping(spec)) => Some(write_mapping(spec, Some(id), now)),
        Change::Update(Row::Mapping(spec), _) => Some(write_mapping(spec, None, now)),
        Change::Create(Row::Flow(spec)) => Some(write_flow(spec, Some((id, now)))),
        Change::Update(Row::Flow(spec), _) => Some(write_flow(spec, None)),
        Change::Create(Row::Source(key)) => Some(
            Statement::new("INSERT INTO source (id, key, created_at) VALUES ($1, $2, $3)")
                .with(id)
                .with(key.as_str())
                .with(now.0),
        ),
        Change::Retire(table, key) => {
            Some(Statement::new(retire(*table)).with(now.0).with(key.as_str()))
        }
        Change::Update(Row::Source(_), _)
        | Change::Set(_)
        | Change::Secret { .. }
        | Change::Clear { .. } => None,
    }
}

fn write_destination(spec: &DestinationSpec, new: Option<(Uuid, Instant)>) -> Statement {
    let statement = Statement::new(if new.is_some() {
        "INSERT INTO destination (profile, integration, fields, hash, value, budget, key, id,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    } else {
        "UPDATE destination SET profile = $1, integration = $2, fields = $3, hash = $4,
            value = $5, budget = $6
        WHERE key = $7 AND retired_at IS NULL"
    })
    .with(spec.profile.as_str())
    .with(spec.integration.as_str())
    .with(json(&spec.fields))
    .with(spec.hash)
    .with(spec.value.as_ref().map(json))
    .with((spec.budget != Budget::default()).then(|| json(&spec.budget)))
    .with(spec.key.as_str());
    identity(statement, new)
}

fn write_audience(spec: &AudienceSpec, new: Option<(Uuid, Instant)>) -> Statement {
    let statement = Statement::new(if new.is_some() {
        "INSERT INTO audience (segment, owner, time_window, purpose, review_on, key, id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    } else {
        "UPDATE audience SET segment = $1, owner = $2, time_window = $3, purpose = $4, review_on = $5
        WHERE key = $6 AND retired_at IS NULL"
    })
    .with(spec.segment)
    .with(spec.owner.as_deref())
    .with(spec.window.map(|window| window.to_string()))
    .with(spec.purpose.as_deref())
    .with(spec.review_on.map(|day| day.to_string()))
    .with(spec.key.as_str());
    identity(statement, new)
}

fn write_suppression(spec: &SuppressionSpec, new: Option<(Uuid, Instant)>) -> Statement {
    let statement = Statement::new(if new.is_some() {
        "INSERT INTO suppression
            (reason, audience_id, event, list, destinations, ttl, owner, key, id, created_at)
        VALUES ($1, (SELECT id FROM audience WHERE key = $2 AND retired_at IS NULL),
            $3, $4, $5, $6, $7, $8, $9, $10)"
    } else {
        "UPDATE suppression SET reason = $1,
            audience_id = (SELECT id FROM audience WHERE key = $2 AND retired_at IS NULL),
            event = $3, list = $4, destinations = $5, ttl = $6, owner = $7
        WHERE key = $8 AND retired_at IS NULL"
    })
    .with(spec.reason.as_str())
    .with(spec.audience.as_ref().map(Key::as_str))
    .with(spec.event.as_deref())
    .with(spec.list)
    .with(json(&spec.destinations))
    .with(spec.ttl.map(|ttl| ttl.0))
    .with(spec.owner.as_deref())
    .with(spec.key.as_str());
    identity(statement, new)
}

fn write_flow(spec: &FlowSpec, new: Option<(Uuid, Instant)>) -> Statement {
    let statement = Statement::new(if new.is_some() {
        "INSERT INTO flow (audience_id, touches, key, id, created_at)
        VALUES ((SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL), $2, $3, $4, $5)"
    } else {
        "UPDATE flow SET
            audience_id = (SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL),
            touches = $2
        WHERE key = $3 AND retired_at IS NULL"
    })
    .with(spec.audience.as_str())
    .with(json(&spec.touches))
    .with(spec.key.as_str());
    identity(statement, new)
}

/// A mapping that is new or has changed runs at once.
fn write_mapping(spec: &MappingSpec, new: Option<Uuid>, now: Instant) -> Statement {
    let statement = Statement::new(if new.is_some() {
        "INSERT INTO mapping (audience_id, destination_id, use_case, exclusivity_group, priority,
            every, holdout, hold_for, stay_out, entry_event, active, next_run_at, key, id,
            created_at)
        VALUES ((SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL),
            (SELECT id FROM destination WHERE key = $2 AND retired_at IS NULL),
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    } else {
        "UPDATE mapping SET
            audience_id = (SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL),
            destination_id = (SELECT id FROM destination WHERE key = $2 AND retired_at IS NULL),
            use_case = $3, exclusivity_group = $4, priority = $5, every = $6, holdout = $7,
            hold_for = $8, stay_out = $9, entry_event = $10, active = $11, next_run_at = $12
        WHERE key = $13 AND retired_at IS NULL"
    })
    .with(spec.audience.as_str())
    .with(spec.destination.as_str())
    .with(spec.use_case.as_str())
    .with(spec.exclusivity_group.as_ref().map(Key::as_str))
    .with(spec.priority)
    .with(spec.every.0)
    .with(spec.holdout_percent.0)
    .with(spec.offset.map(|span| span.0))
    .with(spec.dwell.map(|span| span.0))
    .with(spec.entry_event.as_deref())
    .with(spec.active)
    .with(now.0)
    .with(spec.key.as_str());
    identity(statement, new.map(|id| (id, now)))
}

/// The last two placeholders of every insert.
fn identity(statement: Statement, new: Option<(Uuid, Instant)>) -> Statement {
    match new {
        Some((id, now)) => statement.with(id).with(now.0),
        None => statement,
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn retire(table: Table) -> &'static str {
    match table {
        Table::Destination => {
            "UPDATE destination SET retired_at = $1 WHERE key = $2 AND retired_at IS NULL"
        }
        Table::Audience => {
            "UPDATE audience SET retired_at = $1 WHERE key = $2 AND retired_at IS NULL"
        }
        Table::Suppression => {
            "UPDATE suppression SET retired_at = $1 WHERE key = $2 AND retired_at IS NULL"
        }
        Table::Mapping => {
            // Whoever is there leaves: the worker comes to it at once.
            "UPDATE mapping SET retired_at = $1, owes_exits = TRUE, next_run_at = $1
            WHERE key = $2 AND retired_at IS NULL"
        }
        Table::Flow => "UPDATE flow SET retired_at = $1 WHERE key = $2 AND retired_at IS NULL",
        Table::Source => "UPDATE source SET retired_at = $1 WHERE key = $2 AND retired_at IS NULL",
    }
}

/// A change for the audit trail: action, subject, detail as JSON.
pub fn describe(change: &Change) -> (&'static str, String, String) {
    let row = |row: &Row| match row {
        Row::Destination(spec) => (format!("destination {}", spec.key), json(spec)),
        Row::Audience(spec) => (format!("audience {}", spec.key), json(spec)),
        Row::Suppression(spec) => (format!("suppression {}", spec.key), json(spec)),
        Row::Mapping(spec) => (format!("mapping {}", spec.key), json(spec)),
        Row::Flow(spec) => (format!("flow {}", spec.key), json(spec)),
        Row::Source(key) => (format!("source {key}"), "{}".to_owned()),
    };
    match change {
        Change::Create(created) => {
            let (subject, detail) = row(created);
            ("create", subject, detail)
        }
        Change::Update(updated, fields) => ("update", row(updated).0, json(fields)),
        Change::Retire(table, key) => {
            ("retire", format!("{} {key}", table.as_str()), "{}".to_owned())
        }
        Change::Set(field) => ("set", field.field.clone(), json(field)),
        Change::Secret { name, .. } => ("secret", name.clone(), "{}".to_owned()),
        Change::Clear { name } => ("clear", name.clone(), "{}".to_owned()),
    }
}

fn setting_rows(settings: &Settings) -> [(&'static str, String); 5] {
    [
        ("customerio_region", settings.customerio_region.as_str().to_owned()),
        ("requests_per_second", settings.requests_per_second.to_string()),
        ("twilio_region", settings.twilio_region.as_str().to_owned()),
        ("events_per_second", settings.events_per_second.to_string()),
        (SECOND_PERSON, settings.second_person.to_string()),
    ]
}
