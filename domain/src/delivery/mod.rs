//! Delivery: orders are drained part by part, each transition under one message id for ever.

#[cfg(feature = "service")]
pub mod batch;
#[cfg(feature = "service")]
pub mod choose;
#[cfg(feature = "service")]
pub mod drain;
pub mod entry;
#[cfg(feature = "service")]
pub mod fast;
#[cfg(feature = "service")]
pub mod fields;
pub mod letters;
#[cfg(feature = "service")]
pub mod message;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod reason;
pub mod retry;
pub mod route;
#[cfg(feature = "service")]
pub(crate) mod send;
#[cfg(feature = "service")]
pub mod service;
pub mod stop;

use serde::{Deserialize, Serialize};

/// What happened to one person in one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// They came in.
    Entered,
    /// They left.
    Exited,
}

impl Transition {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entered => "entered",
            Self::Exited => "exited",
        }
    }

    /// The track that tells it.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Entered => "Audience Entered",
            Self::Exited => "Audience Exited",
        }
    }
}

impl std::str::FromStr for Transition {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "entered" => Ok(Self::Entered),
            "exited" => Ok(Self::Exited),
            _ => Err(format!("no transition is called {text}")),
        }
    }
}

impl TryFrom<i64> for Lane {
    type Error = String;
    fn try_from(number: i64) -> Result<Self, String> {
        match number {
            1 => Ok(Self::Protect),
            2 => Ok(Self::Exit),
            3 => Ok(Self::Enter),
            _ => Err(format!("no lane has the number {number}")),
        }
    }
}

/// What goes first. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(i64)]
pub enum Lane {
    /// What protects: exits by suppression, entries of `suppress` mappings.
    Protect = 1,
    /// Other exits.
    Exit = 2,
    /// Entries, and exits of `suppress` mappings.
    Enter = 3,
}
