//! Changes of the configuration that wait for a second person.

use async_trait::async_trait;
use domain::{
    Error, Result,
    approvals::{
        port::ProposalStore,
        proposal::{Base, Edit, OPEN_FOR, Proposal},
    },
    contract::{
        port::Verdict,
        request::{Decision, State},
    },
    ids::ProposalId,
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
    statement::{Statement, carry_out},
};

#[derive(FromRow)]
struct ProposalRow {
    id: Uuid,
    author: String,
    at: i64,
    edit: String,
    base: String,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    note: String,
}

impl ProposalRow {
    fn read(self) -> Result<Proposal> {
        let decided = self.decided_by.zip(self.decided_at);
        Ok(Proposal {
            id: ProposalId(self.id),
            author: self.author,
            at: Instant(self.at),
            edit: json(&self.edit)?,
            base: json(&self.base)?,
            state: parse(&self.state)?,
            decision: decided.map(|(by, at)| Decision { by, at: Instant(at), note: self.note }),
        })
    }
}

macro_rules! proposals {
    ($rest:literal) => {
        concat!(
            "SELECT id, author, at, edit, base, state, decided_by, decided_at, note FROM proposal ",
            $rest
        )
    };
}

/// Ends one that waits, and no other.
pub(super) fn end(id: ProposalId, verdict: Verdict<'_>, now: Instant) -> Statement {
    Statement::new(
        "UPDATE proposal SET state = $1, decided_by = $2, decided_at = $3, note = $4
        WHERE id = $5 AND state = 'open'",
    )
    .with(verdict.state.as_str())
    .with(verdict.by)
    .with(now.0)
    .with(verdict.note)
    .with(id.0)
}

/// What is said where it waits no more.
pub(super) fn waits_no_more() -> Failure {
    Failure::Domain(Error::Conflict(
        "it waits no more: load the page again to see what does".to_owned(),
    ))
}

#[async_trait]
impl ProposalStore for Storage {
    async fn file(&self, edit: &Edit, base: &Base, by: &str, now: Instant) -> Result<ProposalId> {
        let (edit, base) = (text(edit)?, text(base)?);
        let id = self.ids.next();
        writing!(self.database, |connection| {
            let same: Option<String> = sqlx::query_scalar(
                "SELECT author FROM proposal
                WHERE state = 'open' AND edit = $1 AND base = $2 AND at > $3",
            )
            .bind(&edit)
            .bind(&base)
            .bind(now.minus(OPEN_FOR).0)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(author) = same {
                return Err(Failure::Domain(Error::Conflict(format!(
                    "{author} has proposed the same: it waits under Approvals"
                ))));
            }
            let insert = Statement::new(
                "INSERT INTO proposal (id, author, at, edit, base, state)
                VALUES ($1, $2, $3, $4, $5, 'open')",
            );
            let insert = insert.with(id).with(by).with(now.0).with(edit.as_str());
            carry_out!(connection, insert.with(base.as_str()));
            audit!(self, connection, now, by, "propose", format!("proposal {id}"), &edit);
            Ok(())
        })?;
        Ok(ProposalId(id))
    }

    async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>> {
        let row: Option<ProposalRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(proposals!("WHERE id = $1"))
                .bind(id.0)
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        row.map(ProposalRow::read).transpose()
    }

    async fn undecided(&self, since: Instant) -> Result<Vec<Proposal>> {
        let rows: Vec<ProposalRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(proposals!("WHERE state = 'open' AND at > $1 ORDER BY at, id"))
                .bind(since.0)
                .fetch_all(&mut *connection)
                .await?)
        })?;
        rows.into_iter().map(ProposalRow::read).collect()
    }

    async fn end_proposal(&self, id: ProposalId, verdict: Verdict<'_>, now: Instant) -> Result<()> {
        let action = if verdict.state == State::Rejected { "reject" } else { "take back" };
        writing!(self.database, |connection| {
            if carry_out!(connection, end(id, verdict, now)) == 0 {
                return Err(waits_no_more());
            }
            let detail = serde_json::json!({ "note": verdict.note }).to_string();
            audit!(self, connection, now, verdict.by, action, format!("proposal {id}"), detail);
            Ok(())
        })
    }
}
