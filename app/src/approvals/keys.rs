//! Deciding without a mouse.

use leptos::{ev, prelude::*};

use crate::browser;

/// Listens for the keys that move among what is to be decided, and says which those are.
pub fn decision_keys(has_lines: bool) -> AnyView {
    // Effects run in the browser only.
    Effect::new(move || {
        let handle = window_event_listener(ev::keydown, |event| browser::walk_decisions(&event));
        on_cleanup(move || handle.remove());
    });
    let lines = has_lines.then(|| view! { <kbd>"j"</kbd> " and " <kbd>"k"</kbd> " move, " });
    view! {
        <p class="quiet keys">
            {lines} <kbd>"a"</kbd> " goes to what approves, " <kbd>"r"</kbd>
            " to what turns away; Enter decides."
        </p>
    }
    .into_any()
}
