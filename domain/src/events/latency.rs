//! How soon people leave after what they did: from the event to Segment's answer, stage by
//! stage. The platform's own time comes on top, see
//! [`crate::destinations::profile::Profile::refresh_floor`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    key::Key,
    mappings::UseCase,
    time::{Instant, Span},
};

/// How far back is counted.
pub const WINDOW: Span = Span::from_hours(24 * 7);

/// Exits that went together, with the times of the first event among theirs: the longest wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FastExit {
    /// Where from.
    pub destination: Key,
    /// What they were there for.
    pub use_case: UseCase,
    /// How many people, without the refused.
    pub people: u64,
    /// Whose exit Segment has refused.
    pub refused: u64,
    /// When the event happened, by its sender's clock.
    pub at: Instant,
    /// When it came in.
    pub received_at: Instant,
    /// When the exits were decided, and so the event was kept before.
    pub decided_at: Instant,
    /// When Segment's answer was kept; nothing before.
    pub answered_at: Option<Instant>,
}

/// What a stage takes for half of the people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// From the event until it came in.
    pub coming: Span,
    /// Until it was kept and the exit decided.
    pub deciding: Span,
    /// Until Segment had answered.
    pub sending: Span,
}

/// How soon people left one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Which.
    pub destination: Key,
    /// How many left.
    pub people: u64,
    /// Half of them within this.
    pub half: Span,
    /// 95 of 100 within this.
    pub most: Span,
    /// 99 of 100 within this.
    pub nearly_all: Span,
    /// Where the time goes.
    pub stages: Stages,
}

/// An exit and when it was answered.
type Answered<'a> = (&'a FastExit, Instant);

/// How soon people left each destination, by key.
#[must_use]
pub fn latencies(exits: &[FastExit]) -> Vec<Latency> {
    let mut by_destination: BTreeMap<&Key, Vec<Answered<'_>>> = BTreeMap::new();
    for exit in exits.iter().filter(|exit| exit.people > 0) {
        if let Some(at) = exit.answered_at {
            by_destination.entry(&exit.destination).or_default().push((exit, at));
        }
    }
    let one = |(destination, exits): (&Key, Vec<Answered<'_>>)| {
        let within = |share: f64, span: fn(&Answered<'_>) -> Span| quantile(&exits, share, span);
        let whole = |(exit, answered_at): &Answered<'_>| answered_at.since(exit.at);
        Latency {
            people: exits.iter().map(|(exit, _)| exit.people).sum(),
            half: within(0.5, whole),
            most: within(0.95, whole),
            nearly_all: within(0.99, whole),
            stages: Stages {
                coming: within(0.5, |(exit, _)| exit.received_at.since(exit.at)),
                deciding: within(0.5, |(exit, _)| exit.decided_at.since(exit.received_at)),
                sending: within(0.5, |(exit, answered_at)| answered_at.since(exit.decided_at)),
            },
            destination: destination.clone(),
        }
    };
    by_destination.into_iter().map(one).collect()
}

/// The least span within which that share of the people lies.
fn quantile(exits: &[Answered<'_>], share: f64, span: fn(&Answered<'_>) -> Span) -> Span {
    let mut spans: Vec<(Span, u64)> = exits.iter().map(|one| (span(one), one.0.people)).collect();
    spans.sort_unstable();
    let all: u64 = spans.iter().map(|(_, people)| people).sum();
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of people"
    )]
    let wanted = (all as f64 * share).ceil() as u64;
    let mut people = 0;
    for (span, count) in spans {
        people += count;
        if people >= wanted {
            return span;
        }
    }
    Span(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(destination: &str, people: u64, millis: i64) -> FastExit {
        let at = |share: i64| Instant(millis * 1_000 * share / 10);
        FastExit {
            destination: destination.parse().unwrap(),
            use_case: UseCase::Retarget,
            people,
            refused: 0,
            at: Instant(0),
            received_at: at(1),
            decided_at: at(3),
            answered_at: Some(at(10)),
        }
    }

    #[test]
    fn people_are_counted_and_not_batches() {
        let exits = vec![exit("meta", 98, 100), exit("meta", 1, 1_000), exit("meta", 1, 9_000)];
        // Who has no answer yet has no latency.
        let waiting = FastExit { answered_at: None, ..exit("tiktok", 5, 1) };
        let latencies = latencies(&[exits, vec![exit("google", 1, 10), waiting]].concat());
        let [google, meta] = &latencies[..] else { panic!("{latencies:?}") };
        assert_eq!((google.people, google.half.millis(), google.nearly_all.millis()), (1, 10, 10));
        assert_eq!(meta.people, 100);
        let spans = [meta.half, meta.most, meta.nearly_all].map(Span::millis);
        assert_eq!(spans, [100, 100, 1_000]);
        let Stages { coming, deciding, sending } = meta.stages;
        assert_eq!([coming, deciding, sending].map(Span::millis), [10, 20, 70]);
    }
}
