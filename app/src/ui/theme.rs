//! Light, dark, or as the system says: kept in a cookie, set by a plain form.

#![cfg_attr(feature = "ssr", expect(clippy::unused_async, reason = "a server function is async"))]

use leptos::prelude::*;

/// What the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The cookie's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// From a `Cookie` header; the system's where there is no choice.
    #[must_use]
    pub fn from_cookies(header: &str) -> Self {
        header
            .split(';')
            .filter_map(|pair| pair.trim().strip_prefix("theme="))
            .find_map(|value| Self::ALL.into_iter().find(|theme| theme.as_str() == value))
            .unwrap_or_default()
    }

    /// The `data-theme` of the document; nothing leaves it to the system.
    #[must_use]
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }

    /// What this request's cookie says.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of_request() -> Self {
        use_context::<http::request::Parts>()
            .and_then(|parts| {
                let cookies = parts.headers.get(http::header::COOKIE)?;
                Some(Self::from_cookies(cookies.to_str().ok()?))
            })
            .unwrap_or_default()
    }
}

/// Keeps the choice for a year and goes back to the page.
#[server(prefix = "/fn", endpoint = "set_theme")]
pub async fn set_theme(
    /// `system`, `light` or `dark`.
    theme: String,
) -> Result<(), ServerFnError> {
    let theme = Theme::ALL.into_iter().find(|one| one.as_str() == theme).unwrap_or_default();
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        let cookie =
            format!("theme={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", theme.as_str());
        if let Ok(cookie) = http::HeaderValue::from_str(&cookie) {
            response.append_header(http::header::SET_COOKIE, cookie);
        }
    }
    Ok(())
}

/// The three choices. A plain form on purpose: the document changes as a whole.
#[component]
pub fn ThemeChoice(
    /// The one in force.
    theme: Theme,
) -> AnyView {
    view! {
        <form method="post" action="/fn/set_theme" class="segmented" aria-label="Theme">
            {Theme::ALL
                .into_iter()
                .map(|one| {
                    view! {
                        <button
                            type="submit"
                            name="theme"
                            value=one.as_str()
                            aria-pressed=if one == theme { "true" } else { "false" }
                        >
                            {one.words()}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
    .into_any()
}
