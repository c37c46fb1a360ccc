//! Forms that work with and without JavaScript.
//!
//! An awake page posts by fetch: the error comes back to the action, and nothing that was
//! typed is touched. Without JavaScript the browser posts the form itself: [`finish`]
//! sends it back to the form's page with the error and what was typed in the address,
//! where [`typed`] and the action find both. Secrets are never among what comes back.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;

#[cfg(feature = "ssr")]
use crate::approvals;
use crate::{
    error::AppError,
    ui::{Notice, NoticeKind},
};

/// What an action answered: nothing yet, done, or why not.
pub type Answered = Signal<Option<Result<(), AppError>>>;

/// What an action answered.
pub fn answered<S>(action: ServerAction<S>) -> Answered
where
    S: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().get())
}

/// What is wrong with a field, by the last answer.
pub fn wrong(answered: Answered, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || match answered.get() {
        Some(Err(AppError::Invalid { field: wrong, message })) if wrong == field => Some(message),
        _ => None,
    })
}

/// Counts the answers to what was sent, right or wrong: what a field of a secret waits for to
/// empty itself. Nobody answered while Segue can't be reached, so what was typed stays.
pub fn spent<S>(action: ServerAction<S>) -> Signal<usize>
where
    S: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    Signal::derive(move || match action.value().get() {
        None | Some(Err(AppError::Unreachable)) => 0,
        Some(_) => action.version().get(),
    })
}

/// Grows with what was done: a refusal renews nothing, so that what was typed stays.
pub fn done<S>(action: ServerAction<S>) -> usize
where
    S: ServerFn<Output = (), Error = AppError> + Clone + Send + Sync + 'static,
{
    match action.value().get() {
        Some(Ok(())) => action.version().get(),
        _ => 0,
    }
}

/// What was typed into a field before the page was sent again, or `first`.
pub fn typed(field: &str, first: &str) -> String {
    use_query_map().with_untracked(|query| query.get(field)).unwrap_or_else(|| first.to_owned())
}

/// Whether the page was sent again because something was wrong.
pub fn is_sent_again() -> bool {
    use_query_map()
        .with_untracked(|query| query.get("__err").or_else(|| query.get("preview")).is_some())
}

/// Whether a box was ticked before the page was sent again, or `first`: a browser sends
/// nothing for an empty box.
pub fn ticked(field: &str, first: bool) -> bool {
    if is_sent_again() { !typed(field, "").is_empty() } else { first }
}

/// What is wrong that no field of the form shows itself.
#[component]
pub fn FormError(
    /// What the form's action answered.
    answered: Answered,
    /// The fields that show their own errors.
    fields: &'static [&'static str],
    /// What was asked for, such as "The mapping was not saved".
    #[prop(into)]
    title: String,
) -> AnyView {
    let message = move || match answered.get() {
        Some(Err(AppError::Invalid { field, message })) => {
            (!fields.contains(&field.as_str())).then_some(message)
        }
        Some(Err(AppError::Unreachable)) => Some(
            "Segue can't be reached. What you typed is still here: try again in a moment."
                .to_owned(),
        ),
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    view! {
        {move || {
            message()
                .map(|message| {
                    view! {
                        <Notice kind=NoticeKind::Failing title=title.clone()>
                            <p>{message}</p>
                        </Notice>
                    }
                })
        }}
    }
    .into_any()
}

/// Ends a form's server function: on to the page of what it made, or back with the error.
///
/// `typed` is what the form's page shows again; leave secrets out.
#[cfg(feature = "ssr")]
pub fn finish<S: ServerFn>(
    outcome: Result<String, AppError>,
    back: &str,
    typed: &[(&str, &str)],
) -> Result<(), AppError> {
    match outcome {
        Ok(page) => leptos_axum::redirect(&page),
        // It was taken; whoever asked sees where it waits.
        Err(AppError::Filed { proposal }) => {
            leptos_axum::redirect(&approvals::waiting_at(&proposal));
        }
        Err(error) if wants_page() => {
            let address = back_with::<S>(error, back, typed)?;
            leptos_axum::redirect(&address);
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Whether a browser posted the form by itself.
#[cfg(feature = "ssr")]
fn wants_page() -> bool {
    use_context::<http::request::Parts>().is_some_and(|parts| {
        parts
            .headers
            .get(http::header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .is_some_and(|accept| accept.contains("text/html"))
    })
}

/// The address of a form's page with the error and what was typed.
#[cfg(feature = "ssr")]
pub fn back_with<S: ServerFn>(
    error: AppError,
    back: &str,
    typed: &[(&str, &str)],
) -> Result<String, AppError> {
    // Only its path and query are used.
    let base = format!("http://console{back}");
    let mut url = leptos::server_fn::error::ServerFnUrlError::new(S::PATH, error)
        .to_url(&base)
        .map_err(|_| AppError::internal())?;
    url.query_pairs_mut().extend_pairs(typed.iter().filter(|(_, value)| !value.is_empty()));
    Ok(format!("{}?{}", url.path(), url.query().unwrap_or_default()))
}
