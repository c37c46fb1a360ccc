//! The bench's people: made from their numbers, so that ten million of them cost nothing to
//! keep and every contender and the stand-in agree on them.
//!
//! `cio_id` and id grow with the number, as those of people who signed up in order do;
//! e-mail addresses lie in no order, the harder case for an index.

use std::{
    fmt::{self, Write as _},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use domain::people::PersonSet;
use serde::{Deserialize, Serialize};

/// The audience's key, in snake case as messages have it.
pub const AUDIENCE: &str = "cart_abandoners";

/// One in so many is outside the segment; each round, others are.
const OUTSIDE: u32 = 201;

/// A segment in one of its rounds.
///
/// From each round to the next one half per cent leaves and one half per cent comes, spread
/// evenly over everybody: no chunk of people is left untouched, the harder case.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Segment {
    /// How many members it has; a multiple of 200.
    pub people: u32,
    /// Counts from 0.
    pub round: u32,
}

impl Segment {
    /// How many people there are, members or not.
    pub fn everybody(self) -> u32 {
        self.people / (OUTSIDE - 1) * OUTSIDE
    }

    /// Whether somebody is a member.
    pub fn has(self, person: u32) -> bool {
        person % OUTSIDE != self.round % OUTSIDE
    }

    /// The members as a set.
    pub fn members(self) -> PersonSet {
        (0..self.everybody()).filter(|person| self.has(*person)).collect()
    }

    /// What must have arrived once all rounds up to this one were told: everybody's last word.
    pub fn digest(self) -> u64 {
        let told = |person: &u32| self.round > 0 || self.has(*person);
        (0..self.everybody())
            .filter(told)
            .map(|person| fact(hash(&user(person)), self.has(person)))
            .fold(0, u64::wrapping_add)
    }

    /// A page of the membership as Customer.io writes it, from somebody on.
    pub fn page(self, from: u32, limit: usize) -> String {
        let members = || (from..self.everybody()).filter(|person| self.has(*person));
        let mut page = String::with_capacity(limit * 90 + 100);
        page.push_str(r#"{"segment_id":1,"identifiers":["#);
        let mut comma = "";
        for person in members().take(limit) {
            // Writing to a String can't fail.
            let _ = write!(
                page,
                r#"{comma}{{"cio_id":"{}","id":"u-{person}","email":"{}"}}"#,
                cio_id(person),
                email(person),
            );
            comma = ",";
        }
        page.push_str(r#"],"ids":["#);
        comma = "";
        for person in members().take(limit) {
            let _ = write!(page, r#"{comma}"u-{person}""#);
            comma = ",";
        }
        let next = members().nth(limit).map(|person| person.to_string()).unwrap_or_default();
        let _ = write!(page, r#"],"next":"{next}"}}"#);
        page
    }
}

/// Customer.io's id of somebody.
pub fn cio_id(person: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "c{person:07x}"))
}

/// Somebody's e-mail address.
pub fn email(person: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "p{:08x}@example.com", person.wrapping_mul(0x9e37_79b1)))
}

/// The name under which Segment knows somebody.
pub fn user(person: u32) -> String {
    format!("u-{person}")
}

/// A text as a number; the same in every process of this binary.
pub fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Somebody's place in the audience as a number, to be added up.
pub fn fact(user: u64, member: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (user, member).hash(&mut hasher);
    hasher.finish()
}
