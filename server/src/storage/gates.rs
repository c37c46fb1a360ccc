//! Who went through a gate that blocks, and whose QA is signed off.

use async_trait::async_trait;
use domain::{
    Error, Result,
    key::Key,
    mappings::gates::{Basis, Gate, Override, Pass, SignOff, port::GateStore},
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
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

/// A sign-off, with the key of its mapping.
#[derive(FromRow)]
struct StoredSignOff {
    key: String,
    audience: String,
    destination: String,
    use_case: String,
    note: String,
    evidence: String,
    actor: String,
    at: i64,
}

impl StoredSignOff {
    fn read(self) -> Result<(Key, SignOff)> {
        let basis = Basis {
            audience: parse(&self.audience)?,
            destination: parse(&self.destination)?,
            use_case: parse(&self.use_case)?,
        };
        let Self { note, evidence, actor: by, at, .. } = self;
        Ok((parse(&self.key)?, SignOff { basis, note, evidence, by, at: Instant(at) }))
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

    async fn sign_offs(&self) -> Result<Vec<(Key, SignOff)>> {
        let rows: Vec<StoredSignOff> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT m.key, s.audience, s.destination, s.use_case, s.note, s.evidence, s.actor, s.at
                FROM sign_off s JOIN mapping m ON m.id = s.mapping_id
                WHERE m.retired_at IS NULL ORDER BY m.key",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(StoredSignOff::read).collect()
    }

    async fn put_sign_off(&self, mapping: &Key, sign_off: &SignOff) -> Result<()> {
        let SignOff { basis, note, evidence, by, at } = sign_off;
        writing!(self.database, |connection| {
            let put = sqlx::query(
                "INSERT INTO sign_off
                    (mapping_id, audience, destination, use_case, note, evidence, actor, at)
                SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM mapping
                WHERE key = $1 AND retired_at IS NULL
                ON CONFLICT (mapping_id) DO UPDATE SET audience = excluded.audience,
                    destination = excluded.destination, use_case = excluded.use_case,
                    note = excluded.note, evidence = excluded.evidence, actor = excluded.actor,
                    at = excluded.at",
            )
            .bind(mapping.as_str())
            .bind(basis.audience.as_str())
            .bind(basis.destination.as_str())
            .bind(basis.use_case.as_str())
            .bind(note)
            .bind(evidence)
            .bind(by)
            .bind(at.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if put == 0 {
                return Err(Failure::Domain(Error::NotFound(format!("mapping {mapping}"))));
            }
            let detail = serde_json::json!({ "note": note, "evidence": evidence }).to_string();
            audit!(self, connection, *at, by, "sign off", format!("mapping {mapping}"), detail);
            Ok(())
        })
    }

    async fn withdraw_sign_off(&self, mapping: &Key, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let withdrawn = sqlx::query(
                "DELETE FROM sign_off WHERE mapping_id IN
                    (SELECT id FROM mapping WHERE key = $1 AND retired_at IS NULL)",
            )
            .bind(mapping.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if withdrawn == 0 {
                let what = format!("sign-off of mapping {mapping}");
                return Err(Failure::Domain(Error::NotFound(what)));
            }
            let subject = format!("mapping {mapping}");
            audit!(self, connection, now, by, "withdraw sign-off", subject, "{}");
            Ok(())
        })
    }
}
