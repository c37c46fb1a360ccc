//! What a service answers when it can't do what was asked.
//!
//! Each edge maps this once: `app::error` for the browser, `server::http` for REST,
//! `server::cli` for the terminal. [`Error::Unexpected`] keeps its source for the log and
//! gives the user a reference only.

use std::borrow::Cow;

/// A refusal or a failure, in words an operator can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// The role doesn't allow it.
    #[error("your role does not allow this")]
    Forbidden,
    /// There is no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// Tried more often than is allowed.
    #[error("too many tries: wait {0} and try again")]
    TooOften(crate::time::Span),
    /// A field doesn't hold what it must.
    #[error("{field}: {message}")]
    Invalid {
        /// The field's name as the form or the file has it.
        field: Cow<'static, str>,
        /// What to write instead.
        message: String,
    },
    /// It contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// It waits for a second person's approval now.
    #[error("somebody else approves this first: it waits under Approvals")]
    Filed(crate::ids::ProposalId),
    /// Another process works on it.
    #[error("{0}")]
    Busy(String),
    /// Customer.io or Segment refused or failed.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// A lease was lost: another process has taken over.
    #[error("another process has taken over this work")]
    Fenced,
    /// The database can't be written.
    #[error(
        "the database could not be written: make room on its disk. Nothing is lost, and the next run goes on from here"
    )]
    NoRoom(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else: a bug or a broken machine.
    #[error("something unexpected happened")]
    Unexpected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Shorthand for what services and ports answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A field that must be written differently.
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl std::fmt::Display) -> Self {
        Self::Invalid { field: field.into(), message: message.to_string() }
    }

    /// Wraps a failure that nobody foresaw.
    pub fn unexpected(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unexpected(source.into())
    }
}

/// What a vendor's answer means for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VendorError {
    /// No key has been entered.
    #[error("no key for {0} is set: enter it under Connections or in segue.toml")]
    NotConnected(&'static str),
    /// 401: missing, wrong, or of another region.
    #[error(
        "{0} refused the key (401): check that it is an App API key of this workspace and that the region is right"
    )]
    Unauthorized(&'static str),
    /// 403: the key may not do this, or not from this address.
    #[error("{0} forbids this call (403): check the key's scope and its list of allowed addresses")]
    Forbidden(&'static str),
    /// 404 for a thing that we named.
    #[error("{vendor} has no {what} (404)")]
    NotFound {
        /// Who says so.
        vendor: &'static str,
        /// What we asked for.
        what: String,
    },
    /// It answered, but not as its contract says.
    #[error("{vendor} answered what we can't read: {detail}")]
    Malformed {
        /// Who.
        vendor: &'static str,
        /// What was odd, without any of the person's data.
        detail: String,
    },
    /// The tries allowed for now are used up.
    #[error("{vendor} could not be reached: {detail}")]
    Unavailable {
        /// Who.
        vendor: &'static str,
        /// The last failure.
        detail: String,
    },
    /// It refused for a reason that has words of its own, with what to do.
    #[error("{0}")]
    Refused(String),
    /// It is in trouble and wasn't asked: what it said last.
    #[error("{0}")]
    Held(String),
}
