//! Access: who signs in, and who may do what.
//!
//! An account has an e-mail address, a role and perhaps a password. Whoever has none yet comes
//! in by a [one-time link](link); programs come in by a [token]. Sessions live at the HTTP edge;
//! what they are asked is in [`port`]. A new way to sign in is a method of the [service].

#[cfg(feature = "service")]
mod email;
#[cfg(feature = "service")]
pub mod link;
pub mod password;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "service")]
pub mod token;
pub mod trail;

#[cfg(feature = "service")]
pub use email::Email;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What somebody may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Configures and runs.
    Operator,
    /// Decides on what others propose.
    Approver,
    /// Holds keys and people's roles.
    Admin,
}

impl Role {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Approver, Self::Admin];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| "choose one of viewer, operator, approver, admin".to_owned())
    }
}

/// Who asks, as middleware found out before anything else ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Their name in the audit trail: an e-mail address, or `segue apply`.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Actor {
    /// Whoever runs commands on the host.
    #[must_use]
    pub fn host(command: &str) -> Self {
        Self { name: command.to_owned(), role: Role::Admin }
    }

    /// Refuses unless they hold at least this role.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.role >= role { Ok(()) } else { Err(Error::Forbidden) }
    }
}

/// The path to go to after signing in: only one of our own, or somebody's link could send a
/// person who has just typed a password to a look-alike.
#[must_use]
pub fn local_path(path: &str) -> &str {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let local = plain && path.starts_with('/') && !path.starts_with("//");
    if local { path } else { "/" }
}

/// A text as the value of a query.
#[must_use]
pub fn query_value(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_paths_are_gone_to() {
        for good in ["/", "/mappings?state=late#top", "/people/a%20b"] {
            assert_eq!(local_path(good), good);
        }
        for bad in [
            "",
            "mappings",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nset-cookie: x",
            "javascript:alert(1)",
            " /",
            "/é",
        ] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
        assert_eq!(query_value("/people?q=ä&b"), "/people%3Fq%3D%C3%A4%26b");
    }

    #[test]
    fn a_role_may_do_what_those_before_it_may() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            let actor = Actor { name: "a@example.com".to_owned(), role };
            for (needed_at, needed) in Role::ALL.into_iter().enumerate() {
                assert_eq!(actor.require(needed).is_ok(), at >= needed_at);
            }
        }
    }
}
