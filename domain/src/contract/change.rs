//! What a change of the contract does to events that are sent as they were.
//!
//! A difference is additive only if every event that passed still passes ([`super::check`]);
//! whatever can't be shown to be is called worse.

use std::collections::{BTreeMap, BTreeSet};

use super::{Compatibility, Contract, Difference, Event, Kind, Property};

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
        let Event { description, owner, consumers, aliases, properties } = before;
        self.said("description", description, &after.description);
        self.said("owner", owner, &after.owner);
        for consumer in consumers.symmetric_difference(&after.consumers) {
            let told = |all: &BTreeSet<String>| all.get(consumer).cloned();
            self.push("consumers", told(consumers), told(&after.consumers), (Additive, SAID_ONLY));
        }
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
mod tests {
    use proptest::{collection, prelude::*, strategy::ValueTree, test_runner::TestRunner};
    use serde_json::Value;

    use super::super::{
        Class,
        check::{Checker, Verdict, generate},
    };
    use super::*;

    fn property(kind: Kind) -> Property {
        Property { kind, required: false, choices: [].into(), unit: None, class: Class::Other }
    }

    fn required(kind: Kind) -> Property {
        Property { required: true, ..property(kind) }
    }

    fn choices(all: &[&str]) -> Property {
        Property { choices: all.iter().map(|&s| s.to_owned()).collect(), ..property(Kind::Text) }
    }

    fn object(name: &str, property: Property) -> Kind {
        Kind::Object([(name.to_owned(), property)].into())
    }

    fn with(all: &[(&str, Property)]) -> Event {
        let properties = all.iter().map(|(name, property)| ((*name).to_owned(), property.clone()));
        Event { properties: properties.collect(), ..Event::default() }
    }

    fn named(aliases: &[&str]) -> Event {
        Event { aliases: aliases.iter().map(|&s| s.to_owned()).collect(), ..Event::default() }
    }

    fn contract(events: &[(&str, Event)]) -> Contract {
        let events = events.iter().map(|(name, event)| ((*name).to_owned(), event.clone()));
        Contract { events: events.collect() }
    }

    /// Event, path and effect of each difference.
    fn told(before: &[(&str, Event)], after: &[(&str, Event)]) -> Vec<String> {
        let all = differences(&contract(before), &contract(after));
        all.iter().map(|d| format!("{} {} {}", d.event, d.path, d.compatibility.as_str())).collect()
    }

    /// The one difference of an event whose property `p` changes.
    #[track_caller]
    fn assert_property(before: Option<Property>, after: Option<Property>, expected: &str) {
        let with = |property: Option<Property>| {
            with(&property.map(|p| ("p", p)).into_iter().collect::<Vec<_>>())
        };
        assert_eq!(
            told(&[("A", with(before))], &[("A", with(after))]),
            [format!("A properties.p{expected}")]
        );
    }

    #[test]
    fn an_event_that_goes_breaks() {
        let both = [("A", Event::default()), ("B", Event::default())];
        assert_eq!(told(&both, &both[..1]), ["B  breaking"]);
        assert_eq!(told(&both[..1], &both), ["B  additive"]);
        let renamed = differences(&contract(&both[..1]), &contract(&[("C", named(&["A"]))]));
        assert_eq!(compatibility(&renamed), Breaking);
        assert_eq!(renamed[0].reason, "Its events would be taken for \"C\".");
    }

    #[test]
    fn what_is_said_about_an_event_changes_nothing() {
        let after = Event {
            description: "It was paid.".to_owned(),
            owner: "Growth".to_owned(),
            consumers: ["Meta".to_owned()].into(),
            ..Event::default()
        };
        let found = differences(&contract(&[("A", Event::default())]), &contract(&[("A", after)]));
        let paths: Vec<_> = found.iter().map(|d| (&*d.path, d.after.as_deref())).collect();
        let expected = [
            ("description", Some("It was paid.")),
            ("owner", Some("Growth")),
            ("consumers", Some("Meta")),
        ];
        assert_eq!(paths, expected);
        assert!(found.iter().all(|d| d.before.is_none() && d.compatibility == Additive));
        let whole = property(Kind::Whole);
        let unit = Property { unit: Some("days".to_owned()), ..whole.clone() };
        assert_property(Some(whole.clone()), Some(unit), ".unit additive");
        let class = Property { class: Class::Commercial, ..whole.clone() };
        assert_property(Some(whole), Some(class), ".class additive");
    }

    #[test]
    fn a_name_that_moves_narrows() {
        let none = || Event::default();
        assert_eq!(told(&[("A", none())], &[("A", named(&["x"]))]), ["A aliases additive"]);
        assert_eq!(told(&[("A", named(&["x"]))], &[("A", none())]), ["A aliases narrowing"]);
        let moved =
            told(&[("A", named(&["x"])), ("B", none())], &[("A", none()), ("B", named(&["x"]))]);
        assert_eq!(moved, ["A aliases narrowing", "B aliases narrowing"]);
        let becomes_an_event =
            told(&[("A", named(&["B"]))], &[("A", named(&["B"])), ("B", none())]);
        assert_eq!(becomes_an_event, ["B  narrowing"]);
        let taken_by_a_new_one =
            told(&[("B", named(&["x"]))], &[("A", named(&["x"])), ("B", named(&["x"]))]);
        assert_eq!(taken_by_a_new_one, ["A  narrowing"]);
        let taken_by_the_first = told(
            &[("A", none()), ("B", named(&["x"]))],
            &[("A", named(&["x"])), ("B", named(&["x"]))],
        );
        assert_eq!(taken_by_the_first, ["A aliases narrowing"]);
        let second = told(
            &[("A", named(&["x"])), ("B", none())],
            &[("A", named(&["x"])), ("B", named(&["x"]))],
        );
        assert_eq!(second, ["B aliases additive"], "it stands for the first as before");
    }

    #[test]
    fn a_property_that_comes_or_goes_does_what_it_must() {
        let text = || Kind::Text;
        assert_property(None, Some(property(text())), " additive");
        assert_property(None, Some(required(text())), " breaking");
        assert_property(Some(property(text())), None, " narrowing");
        assert_property(Some(required(text())), None, " breaking");
        assert_property(Some(property(text())), Some(required(text())), ".required narrowing");
        assert_property(Some(required(text())), Some(property(text())), ".required additive");
    }

    #[test]
    fn a_kind_widens_or_narrows() {
        let changed = |before, after, effect| {
            assert_property(Some(property(before)), Some(property(after)), effect);
        };
        changed(Kind::Whole, Kind::Number, ".kind additive");
        changed(Kind::Time, Kind::Text, ".kind additive");
        changed(Kind::Number, Kind::Whole, ".kind narrowing");
        changed(Kind::Text, Kind::Time, ".kind narrowing");
        changed(Kind::Text, Kind::Boolean, ".kind breaking");
        changed(Kind::Text, Kind::List(Box::new(Kind::Text)), ".kind breaking");
        let list = |kind| Kind::List(Box::new(kind));
        changed(list(Kind::Whole), list(Kind::Number), "[].kind additive");
        let times = Property { choices: ["2026-01-01".to_owned()].into(), ..property(Kind::Time) };
        let texts = Property { kind: Kind::Text, ..times.clone() };
        assert_property(Some(times), Some(texts), ".kind narrowing");
    }

    #[test]
    fn what_stands_in_another_is_told_with_its_place() {
        let list = |kind| property(Kind::List(Box::new(kind)));
        let price = |of| object("price", of);
        assert_property(
            Some(list(price(property(Kind::Whole)))),
            Some(list(price(required(Kind::Whole)))),
            "[].price.required narrowing",
        );
        let empty = || Kind::Object(BTreeMap::new());
        let added = || price(required(Kind::Whole));
        assert_property(Some(list(empty())), Some(list(added())), "[].price narrowing");
        assert_property(Some(property(empty())), Some(property(added())), ".price narrowing");
        assert_property(Some(required(empty())), Some(required(added())), ".price breaking");
    }

    #[test]
    fn choices_may_become_more() {
        let changed = |before: &[&str], after: &[&str], effect: &str| {
            let expected = format!(".choices {effect}");
            assert_property(Some(choices(before)), Some(choices(after)), &expected);
        };
        changed(&[], &["a"], "narrowing");
        changed(&["a"], &[], "additive");
        changed(&["a"], &["a", "b"], "additive");
        changed(&["a", "b"], &["a"], "narrowing");
        changed(&["a"], &["b"], "narrowing");
    }

    /// Something that is done to a contract; places are numbers, so that they always fit.
    #[derive(Clone, Debug)]
    enum Edit {
        Add(String, Event),
        Remove(usize),
        Alias(usize, String),
        Unalias(usize, String),
        Describe(usize),
        AddProperty(usize, String, Property),
        RemoveProperty(usize, usize),
        Require(usize, usize),
        Classify(usize, usize),
        Change(usize, usize, Kind),
        Widen(usize, usize),
        AddChoice(usize, usize, String),
        RemoveChoice(usize, usize, String),
        ClearChoices(usize, usize),
    }

    fn edit() -> impl Strategy<Value = Edit> {
        let at = || 0_usize..12;
        let name = generate::name;
        prop_oneof![
            2 => (name(), generate::event()).prop_map(|(name, event)| Edit::Add(name, event)),
            1 => at().prop_map(Edit::Remove),
            3 => (at(), name()).prop_map(|(event, name)| Edit::Alias(event, name)),
            1 => (at(), name()).prop_map(|(event, name)| Edit::Unalias(event, name)),
            1 => at().prop_map(Edit::Describe),
            3 => (at(), generate::property_name(), generate::property())
                .prop_map(|(map, name, property)| Edit::AddProperty(map, name, property)),
            1 => (at(), at()).prop_map(|(map, at)| Edit::RemoveProperty(map, at)),
            3 => (at(), at()).prop_map(|(map, at)| Edit::Require(map, at)),
            1 => (at(), at()).prop_map(|(map, at)| Edit::Classify(map, at)),
            2 => (at(), at(), generate::kind()).prop_map(|(map, at, kind)| Edit::Change(map, at, kind)),
            3 => (at(), at()).prop_map(|(map, at)| Edit::Widen(map, at)),
            2 => (at(), at(), generate::text())
                .prop_map(|(map, at, text)| Edit::AddChoice(map, at, text)),
            1 => (at(), at(), generate::text())
                .prop_map(|(map, at, text)| Edit::RemoveChoice(map, at, text)),
            1 => (at(), at()).prop_map(|(map, at)| Edit::ClearChoices(map, at)),
        ]
    }

    impl Edit {
        fn apply(self, contract: &mut Contract) {
            match self {
                Self::Add(name, event) => {
                    contract.events.entry(name).or_insert(event);
                }
                Self::Remove(at) => {
                    let name = nth(contract.events.keys(), at).cloned();
                    name.map(|name| contract.events.remove(&name));
                }
                Self::Alias(at, name) => {
                    nth(contract.events.values_mut(), at).map(|event| event.aliases.insert(name));
                }
                Self::Unalias(at, name) => {
                    nth(contract.events.values_mut(), at).map(|event| event.aliases.remove(&name));
                }
                Self::Describe(at) => {
                    if let Some(event) = nth(contract.events.values_mut(), at) {
                        event.description.push('x');
                    }
                }
                Self::AddProperty(map, name, property) => {
                    with_map(contract, map, |all| {
                        all.entry(name).or_insert(property);
                    });
                }
                Self::RemoveProperty(map, at) => with_map(contract, map, |all| {
                    let name = nth(all.keys(), at).cloned();
                    name.map(|name| all.remove(&name));
                }),
                Self::Require(map, at) => with_property(contract, map, at, |p| p.required ^= true),
                Self::Classify(map, at) => with_property(contract, map, at, |property| {
                    property.class = Class::Identifier;
                    property.unit = None;
                }),
                Self::Change(map, at, kind) => with_property(contract, map, at, |p| p.kind = kind),
                Self::Widen(map, at) => with_property(contract, map, at, |p| widen(&mut p.kind)),
                Self::AddChoice(map, at, text) => {
                    with_property(contract, map, at, |p| {
                        p.choices.insert(text);
                    });
                }
                Self::RemoveChoice(map, at, text) => {
                    with_property(contract, map, at, |p| {
                        p.choices.remove(&text);
                    });
                }
                Self::ClearChoices(map, at) => {
                    with_property(contract, map, at, |p| p.choices.clear());
                }
            }
        }
    }

    /// Beyond the end it begins again.
    fn nth<T>(all: impl ExactSizeIterator<Item = T>, at: usize) -> Option<T> {
        let at = at.checked_rem(all.len())?;
        all.into_iter().nth(at)
    }

    fn widen(kind: &mut Kind) {
        match kind {
            Kind::Whole => *kind = Kind::Number,
            Kind::Time => *kind = Kind::Text,
            Kind::List(of) => widen(of),
            _ => {}
        }
    }

    fn with_map(
        contract: &mut Contract,
        at: usize,
        edit: impl FnOnce(&mut BTreeMap<String, Property>),
    ) {
        fn maps(
            properties: &mut BTreeMap<String, Property>,
            see: &mut dyn FnMut(&mut BTreeMap<String, Property>),
        ) {
            see(properties);
            for property in properties.values_mut() {
                let mut kind = &mut property.kind;
                while let Kind::List(of) = kind {
                    kind = of;
                }
                if let Kind::Object(properties) = kind {
                    maps(properties, see);
                }
            }
        }
        let mut see_all = |see: &mut dyn FnMut(&mut BTreeMap<String, Property>)| {
            contract.events.values_mut().for_each(|event| maps(&mut event.properties, see));
        };
        let mut count = 0;
        see_all(&mut |_| count += 1);
        let mut left = at.checked_rem(count);
        let mut edit = Some(edit);
        see_all(&mut |map| {
            if left == Some(0)
                && let Some(edit) = edit.take()
            {
                edit(map);
            }
            left = left.and_then(|left| left.checked_sub(1));
        });
    }

    fn with_property(
        contract: &mut Contract,
        map: usize,
        at: usize,
        edit: impl FnOnce(&mut Property),
    ) {
        with_map(contract, map, |all| {
            if let Some(property) = nth(all.values_mut(), at) {
                edit(property);
            }
        });
    }

    type Case = (Contract, Contract, Vec<(String, Value)>);

    /// A contract, what became of it, and events for the first.
    fn case() -> impl Strategy<Value = Case> {
        (generate::contract(), collection::vec(edit(), 0..4)).prop_flat_map(|(before, edits)| {
            let mut after = before.clone();
            for edit in edits {
                edit.apply(&mut after);
            }
            let sent = generate::sent(&before);
            (Just(before), Just(after), sent)
        })
    }

    fn passes(checker: &Checker, (name, properties): &(String, Value)) -> bool {
        !matches!(checker.check(name, Some(properties)), Verdict::Violated(_))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn what_passed_before_an_additive_change_passes_after_it((before, after, sent) in case()) {
            let found = differences(&before, &after);
            if compatibility(&found) == Additive {
                let (was, is) = (Checker::new(&before), Checker::new(&after));
                for event in &sent {
                    prop_assert!(!passes(&was, event) || passes(&is, event), "{event:?}: {found:?}");
                }
            }
        }

        #[test]
        fn only_what_differs_has_differences((before, after, _) in case()) {
            prop_assert_eq!(differences(&before, &after).is_empty(), before == after);
            prop_assert!(differences(&before, &before).is_empty());
        }
    }

    #[test]
    fn the_first_events_narrow_what_passes_and_without_any_all_passes() {
        let some = crate::contract::starter::starter();
        let none = Contract::default();
        let first = effects(&none, &some);
        assert_eq!((first.len(), compatibility(&first)), (12, Narrowing));
        assert!(first[0].reason.contains("Nothing was checked before"));
        assert_eq!(compatibility(&effects(&some, &none)), Additive);
        assert_eq!(effects(&none, &none), []);
        assert_eq!(compatibility(&differences(&some, &none)), Breaking);
    }

    /// Else the rule would hold of nothing.
    #[test]
    fn the_generated_changes_are_of_each_sort() {
        let mut runner = TestRunner::deterministic();
        let (mut additive, mut passed, mut failed_after) = (0, 0, 0);
        for _ in 0..400 {
            let (before, after, sent) = case().new_tree(&mut runner).unwrap().current();
            let found = differences(&before, &after);
            let (was, is) = (Checker::new(&before), Checker::new(&after));
            let passing: Vec<_> = sent.iter().filter(|event| passes(&was, event)).collect();
            if found.is_empty() {
            } else if compatibility(&found) == Additive {
                additive += 1;
                passed += passing.len();
            } else {
                failed_after += usize::from(passing.iter().any(|event| !passes(&is, event)));
            }
        }
        assert!(additive > 60 && passed > 300, "{additive} additive, {passed} passed");
        assert!(failed_after > 60, "{failed_after} narrowed");
    }
}
