//! What storage must do for people.

use async_trait::async_trait;

use crate::error::Result;

use super::{Ordinal, Person, PersonSet, PersonView};

/// Reads the person dictionary.
#[async_trait]
pub trait PersonStore: Send + Sync {
    /// These people, in the order of their numbers.
    async fn people(&self, ordinals: &PersonSet) -> Result<Vec<(Ordinal, Person)>>;

    /// Everyone whom the text names exactly: by `cio_id`, id or normalised e-mail.
    async fn find(&self, text: &str, limit: i64) -> Result<Vec<(Ordinal, Person)>>;

    /// Where a person stands in every mapping.
    async fn explain(&self, ordinal: Ordinal) -> Result<PersonView>;
}
