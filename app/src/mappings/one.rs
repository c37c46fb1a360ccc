//! The page of one mapping: how it stands, who is withheld and why, its gates, its runs, and how
//! it was decided.

use domain::{
    access::trail::Entry,
    connections::ConnectionView,
    destinations::Profile,
    first_steps::shape,
    key::Key,
    mappings::{Health, MappingRow},
    sync::Cause,
    time::{Instant, Span},
};
use leptos::prelude::*;

use super::{
    api::{MappingView, PauseMapping, ResumeMapping, RunMapping},
    floor::floor_notice,
    gates::gates_section,
    parts::sentence,
};
use crate::{
    access::trail,
    connections::parts::{Told, is_said, outages},
    delivery::page::letters_notice,
    form::{FormError, answered},
    format,
    sync::parts::{Sieve, funnel, run_progress, runs_table},
    ui::{
        Button, ButtonKind, Empty, Fact, Facts, HealthMark, LinkButton, Mark, Moment, Nothing,
        Notice, NoticeKind, Page, Pager, Section, UseCaseMark,
    },
    words,
};

/// What can be done with a mapping, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    run: ServerAction<RunMapping>,
    pause: ServerAction<PauseMapping>,
    resume: ServerAction<ResumeMapping>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { run: ServerAction::new(), pause: ServerAction::new(), resume: ServerAction::new() }
    }

    /// Changes with every answer.
    pub fn version(self) -> usize {
        self.run.version().get() + self.pause.version().get() + self.resume.version().get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

fn action_buttons(row: &MappingRow, actions: Actions) -> AnyView {
    let key = row.spec.key.to_string();
    let edit = format!("/mappings/{key}/edit");
    let manage = format!("/mappings/{key}/manage");
    let test = format!("/mappings/{key}/test");
    let paused = row.health == Health::Paused;
    let hidden = || {
        let key = key.clone();
        view! { <input type="hidden" name="key" value=key /> }
    };
    let (hidden, again) = (hidden(), hidden());
    let main = if paused {
        view! {
            <ActionForm action=actions.resume>
                {hidden}
                <Button mark=Mark::Run busy=actions.resume.pending()>
                    "Resume mapping"
                </Button>
            </ActionForm>
        }
        .into_any()
    } else {
        view! {
            <ActionForm action=actions.run>
                {hidden} <Button mark=Mark::Run busy=actions.run.pending()>"Run now"</Button>
            </ActionForm>
            <ActionForm action=actions.pause>
                {again}
                <Button mark=Mark::Pause busy=actions.pause.pending()>
                    "Pause mapping"
                </Button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        {main}
        <LinkButton href=edit mark=Mark::Edit>
            "Edit mapping"
        </LinkButton>
        <LinkButton href=test kind=ButtonKind::Quiet>"Controlled test"</LinkButton>
        <LinkButton href=manage kind=ButtonKind::Quiet>"Resync or retire"</LinkButton>
    }
    .into_any()
}

/// The page of a mapping.
pub fn mapping_page(view: MappingView, actions: Actions) -> AnyView {
    let MappingView {
        now,
        mapping: row,
        runs,
        older,
        is_older_page,
        letters,
        connections,
        gates,
        changes,
    } = view;
    let decided = decided(row.profile, changes, &row.spec.key, now);
    let path = format!("/mappings/{}", row.spec.key);
    let marks = view! {
        <UseCaseMark use_case=row.spec.use_case />
        <HealthMark health=row.health />
    };
    let sieve = Sieve {
        members: row.members,
        target: row.target,
        delivered: Some(row.delivered),
        withheld: &row.withheld,
        use_case: Some(row.spec.use_case),
    };
    let picture = (row.members > 0).then(|| {
        funnel(&sieve, |cause| match cause {
            Cause::Holdout => Some(format::percent(row.spec.holdout_percent.0)),
            Cause::Held => row.spec.offset.or(row.spec.dwell).map(format::duration),
            Cause::Unidentifiable => Some(needs(row.profile).to_owned()),
            _ => None,
        })
    });
    let first = is_older_page.then(|| path.clone());
    let older = older.map(|before| format!("{path}?before={}", before.0));
    let table = if runs.is_empty() {
        view! {
            <Empty
                title="No runs yet"
                words="Each pass of this mapping appears here with what it read, decided and sent."
            />
        }
        .into_any()
    } else {
        runs_table(runs, now, false)
    };
    view! {
        <Page
            name=row.spec.key.to_string()
            marks=marks.into_any()
            actions=action_buttons(&row, actions)
            answer=sentence(&row, now)
        >
            <ActionErrors actions />
            {outages(&connections, now, Told::OfMapping)}
            {trouble(&row, &connections, now)}
            {letters_notice(letters, Some(&row.spec.key))}
            {run_progress(row.last_run.as_ref(), row.next_run_at, now)}
            <div class="split">
                {picture.unwrap_or_else(|| ().into_any())}
                {facts(&row, now)}
            </div>
            {gates_section(&row.spec.key, row.spec.active, &gates)}
            <Section title="Runs">{table} <Pager first older /></Section>
            {decided}
        </Page>
    }
    .into_any()
}

#[component]
fn ActionErrors(actions: Actions) -> AnyView {
    view! {
        <FormError answered=answered(actions.run) fields=&[] title="The mapping was not run" />
        <FormError answered=answered(actions.pause) fields=&[] title="The mapping was not paused" />
        <FormError answered=answered(actions.resume) fields=&[] title="The mapping was not resumed" />
    }
    .into_any()
}

/// What a failing, late or small mapping means for people, and what to do.
fn trouble(row: &MappingRow, connections: &[ConnectionView], now: Instant) -> AnyView {
    let newest = row.last_run.as_ref();
    let failed = newest.and_then(|run| run.error.as_deref());
    let notice = match row.health {
        // The vendor's notice has the reason, and what it means.
        Health::Failing if failed.is_some_and(|reason| is_said(connections, reason)) => None,
        Health::Failing => {
            let cause = newest
                .and_then(|run| run.error.clone())
                .unwrap_or_else(|| "The run ended without a reason.".to_owned());
            let title = "The last run failed";
            let words = "Whoever is at the destination stays there, and nobody new is sent until a run ends well.";
            Some(
                view! {
                    <Notice kind=NoticeKind::Failing title>
                        <p>{cause}</p>
                        <p>{words}</p>
                    </Notice>
                }
                .into_any(),
            )
        }
        Health::Waiting => {
            let title = "Its last change is abnormal and waits for you";
            let words =
                "Suppressed people have left. Nobody else comes or goes until somebody decides.";
            Some(
                view! {
                    <Notice kind=NoticeKind::Late title>
                        <p>{words}</p>
                        <p>
                            <a href="/approvals">"See what is held back, and decide"</a>
                        </p>
                    </Notice>
                }
                .into_any(),
            )
        }
        Health::Late => {
            let since = row.last_done_at.map_or_else(
                || "No run has ended well yet".to_owned(),
                |at| format!("The last run that ended well was {}", format::relative(at, now)),
            );
            let words = format!(
                "It should run every {}. People who joined or left since are not sent yet.",
                format::duration(row.spec.every)
            );
            Some(
                view! {
                    <Notice kind=NoticeKind::Late title=since>
                        <p>{words}</p>
                    </Notice>
                }
                .into_any(),
            )
        }
        _ => None,
    };
    let odd = newest
        .filter(|run| run.state == domain::sync::RunState::Done)
        .and_then(|run| run.error.clone())
        .map(|words| {
            view! {
                <Notice kind=NoticeKind::Late title="The last run ended, but not as it should">
                    <p>{words}</p>
                </Notice>
            }
        });
    let small = row.profile.minimum_size().filter(|least| row.target > 0 && row.target < *least);
    let small = small.map(|least| {
        let title = format!(
            "{} uses an audience from {} on",
            row.profile.label(),
            format::count(least, "person", "people")
        );
        view! {
            <Notice kind=NoticeKind::Late title>
                <p>"It is delivered all the same, but ads don't run on it until it grows."</p>
            </Notice>
        }
    });
    let floor = floor_notice(row.profile, row.spec.every);
    view! { {notice} {odd} {small} {floor} }.into_any()
}

/// What a platform needs to find somebody.
const fn needs(profile: Profile) -> &'static str {
    let needs = profile.identifiable();
    match (needs.email || needs.phone, needs.id) {
        (true, true) => "needs e-mail, phone or id",
        (true, false) => "needs e-mail or phone",
        _ => "needs an id",
    }
}

fn facts(row: &MappingRow, now: Instant) -> AnyView {
    let spec = &row.spec;
    let next = match (row.health, row.next_run_at) {
        (Health::Running, _) => "now".into_any(),
        (_, Some(at)) => words::soon(at, now).into_any(),
        (_, None) => view! { <Nothing words="not while it is paused" /> }.into_any(),
    };
    let done = row.last_done_at.map_or_else(
        || view! { <Nothing words="never" /> }.into_any(),
        |at| view! { <Moment at now /> }.into_any(),
    );
    let group = spec.exclusivity_group.as_ref().map(|group| {
        let words = format!("{group}, priority {}", spec.priority);
        view! { <Fact term="Group">{words}</Fact> }
    });
    let holdout = (spec.holdout_percent.0 > 0).then(|| {
        let words = format::percent(spec.holdout_percent.0);
        view! { <Fact term="Holdout">{words}</Fact> }
    });
    let time = |term: &'static str, span: Option<Span>| {
        let words = span.map(format::duration)?;
        Some(view! { <Fact term=term>{words}</Fact> })
    };
    let (offset, dwell) =
        (time("Entries held for", spec.offset), time("Whoever left stays out", spec.dwell));
    let event = spec.entry_event.clone();
    let event = event.map(|name| view! { <Fact term="Event for an entry">{name}</Fact> });
    let (audience, destination) = (spec.audience.to_string(), spec.destination.to_string());
    let (to_audience, to_destination) =
        (format!("/audiences#{audience}"), format!("/destinations#{destination}"));
    let every = format::duration(spec.every);
    view! {
        <Facts>
            <Fact term="Audience">
                <a href=to_audience>{audience}</a>
            </Fact>
            <Fact term="Destination">
                <a href=to_destination>{destination}</a>
            </Fact>
            <Fact term="Runs every">{every}</Fact>
            <Fact term="Next run">{next}</Fact>
            <Fact term="Last done">{done}</Fact>
            {holdout}
            {offset}
            {dwell}
            {event}
            {group}
        </Facts>
    }
    .into_any()
}

/// What a change of membership looks like and why, and who decided what about the mapping.
fn decided(profile: Profile, changes: Vec<Entry>, key: &Key, now: Instant) -> AnyView {
    let table =
        (!changes.is_empty()).then(|| trail::newest_about(&format!("mapping {key}"), changes, now));
    view! {
        <Section title="How it was decided">
            <p class="reading">{shape(profile)}</p>
            {table}
        </Section>
    }
    .into_any()
}
