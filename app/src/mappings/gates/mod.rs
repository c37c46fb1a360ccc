//! What must hold before a mapping starts: its checklist, and what its page, its form and the
//! matrix say of it.

pub mod api;
pub mod page;
pub mod sign_off;

use domain::{
    key::Key,
    mappings::gates::{Checked, Finding, GateLink, GateState, Override},
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Section, State, StateMark},
};

/// How a mapping stands at its gates, on its own page.
pub fn gates_section(key: &Key, is_active: bool, gates: &[Checked]) -> Option<AnyView> {
    if gates.is_empty() {
        return None;
    }
    let href = format!("/mappings/{key}/checklist");
    let closed: Vec<Finding> =
        gates.iter().filter(|one| one.passed.is_none()).map(|one| one.finding.clone()).collect();
    let (said, closed) = (sentence(is_active, gates), lines(&closed));
    Some(
        view! {
            <Section title="Gates">
                <p>
                    {said} " "
                    <a href=href>"See its checklist"</a>
                </p>
                {closed}
            </Section>
        }
        .into_any(),
    )
}

fn sentence(is_active: bool, gates: &[Checked]) -> String {
    let count = |holds: fn(&Checked) -> bool| gates.iter().filter(|one| holds(one)).count() as u64;
    let keeps = count(Checked::keeps);
    let overridden = match count(|one| one.passed.is_some()) {
        0 => String::new(),
        several => {
            format!(" It passes {} for a reason.", format::count(several, "gate", "gates"))
        }
    };
    let stands = match (keeps, is_active) {
        (0, _) => "No gate keeps it from running.".to_owned(),
        (several, true) => format!(
            "It runs, and could not be started again: {} it.",
            format::count(several, "gate blocks", "gates block")
        ),
        (several, false) => format!(
            "It can't be resumed: {} it.",
            format::count(several, "gate blocks", "gates block")
        ),
    };
    format!("{stands}{overridden}")
}

fn mark(state: GateState) -> AnyView {
    let (state, word) = match state {
        GateState::Blocking => (State::Failing, "Blocks"),
        GateState::Warning => (State::Late, "Warns"),
        GateState::Unknown => (State::New, "Not known yet"),
        GateState::Open => (State::Ok, "Open"),
    };
    view! { <StateMark state word /> }.into_any()
}

/// Where a finding is mended, and what that place is called.
fn place(link: &GateLink) -> (String, &'static str) {
    match link {
        GateLink::Audience(key) => (format!("/audiences#{key}"), "Audience"),
        GateLink::Destination(key) => (format!("/destinations/{key}"), "Destination"),
        GateLink::Suppression => ("/suppression".to_owned(), "Suppression"),
        GateLink::Trial(key) => (format!("/mappings/{key}/test"), "Controlled test"),
        GateLink::Checklist(key) => (format!("/mappings/{key}/checklist"), "Its checklist"),
    }
}

/// What was seen, and what to do about it where that is.
fn found(finding: &Finding) -> AnyView {
    let (href, place) = place(&finding.link);
    let remedy = finding.remedy.as_ref().map(|remedy| {
        view! {
            " "
            {format::capital(remedy)}
            ". "
            <a href=href>{place}</a>
        }
    });
    view! {
        {format::capital(&finding.evidence)}
        "."
        {remedy}
    }
    .into_any()
}

/// What the gates would say of a mapping that isn't saved yet; nothing where all are open.
pub fn findings(findings: &[Finding]) -> Option<AnyView> {
    let lines = lines(findings)?;
    Some(
        view! {
            <h3>"Gates"</h3>
            {lines}
        }
        .into_any(),
    )
}

/// What isn't open.
fn lines(findings: &[Finding]) -> Option<AnyView> {
    let closed: Vec<_> = findings.iter().filter(|one| one.state != GateState::Open).collect();
    if closed.is_empty() {
        return None;
    }
    let lines = closed
        .into_iter()
        .map(|finding| {
            view! {
                <li>
                    {mark(finding.state)} " " <strong>{finding.gate.label()}</strong> ": "
                    {found(finding)}
                </li>
            }
        })
        .collect_view();
    Some(view! { <ul class="findings">{lines}</ul> }.into_any())
}

/// What a cell of the matrix says of overrides.
#[must_use]
pub fn title(key: &Key, passed: &[Override]) -> String {
    let overrides = passed.iter().map(|one| {
        format!("\nPasses {}, by {}: {}", one.gate.label().to_lowercase(), one.by, one.reason)
    });
    std::iter::once(key.to_string()).chain(overrides).collect()
}
