//! What is to reach one person soon: messages, ads that begin or end, suppressions that end, on
//! one line of time, and which of them meet.
//!
//! Messages are what flows state; ads begin at the soonest when the platform uses an entry. Who
//! came into an audience when is known from its readings, else from when a destination was told.

use serde::{Deserialize, Serialize};

use super::standing::{PersonMapping, PersonView};
use crate::{
    delivery::Transition,
    key::Key,
    mappings::timeline::{Channel, FlowView, Paid},
    sync::Cause,
    time::{Instant, Span},
};

/// How far is looked ahead.
pub const AHEAD: Span = Span::from_hours(48);

/// Two things closer than this meet.
const BESIDE: Span = Span::from_hours(1);

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// A message of a flow goes out.
    Message {
        /// The flow.
        flow: Key,
        /// By what it comes.
        channel: Channel,
    },
    /// A mapping's ads may begin.
    AdsBegin {
        /// The mapping.
        mapping: Key,
    },
    /// They end, because the audience's window does.
    AdsEnd {
        /// The mapping.
        mapping: Key,
    },
    /// A suppression ends.
    Released {
        /// The rule.
        rule: Key,
    },
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planned {
    /// When.
    pub at: Instant,
    /// What.
    pub step: Step,
    /// Mappings whose ads run then, or begin within an hour; of a message only.
    pub beside: Vec<Key>,
}

/// When a mapping's ads may reach the person.
struct Ads {
    mapping: Key,
    begin: Instant,
    end: Option<Instant>,
}

impl Ads {
    fn meets(&self, at: Instant) -> bool {
        let has_ended = self.end.is_some_and(|end| end <= at);
        !has_ended && self.begin < at.plus(BESIDE)
    }
}

/// What reaches the person from now on, the soonest first.
#[must_use]
pub fn planned(view: &PersonView, flows: &[FlowView], now: Instant) -> Vec<Planned> {
    let mut steps = Vec::new();
    let (mut ads, mut messages) = (Vec::new(), Vec::new());
    for membership in &view.audiences {
        let Some(since) = membership.since.or_else(|| told_at(view, &membership.audience)) else {
            continue;
        };
        for flow in flows.iter().filter(|flow| flow.spec.audience == membership.audience) {
            let origin = since.minus(flow.joins_at);
            for touch in &flow.spec.touches {
                let flow = flow.spec.key.clone();
                messages
                    .push((origin.plus(touch.at), Step::Message { flow, channel: touch.channel }));
            }
            ads.extend(flow.paid.iter().filter_map(|paid| of_mapping(view, paid, origin)));
        }
    }
    // Several flows of one audience show the same ads.
    ads.sort_by(|a, b| (&a.mapping, a.begin).cmp(&(&b.mapping, b.begin)));
    ads.dedup_by(|a, b| a.mapping == b.mapping);
    for one in &ads {
        let mapping = || one.mapping.clone();
        steps.push((one.begin, Step::AdsBegin { mapping: mapping() }));
        steps.extend(one.end.map(|end| (end, Step::AdsEnd { mapping: mapping() })));
    }
    let ends = view.suppressions.iter().filter(|one| !one.is_member);
    steps.extend(
        ends.filter_map(|one| Some((one.until?, Step::Released { rule: one.rule.clone() }))),
    );
    steps.extend(messages);
    let mut planned: Vec<Planned> = steps
        .into_iter()
        .filter(|(at, _)| *at >= now && *at <= now.plus(AHEAD))
        .map(|(at, step)| {
            let is_message = matches!(step, Step::Message { .. });
            let meets = ads.iter().filter(|one| is_message && one.meets(at));
            Planned { at, beside: meets.map(|one| one.mapping.clone()).collect(), step }
        })
        .collect();
    planned.sort();
    planned
}

/// When a destination was told that the person came into the audience, if they are there still.
fn told_at(view: &PersonView, audience: &Key) -> Option<Instant> {
    let places = view.mappings.iter().filter(|one| one.audience == *audience);
    places
        .filter_map(|one| one.history.last())
        .filter_map(|last| (last.transition == Transition::Entered).then_some(last.at))
        .min()
}

/// A mapping's ads, if it runs and would send the person.
fn of_mapping(view: &PersonView, paid: &Paid, origin: Instant) -> Option<Ads> {
    let is_coming = |one: &&PersonMapping| matches!(one.cause, None | Some(Cause::Held));
    let place = view.mappings.iter().find(|one| one.mapping == paid.mapping).filter(is_coming)?;
    (place.is_active && place.member).then(|| Ads {
        mapping: paid.mapping.clone(),
        begin: origin.plus(paid.begins_at),
        end: paid.ends_at.map(|end| origin.plus(end)),
    })
}

#[cfg(test)]
mod tests;
