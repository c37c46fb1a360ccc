//! The server function behind the first page's form.

use leptos::prelude::*;

/// Greets, by sending the browser to the page that says it: the same with and without
/// JavaScript.
#[server(prefix = "/fn", endpoint = "greet")]
pub async fn greet(
    /// Who is greeted.
    name: String,
) -> Result<(), ServerFnError> {
    // Proves that the request's parts reach a server function, as the actor will.
    let _: http::Method = leptos_axum::extract().await?;
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    leptos_axum::redirect(&format!("/?name={name}"));
    Ok(())
}
