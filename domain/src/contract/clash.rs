//! No name may mean two events: what every contract keeps to, however it was made.

use std::collections::BTreeMap;

use super::{Contract, Event};
use crate::error::{Error, Result};

/// What a name is to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bears {
    /// It is called so.
    Canonical,
    /// It comes in so too.
    Alias,
    /// It goes out so too.
    Former,
}

impl Bears {
    /// Whether two events may bear one name in these ways: one that was split in two goes out
    /// under its former name from both.
    const fn goes_with(self, other: Self) -> bool {
        matches!((self, other), (Self::Former, Self::Former))
    }

    /// The field that has it.
    const fn field(self) -> &'static str {
        match self {
            Self::Canonical => "name",
            Self::Alias => "aliases",
            Self::Former => "also_sent_as",
        }
    }
}

/// The names of an event, each with what it is to it.
fn borne<'a>(canonical: &'a str, event: &'a Event) -> impl Iterator<Item = (&'a str, Bears)> {
    let aliases = event.aliases.iter().map(|name| (name.as_str(), Bears::Alias));
    let former = event.also_sent_as.keys().map(|name| (name.as_str(), Bears::Former));
    std::iter::once((canonical, Bears::Canonical)).chain(aliases).chain(former)
}

/// Two events that a name would mean.
struct Clash<'a> {
    name: &'a str,
    /// What it is to the second.
    bears: Bears,
    first: (&'a str, Bears),
    second: &'a str,
}

impl Clash<'_> {
    fn words(&self) -> String {
        let Self { name, first: (first, bears), .. } = self;
        match bears {
            Bears::Canonical => format!("there is an event {first} already"),
            Bears::Alias => format!("{name} is another name of {first} already"),
            Bears::Former => format!("{first} goes out as {name} too: take that away first"),
        }
    }
}

/// Names that would mean two of these events.
fn find<'a>(events: impl Iterator<Item = (&'a String, &'a Event)>) -> Vec<Clash<'a>> {
    let mut seen: BTreeMap<&str, Vec<(&str, Bears)>> = BTreeMap::new();
    let mut clashes = Vec::new();
    for (canonical, event) in events {
        for (name, bears) in borne(canonical, event) {
            let all = seen.entry(name).or_default();
            let other =
                |(other, had): &&(&str, Bears)| *other != canonical && !bears.goes_with(*had);
            if let Some(first) = all.iter().find(other) {
                clashes.push(Clash { name, bears, first: *first, second: canonical });
            }
            all.push((canonical, bears));
        }
    }
    clashes
}

impl Contract {
    /// Whether each name means one event.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the name and both events.
    pub fn check_names(&self) -> Result<()> {
        let clashes = find(self.events.iter());
        let Some(clash) = clashes.first() else { return Ok(()) };
        Err(Error::Conflict(format!("{}: {}", clash.second, clash.words())))
    }

    /// Puts an event in, in the place of `former` if that is named.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `name`, `aliases` or `also_sent_as` that another event has.
    pub fn put(&mut self, former: Option<&str>, name: String, event: Event) -> Result<()> {
        let others = self.events.iter().filter(|(other, _)| Some(other.as_str()) != former);
        if others.clone().any(|(other, _)| *other == name) {
            return Err(Error::invalid("name", "there is an event of that name already"));
        }
        // It stands last, so that a clash is one of its own.
        let clashes = find(others.chain([(&name, &event)]));
        if let Some(clash) = clashes.iter().find(|clash| clash.second == name) {
            return Err(Error::invalid(clash.bears.field(), clash.words()));
        }
        if let Some(former) = former {
            self.events.remove(former);
        }
        self.events.insert(name, event);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_name_stands_for_no_other_event() {
        let event = |alias: &str, also: &str| Event {
            aliases: [alias.to_owned()].into(),
            also_sent_as: [(also.to_owned(), "2026-12-31".parse().unwrap())].into(),
            ..Event::default()
        };
        let mut contract = Contract::default();
        contract.put(None, "A".to_owned(), event("Was", "Was")).unwrap();
        contract.put(None, "B".to_owned(), event("b", "Shared")).unwrap();
        let before = contract.clone();
        let refused =
            [("C", "c", "A"), ("C", "c", "b"), ("Shared", "c", "c"), ("C", "Shared", "c")];
        for (name, alias, also) in refused {
            let put = contract.put(None, name.to_owned(), event(alias, also));
            assert!(put.is_err(), "{name}, {alias}, {also}");
            assert_eq!(contract, before, "a refusal changes nothing");
        }
        // One that was split in two goes out from both.
        contract.put(None, "C".to_owned(), event("c", "Shared")).unwrap();
    }

    #[test]
    fn no_name_means_two_events() {
        let event = |aliases: &[&str]| Event {
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            ..Event::default()
        };
        let mut contract = Contract::default();
        contract.put(None, "A".to_owned(), event(&["a"])).unwrap();
        contract.put(None, "B".to_owned(), event(&["b"])).unwrap();
        let before = contract.clone();
        for (former, name, aliases) in [
            (None, "A", &[][..]),
            (None, "a", &[]),
            (None, "C", &["A"]),
            (None, "C", &["a"]),
            (Some("A"), "B", &[]),
            (Some("A"), "C", &["b"]),
        ] {
            assert!(contract.put(former, name.to_owned(), event(aliases)).is_err(), "{name}");
            assert_eq!(contract, before, "a refusal changes nothing");
        }
        contract.put(Some("A"), "a".to_owned(), event(&["A"])).unwrap();
        assert_eq!(contract.canonical("A"), Some("a"));
    }
}
