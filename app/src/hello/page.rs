//! The first page: a form that works with and without JavaScript.

use super::api::Greet;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// Greets whoever types a name.
#[component]
pub fn HelloPage() -> impl IntoView {
    let greet = ServerAction::<Greet>::new();
    let query = use_query_map();
    let greeting = move || query.with(|query| query.get("name").map(|n| format!("Hello {n}")));
    view! {
        <Title text="" />
        <div>
            <h1>"Segue"</h1>
            <p role="status">{greeting}</p>
            <ActionForm action=greet>
                <label>"Name " <input name="name" required /></label>
                <button type="submit">"Greet"</button>
            </ActionForm>
        </div>
    }
}
