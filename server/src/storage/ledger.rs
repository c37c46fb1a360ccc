//! What was told of an audience's people: see [`domain::audiences::ledger`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    Result,
    audiences::ledger::{LedgerLine, LedgerStore},
    delivery::{Lane, Transition},
    ids::{PartId, RunId},
    key::Key,
    people::{chunks, port::PersonStore as _},
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Storage, bitmap, configuration::parse, delivery::place, macros::reading};

#[derive(FromRow)]
struct PartRow {
    mapping: String,
    destination: String,
    run_id: Uuid,
    generation: i64,
    decided_at: i64,
    lane: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
}

#[async_trait]
impl LedgerStore for Storage {
    async fn ledger_parts(&self, audience: &Key) -> Result<Option<Vec<PartId>>> {
        reading!(self.database, |connection| {
            let id: Option<Uuid> =
                sqlx::query_scalar("SELECT id FROM audience WHERE key = $1 AND retired_at IS NULL")
                    .bind(audience.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
            let Some(id) = id else { return Ok(None) };
            let parts: Vec<Uuid> = sqlx::query_scalar(
                "SELECT p.id FROM mapping m JOIN part p ON p.mapping_id = m.id
                WHERE m.audience_id = $1 AND p.acknowledged > 0 ORDER BY p.decided_at, p.id",
            )
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
            Ok(Some(parts.into_iter().map(PartId).collect()))
        })
    }

    async fn ledger_lines(&self, parts: &[PartId]) -> Result<Vec<LedgerLine>> {
        let rows: Vec<PartRow> = reading!(self.database, |connection| {
            let mut rows = Vec::with_capacity(parts.len());
            for part in parts {
                // Whatever retention has let go of since is no error.
                rows.extend(
                    sqlx::query_as::<_, PartRow>(
                        "SELECT m.key AS mapping, d.key AS destination, p.run_id, p.generation,
                            p.decided_at, p.lane, p.transition, p.people, p.acknowledged
                        FROM part p JOIN mapping m ON m.id = p.mapping_id
                        JOIN destination d ON d.id = m.destination_id WHERE p.id = $1",
                    )
                    .bind(part.0)
                    .fetch_optional(&mut *connection)
                    .await?,
                );
            }
            Ok(rows)
        })?;
        let mut lines = Vec::new();
        for row in rows {
            let told = chunks::between(&bitmap::decode(&row.people)?, 0, place(row.acknowledged)?);
            let names: BTreeMap<_, _> = self.people(&told).await?.into_iter().collect();
            let transition: Transition = parse(&row.transition)?;
            let is_suppressed =
                transition == Transition::Exited && row.lane == Lane::Protect as i64;
            let (mapping, destination): (Key, Key) =
                (parse(&row.mapping)?, parse(&row.destination)?);
            lines.extend(names.into_values().map(|person| LedgerLine {
                at: Instant(row.decided_at),
                cio_id: person.cio_id,
                transition,
                mapping: mapping.clone(),
                destination: destination.clone(),
                generation: row.generation,
                run: RunId(row.run_id),
                is_suppressed,
            }));
        }
        Ok(lines)
    }
}
