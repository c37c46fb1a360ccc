//! What storage and Customer.io must do for audiences.

use async_trait::async_trait;

use crate::{
    error::{Result, VendorError},
    ids::AudienceId,
    people::{Ordinal, PersonSet},
    time::Instant,
};

use super::{AudienceRow, Segment, SegmentId};

/// One page of a segment's membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MembershipPage {
    /// Who is on it.
    pub people: Vec<Identifiers>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// A member as the membership names them, not yet normalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// Customer.io's id.
    pub cio_id: String,
    /// The workspace's own id.
    pub id: Option<String>,
    /// E-mail address as entered.
    pub email: Option<String>,
}

/// Reads Customer.io. Retries what its policy retries; an error is final for this pass.
#[async_trait]
pub trait SegmentSource: Send + Sync {
    /// All segments that aren't archived.
    async fn segments(&self) -> Result<Vec<Segment>, VendorError>;

    /// One segment's name and state.
    async fn segment(&self, id: SegmentId) -> Result<Segment, VendorError>;

    /// The page that begins at `start`, or the first.
    async fn members(
        &self,
        id: SegmentId,
        start: Option<&str>,
    ) -> Result<MembershipPage, VendorError>;
}

/// What became of a whole reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is the mirror now, unless a later one is.
    Whole,
    /// It feeds a suppression and lost so many that somebody must look first: those whom it
    /// lost are kept, those whom it brought are taken in.
    Shrunk {
        /// How many there were.
        before: u64,
        /// How many it had.
        read: u64,
    },
}

/// Keeps the mirrors.
#[async_trait]
pub trait MirrorStore: Send + Sync {
    /// The numbers of these people, giving new ones their own, and their identifiers as of
    /// now. Invalid e-mail addresses have been dropped by the caller.
    async fn learn(&self, people: &[Identifiers], now: Instant) -> Result<Vec<Ordinal>>;

    /// How many people the reading in progress has seen so far, for whoever watches.
    async fn put_progress(&self, audience: AudienceId, seen: u64) -> Result<()>;

    /// Puts a whole reading in place of the last one, unless a later one is there already: one
    /// that began after `now` isn't later, the clock has been put right since. People who are
    /// new in an audience are kept as a cohort for suppressions with a ttl. Another name than
    /// the last reading's is noted in the audit trail.
    async fn put_mirror(
        &self,
        audience: AudienceId,
        segment: &Segment,
        members: &PersonSet,
        began_at: Instant,
        now: Instant,
    ) -> Result<Kept>;

    /// Says that the last reading failed; the one before it stays.
    async fn mark_stale(&self, audience: AudienceId, reason: &str, now: Instant) -> Result<()>;

    /// As [`Self::mark_stale`], because Customer.io has no such segment any more. The first to
    /// notice it notes it in the audit trail.
    async fn mark_gone(&self, audience: AudienceId, reason: &str, now: Instant) -> Result<()>;

    /// The members by the last whole reading; nothing if there never was one.
    async fn members(&self, audience: AudienceId) -> Result<Option<PersonSet>>;

    /// Lines of the audiences page, by key.
    async fn audience_rows(&self) -> Result<Vec<AudienceRow>>;
}
