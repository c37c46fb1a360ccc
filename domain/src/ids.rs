//! Ids of entities: UUIDv7, one type each, so that a mapping's id can't stand for a run's.
//!
//! A new entity gets a line in the macro call below. Ids are made by `server` (they need
//! time and chance) through [`Ids`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Ok(Self(Uuid::parse_str(text)?))
            }
        }
    )*};
}

ids! {
    /// A Customer.io segment promoted for export.
    AudienceId,
    /// A place behind Segment.
    DestinationId,
    /// Audience x destination x use case.
    MappingId,
    /// A rule that keeps people out.
    SuppressionId,
    /// People put on a suppression at once.
    ListingId,
    /// A key that may send events to us.
    SourceId,
    /// What an audience's people are sent elsewhere.
    FlowId,
    /// One pass of a mapping.
    RunId,
    /// The transitions that a run decided.
    OrderId,
    /// (order, lane, chunk): the unit that delivery drains.
    PartId,
    /// A change of the contract that somebody proposes.
    RequestId,
    /// A change of the configuration that waits for a second person.
    ProposalId,
    /// Somebody who signs in.
    UserId,
}

/// An id that follows from texts: the same of the same, and of no others. Where one text ends and
/// the next begins can't be mistaken, since none has a NUL in it.
#[cfg(feature = "service")]
#[must_use]
pub fn derived(texts: &[&str]) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(texts.join("\0"))[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Makes new ids. Time and chance live in `server`.
pub trait Ids: Send + Sync {
    /// A fresh UUIDv7.
    fn next(&self) -> Uuid;
}
