//! The page of monitoring: its answer, the range, then volume, failures and latency on one time
//! axis.

use domain::monitoring::{
    Only,
    report::{Failure, Report},
    window::Range,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use super::{
    api::{Asked, PAGE, read_monitoring},
    charts::{failures, latency, volume},
    tables::{causes, change, changes, figures, nothing_moved},
};
use crate::{
    chart::Cursor,
    format,
    live::{loaded, read, renew},
    ui::{Button, ButtonKind, Choice, Empty, LinkButton, Page, Section, SelectField, Tab, Tabs},
};

/// The name of the page.
const NAME: &str = "Monitoring";

/// What moved, what failed and how long it took.
#[component]
pub fn MonitoringPage() -> AnyView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        Asked::read(|name| query.get(name).unwrap_or_default())
    });
    let data = read(move || asked.get(), read_monitoring);
    renew(data, |_| false);
    let cursor = Cursor::default();
    loaded(data, NAME, move |report| monitoring_page(report, cursor))
}

/// The page.
pub fn monitoring_page(report: Report, cursor: Cursor) -> AnyView {
    let asked = Asked { range: report.range, only: report.only.clone(), compares: report.compares };
    let answer = sentence(&report);
    if report.since.is_none() {
        return beginning(answer);
    }
    let (controls, files) = (controls(&report, &asked), files(&asked));
    let volume = volume(&report, cursor);
    let (failures, causes) = (failures(&report, cursor), causes(&report));
    let (latency, figures) = (latency(&report, cursor), figures(&report));
    let changes = changes(&report);
    view! {
        <Page name=NAME answer>
            {controls} {volume} <Section title="Failures">{failures} {causes}</Section>
            <Section title="Latency">{latency} {figures}</Section> {changes} {files}
        </Page>
    }
    .into_any()
}

/// Before anything was counted: what will appear, and when.
fn beginning(answer: AnyView) -> AnyView {
    view! {
        <Page name=NAME answer>
            <Empty
                title="Nothing was counted yet"
                words="How many people enter and exit, what fails and how long it takes appears here within a minute of the first answer of Segment or the first event that comes in."
            >
                <LinkButton href="/mappings" kind=ButtonKind::Primary>
                    "See the mappings"
                </LinkButton>
            </Empty>
        </Page>
    }
    .into_any()
}

const fn range_words(range: Range) -> &'static str {
    match range {
        Range::Hour => "the last hour",
        Range::Day => "the last 24 hours",
        Range::Week => "the last 7 days",
        Range::Month => "the last 30 days",
        Range::Year => "the last 365 days",
    }
}

/// How many moved, whether that is as before, how long it took, and what fails.
fn sentence(report: &Report) -> AnyView {
    let Report { sums, before, range, only, causes, .. } = report;
    if report.since.is_none() {
        return "Nothing has moved yet.".into_any();
    }
    let whose = match (only.mapping.as_str(), only.destination.as_str()) {
        ("", "") => String::new(),
        ("", destination) => format!(" at {destination}"),
        (mapping, _) => format!(" of {mapping}"),
    };
    let range = range_words(*range);
    let moved = if nothing_moved(sums) {
        format!("Nobody{whose} moved in {range}.")
    } else {
        let all = sums.entered.saturating_add(sums.exited);
        let all_before = before.entered.saturating_add(before.exited);
        let took = sums.sending.map(|within| {
            format!("; 95 of 100 were answered within {}", format::duration(within.most))
        });
        format!(
            "{} entered and {} exited{whose} in {range} ({}){}.",
            format::number(sums.entered),
            format::number(sums.exited),
            change(all, all_before),
            took.unwrap_or_default(),
        )
    };
    let (mut people, mut events) = (0, 0);
    for cause in causes {
        match cause {
            Failure::Refused { people: some, .. } => people += some,
            Failure::Quarantined { events: some, .. } => events += some,
        }
    }
    let refused = (people > 0).then(|| {
        let words = format::count(people, "person is refused", "people are refused");
        view! { " " <a href="/dead-letters">{words}</a> " by Segment." }
    });
    let held = (events > 0).then(|| {
        let words = format::count(events, "event is", "events are");
        view! { " " <a href="/contract/quarantine">{words}</a> " in quarantine." }
    });
    let fine = (people == 0 && events == 0).then_some(" Nothing fails now.");
    view! { {moved} {refused} {held} {fine} }.into_any()
}

/// The range as links, the rest as a form: both work without JavaScript.
fn controls(report: &Report, asked: &Asked) -> AnyView {
    let tabs = Range::ALL
        .map(|range| Tab {
            href: Asked { range, ..asked.clone() }.address(PAGE),
            words: format::capital(range_words(range).trim_start_matches("the ")),
            current: range == asked.range,
        })
        .to_vec();
    let compare = if asked.compares { "before" } else { "" };
    let options = |keys: &[domain::key::Key]| -> Vec<Choice> {
        keys.iter().map(|key| Choice::new(key.as_str(), key.as_str())).collect()
    };
    let Only { mapping, destination } = asked.only.clone();
    let range = asked.range.as_str();
    let (mappings, destinations) = (options(&report.mappings), options(&report.destinations));
    view! {
        <div class="watch">
            <Tabs label="How far back" tabs />
            <Form method="GET" action=PAGE attr:class="form-row">
                <input type="hidden" name="range" value=range />
                <SelectField
                    name="mapping"
                    label="Mapping"
                    options=mappings
                    value=mapping
                    empty="All mappings"
                    optional=true
                />
                <SelectField
                    name="destination"
                    label="Destination"
                    options=destinations
                    value=destination
                    empty="All destinations"
                    optional=true
                />
                <SelectField
                    name="compare"
                    label="Beside it"
                    options=vec![Choice::new("before", "The period before")]
                    value=compare
                    empty="Nothing"
                    optional=true
                />
                <Button>"Show"</Button>
            </Form>
        </div>
    }
    .into_any()
}

/// The figures as files.
fn files(asked: &Asked) -> AnyView {
    let asked = Asked { compares: false, ..asked.clone() };
    let moved = asked.address("/monitoring.csv");
    let events = Asked { only: Only::default(), ..asked }.address("/monitoring-events.csv");
    view! {
        <p class="quiet reading">
            "Minutes are kept for 8 days, hours for 100, days for three years; days are those of UTC. Take them away: "
            <a href=moved rel="external" download>
                "people who moved (CSV)"
            </a> ", " <a href=events rel="external" download>
                "events that came in (CSV)"
            </a> "."
        </p>
    }
    .into_any()
}
