//! What was decided about the workspace: two rows of `setting`.

use async_trait::async_trait;
use domain::{
    Result,
    time::Instant,
    workspace::{Workspace, port::WorkspaceStore},
};
use serde_json::json;

use super::{
    Storage,
    access::audit,
    changes::PUT_SETTING,
    configuration::parse,
    macros::{reading, writing},
};

const TIME_ZONE: &str = "time_zone";
const CURRENCY: &str = "currency";

const READ: &str = "SELECT name, value FROM setting WHERE name IN ('time_zone', 'currency')";

fn read(rows: Vec<(String, String)>) -> Result<Workspace> {
    let mut workspace = Workspace::default();
    for (name, value) in rows {
        match &*name {
            TIME_ZONE => workspace.time_zone = value,
            CURRENCY => workspace.currency = parse(&value)?,
            _ => {}
        }
    }
    Ok(workspace)
}

#[async_trait]
impl WorkspaceStore for Storage {
    async fn workspace(&self) -> Result<Workspace> {
        let rows = reading!(self.database, |connection| {
            Ok(sqlx::query_as(READ).fetch_all(&mut *connection).await?)
        })?;
        read(rows)
    }

    async fn put_workspace(&self, workspace: &Workspace, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let rows = sqlx::query_as(READ).fetch_all(&mut *connection).await?;
            let before = read(rows)?;
            let currencies = (before.currency.to_string(), workspace.currency.to_string());
            let mut lines = Vec::new();
            for (name, old, new) in [
                (TIME_ZONE, before.time_zone, workspace.time_zone.clone()),
                (CURRENCY, currencies.0, currencies.1),
            ] {
                if old == new {
                    continue;
                }
                sqlx::query(PUT_SETTING).bind(name).bind(&new).execute(&mut *connection).await?;
                lines.push(json!({"field": name, "before": old, "after": new}));
            }
            if !lines.is_empty() {
                let detail = serde_json::Value::from(lines).to_string();
                audit!(self, connection, now, by, "update", "workspace", detail);
            }
            Ok(())
        })
    }
}
