//! API tokens: found by the hash of what opens them.

use async_trait::async_trait;
use domain::{
    Error, Result,
    access::{
        Role,
        link::TokenHash,
        token::{Token, TokenStore},
    },
    key::Key,
    time::{Instant, Span},
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

/// A use is noted so often at most: calls would cost a commit each otherwise.
const NOTED: Span = Span::from_minutes(1);

#[derive(FromRow)]
struct TokenRow {
    name: String,
    role: String,
    made_at: i64,
    used_at: Option<i64>,
}

impl TokenRow {
    fn read(self) -> Result<Token> {
        Ok(Token {
            name: parse(&self.name)?,
            role: parse(&self.role)?,
            made_at: Instant(self.made_at),
            used_at: self.used_at.map(Instant),
        })
    }
}

#[async_trait]
impl TokenStore for Storage {
    async fn put_token(
        &self,
        name: &Key,
        role: Role,
        hash: TokenHash,
        actor: &str,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            let made = sqlx::query(
                "INSERT INTO api_token (hash, name, role, made_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING",
            )
            .bind(hash.0.as_slice())
            .bind(name.as_str())
            .bind(role.as_str())
            .bind(now.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if made == 0 {
                return Err(Failure::Domain(Error::Conflict(format!(
                    "there is a token {name}: revoke it first, or call this one otherwise"
                ))));
            }
            let detail = format!("{{\"role\":\"{}\"}}", role.as_str());
            audit!(self, connection, now, actor, "create", format!("token {name}"), detail);
            Ok(())
        })
    }

    async fn tokens(&self) -> Result<Vec<Token>> {
        let rows: Vec<TokenRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT name, role, made_at, used_at FROM api_token
                WHERE revoked_at IS NULL ORDER BY name",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(TokenRow::read).collect()
    }

    async fn use_token(&self, hash: TokenHash, now: Instant) -> Result<Option<Token>> {
        let row: Option<TokenRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT name, role, made_at, used_at FROM api_token
                WHERE hash = $1 AND revoked_at IS NULL",
            )
            .bind(hash.0.as_slice())
            .fetch_optional(&mut *connection)
            .await?)
        })?;
        let token = row.map(TokenRow::read).transpose()?;
        // A moment ahead of now is from before the clock was put right.
        let is_noted = |at: Instant| (now.minus(NOTED)..=now).contains(&at);
        if token.as_ref().is_some_and(|token| !token.used_at.is_some_and(is_noted)) {
            writing!(self.database, |connection| {
                sqlx::query("UPDATE api_token SET used_at = $1 WHERE hash = $2")
                    .bind(now.0)
                    .bind(hash.0.as_slice())
                    .execute(&mut *connection)
                    .await?;
                Ok(())
            })?;
        }
        Ok(token)
    }

    async fn revoke_token(&self, name: &Key, actor: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let revoked = sqlx::query(
                "UPDATE api_token SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL",
            )
            .bind(now.0)
            .bind(name.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if revoked == 0 {
                return Err(Failure::Domain(Error::NotFound(format!("token {name}"))));
            }
            audit!(self, connection, now, actor, "revoke", format!("token {name}"), "{}");
            Ok(())
        })
    }
}
