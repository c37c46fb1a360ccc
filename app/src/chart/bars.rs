//! Bars one below the other: how much of each name.

use leptos::prelude::*;

use super::{dot, scaled};
use crate::format;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its name.
    pub words: String,
    /// How much.
    pub value: u64,
    /// The class that colours it, such as `use-suppress`.
    pub class: &'static str,
}

/// Bars, longest possible at the greatest value. Five at most; the caller sums up the rest.
#[component]
pub fn Bars(
    /// The question they answer.
    #[prop(into)]
    question: String,
    /// The bars, in their order.
    bars: Vec<Bar>,
) -> AnyView {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    view! {
        <figure class="chart">
            <figcaption>
                <h2 class="question">{question}</h2>
            </figcaption>
            <ul class="bars">
                {bars
                    .into_iter()
                    .map(|bar| {
                        view! {
                            <li>
                                <span>{bar.words}</span>
                                <svg
                                    class=format!("plot {}", bar.class)
                                    viewBox="0 0 1000 12"
                                    preserveAspectRatio="none"
                                    aria-hidden="true"
                                >
                                    <rect
                                        class="shape"
                                        x="0"
                                        y="0"
                                        width=dot(scaled(bar.value, most, 1_000.0))
                                        height="12"
                                    />
                                </svg>
                                <span class="figure">{format::number(bar.value)}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </figure>
    }
    .into_any()
}
