//! The palette: Ctrl-K or ⌘K from anywhere, type, Enter.
//!
//! A combobox over a list of links: focus stays in the field, the arrows choose. Without a
//! script its button is a link to the page that finds.

use leptos::{ev, html, prelude::*, web_sys::KeyboardEvent};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    Line,
    api::{Answer, find_anything},
    pages,
};
use crate::{
    browser, format,
    ui::{Icon, Mark},
};

/// The list's id, by which the field names it.
const LIST: &str = "palette-list";
/// What may be typed.
const ASKS: &str = "A page, a mapping, an audience, or somebody's identifier";

/// The button in the bar, and what it opens.
#[component]
pub fn Palette() -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Input>::new();
    let open = move || {
        if let (Some(dialog), Some(field)) = (dialog.get_untracked(), field.get_untracked()) {
            browser::open_dialog(&dialog);
            field.select();
        }
    };
    // Effects run in the browser only.
    Effect::new(move || {
        let handle = window_event_listener(ev::keydown, move |event| {
            let is_asked = (event.ctrl_key() || event.meta_key())
                && !event.shift_key()
                && !event.alt_key()
                && event.key().eq_ignore_ascii_case("k");
            if is_asked {
                event.prevent_default();
                open();
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <a
            class="button button-quiet find-button"
            href="/find"
            aria-keyshortcuts="Control+K Meta+K"
            on:click=move |event| {
                event.prevent_default();
                open();
            }
        >
            <Icon mark=Mark::Find />
            <span>"Find"</span>
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </a>
        <dialog
            class="dialog palette"
            node_ref=dialog
            aria-label="Find anything"
            on:click=move |event| {
                // The ground behind it is the dialog itself.
                if event.target() == event.current_target() {
                    close(dialog);
                }
            }
        >
            <Sheet dialog field />
        </dialog>
    }
    .into_any()
}

fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}

/// The field and what it finds.
#[component]
fn Sheet(dialog: NodeRef<html::Dialog>, field: NodeRef<html::Input>) -> AnyView {
    let text = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let ask = Action::new(|text: &String| find_anything(text.clone()));
    // An answer that comes late would stand in place of the newest one.
    let asking = StoredValue::new(None::<ActionAbortHandle>);
    let lines = Memo::new(move |_| lines(&text.read(), ask.value().get().and_then(Result::ok)));
    let on_input = move |typed: String| {
        at.set(0);
        if !typed.trim().is_empty() {
            let newest = ask.dispatch(typed.clone());
            let before = asking.try_update_value(|asking| asking.replace(newest)).flatten();
            if let Some(before) = before {
                before.abort();
            }
        }
        text.set(typed);
    };
    let navigate = use_navigate();
    let on_key = move |event: KeyboardEvent| {
        let count = lines.read_untracked().len();
        match event.key().as_str() {
            "ArrowDown" if count > 0 => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => at.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                if let Some(line) = lines.read_untracked().get(at.get_untracked()) {
                    close(dialog);
                    navigate(&line.href, NavigateOptions::default());
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let options = move || {
        let lines = lines.get().into_iter().enumerate();
        lines.map(|(number, line)| option(number, line, at, dialog)).collect_view()
    };
    let says = move || match lines.read().len() {
        0 => "Nothing found".to_owned(),
        count => format::count(count as u64, "thing found", "things found"),
    };
    view! {
        <input
            node_ref=field
            type="search"
            role="combobox"
            aria-label="What to find"
            placeholder=ASKS
            aria-expanded="true"
            aria-controls=LIST
            aria-autocomplete="list"
            aria-activedescendant=move || id(at.get())
            autocomplete="off"
            spellcheck="false"
            prop:value=text
            on:input=move |event| on_input(event_target_value(&event))
            on:keydown=on_key
        />
        <div class="palette-list" role="listbox" id=LIST aria-label="Found">
            {options}
        </div>
        <p class="unseen" role="status">
            {says}
        </p>
    }
    .into_any()
}

fn id(number: usize) -> String {
    format!("palette-{number}")
}

/// What an answer to this very text adds stands before the pages.
fn lines(text: &str, answer: Option<Answer>) -> Vec<Line> {
    let found = answer.filter(|answer| answer.text == text).map(|answer| answer.found);
    found.into_iter().flatten().map(Line::from).chain(pages(text)).collect()
}

fn option(
    number: usize,
    line: Line,
    at: RwSignal<usize>,
    dialog: NodeRef<html::Dialog>,
) -> AnyView {
    let Line { kind, name, hint, href } = line;
    view! {
        <a
            class="palette-line"
            role="option"
            tabindex="-1"
            id=id(number)
            href=href
            aria-selected=move || if at.get() == number { "true" } else { "false" }
            on:pointermove=move |_| at.set(number)
            on:click=move |_| close(dialog)
        >
            <span>{name}</span>
            <span class="quiet">{hint}</span>
            <span class="palette-kind">{kind}</span>
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::find::{Found, Kind};

    #[test]
    fn an_old_answer_never_shows_under_a_new_question() {
        let answer = || Answer {
            text: "cart".to_owned(),
            found: vec![Found {
                kind: Kind::Mapping,
                name: "cart-to-meta".to_owned(),
                hint: String::new(),
            }],
        };
        assert_eq!(lines("cart", Some(answer()))[0].href, "/mappings/cart-to-meta");
        assert!(lines("carts", Some(answer())).is_empty());
        assert_eq!(lines("overview", None)[0].href, "/");
    }
}
