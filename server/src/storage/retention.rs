//! Deletes what is old enough, in slices. What may go, and when, is `domain::retention`.

use async_trait::async_trait;
use domain::{
    Result,
    delivery::port::Lease,
    monitoring::Level,
    retention::{Record, Report, RetentionStore},
    time::Instant,
};

use super::{Storage, leases, macros::writing};

/// Mappings that were retired by `$1` and have nobody left at their destination.
macro_rules! left {
    () => {
        "SELECT id FROM mapping WHERE retired_at <= $1 AND NOT owes_exits"
    };
}

/// Whether run `r` may go: it ended by `$1`, waits for nobody, and isn't the newest of a
/// mapping that is shown. Nothing makes it begin again, so that what is left of it by one
/// slice can go by the next.
macro_rules! is_over {
    () => {
        concat!(
            "r.started_at <= $1 AND r.finished_at <= $1 AND r.state IN ('done', 'failed')
            AND (r.mapping_id IN (",
            left!(),
            ") OR EXISTS (SELECT 1 FROM run newer WHERE newer.mapping_id = r.mapping_id
                AND (newer.started_at, newer.id) > (r.started_at, r.id)))"
        )
    };
}

/// What ends with a mapping by itself, before anything of the kind goes: `$1` is as below.
const fn ending(record: Record) -> Option<&'static str> {
    match record {
        Record::Letter => Some(concat!(
            "UPDATE dead_letter SET resolved_at = $1 WHERE resolved_at IS NULL AND at <= $1
                AND mapping_id IN (",
            left!(),
            ")"
        )),
        // Nobody asks any more who is present by it.
        Record::Part => Some(concat!(
            "UPDATE part SET folded = TRUE, is_open = FALSE, pending = 0, rendered = NULL, reasons = NULL
            WHERE NOT folded AND mapping_id IN (",
            left!(),
            ")"
        )),
        _ => None,
    }
}

/// The statement for a kind: `$1` is the end of what may go, `$2` how many rows at most.
/// Nothing where it takes more than one.
const fn statement(record: Record) -> Option<&'static str> {
    Some(match record {
        Record::Name | Record::Asked | Record::Field | Record::Phone | Record::Person => {
            return None;
        }
        Record::Session => {
            "DELETE FROM session WHERE hash IN
                (SELECT hash FROM session WHERE idle_until <= $1 OR ends_at <= $1 LIMIT $2)"
        }
        Record::Link => {
            "DELETE FROM one_time_link WHERE hash IN
                (SELECT hash FROM one_time_link WHERE expires_at <= $1 LIMIT $2)"
        }
        Record::Wish => {
            "DELETE FROM run_request WHERE mapping_id IN
                (SELECT mapping_id FROM run_request WHERE requested_at <= $1 LIMIT $2)"
        }
        Record::Letter => {
            "DELETE FROM dead_letter WHERE (mapping_id, ordinal, generation) IN
                (SELECT mapping_id, ordinal, generation FROM dead_letter
                WHERE resolved_at <= $1 ORDER BY resolved_at LIMIT $2)"
        }
        Record::Part => concat!(
            "DELETE FROM part WHERE id IN
                (SELECT p.id FROM part p JOIN run r ON r.id = p.run_id
                WHERE p.folded AND p.decided_at <= $1 AND ",
            is_over!(),
            " ORDER BY p.decided_at LIMIT $2)"
        ),
        // Without one its parts are read one by one.
        Record::Span => {
            "DELETE FROM folded_span WHERE (mapping_id, chunk, first) IN
                (SELECT mapping_id, chunk, first FROM folded_span WHERE decided_at <= $1 LIMIT $2)"
        }
        Record::Order => concat!(
            "DELETE FROM sync_order WHERE id IN
                (SELECT o.id FROM sync_order o JOIN run r ON r.id = o.run_id
                WHERE o.decided_at <= $1
                    AND NOT EXISTS (SELECT 1 FROM part p WHERE p.order_id = o.id) AND ",
            is_over!(),
            " ORDER BY o.decided_at LIMIT $2)"
        ),
        Record::Run => concat!(
            "DELETE FROM run WHERE id IN
                (SELECT r.id FROM run r
                WHERE NOT EXISTS (SELECT 1 FROM sync_order o WHERE o.run_id = r.id) AND ",
            is_over!(),
            " ORDER BY r.started_at LIMIT $2)"
        ),
        Record::Mirror => {
            "DELETE FROM audience_chunk WHERE (audience_id, chunk) IN
                (SELECT c.audience_id, c.chunk FROM audience a
                JOIN audience_chunk c ON c.audience_id = a.id WHERE a.retired_at <= $1
                    AND NOT EXISTS (SELECT 1 FROM suppression s
                        WHERE s.audience_id = a.id AND s.retired_at IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM mapping m
                        WHERE m.audience_id = a.id AND m.retired_at IS NULL)
                LIMIT $2)"
        }
        Record::Cohort => {
            "DELETE FROM cohort WHERE (audience_id, seen_at, chunk) IN
                (SELECT c.audience_id, c.seen_at, c.chunk FROM cohort c
                WHERE NOT EXISTS (SELECT 1 FROM suppression s
                    WHERE s.audience_id = c.audience_id AND s.retired_at IS NULL
                        AND s.ttl IS NOT NULL AND c.seen_at + s.ttl > $1)
                    AND NOT EXISTS (SELECT 1 FROM mapping m
                    WHERE m.audience_id = c.audience_id AND m.retired_at IS NULL
                        AND m.hold_for IS NOT NULL AND c.seen_at + m.hold_for > $1)
                LIMIT $2)"
        }
        Record::Departure => {
            "DELETE FROM departure WHERE (mapping_id, left_at, chunk) IN
                (SELECT d.mapping_id, d.left_at, d.chunk FROM departure d
                WHERE NOT EXISTS (SELECT 1 FROM mapping m
                    WHERE m.id = d.mapping_id AND m.retired_at IS NULL
                        AND m.stay_out IS NOT NULL AND d.left_at + m.stay_out > $1)
                LIMIT $2)"
        }
        Record::Withheld => {
            "DELETE FROM withheld_chunk WHERE (mapping_id, cause, chunk) IN
                (SELECT c.mapping_id, c.cause, c.chunk FROM mapping m
                JOIN withheld_chunk c ON c.mapping_id = m.id WHERE m.retired_at <= $1 LIMIT $2)"
        }
        Record::Delivered => concat!(
            "DELETE FROM delivered_chunk WHERE (mapping_id, chunk) IN
                (SELECT mapping_id, chunk FROM delivered_chunk WHERE mapping_id IN (",
            left!(),
            ") LIMIT $2)"
        ),
        Record::Doubt => concat!(
            "DELETE FROM doubt_chunk WHERE (mapping_id, chunk) IN
                (SELECT mapping_id, chunk FROM doubt_chunk WHERE mapping_id IN (",
            left!(),
            ") LIMIT $2)"
        ),
        Record::Moved(level) => moved(level),
        Record::CameIn(level) => came_in(level),
        _ => return of_event(record),
    })
}

/// Figures of mappings: mapping by mapping, so that what is young isn't read.
macro_rules! moved {
    ($level:literal) => {
        concat!(
            "DELETE FROM mapping_rollup WHERE (level, mapping_id, at, what, bucket) IN
                (SELECT r.level, r.mapping_id, r.at, r.what, r.bucket
                FROM mapping m CROSS JOIN mapping_rollup r
                WHERE r.level = '",
            $level,
            "' AND r.mapping_id = m.id AND r.at <= $1 LIMIT $2)"
        )
    };
}

const fn moved(level: Level) -> &'static str {
    match level {
        Level::Minute => moved!("minute"),
        Level::Hour => moved!("hour"),
        Level::Day => moved!("day"),
    }
}

/// Figures of events.
macro_rules! came_in {
    ($level:literal) => {
        concat!(
            "DELETE FROM event_rollup WHERE (level, at, name, verdict) IN
                (SELECT level, at, name, verdict FROM event_rollup WHERE level = '",
            $level,
            "' AND at <= $1 LIMIT $2)"
        )
    };
}

const fn came_in(level: Level) -> &'static str {
    match level {
        Level::Minute => came_in!("minute"),
        Level::Hour => came_in!("hour"),
        Level::Day => came_in!("day"),
    }
}

/// The same for what came in by itself, and for figures of it.
const fn of_event(record: Record) -> Option<&'static str> {
    Some(match record {
        Record::Coverage => {
            "DELETE FROM coverage_day WHERE (audience_id, day) IN
                (SELECT audience_id, day FROM coverage_day WHERE counted_at <= $1 LIMIT $2)"
        }
        // What waits to be sent on is never old enough.
        Record::Event => {
            "DELETE FROM event WHERE (origin, number) IN
                (SELECT origin, number FROM event WHERE kept_at <= $1 AND body IS NULL LIMIT $2)"
        }
        Record::Refused => {
            "DELETE FROM event WHERE (origin, number) IN
                (SELECT origin, number FROM event
                WHERE kept_at <= $1 AND (refusal IS NOT NULL OR violation IS NOT NULL) LIMIT $2)"
        }
        Record::HeldName => {
            "DELETE FROM held_name WHERE (kind, name, suppression_id) IN
                (SELECT h.kind, h.name, h.suppression_id FROM suppression s
                JOIN held_name h ON h.suppression_id = s.id
                WHERE s.retired_at <= $1 OR h.since <= $1 - s.ttl LIMIT $2)"
        }
        Record::HeldPerson => {
            "DELETE FROM held_person WHERE (ordinal, suppression_id) IN
                (SELECT h.ordinal, h.suppression_id FROM suppression s
                JOIN held_person h ON h.suppression_id = s.id
                WHERE s.retired_at <= $1 OR h.since <= $1 - s.ttl LIMIT $2)"
        }
        _ => return None,
    })
}

#[async_trait]
impl RetentionStore for Storage {
    async fn chunks(&self) -> Result<u32> {
        self.count_chunks().await
    }

    async fn look(&self, lease: &Lease, chunk: u32, now: Instant) -> Result<Report> {
        self.look_at(lease, chunk, now).await
    }

    async fn forget(
        &self,
        lease: &Lease,
        record: Record,
        ended_by: Instant,
        at_most: u32,
        now: Instant,
    ) -> Result<u64> {
        match record {
            Record::Field => return self.forget_fields(lease, at_most, now).await,
            Record::Phone => return self.forget_phones(lease, at_most, now).await,
            Record::Person => return self.forget_people(lease, ended_by, at_most, now).await,
            _ => {}
        }
        let Some(statement) = statement(record) else { return Ok(0) };
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            if let Some(ending) = ending(record) {
                sqlx::query(ending).bind(ended_by.0).execute(&mut *connection).await?;
            }
            Ok(sqlx::query(statement)
                .bind(ended_by.0)
                .bind(i64::from(at_most))
                .execute(&mut *connection)
                .await?
                .rows_affected())
        })
    }
}
