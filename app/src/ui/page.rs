//! The parts of a page: its name, its answer, sections, facts, tabs, pages of a list.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Icon, Mark};

/// A page. It begins with its answer: a sentence computed from the data.
#[component]
pub fn Page(
    /// Its name, also the document's title.
    #[prop(into)]
    name: String,
    /// The answer; links stand on its nouns.
    #[prop(optional, into)]
    answer: Option<AnyView>,
    /// Signs beside the name, such as state and use case. Without any, the bar alone shows
    /// the name, and the answer comes first.
    #[prop(optional, into)]
    marks: Option<AnyView>,
    /// What can be done here.
    #[prop(optional_no_strip, into)]
    actions: Option<AnyView>,
    /// A form or a text: no wider than reads well.
    #[prop(optional)]
    narrow: bool,
    /// The rest.
    children: Children,
) -> AnyView {
    let bare = marks.is_none();
    let actions =
        actions.map(|actions| view! { <div class="page-actions">{actions}</div> }.into_any());
    let answer = answer.map(|answer| view! { <p class="answer">{answer}</p> }.into_any());
    let head = if bare {
        view! {
            <h1 class="unseen">{name.clone()}</h1>
            {answer}
            {actions}
        }
        .into_any()
    } else {
        view! {
            <div class="page-name">
                <h1>{name.clone()}</h1>
                {marks}
            </div>
            {actions}
            {answer}
        }
        .into_any()
    };
    view! {
        <Title text=name />
        <div class=if narrow { "page page-narrow" } else { "page" }>
            <header class=if bare { "page-head page-head-bare" } else { "page-head" }>
                {head}
            </header>
            {children()}
        </div>
    }
    .into_any()
}

/// A part of a page under its heading.
#[component]
pub fn Section(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What stands at the right of the heading.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    /// The rest.
    children: Children,
) -> AnyView {
    view! {
        <section class="section">
            <div class="section-head">
                <h2>{title}</h2>
                {aside}
            </div>
            {children()}
        </section>
    }
    .into_any()
}

/// Terms and their values, made of [`Fact`]s.
#[component]
pub fn Facts(
    /// The facts.
    children: Children,
) -> AnyView {
    view! { <dl class="facts">{children()}</dl> }.into_any()
}

/// A term and its value.
#[component]
pub fn Fact(
    /// The term.
    #[prop(into)]
    term: String,
    /// Its value.
    children: Children,
) -> AnyView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{children()}</dd>
        </div>
    }
    .into_any()
}

/// One of several views of the same thing; each has an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Where it leads.
    pub href: String,
    /// Its words.
    pub words: String,
    /// Whether it is the one in sight.
    pub current: bool,
}

/// Views of the same thing, as links.
#[component]
pub fn Tabs(
    /// What they are views of, for ears.
    #[prop(into)]
    label: String,
    /// The views.
    tabs: Vec<Tab>,
) -> AnyView {
    view! {
        <nav class="tabs" aria-label=label>
            {tabs
                .into_iter()
                .map(|tab| {
                    view! {
                        <a href=tab.href aria-current=tab.current.then_some("page")>
                            {tab.words}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
    .into_any()
}

/// Back to the newest, on to what is older. By key, so that new rows shift nothing.
#[component]
pub fn Pager(
    /// The address of the first page, if this isn't it.
    #[prop(into)]
    first: Option<String>,
    /// The address of what is older, if there is any.
    #[prop(into)]
    older: Option<String>,
) -> AnyView {
    let nothing = first.is_none() && older.is_none();
    (!nothing)
        .then(|| {
            view! {
                <nav class="pager" aria-label="Pages">
                    <span>
                        {first
                            .map(|href| {
                                view! {
                                    <a class="button" href=href>
                                        <Icon mark=Mark::Back />
                                        "Newest"
                                    </a>
                                }
                            })}
                    </span>
                    {older
                        .map(|href| {
                            view! {
                                <a class="button" href=href rel="next">
                                    "Older"
                                    <Icon mark=Mark::Next />
                                </a>
                            }
                        })}
                </nav>
            }
        })
        .into_any()
}
