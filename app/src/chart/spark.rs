//! A line as small as a word, for the trend beside a figure.

use leptos::prelude::*;

use super::{dot, scaled};
use crate::format;

/// The picture's size in its own units.
const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 20.0;
/// Half a line's width stays inside.
const MARGIN: f64 = 1.5;

/// The trend of a figure, oldest first. Zero is at the bottom.
#[component]
pub fn Spark(
    /// What it is, such as "Members in the last 14 days".
    #[prop(into)]
    title: String,
    /// Its values, oldest first.
    values: Vec<u64>,
) -> AnyView {
    let most = values.iter().copied().max().unwrap_or(0);
    let words = match (values.first(), values.last()) {
        (Some(&first), Some(&last)) => format!(
            "{title}: from {} to {}, at most {}",
            format::number(first),
            format::number(last),
            format::number(most)
        ),
        _ => format!("{title}: nothing yet"),
    };
    let points = points(&values, most);
    let area = (!points.is_empty()).then(|| format!("0,{HEIGHT} {points} {WIDTH},{HEIGHT}"));
    let label = words.clone();
    view! {
        <svg
            class="spark"
            viewBox="0 0 96 20"
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            <title>{words}</title>
            {area.map(|area| view! { <polygon class="area" points=area /> })}
            <polyline class="line" points=points />
        </svg>
    }
    .into_any()
}

/// The line's points. A single value is a level line.
fn points(values: &[u64], most: u64) -> String {
    let values = if let [only] = values { &[*only, *only][..] } else { values };
    let steps = values.len().saturating_sub(1).max(1);
    values
        .iter()
        .enumerate()
        .map(|(at, &value)| {
            let x = scaled(at as u64, steps as u64, WIDTH);
            let y = HEIGHT - MARGIN - scaled(value, most, HEIGHT - 2.0 * MARGIN);
            format!("{},{}", dot(x), dot(y))
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stays_in_its_picture_and_zero_is_its_floor() {
        assert_eq!(points(&[], 0), "");
        assert_eq!(points(&[7], 7), "0,1.5 96,1.5");
        assert_eq!(points(&[0, 5, 10], 10), "0,18.5 48,10 96,1.5");
        assert_eq!(points(&[0, 0], 0), "0,18.5 96,18.5");
    }
}
