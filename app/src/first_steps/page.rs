//! The page of first steps: what is done, what is next, and each step with what it takes.

use domain::first_steps::{Step, next, scope::CEILING};
use leptos::prelude::*;

use super::{
    api::{
        ChooseGoal, DismissFirstSteps, FirstStepsView, LiftCeiling, MakeFirstMapping, PromoteFirst,
        StartFirstMapping, read_first_steps,
    },
    parts::{destination_step, goal_step, link_step, mapping_step, segments_step, verdict_section},
};
use crate::{
    form::{FormError, answered, wrong},
    format,
    live::{loaded, read},
    ui::{Button, ButtonKind, Page, Section, State, StateMark, TextField},
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct StepActions {
    /// The goal.
    pub goal: ServerAction<ChooseGoal>,
    /// A segment.
    pub promote: ServerAction<PromoteFirst>,
    /// The mapping.
    pub make: ServerAction<MakeFirstMapping>,
    /// Its start.
    pub start: ServerAction<StartFirstMapping>,
    lift: ServerAction<LiftCeiling>,
    dismiss: ServerAction<DismissFirstSteps>,
}

impl StepActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            goal: ServerAction::new(),
            promote: ServerAction::new(),
            make: ServerAction::new(),
            start: ServerAction::new(),
            lift: ServerAction::new(),
            dismiss: ServerAction::new(),
        }
    }

    fn version(self) -> usize {
        self.goal.version().get()
            + self.promote.version().get()
            + self.make.version().get()
            + self.start.version().get()
            + self.lift.version().get()
    }
}

impl Default for StepActions {
    fn default() -> Self {
        Self::new()
    }
}

/// First steps.
#[component]
pub fn FirstStepsPage() -> AnyView {
    let actions = StepActions::new();
    let data = read(move || actions.version(), |_| read_first_steps());
    loaded(data, "First steps", move |view| first_steps_page(view, actions))
}

/// The page.
pub fn first_steps_page(view: FirstStepsView, actions: StepActions) -> AnyView {
    let answer = sentence(&view);
    let upcoming = next(&view.steps);
    let steps = view
        .steps
        .iter()
        .enumerate()
        .map(|(at, (step, done))| {
            step_section(&view, at + 1, *step, *done, upcoming == Some(*step), actions)
        })
        .collect_view();
    let scope = scope_section(&view, actions);
    let verdict = view.verdict.as_ref().map(verdict_section);
    let is_dismissed = view.version.as_ref().is_none_or(|version| version.is_dismissed);
    let away = (!is_dismissed && upcoming.is_some()).then(|| {
        view! {
            <ActionForm action=actions.dismiss>
                <Button kind=ButtonKind::Quiet busy=actions.dismiss.pending()>
                    "Put first steps away"
                </Button>
            </ActionForm>
        }
        .into_any()
    });
    view! {
        <Page name="First steps" answer=answer.into_any() actions=away>
            <FormError answered=answered(actions.dismiss) fields=&[] title="They were not put away" />
            {verdict}
            {steps}
            {scope}
        </Page>
    }
    .into_any()
}

fn sentence(view: &FirstStepsView) -> String {
    let done = view.steps.iter().filter(|(_, done)| *done).count() as u64;
    let all = view.steps.len() as u64;
    match next(&view.steps) {
        None => "Every step is done: the first mapping is live at one destination.".to_owned(),
        Some(step) => format!(
            "{} of {} are done. Next: {}.",
            format::number(done),
            format::count(all, "step", "steps"),
            clause(step.label())
        ),
    }
}

/// A heading within a sentence; names keep their capitals.
fn clause(label: &str) -> String {
    let mut letters = label.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn step_section(
    view: &FirstStepsView,
    number: usize,
    step: Step,
    done: bool,
    is_next: bool,
    actions: StepActions,
) -> AnyView {
    let (state, word) = match (done, is_next) {
        (true, _) => (State::Ok, "Done"),
        (false, true) => (State::Late, "Next"),
        (false, false) => (State::New, "To do"),
    };
    let kind = if is_next { ButtonKind::Primary } else { ButtonKind::Plain };
    let body = match step {
        Step::Goal => goal_step(view, kind, actions),
        Step::Customerio | Step::Twilio if done => link_step(
            "It is connected, and can be tested again at any time.",
            "/settings/connections",
            "See the connections",
            kind,
        ),
        Step::Suppression if done => link_step(
            "Whoever bought is kept out. Refund, support and unsubscribed have their rules too.",
            "/suppression",
            "See the rules",
            kind,
        ),
        Step::Customerio => link_step(
            "Enter the App API key and its region; it is tested when it is saved.",
            "/settings/connections",
            "Connect Customer.io",
            kind,
        ),
        Step::Twilio => link_step(
            "Enter the write key of a source of its own, so that its traffic can be told from all other.",
            "/settings/connections",
            "Connect Segment",
            kind,
        ),
        Step::Destination => destination_step(view),
        Step::Segments => segments_step(view, actions),
        Step::Suppression => link_step(
            "Whoever bought must not see the ad again: promote the segment of recent purchasers, and make it the first rule.",
            "/suppression/new?reason=purchase&key=purchase&ttl=24h",
            "Add the purchase rule",
            kind,
        ),
        Step::Mapping => mapping_step(view, kind, actions),
    };
    view! {
        <Section title=format!("{number}. {}", step.label())>
            <p>
                <StateMark state word />
            </p>
            {body}
        </Section>
    }
    .into_any()
}

/// How complex the first version is, and how it may grow.
fn scope_section(view: &FirstStepsView, actions: StepActions) -> Option<AnyView> {
    let version = view.version.as_ref()?;
    let scope = format::capital(&view.scope.words());
    let said = match (&version.lifted, view.has_ceiling) {
        (Some(lifted), _) => format!("{} has lifted the ceiling: {}.", lifted.by, lifted.reason),
        (None, true) => format!(
            "A first version stays at {CEILING} or less: what would make it more is refused. More is unlocked 14 days after the first QA sign-off, or when an admin lifts the ceiling."
        ),
        (None, false) => "No ceiling stands.".to_owned(),
    };
    let lift = (view.has_ceiling && view.may_lift).then(|| {
        view! {
            <ActionForm action=actions.lift attr:class="form">
                <TextField
                    name="reason"
                    label="Reason to lift the ceiling"
                    hint="Kept with your name, and in the audit trail."
                    wrong=wrong(answered(actions.lift), "reason")
                />
                <div class="buttons">
                    <Button busy=actions.lift.pending()>"Lift the ceiling"</Button>
                </div>
            </ActionForm>
        }
    });
    Some(
        view! {
            <Section title="How complex it is">
                <FormError
                    answered=answered(actions.lift)
                    fields=&["reason"]
                    title="The ceiling was not lifted"
                />
                <p>{scope} "."</p>
                <p>{said}</p>
                {lift}
            </Section>
        }
        .into_any(),
    )
}
