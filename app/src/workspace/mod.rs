//! The workspace: its time zone and currency, for every page of a document and on one of their
//! own. They come once with the document, so that server and browser write the same.

pub mod api;
pub mod page;

use std::sync::Arc;

use domain::{
    day::Day,
    time::Instant,
    workspace::{Currency, Shown},
};
use leptos::prelude::{provide_context, use_context};

/// From here on this is how times and amounts are shown.
pub fn provide(shown: Shown) {
    provide_context(Arc::new(shown));
}

/// How they are shown in this document; in UTC where nobody said.
#[must_use]
pub fn shown() -> Arc<Shown> {
    use_context().unwrap_or_default()
}

/// The day that it is in the workspace.
#[must_use]
pub fn today(now: Instant) -> Day {
    shown().zone.day(now)
}

/// What amounts are in.
#[must_use]
pub fn currency() -> Currency {
    shown().currency
}
