//! Listings: people whom operators put on a suppression by hand, one by one or by file.
//!
//! A listing names people by e-mail address or id; whoever is called so, now or later, is kept
//! out while it holds. A file is looked at before it holds: [`Review`] says what would follow.
//! How a file is read is `read.rs`; a further way to name people is a [`NameKind`].

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
mod read;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{ids::ListingId, key::Key, mappings::UseCase, time::Instant};

use super::SuppressionRow;

#[cfg(feature = "service")]
pub use read::read;

/// The list that "stop targeting" puts people on.
pub const DO_NOT_TARGET: &str = "do-not-target";

/// Why its people are kept out.
pub const DO_NOT_TARGET_REASON: &str = "do not target";

/// A file of more names is refused.
pub const MOST_NAMES: usize = 100_000;

/// A larger file is refused, in bytes.
pub const LARGEST_FILE: usize = 8 * 1024 * 1024;

/// How a listing names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// A normalised e-mail address.
    Email,
    /// The workspace's own id.
    Id,
    /// Customer.io's id.
    CioId,
}

impl NameKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Email, Self::Id, Self::CioId];

    /// The fixed name, which is also the heading of its column in a file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Id => "id",
            Self::CioId => "cio_id",
        }
    }
}

/// How somebody is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    /// By what.
    pub kind: NameKind,
    /// The name itself.
    pub text: String,
}

/// A line that names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Its number, from 1.
    pub line: u64,
    /// How it begins.
    pub text: String,
    /// What is wrong with it, as a clause.
    pub why: String,
}

/// What a file or a field says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// Whom it names, each once, in order.
    pub names: Vec<Name>,
    /// Lines that name somebody again.
    pub repeated: u64,
    /// Lines that name nobody; the first of them.
    pub unreadable: Vec<Unreadable>,
    /// How many those are.
    pub unreadable_count: u64,
}

/// Where a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// Somebody looks at it: nobody is kept out yet.
    Draft,
    /// It keeps people out.
    Holding,
    /// Its time is over.
    Expired,
    /// Somebody has taken it off.
    Ended,
}

/// People put on a list at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Its identity.
    pub id: ListingId,
    /// The suppression.
    pub rule: Key,
    /// Where it is.
    pub state: ListingState,
    /// What it came from: a file's name, or how it was typed.
    pub source: String,
    /// Why, in the operator's words.
    pub note: String,
    /// Who.
    pub by: String,
    /// When it was handed in.
    pub at: Instant,
    /// When it began to hold.
    pub held_since: Option<Instant>,
    /// Names that are still on it.
    pub names: u64,
    /// People who are called so.
    pub people: u64,
    /// Names that nobody is known by yet.
    pub unknown: u64,
    /// Lines that named somebody again.
    pub repeated: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
}

/// What putting people on a list does to a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Which.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
    /// Whether it runs; one that is paused still sends these exits.
    pub is_active: bool,
    /// How many of them are there and leave.
    pub people: u64,
}

/// A listing before it holds, and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The listing.
    pub listing: Listing,
    /// The first lines that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Those of its people who are somewhere, by mapping; empty sets are left out.
    pub leaving: Vec<Leaving>,
}

/// A list with what was put on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// The suppression.
    pub rule: SuppressionRow,
    /// The newest first.
    pub listings: Vec<Listing>,
}
