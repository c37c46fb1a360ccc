//! One-time links: a way in for whoever has no password yet.
//!
//! The link carries a token that nobody can guess; only its hash is stored. It works once,
//! for a day, and only when a button is pressed: mail scanners open links, too.

use sha2::{Digest as _, Sha256};

use crate::{
    ids::UserId,
    time::{Instant, Span},
};

/// How long a link works.
pub const LIFETIME: Span = Span::from_hours(24);

/// What a link lets somebody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Come in.
    SignIn,
    /// Choose a password, and come in.
    SetPassword,
}

impl Purpose {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SetPassword => "set_password",
        }
    }

    /// The path of the page that asks for the button to be pressed.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::SignIn => "/link",
            Self::SetPassword => "/link/password",
        }
    }
}

/// The part of a token that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Of what the link carries. A token has the strength of a key, so one round is enough.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// A link as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeLink {
    /// Finds it.
    pub hash: TokenHash,
    /// Who comes in.
    pub user: UserId,
    /// What it lets them do.
    pub purpose: Purpose,
    /// From when on it doesn't work.
    pub expires_at: Instant,
}

/// Where a link leads.
#[must_use]
pub fn url(public_url: &str, purpose: Purpose, token: &str) -> String {
    format!("{}{}?token={token}", public_url.trim_end_matches('/'), purpose.path())
}
