//! How long whoever left stays out: what helps to choose it.

use domain::mappings::flapping::Flapping;

use crate::format;

/// What a dwell does, and how many people go in and out as it is.
pub fn dwell_hint(flapping: Option<Flapping>) -> String {
    let words = "Such as 1d: whoever left the destination doesn't come back before. It damps people who go in and out; no exit is ever held.";
    match flapping {
        None => words.to_owned(),
        Some(Flapping { moved: 0, .. }) => {
            format!("{words} Nobody came or went in the last 24 hours.")
        }
        Some(Flapping { moved, both_ways }) => format!(
            "{words} Of {} who came or went in the last 24 hours, {} did both ({}).",
            format::count(moved, "person", "people"),
            format::number(both_ways),
            format::share(both_ways, moved),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_says_how_many_go_in_and_out() {
        let hint = |moved, both_ways| {
            dwell_hint(Some(Flapping { moved, both_ways })).replace('\u{a0}', " ")
        };
        assert!(hint(0, 0).ends_with("Nobody came or went in the last 24 hours."));
        let some = "Of 1,240 people who came or went in the last 24 hours, 38 did both (3.1 %).";
        assert!(hint(1_240, 38).ends_with(some), "{}", hint(1_240, 38));
    }
}
