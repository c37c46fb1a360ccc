//! What the console and `segue explain` ask about people.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    retention::HISTORY_DAYS,
    time::Clock,
};

use super::{Ordinal, Person, PersonView, identifiers, port::PersonStore};

/// More hits than this are one question too vague.
const MOST_HITS: i64 = 50;

/// Finds, explains and forgets.
pub struct PeopleService {
    store: Arc<dyn PersonStore>,
    clock: Arc<dyn Clock>,
}

impl PeopleService {
    /// Over these.
    pub fn new(store: Arc<dyn PersonStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Everyone whom the text names: a `cio_id`, an id or an e-mail address, in any case.
    pub async fn find(&self, text: &str) -> Result<Vec<Person>> {
        Ok(self.lookup(text).await?.into_iter().map(|(_, person)| person).collect())
    }

    /// Where the person stands whom the text names, with so many lines of their history at
    /// least: the newest ones, and each mapping's last.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody was ever mirrored under it, or has been forgotten since,
    /// [`Error::Conflict`] if it names several people.
    pub async fn explain(&self, text: &str, lines: usize) -> Result<PersonView> {
        self.store.explain(self.one(text).await?, lines, self.clock.now()).await
    }

    /// Has the person leave wherever they are, and forgets them then. Whoever is still in a
    /// segment at Customer.io is kept out of everything, and forgotten once they are gone there.
    ///
    /// # Errors
    /// As [`Self::explain`].
    pub async fn forget(&self, text: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let person = self.one(text).await?;
        self.store.ask_to_forget(person, &actor.name, self.clock.now()).await
    }

    /// Whom the text names.
    ///
    /// # Errors
    /// As [`Self::explain`].
    pub async fn one(&self, text: &str) -> Result<Ordinal> {
        let mut hits = self.lookup(text).await?;
        // A cio_id is exact: somebody else's id may look the same.
        if let Some(exact) = hits.iter().position(|(_, person)| person.cio_id == text.trim()) {
            hits = vec![hits.swap_remove(exact)];
        }
        match hits.as_slice() {
            [] => Err(Error::NotFound(format!(
                "person by that name in any mirrored audience: give a cio_id, an id or an e-mail address. Whoever is in none of them and at no destination for {HISTORY_DAYS} days is forgotten"
            ))),
            [(ordinal, _)] => Ok(*ordinal),
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

    async fn lookup(&self, text: &str) -> Result<Vec<(Ordinal, Person)>> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let text = identifiers::email(text).unwrap_or_else(|| text.to_owned());
        self.store.find(&text, MOST_HITS).await
    }
}
