//! Lines or stacked areas over time, with changes marked, a cursor and a table.
//!
//! The picture is drawn on the server in steps: two units a step, a thousand high. What the
//! cursor shows is in the legend, so that nothing moves and nothing covers the picture.

mod picture;

use std::fmt::Write as _;

use domain::time::Span;
use leptos::prelude::*;

use self::picture::{flag_row, highest, picture};
use super::{
    axis::{Axis, Cursor, Flag},
    columns::round_up,
};
use crate::format;

/// Its height in its own units.
const HEIGHT: u64 = 1_000;

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of something, which adds up.
    Count,
    /// Milliseconds, which don't.
    Time,
}

impl Unit {
    fn words(self, value: u64) -> String {
        match self {
            Self::Count => format::number(value),
            Self::Time => {
                format::duration(Span::from_millis(i64::try_from(value).unwrap_or(i64::MAX)))
            }
        }
    }

    /// The same, also of what wasn't measured.
    fn words_or(self, value: Option<u64>, nothing: &str) -> String {
        value.map_or_else(|| nothing.to_owned(), |value| self.words(value))
    }

    /// What the legend shows while nobody points.
    const fn whole(self) -> &'static str {
        match self {
            Self::Count => "In all",
            Self::Time => "At most",
        }
    }

    fn sum_up(self, values: &[Option<u64>]) -> Option<u64> {
        let some = values.iter().flatten().copied();
        match self {
            Self::Count => Some(some.fold(0, u64::saturating_add)),
            Self::Time => some.max(),
        }
    }

    /// The next value that reads well at the top of the scale, and whose half does too: that is
    /// written beside the line in the middle.
    fn top(self, most: u64) -> u64 {
        /// Seconds, minutes, hours and days that people say.
        const ROUND: [u64; 16] = [
            2, 4, 10, 20, 60, 120, 240, 600, 1_200, 3_600, 7_200, 14_400, 43_200, 86_400, 172_800,
            864_000,
        ];
        if self == Self::Count || most <= 1_000 {
            return round_up(most, EVEN);
        }
        let seconds = most.div_ceil(1_000);
        let round = ROUND.into_iter().find(|round| *round >= seconds);
        round.unwrap_or_else(|| round_up(seconds, EVEN)).saturating_mul(1_000)
    }
}

/// The steps of a scale whose half reads well too.
const EVEN: [u64; 3] = [2, 4, 10];

/// How series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Each by itself.
    Lines,
    /// One upon the other: their sum is what counts.
    Stacked,
}

/// One line or layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strand {
    /// What it is called.
    pub name: String,
    /// Its value in each step; nothing where nothing was measured.
    pub values: Vec<Option<u64>>,
    /// The class that colours it: `series-1` to `series-5`, or `series-before`.
    pub class: &'static str,
}

impl Strand {
    /// Its value in a step.
    fn at(&self, step: u32) -> Option<u64> {
        self.values.get(step as usize).copied().flatten()
    }
}

/// The classes of series, in their order.
pub const CLASSES: [&str; 5] = ["series-1", "series-2", "series-3", "series-4", "series-5"];

/// Strands over time. Five at most; the caller sums up the rest.
#[component]
pub fn OverTime(
    /// The question it answers.
    #[prop(into)]
    question: String,
    /// What is counted, and what else one must know.
    #[prop(into)]
    legend: String,
    /// What the values are.
    unit: Unit,
    /// How they are drawn.
    shape: Shape,
    /// The time axis.
    axis: Axis,
    /// The strands.
    strands: Vec<Strand>,
    /// What was changed meanwhile.
    flags: Vec<Flag>,
    /// A line across: its value and its name.
    #[prop(optional_no_strip)]
    limit: Option<(u64, String)>,
    /// Which step is looked at.
    cursor: Cursor,
) -> AnyView {
    let most = highest(shape, &strands).max(limit.as_ref().map_or(0, |(value, _)| *value));
    let top = unit.top(most);
    let described = describe(unit, &strands);
    let drawn = picture(shape, axis, &strands, top, limit.as_ref().map(|(value, _)| *value));
    let table = data_table(unit, axis, &strands);
    let strands = StoredValue::new(strands);
    let label = question.clone();
    let said = move || {
        cursor.step.get().map(|step| strands.with_value(|strands| tell(unit, axis, strands, step)))
    };
    let middle = unit.words(top / 2);
    view! {
        <figure class="chart over-time">
            <figcaption>
                <h3 class="question">{question}</h3>
                <p class="quiet">{legend}</p>
            </figcaption>
            {legend_list(unit, shape, axis, strands, cursor)}
            <div class="plane">
                {flag_row(axis, flags)}
                <div
                    class="sight"
                    role=move || cursor.awake.get().then_some("slider")
                    tabindex=move || cursor.awake.get().then_some("0")
                    aria-label=move || cursor.awake.get().then(|| label.clone())
                    aria-valuemin=move || cursor.awake.get().then_some("0")
                    aria-valuemax=move || {
                        cursor.awake.get().then(|| axis.steps().saturating_sub(1).to_string())
                    }
                    aria-valuenow=move || {
                        cursor.awake.get().then(|| cursor.step.get().unwrap_or(0).to_string())
                    }
                    aria-valuetext=move || {
                        cursor
                            .awake
                            .get()
                            .then(|| said().unwrap_or_else(|| "Arrow keys show values".to_owned()))
                    }
                    on:pointermove=move |event| cursor.point(&event, axis.steps())
                    on:pointerdown=move |event| cursor.point(&event, axis.steps())
                    on:pointerleave=move |_| cursor.to(None)
                    on:keydown=move |event| cursor.walk(&event, axis.steps())
                >
                    <svg
                        class="plot"
                        viewBox=format!("0 0 {} {HEIGHT}", axis.steps() * 2)
                        preserveAspectRatio="none"
                        role="img"
                        aria-label=described
                    >
                        {drawn}
                        <line
                            class="cursor"
                            class:unseen-line=move || cursor.step.get().is_none()
                            x1=move || middle_of(cursor.step.get().unwrap_or(0))
                            x2=move || middle_of(cursor.step.get().unwrap_or(0))
                            y1="0"
                            y2="1000"
                        />
                    </svg>
                </div>
                <div class="scale" aria-hidden="true">
                    <span>{unit.words(top)}</span>
                    <span>{middle}</span>
                    <span>"0"</span>
                </div>
                <div class="ticks" aria-hidden="true">
                    {axis.ticks().map(|step| view! { <span>{axis.words(step)}</span> }).collect_view()}
                </div>
            </div>
            {limit
                .map(|(_, words)| {
                    view! {
                        <p class="quiet limit-words">
                            <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">
                                <line class="rule-limit" x1="0" y1="4" x2="24" y2="4" />
                            </svg>
                            {words}
                        </p>
                    }
                })}
            {table}
        </figure>
    }
    .into_any()
}

/// Where a step is in the picture.
fn middle_of(step: u32) -> String {
    (step * 2 + 1).to_string()
}

/// The names with a sign each, and the value at the cursor.
fn legend_list(
    unit: Unit,
    shape: Shape,
    axis: Axis,
    all: StoredValue<Vec<Strand>>,
    cursor: Cursor,
) -> AnyView {
    let rows = all.with_value(|strands| {
        strands
            .iter()
            .enumerate()
            .map(|(place, strand)| {
                let whole = unit.sum_up(&strand.values);
                let value = move || {
                    let value = match cursor.step.get() {
                        Some(step) => all.with_value(|all| all.get(place)?.at(step)),
                        None => whole,
                    };
                    unit.words_or(value, "–")
                };
                view! {
                    <li>
                        <svg class=format!("swatch {}", strand.class) viewBox="0 0 24 8" aria-hidden="true">
                            {sign(shape)}
                        </svg>
                        <span class="name">{strand.name.clone()}</span>
                        <span class="figure">{value}</span>
                    </li>
                }
            })
            .collect_view()
    });
    let when = move || match cursor.step.get() {
        Some(step) => axis.words(step),
        None => unit.whole().to_owned(),
    };
    view! {
        <ul class="legend">
            <li class="when">
                <span class="figure">{when}</span>
            </li>
            {rows}
        </ul>
    }
    .into_any()
}

/// What a strand looks like in the legend: as in the picture.
fn sign(shape: Shape) -> AnyView {
    match shape {
        Shape::Lines => view! { <line class="strand" x1="0" y1="4" x2="24" y2="4" /> }.into_any(),
        Shape::Stacked => view! { <rect class="layer" width="24" height="8" /> }.into_any(),
    }
}

/// What the picture shows, for ears.
fn describe(unit: Unit, strands: &[Strand]) -> String {
    let of = |strand: &Strand| {
        let whole = unit.words_or(unit.sum_up(&strand.values), "nothing");
        format!("{} {whole}", strand.name)
    };
    let all: Vec<String> = strands.iter().map(of).collect();
    if all.is_empty() {
        "Nothing yet".to_owned()
    } else {
        format!("{}: {}", unit.whole(), all.join(", "))
    }
}

/// The values of a step in words.
fn tell(unit: Unit, axis: Axis, strands: &[Strand], step: u32) -> String {
    let of =
        |strand: &Strand| format!("{} {}", strand.name, unit.words_or(strand.at(step), "nothing"));
    let all: Vec<String> = strands.iter().map(of).collect();
    format!("{}: {}", axis.words(step), all.join(", "))
}

/// The same as a table, without the steps in which nothing was. One text: a thousand cells
/// would be slow to wake.
fn data_table(unit: Unit, axis: Axis, strands: &[Strand]) -> AnyView {
    let mut rows = String::new();
    let mut left_out = 0_u64;
    for step in 0..axis.steps() {
        let values: Vec<Option<u64>> = strands.iter().map(|strand| strand.at(step)).collect();
        if values.iter().all(|value| value.unwrap_or(0) == 0) {
            left_out += 1;
            continue;
        }
        // Times and numbers only: nothing in them has to be escaped.
        let _ = write!(rows, "<tr><th scope=\"row\">{}</th>", axis.words(step));
        for value in values {
            let _ = write!(rows, "<td class=\"num\">{}</td>", unit.words_or(value, "–"));
        }
        rows.push_str("</tr>");
    }
    let heads = strands
        .iter()
        .map(|strand| view! { <th scope="col" class="num">{strand.name.clone()}</th> })
        .collect_view();
    let left_out = (left_out > 0).then(|| {
        format!("Without {} in which nothing was.", format::count(left_out, "step", "steps"))
    });
    view! {
        <details class="data">
            <summary>"The same as a table"</summary>
            <div class="table-frame" role="region" aria-label="The same as a table" tabindex="0">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"From"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody inner_html=rows></tbody>
                </table>
            </div>
            <p class="quiet">{left_out}</p>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_at_a_time_that_people_say() {
        for (most, top) in [(0, 2), (420, 1_000), (1_001, 2_000), (31_000, 60_000)] {
            assert_eq!(Unit::Time.top(most), top, "{most}");
        }
        assert_eq!(Unit::Time.top(3_000_000_000), 4_000_000_000);
        for (most, top) in [(0, 2), (1, 2), (3, 4), (5, 10), (31, 40), (12_480, 20_000)] {
            assert_eq!(Unit::Count.top(most), top, "{most}");
        }
        assert_eq!(Unit::Count.top(u64::MAX), u64::MAX);
        let values = [Some(3), None, Some(4)];
        assert_eq!((Unit::Count.sum_up(&values), Unit::Time.sum_up(&values)), (Some(7), Some(4)));
        assert_eq!(Unit::Time.sum_up(&[None]), None);
    }
}
