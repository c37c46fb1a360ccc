//! The tables of monitoring: what fails and where to act, each mapping's figures, what was
//! changed.

use domain::{
    delivery::Transition,
    monitoring::{
        ChangeMark, Deed,
        report::{Failure, Figures, Report, Sums},
    },
    time::{Instant, Span},
};
use leptos::prelude::*;

use super::charts::deed;
use crate::{
    format,
    ui::{Column, Empty, Moment, Nothing, Section, Table, UseCaseMark, text_or_nothing},
};

/// Why things fail now, and where to act.
pub fn causes(report: &Report) -> AnyView {
    if report.causes.is_empty() {
        return view! {
            <Empty
                title="Nothing fails now"
                words="Whom Segment refuses for good and which events aren't as agreed appear here by cause, each with a link to where one acts."
            />
        }
        .into_any();
    }
    let columns = vec![
        Column::words("What fails"),
        Column::words("Why"),
        Column::figures("How many"),
        Column::words("Last"),
        Column::words("What to do"),
    ];
    let now = report.now;
    let rows = report.causes.iter().map(|cause| cause_row(cause, now)).collect_view();
    view! {
        <Table caption="Why things fail now" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn cause_row(cause: &Failure, now: Instant) -> AnyView {
    let (what, why, how_many, last_at, href, deed) = match cause {
        Failure::Refused { mapping, transition, reason, people, last_at } => {
            let what = match transition {
                Transition::Entered => format!("Entries of {mapping}"),
                Transition::Exited => format!("Exits of {mapping}: still there"),
            };
            let many = format::count(*people, "person", "people");
            (what, reason, many, *last_at, format!("/dead-letters#{mapping}"), "Retry or discard")
        }
        Failure::Quarantined { name, reason, events, last_at } => {
            let href = format::with_query("/contract/quarantine", [("find", name.as_str())]);
            let many = format::count(*events, "event", "events");
            (name.clone(), reason, many, *last_at, href, "Release, discard or change the contract")
        }
    };
    view! {
        <tr>
            <th scope="row">{what}</th>
            <td class="wrap">{format::capital(reason_words(why))}</td>
            <td class="num">{how_many}</td>
            <td>
                <Moment at=last_at now />
            </td>
            <td>
                <a href=href>{deed}</a>
            </td>
        </tr>
    }
    .into_any()
}

fn reason_words(reason: &str) -> &str {
    if reason.is_empty() { "no reason was given" } else { reason }
}

/// Each mapping's figures, beside those of the period before.
pub fn figures(report: &Report) -> AnyView {
    if report.figures.is_empty() {
        return view! {
            <Empty
                title="Nobody was answered in this time"
                words="How many people each mapping moved, and how long that took, appears here with the first answer of Segment."
            />
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::figures("Entered"),
        Column::figures("Exited"),
        Column::figures("Refused"),
        Column::figures("Half within"),
        Column::figures("95 of 100"),
        Column::figures("99 of 100"),
        Column::figures("After an event"),
    ];
    let rows = report.figures.iter().map(figures_row).collect_view();
    view! {
        <Table caption="What each mapping moved, and how long it took" columns>
            {rows}
        </Table>
        <p class="quiet reading">
            "Under each figure is what it was in the period before. After an event: 95 of 100 of those who left for one, from the event on. Times are exact to a thirty-second of themselves."
        </p>
    }
    .into_any()
}

fn figures_row(figures: &Figures) -> AnyView {
    let Figures { mapping, use_case, sums, before, .. } = figures;
    let within = sums.sending;
    let was = before.sending;
    let times = [
        (within.map(|within| within.half), was.map(|was| was.half)),
        (within.map(|within| within.most), was.map(|was| was.most)),
        (within.map(|within| within.nearly_all), was.map(|was| was.nearly_all)),
        (sums.leaving.map(|within| within.most), before.leaving.map(|was| was.most)),
    ];
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/mappings/{mapping}")>{mapping.to_string()}</a>
            </th>
            <td>
                <UseCaseMark use_case=*use_case />
            </td>
            {compared(sums.entered, before.entered)}
            {compared(sums.exited, before.exited)}
            {compared(sums.refused, before.refused)}
            {times.map(time).collect_view()}
        </tr>
    }
    .into_any()
}

fn time((span, before): (Option<Span>, Option<Span>)) -> AnyView {
    let before = before.map(|before| {
        view! { <span class="change">{format!("{} before", format::duration(before))}</span> }
    });
    let span = match span {
        Some(span) => format::duration(span).into_any(),
        None => view! { <Nothing words="nobody was answered" /> }.into_any(),
    };
    view! { <td class="num">{span} {before}</td> }.into_any()
}

fn compared(now: u64, before: u64) -> AnyView {
    view! {
        <td class="num">
            {format::number(now)}
            <span class="change">{change(now, before)}</span>
        </td>
    }
    .into_any()
}

/// How far a count moved from the period before: `+12 %`, `as before`, `none before`.
#[must_use]
pub fn change(now: u64, before: u64) -> String {
    if now == before {
        return "as before".to_owned();
    }
    if before == 0 {
        return "none before".to_owned();
    }
    let (sign, difference) =
        if now > before { ("+", now - before) } else { ("\u{2212}", before - now) };
    // Beyond ten times the share says less than the figure.
    if difference / before >= 10 {
        return format!("{} before", format::number(before));
    }
    format!("{sign}{}", format::share(difference, before))
}

/// What was changed meanwhile: the flags, in words.
pub fn changes(report: &Report) -> AnyView {
    if report.marks.is_empty() {
        return view! {
            <p class="quiet">
                "Nothing was changed in this time: no mapping, no contract; no vendor failed, and no run waited."
            </p>
        }
        .into_any();
    }
    let now = report.now;
    let row = |mark: &ChangeMark| {
        let words = deed(mark);
        let href = href(mark);
        let by = text_or_nothing(mark.by.clone(), "nobody");
        view! {
            <tr>
                <td>
                    <Moment at=mark.at now />
                </td>
                <td class="wrap">
                    <a href=href>{words}</a>
                </td>
                <td>{by}</td>
            </tr>
        }
    };
    let rows = report.marks.iter().rev().map(row).collect_view();
    let columns = vec![Column::words("When"), Column::words("What"), Column::words("Who")];
    view! {
        <Section title="What was changed meanwhile">
            <p class="quiet">"The flags above the charts, the newest first."</p>
            <Table caption="What was changed meanwhile" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn href(mark: &ChangeMark) -> String {
    let id = format::in_address(&mark.id);
    match mark.deed {
        // A retired mapping has no page; its trail stays.
        Deed::Mapping => {
            let about = format!("mapping {}", mark.subject);
            format::with_query("/settings/audit", [("about", about.as_str())])
        }
        Deed::Contract => format!("/contract/changes/{id}"),
        Deed::Waiting => format!("/runs/{id}"),
        Deed::Outage | Deed::OutageOver => "/settings/connections".to_owned(),
    }
}

/// What is left of a report without its mappings.
pub fn nothing_moved(sums: &Sums) -> bool {
    sums.entered == 0 && sums.exited == 0 && sums.refused == 0
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn a_change_is_said_as_it_helps() {
        let told = |now, before| change(now, before).replace('\u{a0}', " ");
        assert_eq!(told(5, 5), "as before");
        assert_eq!(told(0, 0), "as before");
        assert_eq!(told(5, 0), "none before");
        assert_eq!(told(112, 100), "+12 %");
        assert_eq!(told(0, 7), "\u{2212}100 %");
        assert_eq!(told(300, 100), "+200 %");
        assert_eq!(told(5_000, 100), "100 before");
    }
}
