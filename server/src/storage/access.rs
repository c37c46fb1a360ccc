//! Accounts, one-time links and sessions.
//!
//! A link and a session are found by the hash of what opens them. Each answer takes the
//! account's state into account, so that nobody who is locked out comes in by an old one.

use async_trait::async_trait;
use domain::{
    Result,
    access::{
        Email, Role,
        link::{OneTimeLink, Purpose, TokenHash},
        port::{AccessStore, Account},
    },
    ids::UserId,
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    configuration::parse,
    macros::{reading, writing},
};

#[derive(FromRow)]
struct AccountRow {
    id: Uuid,
    email: String,
    role: String,
    password: Option<String>,
    disabled_at: Option<i64>,
}

impl AccountRow {
    fn read(self) -> Result<Account> {
        Ok(Account {
            id: UserId(self.id),
            email: Email::parse(&self.email)?,
            role: parse(&self.role)?,
            password: self.password,
            disabled: self.disabled_at.is_some(),
        })
    }
}

/// Inserts a line into the audit trail inside a `writing!` body.
macro_rules! audit {
    ($storage:expr, $connection:expr, $now:expr, $actor:expr, $action:expr, $subject:expr, $detail:expr) => {
        sqlx::query(
            "INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind($storage.ids.next())
        .bind($now.0)
        .bind($actor)
        .bind($action)
        .bind($subject)
        .bind($detail)
        .execute(&mut *$connection)
        .await?
    };
}
pub(super) use audit;

/// Uses a link up inside a `writing!` body; answers the id and address of whose it was.
macro_rules! use_up {
    ($connection:expr, $link:expr, $purpose:expr, $now:expr) => {{
        let owner: Option<(Uuid, String)> = sqlx::query_as(
            "SELECT account.id, account.email FROM one_time_link
            JOIN account ON account.id = one_time_link.account_id
            WHERE hash = $1 AND purpose = $2 AND expires_at > $3 AND disabled_at IS NULL",
        )
        .bind($link.0.as_slice())
        .bind($purpose.as_str())
        .bind($now.0)
        .fetch_optional(&mut *$connection)
        .await?;
        let used = sqlx::query("DELETE FROM one_time_link WHERE hash = $1 AND purpose = $2")
            .bind($link.0.as_slice())
            .bind($purpose.as_str())
            .execute(&mut *$connection)
            .await?
            .rows_affected();
        // Two at once both read it, but one of them deletes it.
        owner.filter(|_| used == 1)
    }};
}

macro_rules! end_links {
    ($connection:expr, $user:expr) => {
        sqlx::query("DELETE FROM one_time_link WHERE account_id = $1")
            .bind($user)
            .execute(&mut *$connection)
            .await?
    };
}

macro_rules! end_sessions {
    ($connection:expr, $user:expr) => {
        sqlx::query("DELETE FROM session WHERE account_id = $1")
            .bind($user)
            .execute(&mut *$connection)
            .await?
    };
}

/// Stores a password inside a `writing!` body. Whoever knew the old one, or found a link, is
/// out.
macro_rules! put_password {
    ($connection:expr, $user:expr, $password:expr) => {
        sqlx::query("UPDATE account SET password = $1 WHERE id = $2")
            .bind($password)
            .bind($user)
            .execute(&mut *$connection)
            .await?;
        end_links!($connection, $user);
        end_sessions!($connection, $user);
    };
}

#[async_trait]
impl AccessStore for Storage {
    async fn put_account(
        &self,
        email: &Email,
        role: Role,
        actor: &str,
        now: Instant,
    ) -> Result<UserId> {
        writing!(self.database, |connection| {
            let known: Option<(Uuid, String)> =
                sqlx::query_as("SELECT id, role FROM account WHERE email = $1")
                    .bind(email.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
            if let Some((id, known)) = &known
                && known == role.as_str()
            {
                return Ok(UserId(*id));
            }
            let (id, action) = match known {
                Some((id, _)) => (id, "update"),
                None => (self.ids.next(), "create"),
            };
            sqlx::query(
                "INSERT INTO account (id, email, role, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (email) DO UPDATE SET role = excluded.role",
            )
            .bind(id)
            .bind(email.as_str())
            .bind(role.as_str())
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
            let detail = format!("{{\"role\":\"{}\"}}", role.as_str());
            audit!(self, connection, now, actor, action, format!("account {email}"), detail);
            Ok(UserId(id))
        })
    }

    async fn account_of(&self, email: &Email) -> Result<Option<Account>> {
        let row: Option<AccountRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT id, email, role, password, disabled_at FROM account WHERE email = $1",
            )
            .bind(email.as_str())
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(AccountRow::read).transpose()
    }

    async fn account(&self, user: UserId) -> Result<Option<Account>> {
        let row: Option<AccountRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT id, email, role, password, disabled_at FROM account WHERE id = $1",
            )
            .bind(user.0)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(AccountRow::read).transpose()
    }

    async fn has_passwords(&self) -> Result<bool> {
        reading!(self.database, |connection| {
            let one: Option<(i64,)> = sqlx::query_as(
                "SELECT CAST(1 AS BIGINT) FROM account WHERE password IS NOT NULL LIMIT 1",
            )
            .fetch_optional(&mut *connection)
            .await?;
            Ok(one.is_some())
        })
    }

    async fn put_link(&self, link: &OneTimeLink, actor: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO one_time_link (hash, account_id, purpose, expires_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account_id, purpose) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at",
            )
            .bind(link.hash.0.as_slice())
            .bind(link.user.0)
            .bind(link.purpose.as_str())
            .bind(link.expires_at.0)
            .execute(&mut *connection)
            .await?;
            let (email,): (String,) = sqlx::query_as("SELECT email FROM account WHERE id = $1")
                .bind(link.user.0)
                .fetch_one(&mut *connection)
                .await?;
            let detail = format!("{{\"purpose\":\"{}\"}}", link.purpose.as_str());
            audit!(self, connection, now, actor, "link", format!("account {email}"), detail);
            Ok(())
        })
    }

    async fn link_owner(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<Account>> {
        let row: Option<AccountRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT id, email, role, password, disabled_at FROM one_time_link
                JOIN account ON account.id = one_time_link.account_id
                WHERE hash = $1 AND purpose = $2 AND expires_at > $3 AND disabled_at IS NULL",
            )
            .bind(link.0.as_slice())
            .bind(purpose.as_str())
            .bind(now.0)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        row.map(AccountRow::read).transpose()
    }

    async fn redeem(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<UserId>> {
        writing!(self.database, |connection| {
            let Some((user, email)) = use_up!(connection, link, purpose, now) else {
                return Ok(None);
            };
            audit!(self, connection, now, &email, "sign in", "link", "{}");
            Ok(Some(UserId(user)))
        })
    }

    async fn redeem_for_password(
        &self,
        link: TokenHash,
        password: &str,
        now: Instant,
    ) -> Result<Option<UserId>> {
        writing!(self.database, |connection| {
            let Some((user, email)) = use_up!(connection, link, Purpose::SetPassword, now) else {
                return Ok(None);
            };
            put_password!(connection, user, password);
            audit!(self, connection, now, &email, "password", format!("account {email}"), "{}");
            Ok(Some(UserId(user)))
        })
    }

    async fn put_password(&self, user: UserId, password: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            put_password!(connection, user.0, password);
            let (email,): (String,) = sqlx::query_as("SELECT email FROM account WHERE id = $1")
                .bind(user.0)
                .fetch_one(&mut *connection)
                .await?;
            audit!(self, connection, now, &email, "password", format!("account {email}"), "{}");
            Ok(())
        })
    }

    async fn set_disabled(
        &self,
        user: UserId,
        disabled: bool,
        actor: &str,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("UPDATE account SET disabled_at = $1 WHERE id = $2")
                .bind(disabled.then_some(now.0))
                .bind(user.0)
                .execute(&mut *connection)
                .await?;
            if disabled {
                end_sessions!(connection, user.0);
                end_links!(connection, user.0);
            }
            let (email,): (String,) = sqlx::query_as("SELECT email FROM account WHERE id = $1")
                .bind(user.0)
                .fetch_one(&mut *connection)
                .await?;
            let action = if disabled { "disable" } else { "enable" };
            audit!(self, connection, now, actor, action, format!("account {email}"), "{}");
            Ok(())
        })
    }

    async fn note(&self, who: &str, action: &'static str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            audit!(self, connection, now, who, action, "session", "{}");
            Ok(())
        })
    }
}

/// A session as the HTTP edge stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Of the id in the cookie.
    pub hash: [u8; 32],
    /// Whose it is.
    pub user: UserId,
    /// What it holds, as JSON.
    pub data: String,
    /// When it ends unless it is used again.
    pub idle_until: Instant,
    /// When it ends in any case.
    pub ends_at: Instant,
}

#[derive(FromRow)]
struct SessionRow {
    account_id: Uuid,
    data: String,
    idle_until: i64,
    ends_at: i64,
}

impl Storage {
    /// Stores a new session and forgets those that ended. Says whether the id was free and its
    /// owner is not locked out.
    pub async fn create_session(&self, session: &StoredSession, now: Instant) -> Result<bool> {
        writing!(self.database, |connection| {
            sqlx::query("DELETE FROM session WHERE idle_until <= $1")
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            let created = sqlx::query(
                "INSERT INTO session (hash, account_id, data, idle_until, ends_at)
                SELECT $1, id, $2, $3, $4 FROM account WHERE id = $5 AND disabled_at IS NULL
                ON CONFLICT DO NOTHING",
            )
            .bind(session.hash.as_slice())
            .bind(&session.data)
            .bind(session.idle_until.0)
            .bind(session.ends_at.0)
            .bind(session.user.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            Ok(created == 1)
        })
    }

    /// Replaces what a session holds; one that has ended stays ended.
    pub async fn save_session(&self, session: &StoredSession) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("UPDATE session SET account_id = $1, data = $2 WHERE hash = $3")
                .bind(session.user.0)
                .bind(&session.data)
                .bind(session.hash.as_slice())
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    /// A session that has neither ended nor belongs to somebody who is locked out.
    pub async fn load_session(
        &self,
        hash: [u8; 32],
        now: Instant,
    ) -> Result<Option<StoredSession>> {
        let row: Option<SessionRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT account_id, data, idle_until, ends_at FROM session
                JOIN account ON account.id = session.account_id
                WHERE hash = $1 AND idle_until > $2 AND ends_at > $2 AND disabled_at IS NULL",
            )
            .bind(hash.as_slice())
            .bind(now.0)
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        Ok(row.map(|row| StoredSession {
            hash,
            user: UserId(row.account_id),
            data: row.data,
            idle_until: Instant(row.idle_until),
            ends_at: Instant(row.ends_at),
        }))
    }

    /// Moves the end of an idle session on.
    pub async fn touch_session(&self, hash: [u8; 32], idle_until: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("UPDATE session SET idle_until = $1 WHERE hash = $2")
                .bind(idle_until.0)
                .bind(hash.as_slice())
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }

    /// Ends a session.
    pub async fn delete_session(&self, hash: [u8; 32]) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query("DELETE FROM session WHERE hash = $1")
                .bind(hash.as_slice())
                .execute(&mut *connection)
                .await?;
            Ok(())
        })
    }
}
