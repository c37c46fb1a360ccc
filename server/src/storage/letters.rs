//! Dead letters as their page shows them, and what operators decide about them.

use async_trait::async_trait;
use domain::{
    Error, Result,
    delivery::{
        letters::{LetterGroup, Letters, Pick, Verdict},
        service::LetterStore,
    },
    key::Key,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

#[derive(FromRow)]
struct GroupRow {
    mapping: String,
    transition: String,
    reason: String,
    people: i64,
    sample: Option<String>,
    first_at: i64,
    last_at: i64,
}

impl GroupRow {
    fn read(self) -> Result<LetterGroup> {
        Ok(LetterGroup {
            mapping: parse(&self.mapping)?,
            transition: parse(&self.transition)?,
            reason: self.reason,
            people: self.people.unsigned_abs(),
            sample: self.sample,
            first_at: Instant(self.first_at),
            last_at: Instant(self.last_at),
        })
    }
}

#[async_trait]
impl LetterStore for Storage {
    async fn letters(&self) -> Result<Letters> {
        let (open, discarded): (Vec<GroupRow>, Vec<(String, i64)>) = reading!(
            self.database,
            |connection| {
                // 'exited' goes before 'entered': it alarms.
                let open = sqlx::query_as(
                    "SELECT m.key AS mapping, l.transition, l.reason, COUNT(*) AS people,
                        MIN(p.cio_id) AS sample, MIN(l.at) AS first_at, MAX(l.at) AS last_at
                    FROM dead_letter l
                    JOIN mapping m ON m.id = l.mapping_id
                    LEFT JOIN person p ON p.ordinal = l.ordinal
                    WHERE l.resolved_at IS NULL AND l.discarded_at IS NULL AND m.retired_at IS NULL
                    GROUP BY m.key, l.transition, l.reason
                    ORDER BY m.key, l.transition DESC, people DESC, l.reason",
                )
                .fetch_all(&mut *connection)
                .await?;
                let discarded = sqlx::query_as(
                    "SELECT m.key, COUNT(*) FROM dead_letter l JOIN mapping m ON m.id = l.mapping_id
                    WHERE l.resolved_at IS NULL AND l.discarded_at IS NOT NULL AND m.retired_at IS NULL
                    GROUP BY m.key ORDER BY m.key",
                )
                .fetch_all(&mut *connection)
                .await?;
                Ok((open, discarded))
            }
        )?;
        Ok(Letters {
            open: open.into_iter().map(GroupRow::read).collect::<Result<_>>()?,
            discarded: discarded
                .into_iter()
                .map(|(key, people)| Ok((parse(&key)?, people.unsigned_abs())))
                .collect::<Result<_>>()?,
        })
    }

    async fn settle(
        &self,
        mapping: &Key,
        pick: &Pick,
        verdict: Verdict,
        by: &str,
        now: Instant,
    ) -> Result<u64> {
        let (discarded, transition, reason) = match pick {
            Pick::Reason(transition, reason) => (false, transition.as_str(), reason.as_str()),
            Pick::Open => (false, "", ""),
            Pick::Discarded => (true, "", ""),
        };
        let update = match verdict {
            Verdict::Retry => {
                "UPDATE dead_letter SET resolved_at = $1 WHERE mapping_id = $2
                    AND resolved_at IS NULL AND (discarded_at IS NOT NULL) = $3
                    AND ($4 = '' OR (transition = $4 AND reason = $5))"
            }
            Verdict::Discard => {
                "UPDATE dead_letter SET discarded_at = $1 WHERE mapping_id = $2
                    AND resolved_at IS NULL AND (discarded_at IS NOT NULL) = $3
                    AND ($4 = '' OR (transition = $4 AND reason = $5))"
            }
        };
        writing!(self.database, |connection| {
            let id: Option<Uuid> =
                sqlx::query_scalar("SELECT id FROM mapping WHERE key = $1 AND retired_at IS NULL")
                    .bind(mapping.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
            let missing = || Failure::Domain(Error::NotFound(format!("mapping {mapping}")));
            let people = sqlx::query(update)
                .bind(now.0)
                .bind(id.ok_or_else(missing)?)
                .bind(discarded)
                .bind(transition)
                .bind(reason)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            if people == 0 {
                return Err(Failure::Domain(Error::Conflict(
                    "nobody is refused for that any more: look at what is left".to_owned(),
                )));
            }
            let subject = format!("dead letters of mapping {mapping}");
            let detail = serde_json::json!({ "people": people, "reason": reason }).to_string();
            audit!(self, connection, now, by, verdict.as_str(), subject, detail);
            Ok(people)
        })
    }
}
