//! The ways in and out. A form is sent on; a program gets a status and a sentence.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use {
    super::Problem,
    crate::context::{actor, services},
    domain::{
        Error,
        access::{
            local_path, password::Weakness, port::Visitor, query_value, service::AccessService,
        },
        ids::UserId,
    },
    http::{HeaderValue, StatusCode, header, request::Parts},
    std::sync::Arc,
};

/// Checks a password.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub async fn sign_in(
    /// Their address.
    email: String,
    /// Their password.
    password: String,
    /// The path to go to afterwards.
    #[server(default)]
    next: String,
) -> Result<(), ServerFnError> {
    let (access, visitor) = door()?;
    let again = format!("/sign-in?next={}&", query_value(local_path(&next)));
    match access.sign_in(&email, &password, visitor.address).await {
        Ok(user) => enter(&visitor, user, &next).await,
        Err(error) => refuse(&error, &again),
    }
}

/// Uses up a link for signing in.
#[server(prefix = "/fn", endpoint = "redeem_link")]
pub async fn redeem_link(
    /// What the link carries.
    token: String,
) -> Result<(), ServerFnError> {
    let (access, visitor) = door()?;
    match access.redeem_link(&token).await {
        Ok(user) => enter(&visitor, user, "/").await,
        Err(error) => refuse(&error, "/link?"),
    }
}

/// Uses up a link for choosing a password.
#[server(prefix = "/fn", endpoint = "set_password")]
pub async fn set_password(
    /// What the link carries.
    token: String,
    /// The new password.
    password: String,
) -> Result<(), ServerFnError> {
    let (access, visitor) = door()?;
    let again = format!("/link/password?token={}&", query_value(&token));
    match access.set_password(&token, &password).await {
        Ok(user) => enter(&visitor, user, "/").await,
        Err(error) => refuse(&error, &again),
    }
}

/// Gives whoever is signed in another password, and signs them in anew.
#[server(prefix = "/fn", endpoint = "change_password")]
pub async fn change_password(
    /// Their present one; empty if they have none.
    #[server(default)]
    current: String,
    /// The new one.
    password: String,
) -> Result<(), ServerFnError> {
    let (access, visitor) = door()?;
    match access.change_password(&actor()?, &current, &password, visitor.address).await {
        Ok(user) => enter(&visitor, user, "/account?done=").await,
        Err(error) => refuse(&error, "/account?"),
    }
}

/// Ends the session.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ServerFnError> {
    let (access, visitor) = door()?;
    let actor = actor()?;
    visitor.session.end().await.map_err(|error| broken(&error))?;
    access.sign_out(&actor).await.map_err(|error| broken(&error))?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

#[cfg(feature = "ssr")]
fn door() -> Result<(Arc<AccessService>, Visitor), ServerFnError> {
    let visitor =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<Visitor>().cloned());
    services()
        .ok()
        .map(|services| services.access)
        .zip(visitor)
        .ok_or_else(|| ServerFnError::new("signing in is not set up here"))
}

#[cfg(feature = "ssr")]
async fn enter(visitor: &Visitor, user: UserId, next: &str) -> Result<(), ServerFnError> {
    visitor.session.begin(user).await.map_err(|error| broken(&error))?;
    leptos_axum::redirect(local_path(next));
    Ok(())
}

/// Sends a form back to its page with the problem's name; tells a program.
#[cfg(feature = "ssr")]
fn refuse(error: &Error, again: &str) -> Result<(), ServerFnError> {
    let (problem, status) = match error {
        Error::TooOften(_) => (Problem::Wait, StatusCode::TOO_MANY_REQUESTS),
        Error::Invalid { field, .. } if field == "token" => (Problem::Link, StatusCode::GONE),
        Error::Invalid { field, .. } if field == "current" => {
            (Problem::Current, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Error::Invalid { message, .. } => {
            let weakness = Weakness::ALL.into_iter().find(|one| one.to_string() == *message);
            weakness.map_or((Problem::Wrong, StatusCode::UNAUTHORIZED), |weakness| {
                (Problem::Weak(weakness), StatusCode::UNPROCESSABLE_ENTITY)
            })
        }
        other => {
            tracing::error!(error = ?other, "signing in failed");
            (Problem::Broken, StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    let is_form = use_context::<Parts>().is_some_and(|parts| {
        let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    });
    if is_form {
        leptos_axum::redirect(&format!("{again}problem={}", problem.as_str()));
        return Ok(());
    }
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(status);
        if let Error::TooOften(wait) = error
            && let Ok(wait) = HeaderValue::from_str(&(wait.millis() / 1_000).to_string())
        {
            response.insert_header(header::RETRY_AFTER, wait);
        }
    }
    Err(ServerFnError::new(format!("{}. {}", problem.title(), problem.advice())))
}

#[cfg(feature = "ssr")]
fn broken(error: &Error) -> ServerFnError {
    tracing::error!(?error, "signing in or out failed");
    ServerFnError::new("Segue could not do this; the log says more.")
}
