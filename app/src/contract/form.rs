//! The form of an event within a change.

use domain::contract::{Event, notation, onward};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::change_api::{EventRead, PutChangeEvent, page_of, read_change_event};
use crate::{
    form::{Answered, FormError, answered, typed, wrong},
    live::{loaded, read},
    ui::{Button, ButtonKind, CheckField, Field, LinkButton, Page, TextField},
};

const FIELDS: &[&str] =
    &["name", "description", "owner", "consumers", "aliases", "also_sent_as", "properties"];

/// What a line of the properties may say.
const LINES: &str = "One a line, such as total: number, required, in USD, commercial. A kind is text, time, whole, number, boolean, object or list of one; then required, one of paid | refunded, in a unit, and identifier, commercial or behavioural. What stands in an object has a line of its own: products.price: number. Nothing else may come with the event.";

/// Adds or edits an event of a draft.
#[component]
pub fn EventPage() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let change = Memo::new(move |_| params.read().get("change").unwrap_or_default());
    let former = Memo::new(move |_| query.read().get("former").unwrap_or_default());
    let put = ServerAction::<PutChangeEvent>::new();
    let data = read(
        move || (change.get(), former.get()),
        |(change, former)| read_change_event(change, former),
    );
    loaded(data, "Event", move |read| event_page(read, change.get_untracked(), put))
}

/// The page.
pub fn event_page(read: EventRead, change: String, put: ServerAction<PutChangeEvent>) -> AnyView {
    let EventRead { name, event } = read;
    let answered = answered(put);
    let page = page_of(&change);
    let joined = |all: &std::collections::BTreeSet<String>| {
        all.iter().cloned().collect::<Vec<_>>().join(", ")
    };
    let (heading, button) = if name.is_empty() {
        ("New event".to_owned(), "Add the event")
    } else {
        (name.clone(), "Save the event")
    };
    let lines = typed("properties", &notation::write(&event.properties));
    let properties_wrong = wrong(answered, "properties");
    let aliases = joined(&event.aliases);
    let consumers = joined(&event.consumers);
    view! {
        <Page
            name=heading
            narrow=true
            answer="What is saved here stands in the draft alone, until somebody approves it.".into_any()
        >
            <ActionForm action=put attr:class="form">
                <FormError answered fields=FIELDS title="The event was not saved" />
                <input type="hidden" name="change" value=change />
                <input type="hidden" name="former" value=name.clone() />
                <TextField
                    name="name"
                    label="Name"
                    hint="An object and what happened to it, such as Order Completed. Names differ by capitals too."
                    value=typed("name", &name)
                    wrong=wrong(answered, "name")
                />
                <TextField
                    name="description"
                    label="When it is sent"
                    value=typed("description", &event.description)
                    wrong=wrong(answered, "description")
                    optional=true
                />
                <TextField
                    name="owner"
                    label="Owner"
                    hint="Who answers for it."
                    value=typed("owner", &event.owner)
                    wrong=wrong(answered, "owner")
                    optional=true
                />
                <TextField
                    name="consumers"
                    label="Read by"
                    hint="Destinations, by their keys, and reports, separated by commas."
                    value=typed("consumers", &consumers)
                    wrong=wrong(answered, "consumers")
                    optional=true
                />
                <TextField
                    name="aliases"
                    label="Also called"
                    hint="Names under which it comes in, separated by commas: it goes on under its own."
                    value=typed("aliases", &aliases)
                    wrong=wrong(answered, "aliases")
                    optional=true
                />
                {goes_on(&event, answered)}
                <Field name="properties" label="Properties" hint=Some(LINES.to_owned()) wrong=properties_wrong>
                    <textarea
                        id="properties"
                        name="properties"
                        class="input input-mono"
                        rows="12"
                        spellcheck="false"
                        autocomplete="off"
                        aria-describedby="properties-hint properties-wrong"
                        aria-invalid=move || properties_wrong.get().map(|_| "true")
                    >
                        {lines}
                    </textarea>
                </Field>
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=put.pending()>
                        {button}
                    </Button>
                    <LinkButton href=page kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
        </Page>
    }
    .into_any()
}

/// How it goes on: under former names too, or nowhere.
fn goes_on(event: &Event, answered: Answered) -> AnyView {
    let also = onward::write(&event.also_sent_as).join(", ");
    let stopped = typed("stopped", if event.is_stopped { "true" } else { "" }) == "true";
    view! {
        <TextField
            name="also_sent_as"
            label="Also sent as"
            hint="Former names and their last days, such as Purchase until 2026-12-31: until then it goes out twice, so that whoever reads a former name has time. A renamed event gets 30 days by itself."
            value=typed("also_sent_as", &also)
            wrong=wrong(answered, "also_sent_as")
            optional=true
        />
        <CheckField
            name="stopped"
            label="Goes nowhere"
            checked=stopped
            hint="It is checked and kept, and a purchase protects as before; no destination hears of it."
        />
    }
    .into_any()
}
