//! Counts what a transaction makes true, in the same transaction: see [`domain::monitoring`].
//!
//! One statement a commit, whatever it brought. It comes last, because on PostgreSQL whoever
//! else counts in the same minute waits from here to the commit.

use std::collections::BTreeMap;

use domain::{
    Result,
    monitoring::{
        Level,
        count::{Answered, Verdict, by_name},
    },
    time::Instant,
};
use uuid::Uuid;

use super::{audiences::text, statement::Statement};

/// `$1` a mapping; `$2` to `$4` the beginning of its minute, hour and day; then three times what,
/// in which bucket, how many.
const COUNT: &str = "INSERT INTO mapping_rollup (level, mapping_id, at, what, bucket, count)
    SELECT l.level, $1, l.at, c.what, c.bucket, c.count
    FROM (SELECT 'minute' AS level, CAST($2 AS BIGINT) AS at
        UNION ALL SELECT 'hour', CAST($3 AS BIGINT)
        UNION ALL SELECT 'day', CAST($4 AS BIGINT)) l
    CROSS JOIN (SELECT CAST($5 AS TEXT) AS what, CAST($6 AS BIGINT) AS bucket,
            CAST($7 AS BIGINT) AS count
        UNION ALL SELECT CAST($8 AS TEXT), CAST($9 AS BIGINT), CAST($10 AS BIGINT)
        UNION ALL SELECT CAST($11 AS TEXT), CAST($12 AS BIGINT), CAST($13 AS BIGINT)) c
    WHERE c.count > 0
    ON CONFLICT (level, mapping_id, at, what, bucket)
        DO UPDATE SET count = mapping_rollup.count + excluded.count";

/// What an answer counts; nothing where nobody was answered for.
pub(super) fn count(mapping: Uuid, answered: &Answered, now: Instant) -> Option<Statement> {
    if answered.taken == 0 && answered.refused == 0 {
        return None;
    }
    let mut statement = Statement::new(COUNT).with(mapping);
    for level in Level::ALL {
        statement = statement.with(level.begins(now).0);
    }
    for amount in answered.amounts(now) {
        statement = statement
            .with(amount.what.as_str())
            .with(i64::from(amount.bucket))
            .with(i64::try_from(amount.count).unwrap_or(i64::MAX));
    }
    Some(statement)
}

/// The lines of `$1`: level, beginning, name, verdict, how many; in the order of the key.
pub(super) const COUNT_EVENTS: &str = "INSERT INTO event_rollup (level, at, name, verdict, count)
    SELECT rows.value ->> 0, CAST(rows.value ->> 1 AS BIGINT), rows.value ->> 2,
        rows.value ->> 3, CAST(rows.value ->> 4 AS BIGINT)
    FROM {rows} WHERE TRUE
    ON CONFLICT (level, at, name, verdict)
        DO UPDATE SET count = event_rollup.count + excluded.count";

/// What events that are kept together count, as [`COUNT_EVENTS`] takes it.
pub(super) fn lines_of_events<'a>(
    events: impl IntoIterator<Item = (&'a str, Verdict)>,
    now: Instant,
) -> Result<String> {
    let counts: BTreeMap<(&str, Verdict), u64> = by_name(events);
    let line = |level: Level, ((name, verdict), count): (&(&'a str, Verdict), &u64)| {
        (level.as_str(), level.begins(now).0, *name, verdict.as_str(), *count)
    };
    let lines: Vec<_> = Level::ALL
        .into_iter()
        .flat_map(|level| counts.iter().map(move |count| line(level, count)))
        .collect();
    text(&lines)
}
