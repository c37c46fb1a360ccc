//! Where ads and messages meet.

use super::{Conflict, FlowSpec, FlowView, Meeting, Paid, Rule, Stacking, Touch};
use crate::{
    audiences::Window,
    destinations::Profile,
    mappings::{MappingSpec, UseCase},
    time::Span,
};

/// How long a message is left alone.
const QUIET: Span = Span::from_hours(1);

/// What the axis depends on.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The flow.
    pub flow: &'a FlowSpec,
    /// The audience's window, if somebody stated it.
    pub window: Option<Window>,
    /// Mappings of that audience, with their platforms and whether a purchase ends them.
    pub mappings: Vec<(&'a MappingSpec, Profile, bool)>,
    /// What is meant.
    pub stackings: &'a [Stacking],
}

/// Puts messages and ads on one axis, and tells where they meet.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> FlowView {
    let mut spec = facts.flow.clone();
    spec.touches.sort();
    let retarget =
        facts.mappings.iter().filter(|(mapping, ..)| mapping.use_case == UseCase::Retarget);
    let mut paid = Vec::new();
    let mut conflicts = beside_each_other(&spec.touches);
    for (mapping, profile, ends) in retarget {
        let one = window_of(mapping, *profile, facts.window);
        conflicts.extend(meetings(&one, &spec.touches, facts.window, *ends));
        paid.push(one);
    }
    for conflict in &mut conflicts {
        let meant = facts.stackings.iter().find(|one| one.meeting == conflict.meeting);
        conflict.meant = meant.cloned();
    }
    conflicts.sort_by(|a, b| (a.from, &a.meeting).cmp(&(b.from, &b.meeting)));
    let joins_at = facts.window.map_or(Span(0), Window::from);
    FlowView { spec, joins_at, paid, conflicts }
}

fn window_of(mapping: &MappingSpec, profile: Profile, window: Option<Window>) -> Paid {
    let joins = window.map_or(Span(0), Window::from);
    let sent_at = add(joins, mapping.offset.unwrap_or(Span(0)));
    let floor = profile.refresh_floor().unwrap_or(Span(0));
    Paid {
        mapping: mapping.key.clone(),
        destination: mapping.destination.clone(),
        profile,
        is_active: mapping.active,
        sent_at,
        begins_at: add(sent_at, floor),
        ends_at: window.map(Window::to),
    }
}

fn meetings(paid: &Paid, touches: &[Touch], window: Option<Window>, ends: bool) -> Vec<Conflict> {
    let mut found = Vec::new();
    let meeting = |rule, touch| Meeting { rule, mapping: Some(paid.mapping.clone()), touch };
    let joins = window.map_or(Span(0), Window::from);
    // Of the platform nobody knows more than its floor: what Segue sends is what can be moved.
    let starts = paid.sent_at;
    let mut add_conflict = |rule, touch: Option<Touch>, from, to| {
        let offset = touch.map(|touch: Touch| less(add(touch.at, QUIET), joins));
        found.push(Conflict { meeting: meeting(rule, touch), from, to, offset, meant: None });
    };
    if let Some(end) = paid.ends_at.filter(|end| paid.begins_at >= *end) {
        add_conflict(Rule::AdsAfterWindow, None, end, Some(paid.begins_at));
        return found;
    }
    for touch in touches {
        let is_beside = apart(starts, touch.at) < QUIET;
        if is_beside {
            let (from, to) = (starts.min(touch.at), starts.max(touch.at));
            add_conflict(Rule::AdsBesideMessage, Some(*touch), from, Some(to));
        } else if touch.channel.is_direct() && starts < touch.at {
            add_conflict(Rule::AdsBeforeMessage, Some(*touch), starts, Some(touch.at));
        }
    }
    if !ends {
        add_conflict(Rule::NoPurchaseEnd, None, starts, paid.ends_at);
    }
    found
}

/// Two messages of one flow; the later one is what meets the other.
fn beside_each_other(touches: &[Touch]) -> Vec<Conflict> {
    let close = touches.windows(2).filter_map(|pair| match pair {
        [first, second] if apart(first.at, second.at) < QUIET => Some(Conflict {
            meeting: Meeting { rule: Rule::MessagesClose, mapping: None, touch: Some(*second) },
            from: first.at,
            to: Some(second.at),
            offset: None,
            meant: None,
        }),
        _ => None,
    });
    close.collect()
}

const fn add(a: Span, b: Span) -> Span {
    Span(a.0.saturating_add(b.0))
}

fn less(a: Span, b: Span) -> Span {
    Span((a.0 - b.0).max(0))
}

const fn apart(a: Span, b: Span) -> Span {
    Span((a.0 - b.0).abs())
}

#[cfg(test)]
mod tests;
