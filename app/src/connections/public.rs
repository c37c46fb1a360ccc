//! The token of Segment's Public API: optional, read only, tested by what it lists.

use domain::{connections::KeySource, time::Instant};
use leptos::prelude::*;

use super::api::SavePublicToken;
use crate::{
    form::{FormError, answered, spent, wrong},
    ui::{
        Button, Fact, Facts, LinkButton, Moment, Nothing, Notice, NoticeKind, Section, TextField,
    },
};

/// The form, and what the token is for.
pub fn public_section(
    token: Option<KeySource>,
    now: Instant,
    action: ServerAction<SavePublicToken>,
) -> AnyView {
    let answered = answered(action);
    let is_set = token.is_some();
    let key = match token {
        Some(KeySource::Stored { at }) => {
            view! { "Stored encrypted, entered " <Moment at now /> }.into_any()
        }
        Some(KeySource::Environment { name }) => {
            view! { "Read from the variable " <code>{name}</code> }.into_any()
        }
        None => view! { <Nothing words="none" /> }.into_any(),
    };
    let test = is_set.then(|| {
        view! {
            <div class="buttons">
                <LinkButton href="/destinations/import">"Test: list what Segment has"</LinkButton>
                <LinkButton href="/settings/connections/source">"See what the source receives"</LinkButton>
            </div>
        }
    });
    view! {
        <Section title="Segment's Public API">
            <div class="split split-form">
                <ActionForm action attr:class="form">
                    <FormError
                        answered
                        fields=&["public_api_token"]
                        title="The token was not saved"
                    />
                    <TextField
                        name="public_api_token"
                        label="Public API token"
                        kind="password"
                        hint="Made by a workspace owner in Segment. Segue only reads with it: destinations, and what has arrived. Nothing that is sent needs it."
                        class="input-mono"
                        wrong=wrong(answered, "public_api_token")
                        forget=spent(action)
                    />
                    <div class="buttons">
                        <Button busy=action.pending()>"Save and test the token"</Button>
                    </div>
                </ActionForm>
                <div class="beside">
                    <Facts>
                        <Fact term="Token">{key}</Fact>
                    </Facts>
                    {test}
                </div>
            </div>
        </Section>
    }
    .into_any()
}

/// That it could not be asked, and why.
pub fn unusable(reason: String) -> AnyView {
    view! {
        <Notice kind=NoticeKind::Failing title="Segment's Public API can't be used">
            <p>{reason}</p>
        </Notice>
    }
    .into_any()
}
