//! Deletes what is old enough, in slices. What may go, and when, is `domain::retention`.

use async_trait::async_trait;
use domain::{
    Result,
    delivery::port::Lease,
    retention::{Record, RetentionStore},
    time::Instant,
};

use super::{Storage, leases, macros::writing};

/// Whether run `r` may go: it ended by `$1`, waits for nobody, and isn't its mapping's newest.
/// Nothing makes it begin again, so that what is left of it by one slice can go by the next.
macro_rules! is_over {
    () => {
        "r.started_at <= $1 AND r.finished_at <= $1 AND r.state IN ('done', 'failed')
            AND EXISTS (SELECT 1 FROM run newer WHERE newer.mapping_id = r.mapping_id
                AND (newer.started_at, newer.id) > (r.started_at, r.id))"
    };
}

/// The statement for a kind: `$1` is the end of what may go, `$2` how many rows at most.
const fn statement(record: Record) -> &'static str {
    match record {
        Record::Session => {
            "DELETE FROM session WHERE hash IN
                (SELECT hash FROM session WHERE idle_until <= $1 OR ends_at <= $1 LIMIT $2)"
        }
        Record::Link => {
            "DELETE FROM one_time_link WHERE hash IN
                (SELECT hash FROM one_time_link WHERE expires_at <= $1 LIMIT $2)"
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
    }
}

#[async_trait]
impl RetentionStore for Storage {
    async fn forget(
        &self,
        lease: &Lease,
        record: Record,
        ended_by: Instant,
        at_most: u32,
        now: Instant,
    ) -> Result<u64> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            Ok(sqlx::query(statement(record))
                .bind(ended_by.0)
                .bind(i64::from(at_most))
                .execute(&mut *connection)
                .await?
                .rows_affected())
        })
    }
}
