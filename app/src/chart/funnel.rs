//! From members to people sent: each cause takes its share away.

use leptos::prelude::*;

use super::{dot, scaled};
use crate::format;

/// The picture's width in its own units; it stretches to the page.
const WIDTH: f64 = 1_000.0;
/// A cause with anyone in it is seen, however few they are.
const THINNEST: f64 = 3.0;

/// People taken away for one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelStep {
    /// The cause in words.
    pub words: String,
    /// What more there is to say, quieter.
    pub detail: Option<String>,
    /// How many.
    pub people: u64,
}

/// A waterfall in rows: all members, what each cause takes away, who is left.
#[component]
pub fn Funnel(
    /// The question it answers.
    #[prop(into)]
    question: String,
    /// What all of them are called.
    #[prop(into)]
    whole_words: String,
    /// All of them.
    whole: u64,
    /// Who is taken away, in order. Causes without people are left out.
    steps: Vec<FunnelStep>,
    /// What those who are left are called.
    #[prop(into)]
    rest_words: String,
    /// Those who are left.
    rest: u64,
    /// Of those who are left, how many have arrived, and the words for it.
    #[prop(optional_no_strip, into)]
    arrived: Option<(String, u64)>,
    /// The class that colours those who are left, such as `use-retarget`.
    #[prop(default = "")]
    class: &'static str,
) -> AnyView {
    let mut left = whole;
    let rows = steps
        .into_iter()
        .filter(|step| step.people > 0)
        .map(|step| {
            let before = left;
            left = left.saturating_sub(step.people);
            let start = scaled(left, whole, WIDTH);
            let end = scaled(before, whole, WIDTH);
            let length = (end - start).max(THINNEST);
            let shapes = view! {
                <rect class="shape-track" x="0" y="4" width=dot(start) height="12" />
                <rect
                    class="shape-gone"
                    x=dot(start.min(WIDTH - THINNEST))
                    y="2"
                    width=dot(length)
                    height="16"
                />
            }
            .into_any();
            row("", step.words, step.detail, step.people, whole, true, shapes)
        })
        .collect_view();
    let all = view! { <rect class="shape-all" x="0" y="2" width="1000" height="16" /> }.into_any();
    let length = scaled(rest, whole, WIDTH);
    let sum = view! { <rect class="shape" x="0" y="2" width=dot(length) height="16" /> }.into_any();
    let there = arrived.map(|(words, people)| {
        let shapes = view! {
            <rect class="shape-track" x="0" y="6" width=dot(length) height="8" />
            <rect
                class="shape"
                x="0"
                y="6"
                width=dot(scaled(people, whole, WIDTH))
                height="8"
            />
        }
        .into_any();
        row("arrived", words, None, people, whole, false, shapes)
    });
    view! {
        <figure class=format!("chart {class}")>
            <figcaption>
                <h2 class="question">{question}</h2>
            </figcaption>
            <ol class="funnel">
                {row("total", whole_words, None, whole, whole, false, all)} {rows}
                {row("sum", rest_words, None, rest, whole, false, sum)} {there}
            </ol>
        </figure>
    }
    .into_any()
}

/// One row. Its words and figures are the chart's table; the picture beside them is mute.
fn row(
    class: &'static str,
    words: String,
    detail: Option<String>,
    people: u64,
    whole: u64,
    less: bool,
    shapes: AnyView,
) -> AnyView {
    view! {
        <li class=class>
            <span class="name">
                {words}
                {detail.map(|detail| view! { <span class="detail">" " {detail}</span> })}
            </span>
            <span class="picture">
                <svg
                    class="plot"
                    viewBox="0 0 1000 20"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                >
                    {shapes}
                </svg>
            </span>
            <span class="figure">
                {if less { format!("−{}", format::number(people)) } else { format::number(people) }}
            </span>
            <span class="share">{format::share(people, whole)}</span>
        </li>
    }
    .into_any()
}
