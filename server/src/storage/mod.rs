//! Storage: every port of `domain` over SQLite or PostgreSQL, from one SQL text.
//!
//! One file a vertical. A method opens `reading!` or `writing!` and writes its SQL once;
//! the macro compiles the same body for both drivers. What really differs is in
//! `dialect`. To add a method: the port in `domain`, its body here, a test in `server/tests/storage`.

mod absence;
mod access;
mod advance;
mod approvals;
mod attributes;
mod audiences;
pub mod bitmap;
mod canary;
mod changes;
mod configuration;
mod connect;
mod connections;
mod contract;
mod coverage;
mod delivery;
mod destinations;
mod dialect;
mod dictionary;
mod environment;
mod erasure;
mod events;
mod fast;
mod first_version;
mod gates;
mod history;
mod leases;
mod ledger;
mod letters;
mod listings;
mod macros;
mod mappings;
mod monitoring;
mod monitoring_counts;
mod names;
mod notices;
mod order;
mod order_rows;
mod orders;
mod people;
mod presence;
mod proposals;
mod quarantine;
mod refresh;
mod retention;
mod runs;
mod spans;
mod standing;
mod statement;
mod stops;
mod suppression;
mod timeline;
mod tokens;
mod trail;
mod trials;
mod unnamed;
mod workspace;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use domain::ids::Ids;
use sqlx::{PgPool, SqlitePool};

pub use access::StoredSession;
pub use connect::{DatabaseUrl, WorkLock};
pub use macros::Failure;

use crate::vault::Vault;

/// The pools of whichever database is configured.
#[derive(Clone)]
pub enum Database {
    /// One file: a single writer, so that nobody waits on a busy lock, and many readers.
    Sqlite {
        /// Takes turns.
        writer: SqlitePool,
        /// As many as there are.
        readers: SqlitePool,
    },
    /// A server that several processes share.
    Postgres(PgPool),
}

/// Implements every storage port of `domain`.
#[derive(Clone)]
pub struct Storage {
    database: Database,
    vault: Arc<Vault>,
    ids: Arc<dyn Ids>,
    /// Who we are in leases: another number for each process.
    holder: i64,
    work_lock: Option<Arc<WorkLock>>,
    /// Leases that were given back while the database could not be written, by name.
    unreleased: Arc<Mutex<BTreeSet<String>>>,
}

impl Storage {
    /// Over these pools.
    pub fn new(database: Database, vault: Arc<Vault>, ids: Arc<dyn Ids>, holder: i64) -> Self {
        Self { database, vault, ids, holder, work_lock: None, unreleased: Arc::default() }
    }

    /// The same, with the right to work orders.
    #[must_use]
    pub fn working(self, lock: WorkLock) -> Self {
        Self { work_lock: Some(Arc::new(lock)), ..self }
    }

    /// The pools, for stores that live elsewhere.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Gives a new database its identity, once.
    pub async fn install(&self) -> domain::Result<()> {
        macros::writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO installation (one, key, number, configuration_version) VALUES (1, $1, 1, 0)
                ON CONFLICT (one) DO NOTHING",
            )
            .bind(self.ids.next())
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> domain::Result<()> {
        macros::reading!(self.database, |connection| {
            sqlx::query("SELECT 1").execute(&mut *connection).await?;
            Ok(())
        })
    }
}
