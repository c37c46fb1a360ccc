//! Finding anything by its name: the palette that Ctrl-K opens over each page, and the same as
//! a page for whoever has no script.

pub mod api;
pub mod page;
pub mod palette;

use domain::find::{Found, Kind, rank};

use crate::{format, ui::PLACES};

/// A line of what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is, in a word.
    pub kind: &'static str,
    /// What it is known by.
    pub name: String,
    /// What else it is called.
    pub hint: String,
    /// Its page.
    pub href: String,
}

/// Things to do that have a page of their own and no place in the rail.
const DEEDS: [(&str, &str); 16] = [
    ("/mappings/new", "New mapping"),
    ("/audiences/new", "Promote a segment"),
    ("/audiences/bands", "Bands of lapsed buyers"),
    ("/destinations/new", "New destination"),
    ("/suppression/new", "New suppression"),
    ("/mappings?view=matrix", "Mapping matrix"),
    ("/timeline", "Timeline of messages and ads"),
    ("/exclusivity", "Exclusivity groups"),
    ("/dead-letters", "Dead letters"),
    ("/contract/quarantine", "Quarantine"),
    ("/contract/names", "Event names"),
    ("/contract/noise", "Events nobody reads"),
    ("/contract/plans", "Tracking plans"),
    ("/first-steps", "First steps"),
    ("/settings/connections/events", "What comes in"),
    ("/settings/connections/source", "What the source receives"),
];

/// The pages that a text names, the best first; all of them for an empty one.
#[must_use]
pub fn pages(text: &str) -> Vec<Line> {
    let places = PLACES.iter().copied().flatten().map(|place| (place.href, place.words));
    let mut ranked: Vec<(u32, (&str, &str))> = places
        .chain(DEEDS)
        .filter_map(|(href, words)| Some((rank(text, words, "")?, (href, words))))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .map(|(_, (href, words))| Line {
            kind: "page",
            name: words.to_owned(),
            hint: String::new(),
            href: href.to_owned(),
        })
        .collect()
}

impl From<Found> for Line {
    fn from(found: Found) -> Self {
        let Found { kind, name, hint } = found;
        let address = format::in_address(&name);
        let (kind, href) = match kind {
            Kind::Mapping => ("mapping", format!("/mappings/{address}")),
            Kind::Audience => ("audience", format!("/audiences/{address}")),
            Kind::Destination => ("destination", format!("/destinations/{address}")),
            Kind::Suppression => ("suppression", format!("/suppression/rules/{address}")),
            Kind::Person => ("person", format!("/people/{address}")),
        };
        Self { kind, name, hint, href }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_found_by_a_part_of_their_words() {
        let hrefs = |text: &str| pages(text).into_iter().map(|line| line.href).collect::<Vec<_>>();
        assert_eq!(hrefs("dead"), ["/dead-letters"]);
        assert_eq!(hrefs("mapping"), ["/mappings", "/mappings?view=matrix", "/mappings/new"]);
        assert!(hrefs("nothing like it").is_empty());
        assert!(hrefs("").len() > DEEDS.len(), "an empty text shows all");
    }

    #[test]
    fn whatever_a_name_holds_its_address_leads_there() {
        let found = Found { kind: Kind::Person, name: "a/b?".to_owned(), hint: String::new() };
        assert_eq!(Line::from(found).href, "/people/a%2Fb%3F");
    }
}
