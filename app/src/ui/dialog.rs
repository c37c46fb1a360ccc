//! What lies over the page: the browser's own dialog, and messages that come and stay.
//!
//! A dialog opens by the Invoker Commands of HTML (`command="show-modal"`), so it needs no
//! script; focus, Esc and the ground behind it are the browser's.

use leptos::prelude::*;

use super::{Icon, Mark};

/// Asks before something that can't be taken back.
#[component]
pub fn Dialog(
    /// Its id; [`OpenDialog`] names it.
    #[prop(into)]
    id: String,
    /// The question.
    #[prop(into)]
    title: String,
    /// Its body, and a [`DialogFoot`].
    children: Children,
) -> AnyView {
    let heading = format!("{id}-title");
    let labelled_by = heading.clone();
    view! {
        <dialog class="dialog" id=id aria-labelledby=labelled_by>
            <div class="dialog-body">
                <h2 id=heading>{title}</h2>
                {children()}
            </div>
        </dialog>
    }
    .into_any()
}

/// The buttons of a dialog: whatever is given, after one that closes it.
#[component]
pub fn DialogFoot(
    /// The dialog's id.
    #[prop(into)]
    id: String,
    /// The words of the button that closes it.
    #[prop(default = "Cancel")]
    close: &'static str,
    /// The button that does it.
    children: Children,
) -> AnyView {
    view! {
        <div class="buttons">
            {children()}
            <button
                type="button"
                class="button button-quiet"
                command="close"
                commandfor=id
            >
                {close}
            </button>
        </div>
    }
    .into_any()
}

/// Opens a dialog.
#[component]
pub fn OpenDialog(
    /// The dialog's id.
    #[prop(into)]
    id: String,
    /// The verb and its object.
    children: Children,
) -> AnyView {
    view! {
        <button type="button" class="button" command="show-modal" commandfor=id>
            {children()}
        </button>
    }
    .into_any()
}

/// Something was done. It stays until the page changes: nothing that matters flies away.
#[component]
pub fn Toast(
    /// What was done; nothing yet shows nothing, but ears already listen.
    #[prop(into)]
    message: Signal<Option<String>>,
) -> AnyView {
    view! {
        <div class="toasts" role="status">
            {move || {
                message
                    .get()
                    .map(|message| {
                        view! {
                            <div class="toast">
                                <Icon mark=Mark::Check />
                                {message}
                            </div>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}
