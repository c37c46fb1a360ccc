//! Who calls: found by the token, before anything of the call is read.

use axum::extract::FromRequestParts;
use domain::{Error, access::Actor};
use http::{header::AUTHORIZATION, request::Parts};

use super::{Api, problem::Problem};

/// Whoever the token names.
pub(super) struct Caller(pub Actor);

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        // The scheme's name is the same in capitals: RFC 9110, 11.1.
        let bearer = header.and_then(|header| header.split_once(' '));
        let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = bearer.ok_or(Error::Unauthenticated)?;
        Ok(Self(api.tokens.actor_of(token.trim()).await?))
    }
}
