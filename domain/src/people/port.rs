//! What storage and Customer.io must do for people.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    audiences::SegmentId,
    destinations::needs::Covered,
    error::{Result, VendorError},
    time::Instant,
};

use super::{
    Ordinal, Person, PersonSet, PersonView,
    attributes::{Attributes, Learned, Wanted},
};

/// The person dictionary.
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// These people with their fields, in the order of their numbers.
    async fn people(&self, ordinals: &PersonSet) -> Result<Vec<(Ordinal, Person)>>;

    /// Everyone whom the text names exactly: by `cio_id`, id or normalised e-mail.
    async fn find(&self, text: &str, limit: i64) -> Result<Vec<(Ordinal, Person)>>;

    /// Where a person stands in every audience, suppression and mapping, with so many lines of
    /// their history at least: the newest ones, and each mapping's last.
    async fn explain(&self, ordinal: Ordinal, lines: usize, now: Instant) -> Result<PersonView>;

    /// From now on this person is a member of nothing; once no destination and no mirror has
    /// them, nothing names them any more. Asked twice, it is asked once.
    async fn ask_to_forget(&self, ordinal: Ordinal, by: &str, now: Instant) -> Result<()>;
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// Not yet.
    Pending,
    /// It can be downloaded.
    Done,
    /// It never will.
    Failed,
}

/// The lines of an export, one after another; an error ends them.
pub type ExportRows = Box<dyn Iterator<Item = Result<Attributes, VendorError>> + Send>;

/// Reads attributes in Customer.io. Retries what its policy retries; an error is final for
/// this pass.
#[async_trait]
pub trait AttributeSource: Send + Sync {
    /// Attributes of 1 to 100 people by `cio_id`; whom Customer.io doesn't know is left out.
    async fn bulk(&self, cio_ids: &[String]) -> Result<Vec<Attributes>, VendorError>;

    /// Asks for an export of everyone in any of these segments, with these attributes.
    async fn begin_export(
        &self,
        segments: &[SegmentId],
        fields: &[String],
    ) -> Result<i64, VendorError>;

    /// Looks at an export.
    async fn export_state(&self, export: i64) -> Result<ExportState, VendorError>;

    /// Everyone in an export that is done.
    async fn download(&self, export: i64) -> Result<ExportRows, VendorError>;
}

/// Keeps attributes, and who was read when.
#[async_trait]
pub trait AttributeStore: Send + Sync {
    /// Whose reading is new enough at `now`, by field.
    async fn readings(&self, now: Instant) -> Result<BTreeMap<String, PersonSet>>;

    /// Of each attribute but the phone number: how many have a value, of how many who were read.
    async fn filled(&self, now: Instant) -> Result<BTreeMap<String, Covered>>;

    /// Keeps what was learned, and that these fields of these people were read at `now`:
    /// those Customer.io said nothing about keep what is known of them. Whoever is where
    /// messages carry a value that has changed is told again by the next order there.
    async fn put_attributes(&self, read: &Wanted, learned: &[Learned], now: Instant) -> Result<()>;
}
