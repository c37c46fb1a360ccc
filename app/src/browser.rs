//! The few things that only a browser can do; nothing happens on the server.

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(window) = web_sys::window() {
        let _ = window.navigator().clipboard().write_text(text);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = text;
}

/// Whether the page has woken: what is drawn from now on need not be what the server wrote.
pub fn is_awake() -> bool {
    #[cfg(feature = "hydrate")]
    {
        leptos::prelude::document()
            .document_element()
            .is_some_and(|root| root.has_attribute("data-hydrated"))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        false
    }
}

/// Closes an open popover.
pub fn close_popover(element: &leptos::web_sys::HtmlElement) {
    #[cfg(feature = "hydrate")]
    let _ = element.hide_popover();
    #[cfg(not(feature = "hydrate"))]
    let _ = element;
}

/// The theme that the server wrote into the document.
#[cfg(not(feature = "ssr"))]
pub fn theme() -> crate::ui::theme::Theme {
    use crate::ui::theme::Theme;
    let chosen = leptos::prelude::document()
        .document_element()
        .and_then(|root| root.get_attribute("data-theme"));
    match chosen.as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    }
}
