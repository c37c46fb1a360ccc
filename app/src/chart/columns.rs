//! Bars side by side over time, with a table of the same figures on demand.

use leptos::prelude::*;

use super::{as_f64, dot, scaled};
use crate::format;

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 100.0;

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnBar {
    /// When, or what: its row in the table.
    pub words: String,
    /// How much.
    pub value: u64,
}

/// Columns from zero, oldest first.
#[component]
pub fn Columns(
    /// The question they answer.
    #[prop(into)]
    question: String,
    /// What is counted, such as "People sent": the table's head.
    #[prop(into)]
    unit: String,
    /// What the columns are, such as "Run": the table's other head.
    #[prop(into)]
    axis: String,
    /// The columns, oldest first.
    columns: Vec<ColumnBar>,
    /// The class that colours them, such as `use-retarget`.
    #[prop(default = "")]
    class: &'static str,
) -> AnyView {
    let most = columns.iter().map(|column| column.value).max().unwrap_or(0);
    let top = round_up(most, STEPS);
    let described = columns.last().map_or_else(
        || "Nothing yet".to_owned(),
        |last| format!("At most {}, last {}", format::number(most), format::number(last.value)),
    );
    let ends = (
        columns.first().map(|column| column.words.clone()),
        columns.last().map(|column| column.words.clone()).filter(|_| columns.len() > 1),
    );
    let step = WIDTH / as_f64(columns.len().max(1) as u64);
    let shapes = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let height = scaled(column.value, top, HEIGHT);
            view! {
                <rect
                    class="shape"
                    x=dot(step * as_f64(at as u64) + step * 0.15)
                    y=dot(HEIGHT - height)
                    width=dot(step * 0.7)
                    height=dot(height)
                >
                    <title>
                        {format!("{}: {}", column.words, format::number(column.value))}
                    </title>
                </rect>
            }
        })
        .collect_view();
    view! {
        <figure class="chart">
            <figcaption>
                <h2 class="question">{question}</h2>
                <p class="quiet">{described.clone()}</p>
            </figcaption>
            <div class="columns">
                <svg
                    class=format!("plot {class}")
                    viewBox="0 0 1000 100"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=described
                >
                    <line class="rule" x1="0" y1="0" x2="1000" y2="0" />
                    <line class="rule" x1="0" y1="50" x2="1000" y2="50" />
                    {shapes}
                    <line class="rule rule-zero" x1="0" y1="100" x2="1000" y2="100" />
                </svg>
                <div class="scale" aria-hidden="true">
                    <span>{format::number(top)}</span>
                    <span>"0"</span>
                </div>
                <div class="ends" aria-hidden="true">
                    <span>{ends.0}</span>
                    <span>{ends.1}</span>
                </div>
            </div>
            <details class="data">
                <summary>"The same as a table"</summary>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{axis}</th>
                            <th scope="col" class="num">
                                {unit}
                            </th>
                        </tr>
                    </thead>
                    <tbody>
                        {columns
                            .into_iter()
                            .map(|column| {
                                view! {
                                    <tr>
                                        <th scope="row">{column.words}</th>
                                        <td class="num">{format::number(column.value)}</td>
                                    </tr>
                                }
                            })
                            .collect_view()}
                    </tbody>
                </table>
            </details>
        </figure>
    }
    .into_any()
}

/// The steps of a scale that reads well.
const STEPS: [u64; 3] = [1, 2, 5];

/// The next number that is one of these steps and zeros.
pub(super) fn round_up(most: u64, steps: [u64; 3]) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in steps {
            let top = power.saturating_mul(step);
            if top >= most || top == u64::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, round_up};

    #[test]
    fn a_scale_ends_at_a_number_that_reads_well() {
        for (most, top) in
            [(0, 1), (1, 1), (3, 5), (11, 20), (480, 500), (12_480, 20_000), (u64::MAX, u64::MAX)]
        {
            assert_eq!(round_up(most, STEPS), top);
        }
    }
}
