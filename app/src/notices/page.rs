//! The page of notices.

use domain::{
    notices::{NoticesView, Standing, Told},
    time::Instant,
};
use leptos::prelude::*;

use super::api::{EnterWebhook, ForgetWebhook, NoticesRead, TestWebhook, read_notices};
use crate::{
    form::{FormError, answered, done, spent, wrong},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Column, Empty, Moment, Page, Section, State, StateMark, Table,
        TextField,
    },
};

/// What can be done with them.
#[derive(Clone, Copy)]
pub struct Actions {
    enter: ServerAction<EnterWebhook>,
    test: ServerAction<TestWebhook>,
    forget: ServerAction<ForgetWebhook>,
}

impl Default for Actions {
    fn default() -> Self {
        Self { enter: ServerAction::new(), test: ServerAction::new(), forget: ServerAction::new() }
    }
}

/// Notices.
#[component]
pub fn NoticesPage() -> AnyView {
    let actions = Actions::default();
    let asked = move || (done(actions.enter), done(actions.forget), actions.test.version().get());
    let data = read(asked, |_| read_notices());
    renew(data, |_| false);
    loaded(data, "Notices", move |view| notices_page(view, actions))
}

/// The page.
pub fn notices_page(read: NoticesRead, actions: Actions) -> AnyView {
    let NoticesRead { now, view, may_change } = read;
    let answer = sentence(&view).into_any();
    let form = may_change.then(|| form(view.standing, actions));
    let list = if view.notices.is_empty() {
        view! {
            <Empty
                title="Nothing has waited yet"
                words="Changes of the contract that are proposed, runs that would change more than usual and suppressing audiences that shrank show here, each with whether it was told."
            />
        }
        .into_any()
    } else {
        table(view.notices, now)
    };
    view! {
        <Page name="Notices" answer>
            <FormError answered=answered(actions.test) fields=&[] title="The test was not taken" />
            <FormError answered=answered(actions.forget) fields=&[] title="Nothing was changed" />
            {form}
            <Section title="What waited">{list}</Section>
        </Page>
    }
    .into_any()
}

fn sentence(view: &NoticesView) -> String {
    let Standing { has_webhook, is_signed } = view.standing;
    let open = view.notices.iter().filter(|one| one.ended_at.is_none());
    let failed = open.filter(|one| one.told_at.is_none() && one.failures > 0).count() as u64;
    if !has_webhook {
        return "Nobody is told what waits for a decision: enter a webhook, such as Slack's."
            .to_owned();
    }
    let signed = if is_signed { ", signed" } else { "" };
    let failed = match failed {
        0 => String::new(),
        _ => format!(
            " It did not take {} so far: tried again until it does.",
            format::count(failed, "notice", "notices")
        ),
    };
    format!("What waits for a decision is told to a webhook{signed}, once.{failed}")
}

fn form(standing: Standing, actions: Actions) -> AnyView {
    let Standing { has_webhook, is_signed } = standing;
    let entered = answered(actions.enter);
    let webhook = if has_webhook {
        "Another address takes the place of the one that is stored, which is never shown."
    } else {
        "One of Slack's incoming webhooks, or any address that takes JSON by POST."
    };
    let key_hint = if is_signed {
        "Empty, the stored one stays."
    } else {
        "For a receiver of your own: it signs what is posted. Slack needs none."
    };
    let others = has_webhook.then(|| {
        view! {
            <div class="buttons">
                <ActionForm action=actions.test>
                    <Button busy=actions.test.pending()>"Send a test"</Button>
                </ActionForm>
                <ActionForm action=actions.forget>
                    <Button kind=ButtonKind::Quiet busy=actions.forget.pending()>
                        "Tell nobody any more"
                    </Button>
                </ActionForm>
            </div>
        }
    });
    view! {
        <Section title="Where they go">
            <ActionForm action=actions.enter attr:class="form">
                <FormError
                    answered=entered
                    fields=&["webhook", "signing_key"]
                    title="The webhook was not saved"
                />
                <TextField
                    name="webhook"
                    label="Webhook"
                    hint=webhook
                    kind="password"
                    wrong=wrong(entered, "webhook")
                    forget=spent(actions.enter)
                />
                <TextField
                    name="signing_key"
                    label="Signing key"
                    hint=key_hint
                    kind="password"
                    wrong=wrong(entered, "signing_key")
                    forget=spent(actions.enter)
                    optional=true
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=actions.enter.pending()>
                        "Save"
                    </Button>
                </div>
            </ActionForm>
            {others}
        </Section>
    }
    .into_any()
}

fn table(notices: Vec<Told>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("What waits"),
        Column::words("Since"),
        Column::words("Told"),
        Column::words("Until"),
    ];
    let rows = notices
        .into_iter()
        .map(|one| {
            let told = told(&one, now);
            let until = match one.ended_at {
                Some(at) => view! { <Moment at now /> }.into_any(),
                None => "waits".into_any(),
            };
            view! {
                <tr>
                    <th scope="row" class="wrap">
                        <a href=one.notice.page>{one.notice.words}</a>
                    </th>
                    <td>
                        <Moment at=one.since now />
                    </td>
                    <td class="wrap">{told}</td>
                    <td>{until}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="What waited for a decision" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn told(one: &Told, now: Instant) -> AnyView {
    match (one.told_at, &one.failure) {
        (Some(at), _) => view! { <Moment at now /> }.into_any(),
        (None, Some(why)) => {
            let why =
                format!("{why}; tried {}", format::count(one.failures.into(), "time", "times"));
            view! {
                <StateMark state=State::Failing word="Not taken" />
                <div class="quiet">{why}</div>
            }
            .into_any()
        }
        (None, None) if one.ended_at.is_some() => "decided before it was told".into_any(),
        (None, None) => "not yet".into_any(),
    }
}
