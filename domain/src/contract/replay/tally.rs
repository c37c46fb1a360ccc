//! Counts what a change does, event by event.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{MOST_NAMES, Replay, Replayed};
use crate::{
    contract::{
        Contract, Violation,
        check::{Checker, Verdict},
    },
    time::Instant,
};

/// Counts what a change does, event by event.
pub struct Tally {
    before: Option<Checker>,
    after: Option<Checker>,
    lines: BTreeMap<String, Replayed>,
}

impl Tally {
    /// Of the change from one contract to another.
    #[must_use]
    pub fn new(before: &Contract, after: &Contract) -> Self {
        // Without an event nothing is agreed on, and everything passes.
        let checker = |one: &Contract| (!one.events.is_empty()).then(|| Checker::new(one));
        Self { before: checker(before), after: checker(after), lines: BTreeMap::new() }
    }

    /// One more event.
    pub fn add(&mut self, name: &str, properties: Option<&Value>) {
        let (was, is) = (wrong(self.before.as_ref(), name, properties), {
            wrong(self.after.as_ref(), name, properties)
        });
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
            tally.add("Order", Some(&json!({ "total": total })));
        }
        tally.add("Other", None);
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
            tally.add(&format!("name {number}"), None);
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
            for (name, properties) in &sent {
                tally.add(name, Some(properties));
            }
            let replay = tally.done(Instant(0));
            prop_assert_eq!(replay.events, sent.len() as u64);
            if compatibility(&effects(&before, &after)) == Compatibility::Additive {
                prop_assert_eq!(replay.failing(), 0);
            }
        }
    }
}
