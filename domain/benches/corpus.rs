//! What is checked: a contract, and events of which most are as agreed and the others each have
//! one thing wrong. The same seed makes the same events.
//!
//! Bodies are as libraries send them, an envelope around the properties. Names stand in an order
//! that is the same for all objects and isn't the alphabet's, as a sender's code has it: sorted
//! ones would be the easiest for a map that sorts. A few senders send everything, each with its
//! own optional properties: objects of ever new shapes would be the hardest for a JavaScript
//! engine, which compiles for those that it has seen.

use std::{collections::BTreeMap, fmt::Write as _};

use domain::contract::{Contract, Kind, Property, starter::starter};
use serde_json::{Map, Value, json};

/// Of the texts of these properties, few are allowed: the contract to begin with limits none.
const CHOICES: [(&str, &[&str]); 2] = [
    ("interval", &["month", "quarter", "year"]),
    ("priority", &["high", "low", "normal", "urgent"]),
];

/// What is no time to RFC 3339: not there, no offset, no time of day, no text of that kind.
const NO_TIMES: [&str; 6] = [
    "2026-02-30T10:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-06-01T10:00:00",
    "2026-06-01",
    "yesterday",
    "1767225600",
];

const WORDS: [&str; 10] =
    ["Cotton", "blue", "large", "Summer", "shirt", "set", "of", "two", "Outlet", "wide"];

/// What can be wrong with an event, and whether it is in an element of its list.
const WRONGS: [(Wrong, bool); 10] = [
    (Wrong::Missing, false),
    (Wrong::Null, false),
    (Wrong::Type, false),
    (Wrong::Unknown, false),
    (Wrong::Choice, false),
    (Wrong::Time, false),
    (Wrong::Missing, true),
    (Wrong::Null, true),
    (Wrong::Type, true),
    (Wrong::Unknown, true),
];

#[derive(Clone, Copy)]
enum Wrong {
    Missing,
    Null,
    Type,
    Unknown,
    Choice,
    Time,
}

/// An event as it comes in.
pub struct Sent {
    /// Its JSON, on one line.
    pub body: String,
    /// Whether it was made as agreed.
    pub is_valid: bool,
}

/// The contract that events are held against.
pub fn contract() -> Contract {
    let mut contract = starter();
    for event in contract.events.values_mut() {
        for (name, choices) in CHOICES {
            if let Some(property) = event.properties.get_mut(name) {
                property.choices = choices.iter().map(|&one| one.to_owned()).collect();
            }
        }
    }
    contract
}

/// Which event comes in under which name, canonical or not.
pub fn names(contract: &Contract) -> BTreeMap<&str, &str> {
    let mut names = BTreeMap::new();
    for (canonical, event) in &contract.events {
        names.insert(canonical.as_str(), canonical.as_str());
        names.extend(event.aliases.iter().map(|alias| (alias.as_str(), canonical.as_str())));
    }
    names
}

/// So many events of so many senders; of each twenty, one isn't as agreed.
pub fn events(contract: &Contract, count: usize, senders: u32) -> Vec<Sent> {
    let mut maker = Maker { state: 0x5e67_7565, sender: 0 };
    let names: Vec<(&str, &str)> = names(contract).into_iter().collect();
    let mut wrongs = WRONGS.iter().cycle();
    let mut wrong = None;
    let mut made = Vec::with_capacity(count);
    while made.len() < count {
        if made.len() % 20 == 7 && wrong.is_none() {
            wrong = wrongs.next();
        }
        let Some(&(name, canonical)) = maker.pick(&names) else { break };
        let Some(event) = contract.events.get(canonical) else { continue };
        maker.sender = maker.below(senders);
        let mut properties = maker.object(&event.properties);
        // Not every event has what can be wrong: then another one is made.
        if let Some(&(wrong, in_list)) = wrong {
            let is_spoilt = if in_list {
                maker.spoil_element(wrong, &mut properties, &event.properties)
            } else {
                maker.spoil(wrong, &mut properties, &event.properties)
            };
            if !is_spoilt {
                continue;
            }
        }
        let is_valid = wrong.take().is_none();
        let needs_none = event.properties.values().all(|property| !property.required);
        let properties = (!is_valid || !needs_none || maker.below(10) > 0).then_some(properties);
        let mut body = String::new();
        write(&maker.envelope(name, properties), &mut body);
        made.push(Sent { body, is_valid });
    }
    made
}

/// Draws by `SplitMix64`.
struct Maker {
    state: u64,
    /// Whose event is being made.
    sender: u32,
}

impl Maker {
    fn below(&mut self, bound: u32) -> u32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [a, b, c, d, ..] = (mixed ^ (mixed >> 31)).to_le_bytes();
        u32::from_le_bytes([a, b, c, d]) % bound
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(all.len()).ok().filter(|&count| count > 0)?;
        all.get(usize::try_from(self.below(count)).ok()?)
    }

    fn object(&mut self, properties: &BTreeMap<String, Property>) -> Map<String, Value> {
        let mut object = Map::new();
        for (name, property) in properties {
            let value = match place(&format!("{name}{}", self.sender)) % 100 {
                _ if property.required => self.value(name, property),
                0..70 if self.below(40) > 0 => self.value(name, property),
                0..70 => Value::Null,
                _ => continue,
            };
            object.insert(name.clone(), value);
        }
        object
    }

    fn value(&mut self, name: &str, property: &Property) -> Value {
        let choices: Vec<&String> = property.choices.iter().collect();
        self.pick(&choices).map_or_else(|| self.of_kind(name, &property.kind), |one| json!(one))
    }

    fn of_kind(&mut self, name: &str, kind: &Kind) -> Value {
        match kind {
            Kind::Text => json!(self.text(name)),
            Kind::Time => json!(self.time()),
            // Nobody says that a whole number must be written without a point.
            Kind::Whole if self.below(20) == 0 => json!(f64::from(self.below(9))),
            Kind::Whole => json!(self.below(100)),
            Kind::Number if self.below(5) == 0 => json!(self.below(500)),
            Kind::Number => json!(f64::from(self.below(50_000)) / 100.0),
            Kind::Boolean => json!(self.below(2) == 0),
            Kind::Object(properties) => Value::Object(self.object(properties)),
            Kind::List(of) => (0..=self.below(5)).map(|_| self.of_kind(name, of)).collect(),
        }
    }

    fn text(&mut self, name: &str) -> String {
        let number = self.below(1_000_000);
        match name {
            "currency" => "EUR".to_owned(),
            "email" => format!("p{number}@example.com"),
            "url" => format!("https://shop.example/products/{number}"),
            "image_url" => format!("https://images.shop.example/{number}/large.webp"),
            _ if name == "sku" || name.ends_with("_id") => format!("{name}-{number:06}"),
            _ if number.is_multiple_of(50) => "Größe M".to_owned(),
            _ => {
                let words = (0..=self.below(4)).filter_map(|_| self.pick(&WORDS));
                words.copied().collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn time(&mut self) -> String {
        let [month, day] = [12, 28].map(|bound| self.below(bound) + 1);
        let [hour, minute, second] = [24, 60, 60].map(|bound| self.below(bound));
        let end = self.pick(&["Z", ".5Z", ".123Z", "+02:00", "-05:30"]).copied().unwrap_or("Z");
        format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{end}")
    }

    /// Makes one thing wrong, if it can be.
    fn spoil(
        &mut self,
        wrong: Wrong,
        object: &mut Map<String, Value>,
        properties: &BTreeMap<String, Property>,
    ) -> bool {
        let fits = |(name, property): &(&String, &Property)| match wrong {
            Wrong::Missing | Wrong::Null => property.required,
            Wrong::Type => object.get(*name).is_some_and(|value| !value.is_null()),
            Wrong::Unknown => true,
            Wrong::Choice => !property.choices.is_empty(),
            Wrong::Time => property.kind == Kind::Time,
        };
        let fitting: Vec<_> = properties.iter().filter(fits).collect();
        let Some(&(name, property)) = self.pick(&fitting) else { return false };
        let value = match wrong {
            Wrong::Missing => {
                object.remove(name);
                return true;
            }
            Wrong::Unknown => {
                object.insert(format!("{name}_2"), json!("more"));
                return true;
            }
            Wrong::Null => Value::Null,
            Wrong::Type => self.other(&property.kind),
            Wrong::Choice => json!("whatever"),
            Wrong::Time => json!(self.pick(&NO_TIMES)),
        };
        object.insert(name.clone(), value);
        true
    }

    /// The same in an element of the first list of objects.
    fn spoil_element(
        &mut self,
        wrong: Wrong,
        object: &mut Map<String, Value>,
        properties: &BTreeMap<String, Property>,
    ) -> bool {
        let mut lists = properties.iter().filter_map(|(name, property)| match &property.kind {
            Kind::List(of) => match &**of {
                Kind::Object(properties) => Some((name, properties)),
                _ => None,
            },
            _ => None,
        });
        let Some((name, properties)) = lists.next() else { return false };
        let Some(Value::Array(elements)) = object.get_mut(name) else { return false };
        let count = u32::try_from(elements.len()).unwrap_or_default().max(1);
        let at = usize::try_from(self.below(count)).unwrap_or_default();
        let Some(Value::Object(element)) = elements.get_mut(at) else { return false };
        self.spoil(wrong, element, properties)
    }

    /// A value of another kind.
    fn other(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Text | Kind::Time => json!(self.below(1_000)),
            Kind::Whole if self.below(2) == 0 => json!(2.5),
            Kind::Whole | Kind::Number => json!("3"),
            Kind::Boolean => json!("true"),
            Kind::Object(_) => json!([]),
            Kind::List(_) => json!({}),
        }
    }

    /// What a library in a browser puts around it.
    fn envelope(&mut self, name: &str, properties: Option<Map<String, Value>>) -> Value {
        let [person, message, page] = [200_000, 1_000_000_000, 1_000].map(|many| self.below(many));
        json!({
            "type": "track",
            "event": name,
            "userId": format!("u-{person}"),
            "anonymousId": format!("0193a5e0-0000-7000-8000-{person:012x}"),
            "messageId": format!("ajs-next-{message:032x}"),
            "timestamp": self.time(),
            "context": {
                "ip": "203.0.113.7",
                "library": {"name": "analytics.js", "version": "npm:next-1.81.0"},
                "locale": "de-DE",
                "page": {
                    "path": format!("/products/{page}"),
                    "referrer": "",
                    "title": "Shop",
                    "url": format!("https://shop.example/products/{page}"),
                },
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            },
            "integrations": {},
            "properties": properties,
        })
    }
}

/// Writes JSON in an order of names that isn't the alphabet's.
fn write(value: &Value, to: &mut String) {
    // Writing to a String can't fail.
    match value {
        Value::Object(object) => {
            let mut fields: Vec<(&String, &Value)> = object.iter().collect();
            fields.sort_by_key(|(name, _)| place(name));
            for (at, (name, value)) in fields.into_iter().enumerate() {
                let _ = write!(to, "{}{}:", if at == 0 { "{" } else { "," }, json!(name));
                write(value, to);
            }
            to.push_str(if object.is_empty() { "{}" } else { "}" });
        }
        Value::Array(elements) => {
            to.push('[');
            for (at, element) in elements.iter().enumerate() {
                to.push_str(if at == 0 { "" } else { "," });
                write(element, to);
            }
            to.push(']');
        }
        other => {
            let _ = write!(to, "{other}");
        }
    }
}

/// FNV-1a.
fn place(name: &str) -> u64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}
