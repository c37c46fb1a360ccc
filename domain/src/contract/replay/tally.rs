//! Counts what a change does, event by event.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{MOST_NAMES, Replay, Replayed};
use crate::{
    contract::{
        Contract, Property, Violation,
        check::{Checker, Verdict},
    },
    time::Instant,
};

/// Counts what a change does, event by event.
pub struct Tally {
    before: Option<Checker>,
    after: Option<Checker>,
    altered: Altered,
    lines: BTreeMap<String, Replayed>,
}

/// Names whose events a change can make fail or pass. Most changes are of one event, and what is
/// the same before and after needn't even be read.
enum Altered {
    /// Nothing was checked before, or nothing is afterwards.
    All,
    Names(BTreeSet<String>),
}

impl Altered {
    fn of(before: &Contract, after: &Contract) -> Self {
        if before.events.is_empty() != after.events.is_empty() {
            return Self::All;
        }
        let names = [before, after].into_iter().flat_map(|one| &one.events);
        let names = names.flat_map(|(name, event)| event.aliases.iter().chain([name]));
        let differs = |name: &&String| properties(before, name) != properties(after, name);
        Self::Names(names.filter(differs).cloned().collect())
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.contains(name),
        }
    }
}

impl Tally {
    /// Of the change from one contract to another.
    #[must_use]
    pub fn new(before: &Contract, after: &Contract) -> Self {
        // Without an event nothing is agreed on, and everything passes.
        let checker = |one: &Contract| (!one.events.is_empty()).then(|| Checker::new(one));
        Self {
            before: checker(before),
            after: checker(after),
            altered: Altered::of(before, after),
            lines: BTreeMap::new(),
        }
    }

    /// One more event, with its properties as JSON.
    pub fn add(&mut self, name: &str, properties: &str) {
        if !self.altered.has(name) {
            self.line(name).events += 1;
            return;
        }
        // What can't be read was nothing that we wrote.
        let properties: Option<Value> = serde_json::from_str(properties).ok();
        let was = wrong(self.before.as_ref(), name, properties.as_ref());
        let is = wrong(self.after.as_ref(), name, properties.as_ref());
        let line = self.line(name);
        line.events += 1;
        match (was, is) {
            (None, Some(violation)) => {
                line.failing += 1;
                line.violation.get_or_insert(violation);
            }
            (Some(_), None) => line.passing += 1,
            _ => {}
        }
    }

    fn line(&mut self, name: &str) -> &mut Replayed {
        let is_one_too_many = self.lines.len() >= MOST_NAMES && !self.lines.contains_key(name);
        let name = if is_one_too_many { "" } else { name };
        let new = || Replayed { name: name.to_owned(), ..Replayed::default() };
        self.lines.entry(name.to_owned()).or_insert_with(new)
    }

    /// What came of it.
    #[must_use]
    pub fn done(self, since: Instant) -> Replay {
        let mut lines: Vec<Replayed> = self.lines.into_values().collect();
        lines.sort_by(|a, b| {
            let rank = |line: &Replayed| (line.failing, line.passing, line.events);
            rank(b).cmp(&rank(a)).then_with(|| a.name.cmp(&b.name))
        });
        Replay { since, events: lines.iter().map(|line| line.events).sum(), lines }
    }
}

/// What an event that comes in under this name may say.
fn properties<'a>(contract: &'a Contract, name: &str) -> Option<&'a BTreeMap<String, Property>> {
    let event = |name: &str| contract.events.get(name);
    contract.canonical(name).and_then(event).map(|event| &event.properties)
}

fn wrong(checker: Option<&Checker>, name: &str, properties: Option<&Value>) -> Option<Violation> {
    match checker?.check(name, properties) {
        Verdict::Valid | Verdict::Aliased(_) => None,
        Verdict::Violated(violation) => Some(violation),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::contract::{
        Compatibility,
        change::{compatibility, effects},
        check::generate::{contract as any_contract, sent},
        notation,
    };

    fn contract(name: &str, properties: &str) -> Contract {
        let properties = notation::read(properties).unwrap();
        let event = crate::contract::Event { properties, ..Default::default() };
        Contract { events: [(name.to_owned(), event)].into() }
    }

    #[test]
    fn only_what_the_change_does_is_counted() {
        let before = contract("Order", "total: number");
        let after = contract("Order", "total: text");
        let mut tally = Tally::new(&before, &after);
        for total in [json!(1), json!(2), json!("3"), json!(true), json!(null)] {
            tally.add("Order", &json!({ "total": total }).to_string());
        }
        tally.add("Other", "");
        let replay = tally.done(Instant(5));
        assert_eq!((replay.events, replay.failing(), replay.passing()), (6, 2, 1));
        let [order, other] = &replay.lines[..] else { panic!("{replay:?}") };
        assert_eq!((order.events, &*order.violation.as_ref().unwrap().path), (5, "total"));
        assert_eq!((other.events, other.failing, other.passing), (1, 0, 0));
    }

    #[test]
    fn any_number_of_names_is_a_short_list() {
        let mut tally = Tally::new(&Contract::default(), &contract("A", ""));
        for number in 0..1_000 {
            tally.add(&format!("name {number}"), "");
        }
        let replay = tally.done(Instant(0));
        assert_eq!((replay.events, replay.failing()), (1_000, 1_000));
        assert_eq!(replay.lines.len(), MOST_NAMES + 1);
        assert_eq!(replay.lines[0].name, "", "those that were counted together are most");
    }

    proptest! {
        /// A change called additive fails nothing that passed.
        #[test]
        fn an_additive_change_fails_nothing(
            (before, after, sent) in (any_contract(), any_contract())
                .prop_flat_map(|(before, after)| {
                    let events = sent(&before);
                    (Just(before), Just(after), events)
                }),
        ) {
            let mut tally = Tally::new(&before, &after);
            let wrong = |one: &Contract, name: &str, properties: &Value| {
                let is_wrong = |checker: Checker| {
                    matches!(checker.check(name, Some(properties)), Verdict::Violated(_))
                };
                !one.events.is_empty() && is_wrong(Checker::new(one))
            };
            let (mut failing, mut passing) = (0, 0);
            for (name, properties) in &sent {
                tally.add(name, &properties.to_string());
                match (wrong(&before, name, properties), wrong(&after, name, properties)) {
                    (false, true) => failing += 1,
                    (true, false) => passing += 1,
                    _ => {}
                }
            }
            let replay = tally.done(Instant(0));
            prop_assert_eq!(replay.events, sent.len() as u64);
            // What isn't looked at makes no difference.
            prop_assert_eq!((replay.failing(), replay.passing()), (failing, passing));
            if compatibility(&effects(&before, &after)) == Compatibility::Additive {
                prop_assert_eq!(replay.failing(), 0);
            }
        }
    }
}
