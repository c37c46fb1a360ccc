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
    /// - `{share}`: the same, beside others who only read them.
    /// - `{gather}` and `{array}`: many rows as one JSON text, each an array. Read by
    ///   [`gathered`]; a driver takes several times as long over row by row.
    pub(super) fn sql(&self, text: &'static str) -> AssertSqlSafe<String> {
        let words = match self {
            // The writer's transaction is immediate: it has the lock already.
            Self::Sqlite { .. } => [
                ("{rows}", "json_each($1) AS rows"),
                ("{value}", "rows.value"),
                ("{lock}", ""),
                ("{share}", ""),
                ("{gather}", "json_group_array"),
                ("{array}", "json_array"),
            ],
            Self::Postgres(_) => [
                ("{rows}", "jsonb_array_elements(CAST($1 AS jsonb)) AS rows(value)"),
                ("{value}", "rows.value #>> '{}'"),
                ("{lock}", "FOR UPDATE"),
                ("{share}", "FOR SHARE"),
                ("{gather}", "json_agg"),
                ("{array}", "json_build_array"),
            ],
        };
        let fill = |text: String, (place, words): (&str, &str)| text.replace(place, words);
        AssertSqlSafe(words.into_iter().fold(text.to_owned(), fill))
    }
}

/// The rows of a text made by `{gather}`; nothing stands for none of them.
pub(super) fn gathered<T: DeserializeOwned>(text: Option<&str>) -> Result<Vec<T>> {
    text.map_or_else(
        || Ok(Vec::new()),
        |text| serde_json::from_str(text).map_err(Error::unexpected),
    )
}

/// Whether the database's disk takes nothing more.
pub(super) fn is_out_of_room(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let sqlite = [
        "13",   // SQLITE_FULL
        "778",  // SQLITE_IOERR_WRITE: a quota, or a limit on the size of a file
        "4874", // SQLITE_IOERR_SHMSIZE: no room for the index of the log
    ];
    // PostgreSQL's disk_full has a code of five letters: no number of SQLite's is like it.
    code.is_some_and(|code| code == "53100" || sqlite.contains(&&*code))
}
