//! Line icons on a 16 px grid, drawn for this console. A new one is a variant and its path.

use leptos::prelude::*;

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Segue itself: one line passes into another.
    Segue,
    /// Overview.
    Overview,
    /// Audiences.
    Audiences,
    /// Mappings.
    Mappings,
    /// Destinations.
    Destinations,
    /// Suppression.
    Suppression,
    /// Events and the contract.
    Events,
    /// Approvals.
    Approvals,
    /// Monitoring.
    Monitoring,
    /// What happens now.
    Live,
    /// Experiments.
    Experiments,
    /// People.
    People,
    /// Settings.
    Settings,
    /// The audit trail.
    Trail,
    /// The workspace's time.
    Clock,
    /// Notices.
    Bell,
    /// The menu of a narrow screen.
    Menu,
    /// Run now.
    Run,
    /// Pause.
    Pause,
    /// Add.
    Add,
    /// Edit.
    Edit,
    /// Find.
    Find,
    /// Copy.
    Copy,
    /// It worked.
    Check,
    /// Something is wrong.
    Wrong,
    /// Something needs attention.
    Attention,
    /// Onwards.
    Next,
    /// Back.
    Back,
    /// Who am I.
    Account,
}

impl Mark {
    const fn path(self) -> &'static str {
        match self {
            Self::Segue => "M1 4.5h3.5c4 0 3 7 7 7H15M1 11.5h2.5M12.5 4.5H15",
            Self::Overview => "M2 13.5V9m4 4.5v-11m4 11V6m4 7.5v-3",
            Self::Audiences => {
                "M6 7.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5ZM1 14c0-2.5 2-4.25 5-4.25S11 11.5 11 14M10.5 2.25a2.75 2.75 0 0 1 0 5M12.5 10c1.6.6 2.5 2 2.5 4"
            }
            Self::Mappings => {
                "M2 3.5h3.5c3.5 0 2 9 5.5 9h3M11.5 10l2.5 2.5-2.5 2.5M2 12.5h2.5M9 3.5h5"
            }
            Self::Destinations => {
                "M8 14.5c3-3.6 4.5-6 4.5-8a4.5 4.5 0 0 0-9 0c0 2 1.5 4.4 4.5 8ZM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z"
            }
            Self::Suppression => {
                "M8 1.75 13.5 4v3.5c0 3.25-2.25 5.75-5.5 6.75-3.25-1-5.5-3.5-5.5-6.75V4L8 1.75ZM5.5 8h5"
            }
            Self::Events => "M1.5 8H4l2-5 4 10 2-5h2.5",
            Self::Approvals => "M2.5 2.5h11v11h-11zM5.25 8.25l2 2 3.5-4",
            Self::Monitoring => "M1.5 13.5h13M2.5 10.5l3.5-4 3 2.5 4.5-6",
            Self::Live => {
                "M8 9a1 1 0 1 0 0-2 1 1 0 0 0 0 2ZM5 11a4.25 4.25 0 0 1 0-6M11 5a4.25 4.25 0 0 1 0 6M2.75 13.25a7.4 7.4 0 0 1 0-10.5M13.25 2.75a7.4 7.4 0 0 1 0 10.5"
            }
            Self::Experiments => {
                "M6 1.75h4M6.75 1.75v4.5L2.75 13c-.4.7 0 1.250.75 1.25h9c.75 0 1.15-.550.75-1.25l-4-6.75v-4.5M5 10h6"
            }
            Self::People | Self::Account => {
                "M8 7.5A2.75 2.75 0 1 0 8 2a2.75 2.75 0 0 0 0 5.5ZM2.5 14c0-2.5 2.25-4.25 5.5-4.25s5.5 1.75 5.5 4.25"
            }
            Self::Settings => {
                "M2 4.5h7.5m3.5 0h1M2 11.5h1m3.5 0H14M11.25 6.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5ZM4.75 13.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5Z"
            }
            Self::Trail => "M5.5 3.5h8M5.5 8h8M5.5 12.5h5M2.5 3.5v.25M2.5 8v.25M2.5 12.5v.25",
            Self::Clock => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.75V8l2.25 1.5",
            Self::Bell => "M4 11V7a4 4 0 0 1 8 0v4l1.25 1.5H2.75L4 11ZM6.75 14.5h2.5",
            Self::Menu => "M2 4h12M2 8h12M2 12h12",
            Self::Run => "M4.5 2.75v10.5L13 8 4.5 2.75Z",
            Self::Pause => "M5 3v10M11 3v10",
            Self::Add => "M8 2.5v11M2.5 8h11",
            Self::Edit => "M2.5 13.5l.75-3 7.75-7.75 2.25 2.25-7.75 7.75-3 .75ZM9.5 4.25l2.25 2.25",
            Self::Find => "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.75 10.75 14 14",
            Self::Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
            Self::Check => "M2.5 8.5l3.5 3.5 7.5-8",
            Self::Wrong => {
                "M5.25 1.75h5.5l3.5 3.5v5.5l-3.5 3.5h-5.5l-3.5-3.5v-5.5zM8 4.75v4M8 11v.25"
            }
            Self::Attention => "M8 2 14.5 13.5h-13ZM8 6.5v3.25M8 11.5v.25",
            Self::Next => "M6 3l5 5-5 5",
            Self::Back => "M10 3 5 8l5 5",
        }
    }
}

/// An icon beside its words. It says nothing by itself, so ears skip it.
#[component]
pub fn Icon(
    /// Which.
    mark: Mark,
) -> AnyView {
    view! {
        <svg
            width="16"
            height="16"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            stroke-width="1.5"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=mark.path() />
        </svg>
    }
    .into_any()
}
