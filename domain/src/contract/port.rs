//! What storage must do for the contract.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{error::Result, ids::RequestId, time::Instant};

use super::{
    Group, Violation,
    onward::Echo,
    request::{Comment, Request, State, Version},
};

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// [`State::Approved`], [`State::Rejected`] or [`State::Withdrawn`].
    pub state: State,
    /// Who says so.
    pub by: &'a str,
    /// What they say to it.
    pub note: &'a str,
}

/// Keeps versions and requests. Each change is audited.
#[async_trait]
pub trait ContractStore: Send + Sync {
    /// What is in force; version 0 before there is any.
    async fn current(&self) -> Result<Version>;

    /// A version that was; nothing under a number that none has.
    async fn version(&self, number: u64) -> Result<Option<Version>>;

    /// The versions that were approved at `since` or later, the oldest first, after the one that
    /// was in force before.
    async fn versions(&self, since: Instant) -> Result<Vec<Version>>;

    /// Requests, the newest first: all that aren't decided, and so many that are.
    async fn requests(&self, decided: u64) -> Result<Vec<Request>>;

    /// One of them.
    async fn request(&self, id: RequestId) -> Result<Option<Request>>;

    /// Keeps a request that isn't decided, as it is now.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] if it is decided, or no longer as `seen` was: somebody has
    /// edited it elsewhere.
    async fn put_request(
        &self,
        request: &Request,
        seen: Option<&Request>,
        now: Instant,
    ) -> Result<()>;

    /// Notes that somebody made a tracking plan of Segment's as a version says.
    async fn note_plan(&self, plan: &str, version: u64, by: &str, now: Instant) -> Result<()>;

    /// Requests that wait since before a moment.
    async fn opened_before(&self, before: Instant) -> Result<Vec<RequestId>>;

    /// What was said to a request, the oldest first.
    async fn comments(&self, id: RequestId) -> Result<Vec<Comment>>;

    /// Keeps what somebody says to a request; where they ask for changes, it is a draft again in
    /// the same commit.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] if changes are asked for and it doesn't wait.
    async fn comment(
        &self,
        id: RequestId,
        comment_id: Uuid,
        comment: &Comment,
        asks_for_changes: bool,
    ) -> Result<()>;

    /// Decides a request that waits. Approved, it is the next version in the same commit.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] if it doesn't wait any more, or was made from another version
    /// than the one in force.
    async fn decide(&self, id: RequestId, verdict: Verdict<'_>, now: Instant) -> Result<()>;
}

/// An event in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its `messageId`.
    pub number: String,
    /// As it came: JSON.
    pub body: String,
    /// What is wrong with it.
    pub violation: Violation,
}

/// What a second look at an event in quarantine has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rechecked {
    /// Which.
    pub number: String,
    /// What is wrong with it now; nothing lets it go on.
    pub violation: Option<Violation>,
    /// As it goes on: under its canonical name; nothing if it goes nowhere.
    pub body: Option<String>,
    /// The name under which it goes on.
    pub name: String,
    /// The same under former names.
    pub echoes: Vec<Echo>,
}

/// Keeps events that aren't as agreed until somebody has decided about them.
#[async_trait]
pub trait QuarantineStore: Send + Sync {
    /// What stands there, by what is wrong, the most first; at most so many groups. Only those
    /// in which an event, its name or what is wrong with it has this text in it; each is counted
    /// whole.
    async fn groups(&self, find: &str, at_most: u64) -> Result<Vec<Group>>;

    /// The newest of a group that have this text in them, as they came.
    async fn samples(
        &self,
        name: &str,
        violation: &Violation,
        find: &str,
        at_most: u64,
    ) -> Result<Vec<Quarantined>>;

    /// Events whose last look was by an older version than this, the oldest first.
    async fn unseen(&self, version: u64, at_most: u64) -> Result<Vec<Quarantined>>;

    /// Notes what a look by a version has found; what was let go or discarded meanwhile stays so.
    async fn rechecked(&self, version: u64, found: &[Rechecked], now: Instant) -> Result<()>;

    /// Lets a group go on as it is, or discards it; how many those were.
    async fn settle(
        &self,
        name: &str,
        violation: &Violation,
        release: bool,
        by: &str,
        now: Instant,
    ) -> Result<u64>;
}

/// What came in, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its `messageId`.
    pub number: String,
    /// Its name as it came.
    pub name: String,
    /// Its properties: JSON.
    pub properties: String,
}

/// Knows the events that came in lately.
#[async_trait]
pub trait PastStore: Send + Sync {
    /// How many tracks were kept at `since` or later, by the name that the contract has for them.
    async fn counts(&self, since: Instant) -> Result<Vec<(String, u64)>>;

    /// Tracks that were kept at `since` or later, by their numbers, from the one after this.
    async fn past(&self, since: Instant, after: &str, at_most: u64) -> Result<Vec<Past>>;
}
