//! Finds what a changed event is used for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Field, Flow, Over, Touched};
use crate::{
    configuration::Configuration,
    contract::{Class, Contract, Event, notation, readers::reads},
    destinations::{
        DestinationSpec,
        budget::{Budgeted, exported},
    },
    key::Key,
    suppression::{Suppression, scope::holds_at},
};

/// What a changed event is called, and who reads it.
#[derive(Default)]
struct Changed {
    names: BTreeSet<String>,
    consumers: BTreeSet<String>,
    /// What it was and what it becomes; what is renamed stands on both sides.
    sides: [Vec<Event>; 2],
}

/// Every event that differs, with what it is used for.
#[must_use]
pub fn touched(before: &Contract, after: &Contract, configuration: &Configuration) -> Vec<Touched> {
    let names: BTreeSet<&String> = before.events.keys().chain(after.events.keys()).collect();
    // What is renamed differs under both names, and is told under the new one.
    let mut changed: BTreeMap<&str, Changed> = BTreeMap::new();
    for name in names {
        let sides = [before.events.get(name), after.events.get(name)];
        if sides[0] == sides[1] {
            continue;
        }
        let one = changed.entry(after.canonical(name).unwrap_or(name)).or_default();
        for (all, side) in one.sides.iter_mut().zip(sides) {
            let Some(event) = side else { continue };
            one.names.extend(event.names(name).map(str::to_owned));
            one.consumers.extend(event.consumers.iter().cloned());
            all.push(event.clone());
        }
    }
    let told = changed.into_iter().map(|(event, Changed { names, consumers, sides })| {
        let is_sent =
            |name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
        let specs = configuration.mappings.iter().map(|one| &one.spec);
        let sending = specs.filter(|spec| is_sent(&spec.entry_event)).map(|spec| spec.key.clone());
        Touched {
            event: event.to_owned(),
            suppressions: suppressions(&names, configuration),
            mappings: sending.collect(),
            flows: flows(&sides, configuration),
            consumers,
        }
    });
    told.collect()
}

/// Destinations that would read more than they may, and more than they do.
#[must_use]
pub fn over(before: &Contract, after: &Contract, configuration: &Configuration) -> Vec<Over> {
    let of_destination = |spec: &DestinationSpec| {
        let [(events, properties), (more, further)] = [before, after]
            .map(|one| exported(one.events.values().filter(|event| reads(event, spec))));
        let counts =
            [(Budgeted::Events, events, more), (Budgeted::Properties, properties, further)];
        let (key, budget) = (spec.key.clone(), spec.budget);
        counts.into_iter().filter_map(move |(of, does, would)| {
            let most = budget.most(of)?;
            let is_over = would > u64::from(most) && would > does;
            is_over.then(|| Over { destination: key.clone(), of, most, would })
        })
    };
    configuration.destinations.iter().flat_map(|one| of_destination(&one.spec)).collect()
}

/// What each destination that reads one of the sides begins or ceases to hear.
fn flows(sides: &[Vec<Event>; 2], configuration: &Configuration) -> Vec<Flow> {
    let of_destination = |spec: &DestinationSpec| {
        let [before, after] = sides.each_ref().map(|events| {
            let heard = events.iter().filter(|event| !event.is_stopped && reads(event, spec));
            heard.flat_map(|event| notation::paths(&event.properties)).collect::<BTreeMap<_, _>>()
        });
        let only = |one: &BTreeMap<String, Class>, other: &BTreeMap<String, Class>| {
            let missing = one.iter().filter(|(path, _)| !other.contains_key(*path));
            missing.map(|(path, class)| Field { path: path.clone(), class: *class }).collect()
        };
        let (begins, ceases): (Vec<_>, Vec<_>) = (only(&after, &before), only(&before, &after));
        let changes = !(begins.is_empty() && ceases.is_empty());
        changes.then(|| Flow { destination: spec.key.clone(), begins, ceases })
    };
    configuration.destinations.iter().filter_map(|one| of_destination(&one.spec)).collect()
}

fn suppressions(names: &BTreeSet<String>, configuration: &Configuration) -> Vec<(Key, Vec<Key>)> {
    let hears =
        |rule: &&Suppression| rule.spec.event.as_ref().is_some_and(|name| names.contains(name));
    let protects = |rule: &Suppression| {
        let specs = configuration.mappings.iter().map(|mapping| &mapping.spec);
        let protected = specs
            .filter(|spec| spec.active && spec.use_case.is_suppressed())
            .filter(|spec| holds_at(&rule.spec.destinations, &spec.destination))
            .map(|spec| spec.key.clone());
        (rule.spec.key.clone(), protected.collect())
    };
    configuration.suppressions.iter().filter(hears).map(protects).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        ids::SuppressionId,
        mappings::UseCase,
        suppression::SuppressionSpec,
        sync::decide::tests::{configuration, mapping},
    };

    fn contract(events: &[(&str, &[&str], &str)]) -> Contract {
        let event = |&(name, aliases, consumer): &(&str, &[&str], &str)| {
            let event = Event {
                aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
                consumers: [consumer.to_owned()].into(),
                ..Event::default()
            };
            (name.to_owned(), event)
        };
        Contract { events: events.iter().map(event).collect() }
    }

    fn rule(name: &str, event: &str, destinations: &[&str]) -> Suppression {
        let mut spec = SuppressionSpec::new(name.parse().unwrap(), "purchase");
        spec.event = Some(event.to_owned());
        spec.destinations = destinations.iter().map(|one| one.parse().unwrap()).collect();
        Suppression { id: SuppressionId(Uuid::nil()), audience_id: None, spec }
    }

    #[test]
    fn a_destination_hears_more_or_less_of_what_it_reads() {
        let event = |lines: &str, readers: &[&str]| Event {
            properties: notation::read(lines).unwrap(),
            consumers: readers.iter().map(|&reader| reader.to_owned()).collect(),
            ..Event::default()
        };
        let contract = |name: &str, event: Event| {
            let aliases = ["A".to_owned()].into_iter().filter(|alias| alias != name).collect();
            Contract { events: [(name.to_owned(), Event { aliases, ..event })].into() }
        };
        let mut all = configuration(vec![]);
        "One of a kind".clone_into(&mut all.destinations[0].spec.integration);
        let destination = all.destinations[0].spec.clone();
        let (key, integration) = (destination.key.as_str(), destination.integration.as_str());
        let before = contract("A", event("id: text\nold: text", &[key, "a report"]));
        let told = |after: Contract| {
            let touched = touched(&before, &after, &all);
            let paths = |all: &[Field]| -> Vec<String> {
                all.iter().map(|field| field.path.clone()).collect()
            };
            let flows = touched.iter().flat_map(|one| &one.flows);
            flows.map(|flow| (paths(&flow.begins), paths(&flow.ceases))).collect::<Vec<_>>()
        };
        let line = |text: &str| vec![text.to_owned()];
        // Renamed, and its reader named otherwise.
        let renamed = event("id: text\nemail: text, identifier", &[&integration.to_uppercase()]);
        assert_eq!(told(contract("B", renamed)), [(line("email"), line("old"))]);
        let all_of_it = vec!["id".to_owned(), "old".to_owned()];
        let unread = event("id: text\nold: text", &["a report"]);
        assert_eq!(told(contract("A", unread)), [(vec![], all_of_it.clone())]);
        let stopped = Event { is_stopped: true, ..before.events["A"].clone() };
        assert_eq!(told(contract("A", stopped)), [(vec![], all_of_it)]);
        let said = Event { owner: "Growth".to_owned(), ..before.events["A"].clone() };
        assert!(told(contract("A", said)).is_empty());
    }

    #[test]
    fn a_budget_is_broken_by_what_makes_it_worse() {
        let mut all = configuration(vec![]);
        let key = all.destinations[0].spec.key.to_string();
        let contract = |events: usize, lines: &str| {
            let event = Event {
                properties: notation::read(lines).unwrap(),
                consumers: [key.clone()].into(),
                ..Event::default()
            };
            Contract { events: (0..events).map(|at| (format!("E{at}"), event.clone())).collect() }
        };
        let (none, three) = (Contract::default(), contract(3, "a: text\nb: text"));
        assert!(over(&none, &three, &all).is_empty(), "nobody has said how many");
        all.destinations[0].spec.budget.events = Some(2);
        all.destinations[0].spec.budget.properties = Some(6);
        let [one] = &over(&none, &three, &all)[..] else { panic!("events alone") };
        assert!(one.words().ends_with("would read 3 events, and its budget is 2"), "{one:?}");
        // What is over already may become less, or stay.
        assert!(
            over(&contract(4, "a: text"), &three, &all)
                .iter()
                .all(|one| one.of == Budgeted::Properties)
        );
        assert!(over(&three, &three, &all).is_empty());
        let wider = over(&three, &contract(3, "a: text\nb: text\nc: text"), &all);
        assert_eq!(
            wider.iter().map(|one| (one.of, one.would)).collect::<Vec<_>>(),
            [(Budgeted::Properties, 9)]
        );
        let stopped = contract(3, "a: text").events.into_iter();
        let stopped = stopped.map(|(name, event)| (name, Event { is_stopped: true, ..event }));
        assert!(over(&none, &Contract { events: stopped.collect() }, &all).is_empty());
    }

    #[test]
    fn a_renamed_event_is_one_and_whatever_hears_either_name_is_named() {
        let before = contract(&[("Purchase", &["bought"], "Meta"), ("Other", &[], "")]);
        let after = contract(&[("Order Completed", &["Purchase"], "TikTok"), ("Other", &[], "")]);
        let mut paused = mapping(3, 1, UseCase::Retarget, None);
        paused.spec.active = false;
        paused.spec.entry_event = Some("bought".to_owned());
        let mut all = configuration(vec![
            mapping(1, 0, UseCase::Retarget, None),
            mapping(2, 0, UseCase::Suppress, None),
            paused,
            mapping(4, 0, UseCase::Retarget, None),
        ]);
        all.suppressions = vec![
            rule("everywhere", "Purchase", &[]),
            rule("narrow", "Order Completed", &["d1"]),
            rule("deaf", "Other", &[]),
        ];
        let [one] = &touched(&before, &after, &all)[..] else { panic!("one event") };
        assert_eq!(one.event, "Order Completed");
        assert_eq!(one.consumers, ["Meta".to_owned(), "TikTok".to_owned()].into());
        let key = |text: &str| text.parse::<Key>().unwrap();
        let expected =
            [(key("everywhere"), vec![key("m1"), key("m4")]), (key("narrow"), vec![key("m1")])];
        assert_eq!(one.suppressions, expected);
        assert_eq!(one.mappings, [key("m3")]);
        assert!(touched(&before, &before, &all).is_empty());
    }
}
