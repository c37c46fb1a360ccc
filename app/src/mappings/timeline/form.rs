//! The form of a flow: whose people, and when their messages go out.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{CreateFlow, FlowChoices, RemoveFlow, UpdateFlow, read_flow};
use crate::{
    form::{Answered, FormError, answered, typed, wrong},
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Choice, Field, FixedField, LinkButton, Page, Section, SelectField,
        TextField,
    },
};

/// States a flow.
#[component]
pub fn NewFlowPage() -> AnyView {
    let create = ServerAction::<CreateFlow>::new();
    let data = read(|| (), |()| read_flow(String::new()));
    loaded(data, "New flow", move |choices| new_page(choices, create))
}

/// Changes a flow, or takes it off.
#[component]
pub fn FlowPage() -> AnyView {
    let params = use_params_map();
    let (update, remove) = (ServerAction::<UpdateFlow>::new(), ServerAction::<RemoveFlow>::new());
    let data = read(move || params.read().get("key").unwrap_or_default(), read_flow);
    loaded(data, "Flow", move |choices| flow_page(choices, update, remove))
}

/// The page that states one.
pub fn new_page(choices: FlowChoices, create: ServerAction<CreateFlow>) -> AnyView {
    let fields = fields(choices, answered(create), "The flow was not added");
    view! {
        <Page
            name="New flow"
            narrow=true
            answer="State when an audience's messages go out: Customer.io tells nobody.".into_any()
        >
            <ActionForm action=create attr:class="form">
                {fields}
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=create.pending()>
                        "Add flow"
                    </Button>
                    <LinkButton href="/timeline" kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
        </Page>
    }
    .into_any()
}

/// The page that changes one.
pub fn flow_page(
    choices: FlowChoices,
    update: ServerAction<UpdateFlow>,
    remove: ServerAction<RemoveFlow>,
) -> AnyView {
    let key = choices.spec.as_ref().map(|spec| spec.key.to_string()).unwrap_or_default();
    let fields = fields(choices, answered(update), "The flow was not changed");
    view! {
        <Page
            name=format!("Flow {key}")
            narrow=true
            answer="Nothing is sent by a flow: it says what Customer.io sends, so that ads can keep clear of it.".into_any()
        >
            <FormError answered=answered(remove) fields=&[] title="The flow was not taken off" />
            <ActionForm action=update attr:class="form">
                {fields}
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=update.pending()>
                        "Save flow"
                    </Button>
                    <LinkButton href="/timeline" kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
            <Section title="Take it off">
                <ActionForm action=remove>
                    <input type="hidden" name="key" value=key />
                    <Button busy=remove.pending()>"Take the flow off the timeline"</Button>
                </ActionForm>
            </Section>
        </Page>
    }
    .into_any()
}

fn fields(choices: FlowChoices, answered: Answered, title: &'static str) -> AnyView {
    let FlowChoices { spec, audiences } = choices;
    let stored = spec.as_ref().map(|spec| {
        let lines: Vec<String> = spec.touches.iter().map(ToString::to_string).collect();
        lines.join("\n")
    });
    let touches = typed("touches", &stored.unwrap_or_default());
    let name = if let Some(spec) = &spec {
        let (key, audience) = (spec.key.to_string(), spec.audience.to_string());
        view! {
            <input type="hidden" name="key" value=key />
            <FixedField
                name="audience"
                label="Audience"
                value=audience.clone()
                words=audience
                hint="A flow keeps its audience."
            />
        }
        .into_any()
    } else {
        let options = audiences.into_iter().map(|(key, words)| Choice::new(key, words)).collect();
        view! {
                <TextField
                    name="key"
                    label="Key"
                    hint="Lower-case words joined by hyphens, such as cart-recovery."
                    class="input-mono"
                    value=typed("key", "")
                    wrong=wrong(answered, "key")
                />
                <SelectField
                    name="audience"
                    label="Audience"
                    options
                    empty="Choose an audience"
                    hint="The axis begins with what its window is counted from, such as the abandoned checkout."
                    value=typed("audience", "")
                    wrong=wrong(answered, "audience")
                />
            }
            .into_any()
    };
    view! {
        <FormError answered fields=&["key", "audience", "touches"] title />
        {name}
        <Field
            name="touches"
            label="Messages"
            hint=Some(
                "One a line: email, sms, push or in_app, and how long after the beginning, such as sms 4h."
                    .to_owned(),
            )
            wrong=wrong(answered, "touches")
            optional=true
        >
            <textarea
                class="input input-mono"
                id="touches"
                name="touches"
                rows="6"
                spellcheck="false"
                placeholder="email 1h"
                aria-describedby="touches-hint"
            >
                {touches}
            </textarea>
        </Field>
    }
    .into_any()
}
