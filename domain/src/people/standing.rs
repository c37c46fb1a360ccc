//! Where one person stands: in which audiences, kept out by what, at which destinations, and
//! every message that told it. The person page and `segue explain` show it.
//!
//! What a destination's answer adds goes into [`Answer`]; what may keep somebody away is a
//! [`Cause`], with a line that names its culprit: [`Keeping`], [`outranking`], [`Letter`].

use serde::{Deserialize, Serialize};

use super::Person;
use crate::{
    delivery::Transition,
    ids::RunId,
    key::Key,
    mappings::UseCase,
    sync::Cause,
    time::{Instant, Span},
};

/// Where a person stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// Who.
    pub person: Person,
    /// The audiences they are a member of, by key.
    pub audiences: Vec<Membership>,
    /// The suppressions that hold them now, by key.
    pub suppressions: Vec<Keeping>,
    /// Their place in every mapping, by key.
    pub mappings: Vec<PersonMapping>,
}

/// An audience that a person is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Which.
    pub audience: Key,
    /// Customer.io's name for its segment.
    pub segment_name: Option<String>,
    /// When its members were last read.
    pub read_at: Option<Instant>,
    /// Whether they could not be read anew since.
    pub is_stale: bool,
    /// When a reading first had them, as far as that is kept.
    pub since: Option<Instant>,
}

/// A suppression that keeps a person out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// Which.
    pub rule: Key,
    /// Why, in the operator's words.
    pub reason: String,
    /// Where; nowhere named is everywhere.
    pub destinations: Vec<Key>,
    /// While they are a member of its audience, it doesn't end.
    pub is_member: bool,
    /// Who put them on its list, if it is one.
    pub listed: Option<Listed>,
    /// When it ends, if they leave its audience before.
    pub until: Option<Instant>,
}

/// How somebody came onto a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Who put them there.
    pub by: String,
    /// Since when they are kept out.
    pub since: Instant,
    /// Why, in that operator's words; may be empty.
    pub note: String,
}

/// A rule, as far as one person is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which.
    pub key: Key,
    /// Why, in the operator's words.
    pub reason: String,
    /// Where; nowhere named is everywhere.
    pub destinations: Vec<Key>,
    /// How long it holds at least.
    pub ttl: Option<Span>,
}

impl Keeping {
    /// By an audience, for somebody who was first seen there at these times: its end is that of
    /// the newest. Nothing if it doesn't hold them.
    #[must_use]
    pub fn by_audience(
        rule: Rule,
        is_member: bool,
        seen: &[Instant],
        now: Instant,
    ) -> Option<Self> {
        let newest = seen.iter().max().zip(rule.ttl).map(|(seen, ttl)| seen.plus(ttl));
        let until = newest.filter(|end| *end > now);
        let Rule { key, reason, destinations, .. } = rule;
        (is_member || until.is_some()).then_some(Self {
            rule: key,
            reason,
            destinations,
            is_member,
            listed: None,
            until,
        })
    }

    /// By an event, for as long from when it happened.
    #[must_use]
    pub fn by_event(rule: Rule, since: Instant) -> Self {
        let until = rule.ttl.map(|ttl| since.plus(ttl));
        let Rule { key, reason, destinations, .. } = rule;
        Self { rule: key, reason, destinations, is_member: false, listed: None, until }
    }

    /// By a list.
    #[must_use]
    pub fn by_list(rule: Rule, listed: Listed) -> Self {
        let until = rule.ttl.map(|ttl| listed.since.plus(ttl));
        let Rule { key, reason, destinations, .. } = rule;
        Self { rule: key, reason, destinations, is_member: false, listed: Some(listed), until }
    }
}

/// A person's place in one mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonMapping {
    /// Which.
    pub mapping: Key,
    /// Its audience.
    pub audience: Key,
    /// Its destination.
    pub destination: Key,
    /// Its use case.
    pub use_case: UseCase,
    /// Its exclusivity group, and its place there: the lower wins.
    pub group: Option<String>,
    /// See `group`.
    pub priority: i64,
    /// Whether it runs.
    pub is_active: bool,
    /// In the audience by the last mirror.
    pub member: bool,
    /// There, by what Segment acknowledged.
    pub delivered: bool,
    /// Why they are not sent.
    pub cause: Option<Cause>,
    /// What was ordered and has no answer yet.
    pub underway: Option<Underway>,
    /// What Segment refused for good.
    pub letters: Vec<Letter>,
    /// What was acknowledged, as far back as was asked for, oldest first.
    pub history: Vec<HistoryEntry>,
}

/// One acknowledged transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When it was decided: the message's own timestamp.
    pub at: Instant,
    /// What.
    pub transition: Transition,
    /// The mapping's counter of orders.
    pub generation: i64,
    /// The run that decided it.
    pub run: RunId,
    /// The id that its track carried, which Segment's own views know.
    pub message_id: String,
    /// How it was answered; not known of what was sent by a version that didn't note it.
    pub answer: Option<Answer>,
}

/// Segment's answer to the batch that told it: its edge took the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// When the batch was claimed, just before it went out.
    pub sent_at: Instant,
    /// When the answer was committed.
    pub at: Instant,
    /// How many people it told about.
    pub people: u64,
}

/// A transition without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Underway {
    /// When it was decided.
    pub at: Instant,
    /// What.
    pub transition: Transition,
    /// The run that decided it.
    pub run: RunId,
    /// Since when it is claimed: it was sent, or may have been.
    pub sent_at: Option<Instant>,
}

/// A transition that Segment won't take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it said so.
    pub at: Instant,
    /// What.
    pub transition: Transition,
    /// Its reason.
    pub reason: String,
}

/// The mapping that takes a person away from `place`: of the same group, before it, and of
/// another audience that they would be sent from.
#[must_use]
pub fn outranking<'a>(
    place: &PersonMapping,
    all: &'a [PersonMapping],
) -> Option<&'a PersonMapping> {
    let stands_there = |other: &&PersonMapping| {
        let is_wanted = match other.cause {
            None | Some(Cause::Holdout | Cause::Held) => other.member,
            Some(_) => false,
        };
        other.is_active
            && other.group.is_some()
            && other.group == place.group
            && other.priority < place.priority
            && other.audience != place.audience
            && is_wanted
    };
    all.iter().filter(stands_there).min_by_key(|other| other.priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        text.parse().expect("a key")
    }

    fn place(mapping: &str, priority: i64) -> PersonMapping {
        PersonMapping {
            mapping: key(mapping),
            audience: key(mapping),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            group: Some("ads".to_owned()),
            priority,
            is_active: true,
            member: true,
            delivered: false,
            cause: None,
            underway: None,
            letters: vec![],
            history: vec![],
        }
    }

    #[test]
    fn the_first_of_the_group_that_wants_them_takes_them() {
        let (third, second, first) = (place("third", 3), place("second", 2), place("first", 1));
        let name = |place: &PersonMapping, all: &[PersonMapping]| {
            outranking(place, all).map(|other| other.mapping.to_string())
        };
        let all = [third.clone(), second.clone(), first.clone()];
        assert_eq!(name(&third, &all).as_deref(), Some("first"));
        assert_eq!(name(&first, &all), None);
        let changes: [fn(&mut PersonMapping); 6] = [
            |other| other.is_active = false,
            |other| other.member = false,
            |other| other.group = Some("else".to_owned()),
            |other| other.group = None,
            |other| other.audience = "third".parse().expect("a key"),
            |other| other.cause = Some(Cause::Suppressed),
        ];
        for change in changes {
            let mut other = first.clone();
            change(&mut other);
            assert_eq!(name(&third, &[third.clone(), other]), None);
        }
        let held_out = PersonMapping { cause: Some(Cause::Holdout), ..first };
        assert_eq!(name(&third, &[held_out]).as_deref(), Some("first"));
    }

    #[test]
    fn a_suppression_holds_from_the_newest_purchase_on() {
        let ttl = Some(Span::from_hours(24));
        let keep = |is_member, seen: &[Instant], ttl, now| {
            let rule = Rule {
                key: key("bought"),
                reason: "purchase".to_owned(),
                destinations: vec![],
                ttl,
            };
            Keeping::by_audience(rule, is_member, seen, now)
                .map(|keeping| (keeping.is_member, keeping.until))
        };
        let (first, second) = (Instant(0), Instant(0).plus(Span::from_hours(10)));
        let end = second.plus(Span::from_hours(24));
        assert_eq!(keep(false, &[second, first], ttl, second), Some((false, Some(end))));
        assert_eq!(keep(true, &[first], ttl, end), Some((true, None)));
        assert_eq!(keep(false, &[first, second], ttl, end), None);
        assert_eq!(keep(true, &[], None, end), Some((true, None)));
        assert_eq!(keep(false, &[second], None, second), None);
    }
}
