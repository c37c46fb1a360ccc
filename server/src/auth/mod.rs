//! Sign-in at the HTTP edge: sessions, who asks, slow hashes, slow guessing.
//!
//! [`service`] builds what `domain` asks for; [`Auth::protect`] puts the session and the check
//! around the console's routes. What is open to everybody is listed in `actor`.

mod actor;
mod password;
mod session_store;
mod throttle;

use std::sync::Arc;

use axum::{Router, middleware::from_fn_with_state};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    access::{port::Tokens, service::AccessService},
    time::Clock,
};
use rand::RngCore as _;
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::{random, storage::Storage};

pub use password::Argon2id;
pub use session_store::SessionRows;
pub use throttle::Guesses;

/// `__Host-`: a browser takes it only over TLS (or from its own machine), from this host, for
/// all paths, and no other host can set it.
pub const COOKIE: &str = "__Host-segue";

/// The use cases of access over this storage.
pub fn service(storage: &Storage, clock: Arc<dyn Clock>) -> Arc<AccessService> {
    Arc::new(AccessService::new(
        Arc::new(storage.clone()),
        Arc::new(Argon2id::new()),
        Arc::new(RandomTokens),
        Arc::new(Guesses::new(clock.clone())),
        clock,
    ))
}

/// What stands in front of the console.
#[derive(Clone)]
pub struct Auth {
    access: Arc<AccessService>,
    sessions: SessionRows,
}

impl Auth {
    /// With sessions in this storage.
    pub fn new(storage: Storage, access: Arc<AccessService>, clock: Arc<dyn Clock>) -> Self {
        Self { access, sessions: SessionRows::new(storage, clock) }
    }

    /// Routes that only signed-in people reach, but for those that let them in.
    pub fn protect<S: Clone + Send + Sync + 'static>(&self, routes: Router<S>) -> Router<S> {
        // The cookie lives as long as a session may; the row decides when it ends.
        let age = time::Duration::microseconds(session_store::LONGEST.0);
        let sessions = SessionManagerLayer::new(self.sessions.clone())
            .with_name(COOKIE)
            .with_secure(true)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            .with_path("/")
            .with_expiry(Expiry::OnInactivity(age));
        routes
            .layer(from_fn_with_state(self.access.clone(), actor::find))
            // Outside of it: finds the session that it asks.
            .layer(sessions)
    }
}

/// 256 bits of the machine's chance.
pub struct RandomTokens;

impl Tokens for RandomTokens {
    fn next(&self) -> String {
        let mut bytes = [0; 32];
        random::secure().fill_bytes(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
