//! The same body for both drivers.
//!
//! `reading!(database, |connection| { ... Ok(value) })` takes a connection; `snapshot!` does
//! the same where several statements must see one moment;
//! `writing!` does the same inside a transaction that commits when the body is `Ok` and
//! rolls back when it isn't. In a body `?` takes sqlx's and the domain's errors alike.

use domain::Error;

use super::dialect;

/// What a body may fail with.
#[derive(Debug)]
pub enum Failure {
    /// A refusal that callers treat differently.
    Domain(Error),
    /// Anything the database said.
    Database(sqlx::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Domain(error) => error,
            Failure::Database(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Self::Conflict("somebody else has just stored the same".to_owned())
            }
            Failure::Database(error) if dialect::is_out_of_room(&error) => {
                Self::NoRoom(error.into())
            }
            Failure::Database(error) => Self::unexpected(error),
        }
    }
}

macro_rules! reading {
    ($database:expr, |$connection:ident| $body:block) => {{
        let result: Result<_, $crate::storage::Failure> = match &$database {
            $crate::storage::Database::Sqlite { readers, .. } => {
                async {
                    let mut held = readers.acquire().await?;
                    let $connection: &mut sqlx::SqliteConnection = &mut held;
                    $body
                }
                .await
            }
            $crate::storage::Database::Postgres(pool) => {
                async {
                    let mut held = pool.acquire().await?;
                    let $connection: &mut sqlx::PgConnection = &mut held;
                    $body
                }
                .await
            }
        };
        result.map_err(domain::Error::from)
    }};
}

macro_rules! snapshot {
    ($database:expr, |$connection:ident| $body:block) => {{
        let result: Result<_, $crate::storage::Failure> = match &$database {
            $crate::storage::Database::Sqlite { readers, .. } => {
                async {
                    let mut transaction = readers.begin().await?;
                    let $connection: &mut sqlx::SqliteConnection = &mut transaction;
                    $body
                }
                .await
            }
            $crate::storage::Database::Postgres(pool) => {
                async {
                    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                    let mut transaction = pool.begin_with(begin).await?;
                    let $connection: &mut sqlx::PgConnection = &mut transaction;
                    $body
                }
                .await
            }
        };
        result.map_err(domain::Error::from)
    }};
}

macro_rules! writing {
    ($database:expr, |$connection:ident| $body:block) => {{
        let result: Result<_, $crate::storage::Failure> = match &$database {
            $crate::storage::Database::Sqlite { writer, .. } => {
                async {
                    // Immediate: a read that turns into a write would meet a stale snapshot,
                    // which no busy timeout rescues.
                    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                    let value = {
                        let $connection: &mut sqlx::SqliteConnection = &mut transaction;
                        let body: Result<_, $crate::storage::Failure> = async { $body }.await;
                        body?
                    };
                    transaction.commit().await?;
                    Ok(value)
                }
                .await
            }
            $crate::storage::Database::Postgres(pool) => {
                async {
                    let mut transaction = pool.begin().await?;
                    let value = {
                        let $connection: &mut sqlx::PgConnection = &mut transaction;
                        let body: Result<_, $crate::storage::Failure> = async { $body }.await;
                        body?
                    };
                    transaction.commit().await?;
                    Ok(value)
                }
                .await
            }
        };
        let result: domain::Result<_> = result.map_err(domain::Error::from);
        result
    }};
}

pub(super) use {reading, snapshot, writing};
