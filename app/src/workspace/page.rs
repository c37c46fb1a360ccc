//! The page of the workspace.

use leptos::prelude::*;

use super::api::{SaveWorkspace, WorkspaceView, read_workspace};
use crate::{
    form::{FormError, answered, typed, wrong},
    live::{loaded, read},
    ui::{Button, ButtonKind, Choice, Fact, Facts, Page, SelectField, TextField},
};

/// The workspace.
#[component]
pub fn WorkspacePage() -> AnyView {
    let action = ServerAction::<SaveWorkspace>::new();
    let data = read(|| (), |()| read_workspace());
    loaded(data, "Workspace", move |view| workspace_page(view, action))
}

/// The page.
pub fn workspace_page(view: WorkspaceView, action: ServerAction<SaveWorkspace>) -> AnyView {
    let WorkspaceView { workspace, zones, may_change } = view;
    let (zone, currency) = (workspace.time_zone, workspace.currency.to_string());
    let answer = format!(
        "Times are shown in {zone}, and days begin there; amounts are in {currency}. Whatever is sent carries UTC."
    );
    let body = if may_change {
        let choices: Vec<Choice> =
            zones.into_iter().map(|name| Choice::new(name.clone(), name)).collect();
        let answered = answered(action);
        // A plain form: the whole document is written anew, in the new zone.
        view! {
            <form class="form" method="post" action="/fn/save_workspace">
                <FormError
                    answered
                    fields=&["time_zone", "currency"]
                    title="The workspace was not saved"
                />
                <SelectField
                    name="time_zone"
                    label="Time zone"
                    options=choices
                    value=typed("time_zone", &zone)
                    hint="In which times are shown to everybody. Customer.io's and Segment's own pages may show another."
                    wrong=wrong(answered, "time_zone")
                />
                <TextField
                    name="currency"
                    label="Currency"
                    value=typed("currency", &currency)
                    hint="Three letters, such as USD: what amounts in Customer.io are in. Nothing is converted."
                    wrong=wrong(answered, "currency")
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary>"Save the workspace"</Button>
                </div>
            </form>
        }
        .into_any()
    } else {
        view! {
            <Facts>
                <Fact term="Time zone">{zone}</Fact>
                <Fact term="Currency">{currency}</Fact>
            </Facts>
            <p class="quiet">"An admin can change them."</p>
        }
        .into_any()
    };
    view! {
        <Page name="Workspace" answer=answer.into_any()>
            {body}
        </Page>
    }
    .into_any()
}
