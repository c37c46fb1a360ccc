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

/// Puts the focus on what has this id, once what changes now is drawn.
pub fn focus_soon(id: String) {
    #[cfg(feature = "hydrate")]
    leptos::prelude::request_animation_frame(move || {
        use leptos::wasm_bindgen::JsCast as _;
        let element = leptos::prelude::document().get_element_by_id(&id);
        if let Some(element) =
            element.and_then(|element| element.dyn_into::<leptos::web_sys::HtmlElement>().ok())
        {
            let _ = element.focus();
        }
    });
    #[cfg(not(feature = "hydrate"))]
    drop(id);
}

/// Server-sent events, heard until this goes.
pub struct Listening {
    #[cfg(feature = "hydrate")]
    place: u32,
}

/// Hears the server-sent events of an address: each one's data, and whether the connection
/// stands. The browser connects again by itself.
pub fn listen(
    url: &str,
    hear: impl Fn(String) + 'static,
    state: impl Fn(bool) + Clone + 'static,
) -> Option<Listening> {
    #[cfg(feature = "hydrate")]
    {
        listening::open(url, hear, state).map(|place| Listening { place })
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (url, hear, state);
        None
    }
}

#[cfg(feature = "hydrate")]
mod listening {
    use std::{
        cell::{Cell, RefCell},
        collections::BTreeMap,
        rc::Rc,
    };

    use leptos::{
        wasm_bindgen::{JsCast as _, closure::Closure},
        web_sys::{EventSource, MessageEvent},
    };

    /// A connection with what it calls: they go together.
    struct Open {
        source: EventSource,
        _heard: Closure<dyn FnMut(MessageEvent)>,
        _opened: Closure<dyn FnMut()>,
        _lost: Closure<dyn FnMut()>,
    }

    thread_local! {
        /// Kept here, so that what stands in a page is a number: the server drops its pages on
        /// any thread.
        static OPEN: RefCell<(u32, BTreeMap<u32, Open>)> = RefCell::default();
    }

    pub fn open(
        url: &str,
        hear: impl Fn(String) + 'static,
        state: impl Fn(bool) + Clone + 'static,
    ) -> Option<u32> {
        let source = EventSource::new(url).ok()?;
        let heard = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                hear(text);
            }
        });
        // A server sends its readers away now and then, and they are back at once: only what fails
        // twice is lost.
        let failed = Rc::new(Cell::new(0_u32));
        let opened = Closure::new({
            let (state, failed) = (state.clone(), failed.clone());
            move || {
                failed.set(0);
                state(true);
            }
        });
        let lost = Closure::new(move || {
            failed.set(failed.get().saturating_add(1));
            if failed.get() > 1 {
                state(false);
            }
        });
        source.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(lost.as_ref().unchecked_ref()));
        let open = Open { source, _heard: heard, _opened: opened, _lost: lost };
        Some(OPEN.with_borrow_mut(|(next, all)| {
            *next += 1;
            all.insert(*next, open);
            *next
        }))
    }

    impl Drop for super::Listening {
        fn drop(&mut self) {
            let open = OPEN.with_borrow_mut(|(_, all)| all.remove(&self.place));
            if let Some(open) = open {
                open.source.close();
            }
        }
    }
}

/// How far along its element a pointer is: 0 at the left edge, 1 at the right.
pub fn along(event: &leptos::web_sys::PointerEvent) -> Option<f64> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast as _, web_sys};
        let around = event.current_target()?.dyn_into::<web_sys::Element>().ok()?;
        let edges = around.get_bounding_client_rect();
        (edges.width() > 0.0).then(|| (f64::from(event.client_x()) - edges.left()) / edges.width())
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
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

/// What the form around or inside of an event's listener holds now.
pub fn entered<T: serde::de::DeserializeOwned>(event: &leptos::web_sys::Event) -> Option<T> {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{form::FromFormData as _, wasm_bindgen::JsCast as _, web_sys};
        let around = event.current_target()?.unchecked_into::<web_sys::Element>();
        let form = around.query_selector("form").ok()??;
        let data = web_sys::FormData::new_with_form(form.unchecked_ref()).ok()?;
        T::from_form_data(&data).ok()
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = event;
        None
    }
}

/// Walks a table by its arrow keys, from cell to cell that has a link; the space bar ticks the
/// box beside the link. Enter is the link's own.
pub fn walk_grid(event: &leptos::web_sys::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    let _ = grid::walk(event);
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

#[cfg(feature = "hydrate")]
mod grid {
    use leptos::{prelude::document, wasm_bindgen::JsCast as _, web_sys};
    use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlTableCellElement};

    /// Where a link can be reached in a cell.
    const LINK: &str = "a[href]";

    pub fn walk(event: &web_sys::KeyboardEvent) -> Option<()> {
        let (down, right) = match event.key().as_str() {
            "ArrowUp" => (-1, 0),
            "ArrowDown" => (1, 0),
            "ArrowLeft" => (0, -1),
            "ArrowRight" => (0, 1),
            " " => (0, 0),
            _ => return None,
        };
        let at = document().active_element()?;
        if (down, right) == (0, 0) {
            // A box ticks itself.
            if at.matches(LINK).ok()? {
                let ticked = at.parent_element()?.query_selector("input[type=checkbox]").ok()??;
                event.prevent_default();
                ticked.unchecked_into::<HtmlInputElement>().click();
            }
            return Some(());
        }
        let next = match at.closest("td, th").ok()? {
            Some(cell) => beside(&cell, down, right)?,
            // From the frame into the table.
            None => event.current_target()?.unchecked_into::<Element>(),
        };
        let link = next.query_selector(LINK).ok()??;
        event.prevent_default();
        link.unchecked_into::<HtmlElement>().focus().ok()
    }

    /// The next cell that way that has a link.
    fn beside(cell: &Element, down: i32, right: i32) -> Option<Element> {
        let place = cell.unchecked_ref::<HtmlTableCellElement>().cell_index();
        let rows = cell.closest("table").ok()??.query_selector_all("tr").ok()?;
        let row = cell.closest("tr").ok()??;
        let mut line = (0..rows.length()).find(|at| rows.get(*at).as_ref() == Some(&row))?;
        let mut column = place;
        loop {
            line = line.checked_add_signed(down)?;
            column = column.checked_add(right)?;
            let row = rows.get(line)?.unchecked_into::<Element>();
            let cell = row.children().item(u32::try_from(column).ok()?)?;
            if cell.query_selector(LINK).ok()?.is_some() {
                return Some(cell);
            }
        }
    }
}

/// Moves the focus among what is to be decided: `j` and `k` to the next and the last line, `a`
/// to what approves and `r` to what turns away. It decides nothing: Enter does.
pub fn walk_decisions(event: &leptos::web_sys::KeyboardEvent) {
    #[cfg(feature = "hydrate")]
    let _ = decisions::walk(event);
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

#[cfg(feature = "hydrate")]
mod decisions {
    use leptos::{prelude::document, wasm_bindgen::JsCast as _, web_sys};
    use web_sys::{Element, HtmlElement};

    /// A line of what waits.
    const LINE: &str = "[data-decision]";

    pub fn walk(event: &web_sys::KeyboardEvent) -> Option<()> {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return None;
        }
        let at = document().active_element();
        let is_typing = |at: &Element| at.matches("input, textarea, select, dialog *");
        if at.as_ref().is_some_and(|at| is_typing(at).unwrap_or(true)) {
            return None;
        }
        let line = at.and_then(|at| at.closest(LINE).ok()?);
        let next = match event.key().as_str() {
            "j" => beside(line.as_ref(), 1)?.query_selector("a[href], button").ok()??,
            "k" => beside(line.as_ref(), -1)?.query_selector("a[href], button").ok()??,
            "a" => verdict(line.as_ref(), "[data-verdict=approve]")?,
            "r" => verdict(line.as_ref(), "[data-verdict=reject]")?,
            _ => return None,
        };
        event.prevent_default();
        next.unchecked_into::<HtmlElement>().focus().ok()
    }

    fn beside(line: Option<&Element>, step: i32) -> Option<Element> {
        let lines = document().query_selector_all(LINE).ok()?;
        let at = line.and_then(|line| {
            (0..lines.length()).find(|at| lines.get(*at).is_some_and(|one| *one == ***line))
        });
        let next = match at {
            Some(at) => at.checked_add_signed(step)?,
            None => 0,
        };
        lines.get(next)?.dyn_into::<Element>().ok()
    }

    /// Of the line that has the focus; without one, of the page.
    fn verdict(line: Option<&Element>, which: &str) -> Option<Element> {
        match line {
            Some(line) => line.query_selector(which).ok()?,
            None => document().query_selector(which).ok()?,
        }
    }
}

/// Closes an open popover.
pub fn close_popover(element: &leptos::web_sys::HtmlElement) {
    #[cfg(feature = "hydrate")]
    let _ = element.hide_popover();
    #[cfg(not(feature = "hydrate"))]
    let _ = element;
}

/// Opens a dialog over the page, unless it is open.
pub fn open_dialog(dialog: &leptos::web_sys::HtmlDialogElement) {
    #[cfg(feature = "hydrate")]
    if !dialog.open() {
        let _ = dialog.show_modal();
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = dialog;
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
