//! Leases: who works on a mapping, fenced by an epoch.

use std::{
    collections::BTreeSet,
    sync::{MutexGuard, PoisonError},
};

use async_trait::async_trait;
use domain::{
    Result,
    delivery::port::{Lease, LeaseStore},
    time::{Instant, Span},
};
use sqlx::FromRow;

use super::{Database, Storage, macros::writing};

/// How long a silent holder keeps a lease. Longer than any request may take, so that a slow
/// answer isn't overtaken by another process.
pub(super) const LENGTH: Span = Span::from_seconds(120);

/// Nobody.
const FREE: i64 = 0;

/// Checks, renews and locks a lease in the transaction that writes under it: binds name,
/// epoch, holder, and the moment until which it now holds.
pub(super) const RENEW: &str =
    "UPDATE lease SET expires_at = $4 WHERE name = $1 AND epoch = $2 AND holder = $3";

/// First line of every transaction under a lease: fails unless the lease is still ours.
macro_rules! hold {
    ($storage:expr, $connection:ident, $lease:expr, $now:expr) => {
        let held = sqlx::query($crate::storage::leases::RENEW)
            .bind(&$lease.name)
            .bind($lease.epoch)
            .bind($storage.holder)
            .bind($now.plus($crate::storage::leases::LENGTH).0)
            .execute(&mut *$connection)
            .await?
            .rows_affected();
        if held == 0 {
            return Err($crate::storage::Failure::Domain(domain::Error::Fenced));
        }
    };
}
pub(super) use hold;

#[derive(FromRow)]
struct LeaseRow {
    holder: i64,
    epoch: i64,
    expires_at: i64,
}

impl Storage {
    fn unreleased(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unreleased.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl LeaseStore for Storage {
    async fn acquire(&self, name: &str, now: Instant) -> Result<Option<Lease>> {
        if self.work_lock.is_none() {
            return Ok(None);
        }
        let until = now.plus(LENGTH);
        // What we gave back, and could not write it, is nobody's.
        let is_left = self.unreleased().remove(name);
        let lease: Result<Option<Lease>> = writing!(self.database, |connection| {
            sqlx::query("INSERT INTO lease (name, holder, epoch, expires_at) VALUES ($1, $2, 0, 0) ON CONFLICT (name) DO NOTHING")
                .bind(name)
                .bind(FREE)
                .execute(&mut *connection)
                .await?;
            let row: LeaseRow = sqlx::query_as(
                self.database
                    .sql("SELECT holder, epoch, expires_at FROM lease WHERE name = $1 {lock}"),
            )
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
            let is_held = row.holder != FREE && row.expires_at > now.0;
            let is_ours = row.holder == self.holder;
            if is_held && is_ours && !is_left {
                return Ok(None);
            }
            if is_held && !is_ours {
                let is_dead: bool = match &self.database {
                    // We have the file's lock: whoever had it before us is dead.
                    Database::Sqlite { .. } => true,
                    // A living process holds an advisory lock on its own number.
                    Database::Postgres(pool) => {
                        sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
                            .bind(row.holder)
                            .fetch_one(pool)
                            .await?
                    }
                };
                if !is_dead {
                    return Ok(None);
                }
            }
            let epoch = row.epoch + 1;
            sqlx::query(
                "UPDATE lease SET holder = $1, epoch = $2, expires_at = $3 WHERE name = $4",
            )
            .bind(self.holder)
            .bind(epoch)
            .bind(until.0)
            .bind(name)
            .execute(&mut *connection)
            .await?;
            Ok(Some(Lease { name: name.to_owned(), epoch }))
        });
        if is_left && lease.is_err() {
            self.unreleased().insert(name.to_owned());
        }
        lease
    }

    async fn renew(&self, lease: &Lease, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            hold!(self, connection, lease, now);
            Ok(())
        })
    }

    async fn release(&self, lease: &Lease) -> Result<()> {
        let released = writing!(self.database, |connection| {
            sqlx::query(
                "UPDATE lease SET holder = $1 WHERE name = $2 AND epoch = $3 AND holder = $4",
            )
            .bind(FREE)
            .bind(&lease.name)
            .bind(lease.epoch)
            .bind(self.holder)
            .execute(&mut *connection)
            .await?;
            Ok(())
        });
        if released.is_err() {
            self.unreleased().insert(lease.name.clone());
        }
        released
    }
}
