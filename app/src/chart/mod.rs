//! Charts, drawn on the server: the title is the question that the picture answers.
//!
//! SVG holds shapes only and stretches with the page; words are HTML beside it, so they
//! keep their size on a narrow screen, at 200 % zoom and on paper. No style attribute, no
//! script. A new chart is a file here, its shapes in `style/components/chart.css`, and a
//! table that says the same to whoever can't see it.

mod axis;
mod bars;
mod columns;
mod funnel;
mod over_time;
mod shares;
mod spark;

pub use axis::{Axis, Cursor, Flag};
pub use bars::{Bar, Bars};
pub use columns::{ColumnBar, Columns};
pub use funnel::{Funnel, FunnelStep};
pub use over_time::{CLASSES, OverTime, Shape, Strand, Unit};
pub use shares::{Share, Shares};
pub use spark::Spark;

/// `part` of `whole` on a scale of 0 to `length`, never past its end.
fn scaled(part: u64, whole: u64, length: f64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    (as_f64(part) / as_f64(whole)).min(1.0) * length
}

#[expect(clippy::cast_precision_loss, reason = "a picture: people, not their exact count")]
fn as_f64(value: u64) -> f64 {
    value as f64
}

/// A length in a picture: no more digits than a screen can show.
fn dot(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_without_leaving_the_picture() {
        for (part, whole, place) in [(0, 0, "0"), (1, 2, "500"), (3, 2, "1000"), (1, 3, "333.3")] {
            assert_eq!(dot(scaled(part, whole, 1000.0)), place, "{part} of {whole}");
        }
    }
}
