//! Who went through a gate that blocks.

use async_trait::async_trait;
use domain::{
    Error, Result,
    key::Key,
    mappings::gates::{Gate, Override, Pass, port::GateStore},
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, writing},
    statement::{Statement, carry_out},
};

/// An override, with the key of its mapping.
#[derive(FromRow)]
pub(super) struct StoredOverride {
    /// Whose.
    pub key: String,
    gate: String,
    reason: String,
    actor: String,
    at: i64,
}

impl StoredOverride {
    pub(super) fn read(self) -> Result<Override> {
        Ok(Override {
            gate: parse(&self.gate)?,
            reason: self.reason,
            by: self.actor,
            at: Instant(self.at),
        })
    }
}

/// Those of all mappings that aren't retired.
pub(super) const OVERRIDES: &str = "SELECT m.key, o.gate, o.reason, o.actor, o.at
    FROM gate_override o JOIN mapping m ON m.id = o.mapping_id
    WHERE m.retired_at IS NULL ORDER BY m.key, o.gate";

/// Records one; nothing where there is no such mapping.
pub(super) fn passing(pass: &Pass, by: &str, now: Instant) -> Statement {
    Statement::new(
        "INSERT INTO gate_override (mapping_id, gate, reason, actor, at)
        SELECT id, $2, $3, $4, $5 FROM mapping WHERE key = $1 AND retired_at IS NULL
        ON CONFLICT (mapping_id, gate)
        DO UPDATE SET reason = excluded.reason, actor = excluded.actor, at = excluded.at",
    )
    .with(pass.mapping.as_str())
    .with(pass.gate.as_str())
    .with(pass.reason.as_str())
    .with(by)
    .with(now.0)
}

/// The same for the audit trail: action, subject, detail as JSON.
pub(super) fn describe(pass: &Pass) -> (&'static str, String, String) {
    let detail = serde_json::json!({
        "gate": pass.gate, "reason": pass.reason, "evidence": pass.evidence,
    });
    ("override", format!("mapping {}", pass.mapping), detail.to_string())
}

#[async_trait]
impl GateStore for Storage {
    async fn put_override(&self, pass: &Pass, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let statement = passing(pass, by, now);
            if carry_out!(connection, statement) == 0 {
                let what = format!("mapping {}", pass.mapping);
                return Err(Failure::Domain(Error::NotFound(what)));
            }
            let (action, subject, detail) = describe(pass);
            audit!(self, connection, now, by, action, subject, detail);
            Ok(())
        })
    }

    async fn withdraw_override(
        &self,
        mapping: &Key,
        gate: Gate,
        by: &str,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            let withdrawn = sqlx::query(
                "DELETE FROM gate_override WHERE gate = $1 AND mapping_id IN
                    (SELECT id FROM mapping WHERE key = $2 AND retired_at IS NULL)",
            )
            .bind(gate.as_str())
            .bind(mapping.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if withdrawn == 0 {
                let what = format!("override of {gate} by mapping {mapping}");
                return Err(Failure::Domain(Error::NotFound(what)));
            }
            let detail = serde_json::json!({ "gate": gate }).to_string();
            audit!(self, connection, now, by, "withdraw", format!("mapping {mapping}"), detail);
            Ok(())
        })
    }
}
