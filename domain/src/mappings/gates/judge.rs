//! The rules of the gates.

use super::{
    Audiences, Coverage, Finding, Gate, GateFacts, GateLink, GateState, Tested,
    rollout::one_destination_first,
};
use crate::{
    audiences::Window,
    destinations::{Profile, needs},
    mappings::{UseCase, trial::Proof},
    number::grouped,
    suppression::Kind,
    time::Span,
};

/// Below this share of people who can be found, in percent, whoever goes is told: the alarm of
/// the identity gap rings when 40 % are missing.
const FEW_PERCENT: u64 = 60;

/// The longest window of a recovery: whoever left a cart so long ago has lapsed.
const RECOVERY: Span = Span::from_hours(14 * 24);

/// Reactivation goes in bands of this many days.
const BAND: Span = Span::from_hours(30 * 24);

/// Looks at every gate that matters for such a mapping, in the order of [`Gate::ALL`].
#[must_use]
pub fn judge(facts: &GateFacts<'_>) -> Vec<Finding> {
    let look = |gate| match gate {
        Gate::SuppressionPolicy => suppression_policy(facts),
        Gate::MinimumSize => minimum_size(facts),
        Gate::Identifiers => identifiers(facts),
        Gate::Window => window(facts),
        Gate::ControlledTest => facts.tested.map(|one| controlled_test(one, facts.profile)),
        Gate::OneDestinationFirst => one_destination_first(facts),
        Gate::ExportBudget => facts.audiences.map(|audiences| export_budget(audiences, facts)),
    };
    Gate::ALL.into_iter().filter_map(look).collect()
}

fn finding(gate: Gate, link: GateLink, state: GateState, evidence: impl Into<String>) -> Finding {
    Finding { gate, state, evidence: evidence.into(), remedy: None, link }
}

impl Finding {
    fn with(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

fn of_audience(facts: &GateFacts<'_>) -> GateLink {
    GateLink::Audience(facts.audience.clone())
}

/// Whoever has bought must not see the ad again.
fn suppression_policy(facts: &GateFacts<'_>) -> Option<Finding> {
    if facts.use_case != UseCase::Retarget {
        return None;
    }
    let found = |state, evidence: String| {
        finding(Gate::SuppressionPolicy, GateLink::Suppression, state, evidence)
    };
    // A list that somebody keeps by hand knows nothing of the next purchase.
    let purchase =
        facts.suppressions.iter().find(|rule| rule.kind() == Kind::Purchase && !rule.list);
    Some(match purchase {
        Some(rule) => found(GateState::Open, format!("{} keeps out whoever bought", rule.key)),
        None => found(GateState::Blocking, "no suppression keeps out whoever bought".to_owned())
            .with("add one for the reason purchase, such as recent purchasers for 24h"),
    })
}

/// A platform doesn't use an audience that is too small.
fn minimum_size(facts: &GateFacts<'_>) -> Option<Finding> {
    let least = facts.profile.minimum_size()?;
    let found =
        |state, evidence: String| finding(Gate::MinimumSize, of_audience(facts), state, evidence);
    let label = facts.profile.label();
    Some(match facts.members {
        None => found(
            GateState::Unknown,
            format!(
                "the members of {} were not read yet; {label} needs {}",
                facts.audience,
                grouped(least)
            ),
        ),
        Some(members) if members < least => found(
            GateState::Blocking,
            format!(
                "{label} uses an audience from {} people on, and {} has {}",
                grouped(least),
                facts.audience,
                grouped(members)
            ),
        )
        .with("widen the segment in Customer.io, or wait until it has grown"),
        Some(members) => found(
            GateState::Open,
            format!(
                "{} has {} people, and {label} needs {}",
                facts.audience,
                grouped(members),
                grouped(least)
            ),
        ),
    })
}

/// A platform that can't find people shows them nothing.
fn identifiers(facts: &GateFacts<'_>) -> Option<Finding> {
    // Everybody has the id that such a destination takes.
    if facts.profile.identifiable().cio_id {
        return None;
    }
    let found =
        |state, evidence: String| finding(Gate::Identifiers, of_audience(facts), state, evidence);
    let (members, Coverage { found: with, may_grow }) = match (facts.members, facts.coverage) {
        (Some(members), Some(coverage)) if members > 0 => (members, coverage),
        _ => {
            let evidence = format!("who of {} can be found is not known yet", facts.audience);
            return Some(found(GateState::Unknown, evidence));
        }
    };
    let label = facts.profile.label();
    let evidence = format!(
        "{label} can find {} of {} people of {}",
        grouped(with),
        grouped(members),
        facts.audience
    );
    // Where the audience itself is too small, the gate of its size says so.
    let too_few = needs::too_few(facts.profile, members, with);
    let remedy = format!("collect {} before it goes there", missing(facts));
    Some(if too_few && may_grow {
        found(
            GateState::Unknown,
            format!("{evidence} so far: phone numbers are read with the first run"),
        )
    } else if too_few {
        found(GateState::Blocking, evidence).with(remedy)
    } else if with * 100 < members * FEW_PERCENT && !may_grow {
        found(GateState::Warning, evidence).with(remedy)
    } else {
        found(GateState::Open, evidence)
    })
}

const fn missing(facts: &GateFacts<'_>) -> &'static str {
    if facts.profile.identifiable().id {
        "e-mail addresses, phone numbers or ids"
    } else {
        "e-mail addresses or phone numbers"
    }
}

/// Whoever has left the window before the platform knows of them never sees anything.
fn window(facts: &GateFacts<'_>) -> Option<Finding> {
    if facts.use_case == UseCase::Analytics {
        return None;
    }
    let found =
        |state, evidence: String| finding(Gate::Window, of_audience(facts), state, evidence);
    let Some(window) = facts.window else {
        // Only a retarget mapping lives by its window.
        return (facts.use_case == UseCase::Retarget).then(|| {
            found(GateState::Unknown, format!("nobody has stated the window of {}", facts.audience))
                .with("state it with the audience, such as 4h or 60d-120d")
        });
    };
    let floor = facts.profile.refresh_floor().filter(|floor| window.length() < *floor);
    if let Some(floor) = floor {
        let evidence = format!(
            "people stay in {} for {}, and lists of {} change every {floor} at most",
            facts.audience,
            window.length(),
            facts.profile.label()
        );
        return Some(
            found(GateState::Warning, evidence)
                .with("widen the window: most of them leave before they arrive"),
        );
    }
    let lint = (facts.use_case == UseCase::Retarget).then(|| lint(window)).flatten();
    Some(match lint {
        Some((evidence, remedy)) => found(GateState::Warning, evidence).with(remedy),
        None => found(GateState::Open, format!("the window of {} is {window}", facts.audience)),
    })
}

/// Segment's edge takes anything: only a proof from behind it shows that a mapping arrives.
pub(super) fn controlled_test(tested: Tested<'_>, profile: Profile) -> Finding {
    let Tested { mapping, proof } = tested;
    let found = |state, evidence: String| {
        finding(Gate::ControlledTest, GateLink::Trial(mapping.clone()), state, evidence)
    };
    let label = profile.label();
    let warning = |evidence: String, remedy: &str| found(GateState::Warning, evidence).with(remedy);
    match proof {
        Some(Proof::Forwarded) => {
            found(GateState::Open, format!("Segment has forwarded a controlled test to {label}"))
        }
        Some(Proof::Arrived) => warning(
            format!("a controlled test is in Segment, and nothing proves that {label} got it"),
            "wait five minutes, or look at the destination in Segment",
        ),
        Some(Proof::Sent) => warning(
            "a controlled test was taken by Segment's edge, which proves nothing".to_owned(),
            "wait a minute, or check the write key and the region",
        ),
        None => warning(
            "no controlled test was sent through it".to_owned(),
            "pin somebody of your own and send one",
        ),
    }
}

/// Each audience more is one that somebody has to answer for.
fn export_budget(audiences: Audiences, facts: &GateFacts<'_>) -> Finding {
    let Audiences { most, does, would } = audiences;
    let link = GateLink::Destination(facts.destination.clone());
    let evidence = format!(
        "{} would get {} audiences, and its budget is {}",
        facts.destination,
        grouped(would),
        grouped(most)
    );
    // What is over already may stay so.
    if would <= most || would <= does {
        return finding(Gate::ExportBudget, link, GateState::Open, evidence);
    }
    finding(Gate::ExportBudget, link, GateState::Blocking, evidence)
        .with("pause a mapping that nobody needs, or change the destination's budget")
}

/// What is odd about the window of people who are to be won back.
fn lint(window: Window) -> Option<(String, &'static str)> {
    if window.to() <= RECOVERY {
        return None;
    }
    if window.from().0 == 0 {
        return Some((
            format!("a window of {window} mixes who left just now with who lapsed"),
            "use hours to days for recovery, and bands such as 30d-60d for reactivation",
        ));
    }
    let on_edge = |edge: Span| edge.0 % BAND.0 == 0;
    (!on_edge(window.from()) || !on_edge(window.to())).then(|| {
        (
            format!("the window {window} is no band of 30 days"),
            "begin and end reactivation at 30, 60, 90 or 120 days, so that bands meet and don't overlap",
        )
    })
}

#[cfg(test)]
mod tests;
