//! The controlled test: one message about one pinned person, through everything that production
//! uses, with two proofs of what became of it.
//!
//! It is decided by the same facts, rendered by the same code and sent by the same client. One
//! thing tells it apart: `context.app.version` holds its mark, by which Segment's Public API
//! counts it alone.

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    sync::Cause,
    time::{Instant, Span},
};

/// Segment counts by the minute over 4 hours at most, from a little before the test: one without
/// proof by then has none.
pub const LOOKED_FOR: Span = Span::from_minutes(230);

/// Somebody whom an operator has chosen to be sent by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestPerson {
    /// Customer.io's name of the person.
    pub cio_id: String,
    /// Their address, all but its beginning and its host hidden.
    pub email: Option<String>,
    /// Who chose them.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// A test that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its identity.
    pub id: Uuid,
    /// About whom.
    pub cio_id: String,
    /// Who sent it.
    pub by: String,
    /// When Segment's edge took it.
    pub sent_at: Instant,
    /// What tells it apart.
    pub mark: String,
    /// How many messages it has.
    pub messages: u64,
    /// When Segment was first seen to count all of them.
    pub arrived_at: Option<Instant>,
    /// When Segment was first seen to have forwarded all of them.
    pub forwarded_at: Option<Instant>,
    /// When Segment was asked last.
    pub looked_at: Option<Instant>,
}

/// How far a test has come. Amber until the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Segment's edge took it, which it does with anything.
    Sent,
    /// It is in Segment.
    Arrived,
    /// Segment has handed it to the destination.
    Forwarded,
}

impl Trial {
    /// How far it has come.
    #[must_use]
    pub const fn proof(&self) -> Proof {
        match (self.forwarded_at, self.arrived_at) {
            (Some(_), _) => Proof::Forwarded,
            (None, Some(_)) => Proof::Arrived,
            (None, None) => Proof::Sent,
        }
    }

    /// Whether a proof may still come.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        self.proof() != Proof::Forwarded && now.since(self.sent_at) < LOOKED_FOR
    }

    /// With what Segment counts now. A proof that was seen once stays.
    #[must_use]
    pub fn seen(mut self, seen: Seen, now: Instant) -> Self {
        self.looked_at = Some(now);
        if seen.arrived >= self.messages {
            self.arrived_at.get_or_insert(now);
        }
        if seen.forwarded >= self.messages {
            // What was forwarded has arrived, however late the counting.
            self.arrived_at.get_or_insert(now);
            self.forwarded_at.get_or_insert(now);
        }
        self
    }
}

/// Messages of one mark, as Segment counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// In the source.
    pub arrived: u64,
    /// Delivered to the destination.
    pub forwarded: u64,
}

/// What a run would do with a person now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// They are no member of the mapping's audience.
    NoMember,
    /// They are kept out.
    Withheld(Cause),
    /// They are sent.
    Goes,
}

/// What would be sent about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialPreview {
    /// About whom.
    pub cio_id: String,
    /// Whether they are pinned: nobody else can be sent.
    pub is_pinned: bool,
    /// What a run would do with them.
    pub place: Place,
    /// The messages, one line a value.
    pub messages: Vec<String>,
}

/// The mark of a test.
#[must_use]
pub fn mark(id: Uuid) -> String {
    format!("segue-test-{}", id.simple())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trial(messages: u64) -> Trial {
        Trial {
            id: Uuid::nil(),
            cio_id: "a1".to_owned(),
            by: "jane".to_owned(),
            sent_at: Instant(0),
            mark: mark(Uuid::nil()),
            messages,
            arrived_at: None,
            forwarded_at: None,
            looked_at: None,
        }
    }

    proptest! {
        /// A proof needs every message, is never taken back, and the last implies the first.
        #[test]
        fn proofs_only_grow(
            messages in 1..3_u64, looks in proptest::collection::vec((0..4_u64, 0..4_u64), 1..6),
        ) {
            let mut one = trial(messages);
            for (minute, (arrived, forwarded)) in (1..).zip(looks) {
                let before = one.clone();
                let now = Instant(0).plus(Span::from_minutes(minute));
                one = one.seen(Seen { arrived, forwarded }, now);
                prop_assert!(one.proof() >= before.proof());
                prop_assert!(before.arrived_at.is_none() || one.arrived_at == before.arrived_at);
                if one.proof() > before.proof() {
                    prop_assert!(arrived >= messages || forwarded >= messages);
                }
                prop_assert!(one.forwarded_at.is_none() || one.arrived_at.is_some());
            }
        }
    }

    #[test]
    fn a_test_is_looked_for_until_it_is_forwarded_or_too_old() {
        let one = trial(1);
        assert!(one.is_open(Instant(LOOKED_FOR.0 - 1)) && !one.is_open(Instant(LOOKED_FOR.0)));
        let arrived = one.clone().seen(Seen { arrived: 1, forwarded: 0 }, Instant(5));
        assert_eq!((arrived.proof(), arrived.is_open(Instant(6))), (Proof::Arrived, true));
        let forwarded = arrived.seen(Seen { arrived: 1, forwarded: 1 }, Instant(9));
        assert_eq!((forwarded.proof(), forwarded.is_open(Instant(10))), (Proof::Forwarded, false));
        assert_eq!(forwarded.arrived_at, Some(Instant(5)));
    }
}
