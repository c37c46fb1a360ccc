//! Segment's tracking plans beside the contract: each begins a draft, or is made as it says.

use domain::contract::plans::{Comparison, PlanName, PlansView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::{PlansRead, PullPlan, PushPlan, page_of_plan, read_plans};
use crate::{
    connections::public::unusable,
    form::{FormError, answered, done},
    format,
    live::{loaded, read},
    ui::{Button, ButtonKind, Empty, LinkButton, Notice, NoticeKind, Page, Section},
    vendor_answer::VendorAnswer,
};

/// What can be done with a plan.
#[derive(Clone, Copy)]
pub struct Actions {
    pull: ServerAction<PullPlan>,
    push: ServerAction<PushPlan>,
}

impl Default for Actions {
    fn default() -> Self {
        Self { pull: ServerAction::new(), push: ServerAction::new() }
    }
}

/// The plans.
#[component]
pub fn PlansPage() -> AnyView {
    let query = use_query_map();
    let plan = Memo::new(move |_| query.read().get("plan").unwrap_or_default());
    let actions = Actions::default();
    let data = read(move || (plan.get(), done(actions.push)), |(plan, _)| read_plans(plan));
    loaded(data, "Tracking plans", move |read| plans_page(read, actions))
}

/// The page.
pub fn plans_page(read: PlansRead, actions: Actions) -> AnyView {
    let PlansRead { plans, may_propose, may_push } = read;
    let view = match plans {
        VendorAnswer::Known(view) => view,
        VendorAnswer::Unknown { reason } => {
            let answer = "Segment could not be asked for its tracking plans.".into_any();
            return view! {
                <Page name="Tracking plans" answer>
                    {unusable(reason)}
                    <div class="buttons">
                        <LinkButton href="/settings/connections">"Check the connections"</LinkButton>
                        <LinkButton href="/contract">"Exchange files instead"</LinkButton>
                    </div>
                </Page>
            }
            .into_any();
        }
    };
    let answer = sentence(&view).into_any();
    let PlansView { plans, version, chosen } = view;
    let list = if plans.is_empty() {
        view! {
            <Empty
                title="The workspace has no tracking plan"
                words="Make one in Segment, under Protocols: it shows here when this page is loaded again."
            />
        }
        .into_any()
    } else {
        let open = chosen.as_ref().map(|(plan, _)| plan.id.clone());
        let items = plans.into_iter().map(|plan| item(plan, open.as_deref())).collect_view();
        view! { <ul class="plain">{items}</ul> }.into_any()
    };
    let chosen = chosen
        .map(|(plan, comparison)| one(plan, comparison, version, (may_propose, may_push), actions));
    view! {
        <Page name="Tracking plans" answer>
            <FormError answered=answered(actions.pull) fields=&[] title="No change was begun" />
            <FormError answered=answered(actions.push) fields=&[] title="The plan stays as it was" />
            <Section title="In Segment">{list}</Section>
            {chosen}
        </Page>
    }
    .into_any()
}

fn sentence(view: &PlansView) -> String {
    let plans = format::count(view.plans.len() as u64, "tracking plan", "tracking plans");
    match &view.chosen {
        None => format!("Segment has {plans}. Choose one to see how it differs from the contract."),
        Some((plan, comparison)) if comparison.is_same() => {
            format!("{} says what version {} of the contract does.", plan.name, view.version)
        }
        Some((plan, _)) => {
            format!("{} differs from version {} of the contract.", plan.name, view.version)
        }
    }
}

fn item(plan: PlanName, open: Option<&str>) -> AnyView {
    let href = page_of_plan(&plan.id);
    let current = (open == Some(&*plan.id)).then_some("true");
    view! {
        <li>
            <a href=href aria-current=current>
                {plan.name}
            </a>
        </li>
    }
    .into_any()
}

fn one(
    plan: PlanName,
    comparison: Comparison,
    version: u64,
    (may_propose, may_push): (bool, bool),
    actions: Actions,
) -> AnyView {
    let id = plan.id;
    let is_same = comparison.is_same();
    let lines = lines(&comparison)
        .into_iter()
        .map(|(term, words)| view! { <dt>{term}</dt> <dd class="wrap">{words}</dd> })
        .collect_view();
    let pull = (may_propose && !is_same).then(|| {
        let id = id.clone();
        view! {
            <ActionForm action=actions.pull>
                <input type="hidden" name="plan" value=id />
                <Button busy=actions.pull.pending()>"Begin a draft from it"</Button>
            </ActionForm>
        }
    });
    let push = (may_push && version > 0 && !is_same).then(|| {
        view! {
            <ActionForm action=actions.push>
                <input type="hidden" name="plan" value=id />
                <Button kind=ButtonKind::Primary busy=actions.push.pending()>
                    "Make the plan as the contract says"
                </Button>
            </ActionForm>
        }
    });
    let loses = (may_push && !(comparison.removed.is_empty() && comparison.lost.is_empty())).then(|| {
        view! {
            <Notice kind=NoticeKind::Late title="The plan would lose something">
                <p>
                    "What Segment blocks by this plan it blocks anew from then on. Begin a draft from the plan first, if what it has more should be agreed on."
                </p>
            </Notice>
        }
    });
    view! {
        <Section title="Made as the contract says">
            <dl class="guide">{lines}</dl>
            {loses}
            <div class="buttons">{push} {pull}</div>
        </Section>
    }
    .into_any()
}

/// What would become of the plan.
fn lines(comparison: &Comparison) -> Vec<(&'static str, String)> {
    let Comparison { added, changed, removed, lost, kept } = comparison;
    let named = [
        ("It gets", added.join(", ")),
        ("It says otherwise", changed.join(", ")),
        ("It loses", removed.join(", ")),
        ("It says more, and a contract can't", lost.join("; ")),
    ];
    let mut lines: Vec<_> = named.into_iter().filter(|(_, words)| !words.is_empty()).collect();
    if lines.is_empty() {
        lines.push(("Nothing", "It says what the contract does.".to_owned()));
    }
    if *kept > 0 {
        let rules = format::count(*kept, "rule", "rules");
        lines.push(("It keeps", format!("{rules} of other types, such as identify")));
    }
    lines
}
