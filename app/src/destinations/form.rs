//! The form that adds a destination.

use domain::destinations::Profile;
use leptos::prelude::*;

use super::api::CreateDestination;
use crate::{
    form::{FormError, answered, ticked, typed, wrong},
    ui::{Button, ButtonKind, CheckField, Choice, LinkButton, Page, SelectField, TextField},
};

/// Adds a destination.
#[component]
pub fn NewDestinationPage() -> AnyView {
    let create = ServerAction::<CreateDestination>::new();
    let answered = answered(create);
    let options = Profile::ALL
        .into_iter()
        .map(|profile| Choice::new(profile.as_str(), profile.label()))
        .collect();
    let answer = "Add a place behind Segment. Only identifiers flow there until a field is named.";
    view! {
        <Page name="New destination" narrow=true answer=answer.into_any()>
            <ActionForm action=create attr:class="form">
                <FormError
                    answered
                    fields=&["key", "profile", "integration", "fields"]
                    title="The destination was not added"
                />
                <SelectField
                    name="profile"
                    label="Platform"
                    options
                    empty="Choose a platform"
                    hint="Brings its rules: which identifiers find a person, and how large an audience must be."
                    value=typed("profile", "")
                    wrong=wrong(answered, "profile")
                />
                <TextField
                    name="key"
                    label="Key"
                    hint="Lower-case words joined by hyphens, such as meta. It can't be changed."
                    class="input-mono"
                    value=typed("key", "")
                    wrong=wrong(answered, "key")
                />
                <TextField
                    name="integration"
                    label="Name in Segment"
                    hint="Exactly as Segment shows it, capitals included: events for any other name are dropped there without a word."
                    value=typed("integration", "")
                    wrong=wrong(answered, "integration")
                />
                <TextField
                    name="fields"
                    label="Further fields"
                    hint="Attributes that may flow there besides identifiers, separated by commas. Whatever isn't named stays."
                    class="input-mono"
                    value=typed("fields", "")
                    wrong=wrong(answered, "fields")
                    optional=true
                />
                <CheckField
                    name="hash"
                    label="Hash identifiers before they leave"
                    checked=ticked("hash", false)
                    hint="Rarely needed: Segment's own destinations hash by themselves, and a hash of a hash finds nobody."
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=create.pending()>
                        "Add destination"
                    </Button>
                    <LinkButton href="/destinations" kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
        </Page>
    }
    .into_any()
}
