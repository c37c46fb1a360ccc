//! What programs send and get: bodies that are read strictly, ids and times as texts.

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
};
use domain::{ids::RequestId, time::Instant};
use http::StatusCode;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problem::Problem;

/// A body of JSON. What is wrong with it is said.
pub(super) struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(bytes)) => {
                Err(Problem::new(bytes.status(), "the body is too large or broke off"))
            }
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send Content-Type: application/json",
            )),
            Err(other) => Err(Problem::new(StatusCode::BAD_REQUEST, other.body_text())),
        }
    }
}

/// What the query asks for.
pub(super) struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> Result<Self, Problem> {
        let asked: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        let why = |error: QueryRejection| Problem::new(StatusCode::BAD_REQUEST, error.body_text());
        asked.map(|Query(asked)| Self(asked)).map_err(why)
    }
}

/// The number of a change request, in the path.
#[derive(IntoParams)]
#[into_params(names("id"), parameter_in = Path)]
pub(super) struct Which(
    /// Its number.
    #[param(value_type = Uuid)]
    pub RequestId,
);

impl<S: Send + Sync> FromRequestParts<S> for Which {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        state: &S,
    ) -> Result<Self, Problem> {
        let id: Result<Path<Uuid>, PathRejection> = Path::from_request_parts(parts, state).await;
        match id {
            Ok(Path(id)) => Ok(Self(RequestId(id))),
            Err(_) => Err(Problem::new(
                StatusCode::NOT_FOUND,
                "there is no change request of that number",
            )),
        }
    }
}

/// A moment, as RFC 3339 writes it.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-24T09:30:00.000Z")]
pub(super) struct Time(pub Instant);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_iso())
    }
}
