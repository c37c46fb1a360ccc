//! The document around every page, written on the server only.

use crate::{App, assets::AssetNames, ui::theme::Theme};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The whole document. Without a built front end (`assets` is `None`) pages still work as
/// plain HTML, and say how to build it.
pub fn shell(assets: Option<AssetNames>) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=Theme::of_request().attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="data:," />
                {assets.clone().map(front_end)}
                <MetaTags />
            </head>
            <body>
                // First in the body: the browser starts its walk over the page here.
                <App />
                {assets
                    .is_none()
                    .then(|| {
                        view! {
                            <p role="alert">
                                "This binary was built without its front end. Run "
                                <code>"make build"</code> " for styles and scripts."
                            </p>
                        }
                    })}
            </body>
        </html>
    }
}

/// Links to the hashed files, and the script that starts the page.
///
/// Leptos' own `HydrationScripts` asks for names that depend on how it was compiled and
/// panics without a file beside the binary; this takes the names that were really built.
fn front_end(assets: AssetNames) -> impl IntoView {
    let AssetNames { script, wasm, style } = assets;
    let start = format!(
        "import start, {{ hydrate }} from '{script}'; await start({{ module_or_path: '{wasm}' }}); hydrate();"
    );
    view! {
        <link rel="stylesheet" href=style />
        <link rel="modulepreload" href=script nonce=use_nonce() />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce() inner_html=start></script>
    }
}
