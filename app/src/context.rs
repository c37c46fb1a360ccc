//! What the server puts into a page's context, and how server functions take it out.
//!
//! The composition root provides `domain::services::Services` and, where this isn't the
//! real world, an [`Environment`]. Middleware puts `domain::access::Actor` into the
//! request's extensions. Read all of it before the first await.

use domain::workspace::Shown;
use leptos::prelude::SharedValue;
use serde::{Deserialize, Serialize};

/// Which world this is: a demo, a sandbox, or the name of a real installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its sign in the bar, such as "Demo".
    pub label: String,
    /// Nothing here reaches a real platform: the bar is striped.
    pub is_stand_in: bool,
    /// Its stand-ins can be broken, on the page that the sign leads to.
    pub can_break: bool,
}

/// The environment, who is signed in, and how times are shown. The same on the server and once
/// the page is awake; signing in and out, and another time zone, load the document anew.
#[must_use]
pub fn around() -> (Option<Environment>, Option<String>, Shown) {
    SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        {
            let environment = leptos::prelude::use_context::<Environment>();
            let shown = services().map(|all| Shown::clone(&all.workspace.shown()));
            (environment, actor().ok().map(|actor| actor.name), shown.unwrap_or_default())
        }
        #[cfg(not(feature = "ssr"))]
        {
            (None, None, Shown::default())
        }
    })
    .into_inner()
}

#[cfg(feature = "ssr")]
mod on_server {
    use domain::{access::Actor, services::Services};
    use leptos::prelude::use_context;

    use crate::error::AppError;

    /// Everything that can be asked and done.
    pub fn services() -> Result<Services, AppError> {
        use_context::<Services>().ok_or_else(AppError::internal)
    }

    /// Who asks.
    pub fn actor() -> Result<Actor, AppError> {
        use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Actor>().cloned())
            .ok_or(AppError::Unauthenticated)
    }

    /// Both, for a server function: nothing is read or done for nobody.
    pub fn enter() -> Result<(Services, Actor), AppError> {
        let actor = actor()?;
        Ok((services()?, actor))
    }
}

#[cfg(feature = "ssr")]
pub use on_server::{actor, enter, services};
