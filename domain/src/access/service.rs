//! Signing in and out, links, accounts.
//!
//! Whoever fails to sign in learns nothing else: unknown, disabled, without a password and
//! wrong are one answer after the same work.

use std::{net::IpAddr, sync::Arc};

use super::{
    Actor, Email, Role,
    link::{self, OneTimeLink, Purpose, TokenHash},
    password,
    port::{AccessStore, PasswordHasher, Throttle, Tokens},
};
use crate::{
    error::{Error, Result},
    ids::UserId,
    time::Clock,
};

/// The account that the first link belongs to.
const FIRST: &str = "admin@localhost";

/// The use cases of access.
pub struct AccessService {
    store: Arc<dyn AccessStore>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn Tokens>,
    throttle: Arc<dyn Throttle>,
    clock: Arc<dyn Clock>,
}

impl AccessService {
    /// Over these ports.
    pub fn new(
        store: Arc<dyn AccessStore>,
        passwords: Arc<dyn PasswordHasher>,
        tokens: Arc<dyn Tokens>,
        throttle: Arc<dyn Throttle>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, passwords, tokens, throttle, clock }
    }

    /// Adds somebody, or gives them another role.
    pub async fn add_user(&self, actor: &Actor, email: &Email, role: Role) -> Result<UserId> {
        actor.require(Role::Admin)?;
        self.store.put_account(email, role, &actor.name, self.clock.now()).await
    }

    /// Locks somebody out at once, or lets them in again.
    pub async fn set_disabled(&self, actor: &Actor, email: &Email, disabled: bool) -> Result<()> {
        actor.require(Role::Admin)?;
        let account = self.store.account_of(email).await?;
        let account = account.ok_or_else(|| Error::NotFound(format!("account {email}")))?;
        self.store.set_disabled(account.id, disabled, &actor.name, self.clock.now()).await
    }

    /// A link for somebody. It works once, for a day; an older one of theirs stops working.
    pub async fn issue_link(
        &self,
        actor: &Actor,
        user: UserId,
        purpose: Purpose,
        public_url: &str,
    ) -> Result<String> {
        actor.require(Role::Admin)?;
        let account = self.store.account(user).await?;
        let account = account.ok_or_else(|| Error::NotFound("account with this id".to_owned()))?;
        if account.disabled {
            return Err(Error::Conflict(format!("{} is locked out", account.email)));
        }
        let token = self.tokens.next();
        let now = self.clock.now();
        let link = OneTimeLink {
            hash: TokenHash::of(&token),
            user,
            purpose,
            expires_at: now.plus(link::LIFETIME),
        };
        self.store.put_link(&link, &actor.name, now).await?;
        Ok(link::url(public_url, purpose, &token))
    }

    /// A way in for whoever runs the host, until somebody has chosen a password.
    pub async fn first_link(&self, public_url: &str) -> Result<Option<String>> {
        if self.store.has_passwords().await? {
            return Ok(None);
        }
        let host = Actor::host("segue serve");
        let user = self.add_user(&host, &Email::parse(FIRST)?, Role::Admin).await?;
        self.issue_link(&host, user, Purpose::SignIn, public_url).await.map(Some)
    }

    /// Uses up a link for signing in.
    pub async fn redeem_link(&self, token: &str) -> Result<UserId> {
        let now = self.clock.now();
        let user = self.store.redeem(TokenHash::of(token), Purpose::SignIn, now).await?;
        user.ok_or_else(used_up)
    }

    /// Uses up a link for choosing a password. A password that is refused leaves the link as
    /// it was.
    pub async fn set_password(&self, token: &str, password: &str) -> Result<UserId> {
        let link = TokenHash::of(token);
        let owner = self.store.link_owner(link, Purpose::SetPassword, self.clock.now()).await?;
        let owner = owner.ok_or_else(used_up)?;
        password::check(password, owner.email.as_str())
            .map_err(|weakness| Error::invalid("password", weakness))?;
        let hash = self.passwords.hash(password).await?;
        let user = self.store.redeem_for_password(link, &hash, self.clock.now()).await?;
        user.ok_or_else(used_up)
    }

    /// Checks a password.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<UserId> {
        // Normalised even when it is no address: capitals must not buy more tries.
        let typed = email.trim().to_lowercase();
        self.throttle.admit(&typed, address).map_err(Error::TooOften)?;
        let account = match Email::parse(email) {
            Ok(email) => self.store.account_of(&email).await?,
            Err(_) => None,
        };
        let account = account.filter(|account| !account.disabled);
        let hash = account
            .as_ref()
            .and_then(|account| account.password.as_deref())
            .filter(|_| password.len() <= password::LONGEST);
        let password = if password.len() <= password::LONGEST { password } else { "" };
        let right = self.passwords.verify(password, hash).await?;
        let signed_in = account.filter(|_| right);
        let action = if signed_in.is_some() { "sign in" } else { "sign in refused" };
        let name = signed_in.as_ref().map_or("somebody", |account| account.email.as_str());
        self.store.note(name, action, self.clock.now()).await?;
        signed_in
            .map(|account| account.id)
            .ok_or_else(|| Error::invalid("password", "e-mail or password is wrong"))
    }

    /// Gives whoever is signed in another password. They say the current one, if they have one:
    /// a screen left open must not be enough. Their sessions end, this one too.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &str,
        new: &str,
        address: Option<IpAddr>,
    ) -> Result<UserId> {
        self.throttle.admit(&actor.name, address).map_err(Error::TooOften)?;
        let account = match Email::parse(&actor.name) {
            Ok(email) => self.store.account_of(&email).await?,
            Err(_) => None,
        };
        let account = account.ok_or(Error::Unauthenticated)?;
        if let Some(hash) = &account.password {
            let right = current.len() <= password::LONGEST
                && self.passwords.verify(current, Some(hash)).await?;
            if !right {
                return Err(Error::invalid("current", "the current password is wrong"));
            }
        }
        password::check(new, account.email.as_str())
            .map_err(|weakness| Error::invalid("password", weakness))?;
        let hash = self.passwords.hash(new).await?;
        self.store.put_password(account.id, &hash, self.clock.now()).await?;
        Ok(account.id)
    }

    /// Who this is and what they may do now; nobody once they are locked out.
    pub async fn actor_of(&self, user: UserId) -> Result<Option<Actor>> {
        let account = self.store.account(user).await?.filter(|account| !account.disabled);
        Ok(account.map(|account| Actor { name: account.email.to_string(), role: account.role }))
    }

    /// Writes into the audit trail that somebody left. Their session ends at the HTTP edge.
    pub async fn sign_out(&self, actor: &Actor) -> Result<()> {
        self.store.note(&actor.name, "sign out", self.clock.now()).await
    }
}

fn used_up() -> Error {
    Error::invalid("token", "this link was used, or is older than a day: ask for another")
}

#[cfg(test)]
mod tests;
