//! The checklist of a mapping: each gate with its evidence, who passes it, and why.

use domain::{
    key::Key,
    mappings::gates::{Checked, Gate, Line, Override, SignOff},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{ChecklistView, PassGate, SignOffMapping, TakeBackSignOff, WithdrawGate, read_checklist},
    found, mark, place, sentence,
};
use crate::{
    form::{FormError, answered, typed, wrong},
    format,
    live::loaded,
    ui::{
        Button, ButtonKind, Column, Field, LinkButton, Moment, Page, Section, State, StateMark,
        Table, TextField,
    },
};

/// What can be done about gates, made once for the page's life.
#[derive(Clone, Copy)]
pub struct GateActions {
    pass: ServerAction<PassGate>,
    withdraw: ServerAction<WithdrawGate>,
    sign: ServerAction<SignOffMapping>,
    take_back: ServerAction<TakeBackSignOff>,
}

impl GateActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            pass: ServerAction::new(),
            withdraw: ServerAction::new(),
            sign: ServerAction::new(),
            take_back: ServerAction::new(),
        }
    }

    /// Changes with every answer.
    #[must_use]
    pub fn version(self) -> usize {
        let gates = self.pass.version().get() + self.withdraw.version().get();
        gates + self.sign.version().get() + self.take_back.version().get()
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
    let data = Resource::new(source, |(key, _)| read_checklist(key));
    loaded(data, "Checklist", move |view| checklist_page(view, actions))
}

/// The page.
pub fn checklist_page(view: ChecklistView, actions: GateActions) -> AnyView {
    let ChecklistView { now, spec, gates, lines, signed, missing, may_sign } = view;
    let answer = sentence(spec.active, &gates);
    let signing = sign_off_section(&spec.key, Signing { signed, missing, may_sign }, actions, now);
    let lines = lines_section(lines);
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
            <FormError
                answered=answered(actions.sign)
                fields=&["note"]
                title="The mapping is not signed off"
            />
            <FormError
                answered=answered(actions.take_back)
                fields=&[]
                title="The sign-off was not taken back"
            />
            <Table caption="Gates" columns>
                {rows}
            </Table>
            {signing}
            {lines}
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

/// How a sign-off stands.
struct Signing {
    signed: Option<SignOff>,
    missing: Option<String>,
    may_sign: bool,
}

fn sign_off_section(key: &Key, signing: Signing, actions: GateActions, now: Instant) -> AnyView {
    let key = key.to_string();
    let Signing { signed, missing, may_sign } = signing;
    let body = match (signed, missing) {
        (Some(signed), _) => signed_line(key, signed, may_sign, actions, now),
        (None, Some(missing)) => {
            let words = format!(
                "It can't be signed off yet: {missing}. Until then its audience goes to no second destination."
            );
            view! {
                <p class="reading">
                    {words} " " <a href=format!("/mappings/{key}/test")>"Controlled test"</a>
                </p>
            }
            .into_any()
        }
        (None, None) if !may_sign => {
            view! { <p class="reading">"It can be signed off by an approver: nobody has yet."</p> }
                .into_any()
        }
        (None, None) => {
            let wrong_note = wrong(answered(actions.sign), "note");
            view! {
                <ActionForm action=actions.sign attr:class="form">
                    <input type="hidden" name="key" value=key />
                    <TextField
                        name="note"
                        label="What you looked at"
                        hint="Such as: a purchaser left within 40 s, sizes agree at the platform. Its audience may go to a second destination then."
                        value=typed("note", "")
                        wrong=wrong_note
                    />
                    <div class="buttons">
                        <Button kind=ButtonKind::Primary busy=actions.sign.pending()>
                            "Sign it off"
                        </Button>
                    </div>
                </ActionForm>
            }
            .into_any()
        }
    };
    view! { <Section title="Sign-off">{body}</Section> }.into_any()
}

fn signed_line(
    key: String,
    signed: SignOff,
    may_sign: bool,
    actions: GateActions,
    now: Instant,
) -> AnyView {
    let SignOff { note, evidence, by, at, .. } = signed;
    let take_back = may_sign.then(|| {
        view! {
            <ActionForm action=actions.take_back>
                <input type="hidden" name="key" value=key />
                <Button kind=ButtonKind::Quiet busy=actions.take_back.pending()>
                    "Take the sign-off back"
                </Button>
            </ActionForm>
        }
    });
    view! {
        <p class="reading">
            <StateMark state=State::Ok word="Signed off" /> " " {format!("{by}: {note}, ")}
            <Moment at now />
        </p>
        <p class="quiet">{format!("Evident then: {evidence}.")}</p>
        {take_back}
    }
    .into_any()
}

/// What a first version asks, line by line.
fn lines_section(lines: Vec<Line>) -> AnyView {
    let columns =
        vec![Column::words("Line"), Column::words("State"), Column::words("What was seen")];
    let rows = lines
        .into_iter()
        .map(|line| {
            let where_to = line.link.map(|link| {
                let (href, words) = place(&link);
                view! {
                    " "
                    <a href=href>{words}</a>
                }
            });
            view! {
                <tr>
                    <th scope="row" class="wrap">
                        {line.title}
                    </th>
                    <td>{mark(line.state)}</td>
                    <td class="wrap">{format::capital(&line.evidence)} "." {where_to}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="A first version, line by line">
            <Table caption="Checklist of a first version" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}
