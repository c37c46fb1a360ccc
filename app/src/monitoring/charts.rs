//! The charts of monitoring: each asks a question and says what it counts.

use domain::{
    connections::Vendor,
    events::objective::objective,
    mappings::UseCase,
    monitoring::{
        ChangeMark, Deed,
        report::{OTHERS, Report, Series},
    },
};
use leptos::prelude::*;

use crate::{
    chart::{Axis, CLASSES, Cursor, Flag, OverTime, Shape, Strand, Unit},
    format,
    ui::Section,
    words,
};

/// What a chart is made of, besides its strands.
struct Picture {
    question: &'static str,
    legend: &'static str,
    unit: Unit,
    shape: Shape,
    /// Within what time those of a use case should have left.
    limit: Option<UseCase>,
}

/// Colours in their order; what is left over or was before is grey.
fn strands(series: &[Series]) -> Vec<Strand> {
    let mut classes = CLASSES.into_iter();
    let one = |series: &Series| {
        let class = if series.name == OTHERS {
            "series-rest"
        } else if series.name.ends_with(" before") {
            "series-before"
        } else {
            classes.next().unwrap_or("series-rest")
        };
        Strand { name: series.name.clone(), values: series.values.clone(), class }
    };
    series.iter().map(one).collect()
}

/// What was done, in words: the list of changes and the flags say the same.
pub fn deed(mark: &ChangeMark) -> String {
    let of = &mark.subject;
    match mark.deed {
        Deed::Mapping => format!("{of}: {}", mark.action),
        Deed::Contract if of.is_empty() => "A contract was approved".to_owned(),
        Deed::Contract => format!("Contract approved: {of}"),
        Deed::Outage => format!("Calls of {} held", vendor(of)),
        Deed::OutageOver => format!("Calls of {} go on", vendor(of)),
        Deed::Waiting => format!("A run of {of} waited for a decision"),
    }
}

fn vendor(name: &str) -> &str {
    name.parse::<Vendor>().map_or(name, |vendor| vendor.label())
}

fn flags(report: &Report) -> Vec<Flag> {
    let flag = |mark: &ChangeMark| Flag {
        at: mark.at,
        words: deed(mark),
        class: match mark.deed {
            Deed::Outage => "flag-failing",
            Deed::Waiting => "flag-waiting",
            _ => "",
        },
    };
    report.marks.iter().map(flag).collect()
}

fn chart(report: &Report, series: &[Series], picture: &Picture, cursor: Cursor) -> AnyView {
    let strands = strands(series);
    let limit = picture.limit.and_then(limit);
    view! {
        <OverTime
            question=picture.question
            legend=picture.legend
            unit=picture.unit
            shape=picture.shape
            axis=Axis(report.window)
            strands
            flags=flags(report)
            limit
            cursor
        />
    }
    .into_any()
}

/// What moved, and what came in.
pub fn volume(report: &Report, cursor: Cursor) -> AnyView {
    let moved = Picture {
        question: "How many people entered and exited?",
        legend: "People whose entry or exit Segment has answered.",
        unit: Unit::Count,
        shape: Shape::Lines,
        limit: None,
    };
    let by_mapping = Picture {
        question: "Which mappings moved them?",
        legend: "Entries and exits together, one mapping upon the other.",
        unit: Unit::Count,
        shape: Shape::Stacked,
        limit: None,
    };
    let by_destination = Picture {
        question: "Where to?",
        legend: "Entries and exits together, one destination upon the other.",
        ..by_mapping
    };
    let events = Picture {
        question: "What came in?",
        legend: "Events by name, when they came in, however old they were. They belong to no mapping.",
        ..by_mapping
    };
    let split = |series: &[Series], picture: &Picture| {
        // One layer says what the lines say already.
        (series.len() > 1).then(|| chart(report, series, picture, cursor))
    };
    let pictures = [
        Some(chart(report, &report.moved, &moved, cursor)),
        split(&report.by_mapping, &by_mapping),
        split(&report.by_destination, &by_destination),
        (!report.events.is_empty()).then(|| chart(report, &report.events, &events, cursor)),
    ];
    let pictures = pictures.into_iter().flatten().collect_view();
    view! { <Section title="Volume">{pictures}</Section> }.into_any()
}

/// What failed.
pub fn failures(report: &Report, cursor: Cursor) -> AnyView {
    let picture = Picture {
        question: "What failed?",
        legend: "People whom Segment refused for good, and events that aren't as agreed. What a retry still repairs is not in here.",
        unit: Unit::Count,
        shape: Shape::Lines,
        limit: None,
    };
    chart(report, &report.failures, &picture, cursor)
}

/// How long it took.
pub fn latency(report: &Report, cursor: Cursor) -> AnyView {
    let sending = Picture {
        question: "How long does a decision take to be answered?",
        legend: "From the decision that somebody enters or exits to Segment's answer. The platform's own time comes on top.",
        unit: Unit::Time,
        shape: Shape::Lines,
        limit: None,
    };
    let leaving = Picture {
        question: "How long do people stay after an event that keeps them out?",
        legend: "From the event, by its sender's clock, to Segment's answer of the exit.",
        limit: Some(UseCase::Retarget),
        ..sending
    };
    let is_empty =
        |series: &[Series]| series.iter().all(|one| one.values.iter().all(Option::is_none));
    let measured = |series: &[Series], picture: &Picture| {
        (!is_empty(series)).then(|| chart(report, series, picture, cursor))
    };
    view! { {measured(&report.sending, &sending)} {measured(&report.leaving, &leaving)} }.into_any()
}

/// A use case's objective: in milliseconds, and in words.
fn limit(use_case: UseCase) -> Option<(u64, String)> {
    let within = objective(use_case)?;
    let words =
        format!("{}: 99 of 100 within {}", words::use_case(use_case), format::duration(within));
    Some((u64::try_from(within.millis()).unwrap_or(0), words))
}
