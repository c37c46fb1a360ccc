//! The contract's versions and the requests that change it: see [`domain::contract`].

use async_trait::async_trait;
use domain::{
    Error, Result,
    contract::{
        port::{ContractStore, Verdict},
        request::{Comment, Decision, Request, State, Version},
    },
    ids::RequestId,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    audiences::text,
    configuration::{json, parse},
    macros::{Failure, reading, writing},
};

#[derive(FromRow)]
struct RequestRow {
    id: Uuid,
    title: String,
    base: i64,
    contract: String,
    author: String,
    at: i64,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    note: String,
}

#[derive(FromRow)]
struct VersionRow {
    number: i64,
    request_id: Uuid,
    contract: String,
    at: i64,
}

impl RequestRow {
    fn read(self) -> Result<Request> {
        let decision = self.decided_by.zip(self.decided_at);
        Ok(Request {
            id: RequestId(self.id),
            title: self.title,
            base: self.base.unsigned_abs(),
            contract: json(&self.contract)?,
            author: self.author,
            at: Instant(self.at),
            state: parse(&self.state)?,
            decision: decision.map(|(by, at)| Decision { by, at: Instant(at), note: self.note }),
        })
    }
}

impl VersionRow {
    fn read(self) -> Result<Version> {
        Ok(Version {
            number: self.number.unsigned_abs(),
            contract: json(&self.contract)?,
            request: Some(RequestId(self.request_id)),
            at: Some(Instant(self.at)),
        })
    }
}

macro_rules! requests {
    ($rest:literal) => {
        concat!(
            "SELECT id, title, base, contract, author, at, state, decided_by, decided_at, note
            FROM change_request ",
            $rest
        )
    };
}

const CURRENT: &str = "SELECT number, request_id, contract, at FROM contract_version
    ORDER BY number DESC LIMIT 1";

/// The version in force counts approvals, so it tells whether one came in between.
const NUMBER: &str = "SELECT COALESCE(MAX(number), 0) FROM contract_version";

fn conflict(words: &str) -> Failure {
    Failure::Domain(Error::Conflict(words.to_owned()))
}

/// What the audit trail calls a request.
fn subject(id: RequestId) -> String {
    format!("change {id}")
}

#[async_trait]
impl ContractStore for Storage {
    async fn current(&self) -> Result<Version> {
        let row: Option<VersionRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(CURRENT).fetch_optional(&mut *connection).await?)
        })?;
        row.map_or_else(|| Ok(Version::default()), VersionRow::read)
    }

    async fn version(&self, number: u64) -> Result<Option<Version>> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let row: Option<VersionRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT number, request_id, contract, at FROM contract_version WHERE number = $1",
            )
            .bind(number)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(VersionRow::read).transpose()
    }

    async fn versions(&self, since: Instant) -> Result<Vec<Version>> {
        let rows: Vec<VersionRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT number, request_id, contract, at FROM contract_version
                WHERE number >= COALESCE(
                    (SELECT MAX(number) FROM contract_version WHERE at < $1), 0)
                ORDER BY number",
            )
            .bind(since.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        // Before the first there was none.
        let none = rows.first().filter(|row| row.at >= since.0).map(|_| Ok(Version::default()));
        none.into_iter().chain(rows.into_iter().map(VersionRow::read)).collect()
    }

    async fn requests(&self, decided: u64) -> Result<Vec<Request>> {
        let rows: Vec<RequestRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(requests!(
                "WHERE decided_at IS NULL OR id IN (SELECT id FROM change_request
                    WHERE decided_at IS NOT NULL ORDER BY decided_at DESC, id DESC LIMIT $1)
                ORDER BY at DESC, id DESC"
            ))
            .bind(i64::try_from(decided).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(RequestRow::read).collect()
    }

    async fn request(&self, id: RequestId) -> Result<Option<Request>> {
        let row: Option<RequestRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(requests!("WHERE id = $1"))
                .bind(id.0)
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        row.map(RequestRow::read).transpose()
    }

    async fn put_request(
        &self,
        request: &Request,
        seen: Option<&Request>,
        now: Instant,
    ) -> Result<()> {
        let contract = text(&request.contract)?;
        let seen_contract = seen.map(|seen| text(&seen.contract)).transpose()?;
        let seen = seen.zip(seen_contract);
        let base = i64::try_from(request.base).map_err(Error::unexpected)?;
        let opened_at = (request.state == State::Open).then_some(now.0);
        let action = match (&seen, request.state) {
            (None, _) => "begin",
            (Some(_), State::Open) => "propose",
            (Some((seen, _)), _) if seen.base != request.base => "make anew",
            _ => "edit",
        };
        writing!(self.database, |connection| {
            let written = if let Some((seen, seen_contract)) = &seen {
                sqlx::query(
                    "UPDATE change_request SET title = $1, base = $2, contract = $3, state = $4,
                        opened_at = $9
                    WHERE id = $5 AND state = $6 AND contract = $7 AND title = $8
                        AND decided_at IS NULL",
                )
                .bind(&request.title)
                .bind(base)
                .bind(&contract)
                .bind(request.state.as_str())
                .bind(request.id.0)
                .bind(seen.state.as_str())
                .bind(seen_contract)
                .bind(&seen.title)
                .bind(opened_at)
                .execute(&mut *connection)
                .await?
                .rows_affected()
            } else {
                sqlx::query(
                    "INSERT INTO change_request
                        (id, title, base, contract, author, at, state, opened_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                )
                .bind(request.id.0)
                .bind(&request.title)
                .bind(base)
                .bind(&contract)
                .bind(&request.author)
                .bind(request.at.0)
                .bind(request.state.as_str())
                .bind(opened_at)
                .execute(&mut *connection)
                .await?
                .rows_affected()
            };
            if written == 0 {
                return Err(conflict("it has changed meanwhile: look at it again, then change it"));
            }
            let detail = serde_json::json!({ "title": request.title, "base": base }).to_string();
            audit!(self, connection, now, &request.author, action, subject(request.id), detail);
            Ok(())
        })
    }

    async fn comments(&self, id: RequestId) -> Result<Vec<Comment>> {
        let rows: Vec<(String, i64, String)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT author, at, words FROM change_comment WHERE request_id = $1
                ORDER BY at, id",
            )
            .bind(id.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let read = |(by, at, words)| Comment { by, at: Instant(at), words };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn note_plan(&self, plan: &str, version: u64, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let detail = serde_json::json!({ "version": version }).to_string();
            audit!(self, connection, now, by, "push", format!("tracking plan {plan}"), detail);
            Ok(())
        })
    }

    async fn opened_before(&self, before: Instant) -> Result<Vec<RequestId>> {
        let ids: Vec<Uuid> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar(
                "SELECT id FROM change_request WHERE state = 'open' AND COALESCE(opened_at, at) < $1",
            )
            .bind(before.0)
            .fetch_all(&mut *connection)
            .await?)
        })?;
        Ok(ids.into_iter().map(RequestId).collect())
    }

    async fn comment(
        &self,
        id: RequestId,
        comment_id: Uuid,
        comment: &Comment,
        asks_for_changes: bool,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            if asks_for_changes {
                let given_back = sqlx::query(
                    "UPDATE change_request SET state = 'draft' WHERE id = $1 AND state = 'open'",
                )
                .bind(id.0)
                .execute(&mut *connection)
                .await?
                .rows_affected();
                if given_back == 0 {
                    return Err(conflict("it doesn't wait any more: look at what was decided"));
                }
            }
            sqlx::query(
                "INSERT INTO change_comment (id, request_id, author, at, words)
                VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(comment_id)
            .bind(id.0)
            .bind(&comment.by)
            .bind(comment.at.0)
            .bind(&comment.words)
            .execute(&mut *connection)
            .await?;
            let action = if asks_for_changes { "ask for changes" } else { "comment" };
            let detail = serde_json::json!({ "words": comment.words }).to_string();
            audit!(self, connection, comment.at, &comment.by, action, subject(id), detail);
            Ok(())
        })
    }

    async fn decide(&self, id: RequestId, verdict: Verdict<'_>, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            // Whoever approves another request now comes before this or after it.
            sqlx::query(
                self.database.sql("SELECT value FROM counter WHERE name = 'contract' {lock}"),
            )
            .execute(&mut *connection)
            .await?;
            let row: Option<RequestRow> = sqlx::query_as(requests!("WHERE id = $1"))
                .bind(id.0)
                .fetch_optional(&mut *connection)
                .await?;
            let row = row.ok_or_else(|| {
                Failure::Domain(Error::NotFound("change request of that number".to_owned()))
            })?;
            let may_be = match verdict.state {
                State::Withdrawn => ["draft", "open"].contains(&&*row.state),
                _ => row.state == "open",
            };
            if !may_be || row.decided_at.is_some() {
                return Err(conflict("it doesn't wait any more: look at what was decided"));
            }
            let (mut before, mut after) = (None, None);
            if verdict.state == State::Approved {
                let current: i64 = sqlx::query_scalar(NUMBER).fetch_one(&mut *connection).await?;
                if current != row.base {
                    return Err(conflict(
                        "the contract has changed since it was proposed: its author makes it \
                         anew over what is in force, and you look at that",
                    ));
                }
                if row.author == verdict.by {
                    return Err(conflict("you have proposed it: somebody else approves it"));
                }
                sqlx::query(
                    "INSERT INTO contract_version (number, request_id, contract, at)
                    VALUES ($1, $2, $3, $4)",
                )
                .bind(current + 1)
                .bind(id.0)
                .bind(&row.contract)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
                (before, after) = (Some(current), Some(current + 1));
            }
            sqlx::query(
                "UPDATE change_request SET state = $1, decided_by = $2, decided_at = $3, note = $4
                WHERE id = $5",
            )
            .bind(verdict.state.as_str())
            .bind(verdict.by)
            .bind(now.0)
            .bind(verdict.note)
            .bind(id.0)
            .execute(&mut *connection)
            .await?;
            let action = match verdict.state {
                State::Approved => "approve",
                State::Rejected => "reject",
                _ => "take back",
            };
            let detail = serde_json::json!({
                "title": row.title, "note": verdict.note, "before": before, "after": after,
            })
            .to_string();
            audit!(self, connection, now, verdict.by, action, subject(id), detail);
            Ok(())
        })
    }
}
