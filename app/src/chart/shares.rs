//! Bars one below the other, each with the part of it that matters filled.

use leptos::prelude::*;

use super::{dot, scaled};
use crate::format;

/// One bar: so many of so many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its name.
    pub words: String,
    /// Where its name leads.
    pub href: String,
    /// The part.
    pub part: u64,
    /// The whole.
    pub whole: u64,
    /// The class that colours it, such as `use-suppress`.
    pub class: &'static str,
}

/// Bars on one scale: their length is the whole, the filled part is the part.
#[component]
pub fn Shares(
    /// The question they answer.
    #[prop(into)]
    question: String,
    /// What part and whole are, such as "Filled: at the destination. Whole: members."
    #[prop(into)]
    legend: String,
    /// The bars, in their order.
    shares: Vec<Share>,
) -> AnyView {
    let most = shares.iter().map(|share| share.whole.max(share.part)).max().unwrap_or(0);
    view! {
        <figure class="chart">
            <figcaption>
                <h2 class="question">{question}</h2>
                <p class="quiet">{legend}</p>
            </figcaption>
            <ul class="bars shares">
                {shares.into_iter().map(|share| bar(share, most)).collect_view()}
            </ul>
        </figure>
    }
    .into_any()
}

fn bar(share: Share, most: u64) -> AnyView {
    view! {
        <li>
            <a class="name" href=share.href>
                {share.words}
            </a>
            <span class="picture">
                <svg
                    class=format!("plot {}", share.class)
                    viewBox="0 0 1000 12"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                >
                    <rect
                        class="shape-track"
                        x="0"
                        y="0"
                        width=dot(scaled(share.whole, most, 1_000.0))
                        height="12"
                    />
                    <rect
                        class="shape"
                        x="0"
                        y="0"
                        width=dot(scaled(share.part, most, 1_000.0))
                        height="12"
                    />
                </svg>
            </span>
            <span class="figure">
                {format::number(share.part)}
                <span class="unit">" of " {format::number(share.whole)}</span>
            </span>
            <span class="share">{format::share(share.part, share.whole)}</span>
        </li>
    }
    .into_any()
}
