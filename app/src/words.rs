//! What things are called in sentences: causes, states, platforms.
//!
//! Each is a clause that goes on after a number: "1,206 are kept out by a suppression".

use std::collections::BTreeMap;

use domain::{
    mappings::{Health, MappingRow, UseCase},
    suppression::Kind,
    sync::{Cause, RunRow, RunState},
    time::{Instant, Span},
};

use crate::format;

/// Why so many are not sent, as a clause that begins with their number.
#[must_use]
pub fn cause_clause(cause: Cause, people: u64) -> String {
    let (one, many) = match cause {
        Cause::Suppressed => ("is kept out by a suppression", "are kept out by suppressions"),
        Cause::Unconsented => ("has not consented", "have not consented"),
        Cause::Holdout => ("is held out to measure", "are held out to measure"),
        Cause::Outranked => {
            ("is in an audience that goes first", "are in an audience that goes first")
        }
        Cause::Held => ("waits for the right time", "wait for the right time"),
        Cause::Unidentifiable => ("can't be identified", "can't be identified"),
        Cause::Refused => ("was refused by Segment", "were refused by Segment"),
    };
    format!("{} {}", format::number(people), if people == 1 { one } else { many })
}

/// Why somebody is not sent, as a row's name.
#[must_use]
pub const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Suppressed => "Kept out by suppressions",
        Cause::Unconsented => "Not consented",
        Cause::Holdout => "Held out to measure",
        Cause::Outranked => "In an audience that goes first",
        Cause::Held => "Waiting for the right time",
        Cause::Unidentifiable => "Can't be identified there",
        Cause::Refused => "Refused by Segment",
    }
}

/// Why one person is not there: "because …".
#[must_use]
pub const fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::Suppressed => "a suppression keeps them out",
        Cause::Unconsented => "they have not consented",
        Cause::Holdout => "they are held out to measure the effect",
        Cause::Outranked => "an audience that goes first has them",
        Cause::Held => "their entry waits for the right time",
        Cause::Unidentifiable => "an identifier that the destination needs is missing",
        Cause::Refused => "Segment refused their event",
    }
}

/// What a use case brings.
#[must_use]
pub const fn use_case_hint(use_case: UseCase) -> &'static str {
    match use_case {
        UseCase::Retarget => "Show ads to these people. Suppressions keep purchasers out.",
        UseCase::Suppress => {
            "Keep ads from these people. Nothing holds anyone back: a list that excludes must be whole."
        }
        UseCase::Lookalike => "A seed from which the platform finds similar people.",
        UseCase::Analytics => "Measure. Nobody is addressed, so suppressions don't apply.",
    }
}

/// The name of a use case.
#[must_use]
pub const fn use_case(use_case: UseCase) -> &'static str {
    match use_case {
        UseCase::Retarget => "Retarget",
        UseCase::Suppress => "Suppress",
        UseCase::Lookalike => "Lookalike",
        UseCase::Analytics => "Analytics",
    }
}

/// The class that gives a picture its use case's colour.
#[must_use]
pub const fn use_case_class(use_case: UseCase) -> &'static str {
    match use_case {
        UseCase::Retarget => "use-retarget",
        UseCase::Suppress => "use-suppress",
        UseCase::Lookalike => "use-lookalike",
        UseCase::Analytics => "use-analytics",
    }
}

/// How a mapping fares, as a verb after its key.
#[must_use]
pub const fn health_verb(health: Health) -> &'static str {
    match health {
        Health::Failing => "is failing",
        Health::Late => "is late",
        Health::Waiting => "waits for a decision",
        Health::Running => "is running",
        Health::New => "has never run",
        Health::Ok => "is in time",
        Health::Paused => "is paused",
    }
}

/// Whether somebody has to look at a mapping.
#[must_use]
pub const fn needs_somebody(health: Health) -> bool {
    matches!(health, Health::Failing | Health::Late | Health::Waiting)
}

/// The causes that have people, as clauses in their order.
#[must_use]
pub fn clauses(withheld: &BTreeMap<Cause, u64>) -> Vec<(Cause, String)> {
    withheld
        .iter()
        .filter(|(_, people)| **people > 0)
        .map(|(&cause, &people)| (cause, cause_clause(cause, people)))
        .collect()
}

/// All who are not sent.
#[must_use]
pub fn withheld(withheld: &BTreeMap<Cause, u64>) -> u64 {
    withheld.values().sum()
}

/// What a running run has done, and of how much if that is known.
#[must_use]
pub fn progress(run: &RunRow) -> (u64, Option<u64>, String) {
    if run.state == RunState::Mirroring {
        let words = format!("{} read", format::count(run.fetched, "member", "members"));
        return (run.fetched, None, words);
    }
    let whole = run.entered + run.exited;
    let done = (run.delivered + run.dead).min(whole);
    (
        done,
        Some(whole),
        format!("{} of {} acknowledged", format::number(done), format::number(whole)),
    )
}

/// What a vendor said, as a sentence.
#[must_use]
pub fn sentence(text: &str) -> String {
    format!("{}.", format::capital(text.trim_end_matches('.')))
}

/// When something comes: `in 4 min`, or `in a moment` where it is due.
#[must_use]
pub fn soon(at: Instant, now: Instant) -> String {
    if at.since(now) < Span::from_seconds(5) {
        "in a moment".to_owned()
    } else {
        format::relative(at, now)
    }
}

/// Whether a mapping's newest run is at work.
#[must_use]
pub fn is_running(row: &MappingRow) -> bool {
    row.last_run.as_ref().is_some_and(|run| run.state.is_running())
}

/// What a suppression protects from.
#[must_use]
pub const fn suppression(kind: Kind) -> &'static str {
    match kind {
        Kind::Purchase => "Purchase",
        Kind::Refund => "Refund",
        Kind::Support => "Support",
        Kind::Unsubscribed => "Unsubscribed",
        Kind::Other => "Another reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_agrees_with_its_number() {
        assert_eq!(cause_clause(Cause::Holdout, 1), "1 is held out to measure");
        assert_eq!(cause_clause(Cause::Holdout, 1_206), "1,206 are held out to measure");
        let nobody = BTreeMap::from([(Cause::Held, 0), (Cause::Suppressed, 2)]);
        assert_eq!(clauses(&nobody).len(), 1);
    }
}
