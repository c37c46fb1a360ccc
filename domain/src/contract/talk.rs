//! What people say to a request: comments, and asking its author for changes.

use super::{
    request::{Comment, State},
    service::ContractService,
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RequestId,
    time::Span,
};

/// How long a request waits.
const OPEN_FOR: Span = Span::from_hours(30 * 24);

/// Who does what nobody asked for.
const ITSELF: &str = "segue";

/// Longest comment, in characters.
const LONGEST: usize = 2_000;

impl ContractService {
    /// Says something to a request, whoever's it is and however far it has come.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `words`; [`Error::NotFound`].
    pub async fn comment(&self, id: RequestId, words: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.found(id).await?;
        self.say(id, ("words", words), false, actor).await
    }

    /// Gives a request back to its author, as a draft, with what should be different.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for whoever may not decide; [`Error::Invalid`] for `note`;
    /// [`Error::Conflict`] for its author, and where it doesn't wait.
    pub async fn ask_for_changes(&self, id: RequestId, words: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let request = self.found(id).await?;
        if request.author == actor.name {
            return Err(Error::Conflict("it is yours: take it back to edit it".to_owned()));
        }
        if request.state != State::Open {
            return Err(Error::Conflict("it doesn't wait for approval".to_owned()));
        }
        self.say(id, ("note", words), true, actor).await
    }

    /// Gives back to their authors what nobody has decided on for long: whoever approves later
    /// approves something that nobody has in mind any more.
    pub async fn give_back(&self) -> Result<()> {
        let now = self.clock.now();
        for id in self.store.opened_before(now.minus(OPEN_FOR)).await? {
            let words = format!("Nobody has decided on it for {OPEN_FOR}: it is a draft again.");
            let comment = Comment { by: ITSELF.to_owned(), at: now, words };
            match self.store.comment(id, self.ids.next(), &comment, true).await {
                // Somebody has decided just now.
                Ok(()) | Err(Error::Conflict(_)) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn say(
        &self,
        id: RequestId,
        (field, words): (&'static str, &str),
        asks: bool,
        actor: &Actor,
    ) -> Result<()> {
        let words = words.trim();
        if words.is_empty() {
            return Err(Error::invalid(field, "write what you have to say"));
        }
        if words.contains('\0') {
            return Err(Error::invalid(field, "write it without the character NUL"));
        }
        if words.chars().count() > LONGEST {
            return Err(Error::invalid(field, format!("at most {LONGEST} characters")));
        }
        let comment =
            Comment { by: actor.name.clone(), at: self.clock.now(), words: words.to_owned() };
        self.store.comment(id, self.ids.next(), &comment, asks).await
    }
}
