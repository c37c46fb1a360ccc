//! Reads the audit trail. [`super::access::audit`] writes it.

use async_trait::async_trait;
use domain::{
    Result,
    access::trail::{Entry, Filter, TrailStore, lines},
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Storage, macros::reading};

#[derive(FromRow)]
struct EntryRow {
    id: Uuid,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

#[async_trait]
impl TrailStore for Storage {
    async fn trail(&self, filter: &Filter, older: Option<Uuid>, limit: i64) -> Result<Vec<Entry>> {
        let rows: Vec<EntryRow> = reading!(self.database, |connection| {
            let from: Option<i64> = match older {
                Some(id) => {
                    sqlx::query_scalar("SELECT at FROM audit WHERE id = $1")
                        .bind(id)
                        .fetch_optional(&mut *connection)
                        .await?
                }
                None => Some(i64::MAX),
            };
            // An entry that isn't there is followed by none.
            let Some(from) = from else { return Ok(Vec::new()) };
            Ok(sqlx::query_as(by_subject(&filter.about))
                .bind(from)
                .bind(older.unwrap_or(Uuid::max()))
                .bind(filter.about.as_str())
                .bind(filter.by.as_str())
                .bind(limit)
                .fetch_all(&mut *connection)
                .await?)
        })?;
        Ok(rows.into_iter().map(EntryRow::read).collect())
    }

    async fn versions(&self, about: &str) -> Result<u64> {
        let versions: i64 = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(VERSIONS).bind(about).fetch_one(&mut *connection).await?)
        })?;
        Ok(versions.unsigned_abs())
    }
}

/// How often one thing was made or changed.
pub(super) const VERSIONS: &str = "SELECT COUNT(*) FROM audit
    WHERE subject = $1 AND action IN ('create', 'update')";

/// One thing has an index of its own, which a condition with `OR` would hide; a kind of thing is
/// found soon among all.
fn by_subject(about: &str) -> &'static str {
    macro_rules! select {
        ($about:literal) => {
            concat!(
                "SELECT id, at, actor, action, subject, detail FROM audit
                WHERE at <= $1 AND (at < $1 OR id < $2) AND ",
                $about,
                " AND ($4 = '' OR lower(actor) = $4) ORDER BY at DESC, id DESC LIMIT $5"
            )
        };
    }
    if about.is_empty() {
        select!("$3 = ''")
    } else if about.contains(' ') {
        select!("subject = $3")
    } else {
        select!("(subject = $3 OR substr(subject, 1, length($3) + 1) = $3 || ' ')")
    }
}

impl EntryRow {
    fn read(self) -> Entry {
        Entry {
            id: self.id,
            at: Instant(self.at),
            lines: lines(&self.detail),
            actor: self.actor,
            action: self.action,
            subject: self.subject,
        }
    }
}
