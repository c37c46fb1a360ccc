//! Files that signed-in people take away, as CSV. A new one is a route here and its columns.
//!
//! Names come from people's browsers and from vendors, and spreadsheets run what looks like a
//! formula: see [`harmless`].

use std::borrow::Cow;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{Result, mappings::MappingRow, services::Services, sync::Cause, time::Instant};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

/// All of them; whoever reaches them has been let in.
pub fn routes(services: Services) -> Router {
    Router::new().route("/mappings.csv", get(mappings)).with_state(services)
}

async fn mappings(State(services): State<Services>) -> Response {
    match services.mappings.list().await.and_then(|rows| mapping_lines(&rows)) {
        Ok(lines) => csv("mappings.csv", lines),
        Err(error) => {
            tracing::error!(?error, "could not export mappings");
            let said = "Segue can't read its mappings now. Try again in a moment.\n";
            (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
        }
    }
}

fn mapping_lines(rows: &[MappingRow]) -> Result<Vec<u8>> {
    let mut head = vec![
        "mapping",
        "audience",
        "segment",
        "destination",
        "platform",
        "use_case",
        "state",
        "every",
        "exclusivity_group",
        "priority",
        "holdout_percent",
        "members",
        "target",
        "there",
        "on_the_way",
        "last_done_at",
    ];
    head.extend(Cause::ALL.iter().map(|cause| cause.as_str()));
    let mut lines = Lines::new(&head)?;
    for row in rows {
        let spec = &row.spec;
        let mut line = vec![
            spec.key.to_string(),
            spec.audience.to_string(),
            row.segment_name.clone().unwrap_or_default(),
            spec.destination.to_string(),
            row.profile.to_string(),
            spec.use_case.to_string(),
            row.health.as_str().to_owned(),
            spec.every.to_string(),
            spec.exclusivity_group.as_ref().map(ToString::to_string).unwrap_or_default(),
            spec.priority.to_string(),
            spec.holdout_percent.percent().to_string(),
            row.members.to_string(),
            row.target.to_string(),
            row.delivered.to_string(),
            row.pending.to_string(),
            row.last_done_at.map(Instant::to_iso).unwrap_or_default(),
        ];
        let withheld = |cause: &Cause| row.withheld.get(cause).copied().unwrap_or(0).to_string();
        line.extend(Cause::ALL.iter().map(withheld));
        lines.add(&line)?;
    }
    lines.end()
}

/// A CSV file in the making.
struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn new(head: &[&str]) -> Result<Self> {
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        writer.write_record(head).map_err(domain::Error::unexpected)?;
        Ok(Self(writer))
    }

    fn add(&mut self, cells: &[String]) -> Result<()> {
        let cells = cells.iter().map(|cell| harmless(cell));
        self.0.write_record(cells.map(Cow::into_owned)).map_err(domain::Error::unexpected)
    }

    fn end(self) -> Result<Vec<u8>> {
        self.0.into_inner().map_err(|error| domain::Error::unexpected(error.to_string()))
    }
}

/// A cell that no spreadsheet takes for a formula: an apostrophe goes before whatever begins
/// like one, also in the wide forms that some read the same. A number stays a number.
///
/// Source: OWASP ASVS 5.0, 1.2.10.
fn harmless(cell: &str) -> Cow<'_, str> {
    let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if begins && cell.parse::<f64>().is_err() {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

fn csv(name: &'static str, lines: Vec<u8>) -> Response {
    let mut response = lines.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for text in ["=1+1", "+a", "-a", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-1+cmd|' /C calc'!A0"]
        {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "a=b", "-12.5", "+3", "Cart <abandoners>", "ש"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn every_cell_is_quoted() {
        let mut lines = Lines::new(&["name"]).unwrap();
        lines.add(&["a,\"b\"\nc".to_owned()]).unwrap();
        assert_eq!(lines.end().unwrap(), b"\"name\"\r\n\"a,\"\"b\"\"\nc\"\r\n");
    }
}
