//! Change requests: a change of the contract as somebody proposes it, and how it is decided.
//!
//! A request is a whole contract beside the version that it was made from. Its author edits it
//! as a draft and asks; somebody else decides. What was decided never changes. Where the
//! contract has moved on meanwhile, a request is made anew over what is in force ([`rebased`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Contract, Difference,
    blast::{Over, Touched},
};
use crate::{ids::RequestId, time::Instant};

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its author edits it.
    Draft,
    /// It waits for somebody else.
    Open,
    /// It is a version of the contract.
    Approved,
    /// Somebody turned it away.
    Rejected,
    /// Its author took it back.
    Withdrawn,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Open, Self::Approved, Self::Rejected, Self::Withdrawn];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl std::str::FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let is_it = |state: &Self| state.as_str() == text;
        Self::ALL.into_iter().find(is_it).ok_or_else(|| format!("no state is called {text}"))
    }
}

/// A change as somebody proposes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its identity.
    pub id: RequestId,
    /// What it is for.
    pub title: String,
    /// The version that it was made from; 0 where there was none.
    pub base: u64,
    /// The contract as it would be.
    pub contract: Contract,
    /// Who proposes it.
    pub author: String,
    /// When it was made.
    pub at: Instant,
    /// How far it has come.
    pub state: State,
    /// Who decided, when, and what they said.
    pub decision: Option<Decision>,
}

/// What somebody decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What they said to it; empty for nothing.
    pub note: String,
}

/// What somebody says to a request, without deciding on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What.
    pub words: String,
}

/// A contract that was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Counted from 1; 0 before there is any.
    pub number: u64,
    /// What was agreed on. Without an event nothing is checked.
    pub contract: Contract,
    /// The request that it was.
    pub request: Option<RequestId>,
    /// Since when.
    pub at: Option<Instant>,
}

/// Why a request can't be made over the contract in force: these events were changed by both.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} changed in the contract meanwhile, and in this request too: edit it again",
    .0.join(" and ")
)]
pub struct Both(pub Vec<String>);

/// What a request changes, done to the contract in force instead of the one that it was made
/// from.
pub fn rebased(base: &Contract, mine: &Contract, theirs: &Contract) -> Result<Contract, Both> {
    let names: BTreeSet<&String> =
        [base, mine, theirs].into_iter().flat_map(|one| one.events.keys()).collect();
    let (mut events, mut both) = (BTreeMap::new(), Vec::new());
    for name in names {
        let [was, my, their] = [base, mine, theirs].map(|one| one.events.get(name));
        let chosen = if my == was || my == their {
            their
        } else if their == was {
            my
        } else {
            both.push(name.clone());
            None
        };
        events.extend(chosen.map(|event| (name.clone(), event.clone())));
    }
    if both.is_empty() { Ok(Contract { events }) } else { Err(Both(both)) }
}

/// A request with what it does, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestView {
    /// The request.
    pub request: Request,
    /// What it changes of the version that it was made from.
    pub differences: Vec<Difference>,
    /// The version in force: another than its base means that it must be made anew.
    pub current: u64,
    /// Events in quarantine that would pass.
    pub releases: u64,
    /// Of the events that stand in quarantine, how many were looked at for that.
    pub looked_at: u64,
    /// Whom it concerns.
    pub touched: Vec<Touched>,
    /// Destinations that would read more than they may: then an approval says why.
    pub over: Vec<Over>,
    /// What was said to it, the oldest first.
    pub comments: Vec<Comment>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Event;

    fn contract(events: &[(&str, &str)]) -> Contract {
        let event = |owner: &str| Event { owner: owner.to_owned(), ..Event::default() };
        let events = events.iter().map(|&(name, owner)| (name.to_owned(), event(owner)));
        Contract { events: events.collect() }
    }

    #[test]
    fn changes_of_different_events_go_together() {
        let base = contract(&[("A", "x"), ("B", "x"), ("C", "x")]);
        let mine = contract(&[("A", "me"), ("B", "x"), ("D", "me")]);
        let theirs = contract(&[("A", "x"), ("B", "them"), ("C", "x"), ("E", "them")]);
        let expected = contract(&[("A", "me"), ("B", "them"), ("D", "me"), ("E", "them")]);
        assert_eq!(rebased(&base, &mine, &theirs), Ok(expected));
        assert_eq!(rebased(&base, &base, &theirs), Ok(theirs.clone()));
        assert_eq!(rebased(&base, &mine, &base), Ok(mine));
    }

    #[test]
    fn an_event_that_both_changed_is_named() {
        let base = contract(&[("A", "x"), ("B", "x")]);
        let mine = contract(&[("A", "me")]);
        let theirs = contract(&[("A", "them"), ("B", "them")]);
        let both = rebased(&base, &mine, &theirs).unwrap_err();
        assert_eq!(both.0, ["A", "B"]);
        assert!(both.to_string().starts_with("A and B changed"), "{both}");
        // The same change twice is one.
        assert_eq!(rebased(&base, &mine, &mine), Ok(mine));
    }
}
