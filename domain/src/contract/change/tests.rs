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
    let becomes_an_event = told(&[("A", named(&["B"]))], &[("A", named(&["B"])), ("B", none())]);
    assert_eq!(becomes_an_event, ["B  narrowing"]);
    let taken_by_a_new_one =
        told(&[("B", named(&["x"]))], &[("A", named(&["x"])), ("B", named(&["x"]))]);
    assert_eq!(taken_by_a_new_one, ["A  narrowing"]);
    let taken_by_the_first =
        told(&[("A", none()), ("B", named(&["x"]))], &[("A", named(&["x"])), ("B", named(&["x"]))]);
    assert_eq!(taken_by_the_first, ["A aliases narrowing"]);
    let second =
        told(&[("A", named(&["x"])), ("B", none())], &[("A", named(&["x"])), ("B", named(&["x"]))]);
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

fn with_property(contract: &mut Contract, map: usize, at: usize, edit: impl FnOnce(&mut Property)) {
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
