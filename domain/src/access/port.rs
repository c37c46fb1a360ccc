//! What access needs from storage, from the machine and from the HTTP edge.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;

use super::{
    Email, Role,
    link::{OneTimeLink, Purpose, TokenHash},
};
use crate::{
    error::Result,
    ids::UserId,
    time::{Instant, Span},
};

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Never used twice.
    pub id: UserId,
    /// Their address and name in the audit trail.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// The hash of their password, once they have chosen one.
    pub password: Option<String>,
    /// Whether they are locked out.
    pub disabled: bool,
}

/// Accounts and links, each method one transaction. What changes something is audited in the
/// name of `actor`.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// Adds an account, or gives the one of this address the role. Answers its id.
    async fn put_account(
        &self,
        email: &Email,
        role: Role,
        actor: &str,
        now: Instant,
    ) -> Result<UserId>;

    /// The account of an address.
    async fn account_of(&self, email: &Email) -> Result<Option<Account>>;

    /// The account with this id.
    async fn account(&self, user: UserId) -> Result<Option<Account>>;

    /// Whether anybody has chosen a password.
    async fn has_passwords(&self) -> Result<bool>;

    /// Stores a link; those of the same person and purpose stop working.
    async fn put_link(&self, link: &OneTimeLink, actor: &str, now: Instant) -> Result<()>;

    /// Whose link this is, if it still works. Uses nothing up.
    async fn link_owner(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<Account>>;

    /// Uses the link up and answers whose it was; nothing if it doesn't work (any more), or if
    /// its owner is disabled.
    async fn redeem(
        &self,
        link: TokenHash,
        purpose: Purpose,
        now: Instant,
    ) -> Result<Option<UserId>>;

    /// The same, and stores the hash of their new password. All their sessions end.
    async fn redeem_for_password(
        &self,
        link: TokenHash,
        password: &str,
        now: Instant,
    ) -> Result<Option<UserId>>;

    /// Stores the hash of somebody's new password. All their sessions and links end.
    async fn put_password(&self, user: UserId, password: &str, now: Instant) -> Result<()>;

    /// Locks somebody out or lets them in again. When locked out, their sessions and links end.
    async fn set_disabled(
        &self,
        user: UserId,
        disabled: bool,
        actor: &str,
        now: Instant,
    ) -> Result<()>;

    /// Writes into the audit trail that somebody signed in, or tried to.
    async fn note(&self, who: &str, action: &'static str, now: Instant) -> Result<()>;
}

/// Hashes passwords, slowly on purpose.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash, with the parameters in it.
    async fn hash(&self, password: &str) -> Result<String>;

    /// Whether the password is the one of the hash. Without a hash it works just as long and
    /// says no, so that nobody learns who has an account.
    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool>;
}

/// Makes tokens that nobody can guess.
pub trait Tokens: Send + Sync {
    /// A fresh one, safe in an address.
    fn next(&self) -> String;
}

/// Slows down whoever guesses.
pub trait Throttle: Send + Sync {
    /// Counts a try; the error is how long to wait until the next.
    fn admit(&self, account: &str, address: Option<IpAddr>) -> Result<(), Span>;
}

/// The session of one request. The HTTP edge has it.
#[async_trait]
pub trait Session: Send + Sync {
    /// Begins a new one for this person, under a new id; the former one ends.
    async fn begin(&self, user: UserId) -> Result<()>;

    /// Ends it, here and in the database.
    async fn end(&self) -> Result<()>;
}

/// Whoever sends a request, signed in or not. Stands in the request's extensions.
#[derive(Clone)]
pub struct Visitor {
    /// Their session.
    pub session: Arc<dyn Session>,
    /// Where they come from.
    pub address: Option<IpAddr>,
}
