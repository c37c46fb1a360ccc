//! The page of the timeline.

use domain::mappings::timeline::{Conflict, FlowView, Stacking};
use leptos::prelude::*;

use super::{
    api::{HoldAds, MeanMeeting, MeetingForm, WithdrawMeeting, read_timeline},
    picture::picture,
    words,
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    mappings::page::{View, views},
    ui::{
        Button, ButtonKind, Column, Empty, Field, LinkButton, Mark, Page, Section, State,
        StateMark, Table,
    },
};

/// What can be done about conflicts, made once for the page's life.
#[derive(Clone, Copy)]
pub struct TimelineActions {
    hold: ServerAction<HoldAds>,
    mean: ServerAction<MeanMeeting>,
    withdraw: ServerAction<WithdrawMeeting>,
}

impl TimelineActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { hold: ServerAction::new(), mean: ServerAction::new(), withdraw: ServerAction::new() }
    }

    /// Changes with every answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.hold.version().get() + self.mean.version().get() + self.withdraw.version().get()
    }
}

impl Default for TimelineActions {
    fn default() -> Self {
        Self::new()
    }
}

/// Messages and ads on one axis. It doesn't renew itself: somebody may be writing a reason.
#[component]
pub fn TimelinePage() -> AnyView {
    let actions = TimelineActions::new();
    let data = read(move || actions.version(), |_| read_timeline());
    loaded(data, "Timeline", move |flows| timeline_page(flows, actions))
}

/// The page.
pub fn timeline_page(flows: Vec<FlowView>, actions: TimelineActions) -> AnyView {
    let answer = words::sentence(&flows);
    let add = || {
        view! {
            <LinkButton href="/timeline/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a flow"
            </LinkButton>
        }
    };
    let body = if flows.is_empty() {
        view! {
            <Empty
                title="No flow yet"
                words="State when the messages of an audience go out, such as an SMS at 4 h: the ads for the same people appear beside them, with what competes."
            >
                {add()}
            </Empty>
        }
        .into_any()
    } else {
        flows.into_iter().map(|flow| section(flow, actions)).collect_view().into_any()
    };
    view! {
        <Page name="Timeline" answer=answer.into_any() actions=add().into_any()>
            {views(View::Timeline)}
            <FormError answered=answered(actions.hold) fields=&[] title="The ads are not held" />
            <FormError answered=answered(actions.mean) fields=&[] title="It was not noted" />
            <FormError answered=answered(actions.withdraw) fields=&[] title="It was not withdrawn" />
            {body}
        </Page>
    }
    .into_any()
}

fn section(flow: FlowView, actions: TimelineActions) -> AnyView {
    let (key, audience) = (flow.spec.key.to_string(), flow.spec.audience.to_string());
    let picture = picture(&flow);
    let nothing = flow.paid.is_empty().then(|| {
        view! { <p class="quiet">"No mapping shows ads to these people."</p> }
    });
    let lines = flow.conflicts.iter().map(|one| line(one, &flow, actions)).collect::<Vec<_>>();
    let table = if lines.is_empty() {
        view! { <p class="quiet">"Nothing competes here."</p> }.into_any()
    } else {
        let label = format!("Conflicts of {key}");
        view! {
            <ul class="conflicts" aria-label=label>
                {lines}
            </ul>
        }
        .into_any()
    };
    let all = everything(&flow);
    view! {
        <Section title=format!("Flow {key}")>
            <p class="quiet">
                "From what brings people into " <a href=format!("/audiences/{audience}")>{audience.clone()}</a>
                ", on one axis. Dashed: until the platform uses an entry, at the soonest. "
                <a href=format!("/timeline/{key}")>"Change the flow"</a>
            </p>
            <figure class="chart">{picture} {all}</figure>
            {nothing}
            {table}
        </Section>
    }
    .into_any()
}

/// The same as the picture, to be read.
fn everything(flow: &FlowView) -> AnyView {
    let touches = flow
        .spec
        .touches
        .iter()
        .map(|touch| (touch.at, format::capital(touch.channel.noun()), String::new()));
    let ads = flow.paid.iter().map(|paid| {
        let ends = paid.ends_at.map_or_else(
            || "no end stated".to_owned(),
            |end| format!("until {}", format::duration(end)),
        );
        let used =
            format!("used by the platform from {}, {ends}", format::duration(paid.begins_at));
        (paid.sent_at, format!("Ads by {}", paid.mapping), used)
    });
    let mut lines: Vec<_> = touches.chain(ads).collect();
    lines.sort();
    let rows = lines
        .into_iter()
        .map(|(at, what, more)| {
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    <td class="num">{format::duration(at)}</td>
                    <td class="wrap">{more}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![Column::words("What"), Column::figures("At"), Column::words("More")];
    view! {
        <details class="data">
            <summary>"As a table"</summary>
            <Table caption=format!("On the axis of {}", flow.spec.key) columns>
                {rows}
            </Table>
        </details>
    }
    .into_any()
}

fn line(one: &Conflict, flow: &FlowView, actions: TimelineActions) -> AnyView {
    let what = words::conflict(one, flow);
    let by = one.meeting.mapping.as_ref().map(|mapping| {
        let key = mapping.to_string();
        view! {
            " "
            <a href=format!("/mappings/{key}")>{key.clone()}</a>
        }
    });
    let rule = one.meeting.rule;
    let form = MeetingForm::of(&one.meeting);
    let (mark, act) = if let Some(meant) = &one.meant {
        let mark = view! { <StateMark state=State::Paused word="Meant" /> }.into_any();
        (mark, meant_line(meant, form, actions))
    } else {
        let hold = hold_form(one, actions);
        let mean = rule.can_be_meant().then(|| mean_form(form, actions));
        let mark = view! { <StateMark state=State::Late word="Competes" /> }.into_any();
        (mark, view! { <div class="acts">{hold} {mean}</div> }.into_any())
    };
    view! {
        <li>
            <p>
                {mark} " " <strong>{what}</strong> {by} ". " {words::why(rule)}
            </p>
            {act}
        </li>
    }
    .into_any()
}

fn hold_form(one: &Conflict, actions: TimelineActions) -> Option<AnyView> {
    let (mapping, offset) = (one.meeting.mapping.clone()?, one.offset?);
    let until = one.meeting.touch?.at;
    let label = format!("Hold ads until an hour after {}", format::duration(until));
    Some(
        view! {
            <ActionForm action=actions.hold>
                <input type="hidden" name="mapping" value=mapping.to_string() />
                <input type="hidden" name="offset" value=offset.to_string() />
                <Button busy=actions.hold.pending()>{label}</Button>
            </ActionForm>
        }
        .into_any(),
    )
}

fn hidden(form: MeetingForm) -> AnyView {
    view! {
        <input type="hidden" name="rule" value=form.rule />
        <input type="hidden" name="mapping" value=form.mapping />
        <input type="hidden" name="touch" value=form.touch />
    }
    .into_any()
}

fn mean_form(form: MeetingForm, actions: TimelineActions) -> AnyView {
    let id = format!("reason-{}-{}-{}", form.rule, form.mapping, form.touch).replace(' ', "-");
    view! {
        <ActionForm action=actions.mean attr:class="form">
            {hidden(form)}
            <Field name=id.clone() label="Or it is meant, because">
                <input class="input" id=id.clone() name="reason" required maxlength="200" />
            </Field>
            <div class="buttons">
                <Button kind=ButtonKind::Quiet busy=actions.mean.pending()>
                    "Stack on purpose"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn meant_line(meant: &Stacking, form: MeetingForm, actions: TimelineActions) -> AnyView {
    let words = format!("{}: {}", meant.by, meant.reason);
    view! {
        <p title=format::exact(meant.at)>{words}</p>
        <ActionForm action=actions.withdraw>
            {hidden(form)}
            <Button kind=ButtonKind::Quiet busy=actions.withdraw.pending()>
                "It is meant no longer"
            </Button>
        </ActionForm>
    }
    .into_any()
}
