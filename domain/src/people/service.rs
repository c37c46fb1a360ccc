//! What the console and `segue explain` ask about people.

use std::sync::Arc;

use crate::{
    error::{Error, Result},
    retention::HISTORY_DAYS,
};

use super::{Person, PersonView, identifiers, port::PersonStore};

/// More hits than this are one question too vague.
const MOST_HITS: i64 = 50;

/// Finds and explains.
pub struct PeopleService {
    store: Arc<dyn PersonStore>,
}

impl PeopleService {
    /// Over this.
    pub fn new(store: Arc<dyn PersonStore>) -> Self {
        Self { store }
    }

    /// Everyone whom the text names: a `cio_id`, an id or an e-mail address, in any case.
    pub async fn find(&self, text: &str) -> Result<Vec<Person>> {
        Ok(self.lookup(text).await?.into_iter().map(|(_, person)| person).collect())
    }

    /// Where the person stands whom the text names.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody was ever mirrored under it, or has been forgotten since,
    /// [`Error::Conflict`] if it names several people.
    pub async fn explain(&self, text: &str) -> Result<PersonView> {
        let mut hits = self.lookup(text).await?;
        // A cio_id is exact: somebody else's id may look the same.
        if let Some(exact) = hits.iter().position(|(_, person)| person.cio_id == text.trim()) {
            hits = vec![hits.swap_remove(exact)];
        }
        match hits.as_slice() {
            [] => Err(Error::NotFound(format!(
                "person by that name in any mirrored audience: give a cio_id, an id or an e-mail address. Whoever is in none of them and at no destination for {HISTORY_DAYS} days is forgotten"
            ))),
            [(ordinal, _)] => self.store.explain(*ordinal).await,
            several => Err(Error::Conflict(format!(
                "{} people share that identifier: ask for one by cio_id: {}",
                several.len(),
                several
                    .iter()
                    .take(5)
                    .map(|(_, p)| p.cio_id.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
        }
    }

    async fn lookup(&self, text: &str) -> Result<Vec<(super::Ordinal, Person)>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let text = identifiers::email(text).unwrap_or_else(|| text.to_owned());
        self.store.find(&text, MOST_HITS).await
    }
}
