//! The server function behind the first page's form.

use leptos::prelude::*;

/// Greets, by sending the browser to the page that says it: the same with and without
/// JavaScript.
#[server(prefix = "/fn", endpoint = "greet")]
pub async fn greet(
    /// Who is greeted.
    name: String,
) -> Result<(), ServerFnError> {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
    leptos_axum::redirect(&format!("/?name={name}"));
    Ok(())
}
