//! What the two databases write differently. Everything else is one text.

use domain::{Error, Result};
use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;

use super::Database;

impl Database {
    /// Fills in the placeholders of a text that is constant otherwise:
    /// - `{rows}`: the elements of the JSON array `$1`, as `rows.value`.
    /// - `{value}`: such an element as text, where it is a string.
    /// - `{lock}`: locks the rows read until the transaction ends.
    /// - `{gather}` and `{array}`: many rows as one JSON text, each an array. Read by
    ///   [`gathered`]; a driver takes several times as long over row by row.
    pub(super) fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        let (rows, value, lock, gather, array) = match self {
            // The writer's transaction is immediate: it has the lock already.
            Self::Sqlite { .. } => {
                ("json_each($1) AS rows", "rows.value", "", "json_group_array", "json_array")
            }
            Self::Postgres(_) => {
                let rows = "jsonb_array_elements(CAST($1 AS jsonb)) AS rows(value)";
                (rows, "rows.value #>> '{}'", "FOR UPDATE", "json_agg", "json_build_array")
            }
        };
        let text = text.replace("{rows}", rows).replace("{value}", value).replace("{lock}", lock);
        AssertSqlSafe(text.replace("{gather}", gather).replace("{array}", array))
    }
}

/// The rows of a text made by `{gather}`; nothing stands for none of them.
pub(super) fn gathered<T: DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>> {
    text.map_or_else(
        || Ok(Vec::new()),
        |text| serde_json::from_str(text).map_err(Error::unexpected),
    )
}
