//! API tokens: how programs come in, by `Authorization: Bearer`.
//!
//! Whoever runs the host makes them: somebody who could make one in a browser could approve by it
//! what they have proposed themselves. Only the hash is stored; the token is shown once.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Actor, Role, link::TokenHash, port::Tokens};
use crate::{
    error::{Error, Result},
    key::Key,
    time::{Clock, Instant},
};

/// What every token begins with, so that scanners of repositories find a lost one.
pub const PREFIX: &str = "segue_";

/// A token, without what opens the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is called, in the audit trail too.
    pub name: Key,
    /// What its bearer may do.
    pub role: Role,
    /// Since when.
    pub made_at: Instant,
    /// When it was used last, to the minute.
    pub used_at: Option<Instant>,
}

/// Keeps them. What changes something is audited in the name of `actor`.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Keeps a new one.
    ///
    /// # Errors
    /// [`Error::Conflict`] where one of that name works.
    async fn put_token(
        &self,
        name: &Key,
        role: Role,
        hash: TokenHash,
        actor: &str,
        now: Instant,
    ) -> Result<()>;

    /// Those that work, by name.
    async fn tokens(&self) -> Result<Vec<Token>>;

    /// The one that has this hash and works; notes its use, at most once a minute.
    async fn use_token(&self, hash: TokenHash, now: Instant) -> Result<Option<Token>>;

    /// Ends one at once.
    ///
    /// # Errors
    /// [`Error::NotFound`] where none of that name works.
    async fn revoke_token(&self, name: &Key, actor: &str, now: Instant) -> Result<()>;
}

/// Makes and believes them.
pub struct TokenService {
    store: Arc<dyn TokenStore>,
    tokens: Arc<dyn Tokens>,
    clock: Arc<dyn Clock>,
}

impl TokenService {
    /// Over these ports.
    pub fn new(store: Arc<dyn TokenStore>, tokens: Arc<dyn Tokens>, clock: Arc<dyn Clock>) -> Self {
        Self { store, tokens, clock }
    }

    /// Makes one, and answers what its bearer sends: nobody can read that again.
    pub async fn add(&self, name: &Key, role: Role, actor: &Actor) -> Result<String> {
        actor.require(Role::Admin)?;
        let token = format!("{PREFIX}{}", self.tokens.next());
        let hash = TokenHash::of(&token);
        self.store.put_token(name, role, hash, &actor.name, self.clock.now()).await?;
        Ok(token)
    }

    /// Those that work.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Token>> {
        actor.require(Role::Admin)?;
        self.store.tokens().await
    }

    /// Ends one at once.
    pub async fn revoke(&self, name: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        self.store.revoke_token(name, &actor.name, self.clock.now()).await
    }

    /// Who sends this.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for what no token is.
    pub async fn actor_of(&self, bearer: &str) -> Result<Actor> {
        if !bearer.starts_with(PREFIX) {
            return Err(Error::Unauthenticated);
        }
        let token = self.store.use_token(TokenHash::of(bearer), self.clock.now()).await?;
        let token = token.ok_or(Error::Unauthenticated)?;
        Ok(Actor { name: format!("token {}", token.name), role: token.role })
    }
}
