//! What storage must do for listings.

use async_trait::async_trait;

use crate::{
    error::Result,
    ids::{ListingId, MappingId},
    key::Key,
    people::{Ordinal, PersonSet},
    time::Instant,
};

use super::{Listing, Names, Unreadable};

/// A listing to be stored.
#[derive(Clone, Debug)]
pub struct NewListing<'a> {
    /// Its identity.
    pub id: ListingId,
    /// The suppression.
    pub rule: &'a Key,
    /// See [`Listing::source`].
    pub source: &'a str,
    /// See [`Listing::note`].
    pub note: &'a str,
    /// Who.
    pub by: &'a str,
    /// When.
    pub at: Instant,
    /// Whether it holds at once.
    pub holds: bool,
}

/// Keeps listings, and who is called what.
#[async_trait]
pub trait ListingStore: Send + Sync {
    /// Keeps names with whoever is called so.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] if there is no such list.
    async fn put_listing(&self, listing: &NewListing<'_>, names: &Names) -> Result<()>;

    /// All of a list, the newest first, as of `now`.
    async fn listings(&self, rule: &Key, now: Instant) -> Result<Vec<Listing>>;

    /// One, with its first unreadable lines and the people whom it names.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]
    async fn listing(
        &self,
        id: ListingId,
        now: Instant,
    ) -> Result<(Listing, Vec<Unreadable>, PersonSet)>;

    /// Lets a draft hold, and has the mappings run soon that its people leave.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] if it is none.
    async fn hold_listing(
        &self,
        id: ListingId,
        leaving: &[MappingId],
        by: &str,
        now: Instant,
    ) -> Result<()>;

    /// Throws a draft away, or takes off everybody whom the listing holds. What was thrown away
    /// is gone.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] if it is over already.
    async fn end_listing(&self, id: ListingId, by: &str, now: Instant) -> Result<()>;

    /// Takes a person off every list, whatever names them there; off how many listings.
    async fn take_off(&self, person: Ordinal, by: &str, now: Instant) -> Result<u64>;
}
