//! The form that adds a suppression.

use domain::{key::Key, suppression::Kind};
use leptos::prelude::*;

use super::api::{CreateSuppression, SuppressionChoices, read_suppression_choices};
use crate::{
    form::{Answered, FormError, answered, ticked, typed, wrong},
    live::{loaded, read},
    ui::{
        Button, ButtonKind, CheckField, Choice, LinkButton, Options, Page, SelectField, TextField,
    },
    words,
};

/// Adds a rule.
#[component]
pub fn NewSuppressionPage() -> AnyView {
    let create = ServerAction::<CreateSuppression>::new();
    let data = read(|| (), |()| read_suppression_choices());
    loaded(data, "New suppression", move |choices| new_page(choices, create))
}

/// The page.
pub fn new_page(choices: SuppressionChoices, create: ServerAction<CreateSuppression>) -> AnyView {
    let answered = answered(create);
    let places = places(choices.destinations);
    let options = choices
        .audiences
        .into_iter()
        .map(|row| {
            let name = row.segment_name.unwrap_or_else(|| format!("segment {}", row.spec.segment));
            Choice::new(row.spec.key.to_string(), format!("{} · {name}", row.spec.key))
        })
        .collect();
    let who = who(options, answered);
    let reasons = Kind::ALL
        .into_iter()
        .map(|kind| Choice::new(kind.as_str(), words::suppression(kind)))
        .collect();
    let answer = "Whoever this rule holds leaves the mappings that retarget or seed a lookalike.";
    view! {
        <Page name="New suppression" narrow=true answer=answer.into_any()>
            <ActionForm action=create attr:class="form">
                <FormError
                    answered
                    fields=&["key", "reason", "words", "audience", "event", "ttl", "owner"]
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
                <SelectField
                    name="reason"
                    label="Reason"
                    options=reasons
                    empty="Choose a reason"
                    hint="It stands on each person's page. A mapping that retargets can't start before there is a rule for purchase."
                    value=typed("reason", "")
                    wrong=wrong(answered, "reason")
                />
                <TextField
                    name="words"
                    label="Another reason"
                    hint="In your words, where it is none of these."
                    value=typed("words", "")
                    wrong=wrong(answered, "words")
                    optional=true
                />
                {who}
                {places}
                <TextField
                    name="ttl"
                    label="How long at least"
                    hint="A whole number and a unit: 24h or 14d. A rule by event needs it; one by audience holds while somebody is a member in any case."
                    class="input-mono input-short"
                    value=typed("ttl", "24h")
                    wrong=wrong(answered, "ttl")
                    optional=true
                />
                <TextField
                    name="owner"
                    label="Owner"
                    hint="Who answers for this rule: a person or a team."
                    value=typed("owner", "")
                    wrong=wrong(answered, "owner")
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

/// Whom the rule keeps out: one of the three.
fn who(options: Options, answered: Answered) -> AnyView {
    view! {
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
        <CheckField
            name="list"
            label="Or a list that you keep here"
            hint="People by name or by file, such as those who must never see an ad."
            checked=ticked("list", false)
        />
    }
    .into_any()
}

/// The destinations at which a rule may hold, as boxes.
fn places(destinations: Vec<Key>) -> Option<AnyView> {
    let chosen = typed("chosen", "");
    let boxes = destinations
        .into_iter()
        .map(|key| {
            let (id, value) = (format!("place-{key}"), key.to_string());
            let checked = chosen.split(' ').any(|one| one == value);
            view! {
                <div class="field check">
                    <input
                        type="checkbox"
                        id=id.clone()
                        name="destinations[]"
                        value=value.clone()
                        checked=checked
                    />
                    <label for=id>{value}</label>
                </div>
            }
        })
        .collect::<Vec<_>>();
    (!boxes.is_empty()).then(|| {
        view! {
            <fieldset class="field" aria-describedby="places-hint">
                <legend>"Only at" <span class="optional">" (optional)"</span></legend>
                <p class="hint" id="places-hint">
                    "None ticked is everywhere. A purchase keeps people out everywhere."
                </p>
                <div class="choices">{boxes}</div>
            </fieldset>
        }
        .into_any()
    })
}
