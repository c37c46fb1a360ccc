//! The checklist of a mapping: each gate with its evidence, who passes it, and why.

use domain::{
    key::Key,
    mappings::gates::{Checked, Gate, Override},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{ChecklistView, PassGate, WithdrawGate, read_checklist},
    found, mark, sentence,
    sign_off::{SignActions, lines_table, sign_off_section},
};
use crate::{
    form::{FormError, answered},
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Column, Field, LinkButton, Moment, Page, Section, State, StateMark,
        Table,
    },
};

/// What can be done about gates, made once for the page's life.
#[derive(Clone, Copy)]
pub struct GateActions {
    pass: ServerAction<PassGate>,
    withdraw: ServerAction<WithdrawGate>,
    sign: SignActions,
}

impl GateActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { pass: ServerAction::new(), withdraw: ServerAction::new(), sign: SignActions::new() }
    }

    /// Changes with every answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.pass.version().get() + self.withdraw.version().get() + self.sign.version()
    }
}

impl Default for GateActions {
    fn default() -> Self {
        Self::new()
    }
}

/// A mapping's checklist. It doesn't renew itself: somebody may be writing a reason.
#[component]
pub fn ChecklistPage() -> AnyView {
    let params = use_params_map();
    let actions = GateActions::new();
    let source = move || (params.read().get("key").unwrap_or_default(), actions.version());
    let data = read(source, |(key, _)| read_checklist(key));
    loaded(data, "Checklist", move |view| checklist_page(view, actions))
}

/// The page.
pub fn checklist_page(view: ChecklistView, actions: GateActions) -> AnyView {
    let answer = sentence(view.spec.active, &view.gates);
    let sign_off = sign_off_section(&view, actions.sign);
    let ChecklistView { now, spec, gates, lines, .. } = view;
    let lines = lines_table(&spec.key, lines);
    let columns =
        vec![Column::words("Gate"), Column::words("State"), Column::words("What was found")];
    let rows = gates.into_iter().map(|one| row(&spec.key, one, actions, now)).collect_view();
    let mapping = format!("/mappings/{}", spec.key);
    let back = view! { <LinkButton href=mapping>"Go to the mapping"</LinkButton> };
    view! {
        <Page
            name=format!("Checklist of {}", spec.key)
            answer=answer.into_any()
            actions=back.into_any()
        >
            <FormError answered=answered(actions.pass) fields=&[] title="The gate was not passed" />
            <FormError
                answered=answered(actions.withdraw)
                fields=&[]
                title="The override was not withdrawn"
            />
            {lines}
            {sign_off}
            <Section title="Gates">
                <Table caption="Gates" columns>
                    {rows}
                </Table>
            </Section>
        </Page>
    }
    .into_any()
}

fn row(key: &Key, one: Checked, actions: GateActions, now: Instant) -> AnyView {
    let keeps = one.keeps();
    let Checked { finding, passed } = one;
    let mark = match passed {
        Some(_) => view! { <StateMark state=State::Late word="Passed" /> }.into_any(),
        None => mark(finding.state),
    };
    let gate = finding.gate;
    let done = match passed {
        Some(passed) => Some(override_line(key, passed, actions, now)),
        None if keeps && gate.can_be_passed() => Some(pass_form(key, gate, actions)),
        None => None,
    };
    view! {
        <tr>
            <th scope="row">{gate.label()}</th>
            <td>{mark}</td>
            <td class="wrap">{found(&finding)} {done}</td>
        </tr>
    }
    .into_any()
}

/// Who lets it pass, and the way back.
fn override_line(key: &Key, passed: Override, actions: GateActions, now: Instant) -> AnyView {
    let Override { gate, reason, by, at } = passed;
    let key = key.to_string();
    view! {
        <p>{format!("{by}: {reason}, ")} <Moment at now /></p>
        <ActionForm action=actions.withdraw>
            <input type="hidden" name="key" value=key />
            <input type="hidden" name="gate" value=gate.as_str() />
            <Button kind=ButtonKind::Quiet busy=actions.withdraw.pending()>
                {format!("Withdraw the override of {}", gate.label().to_lowercase())}
            </Button>
        </ActionForm>
    }
    .into_any()
}

fn pass_form(key: &Key, gate: Gate, actions: GateActions) -> AnyView {
    let (key, id) = (key.to_string(), format!("reason-{gate}"));
    view! {
        <ActionForm action=actions.pass attr:class="form">
            <input type="hidden" name="key" value=key />
            <input type="hidden" name="gate" value=gate.as_str() />
            <Field
                name=id.clone()
                label="Reason to pass it all the same"
                hint=Some("Kept with your name, shown here and in the matrix.".to_owned())
            >
                <input class="input" id=id.clone() name="reason" required maxlength="200" />
            </Field>
            <div class="buttons">
                <Button busy=actions.pass.pending()>
                    {format!("Pass {}", gate.label().to_lowercase())}
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
