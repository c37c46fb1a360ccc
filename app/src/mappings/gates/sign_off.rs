//! The lines of a mapping's checklist, and the sign-off that unlocks its audience's next
//! destination.

use domain::{
    key::Key,
    mappings::{
        UseCase,
        gates::{
            SignOff,
            checklist::{Line, LineLink, LineState},
        },
    },
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{ChecklistView, SignOffMapping, WithdrawSignOff},
    place,
};
use crate::{
    form::{FormError, answered, wrong},
    format,
    ui::{Button, ButtonKind, Column, Moment, Section, State, StateMark, Table, TextField},
};

/// What can be done about a sign-off, made once for the page's life.
#[derive(Clone, Copy)]
pub struct SignActions {
    sign: ServerAction<SignOffMapping>,
    withdraw: ServerAction<WithdrawSignOff>,
}

impl SignActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { sign: ServerAction::new(), withdraw: ServerAction::new() }
    }

    /// Changes with every answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.sign.version().get() + self.withdraw.version().get()
    }
}

impl Default for SignActions {
    fn default() -> Self {
        Self::new()
    }
}

/// The checklist itself.
pub fn lines_table(key: &Key, lines: Vec<Line>) -> AnyView {
    let columns =
        vec![Column::words("Line"), Column::words("State"), Column::words("What is evident")];
    let rows = lines.into_iter().map(|line| line_row(key, line)).collect_view();
    view! {
        <Section title="Before it goes live">
            <Table caption="Checklist" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn line_row(key: &Key, line: Line) -> AnyView {
    let Line { item, state, evidence, link } = line;
    let (state, word) = match state {
        LineState::Done => (State::Ok, "Done"),
        LineState::Partly => (State::Late, "Partly"),
        LineState::Open => (State::Failing, "Open"),
        LineState::Unknown => (State::New, "Not known yet"),
        LineState::NotAsked => (State::New, "Not asked"),
    };
    let mended = link.map(|at| {
        let (href, place) = match &at {
            LineLink::Gate(gate) => place(gate),
            LineLink::Audiences => ("/audiences".to_owned(), "Audiences"),
            LineLink::Mapping => (format!("/mappings/{key}"), "Mapping"),
            LineLink::Edit => (format!("/mappings/{key}/edit"), "Edit it"),
        };
        view! { " " <a href=href>{place}</a> }
    });
    view! {
        <tr>
            <th scope="row" class="wrap">
                {item.label()}
            </th>
            <td>
                <StateMark state word />
            </td>
            <td class="wrap">{format::capital(&evidence)} "." {mended}</td>
        </tr>
    }
    .into_any()
}

/// Whose word there is, or what it takes to give it; nothing for a mapping that suppresses.
pub fn sign_off_section(view: &ChecklistView, actions: SignActions) -> Option<AnyView> {
    if view.spec.use_case == UseCase::Suppress {
        return None;
    }
    let key = view.spec.key.to_string();
    let inner = match (&view.sign_off, &view.unready) {
        (Some(given), _) => given_line(&key, given, view.may_sign, actions, view.now),
        (None, Some(why)) => waiting_line(&key, why),
        (None, None) if view.may_sign => sign_form(&key, view.spec.destination.as_str(), actions),
        (None, None) => {
            view! { <p>"It can be signed off, by an approver or an admin."</p> }.into_any()
        }
    };
    Some(
        view! {
            <Section title="QA sign-off">
                <FormError
                    answered=answered(actions.sign)
                    fields=&["note"]
                    title="It was not signed off"
                />
                <FormError
                    answered=answered(actions.withdraw)
                    fields=&[]
                    title="The sign-off was not withdrawn"
                />
                {inner}
            </Section>
        }
        .into_any(),
    )
}

fn given_line(
    key: &str,
    given: &SignOff,
    may_sign: bool,
    actions: SignActions,
    now: Instant,
) -> AnyView {
    let said = format!("{}: {}, ", given.by, given.note);
    let evident = format!("Evident then: {}.", given.evidence);
    let (at, key) = (given.at, key.to_owned());
    let withdraw = may_sign.then(|| {
        view! {
            <ActionForm action=actions.withdraw>
                <input type="hidden" name="key" value=key />
                <Button kind=ButtonKind::Quiet busy=actions.withdraw.pending()>
                    "Withdraw the sign-off"
                </Button>
            </ActionForm>
        }
    });
    view! {
        <p>{said} <Moment at now /></p>
        <p class="quiet">{evident}</p>
        <p>"The audience may go to its next destination."</p>
        {withdraw}
    }
    .into_any()
}

fn waiting_line(key: &str, why: &str) -> AnyView {
    let (test, why) = (format!("/mappings/{key}/test"), format::capital(why));
    view! {
        <p>
            "Not yet possible. " {why} ". " <a href=test>"See its controlled tests"</a>
        </p>
    }
    .into_any()
}

fn sign_form(key: &str, destination: &str, actions: SignActions) -> AnyView {
    let key = key.to_owned();
    let hint = format!(
        "What you have seen at {destination}, kept with your name and what is evident now. It lets the audience go to its next destination."
    );
    view! {
        <ActionForm action=actions.sign attr:class="form">
            <input type="hidden" name="key" value=key />
            <TextField
                name="note"
                label="What was seen"
                hint
                wrong=wrong(answered(actions.sign), "note")
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=actions.sign.pending()>
                    "Sign off this mapping"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
