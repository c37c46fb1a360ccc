//! The page of the first steps: nine of them, each a form or a link, each read off what is there.

use domain::{
    audiences::readiness::{Lack, Ranked},
    first_steps::{Progress, Step, platforms, steps},
    mappings::UseCase,
};
use leptos::prelude::*;

use super::api::{ChooseGoal, FirstStepsView, read_first_steps};
use crate::{
    destinations::profile::identifiers,
    form::{FormError, answered, wrong},
    format,
    live::loaded,
    ui::{
        Button, ButtonKind, Choice, Choices, Column, LinkButton, Mark, Nothing, Page, Section,
        State, StateMark, Table,
    },
    words,
};

/// Segments that one looks at before the first five are chosen.
const SEGMENTS: usize = 12;

/// From nothing to the first mapping that runs.
#[component]
pub fn FirstStepsPage() -> AnyView {
    let choose = ServerAction::<ChooseGoal>::new();
    let data = Resource::new(move || choose.version().get(), |_| read_first_steps());
    loaded(data, "First steps", move |view| first_steps_page(view, choose))
}

/// The page.
pub fn first_steps_page(view: FirstStepsView, choose: ServerAction<ChooseGoal>) -> AnyView {
    let FirstStepsView { progress, segments, unread } = view;
    let all = steps(&progress);
    let next = all.iter().find(|(_, done)| !done).map(|(step, _)| *step);
    let left = all.iter().filter(|(_, done)| !done).count() as u64;
    let answer = match next {
        None => "The first mapping is live. What it did shows on the overview.".to_owned(),
        Some(step) => format!(
            "{} left until the first mapping is live. Next: {}.",
            format::count(left, "step is", "steps are"),
            title(step)
        ),
    };
    let rows = all
        .into_iter()
        .map(|(step, done)| line(step, done, next == Some(step), &progress))
        .collect::<Vec<_>>();
    let goal = goal_form(progress.goal, choose);
    let shapes = progress.goal.map(shapes);
    let wave = wave(segments, unread, progress.audiences);
    view! {
        <Page name="First steps" answer=answer.into_any()>
            <ol class="steps">{rows}</ol>
            {goal}
            {shapes}
            {wave}
        </Page>
    }
    .into_any()
}

const fn title(step: Step) -> &'static str {
    match step {
        Step::Goal => "say what it is for",
        Step::Customerio => "connect Customer.io",
        Step::Twilio => "connect Segment",
        Step::Destination => "add a destination",
        Step::Audience => "promote a segment",
        Step::Suppression => "keep out who bought",
        Step::Mapping => "map the audience, paused",
        Step::Test => "send a controlled test",
        Step::Start => "go through the checklist and start it",
    }
}

fn href(step: Step, progress: &Progress) -> String {
    let mapping = |rest: &str| match &progress.mapping {
        Some(key) => format!("/mappings/{key}{rest}"),
        None => "/mappings/new".to_owned(),
    };
    match step {
        Step::Goal => "#goal".to_owned(),
        Step::Customerio | Step::Twilio => "/settings/connections".to_owned(),
        Step::Destination => "/destinations/new".to_owned(),
        Step::Audience => "/audiences/new".to_owned(),
        Step::Suppression => "/suppression/new".to_owned(),
        Step::Mapping => {
            let goal = progress.goal.unwrap_or(UseCase::Retarget);
            format!("/mappings/new?use_case={goal}")
        }
        Step::Test => mapping("/test"),
        Step::Start => mapping("/checklist"),
    }
}

fn line(step: Step, done: bool, is_next: bool, progress: &Progress) -> AnyView {
    let (state, word) = if done { (State::Ok, "Done") } else { (State::New, "To do") };
    let kind = if is_next { ButtonKind::Primary } else { ButtonKind::Plain };
    let words = format::capital(title(step));
    let (href, label) = (href(step, progress), words.clone());
    let act = if done {
        words.into_any()
    } else {
        view! {
            <LinkButton href kind mark=Mark::Next>
                {label}
            </LinkButton>
        }
        .into_any()
    };
    view! {
        <li>
            <StateMark state word />
            {act}
        </li>
    }
    .into_any()
}

fn goal_form(goal: Option<UseCase>, choose: ServerAction<ChooseGoal>) -> AnyView {
    let answered = answered(choose);
    let options = UseCase::ALL
        .into_iter()
        .map(|one| {
            Choice::new(one.as_str(), words::use_case(one)).with_hint(words::use_case_hint(one))
        })
        .collect();
    let value = goal.map(|goal| goal.to_string()).unwrap_or_default();
    let label = if goal.is_some() { "Change the goal" } else { "Begin with this goal" };
    view! {
        <div id="goal">
            <Section title="What is it for?">
                <ActionForm action=choose attr:class="form">
                    <FormError answered fields=&["goal"] title="The goal was not kept" />
                    <Choices
                        name="goal"
                        label="The first thing to earn with"
                        options
                        value
                        wrong=wrong(answered, "goal")
                    />
                    <div class="buttons">
                        <Button busy=choose.pending()>{label}</Button>
                    </div>
                </ActionForm>
            </Section>
        </div>
    }
    .into_any()
}

/// Which platforms to begin with, and what is sent to each.
fn shapes(goal: UseCase) -> AnyView {
    let rows = platforms(goal)
        .iter()
        .map(|profile| {
            let shape = if profile.identifies() {
                "A track and an identify with the same boolean"
            } else {
                "A track, Audience Entered or Audience Exited, with the boolean that lists read"
            };
            let least = profile.minimum_size().map_or_else(
                || view! { <Nothing words="no smallest size" /> }.into_any(),
                |least| format::number(least).into_any(),
            );
            let floor = profile.refresh_floor().map_or_else(
                || view! { <Nothing words="at once" /> }.into_any(),
                |floor| format::duration(floor).into_any(),
            );
            let (name, finds) = (profile.label(), identifiers(*profile));
            let href = format!("/destinations/new?profile={profile}");
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="wrap">{shape}</td>
                    <td>{finds}</td>
                    <td class="num">{least}</td>
                    <td class="num">{floor}</td>
                    <td class="pick">
                        <LinkButton href kind=ButtonKind::Quiet>
                            {format!("Add {name}")}
                        </LinkButton>
                    </td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::words("Platform"),
        Column::words("What is sent"),
        Column::words("Finds people by"),
        Column::figures("Smallest audience"),
        Column::figures("Changes every"),
        Column::actions("Add it"),
    ];
    view! {
        <Section title="Where to begin">
            <Table caption="Platforms for this goal" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

const fn lack(lack: Lack) -> &'static str {
    match lack {
        Lack::Building => "Customer.io is still computing it",
        Lack::Empty => "nobody is in it",
        Lack::Nameless => "fewer than 60 % have an address or an id",
        Lack::Promotion => "not promoted yet",
        Lack::Kind => "not what usually earns for this goal",
        Lack::Window => "no window stated",
        Lack::Owner => "nobody answers for it",
    }
}

/// The segments to begin with.
fn wave(segments: Vec<Ranked>, unread: Option<String>, promoted: u64) -> Option<AnyView> {
    if let Some(reason) = unread {
        return Some(
            view! {
                <Section title="Which segments first?">
                    <p class="reading">{reason}</p>
                </Section>
            }
            .into_any(),
        );
    }
    if segments.is_empty() {
        return None;
    }
    let more = segments.len().saturating_sub(SEGMENTS) as u64;
    let rows = segments.into_iter().take(SEGMENTS).map(ranked).collect::<Vec<_>>();
    let columns = vec![
        Column::words("Segment"),
        Column::words("What it lacks"),
        Column::figures("Members"),
        Column::actions("Next"),
    ];
    let chosen = match promoted {
        5..=10 => format!("{promoted} are promoted: a good first version."),
        0 => "None is promoted yet; 5 to 10 are a good first version.".to_owned(),
        few => format!("{few} promoted; 5 to 10 are a good first version."),
    };
    let more = (more > 0).then(|| {
        let words = format!("and {} more", format::number(more));
        view! {
            <p>
                <a href="/audiences/new">{words}</a>
            </p>
        }
    });
    Some(
        view! {
            <Section title="Which segments first?">
                <p class="quiet reading">{chosen} " Those that lack least stand first."</p>
                <Table caption="Segments by readiness" columns>
                    {rows}
                </Table>
                {more}
            </Section>
        }
        .into_any(),
    )
}

fn ranked(one: Ranked) -> AnyView {
    let lacks: Vec<String> = one.lacks.iter().map(|one| lack(*one).to_owned()).collect();
    let lacks = if lacks.is_empty() {
        "Nothing: it is ready".to_owned()
    } else {
        format::capital(&lacks.join(", "))
    };
    let members = one.members.map_or_else(
        || view! { <Nothing words="not read yet" /> }.into_any(),
        |members| format::number(members).into_any(),
    );
    let (href, label) = match &one.audience {
        Some(key) => (format!("/mappings/new?audience={key}"), format!("Map {key}")),
        None => {
            (format!("/audiences/new?segment={}", one.segment), format!("Promote {}", one.name))
        }
    };
    view! {
        <tr>
            <th scope="row" class="wrap">{one.name}</th>
            <td class="wrap">{lacks}</td>
            <td class="num">{members}</td>
            <td class="pick">
                <LinkButton href kind=ButtonKind::Quiet>
                    {label}
                </LinkButton>
            </td>
        </tr>
    }
    .into_any()
}
