//! How often a list changes at most, whatever is sent: said, never enforced.

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

/// What helps to choose a period: the floors of what can be chosen.
pub fn every_hint(choices: &MappingChoices) -> String {
    let mut hint = "A whole number and a unit: 30s, 5m, 24h or 14d.".to_owned();
    let chosen = |key: &str| match &choices.spec {
        Some(spec) => spec.destination.as_str() == key,
        None => true,
    };
    let offered = choices.destinations.iter().filter(|row| chosen(row.spec.key.as_str()));
    let mut profiles: Vec<Profile> = offered.map(|row| row.spec.profile).collect();
    profiles.sort_unstable();
    profiles.dedup();
    for profile in profiles {
        if let Some(floor) = profile.refresh_floor() {
            hint += &format!(
                " Lists of {} change every {} at most.",
                profile.label(),
                format::duration(floor)
            );
        }
    }
    hint
}

/// The notice for what a form holds: the mapping as it is, or what was typed.
pub fn typed_floor(choices: &MappingChoices, destination: &str, every: &str) -> Option<AnyView> {
    let row = choices.destinations.iter().find(|row| row.spec.key.as_str() == destination)?;
    floor_notice(row.spec.profile, every.parse().ok()?)
}
