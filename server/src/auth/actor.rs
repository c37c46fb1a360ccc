//! Who asks: found once, before any page or server function runs.
//!
//! Puts [`Visitor`] and, for whoever is signed in, [`Actor`] into the request's extensions,
//! where reading them needs no await. Everybody else is sent to sign in, unless the path is
//! in [`OPEN`].

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use app::error::AppError;
use async_trait::async_trait;
use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{
    Error, Result,
    access::{
        Actor, local_path,
        port::{Session, Visitor},
        query_value,
        service::AccessService,
    },
    ids::UserId,
};
use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{ACCEPT, CONTENT_TYPE, REFERER, SET_COOKIE},
};

use leptos::prelude::FromServerFnError as _;

use super::{COOKIE, session_store::USER};

/// What works without being signed in: the ways in, and the look of their pages.
pub const OPEN: [&str; 7] = [
    "/sign-in",
    "/link",
    "/link/password",
    "/fn/sign_in",
    "/fn/redeem_link",
    "/fn/set_password",
    "/fn/set_theme",
];

/// The session of this request, as `domain` knows it.
struct RequestSession {
    session: tower_sessions::Session,
    ended: AtomicBool,
}

#[async_trait]
impl Session for RequestSession {
    async fn begin(&self, user: UserId) -> Result<()> {
        // A new id: one that was planted in the browser before is worth nothing.
        self.session.cycle_id().await.map_err(Error::unexpected)?;
        self.session.insert(USER, user).await.map_err(Error::unexpected)?;
        // Now, so that a failure is this request's answer.
        self.session.save().await.map_err(Error::unexpected)?;
        self.ended.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn end(&self) -> Result<()> {
        self.session.flush().await.map_err(Error::unexpected)?;
        self.ended.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// The middleware.
pub async fn find(
    State(access): State<Arc<AccessService>>,
    session: tower_sessions::Session,
    mut request: Request,
    next: Next,
) -> Response {
    let actor = match actor(&access, &session).await {
        Ok(actor) => actor,
        Err(error) => {
            // Closed, not open, when nobody can say who this is.
            tracing::error!(?error, "could not find out who asks");
            let said = "Segue can't reach its database now. Try again in a moment.\n";
            return (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
        }
    };
    if actor.is_none() && !OPEN.contains(&request.uri().path()) {
        return turn_away(&request);
    }
    let session = Arc::new(RequestSession { session, ended: AtomicBool::new(false) });
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let extensions = request.extensions_mut();
    extensions.insert(Visitor { session: session.clone(), address });
    if let Some(actor) = actor {
        extensions.insert(actor);
    }
    let mut response = next.run(request).await;
    if session.ended.load(Ordering::SeqCst) {
        // The one that tower-sessions 0.15 sends lacks Secure, and a browser takes no `__Host-`
        // cookie without it.
        let gone = format!("{COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
        if let Ok(gone) = HeaderValue::from_str(&gone) {
            response.headers_mut().append(SET_COOKIE, gone);
        }
    }
    response
}

async fn actor(access: &AccessService, session: &tower_sessions::Session) -> Result<Option<Actor>> {
    match session.get::<UserId>(USER).await.map_err(Error::unexpected)? {
        Some(user) => access.actor_of(user).await,
        None => Ok(None),
    }
}

/// People are sent to sign in and come back afterwards; programs are told.
fn turn_away(request: &Request) -> Response {
    let html = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if !html && request.uri().path().starts_with("/fn/") {
        // As the page that called it reads errors.
        let body = AppError::Unauthenticated.ser();
        return (StatusCode::UNAUTHORIZED, [(CONTENT_TYPE, "application/json")], body)
            .into_response();
    }
    if !html {
        return (StatusCode::UNAUTHORIZED, "sign in first\n").into_response();
    }
    let next = if request.uri().path().starts_with("/fn/") {
        // A form whose session has ended: back to its page.
        referrer(request.headers()).unwrap_or_else(|| "/".to_owned())
    } else {
        request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned()
    };
    match local_path(&next) {
        "/" => Redirect::to("/sign-in").into_response(),
        next => Redirect::to(&format!("/sign-in?next={}", query_value(next))).into_response(),
    }
}

fn referrer(headers: &HeaderMap) -> Option<String> {
    let uri: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    Some(uri.path_and_query()?.as_str().to_owned())
}
