//! Bands: a stretch of days since the last order, cut so that each person stands in one.

use crate::time::Span;

use super::Window;

/// More bands are more audiences than anybody looks after.
pub const MOST_BANDS: usize = 12;

const DAY: Span = Span::from_hours(24);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// From how long ago to how long ago.
    pub window: Window,
    /// The key it begins with.
    pub key: String,
    /// What it is for.
    pub purpose: String,
    /// The conditions to enter in Customer.io.
    pub conditions: String,
}

/// Cuts the days from `from` to `to` into bands of `each`; the last one may be shorter. A band
/// has its young end and not its old one, so that the next begins where it ends.
///
/// # Errors
/// What to write instead, with the field's name.
pub fn bands(from: Span, to: Span, each: Span) -> Result<Vec<Band>, (&'static str, String)> {
    for (field, span) in [("from", from), ("to", to), ("each", each)] {
        if span.0 % DAY.0 != 0 || span.0 < 0 {
            return Err((field, "write whole days, such as 30d".to_owned()));
        }
    }
    if each.0 == 0 {
        return Err(("each", "a band has at least a day, such as 30d".to_owned()));
    }
    if from >= to {
        return Err(("to", "the end lies after the beginning, such as 120d".to_owned()));
    }
    if (to.0 - from.0 + each.0 - 1) / each.0 > i64::try_from(MOST_BANDS).unwrap_or(i64::MAX) {
        return Err(("each", format!("at most {MOST_BANDS} bands: make each longer")));
    }
    let mut cut = Vec::new();
    let mut begins = from;
    while begins < to {
        let ends = Span((begins.0 + each.0).min(to.0));
        if let Ok(window) = Window::new(begins, ends) {
            cut.push(band(window));
        }
        begins = ends;
    }
    Ok(cut)
}

fn band(window: Window) -> Band {
    let (from, to) = (window.from().0 / DAY.0, window.to().0 / DAY.0);
    Band {
        window,
        key: format!("lapsed-{from}-{to}"),
        purpose: format!("Win back people who bought {from} to {to} days ago"),
        conditions: if from == 0 {
            format!("Performed Order Completed in the past {to} days")
        } else {
            format!(
                "Performed Order Completed in the past {to} days, and did not perform it in the past {from} days"
            )
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::Key;

    const fn days(days: i64) -> Span {
        Span::from_hours(24 * days)
    }

    #[test]
    fn thirty_days_each_from_thirty_to_a_hundred_and_twenty() {
        let cut = bands(days(30), days(120), days(30)).unwrap();
        let said: Vec<_> =
            cut.iter().map(|one| (one.key.as_str(), one.window.to_string())).collect();
        assert_eq!(
            said,
            [
                ("lapsed-30-60", "30d-60d".to_owned()),
                ("lapsed-60-90", "60d-90d".to_owned()),
                ("lapsed-90-120", "90d-120d".to_owned()),
            ]
        );
    }

    #[test]
    fn what_cannot_be_cut_names_its_field() {
        let field = |from, to, each| bands(from, to, each).unwrap_err().0;
        assert_eq!(field(Span::from_hours(1), days(2), days(1)), "from");
        assert_eq!(field(days(5), days(5), days(1)), "to");
        assert_eq!(field(days(0), days(5), days(0)), "each");
        assert_eq!(field(days(0), days(365), days(1)), "each");
    }

    proptest! {
        /// Each day since the last order lies in one band, and in none outside the stretch.
        #[test]
        fn bands_partition_the_stretch(from in 0..200_i64, length in 1..365_i64, each in 1..120_i64) {
            let (from, to) = (days(from), days(from + length));
            let Ok(cut) = bands(from, to, days(each)) else {
                prop_assert!((length + each - 1) / each > i64::try_from(MOST_BANDS).unwrap());
                return Ok(());
            };
            for day in 0..600 {
                let ago = days(day);
                let holding = cut.iter().filter(|one| one.window.from() <= ago && ago < one.window.to());
                let inside = usize::from(from <= ago && ago < to);
                prop_assert_eq!(holding.count(), inside, "{} days", day);
            }
            for one in &cut {
                prop_assert!(one.key.parse::<Key>().is_ok());
                prop_assert_eq!(one.window.to_string().parse::<Window>().unwrap(), one.window);
            }
        }
    }
}
