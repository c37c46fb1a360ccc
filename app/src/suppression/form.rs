//! The form that adds a suppression.

use domain::audiences::AudienceRow;
use leptos::prelude::*;

use super::api::{CreateSuppression, read_suppression_choices};
use crate::{
    form::{FormError, answered, typed, wrong},
    live::loaded,
    ui::{Button, ButtonKind, Choice, LinkButton, Page, SelectField, TextField},
};

/// Adds a rule.
#[component]
pub fn NewSuppressionPage() -> AnyView {
    let create = ServerAction::<CreateSuppression>::new();
    let data = Resource::new(|| (), |()| read_suppression_choices());
    loaded(data, "New suppression", move |audiences| new_page(audiences, create))
}

/// The page.
pub fn new_page(audiences: Vec<AudienceRow>, create: ServerAction<CreateSuppression>) -> AnyView {
    let answered = answered(create);
    let options = audiences
        .into_iter()
        .map(|row| {
            let name = row.segment_name.unwrap_or_else(|| format!("segment {}", row.spec.segment));
            Choice::new(row.spec.key.to_string(), format!("{} · {name}", row.spec.key))
        })
        .collect();
    let answer =
        "Whoever this rule holds leaves every mapping that retargets or seeds a lookalike.";
    view! {
        <Page name="New suppression" narrow=true answer=answer.into_any()>
            <ActionForm action=create attr:class="form">
                <FormError
                    answered
                    fields=&["key", "reason", "audience", "event", "ttl"]
                    title="The suppression was not added"
                />
                <TextField
                    name="key"
                    label="Key"
                    hint="Lower-case words joined by hyphens, such as recent-purchase."
                    class="input-mono"
                    value=typed("key", "")
                    wrong=wrong(answered, "key")
                />
                <TextField
                    name="reason"
                    label="Reason"
                    hint="Why people are kept out: purchase, refund, support, unsubscribed. It stands on each person's page."
                    value=typed("reason", "")
                    wrong=wrong(answered, "reason")
                />
                <SelectField
                    name="audience"
                    label="Members of an audience"
                    options
                    empty="No audience: an event decides"
                    value=typed("audience", "")
                    wrong=wrong(answered, "audience")
                    optional=true
                />
                <TextField
                    name="event"
                    label="Or whoever sends an event"
                    hint="Its name as it arrives, such as Order Completed."
                    value=typed("event", "")
                    wrong=wrong(answered, "event")
                    optional=true
                />
                <TextField
                    name="ttl"
                    label="How long at least"
                    hint="A whole number and a unit: 24h or 14d. A rule by event needs it; one by audience holds while somebody is a member in any case."
                    class="input-mono input-short"
                    value=typed("ttl", "24h")
                    wrong=wrong(answered, "ttl")
                    optional=true
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=create.pending()>
                        "Add suppression"
                    </Button>
                    <LinkButton href="/suppression" kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
        </Page>
    }
    .into_any()
}
