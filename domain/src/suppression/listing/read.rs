//! Reads names out of a file or a field: a CSV with a heading, or a name a line.

use std::collections::BTreeSet;

use crate::{
    error::{Error, Result},
    people::{attributes::bare, identifiers},
};

use super::{LARGEST_FILE, MOST_NAMES, Name, NameKind, Names, Unreadable};

/// Lines that name nobody are shown up to here; the rest are counted.
const SHOWN: usize = 20;

/// Letters of such a line that are shown.
const BEGINNING: usize = 60;

/// Reads every line. With a heading that column counts: `cio_id` before `id` before `email`;
/// without one, the first column: an address where it has an `@`, an id otherwise.
///
/// # Errors
/// [`Error::Invalid`] for the field `names` where the whole can't be read, or names nobody.
pub fn read(text: &str) -> Result<Names> {
    let refused = |why: String| Error::invalid("names", why);
    if text.len() > LARGEST_FILE {
        return Err(refused(format!("at most {} MB", LARGEST_FILE / 1024 / 1024)));
    }
    // What a spreadsheet puts before the first line.
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let (mut read, mut seen) = (Names::default(), BTreeSet::new());
    let mut column: Option<(usize, Option<NameKind>)> = None;
    for (at, record) in lines.records().enumerate() {
        let record = record.map_err(|error| refused(format!("no CSV: {error}")))?;
        let line = record.position().map_or(at as u64 + 1, csv::Position::line);
        let (place, kind) = match column {
            Some(column) => column,
            None => match heading(&record) {
                Some(found) => {
                    column = Some(found);
                    continue;
                }
                None => *column.insert((0, None)),
            },
        };
        let cell = record.get(place).unwrap_or_default();
        match name(cell, kind) {
            Ok(name) if seen.contains(&name) => read.repeated += 1,
            Ok(name) => {
                seen.insert(name.clone());
                read.names.push(name);
            }
            Err(why) => {
                read.unreadable_count += 1;
                if read.unreadable.len() < SHOWN {
                    let text: String = cell.chars().take(BEGINNING).collect();
                    read.unreadable.push(Unreadable { line, text, why: why.to_owned() });
                }
            }
        }
        if read.names.len() > MOST_NAMES {
            return Err(refused(format!("at most {MOST_NAMES} names at once: split the file")));
        }
    }
    match (read.names.is_empty(), read.unreadable.first()) {
        (true, Some(first)) => {
            Err(refused(format!("no line names anybody: line {} {}", first.line, first.why)))
        }
        (true, None) => Err(refused("name somebody, one a line".to_owned())),
        (false, _) => Ok(read),
    }
}

/// Spreadsheets of half the world write semicolons.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let candidates = [b',', b';', b'\t'];
    let count = |one: &u8| first.bytes().filter(|byte| byte == one).count();
    // The first of equals.
    candidates.into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn heading(record: &csv::StringRecord) -> Option<(usize, Option<NameKind>)> {
    let named = |kind: NameKind| {
        let place = record.iter().position(|cell| cell.eq_ignore_ascii_case(kind.as_str()))?;
        Some((place, Some(kind)))
    };
    NameKind::ALL.into_iter().rev().find_map(named)
}

fn name(cell: &str, kind: Option<NameKind>) -> Result<Name, &'static str> {
    if cell.is_empty() {
        return Err("is empty");
    }
    if cell.chars().any(char::is_control) {
        return Err("holds a control character");
    }
    let kind = kind.unwrap_or(if cell.contains('@') { NameKind::Email } else { NameKind::Id });
    let text = match kind {
        NameKind::Email => identifiers::email(cell).ok_or("is no e-mail address")?,
        NameKind::Id => identifiers::id(cell).ok_or("is too long for an id")?,
        NameKind::CioId => identifiers::id(bare(cell)).ok_or("is too long for a Customer.io id")?,
    };
    Ok(Name { kind, text })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<(NameKind, String)> {
        read(text).unwrap().names.into_iter().map(|name| (name.kind, name.text)).collect()
    }

    fn refusal(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn a_name_a_line_is_an_address_or_an_id() {
        let text = "\u{feff} Ada@Example.com \nu-17\n\nada@example.com\n";
        assert_eq!(
            names(text),
            [(NameKind::Email, "ada@example.com".to_owned()), (NameKind::Id, "u-17".to_owned())]
        );
        assert_eq!(read(text).unwrap().repeated, 1);
    }

    #[test]
    fn a_heading_says_which_column_counts() {
        let text = "Name;EMAIL;since\nAda;ada@example.com;2024\nBob;;2025\n";
        let read_names = read(text).unwrap();
        assert_eq!(read_names.names[0].text, "ada@example.com");
        assert_eq!(read_names.unreadable[0].line, 3);
        assert_eq!(read_names.unreadable_count, 1);
        assert_eq!(
            names("email,cio_id\na@example.com,cio_0a01"),
            [(NameKind::CioId, "0a01".to_owned())]
        );
        assert_eq!(names("id\t email\nx\ta@b.example"), [(NameKind::Id, "x".to_owned())]);
    }

    #[test]
    fn what_names_nobody_says_why() {
        assert!(refusal("").contains("name somebody"));
        assert!(refusal("email\nnobody").contains("line 2 is no e-mail address"));
        assert!(refusal("a@@b").contains("line 1 is no e-mail address"));
        assert!(refusal(&"x".repeat(2_000)).contains("too long"));
        let many: Vec<String> = (0..=MOST_NAMES).map(|number| format!("u{number}")).collect();
        assert!(refusal(&many.join("\n")).contains("split the file"));
        assert!(refusal(&" ".repeat(LARGEST_FILE + 1)).contains("at most 8 MB"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_breaks_it(text in "\\PC*(\n\\PC*){0,6}") {
            if let Ok(names) = read(&text) {
                prop_assert!(!names.names.is_empty());
                let distinct: BTreeSet<&Name> = names.names.iter().collect();
                prop_assert_eq!(distinct.len(), names.names.len());
            }
        }

        #[test]
        fn every_line_is_counted_once(ids in prop::collection::vec("[a-c]{1,2}", 1..30)) {
            let names = read(&ids.join("\n")).unwrap();
            let total = names.names.len() as u64 + names.repeated + names.unreadable_count;
            prop_assert_eq!(total, ids.len() as u64);
        }
    }
}
