//! Medians with their spread, and one table for the terminal and for Markdown.

use std::fmt::Write as _;

/// One figure of several rounds.
#[derive(Clone, Debug, Default)]
pub struct Figure(pub Vec<f64>);

impl Figure {
    /// The middle one, or the mean of the middle two.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => sorted[count / 2],
            count => f64::midpoint(sorted[count / 2 - 1], sorted[count / 2]),
        }
    }

    /// Round by round, how many times as much as another.
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect())
    }

    /// The median, and the least and the most where there are several.
    pub fn show(&self) -> String {
        if self.0.is_empty() {
            return "void".to_owned();
        }
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.0.len() {
            1 => number(self.median()),
            _ => format!("{} ({} to {})", number(self.median()), number(least), number(most)),
        }
    }
}

/// Three figures that count, thousands grouped.
pub fn number(value: f64) -> String {
    let text = match value.abs() {
        size if size.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// What was measured.
#[derive(Default)]
pub struct Table(Vec<[String; 3]>);

impl Table {
    /// What, who, how much.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        who: impl Into<String>,
        value: impl Into<String>,
    ) {
        self.0.push([what.into(), who.into(), value.into()]);
    }

    /// In columns.
    pub fn text(&self) -> String {
        let width = |column: usize| {
            self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let (what, who) = (width(0), width(1));
        self.lines(|before, row| {
            let name = if before == row[0] { "" } else { row[0].as_str() };
            format!("{name:what$}  {:who$}  {}\n", row[1], row[2])
        })
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let rows = self.lines(|before, row| {
            let name = if before == row[0] { "" } else { row[0].as_str() };
            format!("| {name} | {} | {} |\n", row[1], row[2])
        });
        format!("| | | |\n| --- | --- | ---: |\n{rows}")
    }

    /// Each row by its own words; it knows the name of the row before.
    fn lines(&self, write: impl Fn(&str, &[String; 3]) -> String) -> String {
        let mut text = String::new();
        let mut before = "";
        for row in &self.0 {
            // Writing to a String can't fail.
            let _ = write!(text, "{}", write(before, row));
            before = &row[0];
        }
        text
    }
}
