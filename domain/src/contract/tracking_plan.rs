//! A Segment tracking plan: the contract as its rules say it, and back.
//!
//! Source: Segment's Public API, `GET` and `PUT /tracking-plans/{id}/rules`: a rule is
//! `{type, key, version, jsonSchema}`, and the schema of a track has its properties under
//! `properties.properties`. A plan can say more than a contract, which has one kind for each
//! property: what has no place is left out, and told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Class, Contract, DEEPEST, Event, Kind, Property, notation,
    request::Comment,
    schema,
    service::ContractService,
    spec::{LONGEST, MOST_ITEMS, named},
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RequestId,
};

/// What Segment writes its schemas in.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// More remarks than this nobody reads.
const REMARKS: usize = 50;

/// What a plan says, as far as a contract can.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Its events.
    pub events: BTreeMap<String, Event>,
    /// What was left out, and why.
    pub remarks: Vec<String>,
}

/// The rules of a contract, as `PUT /tracking-plans/{id}/rules` takes them.
#[must_use]
pub fn rules(contract: &Contract) -> Value {
    let rules = contract.events.iter().map(|(name, event)| rule(name, event));
    json!({ "rules": rules.collect::<Vec<_>>() })
}

/// The rule of one event.
pub(super) fn rule(name: &str, event: &Event) -> Value {
    let mut properties = schema::of_event(name, event);
    if let Some(schema) = properties.as_object_mut() {
        for said in ["$schema", "title", "description", "additionalProperties"] {
            schema.remove(said);
        }
    }
    json!({
        "type": "TRACK",
        "key": name,
        "version": 1,
        "jsonSchema": {
            "$schema": DRAFT,
            "type": "object",
            "description": event.description,
            "properties": { "context": {}, "traits": {}, "properties": properties },
            "x-owner": event.owner,
            "x-consumers": event.consumers,
            "x-aliases": event.aliases,
        },
    })
}

/// Whether a rule is about a track.
pub(super) fn is_track(rule: &Value) -> bool {
    kind_of(rule).eq_ignore_ascii_case("track")
}

fn kind_of(rule: &Value) -> &str {
    rule.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// Reads the rules of a plan: a list, or an object that has it as `rules` or `data.rules`.
///
/// # Errors
/// [`Error::Invalid`] for `plan` where there are no rules.
pub fn read(plan: &Value) -> Result<Plan> {
    let places = [Some(plan), plan.get("rules"), plan.pointer("/data/rules")];
    let rules = places.into_iter().flatten().find_map(Value::as_array).ok_or_else(|| {
        Error::invalid("plan", "it has no list of rules: export the rules of a tracking plan")
    })?;
    let mut reading = Reading::default();
    // Of several versions of an event the newest counts.
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    for rule in rules {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        if !is_track(rule) {
            let kind = kind_of(rule);
            reading.remark(format!("a rule of type {kind}: only tracks are agreed on"));
            continue;
        }
        let name = match named(text("key").unwrap_or_default()) {
            Ok(name) => name,
            Err(error) => {
                reading.remark(format!("a rule whose key is no name: {error}"));
                continue;
            }
        };
        let version = rule.get("version").and_then(Value::as_i64).unwrap_or(0);
        if newest.get(&name).is_some_and(|known| *known >= version) {
            reading.remark(format!("{name}: version {version}, since there is a newer one"));
            continue;
        }
        newest.insert(name.clone(), version);
        let schema = rule.get("jsonSchema").unwrap_or(&Value::Null);
        let event = reading.event(&name, schema);
        reading.plan.events.insert(name, event);
    }
    Ok(reading.plan)
}

#[derive(Default)]
struct Reading {
    plan: Plan,
}

impl Reading {
    fn remark(&mut self, words: String) {
        if self.plan.remarks.len() < REMARKS {
            self.plan.remarks.push(words);
        }
    }

    fn event(&mut self, name: &str, schema: &Value) -> Event {
        let text = |name: &str| {
            let text = schema.get(name).and_then(Value::as_str).unwrap_or_default().trim();
            text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect::<String>()
        };
        let set = |list: &str| -> BTreeSet<String> {
            let all = schema.get(list).and_then(Value::as_array).into_iter().flatten();
            let fits = |text: &&str| {
                let is_short = (1..=LONGEST).contains(&text.chars().count());
                is_short
                    && text.trim() == *text
                    && !text.contains(',')
                    && !text.chars().any(char::is_control)
            };
            all.filter_map(Value::as_str).filter(fits).take(MOST_ITEMS).map(str::to_owned).collect()
        };
        // That it is called as it is called says nothing.
        let mut aliases = set("x-aliases");
        aliases.remove(name);
        let nothing = Value::Null;
        let inner = schema.pointer("/properties/properties").unwrap_or(&nothing);
        Event {
            description: text("description"),
            owner: text("x-owner"),
            consumers: set("x-consumers"),
            aliases,
            properties: self.properties(name, inner, 1),
            // A plan doesn't say how events go on.
            ..Event::default()
        }
    }

    fn properties(&mut self, at: &str, schema: &Value, depth: usize) -> BTreeMap<String, Property> {
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut all = BTreeMap::new();
        for (name, schema) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let place = format!("{at}: {name}");
            let Some(kind) = self.kind(&place, schema, depth) else { continue };
            let property = Property {
                choices: self.choices(&place, schema, &kind),
                kind,
                required: required.contains(name.as_str()),
                unit: schema.get("x-unit").and_then(Value::as_str).map(str::to_owned),
                class: schema.get("x-class").and_then(Value::as_str).map_or(Class::Other, class_of),
            };
            // What can't be written can't be read again.
            let one = BTreeMap::from([(name.clone(), property.clone())]);
            if notation::read(&notation::write(&one)).as_ref() == Ok(&one) {
                all.insert(name.clone(), property);
            } else {
                self.remark(format!("{place}: its name or its values can't be written in a line"));
            }
        }
        all
    }

    /// Its one kind; whether it may be null says whether it is required.
    fn kind(&mut self, at: &str, schema: &Value, depth: usize) -> Option<Kind> {
        let names: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
            }
            _ => Vec::new(),
        };
        let [name] = *names else {
            self.remark(format!(
                "{at}: {}",
                match names.len() {
                    0 => "of no kind: it could be anything",
                    _ => "of several kinds: agree on one",
                }
            ));
            return None;
        };
        for said in ["pattern", "minimum", "maximum", "minLength", "maxLength", "const"] {
            if schema.get(said).is_some() {
                self.remark(format!("{at}: its {said}; the property itself is kept"));
            }
        }
        Some(match name {
            "string" if schema.get("format").and_then(Value::as_str) == Some("date-time") => {
                Kind::Time
            }
            "string" => Kind::Text,
            "integer" => Kind::Whole,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            "object" | "array" if depth >= DEEPEST => {
                self.remark(format!("{at}: at most {DEEPEST} objects stand in one another"));
                return None;
            }
            "object" => Kind::Object(self.properties(at, schema, depth + 1)),
            "array" => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                Kind::List(Box::new(self.kind(&format!("{at}: its items"), items, depth)?))
            }
            other => {
                self.remark(format!("{at}: {other} is no kind"));
                return None;
            }
        })
    }

    fn choices(&mut self, at: &str, schema: &Value, kind: &Kind) -> BTreeSet<String> {
        let all = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        let all: Vec<&Value> = all.filter(|one| !one.is_null()).collect();
        let texts: BTreeSet<String> =
            all.iter().filter_map(|one| one.as_str()).map(str::to_owned).collect();
        if !all.is_empty() && (*kind != Kind::Text || texts.len() < all.len()) {
            self.remark(format!("{at}: its choices, which aren't all texts"));
            return BTreeSet::new();
        }
        texts
    }
}

fn class_of(text: &str) -> Class {
    Class::ALL.into_iter().find(|class| class.as_str() == text).unwrap_or_default()
}

impl ContractService {
    /// The rules of what is in force.
    pub async fn tracking_plan(&self) -> Result<Value> {
        Ok(rules(&self.store.current().await?.contract))
    }

    /// Begins a draft with a plan's events in place of those of their names; what the plan
    /// doesn't say of them stays. What was left out is the draft's first comment.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `plan`; [`Error::Conflict`] where it changes nothing.
    pub async fn import_plan(&self, plan: &Value, actor: &Actor) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let Plan { events, mut remarks } = read(plan)?;
        let current = self.store.current().await?;
        let mut request = self.drafted(&current, actor);
        "A tracking plan of Segment's".clone_into(&mut request.title);
        for (name, event) in events {
            let former = request.contract.events.remove(&name);
            let event = former.map_or_else(|| event.clone(), |former| merged(former, &event));
            let bare = Event { aliases: BTreeSet::new(), ..event.clone() };
            let mut put = request.contract.put(None, name.clone(), event);
            if put.is_err() {
                remarks.push(format!("{name}: its aliases, which another event has"));
                put = request.contract.put(None, name.clone(), bare);
            }
            if let Err(error) = put {
                remarks.push(format!("{name}: {error}"));
            }
        }
        if request.contract == current.contract {
            return Err(Error::Conflict(
                "the plan changes nothing: all of it is in force".to_owned(),
            ));
        }
        self.keep(&request, None).await?;
        if !remarks.is_empty() {
            let words =
                format!("The plan also says, and a contract can't:\n{}", remarks.join("\n"));
            let words = words.chars().take(2_000).collect();
            let comment = Comment { by: actor.name.clone(), at: request.at, words };
            self.store.comment(request.id, self.ids.next(), &comment, false).await?;
        }
        Ok(request.id)
    }
}

/// An event of the plan, with what only the contract knew of it.
fn merged(former: Event, event: &Event) -> Event {
    let or = |new: &String, old: String| if new.is_empty() { old } else { new.clone() };
    let mut properties = event.properties.clone();
    for (name, property) in &mut properties {
        if let Some(known) = former.properties.get(name) {
            property.unit = property.unit.take().or_else(|| known.unit.clone());
            if property.class == Class::Other {
                property.class = known.class;
            }
        }
    }
    Event {
        description: or(&event.description, former.description),
        owner: or(&event.owner, former.owner),
        consumers: &former.consumers | &event.consumers,
        aliases: &former.aliases | &event.aliases,
        properties,
        ..former
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;
    use crate::contract::{check::generate, starter::starter};

    /// Without choices of what is no text: a schema doesn't say them.
    fn plain(properties: &BTreeMap<String, Property>) -> BTreeMap<String, Property> {
        fn of_kind(kind: &Kind) -> Kind {
            match kind {
                Kind::Object(properties) => Kind::Object(plain(properties)),
                Kind::List(of) => Kind::List(Box::new(of_kind(of))),
                other => other.clone(),
            }
        }
        let one = |property: &Property| Property {
            kind: of_kind(&property.kind),
            choices: if property.kind == Kind::Text {
                property.choices.clone()
            } else {
                BTreeSet::new()
            },
            ..property.clone()
        };
        properties.iter().map(|(name, property)| (name.clone(), one(property))).collect()
    }

    proptest! {
        #[test]
        fn what_goes_out_comes_back(contract in generate::contract()) {
            let plan = read(&rules(&contract)).unwrap();
            prop_assert_eq!(&plan.remarks, &Vec::<String>::new());
            for (name, event) in &contract.events {
                let mut aliases = event.aliases.clone();
                aliases.remove(name);
                let properties = plain(&event.properties);
                let expected = Event { aliases, properties, ..event.clone() };
                prop_assert_eq!(&plan.events[name], &expected);
            }
            prop_assert_eq!(plan.events.len(), contract.events.len());
        }

        #[test]
        fn no_plan_is_too_odd_to_be_read(plan in odd()) {
            if let Ok(plan) = read(&plan) {
                for (name, event) in plan.events {
                    let spec = crate::contract::spec::EventSpec::of(&name, &event);
                    prop_assert_eq!(spec.read().unwrap(), (name, event));
                }
            }
        }
    }

    /// JSON that looks like rules here and there.
    fn odd() -> impl Strategy<Value = Value> {
        let words = proptest::sample::select(vec![
            "track",
            "TRACK",
            "identify",
            "string",
            "object",
            "array",
            "number",
            "null",
            "a.b",
            "x: y",
            "",
            "date-time",
            "a,b",
            " a",
            "a\nb",
        ]);
        let leaf = prop_oneof![
            words.prop_map(|word| json!(word)),
            any::<bool>().prop_map(|yes| json!(yes)),
            (-3_i64..9).prop_map(|number| json!(number)),
            Just(Value::Null),
        ];
        let keys = proptest::sample::select(vec![
            "rules",
            "data",
            "type",
            "key",
            "version",
            "jsonSchema",
            "properties",
            "required",
            "items",
            "enum",
            "format",
            "x-aliases",
            "description",
        ]);
        leaf.prop_recursive(6, 60, 5, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::vec((keys.clone(), inner), 0..5).prop_map(|pairs| {
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect::<Map<_, _>>()
                        .into()
                }),
            ]
        })
    }

    #[test]
    fn a_plan_of_segments_own_is_read_and_what_has_no_place_is_told() {
        let plan = json!({ "data": { "rules": [
            { "type": "TRACK", "key": "Order Completed", "version": 1, "jsonSchema": { "properties": {} } },
            { "type": "TRACK", "key": "Order Completed", "version": 2, "jsonSchema": {
                "$schema": DRAFT, "type": "object", "description": "It was paid.",
                "properties": { "context": {}, "traits": {}, "properties": {
                    "type": "object",
                    "properties": {
                        "order_id": { "type": "string", "pattern": "^o" },
                        "total": { "type": ["number", "null"] },
                        "status": { "type": "string", "enum": ["paid", "refunded"] },
                        "level": { "type": "integer", "enum": [1, 2] },
                        "anything": {},
                        "either": { "type": ["string", "number"] },
                        "a.b": { "type": "string" },
                        "products": { "type": "array", "items": {
                            "type": "object", "properties": { "sku": { "type": "string" } }, "required": ["sku"],
                        } },
                    },
                    "required": ["order_id"],
                } },
            } },
            { "type": "IDENTIFY", "jsonSchema": {} },
        ] } });
        let Plan { events, remarks } = read(&plan).unwrap();
        let event = &events["Order Completed"];
        assert_eq!(event.description, "It was paid.");
        assert_eq!(
            notation::write(&event.properties),
            "level: whole\norder_id: text, required\nproducts: list of object\nproducts.sku: text, required\nstatus: text, one of paid | refunded\ntotal: number"
        );
        let told = remarks.join("\n");
        for part in [
            "pattern",
            "anything: of no kind",
            "either: of several",
            "a.b",
            "level: its choices",
            "IDENTIFY",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(remarks.len(), 6, "{told}");
        assert!(read(&json!({ "rule": [] })).is_err());
        assert_eq!(read(&json!([])).unwrap(), Plan::default());
    }

    #[test]
    fn what_only_the_contract_knew_stays() {
        let starter = starter();
        let (_, former) = starter.events.iter().next().unwrap();
        let mut plan = former.clone();
        (plan.owner, plan.description) = (String::new(), "New words".to_owned());
        plan.consumers.clear();
        for property in plan.properties.values_mut() {
            (property.unit, property.class) = (None, Class::Other);
        }
        let merged = merged(former.clone(), &plan);
        let expected = Event { description: "New words".to_owned(), ..former.clone() };
        assert_eq!(merged, expected);
    }
}
