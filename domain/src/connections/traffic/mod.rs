//! What comes in with our write key, as Segment counts it, and what of it isn't ours.
//!
//! A source that others write to as well can't be told apart from Segue's traffic, and its
//! destinations get what they send. What Segue sends is named in [`OURS`].

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{delivery::Transition, time::Span};

/// How far back is looked.
pub const LOOKS_BACK: Span = Span::from_hours(24);

/// Every track that Segue sends.
pub const OURS: [&str; 3] =
    [Transition::Entered.event(), Transition::Exited.event(), CONNECTION_TESTED];

/// The track that asks whether Segment takes anything.
pub const CONNECTION_TESTED: &str = "Segue Connection Tested";

/// How often one kind of call came in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counted {
    /// `track`, `identify` and so on, in small letters.
    pub kind: String,
    /// A track's name; others have none.
    pub event: Option<String>,
    /// How many.
    pub total: u64,
}

/// One kind of call, and whether Segue makes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// What.
    pub counted: Counted,
    /// Whether Segue sends these.
    pub is_ours: bool,
}

/// What a source received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceTraffic {
    /// What the workspace calls the source.
    pub source: String,
    /// Others' first, each the most frequent first.
    pub arrivals: Vec<Arrival>,
}

impl SourceTraffic {
    /// Of what was counted.
    #[must_use]
    pub fn new(source: String, counted: Vec<Counted>) -> Self {
        let tracks: u64 = counted.iter().filter(|one| is_our_track(one)).map(|one| one.total).sum();
        // An identify has no name. Ours come beside a track, so more of them are somebody's.
        let is_ours =
            |one: &Counted| is_our_track(one) || (one.kind == "identify" && one.total <= tracks);
        let mut arrivals: Vec<Arrival> = counted
            .into_iter()
            .filter(|one| one.total > 0)
            .map(|counted| Arrival { is_ours: is_ours(&counted), counted })
            .collect();
        arrivals.sort_by(|a, b| {
            let order = |one: &Arrival| (one.is_ours, std::cmp::Reverse(one.counted.total));
            order(a).cmp(&order(b)).then_with(|| a.counted.cmp(&b.counted))
        });
        Self { source, arrivals }
    }

    /// What somebody else sends.
    pub fn foreign(&self) -> impl Iterator<Item = &Counted> {
        self.arrivals.iter().filter(|one| !one.is_ours).map(|one| &one.counted)
    }
}

fn is_our_track(one: &Counted) -> bool {
    let name = one.event.as_deref();
    one.kind == "track" && name.is_some_and(|name| OURS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(kind: &str, event: Option<&str>, total: u64) -> Counted {
        Counted { kind: kind.to_owned(), event: event.map(str::to_owned), total }
    }

    fn foreign(all: &[Counted]) -> Vec<String> {
        let traffic = SourceTraffic::new("Shop".to_owned(), all.to_vec());
        let name = |one: &Counted| one.event.clone().unwrap_or_else(|| one.kind.clone());
        traffic.foreign().map(name).collect()
    }

    #[test]
    fn what_segue_sends_is_its_own() {
        let mut ours = OURS.map(|name| counted("track", Some(name), 5)).to_vec();
        assert!(foreign(&ours).is_empty());
        ours.push(counted("identify", None, 15));
        assert!(foreign(&ours).is_empty(), "each beside a track");
        ours.push(counted("page", None, 0));
        assert!(foreign(&ours).is_empty(), "none came");
    }

    #[test]
    fn everything_else_is_somebody_elses_the_most_frequent_first() {
        let all = [
            counted("track", Some("Audience Entered"), 10),
            counted("track", Some("audience entered"), 1),
            counted("track", Some("Order Completed"), 7),
            counted("identify", None, 11),
            counted("page", None, 2),
        ];
        assert_eq!(foreign(&all), ["identify", "Order Completed", "page", "audience entered"]);
    }
}
