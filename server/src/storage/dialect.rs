//! What the two databases write differently. Everything else is one text.

use sqlx::AssertSqlSafe;

use super::Database;

impl Database {
    /// Fills in the placeholders of a text that is constant otherwise:
    /// - `{rows}`: the elements of the JSON array `$1`, as `rows.value`.
    /// - `{value}`: such an element as text, where it is a string.
    /// - `{lock}`: locks the rows read until the transaction ends.
    /// - `{share}`: the same, beside others who only read them.
    pub(super) fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        let (rows, value, lock, share) = match self {
            // The writer's transaction is immediate: it has the lock already.
            Self::Sqlite { .. } => ("json_each($1) AS rows", "rows.value", "", ""),
            Self::Postgres(_) => {
                let rows = "jsonb_array_elements(CAST($1 AS jsonb)) AS rows(value)";
                (rows, "rows.value #>> '{}'", "FOR UPDATE", "FOR SHARE")
            }
        };
        AssertSqlSafe(
            text.replace("{rows}", rows)
                .replace("{value}", value)
                .replace("{lock}", lock)
                .replace("{share}", share),
        )
    }
}
