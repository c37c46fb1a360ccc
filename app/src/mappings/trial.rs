//! The page of a mapping's controlled tests: who may be sent, what would be sent, and what
//! became of it.

use domain::mappings::trial::{Place, Proof, TestPerson, Trial, TrialPreview};
use domain::time::Instant;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::trial_api::{PinTestPerson, SendTest, TrialView, UnpinTestPerson, read_trials};
use crate::{
    form::{Answered, FormError, answered, spent, wrong},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Column, Empty, Mark, Moment, Nothing, Notice, NoticeKind, Page,
        Section, ShortId, State, StateMark, Table, TextField,
    },
    words,
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    pin: ServerAction<PinTestPerson>,
    unpin: ServerAction<UnpinTestPerson>,
    send: ServerAction<SendTest>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { pin: ServerAction::new(), unpin: ServerAction::new(), send: ServerAction::new() }
    }

    fn version(self) -> usize {
        self.pin.version().get() + self.unpin.version().get() + self.send.version().get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// Controlled tests of a mapping.
#[component]
pub fn TrialPage() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let actions = Actions::new();
    let source = move || {
        let key = params.read().get("key").unwrap_or_default();
        (key, query.read().get("person").unwrap_or_default(), actions.version())
    };
    let data = read(source, |(key, person, _)| read_trials(key, person));
    renew(data, |_| false);
    loaded(data, "Controlled test", move |view| trial_page(view, actions))
}

/// The page.
pub fn trial_page(view: TrialView, actions: Actions) -> AnyView {
    let answer = sentence(&view).into_any();
    let TrialView { now, mapping, destination, pinned, preview, trials, trouble } = view;
    let trouble = trouble.map(|why| {
        view! {
            <Notice kind=NoticeKind::Late title="Segment could not be asked what has arrived">
                <p>{format::capital(&why)} "."</p>
                <p>
                    <a href="/settings/connections">"Check the token of the Public API"</a>
                </p>
            </Notice>
        }
    });
    let preview = preview.map(|preview| preview_section(preview, &mapping, &destination, actions));
    let people = people_section(pinned, &mapping, now, actions);
    view! {
        <Page name=format!("Test {mapping}") answer>
            <FormError answered=answered(actions.send) fields=&[] title="Nothing was sent" />
            <FormError answered=answered(actions.unpin) fields=&[] title="Nobody was let go" />
            {trouble}
            {preview}
            {people}
            {trials_section(trials, &destination, now)}
        </Page>
    }
    .into_any()
}

fn sentence(view: &TrialView) -> String {
    let TrialView { destination, trials, now, .. } = view;
    let Some(newest) = trials.first() else {
        return format!(
            "No test was sent to {destination} yet. Pin somebody of your own, look at the message, and send it through everything that production uses."
        );
    };
    let who = &newest.cio_id;
    match newest.proof() {
        Proof::Forwarded => format!("The newest test, {who}, was forwarded to {destination}."),
        Proof::Arrived if newest.is_open(*now) => format!(
            "The newest test, {who}, is in Segment; it is not proven yet that {destination} got it."
        ),
        Proof::Sent if newest.is_open(*now) => format!(
            "The newest test, {who}, was taken by Segment's edge, which proves nothing yet."
        ),
        Proof::Arrived => {
            format!("The newest test, {who}, is in Segment, and {destination} never got it.")
        }
        Proof::Sent => format!("The newest test, {who}, never arrived in Segment."),
    }
}

fn preview_section(
    preview: TrialPreview,
    mapping: &str,
    destination: &str,
    actions: Actions,
) -> AnyView {
    let TrialPreview { cio_id, is_pinned, place, messages } = preview;
    let said = match place {
        Place::Goes => format!("A run would send {cio_id} to {destination} now."),
        Place::NoMember => {
            format!("A run would not send {cio_id}: they are no member of its audience.")
        }
        Place::Withheld(cause) => {
            format!("A run would not send {cio_id}, because {}.", words::because(cause))
        }
    };
    let label = format!("Send this test to {destination}");
    let (key, person) = (mapping.to_owned(), cio_id.clone());
    let send = (is_pinned && place == Place::Goes).then(|| {
        view! {
            <ActionForm action=actions.send>
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="person" value=person />
                <Button kind=ButtonKind::Primary mark=Mark::Run busy=actions.send.pending()>
                    {label}
                </Button>
            </ActionForm>
        }
    });
    let unpinned = (!is_pinned).then(|| {
        view! { <p class="quiet">"Only pinned people can be sent. Pin them below first."</p> }
    });
    let bodies = messages
        .into_iter()
        .map(|message| {
            let label = format!("Message about {cio_id}");
            view! {
                <pre class="payload" tabindex="0" role="group" aria-label=label>
                    <code>{message}</code>
                </pre>
            }
        })
        .collect_view();
    view! {
        <Section title="What would be sent">
            <p>{said}</p>
            {unpinned}
            {send}
            <div class="example">{bodies}</div>
        </Section>
    }
    .into_any()
}

fn people_section(
    pinned: Vec<TestPerson>,
    mapping: &str,
    now: Instant,
    actions: Actions,
) -> AnyView {
    let columns = vec![
        Column::words("Person"),
        Column::words("E-mail"),
        Column::words("Pinned"),
        Column::actions("Preview"),
        Column::actions("Unpin"),
    ];
    let is_empty = pinned.is_empty();
    let rows = pinned.into_iter().map(|one| pinned_row(one, mapping, now, actions)).collect_view();
    let table = if is_empty {
        view! {
            <Empty
                title="Nobody is pinned"
                words="Pin people of your own: nobody else can be sent by hand. They are the same for every mapping."
            />
        }
        .into_any()
    } else {
        view! {
            <Table caption="Pinned test people" columns>
                {rows}
            </Table>
        }
        .into_any()
    };
    let pin: Answered = answered(actions.pin);
    let key = mapping.to_owned();
    view! {
        <Section title="Test people">
            {table}
            <ActionForm action=actions.pin attr:class="form-row">
                <FormError answered=pin fields=&["person"] title="Nobody was pinned" />
                <input type="hidden" name="key" value=key />
                <TextField
                    name="person"
                    label="Customer.io id, id or e-mail address"
                    wrong=wrong(pin, "person")
                    forget=spent(actions.pin)
                />
                <Button busy=actions.pin.pending()>"Pin test person"</Button>
            </ActionForm>
        </Section>
    }
    .into_any()
}

fn pinned_row(one: TestPerson, mapping: &str, now: Instant, actions: Actions) -> AnyView {
    let TestPerson { cio_id, email, by, at } = one;
    let email = match email {
        Some(email) => email.into_any(),
        None => view! { <Nothing words="none" /> }.into_any(),
    };
    let href = format!("/mappings/{mapping}/test?person={}", format::in_address(&cio_id));
    let (look, unpin) = (format!("Preview {cio_id}"), format!("Unpin {cio_id}"));
    let (key, profile) = (mapping.to_owned(), format!("/people/{}", format::in_address(&cio_id)));
    view! {
        <tr>
            <th scope="row">
                <a href=profile>{cio_id.clone()}</a>
            </th>
            <td>{email}</td>
            <td>
                {by} " "
                <Moment at now />
            </td>
            <td class="tight">
                <a href=href>{look}</a>
            </td>
            <td class="tight pick">
                <ActionForm action=actions.unpin>
                    <input type="hidden" name="key" value=key />
                    <input type="hidden" name="person" value=cio_id />
                    <Button kind=ButtonKind::Quiet busy=actions.unpin.pending()>
                        {unpin}
                    </Button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}

fn trials_section(trials: Vec<Trial>, destination: &str, now: Instant) -> Option<AnyView> {
    if trials.is_empty() {
        return None;
    }
    let columns = vec![
        Column::words("Sent"),
        Column::words("Person"),
        Column::words("Arrived in Segment"),
        Column::words("Forwarded"),
        Column::words("Mark"),
    ];
    let rows = trials.into_iter().map(|trial| trial_row(trial, now)).collect_view();
    let hint = format!(
        "Segment counts what arrived a minute late, and what {destination} got five minutes late. Each test carries its mark in context.app.version, so that nothing else is counted with it."
    );
    Some(
        view! {
            <Section title="Tests and their proofs">
                <Table caption="Controlled tests of this mapping" columns>
                    {rows}
                </Table>
                <p class="quiet reading">{hint}</p>
            </Section>
        }
        .into_any(),
    )
}

fn trial_row(trial: Trial, now: Instant) -> AnyView {
    let is_open = trial.is_open(now);
    let proof = move |at: Option<Instant>| match at {
        Some(at) => view! {
            <StateMark state=State::Ok word="Seen" />
            " "
            <Moment at now />
        }
        .into_any(),
        None if is_open => view! { <StateMark state=State::Late word="Not yet" /> }.into_any(),
        None => view! { <StateMark state=State::Failing word="Never" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <Moment at=trial.sent_at now />
                <span class="under">{trial.by}</span>
            </th>
            <td>{trial.cio_id}</td>
            <td>{proof(trial.arrived_at)}</td>
            <td>{proof(trial.forwarded_at)}</td>
            <td>
                <ShortId id=trial.mark />
            </td>
        </tr>
    }
    .into_any()
}
