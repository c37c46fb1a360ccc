//! The filter grammar of search and exports: exactly one of `and`, `or`, `not`, `segment`,
//! `attribute` at each level.

use serde_json::{Map, Value};

use super::segments::visible;
use crate::sandbox::world::{Person, WorldState};

/// How deep groups may nest; deeper is refused.
const MAXIMUM_DEPTH: usize = 32;

/// A filter that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    Segment(u32),
    Exists(String),
    Equal(String, String),
}

/// Reads a filter, or says what is wrong with it.
pub(super) fn read(value: &Value) -> Result<Filter, String> {
    at_depth(value, MAXIMUM_DEPTH)
}

fn at_depth(value: &Value, depth: usize) -> Result<Filter, String> {
    let depth = depth.checked_sub(1).ok_or("filter is nested too deeply")?;
    let Value::Object(object) = value else { return Err("filter must be an object".to_owned()) };
    let mut members = object.iter();
    let (Some((name, inner)), None) = (members.next(), members.next()) else {
        return Err("filter must have exactly one of and, or, not, segment, attribute".to_owned());
    };
    let list = || -> Result<Vec<Filter>, String> {
        let list = inner.as_array().ok_or_else(|| format!("{name} must be a list"))?;
        if list.is_empty() {
            return Err(format!("{name} must not be empty"));
        }
        list.iter().map(|inner| at_depth(inner, depth)).collect()
    };
    match name.as_str() {
        "and" => Ok(Filter::And(list()?)),
        "or" => Ok(Filter::Or(list()?)),
        "not" => Ok(Filter::Not(Box::new(at_depth(inner, depth)?))),
        "segment" => {
            let id = inner.get("id").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
            id.map(Filter::Segment).ok_or_else(|| "segment.id must be a number".to_owned())
        }
        "attribute" => match inner {
            Value::Object(attribute) => read_attribute(attribute),
            _ => Err("attribute must be an object".to_owned()),
        },
        other => Err(format!("unknown filter {other}")),
    }
}

fn read_attribute(attribute: &Map<String, Value>) -> Result<Filter, String> {
    let field = attribute.get("field").and_then(Value::as_str).filter(|field| !field.is_empty());
    let field = field.ok_or("attribute.field is required")?.to_owned();
    match attribute.get("operator").and_then(Value::as_str) {
        Some("exists") => Ok(Filter::Exists(field)),
        Some("eq") => match attribute.get("value") {
            Some(Value::String(value)) => Ok(Filter::Equal(field, value.clone())),
            _ => Err("attribute.value must be a string".to_owned()),
        },
        _ => Err("attribute.operator must be eq or exists".to_owned()),
    }
}

impl Filter {
    /// Whether the person of this number passes.
    pub(super) fn passes(&self, world: &WorldState, number: u32, person: &Person) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.passes(world, number, person)),
            Self::Or(any) => any.iter().any(|filter| filter.passes(world, number, person)),
            Self::Not(filter) => !filter.passes(world, number, person),
            Self::Segment(id) => {
                visible(world, *id).is_some_and(|segment| segment.shown().contains(number))
            }
            Self::Exists(field) => person.attribute(field).is_some(),
            Self::Equal(field, value) => person.attribute(field) == Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exactly_one_key_and_only_two_operators() {
        for nonsense in [
            json!(null),
            json!([]),
            json!({}),
            json!({"and": [], "or": []}),
            json!({"and": []}),
            json!({"and": {}}),
            json!({"xor": []}),
            json!({"segment": {"id": "7"}}),
            json!({"segment": {"id": -1}}),
            json!({"segment": {"id": 99_999_999_999_u64}}),
            json!({"attribute": {"field": "a", "operator": "gt", "value": "1"}}),
            json!({"attribute": {"field": "a", "operator": "eq", "value": 1}}),
            json!({"attribute": {"field": "a", "operator": "eq"}}),
            json!({"attribute": {"operator": "exists"}}),
            json!({"not": [{"segment": {"id": 1}}]}),
        ] {
            assert!(read(&nonsense).is_err(), "{nonsense}");
        }
        let mut deep = json!({"segment": {"id": 1}});
        for _ in 0..40 {
            deep = json!({ "not": deep });
        }
        assert!(read(&deep).is_err());
    }

    #[test]
    fn groups_nest() {
        let filter = read(&json!({"and": [
            {"attribute": {"field": "cio_id", "operator": "exists"}},
            {"or": [
                {"attribute": {"field": "tier", "operator": "eq", "value": "gold"}},
                {"not": {"attribute": {"field": "email", "operator": "exists"}}}
            ]}
        ]}))
        .unwrap();
        let world = WorldState::default();
        let passes = |person: &Person| filter.passes(&world, 0, person);
        assert!(passes(&Person::new("1")));
        assert!(!passes(&Person::new("1").with_email("a@example.com")));
        assert!(passes(&Person::new("1").with_email("a@example.com").with("tier", "gold")));
    }
}
