//! Tables: a caption for ears, a head that stays, figures to the right.

use leptos::prelude::*;

use crate::format;

/// A column's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    class: &'static str,
    unseen: bool,
}

impl Column {
    /// Words, to the left.
    #[must_use]
    pub const fn words(name: &'static str) -> Self {
        Self { name, class: "", unseen: false }
    }

    /// Figures, to the right.
    #[must_use]
    pub const fn figures(name: &'static str) -> Self {
        Self { name, class: "num", unseen: false }
    }

    /// What can be done with a row; its name is for ears only.
    #[must_use]
    pub const fn actions(name: &'static str) -> Self {
        Self { name, class: "tight", unseen: true }
    }
}

/// A table that scrolls in itself when it is wider than the page.
#[component]
pub fn Table(
    /// What its rows are, for ears.
    #[prop(into)]
    caption: String,
    /// Its head, from left to right.
    columns: Vec<Column>,
    /// Its rows.
    children: Children,
) -> AnyView {
    let name = caption.clone();
    view! {
        // Focusable, so that the keyboard can scroll it.
        <div class="table-frame" role="region" aria-label=name tabindex="0">
            <table class="table">
                <caption class="unseen">{caption}</caption>
                <thead>
                    <tr>
                        {columns
                            .into_iter()
                            .map(|column| {
                                view! {
                                    <th scope="col" class=column.class>
                                        <span class=column
                                            .unseen
                                            .then_some("unseen")>{column.name}</span>
                                    </th>
                                }
                            })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A cell with a number.
#[component]
pub fn Figure(
    /// How many.
    value: u64,
) -> AnyView {
    view! { <td class="num">{format::number(value)}</td> }.into_any()
}

/// A text; where it is empty, what that means.
pub fn text_or_nothing(text: String, nothing: &'static str) -> AnyView {
    if text.is_empty() {
        return view! { <Nothing words=nothing /> }.into_any();
    }
    text.into_any()
}

/// A value that isn't there: a dash for the eye, words for the ear.
#[component]
pub fn Nothing(
    /// What it means, such as "never".
    #[prop(into)]
    words: String,
) -> AnyView {
    view! {
        <span class="quiet" aria-hidden="true">
            "–"
        </span>
        <span class="unseen">{words}</span>
    }
    .into_any()
}
