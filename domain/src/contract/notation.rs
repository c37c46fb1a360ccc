//! Properties as people write and read them, one a line:
//!
//! ```text
//! order_id: text, required, commercial
//! status: text, one of paid | refunded
//! total: number, required, in USD, commercial
//! products: list of object
//! products.sku: text, required
//! ```
//!
//! A path names what stands in an object, or in the objects of a list.

use std::collections::BTreeMap;

use super::{Class, DEEPEST, Kind, Property};

/// Why a line can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words}")]
pub struct Unreadable {
    /// Which, from 1.
    pub line: usize,
    /// What to write instead.
    pub words: String,
}

type Properties = BTreeMap<String, Property>;

/// The properties of an event, as lines.
#[must_use]
pub fn write(properties: &Properties) -> String {
    let mut lines = Vec::new();
    write_under("", properties, &mut lines);
    lines.join("\n")
}

fn write_under(under: &str, properties: &Properties, lines: &mut Vec<String>) {
    for (name, property) in properties {
        let path = format!("{under}{name}");
        let mut words = vec![kind_words(&property.kind)];
        if property.required {
            words.push("required".to_owned());
        }
        if !property.choices.is_empty() {
            let choices: Vec<&str> = property.choices.iter().map(String::as_str).collect();
            words.push(format!("one of {}", choices.join(" | ")));
        }
        if let Some(unit) = &property.unit {
            words.push(format!("in {unit}"));
        }
        if property.class != Class::Other {
            words.push(property.class.as_str().to_owned());
        }
        lines.push(format!("{path}: {}", words.join(", ")));
        if let Some(inner) = inner(&property.kind) {
            write_under(&format!("{path}."), inner, lines);
        }
    }
}

/// Where each property stands, such as `products.price`, and how it must be handled.
#[must_use]
pub fn paths(properties: &Properties) -> BTreeMap<String, Class> {
    let mut all = BTreeMap::new();
    paths_under("", properties, &mut all);
    all
}

fn paths_under(under: &str, properties: &Properties, all: &mut BTreeMap<String, Class>) {
    for (name, property) in properties {
        let path = format!("{under}{name}");
        if let Some(inner) = inner(&property.kind) {
            paths_under(&format!("{path}."), inner, all);
        }
        all.insert(path, property.class);
    }
}

fn kind_words(kind: &Kind) -> String {
    match kind {
        Kind::Whole => "whole".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::List(of) => format!("list of {}", kind_words(of)),
        other => other.words(),
    }
}

/// What stands in an object, or in the objects of a list.
fn inner(kind: &Kind) -> Option<&Properties> {
    match kind {
        Kind::Object(properties) => Some(properties),
        Kind::List(of) => inner(of),
        _ => None,
    }
}

fn inner_mut(kind: &mut Kind) -> Option<&mut Properties> {
    match kind {
        Kind::Object(properties) => Some(properties),
        Kind::List(of) => inner_mut(of),
        _ => None,
    }
}

/// The properties that these lines say; empty lines say nothing.
pub fn read(text: &str) -> Result<Properties, Unreadable> {
    let mut all = Properties::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() {
            read_line(line, &mut all).map_err(|words| Unreadable { line: index + 1, words })?;
        }
    }
    Ok(all)
}

fn read_line(line: &str, all: &mut Properties) -> Result<(), String> {
    let (path, words) = line
        .split_once(':')
        .ok_or("write a name, a colon and what it is, such as total: number")?;
    let property = read_property(words)?;
    let parts: Vec<&str> = path.trim().split('.').map(str::trim).collect();
    if parts.len() > DEEPEST {
        return Err(format!("at most {DEEPEST} objects stand in one another"));
    }
    let Some((name, outer)) = parts.split_last() else { return Ok(()) };
    let mut at = all;
    for part in outer {
        let found = at.get_mut(*part).and_then(|property| inner_mut(&mut property.kind));
        at = found.ok_or_else(|| {
            format!("write a line for {part} above it, as an object or a list of object")
        })?;
    }
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err("a name has 1 to 100 characters".to_owned());
    }
    match at.insert((*name).to_owned(), property) {
        None => Ok(()),
        Some(_) => Err(format!("there are two lines for {}", path.trim())),
    }
}

fn read_property(words: &str) -> Result<Property, String> {
    let mut parts = words.split(',').map(str::trim);
    let kind = read_kind(parts.next().unwrap_or_default())?;
    let mut property = Property {
        kind,
        required: false,
        choices: std::collections::BTreeSet::new(),
        unit: None,
        class: Class::Other,
    };
    for part in parts {
        let class = Class::ALL.into_iter().find(|class| class.as_str() == part);
        if part == "required" {
            property.required = true;
        } else if let Some(class) = class {
            property.class = class;
        } else if let Some(unit) = part.strip_prefix("in ") {
            property.unit = Some(unit.trim().to_owned()).filter(|unit| !unit.is_empty());
        } else if let Some(choices) = part.strip_prefix("one of ") {
            let choices = choices.split('|').map(str::trim).filter(|choice| !choice.is_empty());
            property.choices = choices.map(str::to_owned).collect();
        } else {
            return Err(format!(
                "{part:?} says nothing: write required, one of a | b, in UNIT, identifier, \
                 commercial, behavioural"
            ));
        }
    }
    if !property.choices.is_empty() && property.kind != Kind::Text {
        return Err("only a text is one of several".to_owned());
    }
    Ok(property)
}

fn read_kind(words: &str) -> Result<Kind, String> {
    if let Some(of) = words.strip_prefix("list of ") {
        return Ok(Kind::List(Box::new(read_kind(of.trim())?)));
    }
    match words {
        "text" => Ok(Kind::Text),
        "time" => Ok(Kind::Time),
        "whole" | "whole number" => Ok(Kind::Whole),
        "number" => Ok(Kind::Number),
        "boolean" | "yes or no" => Ok(Kind::Boolean),
        "object" => Ok(Kind::Object(Properties::new())),
        other => Err(format!(
            "{other:?} is no kind: write text, time, whole, number, boolean, object or list of one"
        )),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CART: &str = "\
coupon: text
products: list of object
products.price: number, required, in USD, commercial
products.tags: list of text
status: text, one of paid | refunded
total: number, required, commercial";

    #[test]
    fn what_was_written_is_read_the_same() {
        let properties = read(CART).unwrap();
        assert_eq!(write(&properties), CART);
        assert_eq!(inner(&properties["products"].kind).unwrap().len(), 2);
        assert_eq!(properties["status"].choices.len(), 2);
        assert!(properties["total"].required && !properties["coupon"].required);
        assert_eq!(read("\n\n"), Ok(Properties::new()));
    }

    #[test]
    fn a_path_leads_to_each_property() {
        let text =
            "a: text, identifier\nproducts: list of object\nproducts.price: number, commercial";
        let all = paths(&read(text).unwrap());
        let told: Vec<_> = all.iter().map(|(path, class)| (&**path, *class)).collect();
        let expected = [
            ("a", Class::Identifier),
            ("products", Class::Other),
            ("products.price", Class::Commercial),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let cases = [
            ("total", "a colon"),
            ("total: cash", "is no kind"),
            ("total: number, maybe", "says nothing"),
            ("a: text\na: text", "two lines"),
            ("a.b: text", "line for a"),
            ("a: text\na.b: text", "line for a"),
            ("a: number, one of 1 | 2", "only a text"),
            (": text", "1 to 100"),
            ("a: list of", "is no kind"),
        ];
        for (text, words) in cases {
            let error = read(text).unwrap_err();
            assert!(error.words.contains(words), "{text}: {error}");
            assert_eq!(error.line, text.lines().count(), "{text}");
        }
        let deep = "a: object\na.b: object\na.b.c: object\na.b.c.d: object\na.b.c.d.e: text";
        assert!(read(deep).unwrap_err().words.contains("at most 4"));
    }

    proptest! {
        #[test]
        fn nothing_that_anybody_writes_breaks_the_reader(text in "\\PC{0,200}") {
            if let Ok(properties) = read(&text) {
                prop_assert_eq!(read(&write(&properties)), Ok(properties));
            }
        }
    }
}
