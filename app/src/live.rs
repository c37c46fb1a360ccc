//! Pages that load, show, fail, grow old and renew themselves.
//!
//! `loaded` stands around each page: it shows the layout while the data comes, the
//! reason when it can't come, and old data under a notice when it could not be renewed.
//! [`renew`] asks again each second while something runs, and every ten seconds else.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::AppError,
    json::Json,
    ui::{LinkButton, Loading, Notice, NoticeKind, Page},
};

/// A page's data, as its server function answers it.
pub type Data<T> = Resource<Result<T, AppError>, Json>;

/// Data that is read on the server, comes with the page, and is read again in the browser when
/// `source` changes.
#[track_caller]
pub fn read<S, T, Answer>(
    source: impl Fn() -> S + Send + Sync + 'static,
    ask: impl Fn(S) -> Answer + Send + Sync + 'static,
) -> Resource<T, Json>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    Answer: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, ask, false)
}

/// Renders what was loaded, and renders it again in place when it is renewed.
pub fn loaded<T>(
    data: Data<T>,
    name: &'static str,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let path = use_location().pathname;
    let last = StoredValue::new(None::<(String, T)>);
    let content = move || {
        data.get().map(|result| match result {
            Ok(fresh) => {
                last.set_value(Some((path.get_untracked(), fresh.clone())));
                (None, show(fresh))
            }
            Err(AppError::Unreachable) => match last.get_value() {
                Some((of, old)) if of == path.get_untracked() => (Some(unreachable()), show(old)),
                _ => (None, failure(name, &AppError::Unreachable)),
            },
            Err(error) => (None, failure(name, &error)),
        })
    };
    view! { <Transition fallback=move || waiting(name)>{content}</Transition> }.into_any()
}

/// The page's layout without its data.
fn waiting(name: &'static str) -> AnyView {
    view! {
        <Page name>
            <Loading />
        </Page>
    }
    .into_any()
}

/// Old numbers are not passed off as new ones.
fn unreachable() -> AnyView {
    view! {
        <Notice kind=NoticeKind::Late title="Segue can't be reached">
            <p>"What you see is as old as the last answer. This page keeps trying."</p>
        </Notice>
    }
    .into_any()
}

/// The page that says why there is none.
fn failure(name: &'static str, error: &AppError) -> AnyView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(error.status());
    }
    let step = match error {
        AppError::Unauthenticated => {
            Some(view! { <LinkButton href="/sign-in">"Sign in"</LinkButton> })
        }
        AppError::Vendor { .. } => Some(
            view! { <LinkButton href="/settings/connections">"Check the connections"</LinkButton> },
        ),
        AppError::NotFound { .. } => {
            Some(view! { <LinkButton href="/">"Go to the overview"</LinkButton> })
        }
        _ => None,
    };
    let title = match error {
        AppError::NotFound { .. } => "Not found",
        AppError::Unauthenticated => "Sign in",
        AppError::Forbidden => "Not allowed",
        _ => name,
    };
    view! {
        <Page name=title answer=error.to_string().into_any()>
            <div class="buttons">{step}</div>
        </Page>
    }
    .into_any()
}

/// Renews the data while the page is in sight: each second while `is_running`, every ten
/// seconds else, so that a page that stays open all day is true all day.
pub fn renew<T>(data: Data<T>, is_running: fn(&T) -> bool)
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Seconds between two looks at a page where nothing runs.
    const CALM: u32 = 10;

    // Effects run in the browser only.
    let runs = StoredValue::new(false);
    // What isn't there doesn't come by being asked for again.
    let is_gone = StoredValue::new(false);
    Effect::new(move |_| {
        data.with(|data| {
            runs.set_value(matches!(data, Some(Ok(data)) if is_running(data)));
            is_gone.set_value(matches!(data, Some(Err(AppError::NotFound { .. }))));
        });
    });
    Effect::new(move |_| {
        let passed = StoredValue::new(0_u32);
        let each_second = move || {
            if document().hidden() || is_gone.get_value() {
                return;
            }
            passed.update_value(|passed| *passed = passed.wrapping_add(1));
            if runs.get_value() || passed.get_value().is_multiple_of(CALM) {
                data.refetch();
            }
        };
        let second = std::time::Duration::from_secs(1);
        if let Ok(timer) = set_interval_with_handle(each_second, second) {
            on_cleanup(move || timer.clear());
        }
    });
}

/// For a page that can't renew itself: without JavaScript the reader does it.
#[component]
pub fn Reload() -> AnyView {
    let path = use_location().pathname;
    view! {
        <a class="asleep" href=move || path.get() rel="external">
            "Reload"
        </a>
    }
    .into_any()
}
