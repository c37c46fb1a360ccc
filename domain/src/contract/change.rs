//! What a change of the contract does to events that are sent as they were.
//!
//! A difference is additive only if every event that passed still passes ([`super::check`]);
//! whatever can't be shown to be is called worse.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compatibility, Contract, Difference, Event, Kind, Property};

use crate::day::Day;

use Compatibility::{Additive, Breaking, Narrowing};

/// Why what is only written about an event does nothing to it.
const SAID_ONLY: &str = "It changes nothing about what passes.";

/// What differs, by event and place, each with what it does to events that are sent as they were.
#[must_use]
pub fn differences(before: &Contract, after: &Contract) -> Vec<Difference> {
    let names: BTreeSet<&String> = before.events.keys().chain(after.events.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let mut of_event = Found { event: name, all: &mut found };
        match (before.events.get(name), after.events.get(name)) {
            (Some(was), Some(is)) => of_event.events(was, is, &Meanings { before, after }),
            (None, Some(is)) => of_event.added_event(is, &Meanings { before, after }),
            (Some(_), None) => of_event.removed_event(after),
            (None, None) => {}
        }
    }
    found
}

/// The same for whoever sends events. Without an event nothing is agreed on, and everything
/// passes: so the first events keep apart what passed, and taking the last away lets all pass.
#[must_use]
pub fn effects(before: &Contract, after: &Contract) -> Vec<Difference> {
    let mut found = differences(before, after);
    let overall = match (before.events.is_empty(), after.events.is_empty()) {
        (true, false) => (
            Narrowing,
            "Nothing was checked before: what isn't agreed on is kept apart from now on.",
        ),
        (false, true) => (Additive, "Nothing is checked any more: whatever comes passes."),
        _ => return found,
    };
    for difference in &mut found {
        difference.compatibility = overall.0;
        overall.1.clone_into(&mut difference.reason);
    }
    found
}

/// The worst of them; additive where there are none.
#[must_use]
pub fn compatibility(differences: &[Difference]) -> Compatibility {
    differences.iter().map(|difference| difference.compatibility).max().unwrap_or(Additive)
}

/// What names stand for.
struct Meanings<'a> {
    before: &'a Contract,
    after: &'a Contract,
}

impl<'a> Meanings<'a> {
    /// The event that a name stood for, if it comes to stand for this one instead.
    fn taken_from(&self, name: &'a str, event: &str) -> Option<&'a str> {
        let was = self.before.canonical(name)?;
        let is = self.after.canonical(name)?;
        (was != event && is == event).then_some(was)
    }
}

/// Where a property stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    path: &'a str,
    /// Whether every event that passed has what it stands in.
    is_in_all: bool,
}

/// The differences of one event.
struct Found<'a> {
    event: &'a str,
    all: &'a mut Vec<Difference>,
}

impl Found<'_> {
    fn push(
        &mut self,
        path: &str,
        before: Option<String>,
        after: Option<String>,
        (compatibility, reason): (Compatibility, impl Into<String>),
    ) {
        self.all.push(Difference {
            event: self.event.to_owned(),
            path: path.to_owned(),
            before,
            after,
            compatibility,
            reason: reason.into(),
        });
    }

    /// One text in the place of another; where there is none, nothing stands there.
    fn said(&mut self, path: &str, before: &str, after: &str) {
        let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        if before != after {
            self.push(path, told(before), told(after), (Additive, SAID_ONLY));
        }
    }

    fn added_event(&mut self, event: &Event, meanings: &Meanings<'_>) {
        let names = || event.aliases.iter().map(String::as_str).chain([self.event]);
        let taken = |name| Some((name, meanings.taken_from(name, self.event)?));
        let effect = match names().find_map(taken) {
            Some((name, was)) => (
                Narrowing,
                format!("\"{name}\" stood for \"{was}\": its events must now be as agreed here."),
            ),
            None => (Additive, "No event of these names passed before.".to_owned()),
        };
        self.push("", None, Some(told_event(event)), effect);
    }

    fn removed_event(&mut self, after: &Contract) {
        let reason = match after.canonical(self.event) {
            Some(now) => format!("Its events would be taken for \"{now}\"."),
            None => "Its events would go to quarantine.".to_owned(),
        };
        self.push("", Some(self.event.to_owned()), None, (Breaking, reason));
    }

    fn events(&mut self, before: &Event, after: &Event, meanings: &Meanings<'_>) {
        // Named one by one, so that no field is forgotten.
        let Event { description, owner, consumers, aliases, also_sent_as, is_stopped, properties } =
            before;
        self.said("description", description, &after.description);
        self.said("owner", owner, &after.owner);
        for consumer in consumers.symmetric_difference(&after.consumers) {
            let told = |all: &BTreeSet<String>| all.get(consumer).cloned();
            self.push("consumers", told(consumers), told(&after.consumers), (Additive, SAID_ONLY));
        }
        self.onward((also_sent_as, *is_stopped), after);
        for alias in after.aliases.difference(aliases) {
            let effect = match meanings.taken_from(alias, self.event) {
                Some(was) => (
                    Narrowing,
                    format!("It stood for \"{was}\": its events must now be as agreed here."),
                ),
                None => (Additive, "No event that passed is taken for another.".to_owned()),
            };
            self.push("aliases", None, Some(alias.clone()), effect);
        }
        for alias in aliases.difference(&after.aliases) {
            let reason = match meanings.after.canonical(alias) {
                Some(now) if now == self.event => "It is no other name of it any more.".to_owned(),
                Some(now) => format!("Events of that name would be taken for \"{now}\"."),
                None => "Events of that name would go to quarantine.".to_owned(),
            };
            self.push("aliases", Some(alias.clone()), None, (Narrowing, reason));
        }
        let place = Place { path: "properties", is_in_all: true };
        self.properties(place, properties, &after.properties);
    }

    /// Whether and under which former names it goes on.
    fn onward(&mut self, before: (&BTreeMap<String, Day>, bool), after: &Event) {
        let (also, is_stopped) = before;
        let names: BTreeSet<&String> = also.keys().chain(after.also_sent_as.keys()).collect();
        for name in names {
            let (was, is) = (also.get(name), after.also_sent_as.get(name));
            if was != is {
                let told = |last: &Day| format!("{name} until {last}");
                let reason = match (was, is) {
                    (_, None) => "Whoever reads it by that name hears nothing more.",
                    (None, _) => "It goes out twice, once under the former name.",
                    _ => "It goes out under the former name until another day.",
                };
                self.push("also_sent_as", was.map(told), is.map(told), (Additive, reason));
            }
        }
        if is_stopped != after.is_stopped {
            let told =
                |is_stopped: bool| Some(if is_stopped { "nowhere" } else { "on" }.to_owned());
            let reason = if after.is_stopped {
                "It is kept and holds whom it names, and nobody who reads it hears of it any more."
            } else {
                "What comes in from then on goes out again."
            };
            self.push("goes", told(is_stopped), told(after.is_stopped), (Additive, reason));
        }
    }

    fn properties(
        &mut self,
        place: Place<'_>,
        before: &BTreeMap<String, Property>,
        after: &BTreeMap<String, Property>,
    ) {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let path = format!("{}.{name}", place.path);
            match (before.get(name), after.get(name)) {
                (Some(was), Some(is)) => self.property(Place { path: &path, ..place }, was, is),
                (None, Some(is)) => {
                    let effect = match (is.required, place.is_in_all) {
                        (false, _) => (Additive, "Nothing that passed has it."),
                        (true, true) => (Breaking, "Nothing that passed has it: all would fail."),
                        (true, false) => (
                            Narrowing,
                            "Nothing that passed has it: all that say what it stands in would fail.",
                        ),
                    };
                    self.push(&path, None, Some(told_property(is)), effect);
                }
                (Some(was), None) => {
                    let effect = if was.required {
                        (Breaking, "Whatever passed has it: it would be refused.")
                    } else {
                        (Narrowing, "What has it would be refused.")
                    };
                    self.push(&path, Some(told_property(was)), None, effect);
                }
                (None, None) => {}
            }
        }
    }

    fn property(&mut self, place: Place<'_>, before: &Property, after: &Property) {
        // Named one by one, so that no field is forgotten.
        let Property { kind, required, choices, unit, class } = before;
        let of = |field: &str| format!("{}.{field}", place.path);
        let inner = Place { is_in_all: place.is_in_all && *required, ..place };
        self.kinds(inner, kind, &after.kind, &after.choices);
        if *required != after.required {
            let told = |required: bool| Some(if required { "yes" } else { "no" }.to_owned());
            let effect = if after.required {
                (Narrowing, "What lacks it would fail.")
            } else {
                (Additive, "What has it still passes.")
            };
            self.push(&of("required"), told(*required), told(after.required), effect);
        }
        if *choices != after.choices {
            let told = |all: &BTreeSet<String>| {
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                (!all.is_empty()).then(|| all.join(", "))
            };
            let effect = choices_effect(before, after);
            self.push(&of("choices"), told(choices), told(&after.choices), effect);
        }
        if *unit != after.unit {
            let (was, is) = (unit.clone(), after.unit.clone());
            self.push(&of("unit"), was, is, (Additive, SAID_ONLY));
        }
        self.said(&of("class"), class.as_str(), after.class.as_str());
    }

    /// `choices` are those that a text has afterwards.
    fn kinds(&mut self, place: Place<'_>, before: &Kind, after: &Kind, choices: &BTreeSet<String>) {
        let effect = match (before, after) {
            (Kind::Object(was), Kind::Object(is)) => return self.properties(place, was, is),
            (Kind::List(was), Kind::List(is)) => {
                let path = format!("{}[]", place.path);
                let place = Place { path: &path, is_in_all: false };
                return self.kinds(place, was, is, &BTreeSet::new());
            }
            (was, is) if was == is => return,
            (Kind::Whole, Kind::Number) => (Additive, "Every whole number is a number."),
            (Kind::Time, Kind::Text) if choices.is_empty() => {
                (Additive, "Every time is written as a text.")
            }
            (Kind::Time, Kind::Text) => (Narrowing, "Times that aren't among the choices fail."),
            (Kind::Number, Kind::Whole) => (Narrowing, "Numbers with a fraction would fail."),
            (Kind::Text, Kind::Time) => (Narrowing, "Texts that are no time would fail."),
            _ => (Breaking, "What it was before would be refused."),
        };
        let path = format!("{}.kind", place.path);
        self.push(&path, Some(before.words()), Some(after.words()), effect);
    }
}

/// What other choices do. They hold for texts alone.
fn choices_effect(before: &Property, after: &Property) -> (Compatibility, &'static str) {
    if after.kind != Kind::Text {
        return (Additive, "They hold for texts alone.");
    }
    if after.choices.is_empty() {
        return (Additive, "Any text passes.");
    }
    if before.kind != Kind::Text || before.choices.is_empty() {
        return (Narrowing, "Any other text would fail.");
    }
    if before.choices.is_subset(&after.choices) {
        (Additive, "What it could be before it still can be.")
    } else {
        (Narrowing, "What it could be before would fail.")
    }
}

fn told_event(event: &Event) -> String {
    match event.properties.len() {
        0 => "an event without properties".to_owned(),
        1 => "an event with 1 property".to_owned(),
        several => format!("an event with {several} properties"),
    }
}

fn told_property(property: &Property) -> String {
    let need = if property.required { "required" } else { "optional" };
    format!("{}, {need}", property.kind.words())
}

#[cfg(test)]
mod tests;
