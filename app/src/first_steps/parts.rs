//! What each step takes.

use domain::{
    audiences::readiness::{Reason, Weighs},
    first_steps::{
        recommended, shape,
        verdict::{Verdict, Worth},
    },
    mappings::UseCase,
};
use leptos::prelude::*;

use super::{
    api::{FirstMapping, FirstStepsView, RankedSegment, RankedSegments},
    page::StepActions,
};
use crate::{
    form::{FormError, answered, wrong},
    format,
    ui::{
        Button, ButtonKind, Choice, Choices, Column, LinkButton, Notice, NoticeKind, Section,
        SelectField, State, StateMark, Table,
    },
    words,
};

/// So many audiences go first, at most.
const FIRST: usize = 10;

/// A step that has a page of its own.
pub fn link_step(
    why: &'static str,
    href: &'static str,
    deed: &'static str,
    kind: ButtonKind,
) -> AnyView {
    view! {
        <p>{why}</p>
        <div class="buttons">
            <LinkButton href kind>
                {deed}
            </LinkButton>
        </div>
    }
    .into_any()
}

/// What it is all for.
pub fn goal_step(view: &FirstStepsView, kind: ButtonKind, actions: StepActions) -> AnyView {
    let goal = |use_case: UseCase, hint: &str| {
        Choice::new(use_case.as_str(), words::use_case(use_case)).with_hint(hint)
    };
    let options = vec![
        goal(UseCase::Retarget, "Bring back people who left a cart or lapsed."),
        goal(UseCase::Suppress, "Stop paying for people who bought."),
        goal(UseCase::Lookalike, "Find more people like the best customers."),
        goal(UseCase::Analytics, "Tie membership to orders in the warehouse."),
    ];
    let value = view.version.as_ref().map_or("", |version| version.goal.as_str()).to_owned();
    let answered = answered(actions.goal);
    view! {
        <ActionForm action=actions.goal attr:class="form">
            <FormError answered fields=&["goal"] title="The goal was not kept" />
            <Choices name="goal" label="Goal" options value wrong=wrong(answered, "goal") />
            <div class="buttons">
                <Button kind busy=actions.goal.pending()>
                    "Keep this goal"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Where to: what suits the goal, and what would be sent there.
pub fn destination_step(view: &FirstStepsView) -> AnyView {
    let goal = view.version.as_ref().map_or(UseCase::Retarget, |version| version.goal);
    let columns = vec![Column::words("Recommended"), Column::words("What is sent there, and why")];
    let rows = recommended(goal)
        .iter()
        .map(|profile| {
            let href = format!("/destinations/new?profile={}", profile.as_str());
            view! {
                <tr>
                    <th scope="row" class="wrap">
                        <a href=href>{profile.label()}</a>
                    </th>
                    <td class="wrap">{shape(*profile)}</td>
                </tr>
            }
        })
        .collect_view();
    let there: Vec<_> = view
        .destinations
        .iter()
        .map(|one| {
            let href = format!("/destinations/{}", one.key);
            let key = one.key.to_string();
            view! {
                <li>
                    <a href=href>{key}</a>
                    ": the exact message stands on its page."
                </li>
            }
        })
        .collect();
    let there = (!there.is_empty()).then(|| view! { <ul>{there}</ul> });
    view! {
        <p>
            "For " {words::use_case(goal).to_lowercase()}
            ". Begin with one; the next is unlocked by a QA sign-off. "
            <a href="/destinations/import">"Import what Segment has"</a>
        </p>
        {there}
        <Table caption="Recommended destinations" columns>
            {rows}
        </Table>
    }
    .into_any()
}

/// Who: the readiest first.
pub fn segments_step(view: &FirstStepsView, actions: StepActions) -> AnyView {
    let segments = match &view.segments {
        RankedSegments::NotConnected => {
            return view! { <p>"Customer.io is asked for its segments once it is connected."</p> }
                .into_any();
        }
        RankedSegments::Unknown { reason } => {
            let reason = reason.clone();
            return view! {
                <Notice kind=NoticeKind::Late title="Customer.io could not be asked">
                    <p>{reason}</p>
                </Notice>
            }
            .into_any();
        }
        RankedSegments::Known(segments) => segments,
    };
    let promoted = segments.iter().filter(|one| one.is_promoted).count();
    let said = format!(
        "{} promoted, of the 5 to 10 that go first; the {} readiest of {} are shown.",
        format::number(promoted as u64),
        format::number(segments.len().min(FIRST) as u64),
        format::count(segments.len() as u64, "segment", "segments"),
    );
    let columns = vec![
        Column::words("Segment"),
        Column::words("Ready"),
        Column::words("Why"),
        Column::words("Promote"),
    ];
    let rows =
        segments.iter().take(FIRST).map(|one| segment_row(one.clone(), actions)).collect_view();
    view! {
        <FormError
            answered=answered(actions.promote)
            fields=&[]
            title="The segment was not promoted"
        />
        <p>{said} " " <a href="/audiences/new">"Promote another"</a></p>
        <Table caption="Segments by readiness" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn segment_row(one: RankedSegment, actions: StepActions) -> AnyView {
    let RankedSegment { segment, name, key, is_promoted, readiness } = one;
    let points = format!("{} of {}", readiness.points(), readiness.most());
    let why = findings(&readiness.reasons);
    let deed = if is_promoted {
        let href = format!("/audiences/{key}");
        view! { <a href=href>{key}</a> }.into_any()
    } else {
        let label = format!("Promote {name}");
        view! {
            <ActionForm action=actions.promote>
                <input type="hidden" name="segment" value=segment.to_string() />
                <input type="hidden" name="key" value=key />
                <Button busy=actions.promote.pending()>{label}</Button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" class="wrap">
                {name}
            </th>
            <td class="num">{points}</td>
            <td class="wrap">
                <ul class="findings">{why}</ul>
            </td>
            <td class="wrap">{deed}</td>
        </tr>
    }
    .into_any()
}

/// Whether it is worth it: what speaks against it first.
pub fn verdict_section(verdict: &Verdict) -> AnyView {
    let (state, word, said) = match verdict.worth {
        Worth::Open => (State::New, "Open", "What is not known yet decides it."),
        Worth::Yes => (State::Ok, "Worth it", "Nothing speaks against it."),
        Worth::Doubtful => {
            (State::Late, "Doubtful", "It can be done; look first at what speaks against it.")
        }
        Worth::No => (
            State::Failing,
            "Not worth it yet",
            "What is there can't reach the goal: change that first, or choose another goal.",
        ),
    };
    let reasons = findings(&verdict.reasons);
    view! {
        <Section title="Whether it is worth it">
            <p>
                <StateMark state word />
            </p>
            <p>{said}</p>
            <ul class="findings">{reasons}</ul>
        </Section>
    }
    .into_any()
}

/// Reasons by how they weigh: what speaks against it first, since that is what there is to do.
fn findings(reasons: &[Reason]) -> AnyView {
    [(Weighs::Against, "No: "), (Weighs::Unknown, "Not known: "), (Weighs::For, "Yes: ")]
        .into_iter()
        .filter_map(|(weighs, sign)| {
            let words: Vec<&str> = reasons
                .iter()
                .filter(|reason| reason.weighs == weighs)
                .map(|reason| reason.words.as_str())
                .collect();
            let said = format!("{sign}{}.", words.join("; "));
            (!words.is_empty()).then(|| view! { <li>{said}</li> })
        })
        .collect_view()
        .into_any()
}

/// One to the other: made paused, tested, looked over, started.
pub fn mapping_step(view: &FirstStepsView, kind: ButtonKind, actions: StepActions) -> AnyView {
    match &view.mapping {
        Some(mapping) => made(mapping, kind, actions),
        None => make(view, kind, actions),
    }
}

fn make(view: &FirstStepsView, kind: ButtonKind, actions: StepActions) -> AnyView {
    let audiences: Vec<Choice> = match &view.segments {
        RankedSegments::Known(segments) => segments
            .iter()
            .filter(|one| one.is_promoted)
            .map(|one| Choice::new(one.key.clone(), format!("{} ({})", one.key, one.name)))
            .collect(),
        _ => Vec::new(),
    };
    let destinations: Vec<Choice> = view
        .destinations
        .iter()
        .map(|one| Choice::new(one.key.as_str(), format!("{} ({})", one.key, one.profile.label())))
        .collect();
    if audiences.is_empty() || destinations.is_empty() {
        return view! { <p>"It needs a destination and a promoted segment first."</p> }.into_any();
    }
    let answered = answered(actions.make);
    view! {
        <p>"It is made paused: nobody is sent before you have looked at it."</p>
        <ActionForm action=actions.make attr:class="form">
            <FormError
                answered
                fields=&["audience", "destination"]
                title="The mapping was not made"
            />
            <SelectField
                name="audience"
                label="Audience"
                options=audiences
                wrong=wrong(answered, "audience")
            />
            <SelectField
                name="destination"
                label="Destination"
                options=destinations
                wrong=wrong(answered, "destination")
            />
            <div class="buttons">
                <Button kind busy=actions.make.pending()>
                    "Make the first mapping"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn made(mapping: &FirstMapping, kind: ButtonKind, actions: StepActions) -> AnyView {
    let key = mapping.key.to_string();
    let (page, test, checklist) = (
        format!("/mappings/{key}"),
        format!("/mappings/{key}/test"),
        format!("/mappings/{key}/checklist"),
    );
    let said = match (mapping.is_active, mapping.has_run) {
        (true, true) => " is live.",
        (true, false) => " has started; its first run ends soon.",
        (false, _) => " is paused: nobody is sent yet.",
    };
    let signed = match (&mapping.unready, mapping.is_signed_off) {
        (_, true) => {
            "Its QA is signed off: the audience may go to its next destination.".to_owned()
        }
        (None, false) => "It can be signed off now, in its checklist.".to_owned(),
        (Some(why), false) => format!("To sign it off: {why}."),
    };
    let start = (!mapping.is_active).then(|| {
        let key = key.clone();
        view! {
            <ActionForm action=actions.start>
                <input type="hidden" name="key" value=key />
                <Button kind busy=actions.start.pending()>
                    "Start the first mapping"
                </Button>
            </ActionForm>
        }
    });
    view! {
        <FormError answered=answered(actions.start) fields=&[] title="It was not started" />
        <p>
            <a href=page>{key.clone()}</a>
            {said}
        </p>
        <p>{signed}</p>
        <div class="buttons">
            <LinkButton href=test>"Send a controlled test"</LinkButton>
            <LinkButton href=checklist>"See its checklist"</LinkButton>
            {start}
        </div>
    }
    .into_any()
}
