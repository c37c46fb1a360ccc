//! What was decided about the workspace: rows of `setting`, empty for what nobody has said.

use async_trait::async_trait;
use domain::{
    Result,
    time::Instant,
    workspace::{AdCost, Workspace, port::WorkspaceStore},
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

const COST_PER_THOUSAND: &str = "cost_per_thousand";
const IMPRESSIONS_A_DAY: &str = "impressions_a_day";

const READ: &str = "SELECT name, value FROM setting WHERE name IN
    ('time_zone', 'currency', 'cost_per_thousand', 'impressions_a_day') AND value <> ''";

fn read(rows: Vec<(String, String)>) -> Result<Workspace> {
    let mut workspace = Workspace::default();
    let (mut per_thousand, mut impressions_a_day) = (None, None);
    for (name, value) in rows {
        match &*name {
            TIME_ZONE => workspace.time_zone = value,
            CURRENCY => workspace.currency = parse(&value)?,
            COST_PER_THOUSAND => per_thousand = Some(parse(&value)?),
            IMPRESSIONS_A_DAY => impressions_a_day = Some(parse(&value)?),
            _ => {}
        }
    }
    if let (Some(per_thousand), Some(impressions_a_day)) = (per_thousand, impressions_a_day) {
        workspace.ads = Some(AdCost { per_thousand, impressions_a_day });
    }
    Ok(workspace)
}

/// Each field as its row holds it.
fn fields(workspace: &Workspace) -> [(&'static str, String); 4] {
    let ads = |of: fn(AdCost) -> String| workspace.ads.map(of).unwrap_or_default();
    [
        (TIME_ZONE, workspace.time_zone.clone()),
        (CURRENCY, workspace.currency.to_string()),
        (COST_PER_THOUSAND, ads(|ads| ads.per_thousand.to_string())),
        (IMPRESSIONS_A_DAY, ads(|ads| ads.impressions_a_day.to_string())),
    ]
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
            let before = fields(&read(rows)?);
            let mut lines = Vec::new();
            for ((name, old), (_, new)) in before.into_iter().zip(fields(workspace)) {
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
