//! How many decisions wait, in the bar of every page.

use leptos::prelude::*;

use super::api::{PAGE, read_waiting};
use crate::format;

/// Seconds between two looks.
const EVERY: u64 = 10;

/// Nothing while nothing waits, and nothing without a script: the page of approvals says it too.
#[component]
pub fn WaitingBadge() -> AnyView {
    let look = Action::new(|(): &()| read_waiting());
    // Effects run in the browser only.
    Effect::new(move || {
        look.dispatch(());
        let again = move || {
            if !document().hidden() {
                look.dispatch(());
            }
        };
        let every = std::time::Duration::from_secs(EVERY);
        if let Ok(timer) = set_interval_with_handle(again, every) {
            on_cleanup(move || timer.clear());
        }
    });
    // What couldn't be asked leaves what was known.
    let known = Memo::new(move |before: Option<&u64>| match look.value().get() {
        Some(Ok(waiting)) => waiting,
        _ => before.copied().unwrap_or_default(),
    });
    let shown = move || {
        let waiting = known.get();
        (waiting > 0).then(|| {
            let words = format::count(waiting, "decision", "decisions");
            view! {
                <a class="waiting" href=PAGE>
                    <span class="waiting-count">{format::number(waiting)}</span>
                    <span class="unseen">{words} " waiting"</span>
                </a>
            }
        })
    };
    view! { <div aria-live="polite">{shown}</div> }.into_any()
}
