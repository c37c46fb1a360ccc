//! A refusal, as RFC 9457 writes it: the one place where a domain error becomes an HTTP answer for
//! programs.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::Error;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What a refusal's body is.
pub const KIND: &str = "application/problem+json";

/// Why something wasn't done, and what to do about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// The status, as words.
    title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong, in a sentence.
    detail: String,
    /// The field that must be written differently, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip)]
    wait: Option<i64>,
}

impl Problem {
    /// With these words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Refused"),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
            wait: None,
        }
    }

    fn after(seconds: i64, status: StatusCode, detail: String) -> Self {
        Self { wait: Some(seconds.max(1)), ..Self::new(status, detail) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let said = error.to_string();
        match error {
            Error::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                "send Authorization: Bearer with a token of `segue token add`",
            ),
            Error::Forbidden => Self::new(
                StatusCode::FORBIDDEN,
                "the token's role does not allow this, or the request is somebody else's",
            ),
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, said),
            Error::TooOften(wait) => {
                Self::after(wait.0 / 1_000_000, StatusCode::TOO_MANY_REQUESTS, said)
            }
            Error::Invalid { field, message } => Self {
                field: Some(field.into_owned()),
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
            },
            Error::Conflict(_) | Error::Filed(_) => Self::new(StatusCode::CONFLICT, said),
            Error::Busy(_) | Error::Fenced | Error::NoRoom(_) => {
                Self::after(1, StatusCode::SERVICE_UNAVAILABLE, said)
            }
            Error::Vendor(_) => Self::new(StatusCode::BAD_GATEWAY, said),
            Error::Unexpected(_) => {
                // The words of the cause are the log's.
                tracing::error!(?error, "a call of the API failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "something unexpected happened; the x-request-id of this answer finds it in the log",
                )
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = self.wait;
        let mut answer = (status, Json(self)).into_response();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(KIND));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = wait {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.unsigned_abs()));
        }
        answer
    }
}
