//! The page of the workspace.

use domain::workspace::{AdCost, Currency, Workspace};
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
    let Workspace { time_zone: zone, currency, ads } = workspace;
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
                    fields=&["time_zone", "currency", "cost_per_thousand", "impressions_a_day"]
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
                    value=typed("currency", &currency.to_string())
                    hint="Three letters, such as USD: what amounts in Customer.io are in. Nothing is converted."
                    wrong=wrong(answered, "currency")
                />
                <TextField
                    name="cost_per_thousand"
                    label="What 1,000 impressions cost"
                    value=typed("cost_per_thousand", &ads.map_or_else(String::new, |ads| ads.per_thousand.to_string()))
                    hint="In that currency, such as 12.50, from your ad platform's report. Only for the estimate of what late exits cost; empty, there is none."
                    wrong=wrong(answered, "cost_per_thousand")
                    optional=true
                />
                <TextField
                    name="impressions_a_day"
                    label="Impressions a day"
                    value=typed("impressions_a_day", &ads.map_or_else(String::new, |ads| ads.impressions_a_day.to_string()))
                    hint="How often a day your ads are shown to one person of an audience, such as 2.5: impressions ÷ reach ÷ days, from the same report."
                    wrong=wrong(answered, "impressions_a_day")
                    optional=true
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
                <Fact term="Currency">{currency.to_string()}</Fact>
                <Fact term="Ads">{ads_cost(ads, currency)}</Fact>
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

fn ads_cost(ads: Option<AdCost>, currency: Currency) -> String {
    match ads {
        Some(AdCost { per_thousand, impressions_a_day }) => format!(
            "{per_thousand} {currency} for 1,000 impressions, {impressions_a_day} a day and person"
        ),
        None => "Nobody has said what they cost".to_owned(),
    }
}
