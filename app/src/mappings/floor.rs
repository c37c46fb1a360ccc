//! How often a list changes at most, whatever is sent: said, never enforced.

use std::collections::{BTreeMap, BTreeSet};

use domain::{destinations::Profile, time::Span};
use leptos::prelude::*;

use super::api::MappingChoices;
use crate::{
    format,
    ui::{Notice, NoticeKind},
};

/// Says that a mapping runs more often than its destination's lists change.
pub fn floor_notice(profile: Profile, every: Span) -> Option<AnyView> {
    let floor = profile.floor_above(every)?;
    let title =
        format!("Lists of {} change every {} at most", profile.label(), format::duration(floor));
    let words = format!(
        "It runs every {} all the same, and nothing is delayed: people come and go there no faster.",
        format::duration(every)
    );
    Some(
        view! {
            <Notice kind=NoticeKind::Plain title>
                <p>{words}</p>
            </Notice>
        }
        .into_any(),
    )
}

/// What helps to choose a period: how often lists change at the places that can be chosen.
pub fn every_hint(choices: &MappingChoices) -> String {
    const UNITS: &str = "A whole number and a unit: 30s, 5m, 24h or 14d.";
    // A mapping that is changed has its notice.
    if choices.spec.is_some() {
        return UNITS.to_owned();
    }
    let mut floors: BTreeMap<Span, BTreeSet<Profile>> = BTreeMap::new();
    for profile in choices.destinations.iter().map(|row| row.spec.profile) {
        if let Some(floor) = profile.refresh_floor() {
            floors.entry(floor).or_default().insert(profile);
        }
    }
    let clauses: Vec<String> = floors
        .into_iter()
        .map(|(floor, profiles)| {
            let names: Vec<String> =
                profiles.into_iter().map(|profile| profile.label().to_owned()).collect();
            format!("every {} at {}", format::duration(floor), format::list(&names))
        })
        .collect();
    if clauses.is_empty() {
        return UNITS.to_owned();
    }
    format!("{UNITS} Lists change at most {}.", format::list(&clauses))
}

/// The notice for what a form holds: the mapping as it is, or what was typed.
pub fn typed_floor(choices: &MappingChoices, destination: &str, every: &str) -> Option<AnyView> {
    let row = choices.destinations.iter().find(|row| row.spec.key.as_str() == destination)?;
    floor_notice(row.spec.profile, every.parse().ok()?)
}
