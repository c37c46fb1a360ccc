//! The page of one audience: what it is for, where it flows, and what was changed.

use std::collections::BTreeMap;

use domain::{
    access::trail::Entry,
    audiences::{AudienceRow, Mirror},
    key::Key,
    mappings::{
        MappingRow,
        lately::{Lately, PROMISE},
    },
    suppression::SuppressionRow,
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{OneAudience, read_audience};
use crate::{
    access::trail,
    format,
    live::{loaded, read, renew},
    ui::{
        Empty, Fact, Facts, HealthMark, LinkButton, Mark, Moment, Nothing, Page, Section, State,
        StateMark, UseCaseMark,
    },
    words,
    workspace::today,
};

/// One audience.
#[component]
pub fn AudiencePage() -> AnyView {
    let params = use_params_map();
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let data = read(move || key.get(), read_audience);
    renew(data, |one| one.mappings.iter().any(words::is_running));
    loaded(data, "Audience", audience_page)
}

/// The page.
pub fn audience_page(one: OneAudience) -> AnyView {
    let OneAudience { now, row, mappings, rules, changes, version, lately, tests } = one;
    let key = row.spec.key.to_string();
    let answer = sentence(&row, &mappings, &rules, now);
    let edit = format!("/audiences/{key}/edit");
    let lineage = lineage(&row, &mappings, &tests, &rules, now);
    let facts = facts(&row, version, lately, now);
    let ledger = format!("/audiences/{key}/ledger.csv");
    let actions = view! {
        <a class="button button-quiet" href=ledger rel="external" download="">
            "Download ledger"
        </a>
        <LinkButton href=edit mark=Mark::Edit>
            "Edit audience"
        </LinkButton>
    };
    view! {
        <Page name=key.clone() answer=answer.into_any() marks=().into_any() actions=actions.into_any()>
            <div class="split">
                <Section title="Where it flows">{lineage}</Section>
                {facts}
            </div>
            <Section title="What was changed">{changed(changes, &key, now)}</Section>
        </Page>
    }
    .into_any()
}

/// How many there are, how sure that is, and where they go.
fn sentence(
    row: &AudienceRow,
    mappings: &[MappingRow],
    rules: &[SuppressionRow],
    now: Instant,
) -> String {
    let members = match (&row.mirror, row.mirrored_at) {
        (_, None) => "Its members were not read yet".to_owned(),
        (mirror, Some(at)) => {
            let read = if matches!(mirror, Mirror::Stale { .. }) {
                "could not be read anew since"
            } else {
                "read"
            };
            format!(
                "{}, {read} {}",
                format::count(row.members, "member", "members"),
                format::relative(at, now)
            )
        }
    };
    let active = mappings.iter().filter(|row| row.spec.active).count();
    let flows = match (mappings.len(), active) {
        (0, _) => "; sent nowhere".to_owned(),
        (1, 0) => "; its only mapping is paused".to_owned(),
        (all, 0) => format!("; its {all} mappings are paused"),
        (_, 1) => "; sent by 1 mapping".to_owned(),
        (_, active) => format!("; sent by {active} mappings"),
    };
    let rules: Vec<String> = rules.iter().map(|rule| rule.spec.key.to_string()).collect();
    let keeps = if rules.is_empty() {
        String::new()
    } else {
        format!(" By {} its members are kept out of other audiences.", format::list(&rules))
    };
    format!("{members}{flows}.{keeps}")
}

fn facts(row: &AudienceRow, version: u64, lately: Lately, now: Instant) -> AnyView {
    let spec = &row.spec;
    let or_nothing = |value: Option<String>, words: &str| match value {
        Some(value) => value.into_any(),
        None => view! { <Nothing words=words.to_owned() /> }.into_any(),
    };
    let today = today(now);
    let review = match spec.review_on {
        None => view! { <Nothing words="no day set" /> }.into_any(),
        Some(day) if day <= today => {
            let word = match today.since(day) {
                0 => "Due today".to_owned(),
                days => format!("Due for {}", format::count(days.unsigned_abs(), "day", "days")),
            };
            view! { <StateMark state=State::Late word=word /> " " {day.to_string()} }.into_any()
        }
        Some(day) => day.to_string().into_any(),
    };
    let purpose = or_nothing(spec.purpose.clone(), "not said");
    let owner = or_nothing(spec.owner.clone(), "nobody");
    let window = or_nothing(spec.window.map(|window| window.to_string()), "not limited");
    let told = format::count(lately.told, "change", "changes");
    let level = service_level(lately);
    let (email, id) =
        (format::share(row.with_email, row.members), format::share(row.with_id, row.members));
    view! {
        <Facts>
            <Fact term="Purpose">{purpose}</Fact>
            <Fact term="Owner">{owner}</Fact>
            <Fact term="Review">{review}</Fact>
            <Fact term="Window">{window}</Fact>
            <Fact term="With e-mail">{email}</Fact>
            <Fact term="With id">{id}</Fact>
            <Fact term="Version">{format::number(version)}</Fact>
            <Fact term="Service level">{level}</Fact>
            <Fact term="Told in 30 days">{told}</Fact>
        </Facts>
    }
    .into_any()
}

/// How many of its runs ended well, beside the promise.
fn service_level(lately: Lately) -> AnyView {
    let Lately { ended, well, .. } = lately;
    if ended == 0 {
        return view! { <Nothing words="no run has ended" /> }.into_any();
    }
    let (state, word) =
        if lately.keeps_promise() { (State::Ok, "Kept") } else { (State::Late, "Missed") };
    let said = format!(
        ": {} of {} in 30 days ended well; the promise is {PROMISE}\u{a0}%",
        format::number(well),
        format::count(ended, "run", "runs")
    );
    view! {
        <StateMark state word />
        {said}
    }
    .into_any()
}

/// From the segment through the audience to each destination, with the last event of each.
fn lineage(
    row: &AudienceRow,
    mappings: &[MappingRow],
    tests: &BTreeMap<Key, String>,
    rules: &[SuppressionRow],
    now: Instant,
) -> AnyView {
    let segment = match &row.segment_name {
        Some(name) => format!("{name} ({})", row.spec.segment),
        None => format!("Segment {}", row.spec.segment),
    };
    let read = match row.mirrored_at {
        Some(at) => view! { "Read " <Moment at now /> }.into_any(),
        None => "Not read yet".into_any(),
    };
    let changed = row.segment_changed_at.map(|at| {
        view! { <span class="under">"Changed there " <Moment at now /></span> }
    });
    let stale = match &row.mirror {
        Mirror::Stale { reason } => {
            view! { <p><StateMark state=State::Late word="Old" /> " " {reason.clone()}</p> }
                .into_any()
        }
        _ => ().into_any(),
    };
    let flows = mappings.iter().map(|row| flow(row, tests.get(&row.spec.key), now)).collect_view();
    let keeps = rules
        .iter()
        .map(|rule| {
            let key = rule.spec.key.to_string();
            view! {
                <li>
                    <a href=format!("/suppression/rules/{key}")>{key.clone()}</a>
                    <span class="under">
                        {format::count(rule.people, "person", "people")} " kept out now"
                    </span>
                </li>
            }
        })
        .collect_view();
    let nowhere = (mappings.is_empty() && rules.is_empty()).then(|| {
        let href = format!("/mappings/new?audience={}", row.spec.key);
        view! {
            <li>
                <a href=href>"Add a mapping"</a>
                <span class="under">"It flows nowhere yet"</span>
            </li>
        }
    });
    view! {
        <ol class="lineage">
            <li>
                <span class="quiet">"Segment in Customer.io"</span>
                <strong>{segment}</strong>
                <span class="under">{read}</span>
                {changed}
                {stale}
            </li>
            <li>
                <span class="quiet">"Audience"</span>
                <strong>{row.spec.key.to_string()}</strong>
                <span class="under">{format::count(row.members, "member", "members")}</span>
            </li>
            <li>
                <span class="quiet">"Flows to"</span>
                <ul class="plain lineage-ends">{flows} {keeps} {nowhere}</ul>
            </li>
        </ol>
    }
    .into_any()
}

fn flow(row: &MappingRow, test: Option<&String>, now: Instant) -> AnyView {
    let spec = &row.spec;
    let (key, destination) = (spec.key.to_string(), spec.destination.to_string());
    let last = match row.last_done_at {
        Some(at) => view! { ", in order " <Moment at now /> }.into_any(),
        None => ", never run".into_any(),
    };
    let test = test.map(|evidence| {
        view! {
            <span class="under">
                <a href=format!("/mappings/{key}/test")>"Controlled test"</a>
                {format!(": {evidence}")}
            </span>
        }
    });
    view! {
        <li>
            <a href=format!("/mappings/{key}")>{key.clone()}</a>
            " "
            <UseCaseMark use_case=spec.use_case />
            " "
            <HealthMark health=row.health />
            <span class="under">
                {format::number(row.delivered)} " at "
                <a href=format!("/destinations/{destination}")>{destination.clone()}</a> {last}
            </span>
            {test}
        </li>
    }
    .into_any()
}

fn changed(changes: Vec<Entry>, key: &str, now: Instant) -> AnyView {
    if changes.is_empty() {
        return view! {
            <Empty
                title="Nothing is on record"
                words="Each change of this audience appears here with who made it."
            />
        }
        .into_any();
    }
    trail::newest_about(&format!("audience {key}"), changes, now)
}
