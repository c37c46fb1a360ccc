//! What stands where data would: empty, loading, error, stale.

use domain::time::Instant;
use leptos::prelude::*;

use super::{Icon, Mark, Moment};

/// How grave a notice is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    #[default]
    Plain,
    /// It worked.
    Ok,
    /// Not as it should be.
    Late,
    /// It failed.
    Failing,
}

/// What happened, what it means for people in the audience, what to do.
#[component]
pub fn Notice(
    /// How grave.
    #[prop(optional)]
    kind: NoticeKind,
    /// The first line.
    #[prop(into)]
    title: String,
    /// The rest.
    #[prop(optional)]
    children: Option<Children>,
) -> AnyView {
    let (class, mark, role) = match kind {
        NoticeKind::Plain => ("notice notice-plain", Mark::Attention, "note"),
        NoticeKind::Ok => ("notice notice-ok", Mark::Check, "status"),
        NoticeKind::Late => ("notice notice-late", Mark::Attention, "note"),
        NoticeKind::Failing => ("notice notice-failing", Mark::Wrong, "alert"),
    };
    view! {
        <div class=class role=role>
            <Icon mark />
            <div class="notice-body">
                <p>
                    <strong>{title}</strong>
                </p>
                {children.map(|children| children())}
            </div>
        </div>
    }
    .into_any()
}

/// Old numbers, and since when: never hidden behind them.
#[component]
pub fn Stale(
    /// What is old, such as "The members".
    #[prop(into)]
    what: String,
    /// When it was last read whole.
    at: Option<Instant>,
    /// The page's moment.
    now: Instant,
    /// Why it could not be read since.
    #[prop(into)]
    reason: String,
) -> AnyView {
    view! {
        <div class="notice notice-late" role="note">
            <Icon mark=Mark::Attention />
            <div class="notice-body">
                <p>
                    <strong>
                        {what} {if at.is_some() { " are from " } else { " were never read" }}
                        {at.map(|at| view! { <Moment at now /> })}
                    </strong>
                    ": "
                    {reason}
                </p>
            </div>
        </div>
    }
    .into_any()
}

/// Nothing yet: what will appear here, and the one step that makes it appear.
#[component]
pub fn Empty(
    /// What there is none of, such as "No mappings yet".
    #[prop(into)]
    title: String,
    /// What will appear.
    #[prop(into)]
    words: String,
    /// The step.
    #[prop(optional)]
    children: Option<Children>,
) -> AnyView {
    view! {
        <div class="empty">
            <p>
                <strong>{title}</strong>
                {words}
            </p>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// Rows of the height that the data will have.
#[component]
pub fn Loading(
    /// How many.
    #[prop(default = 6)]
    rows: usize,
) -> AnyView {
    view! {
        <div class="loading" role="status" aria-label="Loading">
            {(0..rows).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
    .into_any()
}
