//! Shapes: where lines, layers, rules and flags lie, in the picture's own units.

use std::{collections::BTreeMap, fmt::Write as _};

use leptos::prelude::*;

use super::{HEIGHT, Shape, Strand};
use crate::chart::axis::{Axis, Flag};

/// The highest value, or sum of values, of any step.
pub(super) fn highest(shape: Shape, strands: &[Strand]) -> u64 {
    match shape {
        Shape::Lines => {
            strands.iter().flat_map(|strand| strand.values.iter().flatten()).copied().max()
        }
        Shape::Stacked => sums(strands).pop().into_iter().flatten().max(),
    }
    .unwrap_or(0)
}

/// Each strand's upper edge when one lies upon the other, step by step.
fn sums(strands: &[Strand]) -> Vec<Vec<u64>> {
    let mut edge: Vec<u64> = strands.first().map_or_else(Vec::new, |one| vec![0; one.values.len()]);
    let mut edges = Vec::with_capacity(strands.len());
    for strand in strands {
        for (sum, value) in edge.iter_mut().zip(&strand.values) {
            *sum = sum.saturating_add(value.unwrap_or(0));
        }
        edges.push(edge.clone());
    }
    edges
}

/// Gridlines, then areas or lines.
pub(super) fn picture(
    shape: Shape,
    axis: Axis,
    strands: &[Strand],
    top: u64,
    limit: Option<u64>,
) -> AnyView {
    let upright = axis
        .ticks()
        .map(|step| {
            let x = (step * 2).to_string();
            view! { <line class="rule" x1=x.clone() x2=x y1="0" y2="1000" /> }
        })
        .collect_view();
    let width = (axis.steps() * 2).to_string();
    let level = |y: u64, class: &'static str| {
        view! { <line class=class x1="0" x2=width.clone() y1=y.to_string() y2=y.to_string() /> }
    };
    let shapes = match shape {
        Shape::Lines => strands
            .iter()
            .map(|strand| {
                view! { <path class=format!("strand {}", strand.class) d=line(&strand.values, top) /> }
                    .into_any()
            })
            .collect_view(),
        Shape::Stacked => {
            let edges = sums(strands);
            let floor = vec![0; axis.steps() as usize];
            strands
                .iter()
                .enumerate()
                .map(|(at, strand)| {
                    let below = at.checked_sub(1).map_or(&floor, |below| &edges[below]);
                    view! { <path class=format!("layer {}", strand.class) d=layer(below, &edges[at], top) /> }
                        .into_any()
                })
                .collect_view()
        }
    };
    let limit = limit.map(|value| level(height(value, top), "rule-limit"));
    view! { {level(0, "rule")} {level(HEIGHT / 2, "rule")} {upright} {shapes} {limit} {level(HEIGHT, "rule rule-zero")} }
        .into_any()
}

/// How far below the top a value is.
fn height(value: u64, top: u64) -> u64 {
    let part = u128::from(value.min(top)) * u128::from(HEIGHT) + u128::from(top / 2);
    HEIGHT - u64::try_from(part / u128::from(top.max(1))).unwrap_or(HEIGHT).min(HEIGHT)
}

/// A line through the middle of each step, torn where nothing was measured. A value between two
/// gaps is a line as long as its step.
fn line(values: &[Option<u64>], top: u64) -> String {
    let mut path = String::new();
    let mut before = None;
    for (step, value) in values.iter().enumerate() {
        let Some(value) = value else {
            before = None;
            continue;
        };
        let y = height(*value, top);
        let is_last = values.get(step + 1).copied().flatten().is_none();
        // Writing to a String can't fail.
        let _ = match before {
            None if is_last => write!(path, "M{} {y}h2", step * 2),
            None => write!(path, "M{} {y}", step * 2 + 1),
            // Relative to the point before: short, and alike where nothing changes.
            Some(before) => write!(path, "l2 {}", difference(before, y)),
        };
        before = Some(y);
    }
    path
}

/// The area between two edges.
fn layer(below: &[u64], above: &[u64], top: u64) -> String {
    let mut path = String::new();
    let edge =
        |values: &[u64]| -> Vec<u64> { values.iter().map(|value| height(*value, top)).collect() };
    let (above, mut below) = (edge(above), edge(below));
    below.reverse();
    let Some(first) = above.first() else { return path };
    let _ = write!(path, "M1 {first}");
    for pair in above.windows(2) {
        let _ = write!(path, "l2 {}", difference(pair[0], pair[1]));
    }
    if let Some(last) = below.first() {
        let _ = write!(path, "V{last}");
    }
    for pair in below.windows(2) {
        let _ = write!(path, "l-2 {}", difference(pair[0], pair[1]));
    }
    path.push('Z');
    path
}

fn difference(from: u64, to: u64) -> i64 {
    i64::try_from(to).unwrap_or(0) - i64::try_from(from).unwrap_or(0)
}

/// A flag at each step in which something was changed; its words in the list of changes.
pub(super) fn flag_row(axis: Axis, flags: Vec<Flag>) -> AnyView {
    let mut at: BTreeMap<u32, Vec<Flag>> = BTreeMap::new();
    for flag in flags {
        if let Some(step) = axis.0.step_of(flag.at) {
            at.entry(step).or_default().push(flag);
        }
    }
    let shown = at
        .into_iter()
        .map(|(step, flags)| {
            let place = f64::from(step * 2 + 1) * 50.0 / f64::from(axis.steps().max(1));
            let words: Vec<String> = flags.iter().map(|flag| flag.words.clone()).collect();
            let class = flags.iter().map(|flag| flag.class).find(|class| !class.is_empty());
            view! {
                <svg x=format!("{place:.2}%") y="0" width="8" height="14" overflow="visible">
                    <title>{words.join("; ")}</title>
                    <path class=format!("flag {}", class.unwrap_or_default()) d="M0 14V1l7 3-7 3" />
                </svg>
            }
        })
        .collect_view();
    view! {
        <svg class="flags" width="100%" height="14" aria-hidden="true">
            {shown}
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{super::CLASSES, *};

    #[test]
    fn a_line_is_torn_where_nothing_was_measured() {
        assert_eq!(line(&[Some(0), Some(10), Some(5)], 10), "M1 1000l2 -1000l2 500");
        assert_eq!(line(&[Some(10), None, Some(10)], 10), "M0 0h2M4 0h2");
        assert_eq!(line(&[None, None], 10), "");
        assert_eq!(height(20, 10), 0, "never above the picture");
        assert_eq!(height(5, 0), HEIGHT);
    }

    fn strand(values: &[u64]) -> Strand {
        let values = values.iter().copied().map(Some).collect();
        Strand { name: "a".to_owned(), values, class: CLASSES[0] }
    }

    #[test]
    fn layers_lie_upon_one_another() {
        let strands = [strand(&[1, 2]), strand(&[3, 0])];
        assert_eq!(sums(&strands), [[1, 2], [4, 2]]);
        assert_eq!((highest(Shape::Stacked, &strands), highest(Shape::Lines, &strands)), (4, 3));
        assert_eq!(layer(&[0, 0], &[5, 10], 10), "M1 500l2 -500V1000l-2 0Z");
        assert_eq!(layer(&[], &[], 10), "");
        assert_eq!(highest(Shape::Stacked, &[]), 0);
    }
}
