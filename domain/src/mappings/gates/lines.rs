//! The checklist of a first version, line by line: what a machine can see of each.
//!
//! A line that Segue can't see says so; none is green by anybody's word but the sign-off's.

use serde::{Deserialize, Serialize};

use super::{Finding, Gate, GateLink, GateState, SignOff};
use crate::{
    mappings::{MappingSpec, UseCase, trial::Proof},
    suppression::Kind,
};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What is asked.
    pub title: String,
    /// How it stands.
    pub state: GateState,
    /// What was seen, as a clause.
    pub evidence: String,
    /// Where it is changed, if anywhere.
    pub link: Option<GateLink>,
}

/// What the lines depend on.
#[derive(Clone, Debug)]
pub struct LineFacts<'a> {
    /// The mapping.
    pub spec: &'a MappingSpec,
    /// What its gates found.
    pub findings: &'a [Finding],
    /// Promoted audiences.
    pub audiences: usize,
    /// Reasons of a whole policy that no suppression covers.
    pub uncovered: Vec<Kind>,
    /// The best proof of its controlled tests.
    pub proof: Option<Proof>,
    /// Who signed it off.
    pub signed: Option<&'a SignOff>,
}

/// All of them, in the order in which one goes through them.
#[must_use]
pub fn lines(facts: &LineFacts<'_>) -> Vec<Line> {
    vec![
        Line {
            title: "8 to 15 canonical events, their names frozen".to_owned(),
            state: GateState::Unknown,
            evidence: "Segue keeps no event contract yet".to_owned(),
            link: None,
        },
        identifiers(facts),
        audiences(facts),
        suppressions(facts),
        traffic(facts),
        one_first(facts),
        Line {
            title: "Monitoring of match rate, volume and failures".to_owned(),
            state: GateState::Warning,
            evidence:
                "the overview and the mapping's page tell what is late or failing; nobody is sent an alert yet"
                    .to_owned(),
            link: None,
        },
        holdout(facts),
    ]
}

fn line(title: &str, state: GateState, evidence: impl Into<String>, link: GateLink) -> Line {
    Line { title: title.to_owned(), state, evidence: evidence.into(), link: Some(link) }
}

fn identifiers(facts: &LineFacts<'_>) -> Line {
    let found = facts.findings.iter().find(|one| one.gate == Gate::Identifiers);
    let title = "Required identifiers present on profiles";
    let audience = GateLink::Audience(facts.spec.audience.clone());
    match found {
        Some(found) => line(title, found.state, found.evidence.clone(), audience),
        None => line(title, GateState::Open, "everybody has what this destination needs", audience),
    }
}

fn audiences(facts: &LineFacts<'_>) -> Line {
    let state = match facts.audiences {
        5..=10 => GateState::Open,
        _ => GateState::Warning,
    };
    let evidence = format!("{} promoted; 5 to 10 are a first version", facts.audiences);
    let link = GateLink::Audience(facts.spec.audience.clone());
    line("5 to 10 segments to export first", state, evidence, link)
}

fn suppressions(facts: &LineFacts<'_>) -> Line {
    let names: Vec<&str> = facts.uncovered.iter().map(|kind| kind.as_str()).collect();
    let (state, evidence) = if names.is_empty() {
        (GateState::Open, "purchase, refund, support and unsubscribed each have a rule".to_owned())
    } else {
        (GateState::Warning, format!("no rule covers {}", names.join(", ")))
    };
    line("Suppression rules documented", state, evidence, GateLink::Suppression)
}

fn traffic(facts: &LineFacts<'_>) -> Line {
    let (state, evidence) = match facts.proof {
        Some(Proof::Arrived | Proof::Forwarded) => {
            (GateState::Open, "a controlled test has arrived in Segment by this source")
        }
        _ => (GateState::Warning, "nothing of it is proven to have arrived in Segment"),
    };
    let link = GateLink::Trial(facts.spec.key.clone());
    line("A source of its own, its traffic verified", state, evidence, link)
}

fn one_first(facts: &LineFacts<'_>) -> Line {
    let link = GateLink::Checklist(facts.spec.key.clone());
    let (state, evidence) = match facts.signed {
        Some(signed) => (GateState::Open, format!("{} has signed it off", signed.by)),
        None => (GateState::Warning, "nobody has signed this destination off".to_owned()),
    };
    line("One destination first, tried end to end", state, evidence, link)
}

fn holdout(facts: &LineFacts<'_>) -> Line {
    let title = "A holdout of two weeks, so that its effect can be told";
    let share = facts.spec.holdout_percent;
    let link = GateLink::Edit(facts.spec.key.clone());
    match (facts.spec.use_case, share.0 > 0) {
        (UseCase::Retarget, true) => {
            line(title, GateState::Open, format!("{} % are held out", share.percent()), link)
        }
        (UseCase::Retarget, false) => line(
            title,
            GateState::Warning,
            "nobody is held out: what it brings stays unproven",
            link,
        ),
        _ => line(title, GateState::Open, "it shows nobody an ad to measure", link),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{key::Key, mappings::HoldoutPercent, time::Span};

    fn spec(use_case: UseCase, holdout: i64) -> MappingSpec {
        let key = |text: &str| -> Key { text.parse().unwrap() };
        MappingSpec {
            key: key("carts-meta"),
            audience: key("carts"),
            destination: key("meta"),
            use_case,
            exclusivity_group: None,
            priority: 100,
            every: Span::from_minutes(5),
            holdout_percent: HoldoutPercent(holdout),
            offset: None,
            dwell: None,
            active: true,
        }
    }

    #[test]
    fn each_line_stands_as_what_was_seen() {
        let retarget = spec(UseCase::Retarget, 0);
        let bare = LineFacts {
            spec: &retarget,
            findings: &[],
            audiences: 4,
            uncovered: vec![Kind::Refund, Kind::Support],
            proof: Some(Proof::Sent),
            signed: None,
        };
        let states = |facts: &LineFacts<'_>| -> Vec<GateState> {
            lines(facts).into_iter().map(|line| line.state).collect()
        };
        use GateState::{Open, Unknown, Warning};
        assert_eq!(
            states(&bare),
            [Unknown, Open, Warning, Warning, Warning, Warning, Warning, Warning]
        );
        assert!(lines(&bare)[3].evidence.contains("refund, support"));
        let signed = SignOff {
            mapping: retarget.key.clone(),
            use_case: UseCase::Retarget,
            note: String::new(),
            evidence: String::new(),
            by: "an operator".to_owned(),
            at: crate::time::Instant(0),
        };
        let measured = spec(UseCase::Retarget, 500);
        let whole = LineFacts {
            spec: &measured,
            audiences: 5,
            uncovered: vec![],
            proof: Some(Proof::Arrived),
            signed: Some(&signed),
            ..bare.clone()
        };
        assert_eq!(states(&whole), [Unknown, Open, Open, Open, Open, Open, Warning, Open]);
        let seed = spec(UseCase::Lookalike, 0);
        assert_eq!(states(&LineFacts { spec: &seed, ..whole })[7], Open);
    }
}
