//! Files that signed-in people take away. A new one is a route here, with its columns if it is
//! CSV.
//!
//! Names come from people's browsers and from vendors, and spreadsheets run what looks like a
//! formula: see `harmless` below.

use std::{borrow::Cow, collections::BTreeMap};

use app::monitoring::api::Asked;
use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{
    Result,
    audiences::ledger::LedgerLine,
    key::Key,
    mappings::MappingRow,
    monitoring::{
        count::{Verdict, What},
        report::{CameIn, Moved},
        window::Window,
    },
    services::Services,
    sync::Cause,
    time::Instant,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use serde_json::Value;

/// All of them; whoever reaches them has been let in.
pub fn routes(services: Services) -> Router {
    Router::new()
        .route("/mappings.csv", get(mappings))
        .route("/monitoring.csv", get(moved))
        .route("/monitoring-events.csv", get(came_in))
        .route("/audiences/{key}/ledger.csv", get(ledger))
        .route("/review.md", get(review))
        .route("/contract/schema.json", get(schema))
        .route("/contract/fixtures.json", get(fixtures))
        .route("/contract/tracking-plan.json", get(tracking_plan))
        .with_state(services)
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

/// What an address asks for, by name.
type Pairs = BTreeMap<String, String>;

/// As the page of monitoring reads it.
fn asked(pairs: &Pairs) -> Asked {
    Asked::read(|name| pairs.get(name).cloned().unwrap_or_default())
}

async fn moved(State(services): State<Services>, Query(pairs): Query<Pairs>) -> Response {
    let Asked { range, only, .. } = asked(&pairs);
    let lines = services.monitoring.moved(range, &only).await;
    figures("monitoring.csv", lines.and_then(|(window, rows)| moved_lines(window, &rows)))
}

async fn came_in(State(services): State<Services>, Query(pairs): Query<Pairs>) -> Response {
    let lines = services.monitoring.came_in(asked(&pairs).range).await;
    let lines = lines.and_then(|(window, rows)| came_in_lines(window, &rows));
    figures("monitoring-events.csv", lines)
}

fn figures(name: &str, lines: Result<Vec<u8>>) -> Response {
    match lines {
        Ok(lines) => csv(name, lines),
        Err(error) => {
            tracing::error!(?error, "could not export figures");
            let said = "Segue can't read its figures now. Try again in a moment.\n";
            (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
        }
    }
}

/// One line a step and mapping in which something moved.
fn moved_lines(window: Window, rows: &[Moved]) -> Result<Vec<u8>> {
    let head = [
        "from",
        "until",
        "mapping",
        "destination",
        "entered",
        "exited",
        "entries_refused",
        "exits_refused",
    ];
    let mut counts: BTreeMap<(u32, &Key, &Key), [u64; 4]> = BTreeMap::new();
    for row in rows {
        let of = counts.entry((row.step, &row.mapping, &row.destination)).or_default();
        match row.what {
            What::Entered => of[0] += row.count,
            What::Exited => of[1] += row.count,
            What::EntryRefused => of[2] += row.count,
            What::ExitRefused => of[3] += row.count,
            // Among those that exited.
            What::Left => {}
        }
    }
    let mut lines = Lines::new(&head)?;
    for ((step, mapping, destination), counts) in counts {
        let mut line = vec![
            window.begins(step).to_iso(),
            window.begins(step + 1).to_iso(),
            mapping.to_string(),
            destination.to_string(),
        ];
        line.extend(counts.map(|count| count.to_string()));
        lines.add(&line)?;
    }
    lines.end()
}

/// One line a step and name that came in.
fn came_in_lines(window: Window, rows: &[CameIn]) -> Result<Vec<u8>> {
    let mut counts: BTreeMap<(u32, &str), [u64; 2]> = BTreeMap::new();
    for row in rows {
        let of = counts.entry((row.step, &row.name)).or_default();
        match row.verdict {
            Verdict::Passed => of[0] += row.count,
            Verdict::Quarantined => of[1] += row.count,
        }
    }
    let mut lines = Lines::new(&["from", "until", "event", "passed", "quarantined"])?;
    for ((step, name), counts) in counts {
        let mut line =
            vec![window.begins(step).to_iso(), window.begins(step + 1).to_iso(), name.to_owned()];
        line.extend(counts.map(|count| count.to_string()));
        lines.add(&line)?;
    }
    lines.end()
}

async fn review(State(services): State<Services>) -> Response {
    match services.review.remarks().await {
        Ok(remarks) => {
            let text = domain::review::markdown(&remarks, services.review.today());
            file("design-review.md", "text/markdown; charset=utf-8", text)
        }
        Err(error) => {
            tracing::error!(?error, "could not export the review");
            let said = "Segue can't review its plan now. Try again in a moment.\n";
            (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
        }
    }
}

/// What is agreed on, as whoever sends events can check them beforehand.
async fn schema(State(services): State<Services>) -> Response {
    let schema = services.contract.schema().await;
    contract("contract.schema.json", "application/schema+json", schema)
}

/// Events that are and that aren't as agreed, for tests of whoever sends or reads them.
async fn fixtures(State(services): State<Services>) -> Response {
    let fixtures = services.contract.fixtures().await;
    let fixtures =
        fixtures.and_then(|all| serde_json::to_value(all).map_err(domain::Error::unexpected));
    contract("contract.fixtures.json", "application/json", fixtures)
}

/// What is agreed on, as Segment's Public API takes it.
async fn tracking_plan(State(services): State<Services>) -> Response {
    let rules = services.contract.tracking_plan().await;
    contract("tracking-plan.json", "application/json", rules)
}

fn contract(name: &'static str, kind: &'static str, said: Result<Value>) -> Response {
    match said {
        Ok(said) => file(name, kind, format!("{said:#}\n")),
        Err(error) => {
            tracing::error!(?error, "could not export the contract");
            let said = "Segue can't read its contract now. Try again in a moment.\n";
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

/// A ledger may be long: it goes out while it is read. A failure on the way cuts it off, so
/// that no part is taken for the whole.
async fn ledger(State(services): State<Services>, Path(key): Path<String>) -> Response {
    let slices = match key.parse::<Key>() {
        Ok(key) => services.ledger.slices(&key).await,
        Err(_) => Err(domain::Error::NotFound(format!("audience {key}"))),
    };
    let slices = match slices {
        Ok(slices) => slices,
        Err(domain::Error::NotFound(_)) => {
            return (StatusCode::NOT_FOUND, "There is no such audience.\n").into_response();
        }
        Err(error) => {
            tracing::error!(?error, "could not export a ledger");
            let said = "Segue can't read this ledger now. Try again in a moment.\n";
            return (StatusCode::SERVICE_UNAVAILABLE, said).into_response();
        }
    };
    let head = Lines::new(&LEDGER).and_then(Lines::end);
    let lines = stream::iter(slices).then(move |slice| {
        let ledger = services.ledger.clone();
        async move { ledger.lines(&slice).await.and_then(|lines| ledger_lines(&lines)) }
    });
    let body = stream::iter([head]).chain(lines).inspect_err(|error| {
        tracing::error!(?error, "a ledger was cut off");
    });
    csv(&format!("{key}-ledger.csv"), Body::from_stream(body))
}

/// The columns of a ledger.
const LEDGER: [&str; 8] =
    ["at", "cio_id", "transition", "reason", "mapping", "destination", "order", "run"];

fn ledger_lines(ledger: &[LedgerLine]) -> Result<Vec<u8>> {
    let mut lines = Lines::headless();
    for line in ledger {
        lines.add(&[
            line.at.to_iso(),
            line.cio_id.clone(),
            line.transition.as_str().to_owned(),
            if line.is_suppressed { "suppressed".to_owned() } else { String::new() },
            line.mapping.to_string(),
            line.destination.to_string(),
            line.generation.to_string(),
            line.run.to_string(),
        ])?;
    }
    lines.end()
}

/// A CSV file in the making.
struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    fn new(head: &[&str]) -> Result<Self> {
        let mut lines = Self::headless();
        lines.0.write_record(head).map_err(domain::Error::unexpected)?;
        Ok(lines)
    }

    /// What goes on after lines that went out already.
    fn headless() -> Self {
        let writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        Self(writer)
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

fn csv(name: &str, lines: impl IntoResponse) -> Response {
    file(name, "text/csv; charset=utf-8", lines)
}

fn file(name: &str, kind: &'static str, content: impl IntoResponse) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
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
    fn figures_are_a_line_a_step_and_mapping() {
        let window =
            domain::monitoring::window::Range::Hour.window(Instant::from_seconds(1_795_464_000));
        let key = |text: &str| text.parse::<Key>().unwrap();
        let row =
            |what, count| Moved { step: 59, mapping: key("m"), destination: key("d"), what, count };
        let rows = [row(What::Exited, 3), row(What::EntryRefused, 1), row(What::Exited, 4)];
        let text = String::from_utf8(moved_lines(window, &rows).unwrap()).unwrap();
        let line = "\"2026-11-23T20:00:00.000Z\",\"2026-11-23T20:01:00.000Z\",\"m\",\"d\",\"0\",\"7\",\"1\",\"0\"";
        assert_eq!(text.lines().nth(1), Some(line));
        let event =
            CameIn { step: 0, name: "=A1".to_owned(), verdict: Verdict::Quarantined, count: 2 };
        let text = String::from_utf8(came_in_lines(window, &[event]).unwrap()).unwrap();
        assert!(text.ends_with("\"'=A1\",\"0\",\"2\"\r\n"), "{text}");
    }

    #[test]
    fn every_cell_is_quoted() {
        let mut lines = Lines::new(&["name"]).unwrap();
        lines.add(&["a,\"b\"\nc".to_owned()]).unwrap();
        assert_eq!(lines.end().unwrap(), b"\"name\"\r\n\"a,\"\"b\"\"\nc\"\r\n");
    }
}
