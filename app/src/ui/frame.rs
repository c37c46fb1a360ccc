//! The frame around every page: the rail, the bar that tells where one is, the page.
//!
//! A new page of its own in the rail gets a line in [`PLACES`].

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Icon, Mark, theme::ThemeChoice};
use crate::context::Environment;

/// A place in the rail: its address, its words, its icon.
pub struct Place {
    /// Its address.
    pub href: &'static str,
    /// What it is called.
    pub words: &'static str,
    mark: Mark,
}

const fn place(href: &'static str, words: &'static str, mark: Mark) -> Place {
    Place { href, words, mark }
}

/// The rail from top to bottom, in groups: what flows, who it is about, the house itself.
pub const PLACES: [&[Place]; 3] = [
    &[
        place("/", "Overview", Mark::Overview),
        place("/audiences", "Audiences", Mark::Audiences),
        place("/mappings", "Mappings", Mark::Mappings),
        place("/destinations", "Destinations", Mark::Destinations),
        place("/suppression", "Suppression", Mark::Suppression),
    ],
    &[
        place("/monitoring", "Monitoring", Mark::Monitoring),
        place("/contract", "Contract", Mark::Events),
        place("/approvals", "Approvals", Mark::Approvals),
        place("/review", "Design review", Mark::Check),
        place("/people", "People", Mark::People),
        place("/live", "Live events", Mark::Live),
    ],
    &[
        place("/settings/connections", "Connections", Mark::Settings),
        place("/settings/workspace", "Workspace", Mark::Clock),
        place("/settings/notices", "Notices", Mark::Bell),
        place("/settings/audit", "Audit trail", Mark::Trail),
    ],
];

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person(pub String);

/// Rail, bar and page.
#[component]
pub fn Frame(
    /// Which world this is: a demo or a sandbox is striped, what reaches real platforms solid.
    #[prop(optional_no_strip, into)]
    environment: Option<Environment>,
    /// Who is signed in.
    #[prop(optional, into)]
    person: Option<Person>,
    /// The page.
    children: Children,
) -> AnyView {
    let path = use_location().pathname;
    view! {
        <a class="skip" href="#main" rel="external">
            "Skip to the page"
        </a>
        <div class="frame">
            <Rail path />
            <header class="bar">
                <button
                    type="button"
                    class="button button-quiet button-icon menu-button"
                    popovertarget="rail"
                    aria-label="Menu"
                >
                    <Icon mark=Mark::Menu />
                </button>
                <Where path />
                {environment
                    .map(|Environment { label, is_stand_in, can_break }| {
                        let class = if is_stand_in { "environment stand-in" } else { "environment real" };
                        if can_break {
                            view! {
                                <a class=class href=crate::demo::api::PAGE>
                                    {label}
                                    <span class="environment-more">": break something"</span>
                                </a>
                            }
                                .into_any()
                        } else {
                            view! { <span class=class>{label}</span> }.into_any()
                        }
                    })}
                {person
                    .is_some()
                    .then(|| {
                        view! {
                            <crate::approvals::badge::WaitingBadge />
                            <crate::find::palette::Palette />
                        }
                    })}
                <AccountMenu person />
            </header>
            <main class="main" id="main" tabindex="-1">
                {children()}
            </main>
        </div>
    }
    .into_any()
}

/// The rail. On a narrow screen it is the browser's own popover, opened by the bar's button.
#[component]
fn Rail(path: Memo<String>) -> AnyView {
    let rail = NodeRef::<leptos::html::Nav>::new();
    // Going somewhere closes it: the page doesn't reload once it is awake.
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path)
            && let Some(rail) = rail.get()
        {
            crate::browser::close_popover(&rail);
        }
        path
    });
    view! {
        <nav class="rail" id="rail" popover="auto" aria-label="Main" node_ref=rail>
            <a class="brand" href="/">
                <Icon mark=Mark::Segue />
                "Segue"
            </a>
            {PLACES
                .iter()
                .map(|group| {
                    view! {
                        <ul>
                            {group
                                .iter()
                                .map(|place| view! { <RailLink place path /> })
                                .collect_view()}
                        </ul>
                    }
                })
                .collect_view()}
        </nav>
    }
    .into_any()
}

#[component]
fn RailLink(place: &'static Place, path: Memo<String>) -> AnyView {
    view! {
        <li>
            <a
                class="rail-link"
                href=place.href
                aria-current=move || is_within(place.href, &path.read()).then_some("page")
            >
                <Icon mark=place.mark />
                {place.words}
            </a>
        </li>
    }
    .into_any()
}

/// Whether `path` is the place or a page below it.
fn is_within(place: &str, path: &str) -> bool {
    match path.strip_prefix(place) {
        Some("") => true,
        Some(rest) => place != "/" && rest.starts_with('/'),
        None => false,
    }
}

/// Where am I: the address in words, each step a link but the last.
#[component]
fn Where(path: Memo<String>) -> AnyView {
    view! {
        <nav class="crumbs" aria-label="Where you are">
            <ol>
                {move || {
                    let steps = steps(&path.read());
                    let last = steps.len().saturating_sub(1);
                    steps
                        .into_iter()
                        .enumerate()
                        .map(|(at, (href, words))| {
                            view! {
                                <li>
                                    {if at == last {
                                        view! { <span aria-current="page">{words}</span> }
                                            .into_any()
                                    } else {
                                        view! { <a href=href>{words}</a> }.into_any()
                                    }}
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </nav>
    }
    .into_any()
}

/// The steps of an address: where each leads and what it is called.
fn steps(path: &str) -> Vec<(String, String)> {
    let named = |href: &str| {
        PLACES.iter().copied().flatten().find(|place| place.href == href).map(|place| place.words)
    };
    let mut steps = Vec::new();
    let mut href = String::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        href.push('/');
        href.push_str(part);
        let words = match (named(&href), part) {
            (Some(words), _) => words.to_owned(),
            // No pages of their own.
            (None, "settings" | "rules" | "lists" | "changes") => continue,
            (None, "demo") => "Break something".to_owned(),
            (None, "dead-letters") => "Dead letters".to_owned(),
            (None, "first-steps") => "First steps".to_owned(),
            (None, "names") => "Event names".to_owned(),
            (None, "noise") => "Events nobody reads".to_owned(),
            (None, "plans") => "Tracking plans".to_owned(),
            (None, "runs") => "Runs".to_owned(),
            (None, "new") => "New".to_owned(),
            (None, "edit") => "Edit".to_owned(),
            (
                None,
                "exclusivity" | "timeline" | "find" | "policy" | "import" | "checklist" | "test"
                | "source" | "events" | "quarantine" | "event",
            ) => crate::format::capital(part),
            (None, part) => crate::format::short_step(part),
        };
        // Runs have no list of their own; they are listed with their mapping.
        let to = if part == "runs" { "/mappings".to_owned() } else { href.clone() };
        steps.push((to, words));
    }
    if steps.is_empty() {
        steps.push(("/".to_owned(), "Overview".to_owned()));
    }
    steps
}

#[component]
fn AccountMenu(person: Option<Person>) -> AnyView {
    #[cfg(feature = "ssr")]
    let theme = super::theme::Theme::of_request();
    #[cfg(not(feature = "ssr"))]
    let theme = crate::browser::theme();
    view! {
        <details class="menu">
            // The words in sight are part of its name, so that it can be called by them.
            <summary>
                <Icon mark=Mark::Account />
                <span class="unseen">"Account and appearance"</span>
                {person.clone().map(|Person(name)| view! { <span class="who">{name}</span> })}
            </summary>
            <div class="menu-sheet">
                {person.clone().map(|Person(name)| view! { <p class="quiet">"Signed in as " {name}</p> })}
                <ThemeChoice theme />
                {person
                    .map(|_| {
                        view! {
                            <a href="/account">"Change password"</a>
                            <crate::access::page::SignOut />
                        }
                    })}
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_words() {
        let words = |path: &str| {
            steps(path).into_iter().map(|(_, words)| words).collect::<Vec<_>>().join(" / ")
        };
        assert_eq!(words("/"), "Overview");
        assert_eq!(words("/mappings/vip-meta/edit"), "Mappings / vip-meta / Edit");
        assert_eq!(words("/settings/connections"), "Connections");
        assert_eq!(words("/contract/changes/0193/event"), "Contract / 0193 / Event");
        assert_eq!(words("/contract/plans"), "Contract / Tracking plans");
        assert_eq!(words("/suppression/rules/purchase"), "Suppression / purchase");
        assert_eq!(words("/runs/0193a4e2-7c11-7000-8000-00000000beef"), "Runs / 0193a4…beef");
        assert_eq!(
            words("/mappings/an-unusually-long-mapping-key"),
            "Mappings / an-unusually-long-mapping-key"
        );
    }

    #[test]
    fn a_place_holds_the_pages_below_it_but_the_overview_only_itself() {
        assert!(is_within("/mappings", "/mappings"));
        assert!(is_within("/mappings", "/mappings/new"));
        assert!(!is_within("/mappings", "/mappings-old"));
        assert!(is_within("/", "/"));
        assert!(!is_within("/", "/mappings"));
    }
}
