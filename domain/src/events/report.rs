//! Customer.io's reporting webhooks: `{event_id, object_type, metric, timestamp, data}`.
//!
//! An event is called `<object>_<metric>`, as where they are chosen: `customer_unsubscribed`,
//! `email_spammed`. Source: Customer.io's Reporting Webhooks OpenAPI.

use serde::Deserialize;

use crate::{
    people::identifiers,
    suppression::listing::{Name, NameKind},
    time::Instant,
};

use super::place_of;

/// A report, as far as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Customer.io's id of the event, which stays over retries.
    pub number: String,
    /// `<object>_<metric>`.
    pub name: String,
    /// Whom it is about.
    pub names: Vec<Name>,
    /// When it happened.
    pub at: Instant,
}

#[derive(Deserialize)]
struct Wire {
    event_id: String,
    object_type: String,
    metric: String,
    timestamp: i64,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    identifiers: Option<Identifiers>,
}

#[derive(Default, Deserialize)]
struct Identifiers {
    id: Option<String>,
    email: Option<String>,
    cio_id: Option<String>,
}

/// Reads a report; says what is wrong with it.
///
/// The old `customer_id` is not read: Customer.io leaves it blank for deleted people, and it
/// doesn't say of which kind it is.
pub fn read(body: &[u8]) -> Result<Report, String> {
    let wire: Wire = serde_json::from_slice(body)
        .map_err(|error| format!("no reporting webhook of Customer.io's: {}", place_of(&error)))?;
    let known = |text: &str| !text.is_empty() && text.len() <= 64 && text.is_ascii();
    if !known(&wire.event_id) || !known(&wire.object_type) || !known(&wire.metric) {
        return Err("event_id, object_type and metric are 1 to 64 plain characters".to_owned());
    }
    let who = wire.data.identifiers.unwrap_or_default();
    Ok(Report {
        number: wire.event_id,
        name: format!("{}_{}", wire.object_type, wire.metric),
        names: names(who.cio_id.as_deref(), who.id.as_deref(), who.email.as_deref()),
        at: Instant(wire.timestamp.saturating_mul(1_000_000)),
    })
}

/// Whoever these name, each in the one form in which everything else sees it.
#[must_use]
pub fn names(cio_id: Option<&str>, id: Option<&str>, email: Option<&str>) -> Vec<Name> {
    let name = |kind, text: Option<String>| text.map(|text| Name { kind, text });
    [
        name(NameKind::CioId, cio_id.and_then(identifiers::id)),
        name(NameKind::Id, id.and_then(identifiers::id)),
        name(NameKind::Email, email.and_then(identifiers::email)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_happened_to_whom_and_when() {
        let body = r#"{"event_id":"01E4","object_type":"customer","metric":"unsubscribed",
            "timestamp":1613063089,"data":{"customer_id":"u-1",
            "identifiers":{"id":" u-1 ","email":"Jane@Example.com","cio_id":"c1"},"new":{}}}"#;
        let report = read(body.as_bytes()).unwrap();
        assert_eq!(
            (report.number.as_str(), report.name.as_str()),
            ("01E4", "customer_unsubscribed")
        );
        assert_eq!(report.at, Instant(1_613_063_089_000_000));
        let names: Vec<&str> = report.names.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(names, ["c1", "u-1", "jane@example.com"]);
    }

    #[test]
    fn a_report_about_nobody_is_one_and_nonsense_is_none() {
        for data in ["", r#","data":{}"#, r#","data":{"identifiers":null}"#] {
            let body = format!(
                r#"{{"event_id":"1","object_type":"email","metric":"sent","timestamp":1{data}}}"#
            );
            assert_eq!(read(body.as_bytes()).unwrap().names, []);
        }
        for bad in [
            "",
            "[]",
            "null",
            "{}",
            "\u{feff}{}",
            "{\"event_id\":1}",
            r#"{"event_id":"","object_type":"email","metric":"sent","timestamp":1}"#,
            r#"{"event_id":"1","object_type":"email","metric":"sent","timestamp":"now"}"#,
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(read(b"{\"event_id\":\"\xff\"}").is_err());
    }
}
