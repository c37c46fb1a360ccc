//! Buttons and links that look like them. The label is a verb and its object.

use leptos::prelude::*;

use super::{Icon, Mark};

/// How much a button asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// One of several things to do.
    #[default]
    Plain,
    /// The thing to do here; at most one in sight.
    Primary,
    /// Can't be taken back; its label has the number of people.
    Danger,
    /// Beside something else.
    Quiet,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "button",
            Self::Primary => "button button-primary",
            Self::Danger => "button button-danger",
            Self::Quiet => "button button-quiet",
        }
    }
}

/// Submits the form around it.
#[component]
pub fn Button(
    /// How much it asks for.
    #[prop(optional)]
    kind: ButtonKind,
    /// Drawn before the words.
    #[prop(optional, into)]
    mark: Option<Mark>,
    /// A name and value to submit with the form, where one form has several buttons.
    #[prop(optional)]
    send: Option<(&'static str, &'static str)>,
    /// True while its work is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// The verb and its object.
    children: Children,
) -> AnyView {
    view! {
        <button
            type="submit"
            class=kind.class()
            name=send.map(|(name, _)| name)
            value=send.map(|(_, value)| value)
            disabled=busy
        >
            {mark.map(|mark| view! { <Icon mark /> })}
            {children()}
        </button>
    }
    .into_any()
}

/// Leads to another page.
#[component]
pub fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: String,
    /// How much it asks for.
    #[prop(optional)]
    kind: ButtonKind,
    /// Drawn before the words.
    #[prop(optional, into)]
    mark: Option<Mark>,
    /// The verb and its object.
    children: Children,
) -> AnyView {
    view! {
        <a class=kind.class() href=href>
            {mark.map(|mark| view! { <Icon mark /> })}
            {children()}
        </a>
    }
    .into_any()
}
