//! The contract as far as it says how events go on.

use std::collections::HashMap;

use serde_json::Value;

use super::Echo;
use crate::{contract::Contract, day::Day, ids::derived, time::Instant};

/// How an event goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Onward {
    /// Whether it goes nowhere.
    pub is_stopped: bool,
    /// Former names under which it goes out too.
    pub also_as: Vec<String>,
}

/// Events that don't simply go on, by canonical name.
#[derive(Debug, Default)]
pub struct Onwards(HashMap<String, (bool, Vec<(String, Day)>)>);

impl Onwards {
    /// What a contract says about it.
    #[must_use]
    pub fn new(contract: &Contract) -> Self {
        let all = contract.events.iter().filter_map(|(name, event)| {
            let also: Vec<_> =
                event.also_sent_as.iter().map(|(name, last)| (name.clone(), *last)).collect();
            (event.is_stopped || !also.is_empty()).then(|| (name.clone(), (event.is_stopped, also)))
        });
        Self(all.collect())
    }

    /// How an event of this canonical name goes on at a moment.
    #[must_use]
    pub fn of(&self, canonical: &str, now: Instant) -> Onward {
        let Some((is_stopped, also)) = self.0.get(canonical) else { return Onward::default() };
        let lasting = also.iter().filter(|(_, last)| !is_stopped && Day::of(now) <= *last);
        let also_as = lasting.map(|(name, _)| name.clone()).collect();
        Onward { is_stopped: *is_stopped, also_as }
    }
}

/// An event under its former names: `body` as it goes on, under the number that it has.
#[must_use]
pub fn echoes(body: &Value, number: &str, also_as: &[String]) -> Vec<Echo> {
    let echo = |name: &String| {
        let number = derived(&[number, name]).to_string();
        let mut body = body.clone();
        body["event"] = name.as_str().into();
        body["messageId"] = number.as_str().into();
        Echo { number, name: name.clone(), body: body.to_string() }
    };
    also_as.iter().map(echo).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{contract::Event, time::Span};

    #[test]
    fn a_former_name_lasts_until_its_day_is_over() {
        let day = Day::of(Instant(0)).plus(7);
        let event = Event {
            also_sent_as: [("B".to_owned(), day), ("C".to_owned(), day.plus(3))].into(),
            ..Event::default()
        };
        let stopped = Event { is_stopped: true, ..event.clone() };
        let events = [("A", event), ("S", stopped), ("X", Event::default())];
        let events = events.map(|(name, event)| (name.to_owned(), event)).into();
        let onwards = Onwards::new(&Contract { events });
        let end = |days: i64| day.plus(days + 1).begins().minus(Span(1));
        let also = |at| onwards.of("A", at).also_as;
        assert_eq!(also(end(0)), ["B", "C"]);
        assert_eq!(also(end(0).plus(Span(1))), ["C"]);
        assert!(also(end(3).plus(Span(1))).is_empty());
        assert_eq!(onwards.of("S", end(0)), Onward { is_stopped: true, also_as: vec![] });
        assert_eq!(onwards.of("X", end(0)), Onward::default());
        assert_eq!(onwards.of("B", end(0)), Onward::default());
    }

    #[test]
    fn an_echo_is_the_same_each_time_and_no_other_event() {
        let body = json!({"event": "A", "messageId": "m-1", "properties": {"total": 9}});
        let names = ["B".to_owned(), "C".to_owned()];
        let told = echoes(&body, "m-1", &names);
        assert_eq!(told, echoes(&body, "m-1", &names));
        assert_ne!(told[0].number, told[1].number);
        assert_ne!(told[0].number, echoes(&body, "m-2", &names)[0].number);
        // Where one ends and the other begins can't be mistaken.
        assert_ne!(derived(&["m", "1B"]), derived(&["m1", "B"]));
        let read: Value = serde_json::from_str(&told[0].body).unwrap();
        assert_eq!((&read["event"], &read["properties"]["total"]), (&json!("B"), &json!(9)));
        assert_eq!(read["messageId"], told[0].number);
    }
}
