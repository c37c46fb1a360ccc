//! What a page or a form shows when a service refuses or fails.
//!
//! `domain::Error` is mapped here once. What nobody foresaw goes to the log with its
//! source; the browser gets the request's id, which finds it there.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

/// A refusal or a failure, in words for the person in front of the page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// Nobody is signed in, or no longer.
    #[error("You are not signed in.")]
    Unauthenticated,
    /// The role doesn't allow it.
    #[error("Your role does not allow this. Somebody with a stronger role can do it.")]
    Forbidden,
    /// There is no such thing.
    #[error("There is no {what}.")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// A field doesn't hold what it must.
    #[error("{message}")]
    Invalid {
        /// The field's name in its form.
        field: String,
        /// What to write instead.
        message: String,
    },
    /// It contradicts what is there.
    #[error("{message}")]
    Conflict {
        /// What is there.
        message: String,
    },
    /// Somebody else approves it first.
    #[error("Somebody else approves this first: it waits under Approvals.")]
    Filed {
        /// What waits there.
        proposal: String,
    },
    /// Somebody else works on it.
    #[error("{message}")]
    Busy {
        /// Who, or what.
        message: String,
    },
    /// Customer.io or Segment refused or failed.
    #[error("{message}")]
    Vendor {
        /// What happened and what to do.
        message: String,
    },
    /// The browser got no answer, or one that it can't read.
    #[error("Segue can't be reached.")]
    Unreachable,
    /// A bug or a broken machine.
    #[error(
        "Something unexpected happened. What was stored before is as it was; the log has the cause under {reference}."
    )]
    Internal {
        /// Finds the cause in the log.
        reference: String,
    },
}

impl AppError {
    /// A field that must be written differently.
    pub fn invalid(field: &str, message: impl std::fmt::Display) -> Self {
        Self::Invalid { field: field.to_owned(), message: capital_sentence(&message.to_string()) }
    }

    /// A failure whose cause is in the log under this request's id.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn internal() -> Self {
        let reference = leptos::prelude::use_context::<http::request::Parts>()
            .and_then(|parts| Some(parts.headers.get("x-request-id")?.to_str().ok()?.to_owned()))
            .unwrap_or_else(|| "no reference".to_owned());
        Self::Internal { reference }
    }

    /// The answer's status, of a page and of a server function alike.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub const fn status(&self) -> http::StatusCode {
        match self {
            Self::Unauthenticated => http::StatusCode::UNAUTHORIZED,
            Self::Forbidden => http::StatusCode::FORBIDDEN,
            Self::NotFound { .. } => http::StatusCode::NOT_FOUND,
            Self::Invalid { .. } => http::StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict { .. } | Self::Filed { .. } => http::StatusCode::CONFLICT,
            Self::Busy { .. } => http::StatusCode::SERVICE_UNAVAILABLE,
            Self::Vendor { .. } | Self::Unreachable => http::StatusCode::BAD_GATEWAY,
            Self::Internal { .. } => http::StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Services speak in clauses, pages in sentences.
fn capital_sentence(clause: &str) -> String {
    let text = crate::format::capital(clause.trim());
    if text.ends_with(['.', '?', ':']) { text } else { format!("{text}.") }
}

impl From<domain::Error> for AppError {
    fn from(error: domain::Error) -> Self {
        use domain::Error;
        match error {
            Error::Unauthenticated => Self::Unauthenticated,
            Error::Forbidden => Self::Forbidden,
            Error::NotFound(what) => Self::NotFound { what },
            Error::Invalid { field, message } => Self::invalid(&field, message),
            Error::Conflict(message) => Self::Conflict { message: capital_sentence(&message) },
            Error::Filed(proposal) => Self::Filed { proposal: proposal.to_string() },
            Error::Busy(message) => Self::Busy { message: capital_sentence(&message) },
            Error::TooOften(_) | Error::NoRoom(_) => {
                Self::Busy { message: capital_sentence(&error.to_string()) }
            }
            Error::Vendor(vendor) => {
                Self::Vendor { message: capital_sentence(&vendor.to_string()) }
            }
            Error::Fenced => Self::Busy {
                message: "Another process has taken over this work. Try again.".to_owned(),
            },
            Error::Unexpected(source) => unexpected(&*source),
        }
    }
}

#[cfg(feature = "ssr")]
fn unexpected(source: &(dyn std::error::Error + Send + Sync + 'static)) -> AppError {
    let answer = AppError::internal();
    if let AppError::Internal { reference } = &answer {
        tracing::error!(source = source as &dyn std::error::Error, reference, "unexpected");
    }
    answer
}

#[cfg(not(feature = "ssr"))]
fn unexpected(_: &(dyn std::error::Error + Send + Sync + 'static)) -> AppError {
    AppError::Unreachable
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::Invalid {
                field: String::new(),
                message: "The form was not complete. Load the page again.".to_owned(),
            },
            _ => Self::Unreachable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_foresaw_stays_in_the_log() {
        let secret = std::io::Error::other("password=hunter2");
        let told = AppError::from(domain::Error::unexpected(secret));
        assert!(matches!(&told, AppError::Internal { .. }));
        assert!(!format!("{told:?} {told}").contains("hunter2"));
    }

    #[test]
    fn refusals_become_sentences_and_keep_their_field() {
        let told = AppError::from(domain::Error::invalid("every", "write a length of time"));
        assert_eq!(
            told,
            AppError::Invalid {
                field: "every".to_owned(),
                message: "Write a length of time.".to_owned()
            }
        );
    }

    #[test]
    fn an_error_crosses_the_border_unchanged() {
        for error in [
            AppError::Unauthenticated,
            AppError::NotFound { what: "mapping vip".to_owned() },
            AppError::invalid("key", "x"),
        ] {
            assert_eq!(AppError::de(error.ser()), error);
        }
    }
}
