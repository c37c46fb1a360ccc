//! Access: who may do what.

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
