//! Where ads and messages meet on purpose: see [`domain::mappings::timeline`].

use async_trait::async_trait;
use domain::{
    Error, Result,
    mappings::timeline::{Meeting, Stacking, port::StackingStore},
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

#[derive(FromRow)]
struct StackingRow {
    rule: String,
    mapping: String,
    touch: String,
    reason: String,
    actor: String,
    at: i64,
}

/// A text, or nothing where it is empty.
fn some<T: std::str::FromStr>(text: &str) -> Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

impl StackingRow {
    fn read(self) -> Result<Stacking> {
        let meeting = Meeting {
            rule: parse(&self.rule)?,
            mapping: some(&self.mapping)?,
            touch: some(&self.touch)?,
        };
        Ok(Stacking { meeting, reason: self.reason, by: self.actor, at: Instant(self.at) })
    }
}

/// Rule, mapping and message as stored.
fn columns(meeting: &Meeting) -> [String; 3] {
    let text = |one: Option<String>| one.unwrap_or_default();
    [
        meeting.rule.as_str().to_owned(),
        text(meeting.mapping.as_ref().map(ToString::to_string)),
        text(meeting.touch.as_ref().map(ToString::to_string)),
    ]
}

fn subject(meeting: &Meeting) -> String {
    match &meeting.mapping {
        Some(mapping) => format!("mapping {mapping}"),
        None => "timeline".to_owned(),
    }
}

#[async_trait]
impl StackingStore for Storage {
    async fn stackings(&self) -> Result<Vec<Stacking>> {
        let rows: Vec<StackingRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT rule, mapping, touch, reason, actor, at FROM stacking
                ORDER BY mapping, rule, touch",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(StackingRow::read).collect()
    }

    async fn put_stacking(&self, stacking: &Stacking) -> Result<()> {
        let [rule, mapping, touch] = columns(&stacking.meeting);
        let (by, at) = (stacking.by.as_str(), stacking.at);
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO stacking (rule, mapping, touch, reason, actor, at)
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (rule, mapping, touch) DO UPDATE
                SET reason = excluded.reason, actor = excluded.actor, at = excluded.at",
            )
            .bind(&rule)
            .bind(&mapping)
            .bind(&touch)
            .bind(&stacking.reason)
            .bind(by)
            .bind(at.0)
            .execute(&mut *connection)
            .await?;
            let detail =
                serde_json::json!({ "rule": rule, "touch": touch, "reason": stacking.reason });
            let subject = subject(&stacking.meeting);
            audit!(self, connection, at, by, "stack", subject, detail.to_string());
            Ok(())
        })
    }

    async fn withdraw_stacking(&self, meeting: &Meeting, by: &str, now: Instant) -> Result<()> {
        let [rule, mapping, touch] = columns(meeting);
        writing!(self.database, |connection| {
            let gone =
                sqlx::query("DELETE FROM stacking WHERE rule = $1 AND mapping = $2 AND touch = $3")
                    .bind(&rule)
                    .bind(&mapping)
                    .bind(&touch)
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
            if gone == 0 {
                let what = "decision of that kind any more".to_owned();
                return Err(Failure::Domain(Error::NotFound(what)));
            }
            let detail = serde_json::json!({ "rule": rule, "touch": touch }).to_string();
            audit!(self, connection, now, by, "withdraw", subject(meeting), detail);
            Ok(())
        })
    }
}
