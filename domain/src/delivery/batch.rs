//! Batches by encoded size, within Segment's limits.
//!
//! Source: Segment's HTTP API: 500 KB a request, 32 KB an event, 2,500 events. Above the
//! last it answers 200 and drops, so a limit is never left to the other side.

use serde::{Deserialize, Serialize};

use crate::people::Ordinal;

/// Bytes of a request's events; the rest of 512,000 is room for the envelope and for
/// identifiers that grew between a send and its resend.
pub const MOST_BYTES: usize = 500_000;
/// Events of a request.
pub const MOST_EVENTS: usize = 2_500;
/// Requests of one claim, whatever the budget: all of them are kept in memory.
const MOST_REQUESTS: usize = 8;
/// Bytes of one event.
pub const LARGEST_EVENT: usize = 32_768;

/// One person's messages, ready to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// Whose.
    pub ordinal: Ordinal,
    /// Each complete JSON.
    pub messages: Vec<String>,
    /// Fields that the event was too large for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// How many people from the front fit into one request; at least one if there is one.
#[must_use]
pub fn fitting(people: &[Rendered]) -> usize {
    let (mut bytes, mut events) = (0, 0);
    for (position, person) in people.iter().enumerate() {
        // A comma follows each event.
        bytes += person.messages.iter().map(|message| message.len() + 1).sum::<usize>();
        events += person.messages.len();
        if position > 0 && (bytes > MOST_BYTES || events > MOST_EVENTS) {
            return position;
        }
    }
    people.len()
}

/// Cut into requests, each as full as it may be.
pub fn cut(people: &[Rendered]) -> impl Iterator<Item = &[Rendered]> {
    let mut rest = people;
    std::iter::from_fn(move || {
        let (request, others) = rest.split_at(fitting(rest));
        rest = others;
        (!request.is_empty()).then_some(request)
    })
}

/// Requests of one claim: as many as a second's budget of events lets go, at least one. Who is
/// claimed can't be turned away any more, so nobody is claimed long before they are sent.
#[must_use]
pub fn requests(events_per_second: i64) -> usize {
    let whole = usize::try_from(events_per_second).unwrap_or(0) / MOST_EVENTS;
    whole.clamp(1, MOST_REQUESTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rendered(ordinal: Ordinal, messages: Vec<String>) -> Rendered {
        Rendered { ordinal, messages, left_out: Vec::new() }
    }

    proptest! {
        #[test]
        fn a_batch_is_within_limits_and_full(sizes in prop::collection::vec(1_usize..LARGEST_EVENT, 0..80)) {
            let people: Vec<Rendered> = sizes
                .iter()
                .zip(0..)
                .map(|(size, ordinal)| rendered(ordinal, vec!["x".repeat(*size)]))
                .collect();
            let count = fitting(&people);
            let bytes = |count: usize| sizes[..count].iter().map(|size| size + 1).sum::<usize>();
            prop_assert!(bytes(count) <= MOST_BYTES);
            prop_assert!(count == people.len() || bytes(count + 1) > MOST_BYTES);
            let requests: Vec<_> = cut(&people).collect();
            prop_assert!(requests.iter().all(|request| fitting(request) == request.len()));
            prop_assert_eq!(requests.concat(), people);
        }
    }

    #[test]
    fn a_claim_is_what_a_second_sends() {
        let budgets = [0, 1, 1_000, 2_500, 5_000, 7_499, 100_000, i64::MAX];
        assert_eq!(budgets.map(requests), [1, 1, 1, 1, 2, 2, 8, 8]);
        assert_eq!(cut(&[]).count(), 0);
    }

    #[test]
    fn two_messages_a_person_count_twice() {
        let one = |ordinal| rendered(ordinal, vec!["{}".to_owned(), "{}".to_owned()]);
        let people: Vec<Rendered> = (0..2_000).map(one).collect();
        assert_eq!(fitting(&people), 1_250);
    }
}
