//! The overview's page.

use domain::{
    connections::{ConnectionView, Vendor},
    time::Instant,
};
use leptos::prelude::*;

use super::api::{Overview, read_overview};
use crate::{
    approvals::page::approvals_notice,
    audiences::coverage::gap_notice,
    chart::{Share, Shares},
    connections::parts::{Told, any_outage, is_said, outages},
    delivery::page::letters_notice,
    events::canary::canary_notice,
    format,
    live::{loaded, read, renew},
    mappings::parts::{fare_sentence, mappings_table},
    sync::parts::runs_table,
    ui::{
        ButtonKind, Empty, LinkButton, Mark, Notice, NoticeKind, Page, Section, Stale, State,
        StateMark,
    },
    words,
};

/// Bars of the picture; the rest is on the mappings' page.
const BARS: usize = 8;

/// Where one begins and what one keeps open.
#[component]
pub fn OverviewPage() -> AnyView {
    let data = read(|| (), |()| read_overview());
    renew(data, |view| {
        any_outage(&view.connections) || view.mappings.iter().any(words::is_running)
    });
    loaded(data, "Overview", overview_page)
}

/// The page.
pub fn overview_page(view: Overview) -> AnyView {
    if view.mappings.is_empty() {
        return beginning(&view);
    }
    let now = view.now;
    let (answer, troubles, picture) = (sentence(&view), troubles(&view), picture(&view));
    let progress = progress(&view);
    let Overview { mut mappings, runs, .. } = view;
    mappings.retain(|row| words::needs_somebody(row.health));
    let waiting = (!mappings.is_empty()).then(|| {
        view! { <Section title="Needs you">{mappings_table(mappings, now)}</Section> }
    });
    let runs = if runs.is_empty() {
        view! {
            <Empty
                title="No runs yet"
                words="The first one begins within a few seconds, if a worker is running."
            />
        }
        .into_any()
    } else {
        runs_table(runs, now, true)
    };
    view! {
        <Page name="Overview" answer>
            {progress}
            {troubles}
            {picture}
            {waiting}
            <Section title="Newest runs">{runs}</Section>
        </Page>
    }
    .into_any()
}

/// Is everything where it should be?
fn sentence(view: &Overview) -> AnyView {
    let there: u64 = view.mappings.iter().map(|row| row.delivered).sum();
    let members: u64 = view.mappings.iter().map(|row| row.members).sum();
    let pending: u64 = view.mappings.iter().map(|row| row.pending).sum();
    let mappings = format::count(view.mappings.len() as u64, "mapping", "mappings");
    let verb = if view.mappings.len() == 1 { " has " } else { " have " };
    let way = (pending > 0).then(|| format!(", {} on the way", format::number(pending)));
    // Somebody may be held by several rules: the largest is named, nothing is added up.
    let largest =
        view.suppressions.iter().filter(|rule| rule.people > 0).max_by_key(|rule| rule.people);
    let kept_out = largest.map(|rule| {
        let most = if view.suppressions.len() == 1 { " keeps " } else { " keeps out most: " };
        let out = if view.suppressions.len() == 1 { " out." } else { "." };
        let key = format::capital(rule.spec.key.as_str());
        view! {
            " "
            <a href="/suppression">{key}</a>
            {most}
            {format::count(rule.people, "person", "people")}
            {out}
        }
    });
    let is_in_need = view.mappings.iter().any(|row| words::needs_somebody(row.health));
    let fare = (view.waiting == 0 || is_in_need).then(|| fare_sentence(&view.mappings));
    let decisions = format::count(view.waiting, "decision", "decisions");
    let verb_of_decisions = if view.waiting == 1 { " waits for you." } else { " wait for you." };
    let waiting = (view.waiting > 0).then(|| {
        view! { " " <a href="/approvals">{decisions}</a> {verb_of_decisions} }
    });
    view! {
        <a href="/mappings">{mappings}</a>
        {verb}
        {format::number(there)}
        " of "
        {format::number(members)}
        " members at their destinations"
        {way}
        ". "
        {fare}
        {waiting}
        {kept_out}
    }
    .into_any()
}

fn picture(view: &Overview) -> AnyView {
    let mut rows: Vec<_> = view.mappings.iter().collect();
    rows.sort_by(|a, b| b.members.cmp(&a.members).then_with(|| a.spec.key.cmp(&b.spec.key)));
    let more = rows.len().saturating_sub(BARS);
    let shares = rows
        .into_iter()
        .take(BARS)
        .map(|row| Share {
            words: row.spec.key.to_string(),
            href: format!("/mappings/{}", row.spec.key),
            part: row.delivered,
            whole: row.members,
            class: words::use_case_class(row.spec.use_case),
        })
        .collect();
    let more = (more > 0).then(|| {
        let words = format!("and {more} more");
        view! {
            <p>
                <a href="/mappings">{words}</a>
            </p>
        }
    });
    view! {
        <div>
            <Shares
                question="How many members are at their destination?"
                legend="The whole bar is the audience, the filled part is there. The rest is withheld or on the way."
                shares
            />
            {more}
        </div>
    }
    .into_any()
}

/// What is wrong outside the runs: keys that fail, people refused, members that grow old.
fn troubles(view: &Overview) -> AnyView {
    let refused = view
        .connections
        .iter()
        .filter_map(|connection| {
            // Those who work know better than the newest test.
            let test = connection.tested.as_ref().filter(|test| !test.ok)?;
            if connection.outage.is_some() {
                return None;
            }
            let title = format!("{} can't be used", connection.vendor.label());
            let message = test.message.clone();
            Some(view! {
                <Notice kind=NoticeKind::Failing title>
                    <p>{message}</p>
                    <p>
                        <a href="/settings/connections">"Check the connection"</a>
                    </p>
                </Notice>
            })
        })
        .collect_view();
    let stale = view
        .audiences
        .iter()
        .filter(|audience| audience.mappings > 0)
        .filter_map(|audience| stale(audience, &view.connections, view.now))
        .collect_view();
    let letters = letters_notice(view.letters, None);
    let waiting = approvals_notice(view.waiting);
    let outages = outages(&view.connections, view.now, Told::Everywhere);
    let gaps = gap_notice(&view.gaps);
    let canary = canary_notice(&view.canary, view.now);
    view! { {outages} {canary} {refused} {letters} {waiting} {stale} {gaps} }.into_any()
}

fn stale(
    audience: &domain::audiences::AudienceRow,
    connections: &[ConnectionView],
    now: Instant,
) -> Option<AnyView> {
    let domain::audiences::Mirror::Stale { reason } = &audience.mirror else { return None };
    if is_said(connections, reason) {
        return None;
    }
    let what = format!("The members of {}", audience.spec.key);
    let reason = reason.clone();
    Some(view! { <Stale what at=audience.mirrored_at now reason /> }.into_any())
}

/// How far first steps have come, until the first mapping lives or somebody has put them away.
fn progress(view: &Overview) -> Option<AnyView> {
    let (done, all) = view.first_steps?;
    let said = format!("{} of {}", format::number(done), format::count(all, "step", "steps"));
    Some(
        view! {
            <p>
                <a href="/first-steps">"First steps"</a>
                ": "
                {said}
                " done."
            </p>
        }
        .into_any(),
    )
}

/// Before the first mapping: the four steps, and which is next.
fn beginning(view: &Overview) -> AnyView {
    let has = |vendor: Vendor| {
        view.connections.iter().any(|one| one.vendor == vendor && one.key.is_some())
    };
    let connected = has(Vendor::Customerio) && has(Vendor::Twilio);
    let steps = [
        (connected, "Connect Customer.io and Segment", "/settings/connections"),
        (!view.audiences.is_empty(), "Promote a segment to an audience", "/audiences/new"),
        (view.destinations > 0, "Add a destination behind Segment", "/destinations/new"),
        (false, "Map the audience to the destination", "/mappings/new"),
    ];
    let next = steps.iter().position(|(done, ..)| !done).unwrap_or(3);
    let left = steps.iter().filter(|(done, ..)| !done).count();
    let answer = format!(
        "Nothing flows yet: {} left until the first audience does.",
        format::count(left as u64, "step is", "steps are")
    );
    let rows = steps
        .into_iter()
        .enumerate()
        .map(|(at, (done, words, href))| {
            let (state, word) = if done { (State::Ok, "Done") } else { (State::New, "To do") };
            let kind = if at == next { ButtonKind::Primary } else { ButtonKind::Plain };
            let step = (!done).then(|| {
                view! {
                    <LinkButton href kind mark=Mark::Next>
                        {words}
                    </LinkButton>
                }
            });
            view! {
                <li>
                    <StateMark state word />
                    {done.then_some(words)}
                    {step}
                </li>
            }
        })
        .collect_view();
    let troubles = troubles(view);
    view! {
        <Page name="Overview" answer=answer.into_any()>
            {troubles}
            <ol class="steps">{rows}</ol>
            <p>
                <a href="/first-steps">"Let First steps lead you"</a>
                ": goal, connections, destination, segments, suppression, and the first mapping tested and live."
            </p>
        </Page>
    }
    .into_any()
}
